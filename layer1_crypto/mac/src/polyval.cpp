// POLYVAL without carry-less multiplication, and what makes GHASH of it.
#include <avila/hash/secret.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/primitives/wide.hpp>
#include <cstring>

#include "polyval_kernels.hpp"

namespace avila::mac::detail {
namespace {

// Of 64 bits every fifth: sums of 13 products stay below 2^5, so no carry reaches the next bit that
// counts. CT where the processor's multiplication is: on x86-64 and arm64.
constexpr std::uint64_t kFifth = 0x1084210842108421;

u128 multiply_carryless(std::uint64_t x, std::uint64_t y) noexcept {
  constexpr u128 kWideFifth = [] {
    u128 mask = 0;
    for (unsigned bit = 0; bit < 128; bit += 5) mask |= u128{1} << bit;
    return mask;
  }();
  std::uint64_t a[5], b[5];
  for (unsigned i = 0; i < 5; ++i) a[i] = x & kFifth << i, b[i] = y & kFifth << i;
  u128 product = 0;
  for (unsigned k = 0; k < 5; ++k) {
    u128 sum = 0;
    for (unsigned i = 0; i < 5; ++i) sum ^= u128{a[i]} * b[(k + 5 - i) % 5];
    product |= sum & kWideFifth << k;
  }
  return product;
}

struct Element {
  std::uint64_t low, high;
};

// a b x^-128 modulo x^128 + x^127 + x^126 + x^121 + 1.
Element dot(Element a, Element b) noexcept {
  const u128 low = multiply_carryless(a.low, b.low);
  const u128 high = multiply_carryless(a.high, b.high);
  const u128 middle = multiply_carryless(a.low ^ a.high, b.low ^ b.high) ^ low ^ high;
  const auto v0 = static_cast<std::uint64_t>(low);
  std::uint64_t v1 = static_cast<std::uint64_t>(low >> 64) ^ static_cast<std::uint64_t>(middle);
  std::uint64_t v2 = static_cast<std::uint64_t>(high) ^ static_cast<std::uint64_t>(middle >> 64);
  auto v3 = static_cast<std::uint64_t>(high >> 64);
  // Add the modulus times what clears the lowest word, twice.
  v1 ^= v0 << 57 ^ v0 << 62 ^ v0 << 63;
  v2 ^= v0 ^ v0 >> 1 ^ v0 >> 2 ^ v0 >> 7;
  v2 ^= v1 << 57 ^ v1 << 62 ^ v1 << 63;
  v3 ^= v1 ^ v1 >> 1 ^ v1 >> 2 ^ v1 >> 7;
  return {v2, v3};
}

Element load(const std::byte* from) noexcept { return {load_le64(from), load_le64(from + 8)}; }
void store(std::byte* to, Element x) noexcept {
  store_le64(to, x.low);
  store_le64(to + 8, x.high);
}

void start(PolyvalKey& key, const std::byte h[16], bool) noexcept {
  std::memcpy(key.powers[kPolyvalPowers - 1], h, 16);
  key.wide = false;
}

void update(const PolyvalKey& key, std::byte hash[16], const std::byte* in, std::size_t blocks,
            bool reversed) noexcept {
  const Element h = load(key.powers[kPolyvalPowers - 1]);
  Element sum = load(hash);
  for (; blocks > 0; --blocks, in += 16) {
    const Element x = reversed ? Element{load_be64(in + 8), load_be64(in)} : load(in);
    sum = dot({sum.low ^ x.low, sum.high ^ x.high}, h);
  }
  store(hash, sum);
}

}  // namespace

const PolyvalCode kPolyvalPortable{start, update};

void ghash_start(PolyvalKey& key, const std::byte h[16], bool wide) noexcept {
  const Element x{load_be64(h + 8), load_be64(h)};
  const std::uint64_t carry = 0 - (x.high >> 63);
  std::byte turned[16];
  store(turned,
        {x.low << 1 ^ (carry & 1), (x.high << 1 | x.low >> 63) ^ (carry & 0xc200000000000000)});
  polyval().start(key, turned, wide);
  hash::wipe(turned, sizeof turned);
}

void ghash_padded(const PolyvalKey& key, std::byte hash[16], const std::byte* in,
                  std::size_t size) noexcept {
  const std::size_t blocks = size / 16, rest = size % 16;
  if (blocks > 0) polyval().update(key, hash, in, blocks, true);
  if (rest == 0) return;
  std::byte last[16] = {};
  std::memcpy(last, in + 16 * blocks, rest);
  polyval().update(key, hash, last, 1, true);
}

void ghash_finish(const PolyvalKey& key, std::byte hash[16], std::uint64_t aad_bytes,
                  std::uint64_t text_bytes) noexcept {
  std::byte lengths[16];
  store_be64(lengths, 8 * aad_bytes);
  store_be64(lengths + 8, 8 * text_bytes);
  polyval().update(key, hash, lengths, 1, true);
  const Element turned = load(hash);
  store_be64(hash, turned.high);
  store_be64(hash + 8, turned.low);
}

void gcm_counter(const PolyvalKey& key, const std::byte* nonce, std::size_t size,
                 std::byte counter[16]) noexcept {
  std::memset(counter, 0, 16);
  if (size == 12) {
    std::memcpy(counter, nonce, 12);
    counter[15] = std::byte{1};
  } else {
    ghash_padded(key, counter, nonce, size);
    ghash_finish(key, counter, 0, size);
  }
}

}  // namespace avila::mac::detail
