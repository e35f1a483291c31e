#include "greedy.h"

using namespace fuzz;

template <typename real>
static void fuzz_diou_nms(Bytes& bytes, Side side) {
    const Index n = bytes.boxes_of_suppression();
    const refdet::OverlapRule overlap = bytes.overlap();
    const refdet::PenaltyRule penalty = bytes.penalty();
    const refdet::SuppressionRule rule = bytes.suppression();
    const Block<real> boxes = bytes.boxes<real>(n);
    const Block<double> scores = bytes.numbers<double>(n);
    const Block<Index> plain = unwritten<Index>(n), result = unwritten<Index>(n);
    const Index kept = refdet::diou_nms_plain<real>(boxes, scores, n, overlap, penalty, rule, plain);
    if (side == CPP) {
        agree("kept", kept, refdet::diou_nms<real>(boxes, scores, n, overlap, penalty, rule, result));
        agree("keep", plain, result, kept);
    } else if (n > 0) {
        const Block<Index> order = copied<Index>(refdet::by_score(scores, n, rule));
        agree_greedy<real>(bytes, "diou_nms_plain", "diou_nms_mask", boxes, order, plain, kept,
                           overlap.plus_one, overlap.inverted, overlap.division, overlap.union_eps, penalty.diou_eps,
                           penalty.beta, rule.inclusive, rule.threshold);
    }
}

TARGET(diou_nms);
