// Soft non-maximum suppression. Twins: refdet/ops/soft_nms.py, csrc/soft_nms.cu.
#include <algorithm>
#include <cmath>
#include <vector>

#include "decay_row.h"
#include "iou_row.h"

namespace refdet {

// Suppression.without_dropped: the queue in its order, or with the last box in place of each dropped one.
template <typename score>
static void drop_low(std::vector<Index>& queue, const score* scores, SoftRule rule) {
    const auto low = [&](Index j) { return scores[j] < score(rule.score_threshold); };
    if (!rule.swaps) {
        queue.erase(std::remove_if(queue.begin(), queue.end(), low), queue.end());
        return;
    }
    for (size_t place = 0; place < queue.size();) {
        if (low(queue[place])) {
            queue[place] = queue.back();
            queue.pop_back();
        } else {
            ++place;
        }
    }
}

template <typename real, typename score>
Index soft_nms_plain(const real* boxes, score* scores, Index n, OverlapRule overlap, SoftRule rule, Index* keep) {
    // step: queue
    std::vector<Index> queue(n);
    for (Index j = 0; j < n; ++j) queue[j] = j;
    if (!rule.swaps) drop_low(queue, scores, rule);
    Index kept = 0;
    while (!queue.empty()) {
        // step: pick
        size_t best = 0;
        for (size_t place = 1; place < queue.size(); ++place) {
            const score here = scores[queue[place]], there = scores[queue[best]];
            const bool wins = !rule.swaps, other_wins = wins || best == 0;
            if (rule.ties_last ? !better(there, other_wins, here, wins) : better(here, wins, there, other_wins))
                best = place;
        }
        const Index i = keep[kept++] = queue[best];
        if (rule.swaps) queue[best] = queue.front();
        queue.erase(queue.begin() + (rule.swaps ? 0 : best));
        // step: decay
        const real area_i = area(boxes + 4 * i, overlap);
        for (Index j : queue) {
            const real shared = iou(boxes + 4 * i, area_i, boxes + 4 * j, area(boxes + 4 * j, overlap), overlap);
            const bool over = suppresses(shared, rule.threshold, rule.inclusive);
            scores[j] = decayed(scores[j], score(shared), over, rule.gaussian, score(rule.sigma));
        }
        // step: drop
        drop_low(queue, scores, rule);
    }
    return kept;
}

// The fast form. One pass over the queue does all for a picked box: a row of overlaps (iou_row.h), the decay, and the
// largest score of each block (decay_row.h), so that the next pick looks into one block alone. A box that was picked or
// dropped stays in place with the score GONE, until the queue is packed, every 32 picks. That needs finite numbers and
// a queue in order of index, backwards if the last of equal scores wins; the rest takes the plain form.
const int PICKS = 32;
const Index BLOCK = 1024;

// A number of the boxes' type that parts their overlaps as the threshold does: those over it are greater.
template <typename real>
static real limit(SoftRule rule) {
    real nearest = real(rule.threshold);
    const bool over = rule.inclusive ? nearest >= rule.threshold : nearest > rule.threshold;
    return over ? std::nextafter(nearest, real(-1)) : nearest;
}

// True if an overlap of the boxes may be NaN: 0 / 0, or infinite areas. The Gaussian would make it a score.
template <typename real>
static bool may_be_nan(const Planes<real>& planes, OverlapRule overlap) {
    const bool finite = std::all_of(planes.area.begin(), planes.area.end(), [](real area) { return std::isfinite(area); });
    return !finite || overlap.division == IEEE || (overlap.division == FLOORED && !(real(overlap.union_eps) > 0));
}

template <typename real, typename score>
Index soft_nms(const real* boxes, score* scores, Index n, OverlapRule overlap, SoftRule rule, Index* keep) {
    std::vector<Index> queue(n);
    for (Index j = 0; j < n; ++j) queue[j] = rule.ties_last ? n - 1 - j : j;
    std::vector<real> corners(4 * n);
    std::vector<score> left(n);  // of their scores
    bool finite = true;
    for (Index j = 0; j < n; ++j) {
        std::copy_n(boxes + 4 * queue[j], 4, corners.data() + 4 * j);
        left[j] = scores[queue[j]];
        finite = finite && std::isfinite(left[j]);
    }
    Planes<real> planes(corners.data(), n, overlap);
    if (rule.swaps || !finite || !planes.finite || (rule.gaussian && may_be_nan(planes, overlap)))
        return soft_nms_plain(boxes, scores, n, overlap, rule, keep);

    const real over = limit<real>(rule);
    const score least = score(rule.score_threshold);
    std::vector<real> shared(std::min(n, BLOCK), real(0));
    std::vector<score> most((n + BLOCK - 1) / BLOCK);  // of each block
    Index kept = 0, size = n;
    const auto decay_block = [&](Index begin, Index end) {
        score* row = left.data() + begin;
        most[begin / BLOCK] = rule.gaussian ? decay_gaussian(shared.data(), end - begin, rule, row)
                                            : decay_linear(shared.data(), end - begin, over, least, row);
    };
    for (Index begin = 0; begin < size; begin += BLOCK) decay_block(begin, std::min(size, begin + BLOCK));
    while (size > 0) {
        const auto top = std::max_element(most.begin(), most.end());
        if (*top < 0) break;
        const Index place = std::find(left.begin() + (top - most.begin()) * BLOCK, left.end(), *top) - left.begin();
        const Index i = keep[kept++] = queue[place];
        scores[i] = *top;
        left[place] = GONE;
        if (kept % PICKS == 0) {
            Index packed = 0;
            for (Index j = 0; j < size; ++j) {
                if (left[j] < 0) continue;
                queue[packed] = queue[j], left[packed] = left[j];
                std::copy_n(corners.data() + 4 * j, 4, corners.data() + 4 * packed);
                ++packed;
            }
            size = packed;
            planes = Planes<real>(corners.data(), size, overlap);
            most.resize((size + BLOCK - 1) / BLOCK);
        }
        const real area_i = area(boxes + 4 * i, overlap);
        for (Index begin = 0; begin < size; begin += BLOCK) {
            const Index end = std::min(size, begin + BLOCK);
            iou_row(boxes + 4 * i, area_i, planes, begin, end, overlap, shared.data());
            decay_block(begin, end);
        }
    }
    return kept;
}

#define INSTANTIATE(real, score)                                                                     \
    template Index soft_nms_plain(const real*, score*, Index, OverlapRule, SoftRule, Index*);         \
    template Index soft_nms(const real*, score*, Index, OverlapRule, SoftRule, Index*);
INSTANTIATE(float, float)
INSTANTIATE(float, double)
INSTANTIATE(double, float)
INSTANTIATE(double, double)

}  // namespace refdet
