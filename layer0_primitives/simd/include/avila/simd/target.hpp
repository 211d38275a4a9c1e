// The architecture, and the attributes that let one function use instructions beyond the baseline.
// A function so marked may run only where the predicate of the same name in cpu.hpp says so.
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#define AVILA_X86_64 1
#else
#define AVILA_X86_64 0
#endif
#if defined(__aarch64__) || defined(_M_ARM64)
#define AVILA_ARM64 1
#else
#define AVILA_ARM64 0
#endif

#if AVILA_X86_64
#define AVILA_TARGET(features) __attribute__((target(features)))
#else
#define AVILA_TARGET(features)
#endif

// x86-64: SSE2 is the baseline. Each level includes what every processor with it also has.
#define AVILA_TARGET_SSE42 AVILA_TARGET("sse4.2,popcnt")
#define AVILA_TARGET_PCLMUL AVILA_TARGET("sse4.2,popcnt,pclmul")
#define AVILA_TARGET_AES AVILA_TARGET("sse4.2,popcnt,aes,pclmul")
#define AVILA_TARGET_SHA AVILA_TARGET("sse4.2,popcnt,sha")
#define AVILA_TARGET_AVX2 AVILA_TARGET("avx2,popcnt")
#define AVILA_TARGET_BMI2 AVILA_TARGET("bmi,bmi2,lzcnt,popcnt")
#define AVILA_TARGET_ADX AVILA_TARGET("bmi,bmi2,lzcnt,popcnt,adx")
#define AVILA_TARGET_AVX2_BMI2 AVILA_TARGET("avx2,bmi,bmi2,lzcnt,popcnt")
#define AVILA_TARGET_AVX2_FMA AVILA_TARGET("avx2,fma,popcnt")
#define AVILA_TARGET_AVX2_F16C AVILA_TARGET("avx2,fma,f16c,popcnt")
#define AVILA_TARGET_AVX2_AES AVILA_TARGET("avx2,popcnt,aes,pclmul")
#define AVILA_TARGET_VAES AVILA_TARGET("avx2,popcnt,aes,pclmul,vaes")
#define AVILA_TARGET_VPCLMUL AVILA_TARGET("avx2,popcnt,pclmul,vpclmulqdq")
#define AVILA_TARGET_VAES_VPCLMUL AVILA_TARGET("avx2,popcnt,aes,pclmul,vaes,vpclmulqdq")
#define AVILA_AVX512_FEATURES \
  "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,bmi,bmi2,lzcnt,popcnt,aes,pclmul"
#define AVILA_TARGET_AVX512 AVILA_TARGET(AVILA_AVX512_FEATURES)
#define AVILA_TARGET_AVX512VNNI AVILA_TARGET(AVILA_AVX512_FEATURES ",avx512vnni")
#define AVILA_TARGET_AVX512VBMI AVILA_TARGET(AVILA_AVX512_FEATURES ",avx512vbmi")
#define AVILA_TARGET_AVX512VBMI2 AVILA_TARGET(AVILA_AVX512_FEATURES ",avx512vbmi,avx512vbmi2")
#define AVILA_TARGET_AVX512IFMA AVILA_TARGET(AVILA_AVX512_FEATURES ",avx512ifma")
#define AVILA_TARGET_AVX512VPOPCNT AVILA_TARGET(AVILA_AVX512_FEATURES ",avx512vpopcntdq")
#define AVILA_TARGET_AVX512VAES AVILA_TARGET(AVILA_AVX512_FEATURES ",vaes,vpclmulqdq")

// arm64: NEON is the baseline; the rest is asked for.
#if AVILA_ARM64 && defined(__clang__)
#define AVILA_TARGET_NEON_AES __attribute__((target("aes")))
#define AVILA_TARGET_NEON_SHA2 __attribute__((target("sha2")))
#define AVILA_TARGET_NEON_CRC32 __attribute__((target("crc")))
#elif AVILA_ARM64
#define AVILA_TARGET_NEON_AES __attribute__((target("+crypto")))
#define AVILA_TARGET_NEON_SHA2 __attribute__((target("+crypto")))
#define AVILA_TARGET_NEON_CRC32 __attribute__((target("+crc")))
#else
#define AVILA_TARGET_NEON_AES
#define AVILA_TARGET_NEON_SHA2
#define AVILA_TARGET_NEON_CRC32
#endif

#if defined(__GNUC__)
#define AVILA_ALWAYS_INLINE inline __attribute__((always_inline))
#define AVILA_NOINLINE __attribute__((noinline))
#else
#define AVILA_ALWAYS_INLINE inline
#define AVILA_NOINLINE
#endif
