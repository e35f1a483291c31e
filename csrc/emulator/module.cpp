// The module refdet._emulator: launch(kernel, dtype, grid, block, arguments, order, seed) runs a CUDA kernel on the CPU,
// with the limits of a launch on a device.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "emulator/arguments.h"
#include "overlap.cuh"
#include "roi.cuh"
#include "scalar.cuh"

namespace float32 {
#define real_t float
#define KERNEL(name) name##_float
#include "emulator/kernels.h"
#undef real_t
#undef KERNEL
}  // namespace float32

namespace float64 {
#define real_t double
#define KERNEL(name) name##_double
#include "emulator/kernels.h"
#undef real_t
#undef KERNEL
}  // namespace float64

namespace refdet_emulator {
namespace {

dim3 lengths(const std::vector<long long>& given, const char* what, dim3 most) {
    const unsigned limit[3] = {most.x, most.y, most.z};
    unsigned length[3] = {1, 1, 1};
    if (given.empty() || given.size() > 3)
        throw py::value_error(std::string(what) + ": wanted one to three lengths");
    for (size_t axis = 0; axis < given.size(); ++axis) {
        if (given[axis] < 1 || given[axis] > (long long)limit[axis])
            throw py::value_error(std::string(what) + "[" + std::to_string(axis) + "]: " +
                                  std::to_string(given[axis]) + " came; wanted 1 to " + std::to_string(limit[axis]));
        length[axis] = (unsigned)given[axis];
    }
    return {length[0], length[1], length[2]};
}

Schedule schedule(const std::string& order, unsigned long long seed) {
    if (order == "forward") return {Schedule::FORWARD, seed};
    if (order == "reverse") return {Schedule::REVERSE, seed};
    if (order == "shuffle") return {Schedule::SHUFFLE, seed};
    throw py::value_error("order: " + order + " came; wanted forward, reverse or shuffle");
}

void launch(const std::string& kernel, const std::string& dtype, const std::vector<long long>& grid,
            const std::vector<long long>& block, py::tuple arguments, const std::string& order,
            unsigned long long seed) {
    if (dtype != "float32" && dtype != "float64")
        throw py::value_error("dtype: " + dtype + " came; wanted float32 or float64");
    const auto& kernels = dtype == "float32" ? float32::kernels : float64::kernels;
    const auto found = std::find_if(std::begin(kernels), std::end(kernels),
                                    [&](const Entry& entry) { return entry.name == kernel; });
    if (found == std::end(kernels)) throw py::value_error("kernel: there is no " + kernel);
    const dim3 blocks = lengths(grid, "grid", {2147483647u, 65535u, 65535u});
    const dim3 threads = lengths(block, "block", {1024u, 1024u, 64u});
    if ((unsigned long long)threads.x * threads.y * threads.z > 1024)
        throw py::value_error("block: more than 1024 threads came");
    found->launch(blocks, threads, schedule(order, seed), arguments);
}

}  // namespace
}  // namespace refdet_emulator

PYBIND11_MODULE(_emulator, m) {
    m.doc() = "The CUDA kernels on the CPU, for tests.";
    m.def("launch", &refdet_emulator::launch);
}
