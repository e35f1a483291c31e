#include "greedy.h"

using namespace fuzz;

template <typename real>
static void fuzz_nms(Bytes& bytes, Side side) {
    const Index n = bytes.boxes_of_suppression();
    const refdet::OverlapRule overlap = bytes.overlap();
    const refdet::SuppressionRule rule = bytes.suppression();
    const Block<real> boxes = bytes.boxes<real>(n);
    const Block<double> scores = bytes.numbers<double>(n);
    const Block<Index> plain = unwritten<Index>(n), result = unwritten<Index>(n);
    const Index kept = refdet::nms_plain<real>(boxes, scores, n, overlap, rule, plain);
    if (side == CPP) {
        agree("kept", kept, refdet::nms<real>(boxes, scores, n, overlap, rule, result));
        agree("keep", plain, result, kept);
    } else if (n > 0) {
        agree_greedy<real>(bytes, "nms", boxes, copied<Index>(refdet::by_score(scores, n, rule)), plain, kept,
                           overlap.plus_one, overlap.inverted, overlap.division, overlap.union_eps, rule.inclusive,
                           rule.threshold);
    }
}

TARGET(nms);
