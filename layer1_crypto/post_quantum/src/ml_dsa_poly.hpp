// Polynomials of ML-DSA. All functions are CT but those on public input, which say so.
#pragma once
#include <avila/error/span.hpp>
#include <avila/post_quantum/ml_dsa.hpp>

namespace avila::post_quantum::detail {

constexpr std::int32_t kDsaQ = 8380417;
constexpr unsigned kDsaDropped = 13;  // d: low bits of t that the public key leaves out

/// FIPS 204 algorithm 41, in place. In: |a| < q. Out: |a| < q.
void ntt(DsaPoly& a) noexcept;
/// Algorithm 42 of what multiply() gave: takes its factor 2^-32 away. In: |a| < q. Out: |a| < q.
void inverse_ntt(DsaPoly& a) noexcept;
/// sum += a b 2^-32 modulo q in the NTT domain: each call adds less than q to |sum|.
/// |a b| < q 2^31.
void multiply_add(DsaPoly& sum, const DsaPoly& a, const DsaPoly& b) noexcept;
void multiply_subtract(DsaPoly& sum, const DsaPoly& a, const DsaPoly& b) noexcept;
void add(DsaPoly& a, const DsaPoly& b) noexcept;
void subtract(DsaPoly& a, const DsaPoly& b) noexcept;
/// To |a| < 0.75 q, a small number to itself. In: |a| < 2^31 - 2^22.
void reduce_centered(DsaPoly& a) noexcept;
/// To [0, q). In: |a| < 2^31 - 2^22.
void reduce(DsaPoly& a) noexcept;

/// Of r in [0, q): r = high 2 gamma2 + low, as algorithm 36 has it. gamma2 is (q - 1) / 88 or
/// (q - 1) / 32.
struct Decomposed {
  std::int32_t high, low;
};
Decomposed decompose(std::int32_t r, std::int32_t gamma2) noexcept;
/// All ones in the high bits where some |a| >= bound, else 0; |a| < 2^31 - bound.
std::int32_t exceeds(const DsaPoly& a, std::int32_t bound) noexcept;

/// Algorithm 30 of seed || column || row. Public input.
void sample_ntt(DsaPoly& a, std::span<const std::byte, 32> seed, std::size_t column,
                std::size_t row) noexcept;
/// Algorithm 31 of seed || nonce, two bytes. `eta` is 2 or 4. How many draws were refused shows,
/// which says nothing of those that were taken.
void sample_bounded(DsaPoly& a, std::int32_t eta, std::span<const std::byte, 64> seed,
                    std::size_t nonce) noexcept;
/// One polynomial of algorithm 34: seed || nonce, two bytes. `bits` is 18 or 20: |a| <= 2^(bits-1).
void sample_mask(DsaPoly& a, unsigned bits, std::span<const std::byte, 64> seed,
                 std::size_t nonce) noexcept;
/// Algorithm 29: `weight` coefficients of +-1. Public input.
void sample_in_ball(DsaPoly& a, std::size_t weight, ByteSpan seed) noexcept;

/// SimpleBitPack of coefficients in [0, 2^bits), and back.
void pack_plain(const DsaPoly& a, unsigned bits, std::byte* out) noexcept;
void unpack_plain(DsaPoly& a, unsigned bits, const std::byte* in) noexcept;
/// BitPack: `top` minus each coefficient is packed, and back.
void pack_below(const DsaPoly& a, std::int32_t top, unsigned bits, std::byte* out) noexcept;
void unpack_below(DsaPoly& a, std::int32_t top, unsigned bits, const std::byte* in) noexcept;

}  // namespace avila::post_quantum::detail
