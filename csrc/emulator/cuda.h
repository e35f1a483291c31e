// The words of CUDA that the kernels use, for a C++ compiler: include it, then a .cu file, and call the kernels
// through run() of run.h. What is not here (dynamic shared memory, atomics, warps) no kernel uses.
#pragma once

#include <cmath>

struct dim3 {
    unsigned x, y, z;
};

// Of the CUDA thread that is running.
extern __thread dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace refdet_emulator {

void barrier(const char* file, int line);

}  // namespace refdet_emulator

#define __global__
#define __device__
#define __host__
// One block runs at a time, so its shared memory is static; the section lets run() poison all of it.
#define __shared__ static __attribute__((section("refdet_shared")))
#define __syncthreads() refdet_emulator::barrier(__FILE__, __LINE__)

inline int __popcll(unsigned long long word) { return __builtin_popcountll(word); }
