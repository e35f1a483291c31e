// RoI align, forward and backward. Twins: refdet/ops/roi_align.py, csrc/roi_align.cu; the fast forms:
// csrc/roi_align_fast.cpp.
#include "roi_points.h"

namespace refdet {

template <typename real>
void roi_align_plain(const real* input, Map map, const real* rois, Index count, real scale, Grid grid, Sampling rule,
                     real* pooled) {
    Points<real> roi;
    for (Index k = 0; k < count && map.channels > 0; ++k) {
        // step: project
        // step: sample
        roi.lay(rois + 5 * k, map, scale, grid, rule);  // both in roi_points.h
        for (Index c = 0; c < map.channels; ++c) {
            const real* plane = input + (roi.image * map.channels + c) * map.height * map.width;
            for (Index b = 0; b < grid.rows * grid.columns; ++b) {
                const Index i = b / grid.columns, j = b % grid.columns;
                real sum = 0;
                // step: interpolate
                for (Index v = roi.rows.begin(i); v < roi.rows.end(i); ++v) {
                    const Tap<real> y = roi.rows.taps[v];
                    const real *upper = plane + y.before * map.width, *lower = plane + y.behind * map.width;
                    for (Index h = roi.columns.begin(j); h < roi.columns.end(j); ++h) {
                        const Tap<real> x = roi.columns.taps[h];
                        sum += y.near * x.near * upper[x.before] + y.near * x.past * upper[x.behind] +
                               y.past * x.near * lower[x.before] + y.past * x.past * lower[x.behind];
                    }
                }
                // step: average
                *pooled++ = sum / roi.count;
            }
        }
    }
}

template <typename real>
void roi_align_backward_plain(const real* grad_output, const real* rois, Index count, real scale, Grid grid,
                              Sampling rule, Map map, real* grad_input) {
    Points<real> roi;
    // step: scatter
    for (Index k = 0; k < count && map.channels > 0; ++k) {
        roi.lay(rois + 5 * k, map, scale, grid, rule);
        for (Index c = 0; c < map.channels; ++c) {
            real* plane = grad_input + (roi.image * map.channels + c) * map.height * map.width;
            for (Index b = 0; b < grid.rows * grid.columns; ++b, ++grad_output) {
                const Index i = b / grid.columns, j = b % grid.columns;
                for (Index v = roi.rows.begin(i); v < roi.rows.end(i); ++v) {
                    const Tap<real> y = roi.rows.taps[v];
                    real *upper = plane + y.before * map.width, *lower = plane + y.behind * map.width;
                    for (Index h = roi.columns.begin(j); h < roi.columns.end(j); ++h) {
                        const Tap<real> x = roi.columns.taps[h];
                        upper[x.before] += *grad_output * (y.near * x.near) / roi.count;
                        upper[x.behind] += *grad_output * (y.near * x.past) / roi.count;
                        lower[x.before] += *grad_output * (y.past * x.near) / roi.count;
                        lower[x.behind] += *grad_output * (y.past * x.past) / roi.count;
                    }
                }
            }
        }
    }
}

template void roi_align_plain(const float*, Map, const float*, Index, float, Grid, Sampling, float*);
template void roi_align_plain(const double*, Map, const double*, Index, double, Grid, Sampling, double*);
template void roi_align_backward_plain(const float*, const float*, Index, float, Grid, Sampling, Map, float*);
template void roi_align_backward_plain(const double*, const double*, Index, double, Grid, Sampling, Map, double*);

}  // namespace refdet
