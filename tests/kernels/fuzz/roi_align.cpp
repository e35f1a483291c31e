#include "target.h"

using namespace fuzz;

template <typename real>
static void fuzz_roi_align(Bytes& bytes, Side side) {
    // Channels on both sides of a quarter of a block, below which the fast forms leave all to the plain ones.
    const Index channels[] = {0, 1, 2, 5, 9, 17, 33};
    const refdet::Map map = {bytes.below(3), channels[bytes.below(7)], bytes.below(6), bytes.below(6)};
    const refdet::Grid grid = {1 + bytes.below(5), 1 + bytes.below(5)};
    const Index count = bytes.below(7), results = count * map.channels * grid.rows * grid.columns;
    const Index size = map.images * map.channels * map.height * map.width;
    const refdet::Sampling rule = {bytes.flag(), bytes.below(4), 1 + bytes.below(20)};
    const unsigned threads = bytes.threads();
    const auto schedule = bytes.schedule();
    const real scale = bytes.flag() ? real(1) / real(1 + bytes.below(16)) : bytes.number<real>();
    const Block<real> rois = bytes.rois<real>(count, map.images);
    const Block<real> input = bytes.numbers<real>(size), grad = bytes.numbers<real>(results);
    const Block<real> plain = unwritten<real>(results), result = unwritten<real>(results);
    const Block<real> plain_back(size, real(0)), back(size, real(0));
    refdet::roi_align_plain<real>(input, map, rois, count, scale, grid, rule, plain);
    refdet::roi_align_backward_plain<real>(grad, rois, count, scale, grid, rule, map, plain_back);
    if (side == CPP) {
        refdet::roi_align<real>(input, map, rois, count, scale, grid, rule, 1, result);
        refdet::roi_align_backward<real>(grad, rois, count, scale, grid, rule, 1, map, back);
    } else if (results > 0) {
        const long long ratio = rule.ratio, most = rule.most;
        emulate<real>("roi_align", {cover(results, threads)}, threads, schedule, input, rois, map.images, map.channels,
                      map.height, map.width, count, grid.rows, grid.columns, scale, rule.aligned, ratio, most, result);
        if (size > 0) {
            emulate<real>("roi_align_backward", {cover(map.images * map.channels, threads)}, threads, schedule, grad,
                          rois, map.images, map.channels, map.height, map.width, count, grid.rows, grid.columns, scale,
                          rule.aligned, ratio, most, back);
        }
    }
    agree("pooled", plain, result);
    agree("grad_input", plain_back, back);
}

TARGET(roi_align);
