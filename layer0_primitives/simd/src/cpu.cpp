#include <atomic>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#if AVILA_X86_64
#if defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#elif AVILA_ARM64
#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>
#endif
#endif

namespace avila::simd {
namespace {

constexpr std::uint64_t bit(Feature feature) noexcept {
  return std::uint64_t{1} << static_cast<unsigned>(feature);
}

constexpr std::uint64_t kDetected = std::uint64_t{1} << 63;

#if AVILA_X86_64
struct Registers {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(std::uint32_t leaf, std::uint32_t subleaf) noexcept {
  Registers r;
#if defined(_MSC_VER) && !defined(__clang__)
  int words[4];
  __cpuidex(words, static_cast<int>(leaf), static_cast<int>(subleaf));
  r = {static_cast<std::uint32_t>(words[0]), static_cast<std::uint32_t>(words[1]),
       static_cast<std::uint32_t>(words[2]), static_cast<std::uint32_t>(words[3])};
#else
  __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
#endif
  return r;
}

std::uint64_t xgetbv0() noexcept {
#if defined(_MSC_VER) && !defined(__clang__)
  return _xgetbv(0);
#else
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
#endif
}

std::uint64_t detect() noexcept {
  detail::CpuidWords words;
  const std::uint32_t last = cpuid(0, 0).eax;
  if (last >= 1) words.leaf1_ecx = cpuid(1, 0).ecx;
  if (last >= 7) {
    const Registers leaf7 = cpuid(7, 0);
    words.leaf7_ebx = leaf7.ebx;
    words.leaf7_ecx = leaf7.ecx;
  }
  if (cpuid(0x80000000U, 0).eax >= 0x80000001U) words.extended1_ecx = cpuid(0x80000001U, 0).ecx;
  const bool osxsave = (words.leaf1_ecx >> 27 & 1) != 0;
  if (osxsave) words.xcr0 = xgetbv0();
  return detail::x86_features(words);
}

#elif AVILA_ARM64
#if defined(__APPLE__)
bool sysctl_flag(const char* name) noexcept {
  int value = 0;
  std::size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}
#endif

std::uint64_t detect() noexcept {
  std::uint64_t set = bit(Feature::Neon);
  const auto add = [&set](Feature feature, bool present) {
    if (present) set |= bit(feature);
  };
#if defined(__linux__)
  // Bits of asm/hwcap.h of arm64.
  const unsigned long caps = getauxval(AT_HWCAP);
  add(Feature::NeonAes, (caps >> 3 & 1) != 0);
  add(Feature::NeonPmull, (caps >> 4 & 1) != 0);
  add(Feature::NeonSha2, (caps >> 6 & 1) != 0);
  add(Feature::NeonCrc32, (caps >> 7 & 1) != 0);
  add(Feature::NeonSha3, (caps >> 17 & 1) != 0);
  add(Feature::NeonSha512, (caps >> 21 & 1) != 0);
#elif defined(__APPLE__)
  add(Feature::NeonAes, sysctl_flag("hw.optional.arm.FEAT_AES"));
  add(Feature::NeonPmull, sysctl_flag("hw.optional.arm.FEAT_PMULL"));
  add(Feature::NeonSha2, sysctl_flag("hw.optional.arm.FEAT_SHA256"));
  add(Feature::NeonCrc32, sysctl_flag("hw.optional.armv8_crc32"));
  add(Feature::NeonSha3, sysctl_flag("hw.optional.arm.FEAT_SHA3"));
  add(Feature::NeonSha512, sysctl_flag("hw.optional.arm.FEAT_SHA512"));
#elif defined(_WIN32)
  const bool crypto = IsProcessorFeaturePresent(30) != 0;  // PF_ARM_V8_CRYPTO_…
  add(Feature::NeonAes, crypto);
  add(Feature::NeonPmull, crypto);
  add(Feature::NeonSha2, crypto);
  add(Feature::NeonCrc32, IsProcessorFeaturePresent(31) != 0);  // PF_ARM_V8_CRC32_…
#endif
  return set;
}

#else
std::uint64_t detect() noexcept { return 0; }
#endif

}  // namespace

namespace detail {

// Bit numbers: Intel SDM vol. 2A, CPUID, tables 3-8 ff.; AMD APM vol. 3, appendix E.
std::uint64_t x86_features(const CpuidWords& words) noexcept {
  const auto on = [](std::uint32_t word, unsigned number) { return (word >> number & 1) != 0; };
  std::uint64_t set = 0;
  const auto add = [&set](Feature feature, bool present) {
    if (present) set |= bit(feature);
  };
  const std::uint32_t c1 = words.leaf1_ecx, b7 = words.leaf7_ebx, c7 = words.leaf7_ecx;
  // XCR0 1, 2: SSE and AVX state are saved; 5, 6, 7: opmask, ZMM0-15 high halves, ZMM16-31.
  const bool ymm = (words.xcr0 & 0x06) == 0x06;
  const bool zmm = (words.xcr0 & 0xE6) == 0xE6;
  const bool avx = on(c1, 28) && ymm;

  const bool sse42 = on(c1, 9) && on(c1, 19) && on(c1, 20) && on(c1, 23);
  const bool avx2 = sse42 && avx && on(b7, 5);
  const bool bmi2 = on(b7, 3) && on(b7, 8) && on(words.extended1_ecx, 5);
  const bool fma = avx && on(c1, 12);
  const bool aes = sse42 && on(c1, 25);
  const bool pclmul = sse42 && on(c1, 1);
  add(Feature::Sse42, sse42);
  add(Feature::Avx2, avx2);
  add(Feature::Bmi2, bmi2);
  add(Feature::Fma, fma);
  add(Feature::F16c, avx && on(c1, 29));
  add(Feature::Adx, on(b7, 19));
  add(Feature::Aes, aes);
  add(Feature::Pclmul, pclmul);
  add(Feature::Sha, sse42 && on(b7, 29));
  add(Feature::Vaes, avx2 && on(c7, 9));
  add(Feature::Vpclmul, avx2 && on(c7, 10));
  const bool avx512 = zmm && avx2 && bmi2 && fma && aes && pclmul && on(b7, 16) && on(b7, 17) &&
                      on(b7, 30) && on(b7, 31);
  add(Feature::Avx512, avx512);
  add(Feature::Avx512Vnni, avx512 && on(c7, 11));
  add(Feature::Avx512Vbmi, avx512 && on(c7, 1));
  add(Feature::Avx512Vbmi2, avx512 && on(c7, 1) && on(c7, 6));
  add(Feature::Avx512Ifma, avx512 && on(b7, 21));
  add(Feature::Avx512Vpopcnt, avx512 && on(c7, 14));
  return set;
}

}  // namespace detail

std::uint64_t features() noexcept {
  // Two threads may both detect; they find the same.
  static std::atomic<std::uint64_t> known{0};
  std::uint64_t set = known.load(std::memory_order_relaxed);
  if (set == 0) [[unlikely]] {
    set = detect() | kDetected;
    known.store(set, std::memory_order_relaxed);
  }
  return set;
}

const char* feature_name(Feature feature) noexcept {
  static constexpr const char* kNames[] = {
      "sse42",      "avx2",       "bmi2",        "fma",        "f16c",          "adx",
      "aes",        "pclmul",     "sha",         "vaes",       "vpclmul",       "avx512",
      "avx512vnni", "avx512vbmi", "avx512vbmi2", "avx512ifma", "avx512vpopcnt", "neon",
      "neon_aes",   "neon_pmull", "neon_sha2",   "neon_sha3",  "neon_sha512",   "neon_crc32"};
  static_assert(sizeof kNames / sizeof *kNames == static_cast<unsigned>(Feature::Count));
  return feature < Feature::Count ? kNames[static_cast<unsigned>(feature)] : "unknown";
}

std::string describe_cpu() {
  std::string text = AVILA_X86_64 != 0 ? "x86-64:" : AVILA_ARM64 != 0 ? "arm64:" : "portable:";
  for (unsigned i = 0; i < static_cast<unsigned>(Feature::Count); ++i) {
    if (!has(static_cast<Feature>(i))) continue;
    text += ' ';
    text += feature_name(static_cast<Feature>(i));
  }
  return text;
}

}  // namespace avila::simd
