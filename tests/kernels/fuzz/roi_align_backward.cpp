#include "target.h"

using namespace fuzz;

template <typename real>
static void fuzz_roi_align_backward(Bytes& bytes, Side side) {
    const refdet::Map map = bytes.map();
    const refdet::Grid grid = bytes.grid();
    const Index count = bytes.below(7), results = count * map.channels * grid.rows * grid.columns;
    const refdet::Sampling rule = bytes.sampling();
    const unsigned threads = bytes.threads();
    const auto schedule = bytes.schedule();
    const real scale = bytes.scale<real>();
    const Block<real> rois = bytes.rois<real>(count, map.images);
    const Block<real> grad = bytes.numbers<real>(results);
    const Index size = map.images * map.channels * map.height * map.width;
    const Block<real> plain(size, real(0)), result(size, real(0));
    refdet::roi_align_backward_plain<real>(grad, rois, count, scale, grid, rule, map, plain);
    if (side == CPP) {
        refdet::roi_align_backward<real>(grad, rois, count, scale, grid, rule, 1, map, result);
    } else if (size > 0 && results > 0) {
        emulate<real>("roi_align_backward", {cover(map.images * map.channels, threads)}, threads, schedule, grad, rois,
                      map.images, map.channels, map.height, map.width, count, grid.rows, grid.columns, scale,
                      rule.aligned, rule.ratio, rule.most, result);
    } else {
        return;
    }
    agree("grad_input", plain, result);
}

TARGET(roi_align_backward);
