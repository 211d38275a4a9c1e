#include <avila/hash/secret.hpp>
#include <avila/primitives/wipe.hpp>

namespace avila::hash {

void wipe(void* memory, std::size_t size) noexcept { wipe_memory(memory, size); }

bool equal_tags(ByteSpan a, ByteSpan b) noexcept {
  if (a.size() != b.size()) return false;  // sizes are public
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(a[i]) ^ static_cast<unsigned>(b[i]);
  asm("" : "+r"(difference));  // no early exit: the compiler knows nothing about the sum
  return difference == 0;
}

}  // namespace avila::hash
