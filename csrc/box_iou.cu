// Intersection over union of every pair of boxes (IOU-1); reference: refdet/ops/box_iou.py.
//
// One thread owns one column of the result and walks down its rows, so that neighbours write side by side.
// Launch: blocks of any width; grid.x covers the columns, grid.y shares out the rows.
#include "scalar.cuh"

extern "C" __global__ void box_iou(const real_t* boxes1, const real_t* boxes2, long long n, long long m,
                                   int plus_one, int inverted, int division, double union_eps, real_t* out) {
    const refdet::OverlapRule rule = {plus_one, inverted, division, union_eps};
    const long long column = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= m) return;
    for (long long row = blockIdx.y; row < n; row += gridDim.y) {
        const real_t* a = boxes1 + 4 * row;
        const real_t* b = boxes2 + 4 * column;
        // step: area
        const real_t area_a = refdet::area(a, rule), area_b = refdet::area(b, rule);
        // step: intersect
        // step: divide
        out[row * m + column] = refdet::iou(a, area_a, b, area_b, rule);  // both in scalar.cuh
    }
}
