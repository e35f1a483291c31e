// Pairwise GIoU, DIoU and CIoU (IOU-3 to IOU-5). Twins: refdet/ops/overlaps.py, csrc/overlaps.cu.
#include "kernels.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "iou_row.h"
#include "machine.h"

namespace refdet {

// CIoU's angle of each box.
template <typename real>
static std::vector<real> angles(const real* boxes, Index n, OverlapRule rule, int kind) {
    std::vector<real> values(n);
    for (Index i = 0; i < n && kind == CIOU; ++i) values[i] = angle(boxes + 4 * i, rule);
    return values;
}

template <typename real>
void overlaps_plain(const real* boxes1, Index n, const real* boxes2, Index m, OverlapRule rule, PenaltyRule penalty,
                    int kind, real* out) {
    const std::vector<real> angle1 = angles(boxes1, n, rule, kind), angle2 = angles(boxes2, m, rule, kind);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < m; ++j) {
            const real *a = boxes1 + 4 * i, *b = boxes2 + 4 * j;
            const real area_a = area(a, rule), area_b = area(b, rule);
            // step: enclose
            // step: subtract
            // step: span
            // step: distance
            // step: aspect
            // step: weigh
            out[i * m + j] = overlap(kind, a, area_a, angle1[i], b, area_b, angle2[j], rule, penalty);  // overlap.cuh
        }
    }
}

// The fast form, as that of box_iou: one array per coordinate, so that one instruction treats 4 to 16 pairs, and no
// branch in the loop: kind and division are template arguments, and quotients are computed for every pair and then
// selected. Centres and angles are computed once a box. Values that are not finite, the rare division and the power go
// through overlap.cuh, a pair at a time.
template <typename real>
struct Others : Planes<real> {
    const real* boxes;
    std::vector<real> cx, cy, angle;
    Others(const real* boxes, Index n, OverlapRule rule, int kind)
        : Planes<real>(boxes, n, rule), boxes(boxes), cx(n), cy(n), angle(angles(boxes, n, rule, kind)) {
        for (Index j = 0; j < n; ++j) {
            cx[j] = (boxes[4 * j] + boxes[4 * j + 2]) / real(2);
            cy[j] = (boxes[4 * j + 1] + boxes[4 * j + 3]) / real(2);
        }
    }
};

template <int kind, int division, typename real>
REFDET_INLINE void vector_overlaps(const real* box, real angle, const Others<real>& others, Index m, OverlapRule rule,
                                   PenaltyRule penalty, real* __restrict out) {
    const real *x1 = others.x1.data(), *y1 = others.y1.data(), *x2 = others.x2.data(), *y2 = others.y2.data();
    const real *areas = others.area.data(), *cx = others.cx.data(), *cy = others.cy.data();
    const real *angles = others.angle.data(), ax1 = box[0], ay1 = box[1], ax2 = box[2], ay2 = box[3];
    const real acx = (ax1 + ax2) / real(2), acy = (ay1 + ay2) / real(2), area_a = area(box, rule);
    const real plus_one = real(rule.plus_one), union_eps = real(rule.union_eps), giou_eps = real(penalty.giou_eps);
    const real diou_eps = real(penalty.diou_eps), ciou_eps = real(penalty.ciou_eps), gate = real(penalty.alpha_gate);
    const real least = rule.inverted == HEIGHT ? -std::numeric_limits<real>::infinity() : real(0);
    const auto bound = [](real area, real eps) { return division == FLOORED ? std::max(area, eps) : area + eps; };
    const auto share = [](real part, real whole) {
        const real quotient = part / whole;
        return division == IEEE || whole > real(0) ? quotient : real(0);
    };
    for (Index j = 0; j < m; ++j) {
        const real w = std::min(ax2, x2[j]) - std::max(ax1, x1[j]) + plus_one;
        const real h = std::min(ay2, y2[j]) - std::max(ay1, y1[j]) + plus_one;
        const real inter = std::max(w, real(0)) * std::max(h, real(0));
        const real covered = bound(area_a + areas[j] - inter, union_eps), quotient = inter / covered;
        const real iou = division != GUARDED || inter > real(0) ? quotient : real(0);
        const real across = std::max(std::max(ax2, x2[j]) - std::min(ax1, x1[j]) + plus_one, least);
        const real down = std::max(std::max(ay2, y2[j]) - std::min(ay1, y1[j]) + plus_one, least);
        if (kind == GIOU) {
            const real enclosing = bound(across * down, giou_eps);
            out[j] = iou - share(enclosing - covered, enclosing);
        } else {
            const real x = acx - cx[j], y = acy - cy[j];
            const real diou = iou - share(x * x + y * y, across * across + down * down + diou_eps);
            const real turn = angles[j] - angle, v = real(ASPECT_SCALE) * (turn * turn);
            const real alpha = share(v, real(1) - iou + v + ciou_eps);
            out[j] = kind == CIOU ? diou - (iou < gate ? real(0) : alpha) * v : diou;
        }
    }
}

