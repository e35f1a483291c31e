// torchvision's CUDA kernels on the CPU behind a C interface, for ctypes; built by build_sources.py.
#include <cstring>
#include <vector>

#include "cuda_on_cpu.h"

int const threadsPerBlock = sizeof(unsigned long long) * 8;

#include "cut.inc"

namespace {

// The mask of the kernel, and the scan that the host makes of it; the boxes come sorted.
template <typename T>
int nms(const T* boxes, int n, double threshold, int* keep) {
    const int blocks = ceil_div(n, threadsPerBlock);
    std::vector<unsigned long long> mask(size_t(n) * blocks), removed(blocks);
    for (blockIdx.y = 0; blockIdx.y < blocks; ++blockIdx.y)
        for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x)
            for (int pass = 0; pass < 2; ++pass)
                for (threadIdx.x = 0; threadIdx.x < threadsPerBlock; ++threadIdx.x)
                    nms_kernel_impl<T>(n, threshold, boxes, mask.data());
    int kept = 0;
    for (int i = 0; i < n; ++i) {
        if (removed[i / 64] >> i % 64 & 1) continue;
        keep[kept++] = i;
        for (int j = i / 64; j < blocks; ++j) removed[j] |= mask[size_t(i) * blocks + j];
    }
    return kept;
}

}  // namespace

#define FOR(T) \
    extern "C" int nms_##T(const T* boxes, int n, double threshold, int* keep) { return nms(boxes, n, threshold, keep); } \
    extern "C" void roi_pool_##T(const T* map, const int* shape, const T* rois, int count, int rows, int columns, \
                                 double scale, T* pooled, int* argmax) { \
        roi_pool_forward_kernel_impl<T>(count * shape[1] * rows * columns, map, T(scale), shape[1], shape[2], shape[3], \
                                        rows, columns, rois, pooled, argmax); \
    } \
    extern "C" void roi_align_##T(const T* map, const int* shape, const T* rois, int count, int rows, int columns, \
                                  double scale, int ratio, int aligned, T* pooled) { \
        roi_align_forward_kernel_impl<T>(count * shape[1] * rows * columns, map, T(scale), shape[1], shape[2], shape[3], \
                                         rows, columns, ratio, aligned != 0, rois, pooled); \
    }
FOR(float)
FOR(double)
