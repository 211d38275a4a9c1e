// Files and contents for the tests with other programs.
#pragma once
#include <avila/error/span.hpp>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace avila_test {

using Bytes = std::vector<std::byte>;

inline void write(const std::string& path, avila::ByteSpan bytes) {
  std::ofstream(path, std::ios::binary) << avila::as_text(bytes);
}
inline Bytes read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto bytes = avila::as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

// Words with numbers among them: compressible, with matches near and far.
inline Bytes sample(std::size_t size, std::uint64_t seed) {
  std::string text;
  while (text.size() < size) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    static constexpr const char* kWords[] = {"amber ", "bridge ", "cloud, ",  "delta. ",
                                             "ember ", "forest ", "granite ", "harbour "};
    text += (seed >> 40) % 5 == 0 ? std::to_string(seed >> 33) : kWords[(seed >> 50) % 8];
  }
  const auto bytes = avila::as_bytes(text);
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace avila_test
