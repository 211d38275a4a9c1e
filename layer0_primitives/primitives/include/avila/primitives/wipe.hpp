// Forgetting secrets.
#pragma once
#include <cstddef>
#include <cstring>

namespace avila {

/// Zeros over `size` bytes; the compiler may not leave it out as a dead store.
inline void wipe_memory(void* memory, std::size_t size) noexcept {
  if (size == 0) return;
#if defined(__GNUC__)
  std::memset(memory, 0, size);
  asm volatile("" : : "r"(memory) : "memory");  // somebody may look: the stores stay
#else
  for (std::size_t i = 0; i < size; ++i) static_cast<volatile char*>(memory)[i] = 0;
#endif
}

}  // namespace avila
