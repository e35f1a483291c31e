// Pairwise intersection over union (IOU-1). Twins: refdet/ops/box_iou.py, csrc/box_iou.cu.
#include "kernels.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "iou_row.h"
#include "machine.h"

namespace refdet {

template <typename real>
void box_iou_plain(const real* boxes1, Index n, const real* boxes2, Index m, OverlapRule rule, real* out) {
    // step: area
    std::vector<real> area1(n), area2(m);
    for (Index i = 0; i < n; ++i) area1[i] = area(boxes1 + 4 * i, rule);
    for (Index j = 0; j < m; ++j) area2[j] = area(boxes2 + 4 * j, rule);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < m; ++j) {
            // step: intersect
            // step: divide
            out[i * m + j] = iou(boxes1 + 4 * i, area1[i], boxes2 + 4 * j, area2[j], rule);  // both in scalar.cuh
        }
    }
}

// The fast form. With one array per coordinate, a register holds the same coordinate of 4 to 16 boxes, and one
// instruction treats them all. For that the loop may not branch: the division is a template argument, its quotient is
// computed for every pair and then selected, and no value may be NaN, which min and max would have to hand on. A row
// whose unions are all positive (`sure`) need not select, which saves a third. Rows are independent, so each thread
// takes some of them.
template <int division, bool sure, typename real>
REFDET_INLINE void vector_row(const real* box, real area, const Planes<real>& others, Index begin, Index end,
                              OverlapRule rule, real* __restrict out) {
    const real *x1 = others.x1.data() + begin, *y1 = others.y1.data() + begin;
    const real *x2 = others.x2.data() + begin, *y2 = others.y2.data() + begin;
    const real *areas = others.area.data() + begin, ax1 = box[0], ay1 = box[1], ax2 = box[2], ay2 = box[3];
    const real plus_one = real(rule.plus_one), eps = real(rule.union_eps);
    for (Index j = 0; j < end - begin; ++j) {
        real w = std::min(ax2, x2[j]) - std::max(ax1, x1[j]), h = std::min(ay2, y2[j]) - std::max(ay1, y1[j]);
        if (!sure) w += plus_one, h += plus_one;
        const real inter = std::max(real(0), w) * std::max(real(0), h);  // in this order -0.0 becomes 0.0
        real covered = area + areas[j] - inter;
        if (!sure) covered = division == FLOORED ? std::max(covered, eps) : covered + eps;
        const real quotient = inter / covered;
        out[j] = sure || division != GUARDED || inter > real(0) ? quotient : real(0);
    }
}

// True if the unions of a box of that area are sure to be positive. Rounding is monotonic: a shared area is at most the
// smaller of the two, hence less than their sum. Infinite areas come of sides whose shared part may be 0 x infinity.
template <typename real>
REFDET_INLINE bool has_unions(real area, const Planes<real>& others, OverlapRule rule) {
    const bool adds = rule.plus_one != 0 || rule.union_eps != 0;
    return !adds && area > 0 && area <= std::numeric_limits<real>::max() && others.bounded;
}

// For values that are not finite and the rare division: scalar.cuh, one pair at a time.
template <typename real>
REFDET_INLINE void scalar_row(const real* box, real area, const Planes<real>& others, Index begin, Index end,
                              OverlapRule rule, real* out) {
    for (Index j = begin; j < end; ++j) {
        const real other[4] = {others.x1[j], others.y1[j], others.x2[j], others.y2[j]};
        out[j - begin] = iou(box, area, other, others.area[j], rule);
    }
}

template <typename real>
REFDET_INLINE void any_row(const real* box, real area, const Planes<real>& others, Index begin, Index end,
                           OverlapRule rule, real* out) {
    if (rule.division == DISTANCE || !others.finite || !all_finite(box)) {
        scalar_row(box, area, others, begin, end, rule, out);
    } else if (rule.division == IEEE) {
        vector_row<IEEE, false>(box, area, others, begin, end, rule, out);
    } else if (rule.division == FLOORED) {
        vector_row<FLOORED, false>(box, area, others, begin, end, rule, out);
    } else if (has_unions(area, others, rule)) {
        vector_row<GUARDED, true>(box, area, others, begin, end, rule, out);
    } else {
        vector_row<GUARDED, false>(box, area, others, begin, end, rule, out);
    }
}

REFDET_CLONES void iou_row(const float* box, float area, const Planes<float>& others, Index begin, Index end,
                           OverlapRule rule, float* out) {
    any_row(box, area, others, begin, end, rule, out);
}

REFDET_CLONES void iou_row(const double* box, double area, const Planes<double>& others, Index begin, Index end,
                           OverlapRule rule, double* out) {
    any_row(box, area, others, begin, end, rule, out);
}

template <typename real>
void box_iou(const real* boxes1, Index n, const real* boxes2, Index m, OverlapRule rule, int threads, real* out) {
    const Planes<real> others(boxes2, m, rule);
    in_threads(n, n * m, threads, [&](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) {
            const real* box = boxes1 + 4 * i;
            iou_row(box, area(box, rule), others, 0, m, rule, out + i * m);
        }
    });
}

template void box_iou_plain(const float*, Index, const float*, Index, OverlapRule, float*);
template void box_iou_plain(const double*, Index, const double*, Index, OverlapRule, double*);
template void box_iou(const float*, Index, const float*, Index, OverlapRule, int, float*);
template void box_iou(const double*, Index, const double*, Index, OverlapRule, int, double*);

}  // namespace refdet
