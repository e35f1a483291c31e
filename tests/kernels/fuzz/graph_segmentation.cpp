#include "cpp_only/segmentation.h"

#include "target.h"

using namespace fuzz;

// Few levels, so that edges weigh the same and their order decides; now and then any pixel up to the largest allowed.
static Block<float> pixels(Bytes& bytes, Index count) {
    const float steps[] = {1, 0.1f, 60, 1e18f};
    const float step = steps[bytes.below(4)];
    const Index levels = 1 + bytes.below(5);
    Block<float> image(count);
    for (Index i = 0; i < count; ++i) image[i] = float(bytes.below(levels)) * step;
    return image;
}

static void fuzz_graph_segmentation(Bytes& bytes, Side) {
    const refdet::Picture shape = {1 + bytes.below(12), 1 + bytes.below(12), 1 + bytes.below(4)};
    const double scales[] = {0, 0.1, 1, 7, 300, 1e30};
    const double k = scales[bytes.below(6)];
    const Index small = bytes.below(12), min_size = small == 11 ? INT64_MAX : small;
    const Block<float> weights(1 + bytes.below(5), 0.25f);  // sums are rounded where a pixel is not a power of two
    const Block<float> image = pixels(bytes, shape.height * shape.width * shape.channels);
    Bytes::show("height, width, channels, weights, k, min_size",
                {double(shape.height), double(shape.width), double(shape.channels), double(weights.count), k, double(min_size)});
    Bytes::show("image", std::vector<double>(+image, image + image.count));
    const Index count = shape.height * shape.width;
    const Block<Index> plain = unwritten<Index>(count), fast = unwritten<Index>(count);
    const refdet::Kernel kernel = {weights, weights.count};
    refdet::graph_segmentation_plain(image, shape, kernel, k, min_size, plain);
    refdet::graph_segmentation(image, shape, kernel, k, min_size, fast);
    agree("labels", plain, fast);
}

TARGET_WITHOUT_CUDA(graph_segmentation);
