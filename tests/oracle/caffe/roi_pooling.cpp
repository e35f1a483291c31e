// Caffe's own RoI pooling layer behind a C interface, for ctypes; built by build_fast_rcnn.py.
#include "roi_pooling_layer.cpp"

namespace {

using namespace caffe;

template <typename Dtype>
void pool(const Dtype* map, const int* map_shape, const Dtype* rois, int count, int rows, int columns, float scale,
          Dtype* pooled, int* argmax) {
    Blob<Dtype> features, regions, result;
    features.Reshape(map_shape[0], map_shape[1], map_shape[2], map_shape[3]);
    regions.Reshape(count, 5, 1, 1);
    std::copy(map, map + features.count(), features.mutable_cpu_data());
    std::copy(rois, rois + regions.count(), regions.mutable_cpu_data());
    LayerParameter parameter{{rows, columns, scale}};
    ROIPoolingLayer<Dtype> layer(parameter);
    layer.LayerSetUp({&features, &regions}, {&result});
    layer.Reshape({&features, &regions}, {&result});
    layer.Forward_cpu({&features, &regions}, {&result});
    std::copy(result.cpu_data(), result.cpu_data() + result.count(), pooled);
    std::copy(layer.max_idx_.cpu_data(), layer.max_idx_.cpu_data() + result.count(), argmax);
}

}  // namespace

extern "C" void pool_float(const float* map, const int* map_shape, const float* rois, int count, int rows,
                           int columns, float scale, float* pooled, int* argmax) {
    pool(map, map_shape, rois, count, rows, columns, scale, pooled, argmax);
}

extern "C" void pool_double(const double* map, const int* map_shape, const double* rois, int count, int rows,
                            int columns, float scale, double* pooled, int* argmax) {
    pool(map, map_shape, rois, count, rows, columns, scale, pooled, argmax);
}
