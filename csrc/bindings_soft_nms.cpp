// soft_nms of refdet._core: for each precision of the boxes, and of the scores. See bindings.cpp.
#include "bindings.h"

namespace {

template <bool plain, typename real, typename score>
Index soft_nms(const Array<real>& boxes, Array<score>& scores, int plus_one, int inverted, int division,
               double union_eps, double threshold, bool inclusive, bool ties_last, bool swaps, bool gaussian, double sigma,
               double score_threshold, Array<Index>& keep) {
    const Index n = scores.size();
    expect(boxes.size() == 4 * n && keep.size() == n);
    const refdet::OverlapRule overlap{plus_one, inverted, division, union_eps};
    const refdet::SoftRule rule{threshold, inclusive, ties_last, swaps, gaussian, sigma, score_threshold};
    const real* corners = boxes.data();
    score* values = scores.mutable_data();
    Index* kept = keep.mutable_data();
    const py::gil_scoped_release released;
    return plain ? refdet::soft_nms_plain(corners, values, n, overlap, rule, kept)
                 : refdet::soft_nms(corners, values, n, overlap, rule, kept);
}

template <bool plain, typename real, typename score>
void define(py::module_& m) {
    const auto array = [](const char* name) { return py::arg(name).noconvert(); };
    m.def(plain ? "soft_nms_plain" : "soft_nms", &soft_nms<plain, real, score>, array("boxes"), array("scores"),
          py::arg("plus_one"), py::arg("inverted"), py::arg("division"), py::arg("union_eps"), py::arg("threshold"),
          py::arg("inclusive"), py::arg("ties_last"), py::arg("swaps"), py::arg("gaussian"), py::arg("sigma"),
          py::arg("score_threshold"), array("keep"));
}

template <typename real, typename score>
void define_both(py::module_& m) {
    define<true, real, score>(m);
    define<false, real, score>(m);
}

}  // namespace

void define_soft_nms(py::module_& m) {
    define_both<float, float>(m);
    define_both<float, double>(m);
    define_both<double, float>(m);
    define_both<double, double>(m);
}
