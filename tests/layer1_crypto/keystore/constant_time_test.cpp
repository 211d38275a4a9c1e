// Secrets marked undefined under valgrind's memcheck, which reports branches and addresses that
// depend on them (Langley, "ctgrind", 2010). Functions that leak show that the check sees.
#include <avila/field/ct.hpp>
#include <avila/mac/hmac.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila_test/ctgrind.hpp>

#include "base32.hpp"
#include "gf256.hpp"
#include "impl.hpp"
#include "support.hpp"

namespace {

using namespace keystore_test;
namespace ct = field::ct;

template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

TEST(ConstantTimeChild, BranchOnASecret) {
  if (!avila_test::in_ctgrind_child()) GTEST_SKIP() << "started by ConstantTime";
  std::uint8_t secret = 7;
  ct::classify(&secret, 1);
  if (gf256::multiply(secret, 3) == 9) keep(secret);
}

TEST(ConstantTimeChild, AddressOfASecret) {
  if (!avila_test::in_ctgrind_child()) GTEST_SKIP() << "started by ConstantTime";
  static const std::vector<int> table(256, 7);
  std::uint8_t secret = 7;
  ct::classify(&secret, 1);
  const int found = table[gf256::multiply(secret, 3)];
  keep(found);
}

TEST(ConstantTimeChild, Shamir) {
  if (!avila_test::in_ctgrind_child()) GTEST_SKIP() << "started by ConstantTime";
  os::SeededEntropy entropy(3);
  std::vector<std::byte> secret(32, std::byte{5});
  ct::classify(secret.data(), secret.size());
  const auto shares = take(split(secret, 3, 4, entropy));
  const Share* some[] = {&shares[3], &shares[0], &shares[2]};
  SecretBytes again = take(combine(some));
  ct::declassify(again.span().data(), again.size());
  EXPECT_EQ(again.span()[4], std::byte{5});
}

TEST(ConstantTimeChild, Base32) {
  if (!avila_test::in_ctgrind_child()) GTEST_SKIP() << "started by ConstantTime";
  std::array<std::byte, 33> bytes{}, again{};
  ct::classify(bytes.data(), bytes.size());
  std::array<std::byte, base32_size(33)> text{};
  base32_encode(bytes, text);
  ASSERT_TRUE(base32_decode(as_text(text), again).has_value());
}

TEST(ConstantTimeChild, RootKey) {
  if (!avila_test::in_ctgrind_child()) GTEST_SKIP() << "started by ConstantTime";
  const auto arena = take(LockedArena::create(LockPolicy::BestEffort));
  std::array<std::byte, 32> key{}, root{};
  ct::classify(key.data(), key.size());
  ct::classify(root.data(), root.size());
  os::SeededEntropy entropy(3);
  auto sealed = take(seal_root(key, root, as_bytes("aad"), entropy));
  ct::declassify(sealed.data(), sealed.size());  // it is stored
  EXPECT_TRUE(open_root(key, sealed, as_bytes("aad"), *arena).has_value());
  key[3] ^= std::byte{1};
  EXPECT_FALSE(open_root(key, sealed, as_bytes("aad"), *arena).has_value());
}

TEST(ConstantTimeChild, Tags) {
  if (!avila_test::in_ctgrind_child()) GTEST_SKIP() << "started by ConstantTime";
  std::array<std::byte, 32> ours{}, theirs{};
  ct::classify(ours.data(), ours.size());
  bool equal = mac::equal_tags(ours, theirs);
  ct::declassify(&equal, sizeof equal);
  EXPECT_TRUE(equal);
}

TEST(ConstantTime, LeaksAreSeen) {
  if (!avila_test::can_run_ctgrind())
    GTEST_SKIP() << "SKIPPED: valgrind is absent, or sanitizers are on";
  EXPECT_EQ(avila_test::run_ctgrind_child("BranchOnASecret").status, avila_test::kCtgrindErrors);
  EXPECT_EQ(avila_test::run_ctgrind_child("AddressOfASecret").status, avila_test::kCtgrindErrors);
}

TEST(ConstantTime, NoBranchOrAddressDependsOnSecrets) {
  if (!avila_test::can_run_ctgrind())
    GTEST_SKIP() << "SKIPPED: valgrind is absent, or sanitizers are on";
  for (const char* name : {"Shamir", "Base32", "RootKey", "Tags"}) {
    const auto result = avila_test::run_ctgrind_child(name);
    EXPECT_EQ(result.status, 0) << name << result.out.substr(0, 20000);
    EXPECT_NE(result.out.find("[  PASSED  ] 1 test"), std::string::npos)
        << result.out.substr(0, 2000);
  }
}

}  // namespace
