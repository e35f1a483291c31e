// Graph-based segmentation: plain pointers and sizes, no Python. Arguments were checked by
// refdet/proposals/segmentation_cpp.py; the image is (height, width, channels), contiguous.
#pragma once

#include "kernels.h"

namespace refdet {

struct Picture {
    Index height, width, channels;
};

// Weights of the middle and of 1, 2, ... pixels to either side.
struct Kernel {
    const float* weights;
    Index count;
};

// Writes a label for each pixel, 0, 1, ... as a scan meets the regions. Both give the same ones.
void graph_segmentation_plain(const float* image, Picture shape, Kernel kernel, double k, Index min_size, Index* labels);
void graph_segmentation(const float* image, Picture shape, Kernel kernel, double k, Index min_size, Index* labels);

}  // namespace refdet
