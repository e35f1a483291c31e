// The scalar maths that every kernel shares, compiled by g++, by NVRTC and by the emulator.
//
// Each function repeats the operations of refdet/conventions.py and overlap_rule.py in their order, so that all paths
// agree bit for bit; build with -ffp-contract=off and --fmad=false. Checked in Python: boxes hold no negative zero.
#pragma once

#ifndef __CUDACC_RTC__
#include <cmath>
#endif

#if defined(__CUDACC__) || defined(REFDET_EMULATOR)
#define REFDET_HD __host__ __device__ inline
#else
#define REFDET_HD inline
#endif

namespace refdet {

// conventions.Overlap; the enums count its values in their order. "sorted" is done before: here it is EMPTY.
enum Inverted { EMPTY = 0, SIGNED = 1, HEIGHT = 2 };
enum Division { GUARDED = 0, IEEE = 1, DISTANCE = 2, FLOORED = 3 };

struct OverlapRule {
    int plus_one, inverted, division;
    double union_eps;
};

// NaN is handed on, as np.maximum and np.minimum do.
template <typename real>
REFDET_HD real larger(real a, real b) {
    return a > b || a != a ? a : b;
}

template <typename real>
REFDET_HD real smaller(real a, real b) {
    return a < b || a != a ? a : b;
}

// Overlap.sides of one box.
template <typename real>
REFDET_HD void sides(const real* box, OverlapRule rule, real& w, real& h) {
    w = box[2] - box[0] + real(rule.plus_one), h = box[3] - box[1] + real(rule.plus_one);
    if (rule.inverted == EMPTY) w = larger(w, real(0));
    if (rule.inverted != SIGNED) h = larger(h, rule.inverted == HEIGHT ? real(rule.union_eps) : real(0));
}

// Overlap.area of one box.
template <typename real>
REFDET_HD real area(const real* box, OverlapRule rule) {
    real w, h;
    sides(box, rule, w, h);
    return w * h;
}

// Overlap.bounded: an area plus eps, or at least eps.
template <typename real>
REFDET_HD real bounded(real area, real eps, OverlapRule rule) {
    return rule.division == FLOORED ? larger(area, eps) : area + eps;
}

// Overlap.ratio: intersection over union, where `total` is the sum of the two areas.
template <typename real>
REFDET_HD real ratio(real inter, real total, OverlapRule rule) {
    const real covered = bounded(total - inter, real(rule.union_eps), rule);
    if (rule.division == GUARDED) return inter > real(0) ? inter / covered : real(0);
    if (rule.division != DISTANCE) return inter / covered;
    if (total <= real(2.220446049250313e-16)) return real(1);
    return real(1.0f - float(real(1) - inter / covered));
}

// Area that two boxes share.
template <typename real>
REFDET_HD real shared(const real* a, const real* b, OverlapRule rule) {
    // step: intersect
    const real w = smaller(a[2], b[2]) - larger(a[0], b[0]) + real(rule.plus_one);
    const real h = smaller(a[3], b[3]) - larger(a[1], b[1]) + real(rule.plus_one);
    return larger(w, real(0)) * larger(h, real(0));
}

// Intersection over union of two boxes whose areas are known.
template <typename real>
REFDET_HD real iou(const real* a, real area_a, const real* b, real area_b, OverlapRule rule) {
    // step: divide
    return ratio(shared(a, b, rule), area_a + area_b, rule);
}

// Suppression.suppresses: the threshold was rounded to its dtype in Python; a double holds it exactly.
template <typename real>
REFDET_HD bool suppresses(real overlap, double threshold, int inclusive) {
    return inclusive ? double(overlap) >= threshold : double(overlap) > threshold;
}

// What soft_nms reads of conventions.Suppression, and its arguments, rounded in Python.
struct SoftRule {
    double threshold;
    int inclusive, ties_last, swaps, gaussian;
    double sigma, score_threshold;
};

// Suppression.best, a strict order of scores: NaN, where it is let in, is above all numbers if it wins, else below.
template <typename score>
REFDET_HD bool better(score a, bool a_wins, score b, bool b_wins) {
    int rank_a = a == a ? 1 : a_wins ? 2 : 0;
    int rank_b = b == b ? 1 : b_wins ? 2 : 0;
    return rank_a != rank_b ? rank_a > rank_b : a > b;
}

// soft_nms.py, _decayed: a score times its weight, in the precision of the scores but for the exponential.
template <typename score>
REFDET_HD score decayed(score value, score overlap, bool over, int gaussian, score sigma) {
    if (!gaussian) return over ? value * (score(1) - overlap) : value;
    score exponent = -(overlap * overlap) / sigma;
    return value * score(exp(double(exponent)));
}

}  // namespace refdet
