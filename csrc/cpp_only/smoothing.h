// A Gaussian over an image: the order of operations is that of refdet/proposals/gaussian.py.
#pragma once

#include <algorithm>
#include <vector>

#include "cpp_only/segmentation.h"
#include "machine.h"

namespace refdet {

// total = weight * (before + behind), or that much more.
REFDET_CLONES static void add_weighted(const float* before, const float* behind, float weight, Index count, float* total) {
    for (Index i = 0; i < count; ++i) total[i] += weight * (before[i] + behind[i]);
}

// One line of `length` places, each of `stride` floats that do not mix; `padded` has room for the border on both sides.
inline void smooth_line(const float* line, Index length, Index stride, Kernel kernel, std::vector<float>& padded,
                        float* result) {
    const Index reach = kernel.count - 1;
    for (Index place = -reach; place < length + reach; ++place) {
        const Index inside = std::min(std::max(place, Index(0)), length - 1);
        std::copy_n(line + inside * stride, stride, padded.data() + (place + reach) * stride);
    }
    const float* middle = padded.data() + reach * stride;
    for (Index i = 0; i < length * stride; ++i) result[i] = kernel.weights[0] * middle[i];
    for (Index d = 1; d < kernel.count; ++d) {
        add_weighted(middle - d * stride, middle + d * stride, kernel.weights[d], length * stride, result);
    }
}

// Along the rows first, and then along the columns.
inline std::vector<float> smoothed(const float* image, Picture shape, Kernel kernel) {
    const Index row = shape.width * shape.channels, reach = kernel.count - 1;
    std::vector<float> across(shape.height * row), result(across.size());
    std::vector<float> padded((shape.width + 2 * reach) * shape.channels);
    for (Index y = 0; y < shape.height; ++y) {
        smooth_line(image + y * row, shape.width, shape.channels, kernel, padded, across.data() + y * row);
    }
    padded.resize((shape.height + 2 * reach) * row);
    smooth_line(across.data(), shape.height, row, kernel, padded, result.data());
    return result;
}

}  // namespace refdet
