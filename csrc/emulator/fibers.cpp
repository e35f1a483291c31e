// The threads of a block as fibers (ucontext) on one OS thread: deterministic, and a block of 1024 costs no more than
// 1024 stacks. Under AddressSanitizer each switch is announced, for it keeps a shadow of every stack.
#ifndef REFDET_EMULATOR_THREADS
#include "emulator/run.h"

#include <ucontext.h>

#include <memory>

#ifdef REFDET_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace refdet_emulator {
namespace {

const size_t STACK_BYTES = 64 * 1024;

struct Stack {
    const void* bottom;
    size_t size;
};

struct Fiber {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    Place place;
};

ucontext_t scheduler;
Stack scheduler_stack;
Fiber* running;
const std::function<void()>* body;
// Kept from launch to launch: the stacks stay reachable, and need no new pages.
std::vector<std::unique_ptr<Fiber>> fibers;

// Goes on with `to`, whose stack is given; comes back when someone switches to `from`. A fiber that will not come back
// has no fake stack to save.
void switch_context(ucontext_t* from, ucontext_t* to, Stack stack, bool comes_back) {
#ifdef REFDET_ASAN
    void* fake_stack = nullptr;
    __sanitizer_start_switch_fiber(comes_back ? &fake_stack : nullptr, stack.bottom, stack.size);
    swapcontext(from, to);
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#else
    (void)stack, (void)comes_back;
    swapcontext(from, to);
#endif
}

void run_fiber() {
#ifdef REFDET_ASAN
    __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack.bottom, &scheduler_stack.size);
#endif
    (*body)();
    running->place = {nullptr, 0};
    switch_context(&running->context, &scheduler, scheduler_stack, false);
}

void prepare(size_t count) {
    while (fibers.size() < count) {
        fibers.push_back(std::make_unique<Fiber>());
        fibers.back()->stack = std::make_unique<char[]>(STACK_BYTES);
    }
    for (size_t t = 0; t < count; ++t) {
        Fiber& fiber = *fibers[t];
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = STACK_BYTES;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, run_fiber, 0);
    }
}

// True while some thread waits at a barrier; all must wait at the same one.
bool all_met(size_t count) {
    for (size_t t = 1; t < count; ++t) {
        if (!same(fibers[0]->place, fibers[t]->place)) diverged(0, fibers[0]->place, t, fibers[t]->place);
    }
    return fibers[0]->place.file != nullptr;
}

}  // namespace

void run_block(dim3 block, Shuffler& shuffler, const std::function<void()>& kernel) {
    const size_t count = (size_t)block.x * block.y * block.z;
    body = &kernel;
    prepare(count);
    do {
        for (size_t t : shuffler.order(count)) {
            running = fibers[t].get();
            threadIdx = {unsigned(t % block.x), unsigned(t / block.x % block.y), unsigned(t / block.x / block.y)};
            switch_context(&scheduler, &running->context, {running->stack.get(), STACK_BYTES}, true);
        }
    } while (all_met(count));
}

void barrier(const char* file, int line) {
    Fiber& fiber = *running;
    fiber.place = {file, line};
    switch_context(&fiber.context, &scheduler, scheduler_stack, true);
}

}  // namespace refdet_emulator
#endif
