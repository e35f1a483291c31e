// An input of a kernel, drawn from the bytes that a fuzzer brings. Where they run out, a fixed sequence goes on, so that
// a few bytes give many boxes. What refdet/checks.py rules out (a negative zero in a box, an unknown switch) is not
// drawn; what a profile may let in, and what another thread may write after the check, is.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "emulator/run.h"
#include "kernels.h"

#ifdef REFDET_MSAN
#include <sanitizer/msan_interface.h>
#endif

namespace fuzz {

using refdet::Index;

// Exactly `count` elements of one allocation, so that a sanitizer sees every step outside; not initialised.
template <typename T>
struct Block {
    Index count;
    std::unique_ptr<T, decltype(&std::free)> memory;
    explicit Block(Index n) : count(n), memory(static_cast<T*>(std::malloc(n * sizeof(T))), &std::free) {}
    Block(Index n, T value) : Block(n) {
        for (Index i = 0; i < n; ++i) memory.get()[i] = value;
    }
    operator T*() const { return memory.get(); }
    Block copy() const {
        Block same(count);
        std::copy_n(memory.get(), count, same.memory.get());
        return same;
    }
};

template <typename T, typename Values>
Block<T> copied(const Values& values) {
    Block<T> block(values.size());
    std::copy(values.begin(), values.end(), +block);
    return block;
}

// For a result: what a kernel leaves unwritten differs from what another one does, and MemorySanitizer knows of it.
template <typename T>
Block<T> unwritten(Index count) {
    static unsigned char junk = 0;
    Block<T> block(count);
    std::memset(block, junk++ % 2 ? 0x5A : 0xA5, count * sizeof(T));
#ifdef REFDET_MSAN
    __msan_poison(block, count * sizeof(T));
#endif
    return block;
}

class Bytes {
public:
    // The first three bytes: where the fixed sequence begins, how far apart the lattice's points lie, how many values
    // are hostile.
    Bytes(const std::uint8_t* data, std::size_t size) : next_(data), end_(data + size) {
        const double steps[] = {1, 0.5, 0.1, 1.0 / 3, 64, 1e-3};
        tail_ = byte();
        step_ = steps[below(6)];
        hostile_ = byte() % 4 * 20;
    }

    unsigned byte() {
        if (next_ != end_) return *next_++;
        tail_ = tail_ * 1664525u + 1013904223u;
        return tail_ >> 24;
    }

    // 0 to limit - 1; at most 256.
    Index below(Index limit) { return byte() % limit; }
    bool flag() { return byte() & 1; }

    // A class: mostly one of two, else one that another type would take for them.
    Index label() {
        const Index wide[] = {-1, Index(1) << 8, Index(1) << 32, (Index(1) << 32) + 1, Index(1) << 62, -(Index(1) << 62)};
        const unsigned kind = byte();
        return kind < 192 ? Index(kind & 1) : wide[kind % (sizeof wide / sizeof *wide)];
    }

    // A point of a small lattice, where edges meet and values tie; now and then a hostile value, or any bits at all.
    template <typename real>
    real number() {
        using limits = std::numeric_limits<real>;
        const real hostile[] = {
            limits::quiet_NaN(),  limits::infinity(),         -limits::infinity(),    limits::max(), limits::lowest(),
            limits::min(),        limits::denorm_min(),       -limits::denorm_min(),  -real(0),      real(0.5),
            real(-0.5),           real(1) + limits::epsilon(), real(1e30),            real(-1e30),   real(2147483648.0),
            real(-2147483649.0),  real(9.3e18),               real(16777217),         real(0.1),     real(1073741824.5),
        };
        const unsigned kind = byte();
        if (kind >= 256 - hostile_ / 4) return bits<real>();
        if (kind >= 256 - hostile_) return hostile[kind % (sizeof hostile / sizeof *hostile)];
        return real(static_cast<int>(kind % 20) - 4) * real(step_);
    }

    template <typename real>
    Block<real> numbers(Index count) {
        Block<real> drawn = unshown<real>(count);
        show("numbers", drawn);
        return drawn;
    }

    // In every second input all corners are in order, but for hostile ones.
    template <typename real>
    Block<real> boxes(Index count) {
        const bool ordered = flag();
        Block<real> drawn = unshown<real>(4 * count);
        for (Index i = 0; i < 4 * count; ++i) {
            drawn[i] += real(0);  // no negative zero
            if (ordered && i % 4 > 1 && drawn[i] < drawn[i - 2]) std::swap(drawn[i], drawn[i - 2]);
        }
        show("boxes", drawn);
        return drawn;
    }

    // RoIs that mostly name one of the images; some name none.
    template <typename real>
    Block<real> rois(Index count, Index images) {
        Block<real> drawn = unshown<real>(5 * count);
        for (Index k = 0; k < count; ++k) {
            const Index image = below(16);
            if (images > 0 && image < 14) drawn[5 * k] = real(image % images);
        }
        show("rois", drawn);
        return drawn;
    }

