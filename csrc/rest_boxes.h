// The boxes that suppression has still to settle, best first, one array per coordinate: the scan of the fast nms.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "iou_row.h"
#include "machine.h"

namespace refdet {

// Largest number of type real that is not above the threshold.
inline float rounded_down(double threshold, float) {
    const float nearest = float(threshold);
    return nearest > threshold ? std::nextafter(nearest, -1.0f) : nearest;
}
inline double rounded_down(double threshold, double) { return threshold; }

// Clears the flags of those that overlap by more than the limit.
template <typename real>
REFDET_INLINE void clear_flags(const real* overlap, Index count, real limit, char* alive) {
    for (Index j = 0; j < count; ++j) alive[j] &= char(!(overlap[j] > limit));
}
REFDET_CLONES static void suppress_row(const float* overlap, Index count, float limit, char* alive) {
    clear_flags(overlap, count, limit, alive);
}
REFDET_CLONES static void suppress_row(const double* overlap, Index count, double limit, char* alive) {
    clear_flags(overlap, count, limit, alive);
}

// The threshold, a double, becomes a number of the boxes' type that parts their overlaps in the same two: o > t and
// o > t rounded down agree for every o, and so do o >= t and o > the number below t rounded up.
template <typename real>
class RestBoxes {
   public:
    RestBoxes(const real* boxes, const Index* order, Index n, OverlapRule overlap, SuppressionRule rule)
        : indices(order, order + n), planes(gathered(boxes, order, n).data(), n, overlap), overlap(overlap) {
        limit = rounded_down(rule.threshold, real());
        if (rule.inclusive && double(limit) == rule.threshold) limit = std::nextafter(limit, real(-1));
    }

    Index size() const { return Index(indices.size()); }
    Index index(Index i) const { return indices[i]; }
    real area(Index i) const { return planes.area[i]; }
    std::array<real, 4> box(Index i) const { return {planes.x1[i], planes.y1[i], planes.x2[i], planes.y2[i]}; }

    // How many times longer a row takes where it is computed one overlap at a time.
    double pace() const { return overlap.division == DISTANCE || !planes.finite ? 16 : 1; }

    // Keeps the best `most` boxes, or all that are left, and takes them and whom they suppress away; returns how many.
    Index pick(Index most, Index* keep) {
        std::vector<char> alive(indices.size(), 1);
        Index picked = 0;
        for (Index i = 0; i < size() && picked < most; ++i) {
            if (!alive[i]) continue;
            keep[picked++] = indices[i];
            alive[i] = 0;
            suppress(i, alive.data());
        }
        for (auto* plane : {&planes.x1, &planes.y1, &planes.x2, &planes.y2, &planes.area}) leave(*plane, alive);
        leave(indices, alive);
        return picked;
    }

   private:
    static std::vector<real> gathered(const real* boxes, const Index* order, Index n) {
        std::vector<real> sorted(4 * n);
        for (Index i = 0; i < n; ++i) std::copy_n(boxes + 4 * order[i], 4, sorted.data() + 4 * i);
        return sorted;
    }

    // In parts whose overlaps stay in the first-level cache.
    void suppress(Index i, char* alive) {
        const Index PART = 2048;
        real shared[PART];
        for (Index begin = i + 1; begin < size(); begin += PART) {
            const Index end = std::min(size(), begin + PART);
            iou_row(box(i).data(), area(i), planes, begin, end, overlap, shared);
            suppress_row(shared, end - begin, limit, alive + begin);
        }
    }

    template <typename T>
    static void leave(std::vector<T>& values, const std::vector<char>& alive) {
        std::size_t count = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[count] = values[i];
            count += std::size_t(alive[i]);
        }
        values.resize(count);
    }

    std::vector<Index> indices;
    Planes<real> planes;
    const OverlapRule overlap;
    real limit;
};

}  // namespace refdet
