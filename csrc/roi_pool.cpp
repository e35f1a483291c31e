// RoI max pooling, forward and backward (ROI-2 to ROI-5). Twins: refdet/ops/roi_pool.py, csrc/roi_pool.cu.
#include "kernels.h"

#include <algorithm>
#include <vector>

#include "machine.h"
#include "transpose.h"

namespace refdet {

// The bins of `count` that cover the cells from first to last.
template <typename real>
static std::vector<Bin> cut(Index first, Index last, Index count, Index limit, RoiRule rule) {
    const Index covered = larger<Index>(last - first + 1, 1);
    std::vector<Bin> bins(count);
    for (Index p = 0; p < count; ++p) bins[p] = bin<real>(p, first, covered, count, limit, rule.float_edges);
    return bins;
}

// One RoI on the map. Python checked its image, but another thread may have written since: no such image has no cell.
struct Laid {
    Index image = 0;
    std::vector<Bin> rows, columns;

    template <typename real>
    Laid(const real* roi, Map map, real scale, Grid grid, RoiRule rule) {
        const bool exists = roi[0] >= real(0) && roi[0] < real(map.images);
        if (exists) image = Index(roi[0]);
        // step: project
        const Index x1 = cell(roi[1] * scale), y1 = cell(roi[2] * scale);
        const Index x2 = cell(roi[3] * scale), y2 = cell(roi[4] * scale);
        // step: cut
        rows = cut<real>(y1, y2, grid.rows, exists ? map.height : 0, rule);
        columns = cut<real>(x1, x2, grid.columns, map.width, rule);
    }
};

// What a running maximum starts from, which is also the value of a bin without a cell.
static double start(Bin rows, Bin columns, RoiRule rule) {
    return rows.begin < rows.end && columns.begin < columns.end ? rule.lowest : 0.0;
}

template <typename real>
void roi_pool_plain(const real* input, Map map, const real* rois, Index count, real scale, Grid grid, RoiRule rule,
                    real* pooled, Index* argmax) {
    for (Index k = 0; k < count && map.channels > 0; ++k) {
        const Laid roi(rois + 5 * k, map, scale, grid, rule);
        // step: take
        for (Index c = 0; c < map.channels; ++c) {
            const real* plane = input + (roi.image * map.channels + c) * map.height * map.width;
            for (Index b = 0; b < grid.rows * grid.columns; ++b) {
                const Bin row = roi.rows[b / grid.columns], column = roi.columns[b % grid.columns];
                real best = real(start(row, column, rule));
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

// The fast form. With the channels of a cell side by side in memory, a bin is a running maximum of whole vectors: no
// branch, and every byte that is loaded is used. The map is turned once, unless too few bins look at it; the results of
// a RoI, which come bin by bin, are turned back while they are in the cache. Each thread takes some of the RoIs.
template <bool places, typename real>
REFDET_INLINE void maxima(const real* cells, Index channels, Index at, real* __restrict best, Index* __restrict place) {
    for (Index c = 0; c < channels; ++c) {
        const bool higher = cells[c] > best[c];
        best[c] = higher ? cells[c] : best[c];
        if (places) place[c] = higher ? at : place[c];
    }
}

// best[c] becomes the larger of itself and cells[c]; where that is cells[c], place[c] becomes `at`.
REFDET_CLONES static void take(const float* cells, Index channels, Index at, float* best, Index* place) {
    place ? maxima<true>(cells, channels, at, best, place) : maxima<false>(cells, channels, at, best, place);
}
REFDET_CLONES static void take(const double* cells, Index channels, Index at, double* best, Index* place) {
    place ? maxima<true>(cells, channels, at, best, place) : maxima<false>(cells, channels, at, best, place);
}

template <typename real>
void roi_pool(const real* input, Map map, const real* rois, Index count, real scale, Grid grid, RoiRule rule,
              int threads, real* pooled, Index* argmax) {
    const Index channels = map.channels, cells = map.height * map.width, bins = grid.rows * grid.columns;
    const bool few = channels == 0 || count * bins < map.images * cells;
    if (few) return roi_pool_plain(input, map, rois, count, scale, grid, rule, pooled, argmax);
    const Index size = cells * channels, results = bins * channels;  // of one image, of one RoI
    std::vector<real> turned(map.images * size);
    for (Index n = 0; n < map.images; ++n) transpose(input + n * size, channels, cells, turned.data() + n * size);
    in_threads(count, 4 * count * results, threads, [&](Index begin, Index end) {
        std::vector<real> best(results);
        std::vector<Index> place(argmax ? results : 0);
        for (Index k = begin; k < end; ++k) {
            const Laid roi(rois + 5 * k, map, scale, grid, rule);
            const real* image = turned.data() + roi.image * size;
            std::fill(place.begin(), place.end(), Index(-1));
            for (Index b = 0; b < bins; ++b) {
                const Bin row = roi.rows[b / grid.columns], column = roi.columns[b % grid.columns];
                real* best_here = best.data() + b * channels;
                Index* place_here = argmax ? place.data() + b * channels : nullptr;
                std::fill_n(best_here, channels, real(start(row, column, rule)));
                for (Index y = row.begin; y < row.end; ++y) {
                    for (Index x = column.begin; x < column.end; ++x) {
                        const Index at = y * map.width + x;
                        take(image + at * channels, channels, at, best_here, place_here);
                    }
                }
            }
            transpose(best.data(), bins, channels, pooled + k * results);
            if (argmax) transpose(place.data(), bins, channels, argmax + k * results);
        }
    });
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
template void roi_pool(const float*, Map, const float*, Index, float, Grid, RoiRule, int, float*, Index*);
template void roi_pool(const double*, Map, const double*, Index, double, Grid, RoiRule, int, double*, Index*);
template void roi_pool_backward(const float*, const Index*, const Index*, Index, Grid, Map, float*);
template void roi_pool_backward(const double*, const Index*, const Index*, Index, Grid, Map, double*);

}  // namespace refdet
