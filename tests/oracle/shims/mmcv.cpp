// mmcv's CPU kernels, unchanged, as a Python module; built by build_sources.py.
#include <torch/extension.h>

#include "pytorch_device_registry.hpp"
#undef REGISTER_DEVICE_IMPL
#define REGISTER_DEVICE_IMPL(key, device, function)

#include "bbox_overlaps_cpu.cpp"
#include "nms.cpp"
#include "roi_align.cpp"

PYBIND11_MODULE(mmcv_cpu, module) {
    namespace py = pybind11;
    module.def("nms", nms_cpu, py::arg("boxes"), py::arg("scores"), py::arg("iou_threshold"), py::arg("offset"));
    module.def("softnms", softnms_cpu, py::arg("boxes"), py::arg("scores"), py::arg("dets"), py::arg("iou_threshold"),
               py::arg("sigma"), py::arg("min_score"), py::arg("method"), py::arg("offset"));
    module.def("nms_match", nms_match_cpu);
    module.def("bbox_overlaps", bbox_overlaps_cpu);
    module.def("roi_align_forward", roi_align_forward_cpu);
}
