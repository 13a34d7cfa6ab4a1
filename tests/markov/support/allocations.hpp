#pragma once

#include <cstddef>

namespace oracle {

/// How often this thread has asked for memory so far: through operator new, and through malloc in what is
/// linked into the test (Eigen's matrices), by the linker's --wrap.
[[nodiscard]] std::size_t allocations();

}  // namespace oracle
