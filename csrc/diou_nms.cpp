// Greedy non-maximum suppression by DIoU (NMS-6). Twins: refdet/ops/diou_nms.py, csrc/diou_nms.cu.
#include "kernels.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "by_score.h"
#include "iou_row.h"
#include "machine.h"

namespace refdet {

// True if `a` lets `b` go, which overlaps it by `shared`.
template <typename real>
static bool drops(const real* a, const real* b, real shared, OverlapRule overlap, PenaltyRule penalty,
                  SuppressionRule rule) {
    return suppresses(shared - distance_term(a, b, overlap, penalty), rule.threshold, rule.inclusive);
}

template <typename real>
Index diou_nms_plain(const real* boxes, const double* scores, Index n, OverlapRule overlap, PenaltyRule penalty,
                     SuppressionRule rule, Index* keep) {
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
        const real *a = boxes + 4 * i, area_a = area(a, overlap);
        for (Index j = 0; j < n; ++j) {
            if (!alive[j]) continue;
            const real *b = boxes + 4 * j, shared = iou(a, area_a, b, area(b, overlap), overlap);
            if (drops(a, b, shared, overlap, penalty, rule)) alive[j] = 0;
        }
    }
    return kept;
}

// The fast form, as that of nms. The distance term is never negative, so that only a box whose IoU is over the
// threshold (or equal to it) can go: a row of IoU without branches (iou_row.h) first, and a mark for the few whose
// distance is to be looked at.
template <typename real>
REFDET_INLINE void mark_all(const real* shared, const char* alive, Index count, SuppressionRule rule, char* marks) {
    for (Index j = 0; j < count; ++j) {
        marks[j] = char(alive[j] & char(suppresses(shared[j], rule.threshold, rule.inclusive)));
    }
}
REFDET_CLONES static void mark(const float* shared, const char* alive, Index count, SuppressionRule rule, char* marks) {
    mark_all(shared, alive, count, rule, marks);
}
REFDET_CLONES static void mark(const double* shared, const char* alive, Index count, SuppressionRule rule,
                               char* marks) {
    mark_all(shared, alive, count, rule, marks);
}

template <typename real>
Index diou_nms(const real* boxes, const double* scores, Index n, OverlapRule overlap, PenaltyRule penalty,
               SuppressionRule rule, Index* keep) {
    const std::vector<Index> order = by_score(scores, n, rule);
    std::vector<real> sorted(4 * n);
    for (Index i = 0; i < n; ++i) std::copy_n(boxes + 4 * order[i], 4, sorted.data() + 4 * i);
    const Planes<real> planes(sorted.data(), n, overlap);

    const Index BLOCK = 2048;
    std::vector<real> shared(std::min(n, BLOCK));
    std::vector<char> alive(n, 1), marks(std::min(n, BLOCK));
    Index kept = 0;
    for (Index i = 0; i < n; ++i) {
        if (!alive[i]) continue;
        keep[kept++] = order[i];
        const real* best = sorted.data() + 4 * i;
        for (Index begin = i + 1; begin < n; begin += BLOCK) {
            const Index end = std::min(n, begin + BLOCK);
            iou_row(best, planes.area[i], planes, begin, end, overlap, shared.data());
            mark(shared.data(), alive.data() + begin, end - begin, rule, marks.data());
            const char *at = marks.data(), *stop = at + (end - begin);
            while (at < stop && (at = static_cast<const char*>(std::memchr(at, 1, stop - at)))) {
                const Index j = at++ - marks.data();
                const real* box = sorted.data() + 4 * (begin + j);
                if (drops(best, box, shared[j], overlap, penalty, rule)) alive[begin + j] = 0;
            }
        }
    }
    return kept;
}

#define INSTANCES(real)                                                                                            \
    template Index diou_nms_plain(const real*, const double*, Index, OverlapRule, PenaltyRule, SuppressionRule,    \
                                  Index*);                                                                         \
    template Index diou_nms(const real*, const double*, Index, OverlapRule, PenaltyRule, SuppressionRule, Index*);
INSTANCES(float)
INSTANCES(double)
#undef INSTANCES

}  // namespace refdet
