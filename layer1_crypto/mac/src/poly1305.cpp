#include <avila/hash/secret.hpp>
#include <avila/mac/poly1305.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/primitives/wide.hpp>
#include <cstring>

#include "poly1305_kernels.hpp"

namespace avila::mac {
namespace detail {

void poly1305_start(Poly1305State& state, const std::byte key[32]) noexcept {
  state = {{load_le64(key) & 0x0ffffffc0fffffff, load_le64(key + 8) & 0x0ffffffc0ffffffc},
           {0, 0, 0},  // §2.5.1: r is clamped
           {load_le64(key + 16), load_le64(key + 24)}};
}

void poly1305_portable(Poly1305State& state, const std::byte* in, std::size_t blocks,
                       std::uint64_t high) noexcept {
  const std::uint64_t r0 = state.r[0], r1 = state.r[1];
  // 2^128 r1 is 2^130 r1 / 4, which is 5 r1 / 4 modulo 2^130 - 5: clamping made it a multiple of 4.
  const std::uint64_t s1 = r1 + (r1 >> 2);
  std::uint64_t h0 = state.h[0], h1 = state.h[1], h2 = state.h[2];
  for (; blocks > 0; --blocks, in += 16) {
    // Carries by hand: g++ 12 takes sums of 128 bits through memory.
    const std::uint64_t low = load_le64(in), top = load_le64(in + 8);
    h0 += low;
    std::uint64_t carry = h0 < low;
    h1 += carry;
    carry = h1 < carry;
    h1 += top;
    h2 += high + carry + (h1 < top);
    // h2 is below 8 and r clamped: what is multiplied by h2 stays in 64 bits, with the carry of d0.
    const u128 d0 = u128{h0} * r0 + u128{h1} * s1;
    const u128 d1 = u128{h0} * r1 + u128{h1} * r0;
    const std::uint64_t more = h2 * s1 + static_cast<std::uint64_t>(d0 >> 64);
    h1 = static_cast<std::uint64_t>(d1) + more;
    h2 = h2 * r0 + static_cast<std::uint64_t>(d1 >> 64) + (h1 < more);
    // What lies from 2^130 on comes back five times: four times as it is, and once.
    const std::uint64_t back = (h2 & ~std::uint64_t{3}) + (h2 >> 2);
    h0 = static_cast<std::uint64_t>(d0) + back;
    carry = h0 < back;
    h1 += carry;
    h2 = (h2 & 3) + (h1 < carry);
  }
  state.h[0] = h0, state.h[1] = h1, state.h[2] = h2;
}

void poly1305_finish(Poly1305State& state, std::byte tag[16]) noexcept {
  const std::uint64_t h0 = state.h[0], h1 = state.h[1], h2 = state.h[2];
  // h - p, which is h + 5 - 2^130, is taken where it is not negative: h is below 2 p.
  const u128 low = u128{h0} + 5;
  const u128 high = u128{h1} + static_cast<std::uint64_t>(low >> 64);
  const std::uint64_t top = h2 + static_cast<std::uint64_t>(high >> 64);
  const std::uint64_t take = 0 - (top >> 2);
  const std::uint64_t t0 = (h0 & ~take) | (static_cast<std::uint64_t>(low) & take);
  const std::uint64_t t1 = (h1 & ~take) | (static_cast<std::uint64_t>(high) & take);
  const u128 sum = (u128{t1} << 64 | t0) + (u128{state.pad[1]} << 64 | state.pad[0]);
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
