// What differs from machine to machine: instruction sets and threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

// REFDET_CLONES before a function compiles it once for each instruction set; the machine's best one runs. It needs
// ifunc, hence glibc, and chooses before ThreadSanitizer is ready, which crashes.
// -DREFDET_ISA='"sse2"' (or "avx2", "avx512f") compiles that one alone, for tests.
#if defined(REFDET_ISA)
#define REFDET_CLONES __attribute__((target(REFDET_ISA)))
#elif defined(__linux__) && defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_THREAD__)
#define REFDET_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#define REFDET_DISPATCHES
#else
#define REFDET_CLONES
#endif

// A clone does not clone what it calls: the body of a cloned function must be inlined into it.
#if defined(_MSC_VER)
#define REFDET_INLINE __forceinline
#else
#define REFDET_INLINE inline __attribute__((always_inline))
#endif

namespace refdet {

// The instruction set that the cloned functions run with.
inline const char* isa() {
#if defined(REFDET_ISA)
    return REFDET_ISA;
#elif defined(REFDET_DISPATCHES)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") ? "avx512f" : __builtin_cpu_supports("avx2") ? "avx2" : "baseline";
#else
    return "baseline";
#endif
}

// Calls range(begin, end) on consecutive parts of [0, count), one thread each, and waits. `work` counts steps of about
// a nanosecond: below LEAST_WORK of them a thread costs more than it saves. What a part throws is thrown again.
template <typename Range>
void in_threads(std::int64_t count, std::int64_t work, int threads, const Range& range) {
    const std::int64_t LEAST_WORK = 1 << 19;
    const std::int64_t parts = std::max<std::int64_t>(1, std::min({std::int64_t(threads), count, work / LEAST_WORK}));
    std::vector<std::exception_ptr> errors(parts);
    auto part = [&](std::int64_t i) {
        try {
            range(i * count / parts, (i + 1) * count / parts);
        } catch (...) {
            errors[i] = std::current_exception();
        }
    };
    std::vector<std::thread> running;
    running.reserve(parts);
    for (std::int64_t i = 1; i < parts; ++i) {
        try {
            running.emplace_back(part, i);
        } catch (const std::system_error&) {  // no more threads to be had
            part(i);
        }
    }
    part(0);
    for (auto& thread : running) thread.join();
    for (const auto& error : errors) {
        if (error) std::rethrow_exception(error);
    }
}

}  // namespace refdet
