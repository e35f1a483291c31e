// Runs a CUDA grid on the CPU: the blocks one by one, the threads of a block in an order that the caller chooses.
//
// Each thread runs as far as it can, to its next barrier or its end, before any other moves: the harshest schedule
// that CUDA allows, so that a missing barrier gives a wrong result in one of the orders, every time.
#pragma once

#include <functional>
#include <vector>

#include "emulator/cuda.h"

#ifdef __has_feature  // clang's way to say which sanitizer is on; g++ says it by macros
#if __has_feature(address_sanitizer)
#define REFDET_ASAN
#endif
#if __has_feature(memory_sanitizer)
#define REFDET_MSAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define REFDET_ASAN
#endif

namespace refdet_emulator {

struct Schedule {
    enum Order { FORWARD, REVERSE, SHUFFLE } order;
    unsigned long long seed;
};

// std::runtime_error with both source lines if the threads of a block do not meet at one barrier. Before each block
// every byte of shared memory is set to 0xFF: NaN as a real, -1 as an integer.
void run(dim3 grid, dim3 block, Schedule schedule, const std::function<void()>& kernel);

// A permutation of 0..count-1, a new one at each call where the schedule is SHUFFLE.
class Shuffler {
public:
    explicit Shuffler(Schedule schedule) : schedule_(schedule), state_(schedule.seed) {}
    std::vector<size_t> order(size_t count);

private:
    unsigned long long next();
    Schedule schedule_;
    unsigned long long state_;
};

// The threads of one block, as fibers (fibers.cpp) or as OS threads (threads.cpp).
void run_block(dim3 block, Shuffler& shuffler, const std::function<void()>& kernel);

// Where a thread of a block stands: at a barrier, or, without a file, at its end.
struct Place {
    const char* file;
    int line;
};

bool same(Place one, Place two);

// Throws the error of two threads that should stand at one barrier.
[[noreturn]] void diverged(size_t thread, Place place, size_t other, Place other_place);

}  // namespace refdet_emulator
