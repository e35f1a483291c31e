#include "target.h"

using namespace fuzz;

template <typename real>
static void fuzz_box_iou(Bytes& bytes, Side side) {
    const Index n = bytes.below(5), m = bytes.below(140);
    const refdet::OverlapRule rule = bytes.overlap();
    bytes.show("n, m", {double(n), double(m)});
    const unsigned threads = bytes.threads();
    const auto schedule = bytes.schedule();
    const Block<real> boxes1 = bytes.boxes<real>(n), boxes2 = bytes.boxes<real>(m);
    const Block<real> plain = unwritten<real>(n * m), result = unwritten<real>(n * m);
    refdet::box_iou_plain<real>(boxes1, n, boxes2, m, rule, plain);
    if (side == CPP) {
        refdet::box_iou<real>(boxes1, n, boxes2, m, rule, 1, result);
    } else if (n * m > 0) {
        emulate<real>("box_iou", {cover(m, threads), n}, threads, schedule, boxes1, boxes2, n, m, rule.plus_one,
                      rule.inverted, rule.division, rule.union_eps, result);
    }
    agree("iou", plain, result);
}

TARGET(box_iou);
