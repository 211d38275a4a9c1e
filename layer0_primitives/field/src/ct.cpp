#include <avila/field/ct.hpp>
#include <avila/primitives/wipe.hpp>
#include <cstring>

#include "valgrind.hpp"

namespace avila::field::ct {

void lookup(std::uint64_t* out, const std::uint64_t* table, std::size_t words, std::size_t entries,
            std::uint64_t index) noexcept {
  std::memset(out, 0, words * sizeof *out);
  for (std::size_t i = 0; i < entries; ++i) {
    const Mask mask = equal(i, index);
    for (std::size_t w = 0; w < words; ++w) out[w] |= mask & table[i * words + w];
  }
}

bool equal(ByteSpan a, ByteSpan b) noexcept {
  if (a.size() != b.size()) return false;
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<std::uint64_t>(a[i] ^ b[i]);
  return reveal(is_zero(difference));
}

void wipe(void* memory, std::size_t bytes) noexcept { wipe_memory(memory, bytes); }

void classify(const void* memory, std::size_t bytes) noexcept {
  (void)detail::valgrind_request(detail::kMakeMemUndefined, memory, bytes);
}
void declassify(const void* memory, std::size_t bytes) noexcept {
  (void)detail::valgrind_request(detail::kMakeMemDefined, memory, bytes);
}

}  // namespace avila::field::ct
