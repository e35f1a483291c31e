// The launches of target.h: the .cu files as the emulator's module has them, their arguments compared with the
// signatures as strictly as that does (csrc/emulator/arguments.h).
#define REFDET_EMULATOR
#include "emulator/run.h"

#include <functional>
#include <utility>

#include "scalar.cuh"
#include "target.h"

namespace refdet_emulator {

using Launch = std::function<void(dim3, dim3, Schedule, const std::vector<fuzz::Value>&)>;

struct Entry {
    const char* name;
    Launch launch;
};

template <typename P>
P parameter(const fuzz::Value& given) {
    if constexpr (std::is_pointer_v<P>) {
        using Element = std::remove_const_t<std::remove_pointer_t<P>>;
        if (*given.type == typeid(Element*)) return static_cast<P>(const_cast<void*>(given.place));
    } else {
        if (*given.type == typeid(P)) return *static_cast<const P*>(given.place);
    }
    std::printf("an argument of type %s came; wanted %s\n", given.type->name(), typeid(P).name());
    fuzz::fail();
}

template <typename... P, size_t... I>
Launch launcher(void (*kernel)(P...), std::index_sequence<I...>) {
    return [kernel](dim3 grid, dim3 block, Schedule schedule, const std::vector<fuzz::Value>& given) {
        if (given.size() != sizeof...(P)) std::printf("%zu arguments came\n", given.size()), fuzz::fail();
        run(grid, block, schedule, [&] { kernel(parameter<P>(given[I])...); });
    };
}

template <typename... P>
Launch launcher(void (*kernel)(P...)) {
    return launcher(kernel, std::index_sequence_for<P...>{});
}

}  // namespace refdet_emulator

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

namespace fuzz {

template <size_t count>
static void launch(const refdet_emulator::Entry (&kernels)[count], const char* kernel, dim3 grid, dim3 block,
                   refdet_emulator::Schedule schedule, const std::vector<Value>& arguments) {
    for (const refdet_emulator::Entry& entry : kernels) {
        if (std::strcmp(entry.name, kernel) == 0) return entry.launch(grid, block, schedule, arguments);
    }
    std::printf("there is no kernel %s\n", kernel);
    fail();
}

void launch(const char* kernel, bool is_double, dim3 grid, dim3 block, refdet_emulator::Schedule schedule,
            const std::vector<Value>& arguments) {
    if (is_double) return launch(float64::kernels, kernel, grid, block, schedule, arguments);
    launch(float32::kernels, kernel, grid, block, schedule, arguments);
}

}  // namespace fuzz
