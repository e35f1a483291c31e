// RoI pooling and RoI align of refdet._core; see bindings.cpp.
#include <pybind11/stl.h>

#include <optional>

#include "bindings.h"

namespace {

template <typename real>
refdet::Map map_of(const Array<real>& input) {
    return {input.shape(0), input.shape(1), input.shape(2), input.shape(3)};
}

template <typename real>
refdet::Grid grid_of(const Array<real>& pooled) {
    return {pooled.shape(2), pooled.shape(3)};
}

template <bool plain, typename real>
void roi_pool(const Array<real>& input, const Array<real>& rois, double scale, int edges, double lowest,
              int threads, Array<real>& out, std::optional<Array<Index>> argmax) {
    expect(input.ndim() == 4 && out.ndim() == 4 && rois.size() == 5 * out.shape(0));
    expect(out.shape(1) == input.shape(1) && (!argmax || argmax->size() == out.size()));
    const refdet::Map map = map_of(input);
    const refdet::Grid grid = grid_of(out);
    const Index count = out.shape(0);
    const real *cells = input.data(), *corners = rois.data();
    real* pooled = out.mutable_data();
    Index* places = argmax ? argmax->mutable_data() : nullptr;
    const py::gil_scoped_release released;
    const refdet::RoiRule rule{edges, lowest};
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
    const refdet::Map map = map_of(grad_input);
    const refdet::Grid grid = grid_of(grad_output);
    const Index count = images.size();
    const real* grad = grad_output.data();
    const Index *cells = argmax.data(), *image = images.data();
    real* sum = grad_input.mutable_data();
    const py::gil_scoped_release released;
    refdet::roi_pool_backward(grad, cells, image, count, grid, map, sum);
}

template <bool plain, typename real>
void roi_align(const Array<real>& input, const Array<real>& rois, double scale, bool aligned, Index ratio, Index most,
               int threads, Array<real>& out) {
    expect(input.ndim() == 4 && out.ndim() == 4 && rois.size() == 5 * out.shape(0));
    expect(out.shape(1) == input.shape(1));
    const refdet::Map map = map_of(input);
    const refdet::Grid grid = grid_of(out);
    const refdet::Sampling rule{aligned, ratio, most};
    const Index count = out.shape(0);
    const real *cells = input.data(), *corners = rois.data();
    real* pooled = out.mutable_data();
    const py::gil_scoped_release released;
    if (plain) {
        refdet::roi_align_plain(cells, map, corners, count, real(scale), grid, rule, pooled);
    } else {
        refdet::roi_align(cells, map, corners, count, real(scale), grid, rule, threads, pooled);
    }
}

template <bool plain, typename real>
void roi_align_backward(const Array<real>& grad_output, const Array<real>& rois, double scale, bool aligned,
                        Index ratio, Index most, int threads, Array<real>& grad_input) {
    expect(grad_output.ndim() == 4 && grad_input.ndim() == 4 && grad_input.shape(1) == grad_output.shape(1));
    expect(rois.size() == 5 * grad_output.shape(0));
    const refdet::Map map = map_of(grad_input);
    const refdet::Grid grid = grid_of(grad_output);
    const refdet::Sampling rule{aligned, ratio, most};
    const Index count = grad_output.shape(0);
    const real *grad = grad_output.data(), *corners = rois.data();
    real* sum = grad_input.mutable_data();
    const py::gil_scoped_release released;
    if (plain) {
        refdet::roi_align_backward_plain(grad, corners, count, real(scale), grid, rule, map, sum);
    } else {
        refdet::roi_align_backward(grad, corners, count, real(scale), grid, rule, threads, map, sum);
    }
}

template <typename real>
void define(py::module_& m) {
    const auto array = [](const char* name) { return py::arg(name).noconvert(); };
    const auto define_roi_pool = [&](const char* name, auto function) {
        m.def(name, function, array("input"), array("rois"), py::arg("scale"), py::arg("edges"),
              py::arg("lowest"), py::arg("threads"), array("out"), array("argmax"));
    };
    define_roi_pool("roi_pool", &roi_pool<false, real>);
    define_roi_pool("roi_pool_plain", &roi_pool<true, real>);
    m.def("roi_pool_backward", &roi_pool_backward<real>, array("grad_output"), array("argmax"), array("images"),
          array("grad_input"));
    const auto define_roi_align = [&](const char* name, auto function, const char* given, const char* result) {
        m.def(name, function, array(given), array("rois"), py::arg("scale"), py::arg("aligned"), py::arg("ratio"),
              py::arg("most"), py::arg("threads"), array(result));
    };
    define_roi_align("roi_align", &roi_align<false, real>, "input", "out");
    define_roi_align("roi_align_plain", &roi_align<true, real>, "input", "out");
    define_roi_align("roi_align_backward", &roi_align_backward<false, real>, "grad_output", "grad_input");
    define_roi_align("roi_align_backward_plain", &roi_align_backward<true, real>, "grad_output", "grad_input");
}

}  // namespace

void define_rois(py::module_& m) {
    define<float>(m);
    define<double>(m);
}
