// Maps whose channels lie side by side, a block of them at a time: a block of one map stays in the second-level cache,
// and a loop over its lanes is a few whole vectors.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "kernels.h"
#include "machine.h"
#include "transpose.h"

namespace refdet {

// Channels of a block: two cache lines.
template <typename real>
constexpr Index LANES = 128 / sizeof(real);

// RoIs that are laid together before the blocks are walked, so that a block is used often while it is near.
constexpr Index TOGETHER = 64;

// A map as [image][block][cell][lane]; lanes beyond the last channel are 0.
template <typename real>
class ChannelBlocks {
public:
    // False where turning the map costs more than it saves: few bins look at it, or most lanes would be empty. A map of
    // 2^31 cells has no index of 32 bits.
    static bool pays(Map map, Index bins) {
        const Index cells = map.height * map.width;
        return 4 * map.channels >= LANES<real> && bins >= map.images * cells && cells < Index(1) << 31;
    }

    explicit ChannelBlocks(Map map)
        : map_(map), cells_(map.height * map.width), blocks_((map.channels + LANES<real> - 1) / LANES<real>),
          values_((map.images * blocks_ * cells_ + 1) * LANES<real>) {
        void* start = values_.data();
        std::size_t room = values_.size() * sizeof(real);
        start_ = static_cast<real*>(std::align(LANES<real> * sizeof(real), sizeof(real), start, room));
    }

    ChannelBlocks(const ChannelBlocks&) = delete;

    ChannelBlocks(Map map, const real* input) : ChannelBlocks(map) {
        each([&](Index image, Index b, Index at) {
            transpose(input + at, count(b), cells_, cells_, block(image, b), LANES<real>);
        });
    }

    void turn_back(real* output) const {
        each([&](Index image, Index b, Index at) {
            transpose(block(image, b), cells_, count(b), LANES<real>, output + at, cells_);
        });
    }

    Index blocks() const { return blocks_; }
    real* block(Index image, Index b) const { return start_ + (image * blocks_ + b) * cells_ * LANES<real>; }

    // Channels of that block: LANES, or what is left in the last one.
    Index count(Index b) const { return std::min(LANES<real>, map_.channels - b * LANES<real>); }

private:
    // Calls with each image, block, and the place of its first channel in the map as it came.
    template <typename Call>
    void each(const Call& call) const {
        for (Index image = 0; image < map_.images; ++image) {
            for (Index b = 0; b < blocks_; ++b) call(image, b, (image * map_.channels + b * LANES<real>) * cells_);
        }
    }

    Map map_;
    Index cells_, blocks_;
    std::vector<real> values_;
    real* start_;
};

}  // namespace refdet
