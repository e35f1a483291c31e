// RoI max pooling, forward and backward (ROI-2 to ROI-5). Twins: refdet/ops/roi_pool.py, csrc/roi_pool.cu; the fast
// form: csrc/roi_pool_fast.cpp.
#include "roi_bins.h"

namespace refdet {

template <typename real>
void roi_pool_plain(const real* input, Map map, const real* rois, Index count, real scale, Grid grid, RoiRule rule,
                    real* pooled, Index* argmax) {
    Bins roi;
    for (Index k = 0; k < count && map.channels > 0; ++k) {
        // step: project
        // step: cut
        roi.lay(rois + 5 * k, map, scale, grid, rule);  // both in roi_bins.h
        // step: take
        for (Index c = 0; c < map.channels; ++c) {
            const real* plane = input + (roi.image * map.channels + c) * map.height * map.width;
            for (Index b = 0; b < grid.rows * grid.columns; ++b) {
                const Bin row = roi.rows[b / grid.columns], column = roi.columns[b % grid.columns];
                real best = real(roi.start(row, column, rule));
                Index place = -1;
                for (Index y = row.begin; y < row.end; ++y) {
                    for (Index x = column.begin; x < column.end; ++x) {
                        if (plane[y * map.width + x] > best) {
                            place = y * map.width + x;
                            best = plane[place];
                        }
                    }
                }
                *pooled++ = best;
                if (argmax) *argmax++ = place;
            }
        }
    }
}

template <typename real>
void roi_pool_backward(const real* grad_output, const Index* argmax, const Index* images, Index count, Grid grid,
                       Map map, real* grad_input) {
    const Index bins = grid.rows * grid.columns, cells = map.height * map.width;
    // step: scatter
    for (Index k = 0; k < count; ++k) {
        if (images[k] < 0 || images[k] >= map.images) continue;
        for (Index c = 0; c < map.channels; ++c) {
            real* plane = grad_input + (images[k] * map.channels + c) * cells;
            for (Index b = 0; b < bins; ++b) {
                const Index from = (k * map.channels + c) * bins + b, to = argmax[from];
                if (to >= 0 && to < cells) plane[to] += grad_output[from];
            }
        }
    }
}

template void roi_pool_plain(const float*, Map, const float*, Index, float, Grid, RoiRule, float*, Index*);
template void roi_pool_plain(const double*, Map, const double*, Index, double, Grid, RoiRule, double*, Index*);
template void roi_pool_backward(const float*, const Index*, const Index*, Index, Grid, Map, float*);
template void roi_pool_backward(const double*, const Index*, const Index*, Index, Grid, Map, double*);

}  // namespace refdet
