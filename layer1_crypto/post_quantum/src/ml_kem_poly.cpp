#include "ml_kem_poly.hpp"

#include <avila/field/ct.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/primitives/endian.hpp>

#include "pack.hpp"
#include "sponge.hpp"

namespace avila::post_quantum::detail {
namespace {

using std::int16_t;
using std::int32_t;
using std::uint32_t;
using std::uint64_t;

constexpr int16_t kQ = kKemQ;
constexpr int16_t kInverseOfQ = -3327;  // of q modulo 2^16
static_assert(static_cast<int16_t>(kQ * kInverseOfQ) == 1);

constexpr int16_t centered(int32_t x) {
  x %= kQ;
  if (x > kQ / 2) x -= kQ;
  if (x < -kQ / 2) x += kQ;
  return static_cast<int16_t>(x);
}
constexpr int32_t power(int32_t base, int32_t exponent) {
  int32_t result = 1;
  for (; exponent > 0; --exponent) result = result * base % kQ;
  return result;
}
constexpr int32_t kR = (1 << 16) % kQ;  // Montgomery's factor

// 17^BitRev7(i), times R.
struct Zetas {
  int16_t at[128];
};
constexpr Zetas kZetas = [] {
  Zetas zetas{};
  for (int i = 0; i < 128; ++i) {
    int reversed = 0;
    for (int bit = 0; bit < 7; ++bit) reversed |= (i >> bit & 1) << (6 - bit);
    zetas.at[i] = centered(power(17, reversed) * kR);
  }
  return zetas;
}();

// a b / R modulo q, in (-q, q), for |a b| < q 2^15 (Montgomery 1985, with signs as by Seiler 2018).
// Halves of 16 bits, so that a compiler finds its vector instructions.
inline int16_t multiply_mod(int16_t a, int16_t b) noexcept {
  const int32_t product = int32_t{a} * b;
  const auto low = static_cast<int16_t>(product);
  const auto high = static_cast<int16_t>(product >> 16);
  const auto m = static_cast<int16_t>(low * kInverseOfQ);
  return static_cast<int16_t>(high - static_cast<int16_t>(int32_t{m} * kQ >> 16));
}

// Barrett (1986): to |a| <= q / 2.
inline int16_t reduce_centered(int16_t a) noexcept {
  constexpr int32_t kFactor = ((1 << 26) + kQ / 2) / kQ;
  const auto high = static_cast<int16_t>(kFactor * a >> 16);
  const auto quotient = static_cast<int16_t>((high + 512) >> 10);
  return static_cast<int16_t>(a - quotient * kQ);
}

// Round(x 2^d / q) modulo 2^d without a division, whose time would tell x (KyberSlash, 2024).
constexpr uint32_t compress_one(uint32_t x, unsigned d) noexcept {
  constexpr uint64_t kFactor = (uint64_t{1} << 40) / kQ + 1;
  const uint64_t n = (uint64_t{x} << d) + kQ / 2;
  return static_cast<uint32_t>(n * kFactor >> 40) & ((1U << d) - 1);
}
constexpr bool compress_is_exact(unsigned d) {
  for (uint32_t x = 0; x < kQ; ++x)
    if (compress_one(x, d) != (((x << d) + kQ / 2) / kQ & ((1U << d) - 1))) return false;
  return true;
}
static_assert(compress_is_exact(1) && compress_is_exact(4) && compress_is_exact(5));
static_assert(compress_is_exact(10) && compress_is_exact(11));

}  // namespace

void ntt(KemPoly& a) noexcept {
  std::size_t k = 1;
  // Each layer adds less than q to |a|: 8 q at the end, within 16 bits.
  for (std::size_t length = 128; length >= 2; length /= 2) {
    for (std::size_t start = 0; start < 256; start += 2 * length) {
      const int16_t zeta = kZetas.at[k++];
      int16_t* low = a.at + start;
      int16_t* high = low + length;
      for (std::size_t j = 0; j < length; ++j) {
        const int16_t t = multiply_mod(zeta, high[j]);
        high[j] = static_cast<int16_t>(low[j] - t);
        low[j] = static_cast<int16_t>(low[j] + t);
      }
    }
  }
  for (int16_t& x : a.at) x = reduce_centered(x);
}

void inverse_ntt(KemPoly& a) noexcept {
  std::size_t k = 127;
  for (std::size_t length = 2; length <= 128; length *= 2) {
    for (std::size_t start = 0; start < 256; start += 2 * length) {
      const int16_t zeta = kZetas.at[k--];
      int16_t* low = a.at + start;
      int16_t* high = low + length;
      for (std::size_t j = 0; j < length; ++j) {
        const int16_t t = low[j];
        low[j] = reduce_centered(static_cast<int16_t>(t + high[j]));
        high[j] = multiply_mod(zeta, static_cast<int16_t>(high[j] - t));
      }
    }
  }
  constexpr int16_t kScale = centered(kR * kR % kQ * 3303);  // R^2 / 128
  for (int16_t& x : a.at) x = multiply_mod(x, kScale);
}

KemPoly multiply(const KemPoly* a, std::size_t stride, const KemPoly* b,
                 std::size_t count) noexcept {
  KemPoly sum{};  // |sum| < 2 q count <= 8 q
  for (std::size_t i = 0; i < count; ++i) {
    const int16_t* x = a[i * stride].at;
    const int16_t* y = b[i].at;
    for (std::size_t j = 0; j < 256; j += 4) {
      const int16_t zeta = kZetas.at[64 + j / 4];
      const int16_t odd = multiply_mod(multiply_mod(x[j + 1], y[j + 1]), zeta);
      const int16_t odd2 = multiply_mod(multiply_mod(x[j + 3], y[j + 3]), zeta);
      int16_t* s = sum.at + j;
      s[0] = static_cast<int16_t>(s[0] + multiply_mod(x[j], y[j]) + odd);
      s[1] =
          static_cast<int16_t>(s[1] + multiply_mod(x[j], y[j + 1]) + multiply_mod(x[j + 1], y[j]));
      s[2] = static_cast<int16_t>(s[2] + multiply_mod(x[j + 2], y[j + 2]) - odd2);
      s[3] = static_cast<int16_t>(s[3] + multiply_mod(x[j + 2], y[j + 3]) +
                                  multiply_mod(x[j + 3], y[j + 2]));
    }
  }
  for (int16_t& x : sum.at) x = reduce_centered(x);
  return sum;
}

void to_plain(KemPoly& a) noexcept {
  constexpr int16_t kScale = centered(kR * kR);
  for (int16_t& x : a.at) x = multiply_mod(x, kScale);
}

void add(KemPoly& a, const KemPoly& b) noexcept {
  for (std::size_t i = 0; i < 256; ++i) a.at[i] = static_cast<int16_t>(a.at[i] + b.at[i]);
}

void reduce(KemPoly& a) noexcept {
  for (int16_t& x : a.at) {
    const int16_t r = reduce_centered(x);
    x = static_cast<int16_t>(r + (r >> 15 & kQ));
  }
}

void sample_ntt(KemPoly& a, std::span<const std::byte, 32> seed, std::size_t column,
                std::size_t row) noexcept {
  hash::Shake128 xof;
  xof.update(seed);
  const std::byte indices[2] = {static_cast<std::byte>(column), static_cast<std::byte>(row)};
  xof.update(indices);
  std::byte block[hash::Shake128::kBlockSize];
  for (std::size_t count = 0; count < 256;) {
    xof.squeeze(block);
    for (std::size_t i = 0; i < sizeof block && count < 256; i += 3) {
      const auto x = static_cast<int32_t>(load_le16(block + i)) & 0xFFF;
      const auto y = static_cast<int32_t>(load_le16(block + i + 1)) >> 4;
      if (x < kQ) a.at[count++] = static_cast<int16_t>(x);
      if (y < kQ && count < 256) a.at[count++] = static_cast<int16_t>(y);
    }
  }
}

void sample_cbd(KemPoly& a, std::size_t eta, std::span<const std::byte, 32> seed,
                std::size_t nonce) noexcept {
  std::byte stream[192];
  const field::ct::Wiper wiper(stream);
  const auto bytes = std::span(stream).first(64 * eta);
  const std::byte last[1] = {static_cast<std::byte>(nonce)};
  shake256({seed, last}, bytes);
  // The difference of two sums of eta bits each.
  if (eta == 2) {
    for (std::size_t i = 0; i < 256; i += 8) {
      const uint32_t bits = load_le32(stream + i / 2);
      const uint32_t sums = (bits & 0x55555555) + (bits >> 1 & 0x55555555);
      for (std::size_t j = 0; j < 8; ++j)
        a.at[i + j] = static_cast<int16_t>(static_cast<int32_t>(sums >> 4 * j & 3) -
                                           static_cast<int32_t>(sums >> (4 * j + 2) & 3));
    }
  } else {
    for (std::size_t i = 0; i < 256; i += 4) {
      const std::byte* three = stream + i / 4 * 3;
      const uint32_t bits = load_le16(three) | static_cast<uint32_t>(three[2]) << 16;
      const uint32_t sums = (bits & 0x249249) + (bits >> 1 & 0x249249) + (bits >> 2 & 0x249249);
      for (std::size_t j = 0; j < 4; ++j)
        a.at[i + j] = static_cast<int16_t>(static_cast<int32_t>(sums >> 6 * j & 7) -
                                           static_cast<int32_t>(sums >> (6 * j + 3) & 7));
    }
  }
}

void encode12(const KemPoly& a, std::byte* out) noexcept {
  pack(12, out, [&](std::size_t i) { return a.at[i]; });
}
void decode12(KemPoly& a, const std::byte* in) noexcept {
  unpack(12, in, [&](std::size_t i, uint32_t x) { a.at[i] = static_cast<int16_t>(x); });
}

void compress(const KemPoly& a, unsigned d, std::byte* out) noexcept {
  pack(d, out, [&](std::size_t i) { return compress_one(static_cast<uint32_t>(a.at[i]), d); });
}
void decompress(KemPoly& a, unsigned d, const std::byte* in) noexcept {
  unpack(d, in, [&](std::size_t i, uint32_t y) {
    // The barrier: compilers make a branch of a product with a single bit.
    const uint64_t hidden = field::ct::value_barrier(y);
    a.at[i] = static_cast<int16_t>((hidden * kQ + (1U << (d - 1))) >> d);
  });
}

}  // namespace avila::post_quantum::detail
