#include "target.h"

using namespace fuzz;

template <typename real>
static void fuzz_roi_pool_backward(Bytes& bytes, Side side) {
    const refdet::Map map = bytes.map();
    const refdet::Grid grid = bytes.grid();
    const Index count = bytes.below(7), bins = grid.rows * grid.columns, cells = map.height * map.width;
    const unsigned threads = bytes.threads();
    const auto schedule = bytes.schedule();
    const Block<Index> images = bytes.places(count, map.images);
    const Block<Index> argmax = bytes.places(count * map.channels * bins, cells);
    const Block<real> grad = bytes.numbers<real>(count * map.channels * bins);
    const Index size = map.images * map.channels * cells;
    const Block<real> sum(size, real(0)), result(size, real(0));
    refdet::roi_pool_backward<real>(grad, argmax, images, count, grid, map, sum);
    if (side == CPP || size == 0 || grad.count == 0) return;  // there is one form
    emulate<real>("roi_pool_backward", {cover(map.images * map.channels, threads)}, threads, schedule, grad, argmax,
                  images, map.images, map.channels, cells, count, bins, result);
    agree("grad_input", sum, result);
}

TARGET(roi_pool_backward);
