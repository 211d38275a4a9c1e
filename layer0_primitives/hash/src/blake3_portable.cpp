#include <avila/primitives/endian.hpp>
#include <bit>

#include "blake3_kernels.hpp"

namespace avila::hash::detail {
namespace {

inline void mix(std::uint32_t v[16], std::size_t a, std::size_t b, std::size_t c, std::size_t d,
                std::uint32_t x, std::uint32_t y) noexcept {
  v[a] += v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 12);
  v[a] += v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], 8);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 7);
}

}  // namespace

void blake3_compress_portable(const Blake3Block& block, std::uint32_t out[16]) noexcept {
  std::uint32_t m[16], v[16], cv[8];
  for (std::size_t i = 0; i < 16; ++i) m[i] = load_le32(block.bytes + 4 * i);
  for (std::size_t i = 0; i < 8; ++i) v[i] = cv[i] = block.chaining_value[i];
  for (std::size_t i = 0; i < 4; ++i) v[8 + i] = kBlake3Iv[i];
  v[12] = static_cast<std::uint32_t>(block.counter);
  v[13] = static_cast<std::uint32_t>(block.counter >> 32);
  v[14] = block.size;
  v[15] = block.flags;
  for (const auto& s : kBlake3Schedule) {
    mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
    mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
    mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
    mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
    mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
    mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
    mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
    mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    out[i] = v[i] ^ v[i + 8];
    out[i + 8] = v[i + 8] ^ cv[i];
  }
}

void blake3_chain_portable(std::uint32_t value[8], const Blake3Chain& job) noexcept {
  std::uint32_t out[16];
  for (std::size_t b = 0; b < job.blocks; ++b) {
    const std::uint32_t flags = job.flags | (b == 0 ? job.flags_first : 0U);
    blake3_compress_portable({value, job.in + 64 * b, job.counter, 64, flags}, out);
    for (std::size_t w = 0; w < 8; ++w) value[w] = out[w];
  }
}

void blake3_many_serially(void (*compress)(const Blake3Block&, std::uint32_t*) noexcept,
                          const Blake3Many& job, std::uint32_t* out) noexcept {
  for (std::size_t i = 0; i < job.count; ++i) {
    std::uint32_t value[16];
    for (std::size_t w = 0; w < 8; ++w) value[w] = job.key[w];
    for (std::size_t b = 0; b < job.blocks; ++b) {
      const std::uint32_t flags = static_cast<std::uint32_t>(job.flags) |
                                  (b == 0 ? job.flags_first : 0U) |
                                  (b + 1 == job.blocks ? job.flags_last : 0U);
      compress({value, job.inputs[i] + 64 * b, job.counter + i * job.counter_step, 64, flags},
               value);
    }
    for (std::size_t w = 0; w < 8; ++w) out[8 * i + w] = value[w];
  }
}

}  // namespace avila::hash::detail
