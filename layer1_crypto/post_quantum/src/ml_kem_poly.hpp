// Polynomials of ML-KEM. All functions are CT but sample_ntt, whose input is public.
#pragma once
#include <avila/error/span.hpp>
#include <avila/post_quantum/ml_kem.hpp>

namespace avila::post_quantum::detail {

constexpr std::int32_t kKemQ = 3329;

/// FIPS 203 algorithm 9, in place. In: |a| < q. Out: |a| <= q / 2.
void ntt(KemPoly& a) noexcept;
/// Algorithm 10 of what multiply() gave: takes its factor 2^-16 away. Out: |a| < q.
void inverse_ntt(KemPoly& a) noexcept;
/// Sum of the products of `count` pairs in the NTT domain (algorithm 11), times 2^-16 modulo q.
/// The i-th pair is a[i * stride], b[i]; the b are reduced, |b| <= q. Out: |c| <= q / 2.
KemPoly multiply(const KemPoly* a, std::size_t stride, const KemPoly* b,
                 std::size_t count) noexcept;
/// Takes the factor 2^-16 of multiply() away.
void to_plain(KemPoly& a) noexcept;

/// a += b; the sum fits 16 bits.
void add(KemPoly& a, const KemPoly& b) noexcept;
/// To [0, q).
void reduce(KemPoly& a) noexcept;

/// Algorithm 7 of seed || column || row.
void sample_ntt(KemPoly& a, std::span<const std::byte, 32> seed, std::size_t column,
                std::size_t row) noexcept;
/// Algorithm 8 of SHAKE256(seed || nonce). `eta` is 2 or 3.
void sample_cbd(KemPoly& a, std::size_t eta, std::span<const std::byte, 32> seed,
                std::size_t nonce) noexcept;

/// Algorithms 5 and 6 with d = 12. encode12 takes coefficients of [0, q).
void encode12(const KemPoly& a, std::byte* out) noexcept;
/// Coefficients of [0, 2^12).
void decode12(KemPoly& a, const std::byte* in) noexcept;
/// ByteEncode_d(Compress_d(a)) of coefficients of [0, q); 32 d bytes. d is 1, 4, 5, 10, 11.
void compress(const KemPoly& a, unsigned d, std::byte* out) noexcept;
/// Decompress_d(ByteDecode_d(in)).
void decompress(KemPoly& a, unsigned d, const std::byte* in) noexcept;

}  // namespace avila::post_quantum::detail
