// The planted kernel in the emulator without Python, one program for every sanitizer:
//     alone BUG ORDER [hostile]    with bug number BUG; exit 1 if a result is wrong
// ORDER: 0 forward, 1 reverse, 2 shuffled. A broken barrier prints its error and exits with 2.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>

#include "emulator/run.h"
#include "planted.cu"

using refdet_emulator::run;
using refdet_emulator::Schedule;

namespace {

// Exactly `count` elements, not initialised, so that a sanitizer sees every step outside.
template <typename T>
struct Block {
    std::unique_ptr<T, decltype(&std::free)> memory;
    size_t count;
    explicit Block(size_t n) : memory(static_cast<T*>(std::malloc(n * sizeof(T))), &std::free), count(n) {}
    operator T*() { return memory.get(); }
};

const float HOSTILE[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 2147483648.0f, -1.0f, 1e-45f};

unsigned state = 1;

unsigned below(unsigned limit) {
    state = state * 1664525u + 1013904223u;
    return (state >> 16) % limit;
}

int run_planted(int bug, Schedule schedule, bool hostile) {
    for (long long n : {10, 64, 100, 200}) {
        Block<float> values(n), addresses(n), out(n);
        float sum = 0;
        for (long long i = 0; i < n; ++i) {
            values[i] = float(below(100));
            addresses[i] = hostile ? HOSTILE[i % 8] : float(below(unsigned(n)));
            sum += values[i];
        }
        const unsigned blocks = unsigned((n + 63) / 64);
        run({blocks, 1, 1}, {64, 1, 1}, schedule, [&] { planted(values, addresses, n, bug, out); });
        for (long long i = 0; i < n; ++i) {
            const float address = addresses[i];
            const float added = address >= 0 && address < n ? values[(long long)address] : 0;
            if (out[i] != sum + added) return std::printf("wrong result\n"), 1;
        }
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    const Schedule schedule = {Schedule::Order(std::atoi(arguments[2])), 5};
    try {
        return run_planted(std::atoi(arguments[1]), schedule, count > 3);
    } catch (const std::exception& error) {
        std::printf("%s\n", error.what());
        return 2;
    }
}
