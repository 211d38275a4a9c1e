#include "ml_dsa_poly.hpp"

#include <algorithm>
#include <avila/field/ct.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/primitives/endian.hpp>

#include "pack.hpp"
#include "sponge.hpp"

namespace avila::post_quantum::detail {
namespace {

using std::int32_t;
using std::int64_t;
using std::uint32_t;
using std::uint64_t;

constexpr int32_t kQ = kDsaQ;
constexpr int32_t kInverseOfQ = 58728449;  // of q modulo 2^32
static_assert(static_cast<uint32_t>(kQ) * static_cast<uint32_t>(kInverseOfQ) == 1);

constexpr int64_t kR = (int64_t{1} << 32) % kQ;  // Montgomery's factor
constexpr int32_t centered(int64_t x) {
  x %= kQ;
  return static_cast<int32_t>(x > kQ / 2 ? x - kQ : x);
}

// 1753^BitRev8(i), times R.
struct Zetas {
  int32_t at[256];
};
constexpr Zetas kZetas = [] {
  int64_t powers[256] = {1};
  for (std::size_t i = 1; i < 256; ++i) powers[i] = powers[i - 1] * 1753 % kQ;
  Zetas zetas{};
  for (std::size_t i = 0; i < 256; ++i) {
    std::size_t reversed = 0;
    for (unsigned bit = 0; bit < 8; ++bit) reversed |= (i >> bit & 1) << (7 - bit);
    zetas.at[i] = centered(powers[reversed] * kR);
  }
  return zetas;
}();

// a b / R modulo q, in (-q, q), for |a b| < q 2^31.
inline int32_t multiply_mod(int32_t a, int32_t b) noexcept {
  const int64_t product = int64_t{a} * b;
  const auto m =
      static_cast<int32_t>(static_cast<uint32_t>(product) * static_cast<uint32_t>(kInverseOfQ));
  return static_cast<int32_t>((product - int64_t{m} * kQ) >> 32);
}

// q is 2^23 - 2^13 + 1: what a multiple of 2^23 is too much, a multiple of q takes away.
inline int32_t reduce_one(int32_t a) noexcept { return a - ((a + (1 << 22)) >> 23) * kQ; }

Secret<hash::Shake256> start(std::span<const std::byte, 64> seed, std::size_t nonce) noexcept {
  Secret<hash::Shake256> xof;
  const std::byte last[2] = {static_cast<std::byte>(nonce), static_cast<std::byte>(nonce >> 8)};
  xof->update(seed);
  xof->update(last);
  return xof;
}

}  // namespace

void ntt(DsaPoly& a) noexcept {
  std::size_t k = 1;
  // Each layer adds less than q to |a|.
  for (std::size_t length = 128; length >= 1; length /= 2) {
    for (std::size_t start = 0; start < 256; start += 2 * length) {
      const int32_t zeta = kZetas.at[k++];
      int32_t* low = a.at + start;
      int32_t* high = low + length;
      for (std::size_t j = 0; j < length; ++j) {
        const int32_t t = multiply_mod(zeta, high[j]);
        high[j] = low[j] - t;
        low[j] = low[j] + t;
      }
    }
  }
  reduce_centered(a);
}

void inverse_ntt(DsaPoly& a) noexcept {
  std::size_t k = 255;
  // Each layer doubles |a| at most: 256 q < 2^31.
  for (std::size_t length = 1; length <= 128; length *= 2) {
    for (std::size_t start = 0; start < 256; start += 2 * length) {
      const int32_t zeta = kZetas.at[k--];
      int32_t* low = a.at + start;
      int32_t* high = low + length;
      for (std::size_t j = 0; j < length; ++j) {
        const int32_t t = low[j];
        low[j] = t + high[j];
        high[j] = multiply_mod(zeta, high[j] - t);
      }
    }
  }
  constexpr int32_t kScale = centered(kR * kR % kQ * 8347681);  // R^2 / 256
  for (int32_t& x : a.at) x = multiply_mod(x, kScale);
}

void multiply_add(DsaPoly& sum, const DsaPoly& a, const DsaPoly& b) noexcept {
  for (std::size_t i = 0; i < 256; ++i) sum.at[i] += multiply_mod(a.at[i], b.at[i]);
}
void multiply_subtract(DsaPoly& sum, const DsaPoly& a, const DsaPoly& b) noexcept {
  for (std::size_t i = 0; i < 256; ++i) sum.at[i] -= multiply_mod(a.at[i], b.at[i]);
}
void add(DsaPoly& a, const DsaPoly& b) noexcept {
  for (std::size_t i = 0; i < 256; ++i) a.at[i] += b.at[i];
}
void subtract(DsaPoly& a, const DsaPoly& b) noexcept {
  for (std::size_t i = 0; i < 256; ++i) a.at[i] -= b.at[i];
}
void reduce_centered(DsaPoly& a) noexcept {
  for (int32_t& x : a.at) x = reduce_one(x);
}
void reduce(DsaPoly& a) noexcept {
  for (int32_t& x : a.at) {
    const int32_t r = reduce_one(x);
    x = r + (r >> 31 & kQ);
  }
}

Decomposed decompose(int32_t r, int32_t gamma2) noexcept {
  // The quotient (r + gamma2 - 1) / (2 gamma2) without a division: 2 gamma2 is 2^9 1023 or 2^11 93,
  // and the rest is a product with its reciprocal, exact for all r (tests try every one).
  const int32_t n = r + gamma2 - 1;
  const bool wide = gamma2 == (kQ - 1) / 32;
  const int32_t quotient = wide ? (n >> 9) * 65601 >> 26 : (n >> 11) * 45101 >> 22;
  // The topmost piece is one number, q - 1 less than it would be: it counts as high = 0.
  const int32_t last = wide ? 16 : 44;
  const int32_t is_last = ~((quotient - last) >> 31);
  return {quotient & ~is_last, r - quotient * 2 * gamma2 - (is_last & 1)};
}

int32_t exceeds(const DsaPoly& a, int32_t bound) noexcept {
  int32_t over = 0;
  for (const int32_t x : a.at) {
    const int32_t sign = x >> 31;
    over |= (bound - 1 - ((x ^ sign) - sign)) >> 31;
  }
  return over;
}

void sample_ntt(DsaPoly& a, std::span<const std::byte, 32> seed, std::size_t column,
                std::size_t row) noexcept {
  hash::Shake128 xof;
  const std::byte indices[2] = {static_cast<std::byte>(column), static_cast<std::byte>(row)};
  xof.update(seed);
  xof.update(indices);
  std::byte block[hash::Shake128::kBlockSize];
  for (std::size_t count = 0; count < 256;) {
    xof.squeeze(block);
    for (std::size_t i = 0; i < sizeof block && count < 256; i += 3) {
      const auto x = static_cast<int32_t>(load_le16(block + i) |
                                          (static_cast<uint32_t>(block[i + 2]) & 0x7F) << 16);
      if (x < kQ) a.at[count++] = x;
    }
  }
}

void sample_bounded(DsaPoly& a, int32_t eta, std::span<const std::byte, 64> seed,
                    std::size_t nonce) noexcept {
  Secret<hash::Shake256> xof = start(seed, nonce);
  std::byte block[hash::Shake256::kBlockSize];
  std::uint8_t taken[2 * sizeof block];
  const field::ct::Wiper block_wiper(block);
  const int32_t limit = eta == 2 ? 15 : 9;
  const auto draw = [&](std::size_t i) {
    return static_cast<int32_t>(block[i / 2]) >> 4 * (i % 2) & 15;
  };
  for (std::size_t count = 0; count < 256;) {
    xof->squeeze(block);
    for (std::size_t i = 0; i < sizeof taken; ++i)
      taken[i] = static_cast<std::uint8_t>((draw(i) - limit) >> 31 & 1);
    field::ct::declassify(taken, sizeof taken);
    for (std::size_t i = 0; i < sizeof taken && count < 256; ++i) {
      if (taken[i] == 0) continue;
      const int32_t x = draw(i);
      a.at[count++] = eta == 2 ? 2 - (x - (x * 205 >> 10) * 5) : 4 - x;  // 2 - x modulo 5
    }
  }
}

void sample_mask(DsaPoly& a, unsigned bits, std::span<const std::byte, 64> seed,
                 std::size_t nonce) noexcept {
  std::byte stream[640];
  const field::ct::Wiper stream_wiper(stream);
  Secret<hash::Shake256> xof = start(seed, nonce);
  xof->squeeze(std::span(stream).first(32 * bits));
  unpack_below(a, 1 << (bits - 1), bits, stream);
}

void sample_in_ball(DsaPoly& a, std::size_t weight, ByteSpan seed) noexcept {
  hash::Shake256 xof;
  xof.update(seed);
  std::byte block[hash::Shake256::kBlockSize];
  xof.squeeze(block);
  uint64_t signs = load_le64(block);
  std::size_t next = 8;
  std::fill(std::begin(a.at), std::end(a.at), 0);
  for (std::size_t i = 256 - weight; i < 256;) {
    if (next == sizeof block) {
      xof.squeeze(block);
      next = 0;
    }
    const auto j = static_cast<std::size_t>(block[next++]);
    if (j > i) continue;
    a.at[i] = a.at[j];
    a.at[j] = 1 - 2 * static_cast<int32_t>(signs & 1);
    signs >>= 1;
    ++i;
  }
}

void pack_plain(const DsaPoly& a, unsigned bits, std::byte* out) noexcept {
  pack(bits, out, [&](std::size_t i) { return a.at[i]; });
}
void unpack_plain(DsaPoly& a, unsigned bits, const std::byte* in) noexcept {
  unpack(bits, in, [&](std::size_t i, uint32_t x) { a.at[i] = static_cast<int32_t>(x); });
}
void pack_below(const DsaPoly& a, int32_t top, unsigned bits, std::byte* out) noexcept {
  pack(bits, out, [&](std::size_t i) { return top - a.at[i]; });
}
void unpack_below(DsaPoly& a, int32_t top, unsigned bits, const std::byte* in) noexcept {
  unpack(bits, in, [&](std::size_t i, uint32_t x) { a.at[i] = top - static_cast<int32_t>(x); });
}

}  // namespace avila::post_quantum::detail
