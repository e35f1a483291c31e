// Kernels in the emulator without Python, one program for every sanitizer:
//     alone planted BUG ORDER [hostile]    the planted kernel with bug number BUG; exit 1 if a result is wrong
//     alone shipped ORDER                  refdet's own kernels, on plain and hostile values; prints a checksum
// ORDER: 0 forward, 1 reverse, 2 shuffled. A broken barrier prints its error and exits with 2.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>

#include "emulator/run.h"
#include "planted.cu"
#undef TILE
#define real_t float
#include "box_iou.cu"
#include "nms.cu"
#include "roi_pool.cu"

using refdet_emulator::run;
using refdet_emulator::Schedule;

namespace {

// Exactly `count` elements, not initialised, so that a sanitizer sees every step outside.
template <typename T>
struct Block {
    std::unique_ptr<T, decltype(&std::free)> memory;
    size_t count;
    explicit Block(size_t n) : memory(static_cast<T*>(std::malloc(n * sizeof(T))), &std::free), count(n) {}
    Block(size_t n, T value) : Block(n) {
        for (size_t i = 0; i < n; ++i) memory.get()[i] = value;
    }
    operator T*() { return memory.get(); }
};

const float HOSTILE[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 2147483648.0f, -1.0f, 1e-45f};

unsigned state = 1;

unsigned below(unsigned limit) {
    state = state * 1664525u + 1013904223u;
    return (state >> 16) % limit;
}

unsigned long long checksum = 14695981039346656037ull;  // FNV-1a

template <typename T>
void note(Block<T>& block, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        T value = block[i];
        if (value != value) value = T(-7);  // NaN has many bit patterns
        unsigned char bytes[sizeof(T)];
        std::memcpy(bytes, &value, sizeof(T));
        for (unsigned char byte : bytes) checksum = (checksum ^ byte) * 1099511628211ull;
    }
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

void run_nms(long long n, Schedule schedule, bool hostile) {
    const long long words = (n + 63) / 64;
    Block<float> boxes(4 * n), iou(n * n);
    Block<long long> order(n), keep(n), kept(1), keep_plain(n), kept_plain(1);
    Block<unsigned long long> mask(n * words), removed(words, 0);
    Block<unsigned char> alive(n, 1);
    Block<long long> classes(n);
    Block<float> moved(4 * n), offset(1, 33.0f);
    for (long long i = 0; i < n; ++i) {
        order[i] = n - 1 - i;
        classes[i] = hostile ? (long long)(below(3) * 0x7fffffffffffffffull) : below(3);
        for (int side = 0; side < 4; ++side) boxes[4 * i + side] = float(below(20) + (side > 1 ? 6 : 0));
        if (hostile) boxes[4 * i + below(4)] = HOSTILE[below(8)];
    }
    run({unsigned(n + 31) / 32, 3, 1}, {32, 1, 1}, schedule, [&] { box_iou(boxes, boxes, n, n, 0, 0, 0, iou); });
    note(iou, n * n);
    run({1, 1, 1}, {32, 1, 1}, schedule,
        [&] { nms_plain(boxes, order, n, classes, 0, 1, 1, 0, 0.3, alive, keep_plain, kept_plain); });
    note(keep_plain, kept_plain[0]);
    run({unsigned(words), unsigned(words), 1}, {64, 1, 1}, schedule,
        [&] { nms_mask(boxes, order, n, classes, 0, 1, 1, 0, 0.3, mask); });
    run({1, 1, 1}, {96, 1, 1}, schedule, [&] { nms_reduce(mask, order, n, removed, keep, kept); });
    note(keep, kept[0]);
    run({unsigned(4 * n + 63) / 64, 1, 1}, {64, 1, 1}, schedule, [&] { nms_shift(boxes, classes, 4 * n, offset, moved); });
    note(moved, 4 * n);
}

void run_roi_pool(int float_edges, Schedule schedule, bool hostile) {
    const long long images = 2, channels = 3, height = 5, width = 7, count = 9, bins = 6;
    Block<float> input(images * channels * height * width), rois(5 * count);
    Block<float> pooled(count * channels * bins), back(images * channels * height * width, 0);
    Block<long long> argmax(count * channels * bins), roi_images(count);
    for (size_t i = 0; i < input.count; ++i) input[i] = hostile && below(4) == 0 ? HOSTILE[below(8)] : float(below(9));
    for (long long k = 0; k < count; ++k) {
        roi_images[k] = k % images;
        rois[5 * k] = float(k % images);
        for (int side = 1; side < 5; ++side) rois[5 * k + side] = float(below(24)) - 8;
        if (hostile) rois[5 * k + below(5)] = HOSTILE[below(8)];
    }
    run({2, 1, 1}, {128, 1, 1}, schedule, [&] {
        roi_pool(input, rois, images, channels, height, width, count, 2, 3, 0.5f, float_edges, -INFINITY, pooled, argmax);
    });
    note(pooled, pooled.count);
    note(argmax, argmax.count);
    if (hostile) argmax[0] = 1LL << 40, argmax[1] = -(1LL << 40), roi_images[3] = 99;
    run({1, 1, 1}, {32, 1, 1}, schedule, [&] {
        roi_pool_backward(pooled, argmax, roi_images, images, channels, height * width, count, bins, back);
    });
    note(back, back.count);
}

}  // namespace

int main(int count, char** arguments) {
    const bool is_planted = count > 1 && std::strcmp(arguments[1], "planted") == 0;
    const Schedule schedule = {Schedule::Order(std::atoi(arguments[is_planted ? 3 : 2])), 5};
    try {
        if (is_planted) return run_planted(std::atoi(arguments[2]), schedule, count > 4);
        for (bool hostile : {false, true}) {
            for (long long n : {1, 70, 130}) run_nms(n, schedule, hostile);
            for (int float_edges : {0, 1}) run_roi_pool(float_edges, schedule, hostile);
        }
    } catch (const std::exception& error) {
        std::printf("%s\n", error.what());
        return 2;
    }
    std::printf("%016llx\n", checksum);
    return 0;
}
