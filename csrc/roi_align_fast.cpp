// The fast forms of roi_align.cpp.
//
// With the channels of a cell side by side, a point is a sum of four whole vectors, and its gradient goes to four. The
// map is turned once, unless too few bins look at it; what belongs to one RoI is turned while it is in the first-level
// cache. Forward, each thread takes some of the RoIs; backward, some of the channels, so that every cell keeps its order
// of additions.
#include "channel_blocks.h"
#include "roi_points.h"

namespace refdet {

// The bins of one RoI in one block of channels, turned back to channel after channel.
template <typename real>
REFDET_INLINE void average(const real* cells, const Points<real>& roi, Grid grid, Index width, Index count,
                           real* pooled, real* values) {
    constexpr Index lanes = LANES<real>;
    for (Index b = 0; b < grid.rows * grid.columns; ++b) {
        const Index i = b / grid.columns, j = b % grid.columns;
        real sum[lanes] = {};
        for (Index v = roi.rows.begin(i); v < roi.rows.end(i); ++v) {
            const Tap<real> y = roi.rows.taps[v];
            for (Index h = roi.columns.begin(j); h < roi.columns.end(j); ++h) {
                const Tap<real> x = roi.columns.taps[h];
                const real w1 = y.near * x.near, w2 = y.near * x.past, w3 = y.past * x.near, w4 = y.past * x.past;
                const real* v1 = cells + (y.before * width + x.before) * lanes;
                const real* v2 = cells + (y.before * width + x.behind) * lanes;
                const real* v3 = cells + (y.behind * width + x.before) * lanes;
                const real* v4 = cells + (y.behind * width + x.behind) * lanes;
                for (Index c = 0; c < lanes; ++c) sum[c] += w1 * v1[c] + w2 * v2[c] + w3 * v3[c] + w4 * v4[c];
            }
        }
        for (Index c = 0; c < lanes; ++c) values[b * lanes + c] = sum[c] / roi.count;
    }
    transpose(values, grid.rows * grid.columns, count, lanes, pooled, grid.rows * grid.columns);
}

// The gradient of one RoI in one block of channels.
template <typename real>
REFDET_INLINE void scatter(const real* grad_output, const Points<real>& roi, Grid grid, Index width, Index count,
                           real* cells, real* values) {
    constexpr Index lanes = LANES<real>;
    transpose(grad_output, count, grid.rows * grid.columns, grid.rows * grid.columns, values, lanes);
    for (Index b = 0; b < grid.rows * grid.columns; ++b) {
        const Index i = b / grid.columns, j = b % grid.columns;
        real grad[lanes];
        for (Index c = 0; c < lanes; ++c) grad[c] = values[b * lanes + c];
        for (Index v = roi.rows.begin(i); v < roi.rows.end(i); ++v) {
            const Tap<real> y = roi.rows.taps[v];
            for (Index h = roi.columns.begin(j); h < roi.columns.end(j); ++h) {
                const Tap<real> x = roi.columns.taps[h];
                const real weights[4] = {y.near * x.near, y.near * x.past, y.past * x.near, y.past * x.past};
                const Index around[4] = {y.before * width + x.before, y.before * width + x.behind,
                                         y.behind * width + x.before, y.behind * width + x.behind};
                for (int t = 0; t < 4; ++t) {
                    real* cell = cells + around[t] * lanes;
                    for (Index c = 0; c < lanes; ++c) cell[c] += grad[c] * weights[t] / roi.count;
                }
            }
        }
    }
}

#define REFDET_ALIGN(real)                                                                                       \
    REFDET_CLONES static void average_block(const real* cells, const Points<real>& roi, Grid grid, Index width, \
                                            Index count, real* pooled, real* values) {                           \
        average(cells, roi, grid, width, count, pooled, values);                                                 \
    }                                                                                                            \
    REFDET_CLONES static void scatter_block(const real* grad_output, const Points<real>& roi, Grid grid,        \
                                            Index width, Index count, real* cells, real* values) {              \
        scatter(grad_output, roi, grid, width, count, cells, values);                                           \
    }
REFDET_ALIGN(float)
REFDET_ALIGN(double)

template <typename real>
void roi_align(const real* input, Map map, const real* rois, Index count, real scale, Grid grid, Sampling rule,
               int threads, real* pooled) {
    const Index bins = grid.rows * grid.columns;
    if (!ChannelBlocks<real>::pays(map, count * bins)) {
        return roi_align_plain(input, map, rois, count, scale, grid, rule, pooled);
    }
    const ChannelBlocks<real> blocks(map, input);
    in_threads(count, 4 * count * bins * map.channels, threads, [&](Index begin, Index end) {
        std::vector<real> values(bins * LANES<real>);
        std::vector<Points<real>> laid(std::min(TOGETHER, end - begin));
        for (Index first = begin; first < end; first += TOGETHER) {
            const Index some = std::min(TOGETHER, end - first);
            for (Index k = 0; k < some; ++k) laid[k].lay(rois + 5 * (first + k), map, scale, grid, rule);
            for (Index b = 0; b < blocks.blocks(); ++b) {
                for (Index k = 0; k < some; ++k) {
                    const Index out = ((first + k) * map.channels + b * LANES<real>) * bins;
                    average_block(blocks.block(laid[k].image, b), laid[k], grid, map.width, blocks.count(b),
                                  pooled + out, values.data());
                }
            }
        }
    });
}

template <typename real>
void roi_align_backward(const real* grad_output, const real* rois, Index count, real scale, Grid grid, Sampling rule,
                        int threads, Map map, real* grad_input) {
    const Index bins = grid.rows * grid.columns;
    if (!ChannelBlocks<real>::pays(map, count * bins)) {
        return roi_align_backward_plain(grad_output, rois, count, scale, grid, rule, map, grad_input);
    }
    ChannelBlocks<real> blocks(map);
    in_threads(blocks.blocks(), 16 * count * bins * map.channels, threads, [&](Index begin, Index end) {
        std::vector<real> values(bins * LANES<real>);
        std::vector<Points<real>> laid(std::min(TOGETHER, count));
        for (Index first = 0; first < count; first += TOGETHER) {
            const Index some = std::min(TOGETHER, count - first);
            for (Index k = 0; k < some; ++k) laid[k].lay(rois + 5 * (first + k), map, scale, grid, rule);
            for (Index b = begin; b < end; ++b) {
                for (Index k = 0; k < some; ++k) {
                    const Index from = ((first + k) * map.channels + b * LANES<real>) * bins;
                    scatter_block(grad_output + from, laid[k], grid, map.width, blocks.count(b),
                                  blocks.block(laid[k].image, b), values.data());
                }
            }
        }
    });
    blocks.turn_back(grad_input);
}

template void roi_align(const float*, Map, const float*, Index, float, Grid, Sampling, int, float*);
template void roi_align(const double*, Map, const double*, Index, double, Grid, Sampling, int, double*);
template void roi_align_backward(const float*, const float*, Index, float, Grid, Sampling, int, Map, float*);
template void roi_align_backward(const double*, const double*, Index, double, Grid, Sampling, int, Map, double*);

}  // namespace refdet
