// The kernels of GIoU, DIoU and CIoU, and the suppression by DIoU, on NumPy arrays; see bindings.cpp.
#include "bindings.h"

namespace {

template <bool plain, typename real>
void overlaps(const Array<real>& boxes1, const Array<real>& boxes2, int plus_one, int inverted, int division,
              double union_eps, double giou_eps, double diou_eps, double ciou_eps, double beta, double alpha_gate,
              int kind, int threads, Array<real>& out) {
    const Index n = boxes1.size() / 4, m = boxes2.size() / 4;
    expect(out.size() == n * m);
    const refdet::OverlapRule rule{plus_one, inverted, division, union_eps};
    const refdet::PenaltyRule penalty{giou_eps, diou_eps, ciou_eps, beta, alpha_gate};
    const real *first = boxes1.data(), *second = boxes2.data();
    real* overlap = out.mutable_data();
    const py::gil_scoped_release released;
    if (plain) {
        refdet::overlaps_plain(first, n, second, m, rule, penalty, kind, overlap);
    } else {
        refdet::overlaps(first, n, second, m, rule, penalty, kind, threads, overlap);
    }
}

template <bool plain, typename real>
Index diou_nms(const Array<real>& boxes, const Array<double>& scores, int plus_one, int inverted, int division,
               double union_eps, double diou_eps, double beta, double threshold, bool inclusive, bool ties_last,
               Array<Index>& keep) {
    const Index n = scores.size();
    expect(boxes.size() == 4 * n && keep.size() == n);
    const refdet::OverlapRule overlap{plus_one, inverted, division, union_eps};
    const refdet::PenaltyRule penalty{0, diou_eps, 0, beta, 0};
    const refdet::SuppressionRule rule{threshold, inclusive, ties_last};
    const real* corners = boxes.data();
    const double* values = scores.data();
    Index* kept = keep.mutable_data();
    const py::gil_scoped_release released;
    return plain ? refdet::diou_nms_plain(corners, values, n, overlap, penalty, rule, kept)
                 : refdet::diou_nms(corners, values, n, overlap, penalty, rule, kept);
}

template <typename real>
void define(py::module_& m) {
    const auto array = [](const char* name) { return py::arg(name).noconvert(); };
    const auto define_overlaps = [&](const char* name, auto function) {
        m.def(name, function, array("boxes1"), array("boxes2"), py::arg("plus_one"), py::arg("inverted"),
              py::arg("division"), py::arg("union_eps"), py::arg("giou_eps"), py::arg("diou_eps"), py::arg("ciou_eps"),
              py::arg("beta"), py::arg("alpha_gate"), py::arg("kind"), py::arg("threads"), array("out"));
    };
    define_overlaps("overlaps", &overlaps<false, real>);
    define_overlaps("overlaps_plain", &overlaps<true, real>);
    const auto define_diou_nms = [&](const char* name, auto function) {
        m.def(name, function, array("boxes"), array("scores"), py::arg("plus_one"), py::arg("inverted"),
              py::arg("division"), py::arg("union_eps"), py::arg("diou_eps"), py::arg("beta"), py::arg("threshold"),
              py::arg("inclusive"), py::arg("ties_last"), array("keep"));
    };
    define_diou_nms("diou_nms", &diou_nms<false, real>);
    define_diou_nms("diou_nms_plain", &diou_nms<true, real>);
}

}  // namespace

void define_overlaps(py::module_& m) {
    define<float>(m);
    define<double>(m);
}
