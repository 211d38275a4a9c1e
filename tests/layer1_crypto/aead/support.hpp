#pragma once
#include <avila/error/span.hpp>
#include <avila/text/encoding.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

namespace aead_test {

inline std::vector<std::byte> hex(std::string_view text) {
  const auto decoded = avila::text::hex_decode(text).value();
  const avila::ByteSpan bytes = avila::as_bytes(decoded);
  return {bytes.begin(), bytes.end()};
}

inline std::vector<std::byte> random_bytes(std::size_t size, std::uint64_t seed) {
  std::vector<std::byte> bytes(size);
  seed = seed * 0x9e3779b97f4a7c15 + 1;
  for (std::byte& b : bytes) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    b = static_cast<std::byte>(seed >> 56);
  }
  return bytes;
}

template <std::size_t N>
std::span<const std::byte, N> fixed(avila::ByteSpan bytes) {
  return bytes.first<N>();
}

}  // namespace aead_test
