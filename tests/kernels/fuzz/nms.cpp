#include "target.h"

#include <algorithm>
#include <numeric>

using namespace fuzz;

// Boxes best first, as the launch code ranks them.
static Block<Index> ranked(const Block<double>& scores, bool ties_last) {
    Block<Index> order(scores.count);
    std::iota(+order, order + scores.count, Index(0));
    if (ties_last) std::reverse(+order, order + scores.count);
    std::stable_sort(+order, order + scores.count, [&](Index a, Index b) {
        return scores[a] != scores[a] ? scores[b] == scores[b] : scores[a] > scores[b];
    });
    return order;
}

template <typename real>
static void fuzz_nms(Bytes& bytes, Side side) {
    const Index some = bytes.below(200), n = some < 150 ? some % 30 : some;  // many boxes are slow
    const refdet::OverlapRule overlap = bytes.overlap();
    const refdet::SuppressionRule rule = {bytes.threshold(), int(bytes.below(2)), int(bytes.below(2))};
    const unsigned threads = bytes.threads();
    const auto schedule = bytes.schedule();
    const Block<real> boxes = bytes.boxes<real>(n);
    const Block<double> scores = bytes.numbers<double>(n);
    const Block<Index> plain = unwritten<Index>(n), result = unwritten<Index>(n);
    const Index kept = refdet::nms_plain<real>(boxes, scores, n, overlap, rule, plain);
    if (side == CPP) {
        agree("kept", kept, refdet::nms<real>(boxes, scores, n, overlap, rule, result));
        return agree("keep", plain, result, kept);
    }
    if (n == 0) return;
    const Block<Index> order = ranked(scores, rule.ties_last);
    const auto cuda = [&](const char* kernel, Grid grid, unsigned width, const auto&... outputs) {
        emulate<real>(kernel, grid, width, schedule, boxes, order, n, overlap.plus_one,
                      overlap.signed_area, overlap.division, rule.inclusive, rule.threshold, outputs...);
    };
    const Block<Index> number = unwritten<Index>(1);
    if (bytes.flag()) {
        cuda("nms_plain", {1}, threads, Block<unsigned char>(n, 1), result, number);
    } else {
        const Index words = cover(n, 64);
        const auto mask = unwritten<unsigned long long>(n * words);
        cuda("nms_mask", {words, words}, 64, mask);
        emulate<real>("nms_reduce", {1}, std::max(64u, threads), schedule, mask, order, n,
                      Block<unsigned long long>(words, 0), result, number);
    }
    agree("kept", kept, number[0]);
    agree("keep", plain, result, kept);
}

TARGET(nms);
