// mmcv's RoI pooling, which has a CUDA kernel alone, on the CPU; for ctypes; built by build_sources.py.
#include "cuda_on_cpu.h"
#include "cut.inc"

#define FOR(T) \
    extern "C" void roi_pool_##T(const T* map, const int* shape, const T* rois, int count, int rows, int columns, \
                                 double scale, T* pooled, int* argmax) { \
        roi_pool_forward_cuda_kernel<T>(count * shape[1] * rows * columns, map, rois, pooled, argmax, rows, columns, \
                                        T(float(scale)), shape[1], shape[2], shape[3]); \
    }
FOR(float)
FOR(double)
