// Functions of the SSD branch of Caffe behind a C interface, for ctypes; built by build_sources.py.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "../caffe/fast_rcnn_layers.hpp"

#define CHECK_LE(a, b) REFDET_CHECK((a) <= (b))

namespace caffe {

using std::pair;
using std::string;
using std::vector;

class NormalizedBBox {
public:
    float xmin() const { return corners_[0]; }
    float ymin() const { return corners_[1]; }
    float xmax() const { return corners_[2]; }
    float ymax() const { return corners_[3]; }
    void set_xmin(float value) { corners_[0] = value; }
    void set_ymin(float value) { corners_[1] = value; }
    void set_xmax(float value) { corners_[2] = value; }
    void set_ymax(float value) { corners_[3] = value; }
    bool has_size() const { return sized_; }
    float size() const { return size_; }
    void set_size(float value) { size_ = value, sized_ = true; }
    void clear_size() { sized_ = false; }
    bool difficult() const { return false; }
    void set_difficult(bool) {}

private:
    float corners_[4] = {}, size_ = 0;
    bool sized_ = false;
};

enum CodeType { PriorBoxParameter_CodeType_CORNER = 1, PriorBoxParameter_CodeType_CENTER_SIZE, PriorBoxParameter_CodeType_CORNER_SIZE };

// The default arguments stand in bbox_util.hpp.
float BBoxSize(const NormalizedBBox&, const bool normalized = true);
float JaccardOverlap(const NormalizedBBox&, const NormalizedBBox&, const bool normalized = true);

#include "cut.inc"

NormalizedBBox box(const float* corners) {
    NormalizedBBox result;
    result.set_xmin(corners[0]), result.set_ymin(corners[1]), result.set_xmax(corners[2]), result.set_ymax(corners[3]);
    return result;
}

void store(const NormalizedBBox& from, float* to) {
    to[0] = from.xmin(), to[1] = from.ymin(), to[2] = from.xmax(), to[3] = from.ymax();
}

}  // namespace caffe

using namespace caffe;

extern "C" void measure(const float* first, int n, const float* second, int m, float* out) {
    for (int i = 0; i < n * m; ++i) out[i] = JaccardOverlap(box(first + i / m * 4), box(second + i % m * 4));
}

extern "C" int suppress(const float* boxes, const float* scores, int n, float threshold, int* keep) {
    vector<NormalizedBBox> all;
    vector<int> kept;
    for (int i = 0; i < n; ++i) all.push_back(box(boxes + i * 4));
    ApplyNMSFast(all, vector<float>(scores, scores + n), -FLT_MAX, threshold, 1, -1, &kept);
    std::copy(kept.begin(), kept.end(), keep);
    return kept.size();
}

// CENTER_SIZE codes, the variance divided out on encoding.
extern "C" void code(int decode, const float* priors, const float* boxes, int n, const float* variances, float* out) {
    const vector<float> variance(variances, variances + 4);
    const CodeType kind = PriorBoxParameter_CodeType_CENTER_SIZE;
    for (int i = 0; i < n; ++i) {
        NormalizedBBox result;
        if (decode) DecodeBBox(box(priors + i * 4), variance, kind, false, false, box(boxes + i * 4), &result);
        else EncodeBBox(box(priors + i * 4), variance, kind, false, box(boxes + i * 4), &result);
        store(result, out + i * 4);
    }
}

// Detections come best first; version 0 is "11point", 1 "MaxIntegral", 2 "Integral".
extern "C" float average_precision(const int* right, int n, int positives, int version) {
    const char* names[] = {"11point", "MaxIntegral", "Integral"};
    vector<pair<float, int> > tp, fp;
    vector<float> precision, recall;
    float result = 0;
    for (int i = 0; i < n; ++i) {
        tp.push_back({float(n - i), right[i]});
        fp.push_back({float(n - i), 1 - right[i]});
    }
    ComputeAP(tp, positives, fp, names[version], &precision, &recall, &result);
    return result;
}
