// Greedy non-maximum suppression by DIoU (NMS-6, NMS-8); reference: refdet/ops/diou_nms.py.
//
// Letters: order[r] is the box of rank r, best first; keep receives the kept boxes, kept[0] their number.
#include "overlap.cuh"

// True if the box a lets b go.
static __device__ bool drops(const real_t* a, real_t area_a, const real_t* b, real_t area_b,
                             refdet::OverlapRule rule, refdet::PenaltyRule penalty, double threshold, int inclusive) {
    const real_t iou = refdet::iou(a, area_a, b, area_b, rule);
    return refdet::suppresses(iou - refdet::distance_term(a, b, rule, penalty), threshold, inclusive);
}

// The plain twin: one block walks the order, its threads share the boxes that a kept one may suppress.
// Launch: one block of any width; alive holds n ones.
extern "C" __global__ void diou_nms_plain(const real_t* boxes, const long long* order, long long n, int plus_one,
                                          int inverted, int division, double union_eps, double diou_eps, double beta,
                                          int inclusive, double threshold, unsigned char* alive, long long* keep,
                                          long long* kept) {
    const refdet::OverlapRule rule = {plus_one, inverted, division, union_eps};
    const refdet::PenaltyRule penalty = {0, diou_eps, 0, beta, 0};
    long long count = 0;
    // step: sort
    // The launch code sorted; `order` is its result.
    for (long long rank = 0; rank < n; ++rank) {
        const long long i = order[rank];
        if (!alive[i]) continue;
        // step: pick
        if (threadIdx.x == 0) keep[count] = i;
        ++count;
        // step: suppress
        const real_t* best = boxes + 4 * i;
        const real_t area = refdet::area(best, rule);
        for (long long later = rank + 1 + threadIdx.x; later < n; later += blockDim.x) {
            const long long j = order[later];
            const real_t* box = boxes + 4 * j;
            if (drops(best, area, box, refdet::area(box, rule), rule, penalty, threshold, inclusive)) alive[j] = 0;
        }
        __syncthreads();  // the next rank is read by all; only ranks behind it were written
    }
    if (threadIdx.x == 0) kept[0] = count;
}

// The fast version: the mask of nms.cu with another overlap; nms_reduce of nms.cu then walks it.
#define DIOU_TILE 64

// Launch: blocks of 64; grid (words, words), where words = ceil(n / 64). Words left of the diagonal stay unwritten.
extern "C" __global__ void diou_nms_mask(const real_t* boxes, const long long* order, long long n, int plus_one,
                                         int inverted, int division, double union_eps, double diou_eps, double beta,
                                         int inclusive, double threshold, unsigned long long* mask) {
    __shared__ real_t tile[DIOU_TILE][4];
    __shared__ real_t tile_area[DIOU_TILE];
    if (blockIdx.x < blockIdx.y) return;
    const refdet::OverlapRule rule = {plus_one, inverted, division, union_eps};
    const refdet::PenaltyRule penalty = {0, diou_eps, 0, beta, 0};
    const long long words = gridDim.x;
    const long long rank = (long long)blockIdx.y * DIOU_TILE + threadIdx.x;
    const long long first = (long long)blockIdx.x * DIOU_TILE;
    const int size = (int)refdet::smaller(n - first, (long long)DIOU_TILE);
    if ((int)threadIdx.x < size) {
        const real_t* box = boxes + 4 * order[first + threadIdx.x];
        for (int side = 0; side < 4; ++side) tile[threadIdx.x][side] = box[side];
        tile_area[threadIdx.x] = refdet::area(box, rule);
    }
    __syncthreads();
    if (rank >= n) return;
    const real_t* best = boxes + 4 * order[rank];
    const real_t area = refdet::area(best, rule);
    unsigned long long word = 0;
    // On the diagonal a box only meets those behind it.
    for (int bit = blockIdx.x == blockIdx.y ? threadIdx.x + 1 : 0; bit < size; ++bit) {
        if (drops(best, area, tile[bit], tile_area[bit], rule, penalty, threshold, inclusive)) word |= 1ULL << bit;
    }
    mask[rank * words + blockIdx.x] = word;
}
