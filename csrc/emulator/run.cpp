// What both kinds of thread share: the order of blocks and threads, the poison, the error of a broken barrier.
#include "emulator/run.h"

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>

#ifdef REFDET_MSAN
#include <sanitizer/msan_interface.h>
#endif

// The linker gives a section whose name is an identifier these two symbols.
extern "C" __attribute__((weak)) char __start_refdet_shared[], __stop_refdet_shared[];

__thread dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace refdet_emulator {
namespace {

__attribute__((no_sanitize_address)) void poison_shared_memory() {
    if (!__start_refdet_shared) return;
    // Byte by byte: AddressSanitizer watches memset, and may keep red zones between the variables.
    for (volatile char* byte = __start_refdet_shared; byte != __stop_refdet_shared; ++byte) *byte = char(0xFF);
#ifdef REFDET_MSAN
    __msan_poison(__start_refdet_shared, __stop_refdet_shared - __start_refdet_shared);
#endif
}

void describe(char* text, size_t size, size_t thread, Place place) {
    if (place.file)
        std::snprintf(text, size, "thread %zu waits at %s:%d", thread, place.file, place.line);
    else
        std::snprintf(text, size, "thread %zu has ended", thread);
}

}  // namespace

unsigned long long Shuffler::next() {  // splitmix64
    unsigned long long z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

std::vector<size_t> Shuffler::order(size_t count) {
    std::vector<size_t> order(count);
    for (size_t i = 0; i < count; ++i) order[i] = schedule_.order == Schedule::REVERSE ? count - 1 - i : i;
    if (schedule_.order == Schedule::SHUFFLE)
        for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[next() % i]);
    return order;
}

bool same(Place one, Place two) {
    if (!one.file || !two.file) return one.file == two.file;
    return one.line == two.line && std::strcmp(one.file, two.file) == 0;
}

void diverged(size_t thread, Place place, size_t other, Place other_place) {
    char one[512], two[512], text[1200];
    describe(one, sizeof one, thread, place);
    describe(two, sizeof two, other, other_place);
    std::snprintf(text, sizeof text, "block (%u, %u, %u): %s but %s; wanted all threads of the block at one barrier",
                  blockIdx.x, blockIdx.y, blockIdx.z, one, two);
    throw std::runtime_error(text);
}

void run(dim3 grid, dim3 block, Schedule schedule, const std::function<void()>& kernel) {
    Shuffler shuffler(schedule);
    gridDim = grid;
    blockDim = block;
    for (size_t b : shuffler.order((size_t)grid.x * grid.y * grid.z)) {
        blockIdx = {unsigned(b % grid.x), unsigned(b / grid.x % grid.y), unsigned(b / grid.x / grid.y)};
        poison_shared_memory();
        run_block(block, shuffler, kernel);
    }
}

}  // namespace refdet_emulator
