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
using avila_test::keep;

TEST(ConstantTimeChild, BranchOnASecret) {
  AVILA_CTGRIND_CHILD();
  std::uint8_t secret = 7;
  ct::classify(&secret, 1);
  if (gf256::multiply(secret, 3) == 9) keep(secret);
}

TEST(ConstantTimeChild, AddressOfASecret) {
  AVILA_CTGRIND_CHILD();
  static const std::vector<int> table(256, 7);
  std::uint8_t secret = 7;
  ct::classify(&secret, 1);
  const int found = table[gf256::multiply(secret, 3)];
  keep(found);
}

TEST(ConstantTimeChild, Shamir) {
  AVILA_CTGRIND_CHILD();
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
  AVILA_CTGRIND_CHILD();
  std::array<std::byte, 33> bytes{}, again{};
  ct::classify(bytes.data(), bytes.size());
  std::array<std::byte, base32_size(33)> text{};
  base32_encode(bytes, text);
  ASSERT_TRUE(base32_decode(as_text(text), again).has_value());
}

TEST(ConstantTimeChild, RootKey) {
  AVILA_CTGRIND_CHILD();
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
  AVILA_CTGRIND_CHILD();
  std::array<std::byte, 32> ours{}, theirs{};
  ct::classify(ours.data(), ours.size());
  bool equal = mac::equal_tags(ours, theirs);
  ct::declassify(&equal, sizeof equal);
  EXPECT_TRUE(equal);
}

TEST(ConstantTime, LeaksAreSeen) {
  AVILA_REQUIRE_CTGRIND();
  avila_test::expect_leaks_seen({"BranchOnASecret", "AddressOfASecret"});
}

TEST(ConstantTime, NoBranchOrAddressDependsOnSecrets) {
  AVILA_REQUIRE_CTGRIND();
  avila_test::expect_no_leaks({"Shamir", "Base32", "RootKey", "Tags"});
}

}  // namespace
