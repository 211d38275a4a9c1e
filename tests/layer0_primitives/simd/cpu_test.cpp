#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>
#include <avila/simd/target.hpp>

namespace avila::simd {
namespace {

bool has_in(std::uint64_t set, Feature feature) {
  return (set >> static_cast<unsigned>(feature) & 1) != 0;
}

// Every bit on: what decides is then the state that the operating system saves.
detail::CpuidWords everything() {
  return {.leaf1_ecx = ~0U, .leaf7_ebx = ~0U, .leaf7_ecx = ~0U, .extended1_ecx = ~0U, .xcr0 = 0xE7};
}

TEST(CpuFeatures, Avx512NeedsZmmStateFromTheSystem) {
  auto words = everything();
  EXPECT_TRUE(has_in(detail::x86_features(words), Feature::Avx512Vnni));
  words.xcr0 = 0x07;
  EXPECT_FALSE(has_in(detail::x86_features(words), Feature::Avx512));
  EXPECT_FALSE(has_in(detail::x86_features(words), Feature::Avx512Vbmi2));
  EXPECT_TRUE(has_in(detail::x86_features(words), Feature::Avx2));
}

TEST(CpuFeatures, AvxNeedsYmmStateFromTheSystem) {
  auto words = everything();
  words.xcr0 = 0x03;
  const auto set = detail::x86_features(words);
  EXPECT_FALSE(has_in(set, Feature::Avx2));
  EXPECT_FALSE(has_in(set, Feature::Fma));
  EXPECT_FALSE(has_in(set, Feature::Vaes));
  EXPECT_TRUE(has_in(set, Feature::Aes));
  EXPECT_TRUE(has_in(set, Feature::Sha));
  EXPECT_TRUE(has_in(set, Feature::Bmi2));
}

TEST(CpuFeatures, NothingOfNothing) { EXPECT_EQ(detail::x86_features({}), 0U); }

TEST(CpuFeatures, AgreesWithTheCompilersOwnDetection) {
#if AVILA_X86_64 && defined(__GNUC__)
  EXPECT_EQ(has_avx2(), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(has_sse42(), __builtin_cpu_supports("sse4.2") != 0);
  EXPECT_EQ(has_pclmul(), __builtin_cpu_supports("pclmul") != 0);
  EXPECT_TRUE(!has_avx512() || __builtin_cpu_supports("avx512bw") != 0);
#endif
  EXPECT_TRUE(always());
  EXPECT_NE(describe_cpu().find(':'), std::string::npos);
  for (unsigned i = 0; i < static_cast<unsigned>(Feature::Count); ++i)
    EXPECT_STRNE(feature_name(static_cast<Feature>(i)), "unknown");
}

bool never() noexcept { return false; }
int one() { return 1; }
int two() { return 2; }
int three() { return 3; }

TEST(Dispatch, TakesTheFirstSupportedKernel) {
  if (detail::forced_kernels() != nullptr) GTEST_SKIP() << "AVILA_KERNEL is set";
  constexpr Kernel<int (*)()> kTable[] = {
      {"fast", never, one}, {"good", always, two}, {"portable", always, three}};
  EXPECT_EQ(select(kTable)(), 2);
}

TEST(Dispatch, ListOfNamesRanksThem) {
  EXPECT_EQ(detail::rank_in_list("avx2,portable", "avx2"), 0);
  EXPECT_EQ(detail::rank_in_list("avx2,portable", "portable"), 1);
  EXPECT_EQ(detail::rank_in_list("avx2,portable", "avx"), -1);
  EXPECT_EQ(detail::rank_in_list("avx2", "avx2,portable"), -1);
}

}  // namespace
}  // namespace avila::simd
