#include "target.h"

using namespace fuzz;

template <typename real>
static void fuzz_roi_pool(Bytes& bytes, Side side) {
    const refdet::Map map = bytes.map();
    const refdet::Grid grid = bytes.grid();
    const Index count = bytes.below(7), results = count * map.channels * grid.rows * grid.columns;
    const double lowests[] = {-INFINITY, double(std::numeric_limits<real>::lowest()), -1, 0};
    const refdet::RoiRule rule = {int(bytes.below(3)), lowests[bytes.below(4)]};
    const bool want_argmax = bytes.flag();
    const unsigned threads = bytes.threads();
    const auto schedule = bytes.schedule();
    const real scale = bytes.scale<real>();
    bytes.show("edges, lowest", {double(rule.edges), rule.lowest});
    const Block<real> rois = bytes.rois<real>(count, map.images);
    const Block<real> input = bytes.numbers<real>(map.images * map.channels * map.height * map.width);
    const Block<real> plain = unwritten<real>(results), result = unwritten<real>(results);
    const Block<Index> plain_argmax = unwritten<Index>(results), argmax = unwritten<Index>(results);
    refdet::roi_pool_plain<real>(input, map, rois, count, scale, grid, rule, plain, plain_argmax);
    if (side == CPP) {
        refdet::roi_pool<real>(input, map, rois, count, scale, grid, rule, 1, result,
                               want_argmax ? +argmax : nullptr);
    } else if (results > 0) {
        emulate<real>("roi_pool", {cover(results, threads)}, threads, schedule, input, rois, map.images, map.channels,
                      map.height, map.width, count, grid.rows, grid.columns, scale, rule.edges,
                      real(rule.lowest), result, argmax);
    }
    agree("pooled", plain, result);
    if (want_argmax) agree("argmax", plain_argmax, argmax);
}

TARGET(roi_pool);
