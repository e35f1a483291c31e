// graph_segmentation of refdet._core. See bindings.cpp.
#include "bindings.h"
#include "cpp_only/segmentation.h"

namespace {

template <bool plain>
void graph_segmentation(const Array<float>& image, const Array<float>& weights, double k, Index min_size,
                        Array<Index>& labels) {
    expect(image.ndim() == 3 && image.size() > 0 && weights.size() > 0);
    const refdet::Picture shape{image.shape(0), image.shape(1), image.shape(2)};
    expect(labels.size() == shape.height * shape.width);
    const refdet::Kernel kernel{weights.data(), weights.size()};
    const float* pixels = image.data();
    Index* result = labels.mutable_data();
    const py::gil_scoped_release released;
    (plain ? refdet::graph_segmentation_plain : refdet::graph_segmentation)(pixels, shape, kernel, k, min_size, result);
}

template <bool plain>
void define(py::module_& m, const char* name) {
    m.def(name, &graph_segmentation<plain>, py::arg("image").noconvert(), py::arg("weights").noconvert(), py::arg("k"),
          py::arg("min_size"), py::arg("labels").noconvert());
}

}  // namespace

void define_segmentation(py::module_& m) {
    define<false>(m, "graph_segmentation");
    define<true>(m, "graph_segmentation_plain");
}
