// The distribution's compiler runtime for wasm32 was built with stack protection, which its libc does not support:
// these are the two symbols that it asks for.
#include <cstdint>

extern "C" {
std::uintptr_t __stack_chk_guard = 0x5bd1e995;
[[noreturn]] void __stack_chk_fail() { __builtin_trap(); }
}
