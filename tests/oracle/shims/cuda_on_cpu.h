// What a simple CUDA kernel needs to run on the CPU, one thread after the other; built by build_sources.py.
//
// CUDA_1D_KERNEL_LOOP gives all the work to the one thread there is. A kernel that fills shared memory, waits, and
// reads it is run twice: in the second pass every thread finds what all wrote in the first.
#pragma once

#include <cfloat>
#include <cmath>
#include <cstddef>

#define __global__
#define __device__
#define __shared__ static
#define CUDA_1D_KERNEL_LOOP(index, count) for (int index = 0; index < (count); ++index)

struct Index {
    int x = 0, y = 0;
};
static Index blockIdx, threadIdx;

inline void __syncthreads() {}
inline int ceil_div(int a, int b) { return (a + b - 1) / b; }

// CUDA's own: for floats max and min are fmax and fmin, which ignore NaN.
inline int max(int a, int b) { return a > b ? a : b; }
inline int min(int a, int b) { return a < b ? a : b; }
inline float max(float a, float b) { return std::fmax(a, b); }
inline float min(float a, float b) { return std::fmin(a, b); }
inline double max(double a, double b) { return std::fmax(a, b); }
inline double min(double a, double b) { return std::fmin(a, b); }
inline double max(float a, double b) { return std::fmax(double(a), b); }
inline double max(double a, float b) { return std::fmax(a, double(b)); }
using std::ceil;
using std::floor;
using std::round;

namespace at {
template <typename T, bool is_cuda>
using acc_type = T;  // float for half, which is not run here
}
