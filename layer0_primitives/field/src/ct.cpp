#include <avila/field/ct.hpp>
#include <avila/primitives/constant_time.hpp>
#include <avila/primitives/wipe.hpp>
#include <cstring>

namespace avila::field::ct {

void lookup(std::uint64_t* out, const std::uint64_t* table, std::size_t words, std::size_t entries,
            std::uint64_t index) noexcept {
  std::memset(out, 0, words * sizeof *out);
  for (std::size_t i = 0; i < entries; ++i) {
    const Mask mask = equal(i, index);
    for (std::size_t w = 0; w < words; ++w) out[w] |= mask & table[i * words + w];
  }
}

bool equal(ByteSpan a, ByteSpan b) noexcept { return equal_secrets(a, b); }

void wipe(void* memory, std::size_t bytes) noexcept { wipe_memory(memory, bytes); }

void classify(const void* memory, std::size_t bytes) noexcept {
  classify_memory(memory, bytes);
}
void declassify(const void* memory, std::size_t bytes) noexcept {
  declassify_memory(memory, bytes);
}

}  // namespace avila::field::ct
