#include "bloom.hpp"

#include <avila/error/span.hpp>
#include <avila/hash/xxh3.hpp>
#include <avila/primitives/endian.hpp>

#include <algorithm>

namespace avila::lsm::detail {
namespace {
constexpr std::size_t kLine = 64;

// The upper half picks the line, the lower one the bits: probe i takes 9 bits of a product.
std::size_t line_of(std::uint64_t hash, std::size_t lines) noexcept {
  return static_cast<std::size_t>(((hash >> 32) * lines) >> 32) * kLine;
}
}  // namespace

std::uint64_t bloom_hash(std::string_view key) noexcept { return hash::xxh3_64(as_bytes(key)); }

std::string build_bloom(const std::vector<std::uint64_t>& hashes, int bits_per_key) {
  const auto bits = static_cast<std::size_t>(std::clamp(bits_per_key, 1, 64));
  const std::size_t lines = std::max<std::size_t>(1, (hashes.size() * bits + 511) / 512);
  // Within a line fewer probes than bits·ln 2 are best, since lines fill unevenly.
  const int probes = std::clamp(static_cast<int>(static_cast<double>(bits) * 0.6), 1, 16);
  std::string filter(lines * kLine + 1, '\0');
  for (const std::uint64_t hash : hashes) {
    char* line = filter.data() + line_of(hash, lines);
    std::uint32_t mix = static_cast<std::uint32_t>(hash);
    for (int i = 0; i < probes; ++i) {
      const std::uint32_t bit = mix >> 23;
      line[bit >> 3] = static_cast<char>(line[bit >> 3] | (1 << (bit & 7)));
      mix *= 0x9E3779B9U;
    }
  }
  filter.back() = static_cast<char>(probes);
  return filter;
}

bool bloom_may_hold(std::string_view filter, std::uint64_t hash) noexcept {
  if (filter.size() <= kLine || (filter.size() - 1) % kLine != 0) return true;
  const int probes = static_cast<unsigned char>(filter.back());
  const char* line = filter.data() + line_of(hash, (filter.size() - 1) / kLine);
  std::uint32_t mix = static_cast<std::uint32_t>(hash);
  for (int i = 0; i < probes; ++i) {
    const std::uint32_t bit = mix >> 23;
    if ((line[bit >> 3] & (1 << (bit & 7))) == 0) return false;
    mix *= 0x9E3779B9U;
  }
  return true;
}

}  // namespace avila::lsm::detail
