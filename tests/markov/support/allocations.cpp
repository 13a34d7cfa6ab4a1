#include "markov/support/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t count = 0;
}

// The linker gives calls of malloc to the first and malloc itself the name of the second.
// NOLINTBEGIN(bugprone-reserved-identifier,cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
extern "C" void* __real_malloc(std::size_t bytes);
extern "C" void* __wrap_malloc(std::size_t bytes);
extern "C" void* __wrap_malloc(std::size_t bytes) {
    ++count;
    return __real_malloc(bytes);
}

void* operator new(std::size_t bytes) {
    ++count;
    if (void* const memory = __real_malloc(bytes == 0 ? 1 : bytes)) return memory;
    throw std::bad_alloc();
}
// All forms that the library calls, or memory of one would go back by another.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    ++count;
    return __real_malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
// NOLINTEND(bugprone-reserved-identifier,cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)

std::size_t oracle::allocations() {
    return count;
}
