// The fast form of roi_pool.cpp's forward pass.
//
// With the channels of a cell side by side, a bin is a running maximum of whole vectors: no branch, and every byte that
// is loaded is used. The map is turned once, unless too few bins look at it; the results of a RoI, which come bin by
// bin, are turned back while they are in the first-level cache. Each thread takes some of the RoIs.
#include <cstdint>
#include <type_traits>

#include "channel_blocks.h"
#include "roi_bins.h"

namespace refdet {

// A cell's index as wide as its value, so that both fill the same lanes of a vector.
template <typename real>
using Place = std::conditional_t<sizeof(real) == 4, std::int32_t, std::int64_t>;

// The largest cells of every bin of one RoI, in one block of channels, turned back to channel after channel.
template <bool places, typename real>
REFDET_INLINE void largest(const real* cells, const Bins& roi, Index width, RoiRule rule, Index count, real* pooled,
                           Index* argmax, real* values, Place<real>* taken) {
    const Index rows = roi.rows.size(), columns = roi.columns.size();
    constexpr Index lanes = LANES<real>;
    for (Index b = 0; b < rows * columns; ++b) {
        const Bin row = roi.rows[b / columns], column = roi.columns[b % columns];
        real best[lanes];
        Place<real> place[lanes];
        for (Index lane = 0; lane < lanes; ++lane) {
            best[lane] = real(Bins::start(row, column, rule));
            place[lane] = -1;
        }
        for (Index y = row.begin; y < row.end; ++y) {
            for (Index x = column.begin; x < column.end; ++x) {
                const real* cell = cells + (y * width + x) * lanes;
                // Without a conditional store, which would become a branch.
                for (Index lane = 0; lane < lanes; ++lane) {
                    const Place<real> higher = -Place<real>(cell[lane] > best[lane]);
                    if (places) place[lane] = (place[lane] & ~higher) | (Place<real>(y * width + x) & higher);
                    best[lane] = cell[lane] > best[lane] ? cell[lane] : best[lane];
                }
            }
        }
        for (Index lane = 0; lane < lanes; ++lane) {
            values[b * lanes + lane] = best[lane];
            if (places) taken[b * lanes + lane] = place[lane];
        }
    }
    transpose(values, rows * columns, count, lanes, pooled, rows * columns);
    if (places) transpose(taken, rows * columns, count, lanes, argmax, rows * columns);
}

#define REFDET_LARGEST(real)                                                                                      \
    REFDET_CLONES static void largest(const real* cells, const Bins& roi, Index width, RoiRule rule, Index count, \
                                      real* pooled, Index* argmax, real* values, Place<real>* taken) {            \
        argmax ? largest<true>(cells, roi, width, rule, count, pooled, argmax, values, taken)                     \
               : largest<false>(cells, roi, width, rule, count, pooled, argmax, values, taken);                   \
    }
REFDET_LARGEST(float)
REFDET_LARGEST(double)

template <typename real>
void roi_pool(const real* input, Map map, const real* rois, Index count, real scale, Grid grid, RoiRule rule,
              int threads, real* pooled, Index* argmax) {
    const Index bins = grid.rows * grid.columns;
    if (!ChannelBlocks<real>::pays(map, count * bins)) {
        return roi_pool_plain(input, map, rois, count, scale, grid, rule, pooled, argmax);
    }
    const ChannelBlocks<real> blocks(map, input);
    in_threads(count, 4 * count * bins * map.channels, threads, [&](Index begin, Index end) {
        std::vector<real> values(bins * LANES<real>);
        std::vector<Place<real>> taken(argmax ? bins * LANES<real> : 0);
        std::vector<Bins> laid(std::min(TOGETHER, end - begin));
        for (Index first = begin; first < end; first += TOGETHER) {
            const Index some = std::min(TOGETHER, end - first);
            for (Index k = 0; k < some; ++k) laid[k].lay(rois + 5 * (first + k), map, scale, grid, rule);
            for (Index b = 0; b < blocks.blocks(); ++b) {
                for (Index k = 0; k < some; ++k) {
                    const Index out = ((first + k) * map.channels + b * LANES<real>) * bins;
                    largest(blocks.block(laid[k].image, b), laid[k], map.width, rule, blocks.count(b), pooled + out,
                            argmax ? argmax + out : nullptr, values.data(), taken.data());
                }
            }
        }
    });
}

template void roi_pool(const float*, Map, const float*, Index, float, Grid, RoiRule, int, float*, Index*);
template void roi_pool(const double*, Map, const double*, Index, double, Grid, RoiRule, int, double*, Index*);

}  // namespace refdet
