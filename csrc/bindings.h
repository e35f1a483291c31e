// What the bindings share; see bindings.cpp.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <stdexcept>

#include "kernels.h"

namespace py = pybind11;
using refdet::Index;

template <typename T>
using Array = py::array_t<T, py::array::c_style>;

// Sizes that do not fit each other would be read past their end.
inline void expect(bool fits) {
    if (!fits) throw std::invalid_argument("refdet._core: sizes do not fit; call refdet.kernels.cpp instead");
}

void define_soft_nms(py::module_& m);
void define_overlaps(py::module_& m);
void define_rois(py::module_& m);
void define_segmentation(py::module_& m);
