// From Python arguments to a kernel's parameters, stricter than CuPy: a wrong dtype, layout, count or a Python number
// is a TypeError, where CuPy would pass on garbage. Each array is copied to a block of exactly its size, so that
// AddressSanitizer sees one element too far; arrays that the kernel may write are copied back after the launch.
#pragma once

#include <pybind11/numpy.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "emulator/run.h"

namespace refdet_emulator {

namespace py = pybind11;

[[noreturn]] inline void refuse(size_t position, py::handle given, const std::string& wanted) {
    const std::string type = py::str(py::type::of(given).attr("__name__"));
    const std::string dtype = py::hasattr(given, "dtype") ? " of " + std::string(py::str(given.attr("dtype"))) : "";
    throw py::type_error("argument " + std::to_string(position) + ": " + type + dtype + " came; wanted " + wanted);
}

template <typename T>
bool has_dtype(py::handle given) {
    return py::hasattr(given, "dtype") && py::dtype::of<T>().equal(given.attr("dtype"));
}

// A scalar parameter takes a NumPy scalar of its very type.
template <typename T>
struct Argument {
    T value;
    Argument(py::handle given, size_t position) {
        static const py::object generic = py::module_::import("numpy").attr("generic");
        if (!py::isinstance(given, generic) || !has_dtype<T>(given))
            refuse(position, given, "a NumPy scalar of " + std::string(py::str(py::dtype::of<T>())));
        value = given.cast<T>();
    }
    T parameter() const { return value; }
    void copy_back() {}
};

// A pointer takes a C-contiguous array of its dtype.
template <typename T>
struct Argument<T*> {
    using Element = std::remove_const_t<T>;
    py::array array;
    std::unique_ptr<Element, decltype(&std::free)> block{nullptr, &std::free};
    Argument(py::handle given, size_t position) {
        const std::string wanted = "a C-contiguous array of " + std::string(py::str(py::dtype::of<Element>()));
        if (!py::isinstance<py::array>(given) || !has_dtype<Element>(given)) refuse(position, given, wanted);
        array = py::reinterpret_borrow<py::array>(given);
        if (!(array.flags() & py::array::c_style)) refuse(position, given, wanted + ", not a strided one");
        if (!std::is_const_v<T> && !array.writeable()) refuse(position, given, wanted + " that can be written");
        block.reset(static_cast<Element*>(std::malloc(array.nbytes())));
        std::memcpy(block.get(), array.data(), array.nbytes());
    }
    T* parameter() const { return block.get(); }
    void copy_back() {
        if (!std::is_const_v<T>) std::memcpy(array.mutable_data(), block.get(), array.nbytes());
    }
};

using Launch = std::function<void(dim3 grid, dim3 block, Schedule, py::tuple)>;

struct Entry {
    const char* name;
    Launch launch;
};

template <typename... P, size_t... I>
Launch launcher(void (*kernel)(P...), std::index_sequence<I...>) {
    return [kernel](dim3 grid, dim3 block, Schedule schedule, py::tuple given) {
        if (given.size() != sizeof...(P))
            throw py::type_error(std::to_string(given.size()) + " arguments came; wanted " +
                                 std::to_string(sizeof...(P)));
        std::tuple<Argument<P>...> arguments{Argument<P>(given[I], I)...};
        run(grid, block, schedule, [&] { kernel(std::get<I>(arguments).parameter()...); });
        (std::get<I>(arguments).copy_back(), ...);
    };
}

// The launch of any kernel, its argument checks derived from its signature.
template <typename... P>
Launch launcher(void (*kernel)(P...)) {
    return launcher(kernel, std::index_sequence_for<P...>{});
}

}  // namespace refdet_emulator
