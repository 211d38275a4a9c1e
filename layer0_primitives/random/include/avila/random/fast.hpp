// Generators for simulations, tests and sampling; never for keys, tokens or anything that somebody
// gains by guessing (chacha.hpp has those). Each gives the same numbers everywhere for a seed.
#pragma once
#include <avila/random/distribution.hpp>
#include <bit>
#include <cstdint>

namespace avila::random {

/// Steele, Lea and Flood (2014), the variant of Java's SplittableRandom; 64 bits of state. Good for
/// seeding the others.
class SplitMix64 : public Numbers<SplitMix64> {
 public:
  explicit constexpr SplitMix64(std::uint64_t seed) noexcept : state_(seed) {}
  constexpr std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// A generator of its own, for a part of a simulation.
  constexpr SplitMix64 split() noexcept { return SplitMix64(next()); }

 private:
  std::uint64_t state_;
};

/// xoshiro256++ 1.0 of Blackman and Vigna (2018): the general-purpose choice; period 2^256 - 1.
class Xoshiro256pp : public Numbers<Xoshiro256pp> {
 public:
  explicit constexpr Xoshiro256pp(std::uint64_t seed) noexcept {
    SplitMix64 fill(seed);
    for (std::uint64_t& word : s_) word = fill.next();
  }
  /// The state itself; it must not be all zero.
  constexpr Xoshiro256pp(std::uint64_t a, std::uint64_t b, std::uint64_t c,
                         std::uint64_t d) noexcept
      : s_{a, b, c, d} {}

  constexpr std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(s_[0] + s_[3], 23) + s_[0];
    const std::uint64_t t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = std::rotl(s_[3], 45);
    return result;
  }
  /// Goes 2^128 (2^192) numbers ahead: streams that never overlap.
  constexpr void jump() noexcept {
    leap({0x180EC6D33CFD0ABAU, 0xD5A61266F0C9392CU, 0xA9582618E03FC9AAU, 0x39ABDC4529B1661CU});
  }
  constexpr void long_jump() noexcept {
    leap({0x76E15D3EFEFDCBBFU, 0xC5004E441C522FB3U, 0x77710069854EE241U, 0x39109BB02ACBE635U});
  }

 private:
  struct Polynomial {
    std::uint64_t words[4];
  };
  constexpr void leap(const Polynomial& polynomial) noexcept {
    std::uint64_t sum[4] = {};
    for (const std::uint64_t word : polynomial.words) {
      for (int b = 0; b < 64; ++b) {
        if ((word >> b & 1) != 0)
          for (int i = 0; i < 4; ++i) sum[i] ^= s_[i];
        (void)next();
      }
    }
    for (int i = 0; i < 4; ++i) s_[i] = sum[i];
  }
  std::uint64_t s_[4]{};
};

/// PCG XSL RR 128/64 of O'Neill (2014): a 128-bit linear congruential generator, permuted. Each
/// `stream` is a sequence of its own.
class Pcg64 : public Numbers<Pcg64> {
 public:
  explicit constexpr Pcg64(std::uint64_t seed, std::uint64_t stream = 1) noexcept
      : increment_(static_cast<U128>(stream) << 1 | 1) {
    (void)step();
    state_ += seed;
    (void)step();
  }
  constexpr std::uint64_t next() noexcept {
    const U128 state = step();
    const auto folded = static_cast<std::uint64_t>(state >> 64) ^ static_cast<std::uint64_t>(state);
    return std::rotr(folded, static_cast<int>(state >> 122));
  }

 private:
  __extension__ using U128 = unsigned __int128;
  constexpr U128 step() noexcept {
    constexpr U128 kMultiplier = static_cast<U128>(0x2360ED051FC65DA4U) << 64 | 0x4385DF649FCCF645U;
    return state_ = state_ * kMultiplier + increment_;
  }
  U128 state_ = 0;
  U128 increment_;
};

}  // namespace avila::random
