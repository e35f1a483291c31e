// refdet._core: the kernels on NumPy arrays. The only file that includes pybind11.
//
// Private: refdet/kernels/cpp.py checks and converts every argument. noconvert() refuses what it did not convert,
// instead of copying it in silence. The GIL is released while a kernel runs, and no Python object is touched then.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <stdexcept>

#include "kernels.h"
#include "machine.h"

namespace py = pybind11;
using refdet::Index;

namespace {

template <typename T>
using Array = py::array_t<T, py::array::c_style>;

// Sizes that do not fit each other would be read past their end.
void expect(bool fits) {
    if (!fits) throw std::invalid_argument("refdet._core: sizes do not fit; call refdet.kernels.cpp instead");
}

template <bool plain, typename real>
void box_iou(const Array<real>& boxes1, const Array<real>& boxes2, int plus_one, bool signed_area, int division,
             int threads, Array<real>& out) {
    const Index n = boxes1.size() / 4, m = boxes2.size() / 4;
    expect(out.size() == n * m);
    const refdet::OverlapRule rule{plus_one, signed_area, division};
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
Index nms(const Array<real>& boxes, const Array<double>& scores, int plus_one, bool signed_area, int division,
          double threshold, bool inclusive, bool ties_last, Array<Index>& keep,
          const std::optional<Array<Index>>& idxs) {
    const Index n = scores.size();
    expect(boxes.size() == 4 * n && keep.size() == n && (!idxs || idxs->size() == n));
    const refdet::OverlapRule overlap{plus_one, signed_area, division};
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

template <bool plain, typename real>
void roi_pool(const Array<real>& input, const Array<real>& rois, double scale, bool float_edges, double lowest,
              int threads, Array<real>& out, std::optional<Array<Index>> argmax) {
    expect(input.ndim() == 4 && out.ndim() == 4 && rois.size() == 5 * out.shape(0));
    expect(out.shape(1) == input.shape(1) && (!argmax || argmax->size() == out.size()));
    const refdet::Map map{input.shape(0), input.shape(1), input.shape(2), input.shape(3)};
    const refdet::Grid grid{out.shape(2), out.shape(3)};
    const Index count = out.shape(0);
    const real *cells = input.data(), *corners = rois.data();
    real* pooled = out.mutable_data();
    Index* places = argmax ? argmax->mutable_data() : nullptr;
    const py::gil_scoped_release released;
    const refdet::RoiRule rule{float_edges, lowest};
    if (plain) {
        refdet::roi_pool_plain(cells, map, corners, count, real(scale), grid, rule, pooled, places);
    } else {
        refdet::roi_pool(cells, map, corners, count, real(scale), grid, rule, threads, pooled, places);
    }
}

template <typename real>
void roi_pool_backward(const Array<real>& grad_output, const Array<Index>& argmax, const Array<Index>& images,
                       Array<real>& grad_input) {
    expect(grad_output.ndim() == 4 && grad_input.ndim() == 4 && grad_input.shape(1) == grad_output.shape(1));
    expect(argmax.size() == grad_output.size() && images.size() == grad_output.shape(0));
    const refdet::Grid grid{grad_output.shape(2), grad_output.shape(3)};
    const refdet::Map map{grad_input.shape(0), grad_input.shape(1), grad_input.shape(2), grad_input.shape(3)};
    const Index count = images.size();
    const real* grad = grad_output.data();
    const Index *cells = argmax.data(), *image = images.data();
    real* sum = grad_input.mutable_data();
    const py::gil_scoped_release released;
    refdet::roi_pool_backward(grad, cells, image, count, grid, map, sum);
}

template <typename real>
void define(py::module_& m) {
    const auto array = [](const char* name) { return py::arg(name).noconvert(); };
    const auto define_box_iou = [&](const char* name, auto function) {
        m.def(name, function, array("boxes1"), array("boxes2"), py::arg("plus_one"), py::arg("signed_area"),
              py::arg("division"), py::arg("threads"), array("out"));
    };
    define_box_iou("box_iou", &box_iou<false, real>);
    define_box_iou("box_iou_plain", &box_iou<true, real>);
    const auto define_nms = [&](const char* name, auto function) {
        m.def(name, function, array("boxes"), array("scores"), py::arg("plus_one"), py::arg("signed_area"),
              py::arg("division"), py::arg("threshold"), py::arg("inclusive"), py::arg("ties_last"), array("keep"),
              array("idxs") = py::none());
    };
    define_nms("nms", &nms<false, real>);
    define_nms("nms_plain", &nms<true, real>);
    const auto define_roi_pool = [&](const char* name, auto function) {
        m.def(name, function, array("input"), array("rois"), py::arg("scale"), py::arg("float_edges"),
              py::arg("lowest"), py::arg("threads"), array("out"), array("argmax"));
    };
    define_roi_pool("roi_pool", &roi_pool<false, real>);
    define_roi_pool("roi_pool_plain", &roi_pool<true, real>);
    m.def("roi_pool_backward", &roi_pool_backward<real>, array("grad_output"), array("argmax"), array("images"),
          array("grad_input"));
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
}