    // Few channels and cells: with 33, the fast forms have a block of them that is not full.
    refdet::Map map() {
        const Index channels[] = {0, 1, 2, 3, 8, 17, 33, 40};
        const refdet::Map map = {below(3), channels[below(8)], below(9), below(9)};
        show("images, channels, height, width",
             {double(map.images), double(map.channels), double(map.height), double(map.width)});
        return map;
    }

    refdet::Grid grid() {
        const refdet::Grid grid = {1 + below(5), 1 + below(5)};
        show("rows, columns", {double(grid.rows), double(grid.columns)});
        return grid;
    }

    refdet::Sampling sampling() {
        const Index most = 1 + below(5);
        const refdet::Sampling rule = {int(below(2)), std::min(below(4), most), most};
        show("aligned, ratio, most", {double(rule.aligned), double(rule.ratio), double(rule.most)});
        return rule;
    }

    // Of a feature map to its image: mostly one of the usual.
    template <typename real>
    real scale() {
        const Index step = 1 + below(16);
        const real scale = flag() ? real(1) / real(step) : number<real>();
        show("scale", {double(scale)});
        return scale;
    }

    // Whole numbers, mostly below the limit, as argmax or the indices of images are.
    Block<Index> places(Index count, Index limit) {
        const Index hostile[] = {-1, -2, limit, limit + 1, INT64_MIN, INT64_MAX, Index(1) << 40, -(Index(1) << 40)};
        Block<Index> drawn(count);
        for (Index i = 0; i < count; ++i) {
            const unsigned kind = byte();
            drawn[i] = limit > 0 && kind < 240 ? Index(kind) % limit : hostile[kind % 8];
        }
        show("places", drawn);
        return drawn;
    }

    refdet::OverlapRule overlap() {
        const refdet::OverlapRule rule = {int(below(2)), int(below(3)), int(below(4)), eps()};
        show("plus_one, inverted, division, union_eps",
             {double(rule.plus_one), double(rule.inverted), double(rule.division), rule.union_eps});
        return rule;
    }

    refdet::PenaltyRule penalty() {
        const double betas[] = {1, 0.6, 2}, gates[] = {-INFINITY, 0, 0.5};
        const refdet::PenaltyRule rule = {eps(), eps(), eps(), betas[below(3)], gates[below(3)]};
        show("giou_eps, diou_eps, ciou_eps, beta, alpha_gate",
             {rule.giou_eps, rule.diou_eps, rule.ciou_eps, rule.beta, rule.alpha_gate});
        return rule;
    }

    refdet::SuppressionRule suppression() {
        const refdet::SuppressionRule rule = {threshold(), int(below(2)), int(below(2))};
        show("threshold, inclusive, ties_last", {rule.threshold, double(rule.inclusive), double(rule.ties_last)});
        return rule;
    }

    // How many boxes: mostly few, for many are slow.
    Index boxes_of_suppression() {
        const Index some = below(200);
        return some < 150 ? some % 30 : some;
    }

    // From 0 to 1; some of them are IoUs of the lattice, and the numbers beside them.
    double threshold() {
        const unsigned kind = byte();
        const double part = double(below(13)) / 12;
        if (kind < 128) return part;
        if (kind < 160) return double(float(part));
        if (kind < 192) return beside(part, kind & 1);
        if (kind < 224) return double(beside(float(part), kind & 1));
        const double any = std::fabs(bits<double>());
        return any <= 1 ? any : 0.5;
    }

    // Of a launch: whole warps, and the order of the threads.
    unsigned threads() { return 32u << below(3); }
    refdet_emulator::Schedule schedule() {
        using refdet_emulator::Schedule;
        const auto order = static_cast<Schedule::Order>(below(3));
        return {order, byte()};
    }

    // What was drawn, if --replay asks for it, so that a test can be made of it.
    static void show(const char* what, const std::vector<double>& values) {
        static const bool wanted = std::getenv("REFDET_FUZZ_SHOW");
        if (!wanted) return;
        std::printf("%s:", what);
        for (double value : values) std::printf(" %.17g", value);
        std::printf("\n");
    }

private:
    template <typename real>
    Block<real> unshown(Index count) {
        Block<real> drawn(count);
        for (Index i = 0; i < count; ++i) drawn[i] = number<real>();
        return drawn;
    }

    template <typename T>
    static void show(const char* what, const Block<T>& drawn) {
        show(what, std::vector<double>(+drawn, drawn + drawn.count));
    }

    template <typename real>
    real bits() {
        real any;
        unsigned char parts[sizeof(real)];
        for (unsigned char& part : parts) part = static_cast<unsigned char>(byte());
        std::memcpy(&any, parts, sizeof any);
        return any;
    }

    // What the profiles add to a denominator, or keep it above.
    double eps() {
        const double values[] = {0, 1e-7, 1e-6, 1};
        return values[below(4)];
    }

    // The next number up or down, within [0, 1].
    template <typename real>
    static real beside(real value, bool up) {
        return std::nextafter(value, real(up));
    }

    const std::uint8_t *next_, *end_;
    std::uint32_t tail_ = 1;
    double step_;
    unsigned hostile_;
};

}  // namespace fuzz
