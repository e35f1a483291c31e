// Greedy non-maximum suppression, of one class and of several (NMS-1, NMS-3, NMS-8); reference: refdet/ops/nms.py.
//
// Letters: order[r] is the box of rank r, best first; classes[i] is the class of box i, the same for all where there are
// no classes; keep receives the kept boxes, kept[0] their number.
#include "scalar.cuh"

// Suppression.moved_apart: coordinate by coordinate. Launch: a thread for each of `count` coordinates.
extern "C" __global__ void nms_shift(const real_t* boxes, const long long* classes, long long count,
                                     const real_t* offset, real_t* moved) {
    const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) moved[i] = boxes[i] + real_t(classes[i / 4]) * offset[0];
}

// The plain twin: one block walks the order, its threads share the boxes that a kept one may suppress.
// Launch: one block of any width; alive holds n ones.
extern "C" __global__ void nms_plain(const real_t* boxes, const long long* order, long long n,
                                     const long long* classes, int plus_one, int inverted, int division,
                                     double union_eps, int inclusive, double threshold, unsigned char* alive,
                                     long long* keep, long long* kept) {
    const refdet::OverlapRule rule = {plus_one, inverted, division, union_eps};
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
            // step: class
            if (classes[j] != classes[i]) continue;
            const real_t* box = boxes + 4 * j;
            const real_t overlap = refdet::iou(best, area, box, refdet::area(box, rule), rule);
            if (refdet::suppresses(overlap, threshold, inclusive)) alive[j] = 0;
        }
        __syncthreads();  // the next rank is read by all; only ranks behind it were written
    }
    // step: merge
    // The ranks of all classes were walked together: `keep` is in order.
    if (threadIdx.x == 0) kept[0] = count;
}

// The fast version, in two kernels that never leave the device. Ranks are cut into tiles of 64.
// nms_mask:   word [r][w] tells, bit by bit, which boxes of tile w the box of rank r suppresses if it is kept;
//             all pairs at once, half of them not needed.
// nms_reduce: one block goes through the tiles. Which of the 64 stay depends only on the diagonal words and on what
//             earlier tiles removed, so one thread settles that in registers; then all threads let the boxes that
//             stay remove theirs from the tiles behind. Two barriers a tile instead of one a kept box.
#define TILE 64

// Launch: blocks of 64; grid (words, words), where words = ceil(n / 64). Words left of the diagonal stay unwritten.
extern "C" __global__ void nms_mask(const real_t* boxes, const long long* order, long long n,
                                    const long long* classes, int plus_one, int inverted, int division,
                                    double union_eps, int inclusive, double threshold, unsigned long long* mask) {
    __shared__ real_t tile[TILE][4];
    __shared__ real_t tile_area[TILE];
    __shared__ long long tile_class[TILE];
    if (blockIdx.x < blockIdx.y) return;
    const refdet::OverlapRule rule = {plus_one, inverted, division, union_eps};
    const long long words = gridDim.x;
    const long long rank = (long long)blockIdx.y * TILE + threadIdx.x;
    const long long first = (long long)blockIdx.x * TILE;
    const int size = (int)refdet::smaller(n - first, (long long)TILE);
    if ((int)threadIdx.x < size) {
        const long long i = order[first + threadIdx.x];
        const real_t* box = boxes + 4 * i;
        for (int side = 0; side < 4; ++side) tile[threadIdx.x][side] = box[side];
        tile_area[threadIdx.x] = refdet::area(box, rule);
        tile_class[threadIdx.x] = classes[i];
    }
    __syncthreads();
    if (rank >= n) return;
    const real_t* best = boxes + 4 * order[rank];
    const real_t area = refdet::area(best, rule);
    const long long own = classes[order[rank]];
    unsigned long long word = 0;
    // On the diagonal a box only meets those behind it.
    for (int bit = blockIdx.x == blockIdx.y ? threadIdx.x + 1 : 0; bit < size; ++bit) {
        if (tile_class[bit] != own) continue;
        const real_t overlap = refdet::iou(best, area, tile[bit], tile_area[bit], rule);
        if (refdet::suppresses(overlap, threshold, inclusive)) word |= 1ULL << bit;
    }
    mask[rank * words + blockIdx.x] = word;
}

// Launch: one block of at least 64; removed holds ceil(n / 64) zeros.
extern "C" __global__ void nms_reduce(const unsigned long long* mask, const long long* order, long long n,
                                      unsigned long long* removed, long long* keep, long long* kept) {
    __shared__ unsigned long long diagonal[TILE];
    __shared__ unsigned long long stays;
    const long long words = (n + TILE - 1) / TILE;
    long long count = 0;
    for (long long w = 0; w < words; ++w) {
        const long long first = w * TILE;
        const int size = (int)refdet::smaller(n - first, (long long)TILE);
        if ((int)threadIdx.x < size) diagonal[threadIdx.x] = mask[(first + threadIdx.x) * words + w];
        __syncthreads();
        if (threadIdx.x == 0) {
            unsigned long long gone = removed[w], alive = 0;
            for (int bit = 0; bit < size; ++bit) {
                if (gone >> bit & 1) continue;
                alive |= 1ULL << bit;
                gone |= diagonal[bit];
            }
            stays = alive;
        }
        __syncthreads();
        const unsigned long long alive = stays;
        if ((int)threadIdx.x < size && alive >> threadIdx.x & 1) {
            const int before = __popcll(alive & ((1ULL << threadIdx.x) - 1));
            keep[count + before] = order[first + threadIdx.x];
        }
        count += __popcll(alive);
        for (long long later = w + 1 + threadIdx.x; later < words; later += blockDim.x) {
            unsigned long long gone = removed[later];
            for (int bit = 0; bit < size; ++bit) {
                if (alive >> bit & 1) gone |= mask[(first + bit) * words + later];
            }
            removed[later] = gone;
        }
        // No barrier here: before `removed` is read or `stays` written, all come to the first one of the next tile.
    }
    if (threadIdx.x == 0) kept[0] = count;
}
