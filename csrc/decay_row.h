// Lowers a row of scores by a row of overlaps with one picked box: the inner loop of the fast form of soft_nms.
//
// A score below `least` becomes GONE, and what is GONE stays so. Scores in the queue are numbers from 0 on, overlaps
// lie between 0 and 1, or are NaN, which is over no limit. Each function returns the largest score that is left.
#pragma once

#include <algorithm>

#include "kernels.h"
#include "machine.h"

namespace refdet {

const int GONE = -1, LANES = 16;

// A register holds the scores of 4 to 16 boxes, where the loop does not branch. Each of the lanes has its own maximum.
template <int lanes, typename real, typename score>
REFDET_INLINE score decay_lanes(const real* __restrict shared, Index count, real limit, score least,
                               score* __restrict scores) {
    score largest[lanes];
    for (score& value : largest) value = GONE;
    for (Index j = 0; j + lanes <= count; j += lanes) {
        for (int k = 0; k < lanes; ++k) {
            const score value = scores[j + k], lowered = value * (score(1) - score(shared[j + k]));
            const score now = shared[j + k] > limit ? lowered : value;
            const score left = value < 0 || now < least ? score(GONE) : now;
            scores[j + k] = left;
            largest[k] = left > largest[k] ? left : largest[k];
        }
    }
    for (score value : largest) largest[0] = std::max(largest[0], value);
    return largest[0];
}

template <typename real, typename score>
REFDET_INLINE score decay_all(const real* shared, Index count, real limit, score least, score* scores) {
    const Index whole = count / LANES * LANES;
    const score most = decay_lanes<LANES>(shared, whole, limit, least, scores);
    return std::max(most, decay_lanes<1>(shared + whole, count - whole, limit, least, scores + whole));
}

REFDET_CLONES static float decay_linear(const float* shared, Index count, float limit, float least, float* scores) {
    return decay_all(shared, count, limit, least, scores);
}
REFDET_CLONES static double decay_linear(const float* shared, Index count, float limit, double least, double* scores) {
    return decay_all(shared, count, limit, least, scores);
}
REFDET_CLONES static float decay_linear(const double* shared, Index count, double limit, float least, float* scores) {
    return decay_all(shared, count, limit, least, scores);
}
REFDET_CLONES static double decay_linear(const double* shared, Index count, double limit, double least,
                                         double* scores) {
    return decay_all(shared, count, limit, least, scores);
}

// An exponential does not vectorise; but most overlaps are 0, and their weight is 1.
template <typename real, typename score>
static score decay_gaussian(const real* shared, Index count, SoftRule rule, score* scores) {
    score largest = GONE;
    for (Index j = 0; j < count; ++j) {
        if (scores[j] < 0) continue;
        if (shared[j] != real(0)) scores[j] = decayed(scores[j], score(shared[j]), true, 1, score(rule.sigma));
        if (scores[j] < score(rule.score_threshold)) scores[j] = GONE;
        largest = std::max(largest, scores[j]);
    }
    return largest;
}

}  // namespace refdet
