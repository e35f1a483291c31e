// Graph-based segmentation. Twin: refdet/proposals/segmentation.py; the fast form: segmentation_fast.cpp.
//
// No CUDA twin: every merge depends on the merges before it, one edge after another; what could run side by side, the
// smoothing and the weights, takes a fifth of the time.
#include "cpp_only/segmentation.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "cpp_only/pixel_graph.h"
#include "cpp_only/smoothing.h"

namespace refdet {

static Index root(std::vector<Index>& parent, Index pixel) {
    while (parent[pixel] != pixel) pixel = parent[pixel] = parent[parent[pixel]];
    return pixel;
}

void graph_segmentation_plain(const float* image, Picture shape, Kernel kernel, double k, Index min_size,
                              Index* labels) {
    // step: smooth
    const std::vector<float> smooth = smoothed(image, shape, kernel);
    // step: edges
    std::vector<Index> first, second;
    std::vector<float> weight;
    each_edge(smooth, shape, [&](int, Index a, Index b, float w) {
        first.push_back(a);
        second.push_back(b);
        weight.push_back(w);
    });
    // step: sort
    std::vector<Index> order(weight.size());
    std::iota(order.begin(), order.end(), Index(0));
    std::stable_sort(order.begin(), order.end(), [&](Index e, Index f) { return weight[e] < weight[f]; });
    // step: merge
    const Index pixels = shape.height * shape.width;
    std::vector<Index> parent(pixels), size(pixels, 1);
    std::vector<double> inner(pixels, 0.0);
    std::iota(parent.begin(), parent.end(), Index(0));
    const auto join = [&](Index a, Index b) {
        parent[std::max(a, b)] = std::min(a, b);
        size[std::min(a, b)] += size[std::max(a, b)];
    };
    for (const Index e : order) {
        const Index a = root(parent, first[e]), b = root(parent, second[e]);
        const double w = weight[e];
        if (a != b && w <= std::min(inner[a] + k / double(size[a]), inner[b] + k / double(size[b]))) {
            join(a, b);
            inner[std::min(a, b)] = w;
        }
    }
    // step: small
    for (const Index e : order) {
        const Index a = root(parent, first[e]), b = root(parent, second[e]);
        if (a != b && std::min(size[a], size[b]) < min_size) join(a, b);
    }
    number_regions(pixels, [&](Index p) { return parent[p]; }, labels);
}

}  // namespace refdet
