// Greedy non-maximum suppression, of one class and of several (NMS-1, NMS-3). Twins: refdet/ops/nms.py, csrc/nms.cu.
#include "kernels.h"

#include <algorithm>
#include <vector>

#include "by_score.h"
#include "kept_boxes.h"
#include "radix_sort.h"
#include "rest_boxes.h"

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

template <typename real>
Index batched_nms_plain(const real* boxes, const double* scores, const Index* classes, Index n, OverlapRule overlap,
                        SuppressionRule rule, Index* keep) {
    std::vector<char> kept(n, 0);
    std::vector<Index> labels(classes, classes + n);
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    for (Index label : labels) {
        std::vector<Index> members;
        std::vector<real> corners;
        std::vector<double> values;
        for (Index i = 0; i < n; ++i) {
            if (classes[i] != label) continue;
            members.push_back(i);
            corners.insert(corners.end(), boxes + 4 * i, boxes + 4 * i + 4);
            values.push_back(scores[i]);
        }
        const Index size = Index(members.size());
        std::vector<Index> winners(size);
        winners.resize(nms_plain(corners.data(), values.data(), size, overlap, rule, winners.data()));
        // step: class
        for (Index k : winners) kept[members[k]] = 1;
    }
    // step: merge
    const std::vector<Index> order = by_score(scores, n, rule);
    return std::copy_if(order.begin(), order.end(), keep, [&](Index i) { return kept[i]; }) - keep;
}

// The fast form, of one class, in two stages. First as above, each kept box against all that are left, but with one
// array per coordinate (rest_boxes.h): some 16 overlaps in an instruction or three. That is best as long as a kept box
// suppresses many. Once the boxes of a stride suppress too few, for there are many objects or the boxes are many and lie
// apart, each box that is left looks for one that suppresses it among those kept from here on, in a hash (kept_boxes.h):
// those kept before have met it already. Kept boxes overlap each other by no more than the threshold, so that few lie
// in a cell, and a look-up takes the same time however many there are.
template <typename real>
static Index settle(const real* boxes, const Index* order, Index n, OverlapRule overlap, SuppressionRule rule,
                    Index* keep) {
    const Index STRIDE = 32, MOST_HASHED = Index(1) << 31;
    RestBoxes<real> rest(boxes, order, n, overlap, rule);
    const double price = KeptBoxes<real>::price(rule.threshold) / rest.pace();
    Index kept = 0;
    while (rest.size() > 0) {
        const Index before = rest.size(), picked = rest.pick(STRIDE, keep + kept);
        kept += picked;
        const double gone = double(before - rest.size());
        if (gone * price < double(picked) * double(rest.size()) && rest.size() < MOST_HASHED) break;
    }
    KeptBoxes<real> hash(overlap, rule);
    for (Index i = 0; i < rest.size(); ++i) {
        const std::array<real, 4> box = rest.box(i);
        if (hash.suppress(box.data(), rest.area(i))) continue;
        keep[kept++] = rest.index(i);
        hash.add(box.data(), rest.area(i));
    }
    return kept;
}

// What by_score gives, as entries.
static std::vector<Entry> best_first(const double* scores, Index n, SuppressionRule rule) {
    std::vector<Entry> entries(n);
    for (Index i = 0; i < n; ++i) {
        const Index from = rule.ties_last ? n - 1 - i : i;
        entries[i] = {score_key(scores[from]), from};
    }
    radix_sort(entries);
    return entries;
}

template <typename real>
Index nms(const real* boxes, const double* scores, Index n, OverlapRule overlap, SuppressionRule rule, Index* keep) {
    return settle(boxes, indices(best_first(scores, n, rule)).data(), n, overlap, rule, keep);
}

// Each class on its own, its boxes side by side: a second sort, stable as the first, brings them together.
template <typename real>
Index batched_nms(const real* boxes, const double* scores, const Index* classes, Index n, OverlapRule overlap,
                  SuppressionRule rule, Index* keep) {
    std::vector<Entry> entries = best_first(scores, n, rule);
    const std::vector<Index> order = indices(entries);
    for (Entry& entry : entries) entry.key = std::uint64_t(classes[entry.index]);
    radix_sort(entries);
    const std::vector<Index> grouped = indices(entries);
    std::vector<char> kept(n, 0);
    for (Index begin = 0, end = 0; begin < n; begin = end) {
        while (end < n && entries[end].key == entries[begin].key) ++end;
        const Index count = settle(boxes, grouped.data() + begin, end - begin, overlap, rule, keep);
        for (Index k = 0; k < count; ++k) kept[keep[k]] = 1;
    }
    return std::copy_if(order.begin(), order.end(), keep, [&](Index i) { return kept[i]; }) - keep;
}

#define INSTANTIATE(real)                                                                                            \
    template Index nms_plain(const real*, const double*, Index, OverlapRule, SuppressionRule, Index*);                \
    template Index nms(const real*, const double*, Index, OverlapRule, SuppressionRule, Index*);                      \
    template Index batched_nms_plain(const real*, const double*, const Index*, Index, OverlapRule, SuppressionRule,   \
                                     Index*);                                                                         \
    template Index batched_nms(const real*, const double*, const Index*, Index, OverlapRule, SuppressionRule, Index*);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace refdet
