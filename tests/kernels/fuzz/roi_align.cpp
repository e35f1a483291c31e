#include "target.h"

using namespace fuzz;

template <typename real>
static void fuzz_roi_align(Bytes& bytes, Side side) {
    const refdet::Map map = bytes.map();
    const refdet::Grid grid = bytes.grid();
    const Index count = bytes.below(7), results = count * map.channels * grid.rows * grid.columns;
    const refdet::Sampling rule = bytes.sampling();
    const unsigned threads = bytes.threads();
    const auto schedule = bytes.schedule();
    const real scale = bytes.scale<real>();
    const Block<real> rois = bytes.rois<real>(count, map.images);
    const Block<real> input = bytes.numbers<real>(map.images * map.channels * map.height * map.width);
    const Block<real> plain = unwritten<real>(results), result = unwritten<real>(results);
    refdet::roi_align_plain<real>(input, map, rois, count, scale, grid, rule, plain);
    if (side == CPP) {
        refdet::roi_align<real>(input, map, rois, count, scale, grid, rule, 1, result);
    } else if (results > 0) {
        emulate<real>("roi_align", {cover(results, threads)}, threads, schedule, input, rois, map.images, map.channels,
                      map.height, map.width, count, grid.rows, grid.columns, scale, rule.aligned, rule.ratio, rule.most,
                      result);
    }
    agree("pooled", plain, result);
}

TARGET(roi_align);