template <int kind, typename real>
REFDET_INLINE void any_division(const real* box, real angle, const Others<real>& others, Index m, OverlapRule rule,
                                PenaltyRule penalty, real* out) {
    if (rule.division == GUARDED) vector_overlaps<kind, GUARDED>(box, angle, others, m, rule, penalty, out);
    if (rule.division == IEEE) vector_overlaps<kind, IEEE>(box, angle, others, m, rule, penalty, out);
    if (rule.division == FLOORED) vector_overlaps<kind, FLOORED>(box, angle, others, m, rule, penalty, out);
}

template <typename real>
REFDET_INLINE void any_overlaps(const real* box, real angle, const Others<real>& others, Index m, OverlapRule rule,
                                PenaltyRule penalty, int kind, real* out) {
    const bool power = kind != GIOU && penalty.beta != 1.0;
    if (power || rule.division == DISTANCE || !others.finite || !all_finite(box)) {
        const real own = area(box, rule);
        for (Index j = 0; j < m; ++j) {
            const real *b = others.boxes + 4 * j, area_b = others.area[j];
            out[j] = overlap(kind, box, own, angle, b, area_b, others.angle[j], rule, penalty);
        }
        return;
    }
    if (kind == GIOU) any_division<GIOU>(box, angle, others, m, rule, penalty, out);
    if (kind == DIOU) any_division<DIOU>(box, angle, others, m, rule, penalty, out);
    if (kind == CIOU) any_division<CIOU>(box, angle, others, m, rule, penalty, out);
}

REFDET_CLONES static void overlap_row(const float* box, float angle, const Others<float>& others, Index m,
                                      OverlapRule rule, PenaltyRule penalty, int kind, float* out) {
    any_overlaps(box, angle, others, m, rule, penalty, kind, out);
}

REFDET_CLONES static void overlap_row(const double* box, double angle, const Others<double>& others, Index m,
                                      OverlapRule rule, PenaltyRule penalty, int kind, double* out) {
    any_overlaps(box, angle, others, m, rule, penalty, kind, out);
}

template <typename real>
void overlaps(const real* boxes1, Index n, const real* boxes2, Index m, OverlapRule rule, PenaltyRule penalty, int kind,
              int threads, real* out) {
    const Others<real> others(boxes2, m, rule, kind);
    const std::vector<real> angle1 = angles(boxes1, n, rule, kind);
    in_threads(n, 2 * n * m, threads, [&](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) {
            overlap_row(boxes1 + 4 * i, angle1[i], others, m, rule, penalty, kind, out + i * m);
        }
    });
}

template void overlaps_plain(const float*, Index, const float*, Index, OverlapRule, PenaltyRule, int, float*);
template void overlaps_plain(const double*, Index, const double*, Index, OverlapRule, PenaltyRule, int, double*);
template void overlaps(const float*, Index, const float*, Index, OverlapRule, PenaltyRule, int, int, float*);
template void overlaps(const double*, Index, const double*, Index, OverlapRule, PenaltyRule, int, int, double*);

}  // namespace refdet
