// What the keyed functions do with secrets: forget them, and compare tags without telling where
// they differ.
#pragma once
#include <avila/error/span.hpp>

namespace avila::hash {

/// Zeros over `size` bytes; the compiler may not leave it out as a dead store.
void wipe(void* memory, std::size_t size) noexcept;

/// Whether two tags are equal. CT: time depends on the sizes only; the verdict is public.
bool equal_tags(ByteSpan a, ByteSpan b) noexcept;

}  // namespace avila::hash
