// The order in which greedy suppression looks at boxes.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels.h"

namespace refdet {

// Suppression.by_score: NaN first; of equal scores the lower index, or the higher one.
inline std::vector<Index> by_score(const double* scores, Index n, SuppressionRule rule) {
    std::vector<Index> order(n);
    std::iota(order.begin(), order.end(), Index(0));
    if (rule.ties_last) std::reverse(order.begin(), order.end());
    std::stable_sort(order.begin(), order.end(), [scores](Index a, Index b) {
        return std::isnan(scores[a]) ? !std::isnan(scores[b]) : scores[a] > scores[b];
    });
    return order;
}

}  // namespace refdet
