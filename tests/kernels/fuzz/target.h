// What a fuzzed operation needs: TARGET registers it, emulate launches a CUDA kernel, agree compares bit for bit.
//
// A file of this folder fuzzes one operation, called as its stem: it draws an input, runs the plain form, and compares
// with it either the fast form (the target `nms`) or the emulated kernels (`nms_cuda`), where there are such.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "bytes.h"

namespace fuzz {

enum Side { CPP, CUDA };

struct Target {
    const char* name;
    Side side;
    void (*float_)(Bytes&, Side);
    void (*double_)(Bytes&, Side);
    Target* next;
    static Target* first;
    Target(const char* n, Side s, void (*f)(Bytes&, Side), void (*d)(Bytes&, Side))
        : name(n), side(s), float_(f), double_(d), next(first) {
        first = this;
    }
};

#define TARGET(op)                                                               \
    static fuzz::Target cpp_target(#op, fuzz::CPP, fuzz_##op<float>, fuzz_##op<double>); \
    static fuzz::Target cuda_target(#op "_cuda", fuzz::CUDA, fuzz_##op<float>, fuzz_##op<double>)

// Of csrc/cpp_only, which has one precision and no CUDA twin.
#define TARGET_WITHOUT_CUDA(op) static fuzz::Target cpp_target(#op, fuzz::CPP, fuzz_##op, fuzz_##op)

[[noreturn]] inline void fail() {
    std::fflush(stdout);
    std::abort();
}

// An argument of a launch: its type and its place.
struct Value {
    const std::type_info* type;
    const void* place;
};

// Index is long where CUDA's 64-bit integer is long long.
template <typename T>
using Cuda = std::conditional_t<std::is_same_v<T, Index>, long long, T>;

template <typename T>
Value value(const T& number) {
    return {&typeid(Cuda<T>), &number};
}
template <typename T>
Value value(const Block<T>& array) {
    return {&typeid(Cuda<T>*), static_cast<const T*>(array)};
}

struct Grid {
    Index x, y = 1;
};

// Runs the kernel of that precision; the types must be exactly those of its parameters, `const` aside.
void launch(const char* kernel, bool is_double, dim3 grid, dim3 block, refdet_emulator::Schedule schedule,
            const std::vector<Value>& arguments);

template <typename real, typename... Given>
void emulate(const char* kernel, Grid grid, unsigned threads, refdet_emulator::Schedule schedule,
             const Given&... arguments) {
    launch(kernel, std::is_same_v<real, double>, {unsigned(grid.x), unsigned(grid.y), 1}, {threads, 1, 1}, schedule,
           {value(arguments)...});
}

// How many times `width` covers `count`.
inline Index cover(Index count, Index width) { return (count + width - 1) / width; }

// Every bit is the same, but NaN is NaN whatever its payload.
template <typename T>
void agree(const char* what, T expected, T result, Index at = 0) {
    if (std::memcmp(&expected, &result, sizeof(T)) == 0 || (expected != expected && result != result)) return;
    std::printf("DIFFERENT: %s[%lld] is %.17g; the plain form gives %.17g\n", what, (long long)at, double(result),
                double(expected));
    fail();
}
template <typename T>
void agree(const char* what, const Block<T>& expected, const Block<T>& result, Index count) {
    for (Index i = 0; i < count; ++i) agree(what, expected[i], result[i], i);
}
template <typename T>
void agree(const char* what, const Block<T>& expected, const Block<T>& result) {
    agree(what, expected, result, expected.count);
}

}  // namespace fuzz
