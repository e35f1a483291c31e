// The scalar maths that every kernel shares, compiled by g++, by NVRTC and by the emulator.
//
// Each function repeats the operations of refdet/conventions.py in their order, so that all paths agree bit for
// bit; build with -ffp-contract=off and --fmad=false. Inputs were checked in Python: boxes hold no negative zero.
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

// conventions.Overlap; `division` counts its values in their order.
enum Division { GUARDED = 0, IEEE = 1, DISTANCE = 2 };

struct OverlapRule {
    int plus_one;
    int signed_area;
    int division;
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

// Overlap.area of one box.
template <typename real>
REFDET_HD real area(const real* box, OverlapRule rule) {
    real w = box[2] - box[0] + real(rule.plus_one);
    real h = box[3] - box[1] + real(rule.plus_one);
    if (!rule.signed_area) {
        w = larger(w, real(0));
        h = larger(h, real(0));
    }
    return w * h;
}

// Overlap.ratio: intersection over union, where `total` is the sum of the two areas.
template <typename real>
REFDET_HD real ratio(real inter, real total, OverlapRule rule) {
    real covered = total - inter;
    if (rule.division == GUARDED) return inter > real(0) ? inter / covered : real(0);
    if (rule.division == IEEE) return inter / covered;
    if (total <= real(2.220446049250313e-16)) return real(1);
    float distance = float(real(1) - inter / covered);
    return real(1.0f - distance);
}

// Intersection over union of two boxes whose areas are known.
template <typename real>
REFDET_HD real iou(const real* a, real area_a, const real* b, real area_b, OverlapRule rule) {
    // step: intersect
    real w = smaller(a[2], b[2]) - larger(a[0], b[0]) + real(rule.plus_one);
    real h = smaller(a[3], b[3]) - larger(a[1], b[1]) + real(rule.plus_one);
    real inter = larger(w, real(0)) * larger(h, real(0));
    // step: divide
    return ratio(inter, area_a + area_b, rule);
}

// Suppression.suppresses: the threshold was rounded to its dtype in Python; a double holds it exactly.
template <typename real>
REFDET_HD bool suppresses(real overlap, double threshold, int inclusive) {
    return inclusive ? double(overlap) >= threshold : double(overlap) > threshold;
}

// What soft_nms reads of conventions.Suppression, and its arguments, rounded in Python.
struct SoftRule {
    double threshold;
    int inclusive;
    int ties_last;
    int swaps;
    int gaussian;
    double sigma;
    double score_threshold;
};

// A strict order of scores: NaN, where it is let in, is better than any number.
template <typename score>
REFDET_HD bool better(score a, score b) {
    return a != a ? b == b : a > b;
}

// soft_nms.py, _decayed: a score times its weight, in the precision of the scores but for the exponential.
template <typename score>
REFDET_HD score decayed(score value, score overlap, bool over, int gaussian, score sigma) {
    if (!gaussian) return over ? value * (score(1) - overlap) : value;
    score exponent = -(overlap * overlap) / sigma;
    return value * score(exp(double(exponent)));
}

}  // namespace refdet
