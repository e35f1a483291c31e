// The fast form of graph-based segmentation. An edge is one word: above, the bits of its weight, which sort as the weight
// does since it is not negative; below, its first pixel and which neighbour. Three passes over 11 bits sort the upper
// half, and keep the order of equal ones. A region has its limit Int + k / size at hand, beside its parent and its size.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "cpp_only/pixel_graph.h"
#include "cpp_only/segmentation.h"
#include "cpp_only/smoothing.h"

namespace refdet {

using Word = std::uint64_t;

static void sort_by_weight(std::vector<Word>& words) {
    const int BITS = 11, PASSES = 3;
    std::array<std::array<std::size_t, 1 << BITS>, PASSES> places{};
    const auto digit = [&](Word word, int pass) { return word >> (32 + BITS * pass) & ((1 << BITS) - 1); };
    for (const Word word : words) {
        for (int pass = 0; pass < PASSES; ++pass) ++places[pass][digit(word, pass)];
    }
    std::vector<Word> sorted(words.size());
    for (int pass = 0; pass < PASSES; ++pass) {
        std::size_t begin = 0;
        for (std::size_t& count : places[pass]) begin += std::exchange(count, begin);
        for (const Word word : words) sorted[places[pass][digit(word, pass)]++] = word;
        words.swap(sorted);
    }
}

struct Region {
    double limit;
    std::int32_t parent, size;
};

static std::int32_t root(std::vector<Region>& regions, std::int32_t pixel) {
    while (regions[pixel].parent != pixel) {
        pixel = regions[pixel].parent = regions[regions[pixel].parent].parent;
    }
    return pixel;
}

void graph_segmentation(const float* image, Picture shape, Kernel kernel, double k, Index min_size, Index* labels) {
    const Index pixels = shape.height * shape.width, neighbours[] = {1, shape.width - 1, shape.width, shape.width + 1};
    if (pixels >= Index(1) << 30) return graph_segmentation_plain(image, shape, kernel, k, min_size, labels);
    std::vector<Word> words;
    words.reserve(4 * pixels);
    each_edge(smoothed(image, shape, kernel), shape, [&](int neighbour, Index a, Index, float w) {
        std::uint32_t bits;
        std::memcpy(&bits, &w, sizeof bits);
        words.push_back(Word(bits) << 32 | Word(4 * a + neighbour));
    });
    sort_by_weight(words);
    std::vector<Region> regions(pixels);
    for (Index p = 0; p < pixels; ++p) regions[p] = {k, std::int32_t(p), 1};
    const auto join_all = [&](const auto& joins, const auto& limit) {
        for (const Word word : words) {
            const Index first = (word & 0xFFFFFFFF) >> 2;
            std::int32_t a = root(regions, std::int32_t(first));
            std::int32_t b = root(regions, std::int32_t(first + neighbours[word & 3]));
            if (a == b || !joins(regions[a], regions[b], word)) continue;
            if (a > b) std::swap(a, b);
            regions[b].parent = a;
            regions[a].size += regions[b].size;
            regions[a].limit = limit(regions[a], word);
        }
    };
    const auto weight = [](Word word) {
        const std::uint32_t bits = std::uint32_t(word >> 32);
        float w;
        std::memcpy(&w, &bits, sizeof w);
        return double(w);
    };
    join_all([&](const Region& a, const Region& b, Word word) { return weight(word) <= std::min(a.limit, b.limit); },
             [&](const Region& a, Word word) { return weight(word) + k / double(a.size); });
    join_all([&](const Region& a, const Region& b, Word) { return std::min(a.size, b.size) < min_size; },
             [](const Region& a, Word) { return a.limit; });
    number_regions(pixels, [&](Index p) { return Index(regions[p].parent); }, labels);
}

}  // namespace refdet
