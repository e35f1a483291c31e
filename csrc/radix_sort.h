// Orders boxes by score or by class without comparing them.
#pragma once

#include <array>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "kernels.h"

namespace refdet {

struct Entry {
    std::uint64_t key;
    Index index;
};

// The smaller, the better the score: NaN, +inf, ..., -inf. Adding zero makes -0.0 the 0.0 that it equals.
inline std::uint64_t score_key(double score) {
    const std::uint64_t sign = std::uint64_t(1) << 63;
    std::uint64_t bits;
    score += 0.0;
    std::memcpy(&bits, &score, sizeof bits);
    return std::isnan(score) ? 0 : bits & sign ? bits : ~(bits | sign);
}

// Smallest key first, stably. Each pass sorts by one byte and keeps the order of the passes before it; a byte that all
// keys share costs no pass, and scores that were float32 share three.
inline void radix_sort(std::vector<Entry>& entries) {
    const std::size_t n = entries.size();
    std::array<std::array<std::size_t, 256>, 8> counts{};
    for (const Entry& entry : entries) {
        for (int byte = 0; byte < 8; ++byte) ++counts[byte][entry.key >> 8 * byte & 255];
    }
    std::vector<Entry> sorted(n);
    for (int byte = 0; n > 0 && byte < 8; ++byte) {
        auto& place = counts[byte];
        if (place[entries[0].key >> 8 * byte & 255] == n) continue;
        std::size_t begin = 0;
        for (std::size_t& count : place) begin += std::exchange(count, begin);
        for (const Entry& entry : entries) sorted[place[entry.key >> 8 * byte & 255]++] = entry;
        entries.swap(sorted);
    }
}

inline std::vector<Index> indices(const std::vector<Entry>& entries) {
    std::vector<Index> order;
    order.reserve(entries.size());
    for (const Entry& entry : entries) order.push_back(entry.index);
    return order;
}

}  // namespace refdet
