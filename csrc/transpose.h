// Turns channels-first arrays into channels-last ones and back.
#pragma once

#include <algorithm>

#include "kernels.h"

namespace refdet {

// (rows, columns) becomes (columns, rows), in squares that stay in the first-level cache.
template <typename T>
void transpose(const T* from, Index rows, Index columns, T* to) {
    const Index SIDE = 32;
    for (Index r = 0; r < rows; r += SIDE) {
        for (Index c = 0; c < columns; c += SIDE) {
            for (Index j = c; j < std::min(columns, c + SIDE); ++j) {
                for (Index i = r; i < std::min(rows, r + SIDE); ++i) to[j * rows + i] = from[i * columns + j];
            }
        }
    }
}

}  // namespace refdet
