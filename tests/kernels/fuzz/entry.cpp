// The program: its name is that of a target. libFuzzer brings main; without it (-DREPLAY) each argument is a file whose
// bytes are one input.
#include "target.h"

fuzz::Target* fuzz::Target::first = nullptr;

static const fuzz::Target* chosen;

extern "C" int LLVMFuzzerInitialize(int*, char*** arguments) {
    const char* path = (*arguments)[0];
    const char* slash = std::strrchr(path, '/');
    const char* name = slash ? slash + 1 : path;
    for (const fuzz::Target* target = fuzz::Target::first; target; target = target->next) {
        if (std::strcmp(target->name, name) == 0) chosen = target;
    }
    if (chosen) return 0;
    std::printf("a program called %s came; wanted one of", name);
    for (const fuzz::Target* target = fuzz::Target::first; target; target = target->next) {
        std::printf(" %s", target->name);
    }
    std::printf("\n");
    std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes(data, size);
    (bytes.flag() ? chosen->double_ : chosen->float_)(bytes, chosen->side);
    return 0;
}

#ifdef REPLAY
int main(int count, char** arguments) {
    LLVMFuzzerInitialize(&count, &arguments);
    for (int i = 1; i < count; ++i) {
        std::printf("%s\n", arguments[i]);
        std::fflush(stdout);
        // Not a std::ifstream: the library's own code is not built for MemorySanitizer.
        std::FILE* file = std::fopen(arguments[i], "rb");
        if (!file) return 2;
        std::uint8_t bytes[4096];
        const std::size_t size = std::fread(bytes, 1, sizeof bytes, file);
        std::fclose(file);
        LLVMFuzzerTestOneInput(bytes, size);
    }
}
#endif
