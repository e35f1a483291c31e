// Stand-ins for the parts of Caffe that roi_pooling_layer.cpp names, so that it compiles unchanged.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iostream>
#include <stdexcept>
#include <vector>

#define REFDET_CHECK(held) \
    if (!(held)) throw std::runtime_error(#held); \
    else std::ostream(nullptr)
#define CHECK_EQ(a, b) REFDET_CHECK((a) == (b))
#define CHECK_GT(a, b) REFDET_CHECK((a) > (b))
#define CHECK_GE(a, b) REFDET_CHECK((a) >= (b))
#define CHECK_LT(a, b) REFDET_CHECK((a) < (b))
#define LOG(level) std::ostream(nullptr)
#define STUB_GPU(layer)
#define INSTANTIATE_CLASS(layer) \
    template class layer<float>; \
    template class layer<double>
#define REGISTER_LAYER_CLASS(layer)

namespace caffe {

using std::vector;

template <typename Dtype>
class Blob {
  public:
    void Reshape(int n, int c, int h, int w) {
        lengths_[0] = n, lengths_[1] = c, lengths_[2] = h, lengths_[3] = w;
        data_.resize(count());
        diff_.resize(count());
    }
    int num() const { return lengths_[0]; }
    int channels() const { return lengths_[1]; }
    int height() const { return lengths_[2]; }
    int width() const { return lengths_[3]; }
    int count() const { return num() * channels() * height() * width(); }
    int offset(int n, int c = 0) const { return (n * channels() + c) * height() * width(); }
    const Dtype* cpu_data() const { return data_.data(); }
    const Dtype* cpu_diff() const { return diff_.data(); }
    Dtype* mutable_cpu_data() { return data_.data(); }
    Dtype* mutable_cpu_diff() { return diff_.data(); }

  private:
    int lengths_[4] = {0, 0, 0, 0};
    vector<Dtype> data_, diff_;
};

template <typename Dtype>
void caffe_set(int count, Dtype value, Dtype* data) {
    std::fill(data, data + count, value);
}

// A protobuf message in Caffe: the scale is a float there, whatever Dtype is.
struct ROIPoolingParameter {
    int h, w;
    float scale;
    int pooled_h() const { return h; }
    int pooled_w() const { return w; }
    float spatial_scale() const { return scale; }
};

struct LayerParameter {
    ROIPoolingParameter roi;
    const ROIPoolingParameter& roi_pooling_param() const { return roi; }
};

template <typename Dtype>
class ROIPoolingLayer {
  public:
    explicit ROIPoolingLayer(const LayerParameter& parameter) : layer_param_(parameter) {}
    void LayerSetUp(const vector<Blob<Dtype>*>& bottom, const vector<Blob<Dtype>*>& top);
    void Reshape(const vector<Blob<Dtype>*>& bottom, const vector<Blob<Dtype>*>& top);
    void Forward_cpu(const vector<Blob<Dtype>*>& bottom, const vector<Blob<Dtype>*>& top);
    void Backward_cpu(const vector<Blob<Dtype>*>& top, const vector<bool>& down, const vector<Blob<Dtype>*>& bottom);

    LayerParameter layer_param_;
    int channels_, height_, width_, pooled_height_, pooled_width_;
    Dtype spatial_scale_;
    Blob<int> max_idx_;
};

}  // namespace caffe
