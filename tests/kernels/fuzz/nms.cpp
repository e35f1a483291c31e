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
    Block<Index> classes(n, 0);
    const bool batched = bytes.flag();
    for (Index i = 0; batched && i < n; ++i) classes[i] = bytes.label();
    const Index kept = batched ? refdet::batched_nms_plain<real>(boxes, scores, classes, n, overlap, rule, plain)
                               : refdet::nms_plain<real>(boxes, scores, n, overlap, rule, plain);
    if (side == CPP) {
        const Index fast = batched ? refdet::batched_nms<real>(boxes, scores, classes, n, overlap, rule, result)
                                   : refdet::nms<real>(boxes, scores, n, overlap, rule, result);
        agree("kept", kept, fast);
        agree("keep", plain, result, kept);
    } else if (n > 0) {
        const Block<real> offset(1, real(3)), moved = unwritten<real>(4 * n);
        emulate<real>("nms_shift", {cover(4 * n, 64)}, 64, bytes.schedule(), boxes, classes, 4 * n, offset, moved);
        Block<real> expected(4 * n);
        for (Index i = 0; i < 4 * n; ++i) expected[i] = boxes[i] + real(classes[i / 4]) * offset[0];
        agree("moved", expected, moved, 4 * n);
        const Block<Index> order = copied<Index>(refdet::by_score(scores, n, rule));
        agree_greedy<real>(bytes, "nms_plain", "nms_mask", boxes, order, plain, kept,
                           classes, overlap.plus_one, overlap.inverted, overlap.division, overlap.union_eps, rule.inclusive,
                           rule.threshold);
    }
}

TARGET(nms);
