#include <avila/hash/secret.hpp>
#include <avila/mac/poly1305.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/primitives/wide.hpp>
#include <cstring>

#include "poly1305_kernels.hpp"

namespace avila::mac {
namespace detail {
namespace {
constexpr std::uint64_t kLimb44 = (std::uint64_t{1} << 44) - 1;
constexpr std::uint64_t kLimb42 = (std::uint64_t{1} << 42) - 1;
}  // namespace

void poly1305_start(Poly1305State& state, const std::byte key[32]) noexcept {
  const std::uint64_t low = load_le64(key) & 0x0ffffffc0fffffff;  // §2.5.1: r is clamped
  const std::uint64_t high = load_le64(key + 8) & 0x0ffffffc0ffffffc;
  state = {{low & kLimb44, (low >> 44 | high << 20) & kLimb44, high >> 24},
           {0, 0, 0},
           {load_le64(key + 16), load_le64(key + 24)}};
}

void poly1305_portable(Poly1305State& state, const std::byte* in, std::size_t blocks,
                       std::uint64_t high) noexcept {
  const std::uint64_t r0 = state.r[0], r1 = state.r[1], r2 = state.r[2];
  // 2^132 is 20 modulo 2^130 - 5: what limbs 1 and 2 carry beyond the third one.
  const std::uint64_t s1 = 20 * r1, s2 = 20 * r2;
  std::uint64_t h0 = state.h[0], h1 = state.h[1], h2 = state.h[2];
  for (; blocks > 0; --blocks, in += 16) {
    const std::uint64_t low = load_le64(in), top = load_le64(in + 8);
    h0 += low & kLimb44;
    h1 += (low >> 44 | top << 20) & kLimb44;
    h2 += top >> 24 | high << 40;
    const u128 d0 = u128{h0} * r0 + u128{h1} * s2 + u128{h2} * s1;
    u128 d1 = u128{h0} * r1 + u128{h1} * r0 + u128{h2} * s2;
    u128 d2 = u128{h0} * r2 + u128{h1} * r1 + u128{h2} * r0;
    d1 += static_cast<std::uint64_t>(d0 >> 44);
    d2 += static_cast<std::uint64_t>(d1 >> 44);
    h0 = (static_cast<std::uint64_t>(d0) & kLimb44) + 5 * static_cast<std::uint64_t>(d2 >> 42);
    h1 = (static_cast<std::uint64_t>(d1) & kLimb44) + (h0 >> 44);
    h0 &= kLimb44;
    h2 = static_cast<std::uint64_t>(d2) & kLimb42;
  }
  state.h[0] = h0, state.h[1] = h1, state.h[2] = h2;
}

void poly1305_finish(Poly1305State& state, std::byte tag[16]) noexcept {
  std::uint64_t h0 = state.h[0], h1 = state.h[1], h2 = state.h[2];
  for (int pass = 0; pass < 2; ++pass) {  // carries, until every limb has its own bits only
    h1 += h0 >> 44, h0 &= kLimb44;
    h2 += h1 >> 44, h1 &= kLimb44;
    h0 += 5 * (h2 >> 42), h2 &= kLimb42;
  }
  h1 += h0 >> 44, h0 &= kLimb44;
  // h - p, taken where it is not negative.
  const std::uint64_t g0 = h0 + 5, g1 = h1 + (g0 >> 44);
  const std::uint64_t g2 = h2 + (g1 >> 44) - (std::uint64_t{1} << 42);
  const std::uint64_t keep = 0 - (g2 >> 63);
  h0 = (h0 & keep) | (g0 & kLimb44 & ~keep);
  h1 = (h1 & keep) | (g1 & kLimb44 & ~keep);
  h2 = (h2 & keep) | (g2 & ~keep);
  const std::uint64_t low = h0 | h1 << 44, high = h1 >> 20 | h2 << 24;
  const u128 sum = (u128{high} << 64 | low) + (u128{state.pad[1]} << 64 | state.pad[0]);
  store_le64(tag, static_cast<std::uint64_t>(sum));
  store_le64(tag + 8, static_cast<std::uint64_t>(sum >> 64));
}

}  // namespace detail

Poly1305::Poly1305(std::span<const std::byte, kKeySize> one_time_key) noexcept {
  detail::poly1305_start(state_, one_time_key.data());
}

Poly1305::~Poly1305() {
  hash::wipe(&state_, sizeof state_);
  hash::wipe(last_, sizeof last_);
}

void Poly1305::update(ByteSpan bytes) noexcept {
  if (bytes.empty()) return;
  if (held_ > 0) {
    const std::size_t fill = bytes.size() < 16 - held_ ? bytes.size() : 16 - held_;
    std::memcpy(last_ + held_, bytes.data(), fill);
    held_ += fill;
    bytes = bytes.subspan(fill);
    if (held_ < 16) return;
    detail::poly1305_blocks(state_, last_, 1, 1);
  }
  const std::size_t blocks = bytes.size() / 16;
  detail::poly1305_blocks(state_, bytes.data(), blocks, 1);
  held_ = bytes.size() - 16 * blocks;
  if (held_ > 0) std::memcpy(last_, bytes.data() + 16 * blocks, held_);
}

void Poly1305::pad16() noexcept {
  if (held_ == 0) return;
  std::memset(last_ + held_, 0, 16 - held_);
  detail::poly1305_blocks(state_, last_, 1, 1);
  held_ = 0;
}

Poly1305::Tag Poly1305::finish() noexcept {
  if (held_ > 0) {
    last_[held_] = std::byte{1};
    std::memset(last_ + held_ + 1, 0, 15 - held_);
    detail::poly1305_blocks(state_, last_, 1, 0);
  }
  Tag tag;
  detail::poly1305_finish(state_, tag.data());
  return tag;
}

bool Poly1305::verify(ByteSpan tag) noexcept { return hash::equal_tags(finish(), tag); }

}  // namespace avila::mac
