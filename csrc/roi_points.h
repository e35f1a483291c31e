// The points of one RoI, for the plain and the fast forms of RoI align.
#pragma once

#include <vector>

#include "kernels.h"

namespace refdet {

// Along one axis: what lies beside each point that lies on the map, and where the points of each bin end.
template <typename real>
struct Taps {
    std::vector<Tap<real>> taps;
    std::vector<Index> ends;

    void lay(Side<real> side, Index bins, Index cells) {
        taps.clear();
        ends.assign(1, 0);
        for (Index p = 0; p < bins; ++p) {
            for (Index i = 0; i < side.points; ++i) {
                Tap<real> tap;
                if (beside(place(side, p, i), cells, &tap)) taps.push_back(tap);
            }
            ends.push_back(taps.size());
        }
    }

    // The points of bin p are taps[begin(p)] to taps[end(p) - 1].
    Index begin(Index p) const { return ends[p]; }
    Index end(Index p) const { return ends[p + 1]; }
};

template <typename real>
struct Points {
    Index image = 0;
    Taps<real> rows, columns;
    real count = 1;

    // Python checked its image, but another thread may have written since: a RoI without an image has no points.
    void lay(const real* roi, Map map, real scale, Grid grid, Sampling rule) {
        const Index named = image_of(roi, map.images);
        image = larger<Index>(named, 0);
        const Side<real> down = project(roi[2], roi[4], scale, grid.rows, rule);
        const Side<real> across = project(roi[1], roi[3], scale, grid.columns, rule);
        rows.lay(down, grid.rows, named < 0 ? 0 : map.height);
        columns.lay(across, grid.columns, map.width);
        count = real(larger<Index>(down.points * across.points, 1));
    }
};

}  // namespace refdet
