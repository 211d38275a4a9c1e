// Inputs shared by the tests of hash.
#pragma once
#include <avila/error/span.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace hash_test {

using avila::ByteSpan;

inline std::vector<std::byte> random_bytes(std::size_t size, std::uint64_t seed) {
  std::vector<std::byte> bytes(size);
  for (auto& b : bytes) {
    seed += 0x9E3779B97F4A7C15U;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    b = static_cast<std::byte>(z >> 56);
  }
  return bytes;
}

template <class Bytes>
std::string hex(const Bytes& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte b : bytes) {
    text += kDigits[static_cast<unsigned>(b) >> 4];
    text += kDigits[static_cast<unsigned>(b) & 15];
  }
  return text;
}

// Calls f(piece) for pieces of `bytes` of many sizes, 0 included.
template <class F>
void in_pieces(ByteSpan bytes, std::uint64_t seed, F f) {
  while (!bytes.empty()) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    static constexpr std::size_t kLimits[] = {1, 8, 70, 300, 2100, 9000};
    const std::size_t size =
        std::min<std::size_t>((seed >> 33) % (kLimits[(seed >> 60) % 6] + 1), bytes.size());
    f(bytes.first(size));
    bytes = bytes.subspan(size);
  }
}

}  // namespace hash_test
