// GIoU, DIoU or CIoU of every pair of boxes (IOU-3 to IOU-5); reference: refdet/ops/overlaps.py.
//
// One thread owns one column of the result and walks down its rows, so that neighbours write side by side.
// Launch: blocks of any width; grid.x covers the columns, grid.y shares out the rows. kind: as in overlap.cuh.
#include "overlap.cuh"

extern "C" __global__ void overlaps(const real_t* boxes1, const real_t* boxes2, long long n, long long m,
                                    int plus_one, int inverted, int division, double union_eps, double giou_eps,
                                    double diou_eps, double ciou_eps, double beta, double alpha_gate, int kind,
                                    real_t* out) {
    const refdet::OverlapRule rule = {plus_one, inverted, division, union_eps};
    const refdet::PenaltyRule penalty = {giou_eps, diou_eps, ciou_eps, beta, alpha_gate};
    const long long column = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= m) return;
    const real_t* b = boxes2 + 4 * column;
    const real_t area_b = refdet::area(b, rule);
    const real_t angle_b = kind == refdet::CIOU ? refdet::angle(b, rule) : real_t(0);
    for (long long row = blockIdx.y; row < n; row += gridDim.y) {
        const real_t* a = boxes1 + 4 * row;
        const real_t area_a = refdet::area(a, rule);
        const real_t angle_a = kind == refdet::CIOU ? refdet::angle(a, rule) : real_t(0);
        // step: enclose
        // step: subtract
        // step: span
        // step: distance
        // step: aspect
        // step: weigh
        out[row * m + column] = refdet::overlap(kind, a, area_a, angle_a, b, area_b, angle_b, rule, penalty);
    }
}
