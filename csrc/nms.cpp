// Greedy non-maximum suppression (NMS-1). Twins: refdet/ops/nms.py, csrc/nms.cu.
#include "kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "by_score.h"
#include "iou_row.h"

namespace refdet {

template <typename real>
Index nms_plain(const real* boxes, const double* scores, Index n, OverlapRule overlap, SuppressionRule rule,
                Index* keep) {
    // step: sort
    const std::vector<Index> order = by_score(scores, n, rule);
    std::vector<char> alive(n, 1);
    Index kept = 0;
    for (Index i : order) {
        if (!alive[i]) continue;
        // step: pick
        keep[kept++] = i;
        alive[i] = 0;
        // step: suppress
        const real area_i = area(boxes + 4 * i, overlap);
        for (Index j = 0; j < n; ++j) {
            if (!alive[j]) continue;
            const real shared = iou(boxes + 4 * i, area_i, boxes + 4 * j, area(boxes + 4 * j, overlap), overlap);
            if (suppresses(shared, rule.threshold, rule.inclusive)) alive[j] = 0;
        }
    }
    return kept;
}

// Largest number of type real that is not above the threshold.
static float rounded_down(double threshold, float) {
    const float nearest = float(threshold);
    return nearest > threshold ? std::nextafter(nearest, -1.0f) : nearest;
}
static double rounded_down(double threshold, double) { return threshold; }

// The fast form. The boxes are put in order of score, one array per coordinate, so that whom a box may suppress
// follows it in memory and a row of overlaps needs no branch (iou_row.h). A block of them stays in the first-level
// cache. The threshold, a double, becomes a number of the boxes' type that parts their overlaps in the same two:
// o > t and o > t rounded down agree for every o, and so do o >= t and o > the number below t rounded up.
template <typename real>
Index nms(const real* boxes, const double* scores, Index n, OverlapRule overlap, SuppressionRule rule, Index* keep) {
    const std::vector<Index> order = by_score(scores, n, rule);
    std::vector<real> sorted(4 * n);
    for (Index i = 0; i < n; ++i) std::copy_n(boxes + 4 * order[i], 4, sorted.data() + 4 * i);
    const Planes<real> planes(sorted.data(), n, overlap);
    real limit = rounded_down(rule.threshold, real());
    if (rule.inclusive && double(limit) == rule.threshold) limit = std::nextafter(limit, real(-1));

    const Index BLOCK = 2048;
    std::vector<real> shared(std::min(n, BLOCK));
    std::vector<char> alive(n, 1);
    Index kept = 0;
    for (Index i = 0; i < n; ++i) {
        if (!alive[i]) continue;
        keep[kept++] = order[i];
        for (Index begin = i + 1; begin < n; begin += BLOCK) {
            const Index end = std::min(n, begin + BLOCK);
            iou_row(sorted.data() + 4 * i, planes.area[i], planes, begin, end, overlap, shared.data());
            for (Index j = begin; j < end; ++j) alive[j] &= char(!(shared[j - begin] > limit));
        }
    }
    return kept;
}

template Index nms_plain(const float*, const double*, Index, OverlapRule, SuppressionRule, Index*);
template Index nms_plain(const double*, const double*, Index, OverlapRule, SuppressionRule, Index*);
template Index nms(const float*, const double*, Index, OverlapRule, SuppressionRule, Index*);
template Index nms(const double*, const double*, Index, OverlapRule, SuppressionRule, Index*);

}  // namespace refdet
