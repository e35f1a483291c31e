// RoI max pooling, forward and backward (ROI-2 to ROI-5); reference: refdet/ops/roi_pool.py.
//
// Letters: N images, C channels, H x W cells, K RoIs of rows x columns bins.
#include "roi.cuh"

// One thread per pooled value. Launch: blocks of any width; the grid covers K * C * rows * columns.
extern "C" __global__ void roi_pool(const real_t* input, const real_t* rois, long long images, long long channels,
                                    long long height, long long width, long long count, long long rows,
                                    long long columns, real_t spatial_scale, int edges, real_t lowest,
                                    real_t* pooled, long long* argmax) {
    const long long place = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (place >= count * channels * rows * columns) return;
    const long long j = place % columns;
    const long long i = place / columns % rows;
    const long long c = place / columns / rows % channels;
    const real_t* roi = rois + 5 * (place / columns / rows / channels);
    // step: project
    const refdet::Span<real_t> covered_rows = refdet::span(roi[2], roi[4], spatial_scale, edges);
    const refdet::Span<real_t> covered_columns = refdet::span(roi[1], roi[3], spatial_scale, edges);
    // step: cut
    const refdet::Bin vertical = refdet::bin(i, covered_rows, rows, height, edges);
    const refdet::Bin across = refdet::bin(j, covered_columns, columns, width, edges);
    // step: take
    const long long image = refdet::image_of(roi, images);
    const bool empty = image < 0 || vertical.begin >= vertical.end || across.begin >= across.end;
    real_t largest = empty ? real_t(0) : lowest;
    long long taken = -1;
    if (!empty) {
        const real_t* cells = input + (image * channels + c) * height * width;
        for (long long y = vertical.begin; y < vertical.end; ++y) {
            for (long long x = across.begin; x < across.end; ++x) {
                const long long cell = y * width + x;
                if (cells[cell] > largest) {
                    largest = cells[cell];
                    taken = cell;
                }
            }
        }
    }
    pooled[place] = largest;
    argmax[place] = taken;
}

// One thread per channel of an image walks the RoIs in order, so that sums need no atomics and have one order.
// Launch: blocks of any width; the grid covers N * C; grad_input holds zeros.
extern "C" __global__ void roi_pool_backward(const real_t* grad_output, const long long* argmax,
                                             const long long* roi_images, long long images, long long channels,
                                             long long cells, long long count, long long bins,
                                             real_t* grad_input) {
    const long long plane = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (plane >= images * channels) return;
    const long long image = plane / channels, c = plane % channels;
    // step: scatter
    for (long long k = 0; k < count; ++k) {
        if (roi_images[k] != image) continue;
        for (long long b = 0; b < bins; ++b) {
            const long long place = (k * channels + c) * bins + b;
            const long long cell = argmax[place];
            if (cell >= 0 && cell < cells) grad_input[plane * cells + cell] += grad_output[place];
        }
    }
}
