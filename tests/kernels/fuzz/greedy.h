// The emulated forms of greedy suppression: one kernel in one block, or that of a mask and "nms_reduce".
#pragma once

#include <algorithm>

#include "by_score.h"
#include "target.h"

namespace fuzz {

// Compares the boxes that they keep with the plain form's. The numbers of `rule` follow the number of boxes.
template <typename real, typename... Rule>
void agree_greedy(Bytes& bytes, const char* in_one_block, const char* by_mask, const Block<real>& boxes, const Block<Index>& order,
                  const Block<Index>& expected, Index kept, const Rule&... rule) {
    const Index n = order.count, words = cover(n, 64);
    const unsigned threads = bytes.threads();
    const auto schedule = bytes.schedule();
    const Block<Index> keep = unwritten<Index>(n), number = unwritten<Index>(1);
    if (bytes.flag()) {
        emulate<real>(in_one_block, {1}, threads, schedule, boxes, order, n, rule...,
                      Block<unsigned char>(n, 1), keep, number);
    } else {
        const auto mask = unwritten<unsigned long long>(n * words);
        emulate<real>(by_mask, {words, words}, 64, schedule, boxes, order, n, rule..., mask);
        emulate<real>("nms_reduce", {1}, std::max(64u, threads), schedule, mask, order, n,
                      Block<unsigned long long>(words, 0), keep, number);
    }
    agree("kept", kept, number[0]);
    agree("keep", expected, keep, kept);
}

}  // namespace fuzz
