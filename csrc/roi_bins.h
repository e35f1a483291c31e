// The bins of one RoI, for the plain and the fast form of RoI pooling.
#pragma once

#include <vector>

#include "kernels.h"

namespace refdet {

struct Bins {
    Index image = 0;
    std::vector<Bin> rows, columns;

    // Python checked its image, but another thread may have written since: a RoI without an image has no cell.
    template <typename real>
    void lay(const real* roi, Map map, real scale, Grid grid, RoiRule rule) {
        const Index named = image_of(roi, map.images);
        image = larger<Index>(named, 0);
        const Span<real> down = span(roi[2], roi[4], scale, rule.edges);
        const Span<real> across = span(roi[1], roi[3], scale, rule.edges);
        rows.resize(grid.rows);
        columns.resize(grid.columns);
        for (Index i = 0; i < grid.rows; ++i) {
            rows[i] = bin(i, down, grid.rows, named < 0 ? 0 : map.height, rule.edges);
        }
        for (Index j = 0; j < grid.columns; ++j) columns[j] = bin(j, across, grid.columns, map.width, rule.edges);
    }

    // What a running maximum starts from, which is also the value of a bin without a cell.
    static double start(Bin row, Bin column, RoiRule rule) {
        return row.begin < row.end && column.begin < column.end ? rule.lowest : 0.0;
    }
};

}  // namespace refdet
