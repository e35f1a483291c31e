// mmcv's RoI pooling, which has a CUDA kernel alone, on the CPU; for ctypes; built by build_sources.py.
#include "cuda_on_cpu.h"
#include "cut.inc"

extern "C" void roi_pool_float(const float* map, const int* shape, const float* rois, int count, int rows, int columns,
                               double scale, float* pooled, int* argmax) {
    roi_pool_forward_cuda_kernel<float>(count * shape[1] * rows * columns, map, rois, pooled, argmax, rows, columns,
                                        float(scale), shape[1], shape[2], shape[3]);
}
