#include <avila/os/entropy.hpp>

namespace avila::os {

Result<void> SeededEntropy::fill(MutableByteSpan into) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < into.size(); ++i) {
    if (i % 8 == 0) {
      word = (state_ += 0x9E3779B97F4A7C15U);
      word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9U;
      word = (word ^ (word >> 27)) * 0x94D049BB133111EBU;
      word ^= word >> 31;
    }
    into[i] = static_cast<std::byte>(word >> (i % 8 * 8));
  }
  return {};
}

}  // namespace avila::os
