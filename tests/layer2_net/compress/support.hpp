// Inputs shared by the tests of compress.
#pragma once
#include <avila/error/span.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace compress_test {

using Bytes = std::vector<std::byte>;

struct Random {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
};

inline Bytes noise(std::size_t size, std::uint64_t seed) {
  Random random{seed};
  Bytes bytes(size);
  for (auto& b : bytes) b = static_cast<std::byte>(random.next());
  return bytes;
}

/// Runs, repeats from near and far, and noise: every kind of sequence occurs.
inline Bytes mixture(std::size_t size, std::uint64_t seed) {
  Random random{seed};
  Bytes bytes;
  while (bytes.size() < size) {
    const std::size_t count = 1 + random.below(random.below(8) == 0 ? 900 : 30);
    switch (random.below(4)) {
      case 0:
        for (std::size_t i = 0; i < count; ++i)
          bytes.push_back(static_cast<std::byte>(random.next()));
        break;
      case 1: bytes.insert(bytes.end(), count, static_cast<std::byte>(random.next())); break;
      default:
        if (!bytes.empty()) {
          const std::size_t reach = random.below(3) == 0 ? bytes.size() : 20;
          const std::size_t distance = 1 + random.below(std::min(reach, bytes.size()));
          for (std::size_t i = 0; i < count; ++i) bytes.push_back(bytes[bytes.size() - distance]);
        }
    }
  }
  bytes.resize(size);
  return bytes;
}

inline Bytes prose(std::size_t size, std::uint64_t seed) {
  static constexpr const char* kWords[] = {"stone ",   "river ",   "of ",    "the ",  "and ",
                                           "winter ",  "light, ",  "is ",    "a ",    "bridge. ",
                                           "nothing ", "remains ", "where ", "wind ", "goes "};
  Random random{seed};
  std::string text;
  while (text.size() < size) text += kWords[random.below(std::size(kWords))];
  const auto bytes = avila::as_bytes(text);
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace compress_test
