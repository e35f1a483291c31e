// Pixels as a graph of eight neighbours, and the numbers of its regions.
#pragma once

#include <cmath>
#include <vector>

#include "cpp_only/segmentation.h"

namespace refdet {

inline float distance(const float* one, const float* other, Index channels) {
    float squares = 0;
    for (Index c = 0; c < channels; ++c) {
        const float difference = one[c] - other[c];
        squares += difference * difference;
    }
    return std::sqrt(squares);
}

// Calls edge(neighbour, first, second, weight) for each edge, pixel after pixel: right, lower left, down, lower right.
template <typename Edge>
void each_edge(const std::vector<float>& image, Picture shape, const Edge& edge) {
    const Index w = shape.width, channels = shape.channels;
    const auto between = [&](int neighbour, Index a, Index b) {
        edge(neighbour, a, b, distance(image.data() + a * channels, image.data() + b * channels, channels));
    };
    for (Index y = 0; y < shape.height; ++y) {
        const bool down = y + 1 < shape.height;
        for (Index x = 0; x < w; ++x) {
            const Index p = y * w + x;
            if (x + 1 < w) between(0, p, p + 1);
            if (down && x > 0) between(1, p, p + w - 1);
            if (down) between(2, p, p + w);
            if (down && x + 1 < w) between(3, p, p + w + 1);
        }
    }
}

// Numbers the regions; each is known by its first pixel, and no pixel's parent comes after it.
template <typename Parent>
void number_regions(Index pixels, const Parent& parent, Index* labels) {
    Index count = 0;
    for (Index p = 0; p < pixels; ++p) labels[p] = parent(p) == p ? count++ : labels[parent(p)];
}

}  // namespace refdet
