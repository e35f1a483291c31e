#include "target.h"

using namespace fuzz;

template <typename real, typename score>
static void fuzz_scores(Bytes& bytes, Side side) {
    const Index n = side == CPP ? bytes.boxes_of_suppression() : bytes.below(20);  // a dozen barriers for each pick
    const refdet::OverlapRule overlap = bytes.overlap();
    const double sigmas[] = {0.5, 0.1, 3, double(std::numeric_limits<score>::min())};
    const refdet::SoftRule rule = {bytes.threshold(),       int(bytes.below(2)), int(bytes.below(2)),
                                   int(bytes.below(2)),     int(bytes.below(2)), double(score(sigmas[bytes.below(4)])),
                                   double(score(bytes.flag() ? bytes.threshold() : 0.001))};
    bytes.show("threshold, inclusive, ties_last, swaps, gaussian, sigma, score_threshold",
               {rule.threshold, double(rule.inclusive), double(rule.ties_last), double(rule.swaps),
                double(rule.gaussian), rule.sigma, rule.score_threshold});
    const unsigned threads = std::min(64u, bytes.threads());
    const auto schedule = bytes.schedule();
    const Block<real> boxes = bytes.boxes<real>(n);
    const Block<score> given = bytes.numbers<score>(n), scores = given.copy(), other_scores = given.copy();
    const Block<Index> plain = unwritten<Index>(n), result = unwritten<Index>(n);
    const Index kept = refdet::soft_nms_plain<real, score>(boxes, scores, n, overlap, rule, plain);
    if (side == CPP) {
        agree("kept", kept, refdet::soft_nms<real, score>(boxes, other_scores, n, overlap, rule, result));
    } else if (n > 0) {
        const Block<Index> queue(n), number = unwritten<Index>(1);
        const char* kernel = std::is_same_v<score, float> ? "soft_nms_float" : "soft_nms_double";
        emulate<real>(kernel, {1}, threads, schedule, boxes, n, overlap.plus_one, overlap.inverted, overlap.division,
                      overlap.union_eps, rule.inclusive, rule.threshold, rule.ties_last, rule.swaps, rule.gaussian,
                      rule.sigma, rule.score_threshold, other_scores, queue, result, number);
        agree("kept", kept, number[0]);
    }
    agree("keep", plain, result, kept);
    for (Index k = 0; k < kept; ++k) agree("score", scores[plain[k]], other_scores[plain[k]]);
}

template <typename real>
static void fuzz_soft_nms(Bytes& bytes, Side side) {
    bytes.flag() ? fuzz_scores<real, double>(bytes, side) : fuzz_scores<real, float>(bytes, side);
}

TARGET(soft_nms);
