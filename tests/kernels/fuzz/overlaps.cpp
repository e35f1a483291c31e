#include "target.h"

using namespace fuzz;

template <typename real>
static void fuzz_overlaps(Bytes& bytes, Side side) {
    const Index n = bytes.below(5), m = bytes.below(140);
    const refdet::OverlapRule rule = bytes.overlap();
    const refdet::PenaltyRule penalty = bytes.penalty();
    const int kind = 1 + int(bytes.below(3));
    bytes.show("n, m, kind", {double(n), double(m), double(kind)});
    const unsigned threads = bytes.threads();
    const auto schedule = bytes.schedule();
    const Block<real> boxes1 = bytes.boxes<real>(n), boxes2 = bytes.boxes<real>(m);
    const Block<real> plain = unwritten<real>(n * m), result = unwritten<real>(n * m);
    refdet::overlaps_plain<real>(boxes1, n, boxes2, m, rule, penalty, kind, plain);
    if (side == CPP) {
        refdet::overlaps<real>(boxes1, n, boxes2, m, rule, penalty, kind, 1, result);
    } else if (n * m > 0) {
        emulate<real>("overlaps", {cover(m, threads), n}, threads, schedule, boxes1, boxes2, n, m, rule.plus_one,
                      rule.inverted, rule.division, rule.union_eps, penalty.giou_eps, penalty.diou_eps,
                      penalty.ciou_eps, penalty.beta, penalty.alpha_gate, kind, result);
    }
    agree("overlap", plain, result);
}

TARGET(overlaps);
