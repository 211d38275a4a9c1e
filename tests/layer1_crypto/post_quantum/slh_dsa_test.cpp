#include <gtest/gtest.h>

#include <algorithm>
#include <avila/os/entropy.hpp>
#include <avila/post_quantum/slh_dsa.hpp>
#include <vector>

namespace {

using namespace avila;
using namespace avila::post_quantum;
using Bytes = std::vector<std::byte>;

/// The fast sets: the small ones differ in their numbers only, and the conformance tests sign with
/// them.
class SlhDsa : public testing::TestWithParam<SlhDsaSet> {
 protected:
  os::SeededEntropy entropy{1};
  SlhDsaPrivateKey key = SlhDsaPrivateKey::generate(GetParam(), entropy).value();
  const SlhDsaPublicKey& pk = key.public_key();
  const SlhDsaSizes sizes = slh_dsa_sizes(GetParam());
  const ByteSpan message = as_bytes("a message"), context = as_bytes("a purpose");
};
INSTANTIATE_TEST_SUITE_P(Fast, SlhDsa,
                         testing::Values(SlhDsaSet::Sha2_128f, SlhDsaSet::Sha2_192f,
                                         SlhDsaSet::Sha2_256f, SlhDsaSet::Shake_128f,
                                         SlhDsaSet::Shake_192f, SlhDsaSet::Shake_256f));

class NoEntropy final : public os::Entropy {
 public:
  Result<void> fill(MutableByteSpan) override { return Error(Errc::Io, "no entropy"); }
};

TEST_P(SlhDsa, SignaturesVerifyByTheirKeyMessageAndContextOnly) {
  const auto other = SlhDsaPrivateKey::generate(GetParam(), entropy).value();
  const auto decoded = SlhDsaPublicKey::decode(GetParam(), pk.bytes()).value();
  const auto signature = key.sign(message, entropy, context).value();
  EXPECT_EQ(signature.size(), sizes.signature);
  EXPECT_TRUE(decoded.verify(message, signature, context).has_value());
  const auto refused = [](const Result<void>& verdict) {
    return !verdict.has_value() && verdict.error().is(Errc::Unauthenticated);
  };
  EXPECT_TRUE(refused(pk.verify(as_bytes("a messagf"), signature, context)));
  EXPECT_TRUE(refused(pk.verify(message, signature, as_bytes("another"))));
  EXPECT_TRUE(refused(pk.verify(message, signature)));
  EXPECT_TRUE(refused(pk.verify_formatted(message, signature)));
  EXPECT_TRUE(refused(other.public_key().verify(message, signature, context)));
  EXPECT_NE(key.sign(message, entropy, context).value(), signature);
}

TEST_P(SlhDsa, DamageAnywhereInASignatureIsRefused) {
  const auto signature = key.sign_deterministic(message).value();
  EXPECT_TRUE(pk.verify(message, signature).has_value());
  for (std::size_t i = 0; i < signature.size(); i += signature.size() / 40) {
    auto damaged = signature;
    damaged[i] ^= static_cast<std::byte>(1 << i % 8);
    EXPECT_FALSE(pk.verify(message, damaged).has_value()) << i;
  }
  auto damaged = signature;
  damaged.back() ^= std::byte{1};
  EXPECT_FALSE(pk.verify(message, damaged).has_value());
}

TEST_P(SlhDsa, WrongLengthsAreErrors) {
  for (const std::size_t size : {std::size_t{0}, sizes.signature - 1, sizes.signature + 1})
    EXPECT_TRUE(pk.verify(message, Bytes(size)).error().is(Errc::Malformed));
  for (const std::size_t size : {std::size_t{0}, sizes.public_key - 1, sizes.public_key + 1})
    EXPECT_TRUE(SlhDsaPublicKey::decode(GetParam(), Bytes(size)).error().is(Errc::Malformed));
  for (const std::size_t size : {std::size_t{0}, sizes.private_key - 1, sizes.private_key + 1})
    EXPECT_TRUE(SlhDsaPrivateKey::decode(GetParam(), Bytes(size)).error().is(Errc::Malformed));
  for (const std::size_t size : {std::size_t{0}, 3 * sizes.n - 1, 3 * sizes.n + 1})
    EXPECT_TRUE(
        SlhDsaPrivateKey::from_seeds(GetParam(), Bytes(size)).error().is(Errc::InvalidArgument));
  for (const std::size_t size : {sizes.n - 1, sizes.n + 1})
    EXPECT_TRUE(key.sign_formatted(message, Bytes(size)).error().is(Errc::InvalidArgument));
  const Bytes too_long(kSlhDsaContextBytesMax + 1);
  EXPECT_TRUE(key.sign(message, entropy, too_long).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(key.sign_deterministic(message, too_long).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(
      pk.verify(message, Bytes(sizes.signature), too_long).error().is(Errc::InvalidArgument));
}

TEST_P(SlhDsa, StoredKeysAreTheSameAndDamagedOnesAreRefused) {
  const auto stored = SlhDsaPrivateKey::decode(GetParam(), key.bytes()).value();
  EXPECT_TRUE(std::ranges::equal(stored.public_key().bytes(), pk.bytes()));
  for (const std::size_t i : {std::size_t{0}, 2 * sizes.n, 4 * sizes.n - 1}) {
    Bytes damaged(key.bytes().begin(), key.bytes().end());
    damaged[i] ^= std::byte{1};
    EXPECT_TRUE(SlhDsaPrivateKey::decode(GetParam(), damaged).error().is(Errc::Malformed)) << i;
  }
}

TEST(SlhDsaOfDigests, AreKeptApartFromMessages) {
  os::SeededEntropy entropy(2);
  const auto key = SlhDsaPrivateKey::generate(SlhDsaSet::Sha2_128f, entropy).value();
  const auto& pk = key.public_key();
  const Bytes digest(32, std::byte{5});
  const auto signature = key.sign_digest(PreHash::Sha256, digest, entropy).value();
  EXPECT_TRUE(pk.verify_digest(PreHash::Sha256, digest, signature).has_value());
  EXPECT_FALSE(pk.verify_digest(PreHash::Shake128, digest, signature).has_value());
  EXPECT_FALSE(pk.verify_digest(PreHash::Sha256, digest, signature, digest).has_value());
  EXPECT_FALSE(pk.verify(digest, signature).has_value());
  EXPECT_TRUE(key.sign_digest(PreHash::Sha512, digest, entropy).error().is(Errc::InvalidArgument));
}

TEST(SlhDsaKeys, AreWipedAndFailingEntropyIsAnError) {
  static_assert(!std::is_copy_constructible_v<SlhDsaPrivateKey>);
  NoEntropy none;
  EXPECT_TRUE(SlhDsaPrivateKey::generate(SlhDsaSet::Shake_128f, none).error().is(Errc::Io));
  const Bytes seeds(48, std::byte{0xA7});
  alignas(SlhDsaPrivateKey) static std::byte memory[sizeof(SlhDsaPrivateKey)];
  auto* key = ::new (memory)
      SlhDsaPrivateKey(SlhDsaPrivateKey::from_seeds(SlhDsaSet::Sha2_128f, seeds).value());
  EXPECT_TRUE(key->sign(as_bytes("m"), none).error().is(Errc::Io));
  const auto found = [&] {
    return std::search(std::begin(memory), std::end(memory), seeds.begin(), seeds.begin() + 32) !=
           std::end(memory);
  };
  EXPECT_TRUE(found());
  key->~SlhDsaPrivateKey();
  EXPECT_FALSE(found());
}

TEST(SlhDsaSizes, AreThoseOfTable2) {
  const std::size_t signatures[] = {7856, 17088, 16224, 35664, 29792, 49856};
  for (std::size_t i = 0; i < 12; ++i) {
    const auto sizes = slh_dsa_sizes(static_cast<SlhDsaSet>(i));
    EXPECT_EQ(sizes.signature, signatures[i % 6]);
    EXPECT_EQ(sizes.public_key * 2, sizes.private_key);
  }
}

}  // namespace
