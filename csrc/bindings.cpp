// refdet._core: the kernels on NumPy arrays. bindings*.cpp alone include pybind11.
//
// Private: refdet/kernels/cpp.py checks and converts every argument. noconvert() refuses what it did not convert,
// instead of copying it in silence. The GIL is released while a kernel runs, and no Python object is touched then.
#include "bindings.h"

#include <pybind11/stl.h>

#include <optional>

#include "machine.h"

namespace {

template <bool plain, typename real>
void box_iou(const Array<real>& boxes1, const Array<real>& boxes2, int plus_one, int inverted, int division,
             double union_eps, int threads, Array<real>& out) {
    const Index n = boxes1.size() / 4, m = boxes2.size() / 4;
    expect(out.size() == n * m);
    const refdet::OverlapRule rule{plus_one, inverted, division, union_eps};
    const real *first = boxes1.data(), *second = boxes2.data();
    real* iou = out.mutable_data();
    const py::gil_scoped_release released;
    if (plain) {
        refdet::box_iou_plain(first, n, second, m, rule, iou);
    } else {
        refdet::box_iou(first, n, second, m, rule, threads, iou);
    }
}

template <bool plain, typename real>
Index nms(const Array<real>& boxes, const Array<double>& scores, int plus_one, int inverted, int division,
          double union_eps, double threshold, bool inclusive, bool ties_last, Array<Index>& keep,
          const std::optional<Array<Index>>& idxs) {
    const Index n = scores.size();
    expect(boxes.size() == 4 * n && keep.size() == n && (!idxs || idxs->size() == n));
    const refdet::OverlapRule overlap{plus_one, inverted, division, union_eps};
    const refdet::SuppressionRule rule{threshold, inclusive, ties_last};
    const real* corners = boxes.data();
    const double* values = scores.data();
    const Index* classes = idxs ? idxs->data() : nullptr;
    Index* kept = keep.mutable_data();
    const py::gil_scoped_release released;
    if (classes) {
        return plain ? refdet::batched_nms_plain(corners, values, classes, n, overlap, rule, kept)
                     : refdet::batched_nms(corners, values, classes, n, overlap, rule, kept);
    }
    return plain ? refdet::nms_plain(corners, values, n, overlap, rule, kept)
                 : refdet::nms(corners, values, n, overlap, rule, kept);
}

template <typename real>
void define(py::module_& m) {
    const auto array = [](const char* name) { return py::arg(name).noconvert(); };
    const auto define_box_iou = [&](const char* name, auto function) {
        m.def(name, function, array("boxes1"), array("boxes2"), py::arg("plus_one"), py::arg("inverted"),
              py::arg("division"), py::arg("union_eps"), py::arg("threads"), array("out"));
    };
    define_box_iou("box_iou", &box_iou<false, real>);
    define_box_iou("box_iou_plain", &box_iou<true, real>);
    const auto define_nms = [&](const char* name, auto function) {
        m.def(name, function, array("boxes"), array("scores"), py::arg("plus_one"), py::arg("inverted"),
              py::arg("division"), py::arg("union_eps"), py::arg("threshold"), py::arg("inclusive"),
              py::arg("ties_last"), array("keep"), array("idxs") = py::none());
    };
    define_nms("nms", &nms<false, real>);
    define_nms("nms_plain", &nms<true, real>);
}

}  // namespace

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
    m.doc() = "C++ kernels of refdet; call them through refdet.kernels.cpp.";
#if defined(__clang__) || defined(_MSC_VER)
    m.attr("compiler") = PYBIND11_COMPILER_TYPE;
#else
    m.attr("compiler") = "g++ " __VERSION__;
#endif
    m.attr("isa") = refdet::isa();
    define<float>(m);
    define<double>(m);
    define_soft_nms(m);
    define_overlaps(m);
    define_rois(m);
    define_segmentation(m);
}
