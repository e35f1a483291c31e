// RoI align, forward and backward; reference: refdet/ops/roi_align.py.
//
// Letters: N images, C channels, H x W cells, K RoIs of rows x columns bins.
#include "roi.cuh"

// One thread per pooled value. Launch: blocks of any width; the grid covers K * C * rows * columns.
extern "C" __global__ void roi_align(const real_t* input, const real_t* rois, long long images, long long channels,
                                     long long height, long long width, long long count, long long rows,
                                     long long columns, real_t spatial_scale, int aligned, long long ratio,
                                     long long most, real_t* pooled) {
    const long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= count * channels * rows * columns) return;
    const long long j = index % columns;
    const long long i = index / columns % rows;
    const long long c = index / columns / rows % channels;
    const real_t* roi = rois + 5 * (index / columns / rows / channels);
    const long long image = refdet::image_of(roi, images);
    // step: project
    const refdet::Sampling rule = {aligned, ratio, most};
    const refdet::Side<real_t> down = refdet::project(roi[2], roi[4], spatial_scale, rows, rule);
    const refdet::Side<real_t> across = refdet::project(roi[1], roi[3], spatial_scale, columns, rule);
    real_t sum = real_t(0);
    // step: sample
    for (long long iy = 0; image >= 0 && iy < down.points; ++iy) {
        refdet::Tap<real_t> y, x;
        if (!refdet::beside(refdet::place(down, i, iy), height, &y)) continue;
        const real_t* upper = input + ((image * channels + c) * height + y.before) * width;
        const real_t* lower = input + ((image * channels + c) * height + y.behind) * width;
        for (long long ix = 0; ix < across.points; ++ix) {
            if (!refdet::beside(refdet::place(across, j, ix), width, &x)) continue;
            // step: interpolate
            sum += y.near * x.near * upper[x.before] + y.near * x.past * upper[x.behind] +
                   y.past * x.near * lower[x.before] + y.past * x.past * lower[x.behind];
        }
    }
    // step: average
    pooled[index] = sum / real_t(refdet::larger(down.points * across.points, 1LL));
}

// One thread per channel of an image walks the RoIs in order, so that sums need no atomics and have one order.
// Launch: blocks of any width; the grid covers N * C; grad_input holds zeros.
extern "C" __global__ void roi_align_backward(const real_t* grad_output, const real_t* rois, long long images,
                                              long long channels, long long height, long long width, long long count,
                                              long long rows, long long columns, real_t spatial_scale, int aligned,
                                              long long ratio, long long most, real_t* grad_input) {
    const long long plane = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (plane >= images * channels) return;
    const long long c = plane % channels;
    const refdet::Sampling rule = {aligned, ratio, most};
    real_t* cells = grad_input + plane * height * width;
    // step: scatter
    for (long long k = 0; k < count; ++k) {
        const real_t* roi = rois + 5 * k;
        if (refdet::image_of(roi, images) != plane / channels) continue;
        const refdet::Side<real_t> down = refdet::project(roi[2], roi[4], spatial_scale, rows, rule);
        const refdet::Side<real_t> across = refdet::project(roi[1], roi[3], spatial_scale, columns, rule);
        const real_t points = real_t(down.points * across.points);
        for (long long b = 0; b < rows * columns; ++b) {
            const real_t grad = grad_output[(k * channels + c) * rows * columns + b];
            for (long long iy = 0; iy < down.points; ++iy) {
                refdet::Tap<real_t> y, x;
                if (!refdet::beside(refdet::place(down, b / columns, iy), height, &y)) continue;
                for (long long ix = 0; ix < across.points; ++ix) {
                    if (!refdet::beside(refdet::place(across, b % columns, ix), width, &x)) continue;
                    cells[y.before * width + x.before] += grad * (y.near * x.near) / points;
                    cells[y.before * width + x.behind] += grad * (y.near * x.past) / points;
                    cells[y.behind * width + x.before] += grad * (y.past * x.near) / points;
                    cells[y.behind * width + x.behind] += grad * (y.past * x.past) / points;
                }
            }
        }
    }
}
