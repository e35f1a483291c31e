// The kernels: plain pointers and sizes, no Python. Arguments were checked by refdet/kernels/cpp.py.
//
// `real` is float or double. Arrays are contiguous, in C order; boxes are rows of x1, y1, x2, y2, RoIs of image
// index, x1, y1, x2, y2. Results go to the last pointers. Each fast form equals its plain twin to the bit.
#pragma once

#include <cstdint>

#include "overlap.cuh"
#include "roi.cuh"
#include "scalar.cuh"

namespace refdet {

using Index = std::int64_t;

// conventions.Suppression
struct SuppressionRule {
    double threshold;
    int inclusive;
    int ties_last;
};

// conventions.Roi
struct RoiRule {
    int edges;
    double lowest;
};

// Extents of a feature map, and of the grid that a RoI is pooled to.
struct Map {
    Index images, channels, height, width;
};
struct Grid {
    Index rows, columns;
};

template <typename real>
void box_iou_plain(const real* boxes1, Index n, const real* boxes2, Index m, OverlapRule rule, real* iou);

template <typename real>
void box_iou(const real* boxes1, Index n, const real* boxes2, Index m, OverlapRule rule, int threads, real* iou);

// GIoU, DIoU or CIoU: `kind` as in overlap.cuh.
template <typename real>
void overlaps_plain(const real* boxes1, Index n, const real* boxes2, Index m, OverlapRule rule, PenaltyRule penalty,
                    int kind, real* overlap);

template <typename real>
void overlaps(const real* boxes1, Index n, const real* boxes2, Index m, OverlapRule rule, PenaltyRule penalty, int kind,
              int threads, real* overlap);

// Returns how many of the n places of `keep` were filled.
template <typename real>
Index nms_plain(const real* boxes, const double* scores, Index n, OverlapRule overlap, SuppressionRule rule,
                Index* keep);

template <typename real>
Index nms(const real* boxes, const double* scores, Index n, OverlapRule overlap, SuppressionRule rule, Index* keep);

// Lowers `scores` in place; those of the boxes in `keep`, of which it returns how many, are their new scores.
template <typename real, typename score>
Index soft_nms_plain(const real* boxes, score* scores, Index n, OverlapRule overlap, SoftRule rule, Index* keep);

template <typename real, typename score>
Index soft_nms(const real* boxes, score* scores, Index n, OverlapRule overlap, SoftRule rule, Index* keep);
template <typename real>
Index diou_nms_plain(const real* boxes, const double* scores, Index n, OverlapRule overlap, PenaltyRule penalty,
                     SuppressionRule rule, Index* keep);

template <typename real>
Index diou_nms(const real* boxes, const double* scores, Index n, OverlapRule overlap, PenaltyRule penalty,
               SuppressionRule rule, Index* keep);
template <typename real>
Index batched_nms_plain(const real* boxes, const double* scores, const Index* classes, Index n, OverlapRule overlap,
                        SuppressionRule rule, Index* keep);

template <typename real>
Index batched_nms(const real* boxes, const double* scores, const Index* classes, Index n, OverlapRule overlap,
                  SuppressionRule rule, Index* keep);

// `argmax` may be null.
template <typename real>
void roi_pool_plain(const real* input, Map map, const real* rois, Index count, real scale, Grid grid, RoiRule rule,
                    real* pooled, Index* argmax);

template <typename real>
void roi_pool(const real* input, Map map, const real* rois, Index count, real scale, Grid grid, RoiRule rule,
              int threads, real* pooled, Index* argmax);

// Adds to `grad_input`, which the caller has set to zero. `images` holds the image index of each RoI.
template <typename real>
void roi_pool_backward(const real* grad_output, const Index* argmax, const Index* images, Index count, Grid grid,
                       Map map, real* grad_input);

template <typename real>
void roi_align_plain(const real* input, Map map, const real* rois, Index count, real scale, Grid grid, Sampling rule,
                     real* pooled);

template <typename real>
void roi_align(const real* input, Map map, const real* rois, Index count, real scale, Grid grid, Sampling rule,
               int threads, real* pooled);

// Both add to `grad_input`, which the caller has set to zero.
template <typename real>
void roi_align_backward_plain(const real* grad_output, const real* rois, Index count, real scale, Grid grid,
                              Sampling rule, Map map, real* grad_input);

template <typename real>
void roi_align_backward(const real* grad_output, const real* rois, Index count, real scale, Grid grid, Sampling rule,
                        int threads, Map map, real* grad_input);

}  // namespace refdet
