// Where a box must begin, and how large it must be, to overlap another by more than a threshold: levels and cells.
#pragma once

#include <algorithm>
#include <cstring>

#include "kernels.h"

namespace refdet {

// Along one axis, let a box begin at x and have the side w, another x' and w', and let s be the side that they share.
// Over the height that they share their union covers w + w' - s. So IoU > t needs s > t (w + w' - s), or
//     s > t / (1 + t) * (w + w'),
// the more so if something is added to the union.
// From s <= w and s <= w' follows t w < w' < w / t; from s <= w - (x' - x) and s <= w' - (x - x')
//     x - (w' - t w) / (1 + t) < x' < x + (w - t w') / (1 + t).
// Level l holds the sides from 2^l to 2^(l+1), in cells of 2^l: it knows w' to a factor of 2, hence x' to a few cells.
//
// Rounding. x' is a number of the boxes as it stands, and x - d rounded to double is monotone in x - d: only d, w and w'
// are off. Let t be smaller by a thousandth: s may then be smaller by 1e-5 (w + w'), and so d is larger. Sides, areas and
// quotient in the boxes' type, for DISTANCE its passage through float too, err by less than a tenth of that, as long as
// no product is subnormal and plus_one cancels nothing.
const double MARGIN = 1e-3;
const double LEAST_THRESHOLD = 1.0 / 64;
const int MOST_LEVELS = 16;  // more than 2 log2(64) + 2

struct CellRange {
    int level;
    Index first, last;
};

// The exponent of a normal positive number, and the power of two of an exponent.
inline int level_of(double side) {
    std::uint64_t bits;
    std::memcpy(&bits, &side, sizeof bits);
    return int(bits >> 52) - 1023;
}
inline double power_of_two(int level) {
    const std::uint64_t bits = std::uint64_t(level + 1023) << 52;
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// Monotone in `place`, rounded towards zero; the farthest cells hold all that lies beyond.
inline Index cell_of(double place, int level) {
    const double FARTHEST = 9007199254740992.0;  // 2^53
    return Index(std::min(std::max(place * power_of_two(-level), -FARTHEST), FARTHEST));
}

// The levels that the other side may have, and the cells in which its box may begin; returns how many levels.
inline int cell_ranges(double place, double side, double threshold, CellRange* span) {
    const double low = threshold * (1 - MARGIN), share = 1 / (1 + low), least = low * side, most = side / low;
    int count = 0;
    for (int level = level_of(least); level <= level_of(most); ++level) {
        const double narrow = std::max(power_of_two(level), least), wide = std::min(power_of_two(level + 1), most);
        const double before = (wide - least) * share, behind = (side - low * narrow) * share;
        span[count++] = {level, cell_of(place - before, level), cell_of(place + behind, level)};
    }
    return count;
}

}  // namespace refdet
