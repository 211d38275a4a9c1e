// What the processor can do and the operating system lets us use. Detected once, thread-safe.
#pragma once
#include <cstdint>
#include <string>

namespace avila::simd {

/// Bits of `features()`. A bit is set when the processor has the instructions and, for registers
/// wider than 128 bits, the operating system saves them (XGETBV).
enum class Feature : std::uint32_t {
  Sse42,  ///< with SSSE3, SSE4.1 and POPCNT
  Avx2,
  Bmi2,  ///< with BMI1 and LZCNT
  Fma,
  F16c,
  Adx,
  Aes,
  Pclmul,
  Sha,
  Vaes,
  Vpclmul,
  Avx512,  ///< F, BW, VL and DQ, with AVX2, FMA, BMI2, AES and PCLMUL
  Avx512Vnni,
  Avx512Vbmi,
  Avx512Vbmi2,  ///< with VBMI
  Avx512Ifma,
  Avx512Vpopcnt,
  Neon,
  NeonAes,
  NeonPmull,
  NeonSha2,
  NeonSha3,
  NeonSha512,
  NeonCrc32,
  Count,
};

std::uint64_t features() noexcept;

inline bool has(Feature feature) noexcept {
  return (features() >> static_cast<unsigned>(feature) & 1U) != 0;
}

// Of the shape that a kernel table wants (dispatch.hpp).
inline bool always() noexcept { return true; }
inline bool has_sse42() noexcept { return has(Feature::Sse42); }
inline bool has_avx2() noexcept { return has(Feature::Avx2); }
inline bool has_bmi2() noexcept { return has(Feature::Bmi2); }
inline bool has_adx() noexcept { return has(Feature::Adx) && has_bmi2(); }
inline bool has_avx2_bmi2() noexcept { return has_avx2() && has_bmi2(); }
inline bool has_fma() noexcept { return has(Feature::Fma); }
inline bool has_avx2_fma() noexcept { return has_avx2() && has_fma(); }
inline bool has_avx2_f16c() noexcept { return has_avx2_fma() && has(Feature::F16c); }
inline bool has_aes() noexcept { return has(Feature::Aes) && has(Feature::Pclmul); }
inline bool has_pclmul() noexcept { return has(Feature::Pclmul); }
inline bool has_sha() noexcept { return has(Feature::Sha) && has_sse42(); }
inline bool has_avx2_aes() noexcept { return has_avx2() && has_aes(); }
inline bool has_vaes() noexcept { return has(Feature::Vaes) && has_avx2_aes(); }
inline bool has_vpclmul() noexcept { return has(Feature::Vpclmul) && has_avx2_aes(); }
inline bool has_vaes_vpclmul() noexcept { return has_vaes() && has_vpclmul(); }
inline bool has_avx512() noexcept { return has(Feature::Avx512); }
inline bool has_avx512vnni() noexcept { return has(Feature::Avx512Vnni); }
inline bool has_avx512vbmi() noexcept { return has(Feature::Avx512Vbmi); }
inline bool has_avx512vbmi2() noexcept { return has(Feature::Avx512Vbmi2); }
inline bool has_avx512ifma() noexcept { return has(Feature::Avx512Ifma); }
inline bool has_avx512vpopcnt() noexcept { return has(Feature::Avx512Vpopcnt); }
inline bool has_avx512vaes() noexcept { return has_avx512() && has_vaes_vpclmul(); }
inline bool has_neon() noexcept { return has(Feature::Neon); }
inline bool has_neon_aes() noexcept { return has(Feature::NeonAes); }
inline bool has_neon_pmull() noexcept { return has(Feature::NeonPmull); }
inline bool has_neon_sha2() noexcept { return has(Feature::NeonSha2); }
inline bool has_neon_sha3() noexcept { return has(Feature::NeonSha3); }
inline bool has_neon_sha512() noexcept { return has(Feature::NeonSha512); }
inline bool has_neon_crc32() noexcept { return has(Feature::NeonCrc32); }

/// "sse42" and so on: the words of `describe_cpu`.
const char* feature_name(Feature feature) noexcept;

/// "x86-64: sse42 avx2 …", for bench reports and bug reports.
std::string describe_cpu();

namespace detail {

/// The CPUID words that matter, so that the decision can be tested with those of other machines.
struct CpuidWords {
  std::uint32_t leaf1_ecx = 0;
  std::uint32_t leaf7_ebx = 0, leaf7_ecx = 0;
  std::uint32_t extended1_ecx = 0;  ///< leaf 0x80000001
  std::uint64_t xcr0 = 0;           ///< 0 where OSXSAVE is off
};
std::uint64_t x86_features(const CpuidWords& words) noexcept;

}  // namespace detail
}  // namespace avila::simd
