// The threads of a block as OS threads, for ThreadSanitizer; built with -DREFDET_EMULATOR_THREADS.
#ifdef REFDET_EMULATOR_THREADS
#include "emulator/run.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace refdet_emulator {
namespace {

// Thrown in the threads that wait when another one has found an error.
struct Cancelled {};

struct Meeting {
    std::mutex mutex;
    std::condition_variable changed;
    size_t arrived = 0, round = 0, first = 0;
    Place place = {nullptr, 0};
};

// Two in turn: at a single one a late waker would take the lock after an early runner has already come back to it, and
// ThreadSanitizer would read that as an order between their work.
Meeting meetings[2];
size_t block_size;
// Relaxed, for the same reason: a thread that ends must not seem to synchronise with the others.
std::atomic<size_t> ended, last_ended;
std::atomic<bool> failed;
thread_local size_t rounds, thread_number;

// Throws if the others cannot come any more.
void look_around(Meeting& meeting) {
    if (failed.load(std::memory_order_relaxed)) throw Cancelled();
    const size_t gone = ended.load(std::memory_order_relaxed);
    if (gone > 0 && meeting.arrived + gone == block_size)
        diverged(meeting.first, meeting.place, last_ended.load(std::memory_order_relaxed), {nullptr, 0});
}

}  // namespace

void barrier(const char* file, int line) {
    Meeting& meeting = meetings[rounds++ % 2];
    const Place place = {file, line};
    std::unique_lock<std::mutex> lock(meeting.mutex);
    if (meeting.arrived == 0) {
        meeting.place = place;
        meeting.first = thread_number;
    } else if (!same(meeting.place, place)) {
        diverged(meeting.first, meeting.place, thread_number, place);
    }
    const size_t round = meeting.round;
    if (++meeting.arrived == block_size) {
        meeting.arrived = 0;
        ++meeting.round;
        meeting.changed.notify_all();
    }
    while (meeting.round == round) {
        meeting.changed.wait_for(lock, std::chrono::milliseconds(20));
        if (meeting.round == round) look_around(meeting);
    }
}

void run_block(dim3 block, Shuffler& shuffler, const std::function<void()>& kernel) {
    const dim3 grid = gridDim, index = blockIdx;
    block_size = (size_t)block.x * block.y * block.z;
    ended = 0;
    failed = false;
    for (Meeting& meeting : meetings) meeting.arrived = 0;
    std::exception_ptr error;
    std::mutex error_mutex;
    std::vector<std::thread> threads;
    for (size_t t : shuffler.order(block_size)) {
        threads.emplace_back([&, t] {
            gridDim = grid, blockIdx = index, blockDim = block;
            threadIdx = {unsigned(t % block.x), unsigned(t / block.x % block.y), unsigned(t / block.x / block.y)};
            thread_number = t;
            rounds = 0;
            try {
                kernel();
                last_ended.store(t, std::memory_order_relaxed);
                ended.fetch_add(1, std::memory_order_relaxed);
            } catch (const Cancelled&) {
            } catch (...) {
                const std::lock_guard<std::mutex> lock(error_mutex);
                if (!failed.exchange(true)) error = std::current_exception();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    if (error) std::rethrow_exception(error);
}

}  // namespace refdet_emulator
#endif
