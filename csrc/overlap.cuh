// What GIoU, DIoU and CIoU take off IoU (IOU-3 to IOU-5), for two boxes; reference: refdet/ops/overlaps.py.
#pragma once

#include "scalar.cuh"

// A power and an arc tangent are the machine's own: their last bit differs from system to system, and on a device they
// may use fused operations. They are functions of their own there, so that a test can tell them from the rest.
#ifdef __CUDACC__
#define REFDET_LIBM __host__ __device__ __noinline__
#else
#define REFDET_LIBM inline
#endif

namespace refdet {

#ifndef __CUDACC_RTC__
using std::atan;
using std::pow;
#endif

enum Kind { GIOU = 1, DIOU = 2, CIOU = 3 };

// The rest of conventions.Overlap, and the IoU from which CIoU's aspect ratio counts.
struct PenaltyRule {
    double giou_eps;
    double diou_eps;
    double ciou_eps;
    double beta;
    double alpha_gate;
};

// 4 / pi^2
const double ASPECT_SCALE = 0.4052847345693511;
// overlap_rule.LEAST_SIDE
const double LEAST_SIDE = 1e-7;

template <typename real>
REFDET_LIBM real libm_power(real base, real exponent) {
    return pow(base, exponent);
}

template <typename real>
REFDET_LIBM real libm_arctan(real tangent) {
    return atan(tangent);
}

// Overlap.fraction
template <typename real>
REFDET_HD real fraction(real part, real whole, OverlapRule rule) {
    return rule.division == IEEE || whole > real(0) ? part / whole : real(0);
}

// Overlap.enclosing_sides
template <typename real>
REFDET_HD void enclosing_sides(const real* a, const real* b, OverlapRule rule, real& w, real& h) {
    w = larger(a[2], b[2]) - smaller(a[0], b[0]) + real(rule.plus_one);
    h = larger(a[3], b[3]) - smaller(a[1], b[1]) + real(rule.plus_one);
    if (rule.inverted == HEIGHT) return;
    w = larger(w, real(0));
    h = larger(h, real(0));
}

// generalized_iou of two boxes whose areas are known.
template <typename real>
REFDET_HD real giou(const real* a, real area_a, const real* b, real area_b, OverlapRule rule, PenaltyRule penalty) {
    const real inter = shared(a, b, rule), total = area_a + area_b;
    // step: enclose
    const real covered = bounded(total - inter, real(rule.union_eps), rule);
    real w, h;
    enclosing_sides(a, b, rule, w, h);
    const real enclosing = bounded(w * h, real(penalty.giou_eps), rule);
    // step: subtract
    return ratio(inter, total, rule) - fraction(enclosing - covered, enclosing, rule);
}

// Overlap.distance_term of two boxes.
template <typename real>
REFDET_HD real distance_term(const real* a, const real* b, OverlapRule rule, PenaltyRule penalty) {
    // step: span
    real w, h;
    enclosing_sides(a, b, rule, w, h);
    const real diagonal = w * w + h * h + real(penalty.diou_eps);
    // step: distance
    const real x = (a[0] + a[2]) / real(2) - (b[0] + b[2]) / real(2);
    const real y = (a[1] + a[3]) / real(2) - (b[1] + b[3]) / real(2);
    const real share = fraction(x * x + y * y, diagonal, rule);
    return penalty.beta == 1.0 ? share : libm_power(share, real(penalty.beta));
}

// Overlap.angle
template <typename real>
REFDET_HD real angle(const real* box, OverlapRule rule) {
    real w, h;
    sides(box, rule, w, h);
    if (rule.division != IEEE && h == real(0)) {
        w += real(LEAST_SIDE);
        h += real(LEAST_SIDE);
    }
    return libm_arctan(w / h);
}

// What complete_iou takes off DIoU, from the angles of the two boxes.
template <typename real>
REFDET_HD real aspect_term(real iou, real angle_a, real angle_b, OverlapRule rule, PenaltyRule penalty) {
    // step: aspect
    const real turn = angle_b - angle_a, v = real(ASPECT_SCALE) * (turn * turn);
    // step: weigh
    const real alpha = fraction(v, real(1) - iou + v + real(penalty.ciou_eps), rule);
    return iou < real(penalty.alpha_gate) ? real(0) * v : alpha * v;
}

// The overlap of that kind of two boxes, whose areas and, for CIoU, angles are known.
template <typename real>
REFDET_HD real overlap(int kind, const real* a, real area_a, real angle_a, const real* b, real area_b, real angle_b,
                       OverlapRule rule, PenaltyRule penalty) {
    if (kind == GIOU) return giou(a, area_a, b, area_b, rule, penalty);
    const real shared = iou(a, area_a, b, area_b, rule);
    const real diou = shared - distance_term(a, b, rule, penalty);
    return kind == CIOU ? diou - aspect_term(shared, angle_a, angle_b, rule, penalty) : diou;
}

}  // namespace refdet
