// One box against many, the inner loop of the fast forms of box_iou and nms; defined in box_iou.cpp.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "kernels.h"

namespace refdet {

template <typename real>
inline bool all_finite(const real* box) {
    return std::isfinite(box[0]) && std::isfinite(box[1]) && std::isfinite(box[2]) && std::isfinite(box[3]);
}

// Boxes as one array per coordinate, and their areas.
template <typename real>
struct Planes {
    std::vector<real> x1, y1, x2, y2, area;
    bool finite = true, bounded = true;  // all coordinates are; all areas lie from 0 to the largest number

    Planes(const real* boxes, Index n, OverlapRule rule) : x1(n), y1(n), x2(n), y2(n), area(n) {
        for (Index j = 0; j < n; ++j) {
            const real* box = boxes + 4 * j;
            x1[j] = box[0], y1[j] = box[1], x2[j] = box[2], y2[j] = box[3];
            area[j] = refdet::area(box, rule);
            finite = finite && all_finite(box);
            bounded = bounded && area[j] >= 0 && area[j] <= std::numeric_limits<real>::max();
        }
    }
};

// IoU of `box` with others[begin], ..., others[end - 1].
void iou_row(const float* box, float area, const Planes<float>& others, Index begin, Index end, OverlapRule rule,
             float* iou);
void iou_row(const double* box, double area, const Planes<double>& others, Index begin, Index end, OverlapRule rule,
             double* iou);

}  // namespace refdet
