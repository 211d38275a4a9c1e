#include <gtest/gtest.h>

#include <algorithm>
#include <avila/os/entropy.hpp>
#include <avila/post_quantum/ml_kem.hpp>
#include <vector>

namespace {

using namespace avila;
using namespace avila::post_quantum;
using Bytes = std::vector<std::byte>;

template <class Kem>
class MlKemTest : public testing::Test {};
using Sets = testing::Types<MlKem512, MlKem768, MlKem1024>;
TYPED_TEST_SUITE(MlKemTest, Sets);

/// Fails at once: what a broken source of randomness looks like.
class NoEntropy final : public os::Entropy {
 public:
  Result<void> fill(MutableByteSpan) override { return Error(Errc::Io, "no entropy"); }
};

template <class Array>
Bytes to_bytes(const Array& array) {
  return Bytes(array.begin(), array.end());
}

TYPED_TEST(MlKemTest, BothSidesHaveTheSameSecret) {
  os::SeededEntropy entropy(1);
  for (int i = 0; i < 20; ++i) {
    const auto key = TypeParam::DecapsulationKey::generate(entropy).value();
    const auto peer = TypeParam::EncapsulationKey::decode(key.encapsulation_key().bytes()).value();
    const auto sent = peer.encapsulate(entropy).value();
    EXPECT_EQ(*key.decapsulate(sent.ciphertext).value(), *sent.shared_secret);
    const auto stored = TypeParam::DecapsulationKey::decode(*key.encode()).value();
    EXPECT_EQ(*stored.decapsulate(sent.ciphertext).value(), *sent.shared_secret);
    EXPECT_EQ(*stored.encode(), *key.encode());
  }
}

TYPED_TEST(MlKemTest, EachBitOfACiphertextMatters) {
  os::SeededEntropy entropy(2);
  const auto key = TypeParam::DecapsulationKey::generate(entropy).value();
  const auto sent = key.encapsulation_key().encapsulate(entropy).value();
  for (std::size_t i = 0; i < TypeParam::kCiphertextBytes; i += 7) {
    auto damaged = sent.ciphertext;
    damaged[i] ^= static_cast<std::byte>(1 << i % 8);
    const auto secret = key.decapsulate(damaged);
    ASSERT_TRUE(secret.has_value());  // implicit rejection: a secret, and not ours
    EXPECT_NE(**secret, *sent.shared_secret) << i;
    EXPECT_EQ(**secret, *key.decapsulate(damaged).value()) << "rejection is deterministic";
  }
}

TYPED_TEST(MlKemTest, RejectionDependsOnTheKeysOwnSeed) {
  std::array<std::byte, 64> seed{};
  const auto a = TypeParam::DecapsulationKey::from_seed(seed);
  seed[63] = std::byte{1};  // of z, which the public key knows nothing of
  const auto b = TypeParam::DecapsulationKey::from_seed(seed);
  EXPECT_EQ(a.encapsulation_key().bytes(), b.encapsulation_key().bytes());
  const typename TypeParam::Ciphertext junk{};
  EXPECT_NE(*a.decapsulate(junk).value(), *b.decapsulate(junk).value());
}

TYPED_TEST(MlKemTest, WrongLengthsAreErrors) {
  os::SeededEntropy entropy(3);
  const auto key = TypeParam::DecapsulationKey::generate(entropy).value();
  const auto sized = [](std::size_t size) { return Bytes(size); };
  for (const std::size_t size :
       {std::size_t{0}, TypeParam::kCiphertextBytes - 1, TypeParam::kCiphertextBytes + 1}) {
    EXPECT_TRUE(key.decapsulate(sized(size)).error().is(Errc::Malformed));
  }
  for (const std::ptrdiff_t change : {-1, 1}) {
    Bytes ek = to_bytes(key.encapsulation_key().bytes()), dk = to_bytes(*key.encode());
    ek.resize(ek.size() + static_cast<std::size_t>(change));
    dk.resize(dk.size() + static_cast<std::size_t>(change));
    EXPECT_TRUE(TypeParam::EncapsulationKey::decode(ek).error().is(Errc::Malformed));
    EXPECT_TRUE(TypeParam::DecapsulationKey::decode(dk).error().is(Errc::Malformed));
  }
  EXPECT_FALSE(TypeParam::EncapsulationKey::decode({}).has_value());
  EXPECT_FALSE(TypeParam::DecapsulationKey::decode({}).has_value());
}

TYPED_TEST(MlKemTest, CoefficientsThatAreNotReducedAreRefused) {
  os::SeededEntropy entropy(4);
  const auto key = TypeParam::DecapsulationKey::generate(entropy).value();
  for (std::size_t i = 0; i < 384 * TypeParam::kRank; i += 3) {
    Bytes encoded = to_bytes(key.encapsulation_key().bytes());
    // 3329 = 0xD01, the least that is too large, as the first or second number of three bytes.
    encoded[i] = std::byte{0x01};
    encoded[i + 1] = (encoded[i + 1] & std::byte{0xF0}) | std::byte{0x0D};
    EXPECT_FALSE(TypeParam::EncapsulationKey::decode(encoded).has_value()) << i;
    encoded = to_bytes(key.encapsulation_key().bytes());
    encoded[i + 1] = (encoded[i + 1] & std::byte{0x0F}) | std::byte{0x10};
    encoded[i + 2] = std::byte{0xD0};
    EXPECT_FALSE(TypeParam::EncapsulationKey::decode(encoded).has_value()) << i;
  }
}

TYPED_TEST(MlKemTest, DamagedPublicPartsOfStoredKeysAreRefused) {
  os::SeededEntropy entropy(5);
  const auto key = TypeParam::DecapsulationKey::generate(entropy).value();
  const Bytes good = to_bytes(*key.encode());
  for (std::size_t i = 384 * TypeParam::kRank; i < good.size() - 32; i += 5) {
    Bytes damaged = good;
    damaged[i] ^= std::byte{0x10};
    EXPECT_FALSE(TypeParam::DecapsulationKey::decode(damaged).has_value()) << i;
  }
}

TYPED_TEST(MlKemTest, FailingEntropyIsAnError) {
  NoEntropy none;
  EXPECT_TRUE(TypeParam::DecapsulationKey::generate(none).error().is(Errc::Io));
  os::SeededEntropy entropy(6);
  const auto key = TypeParam::DecapsulationKey::generate(entropy).value();
  EXPECT_TRUE(key.encapsulation_key().encapsulate(none).error().is(Errc::Io));
}

template <class T>
concept Comparable = requires(const T& a) { a == a; };
template <class T>
concept Printable = requires(std::ostream& out, const T& a) { out << a; };

TEST(Secret, IsWipedAndNeitherCopiedComparedNorPrinted) {
  using Key = SecretArray<32>;
  static_assert(!std::is_copy_constructible_v<Key> && !std::is_copy_assignable_v<Key>);
  static_assert(!Comparable<Key> && !Printable<Key>);
  static_assert(!std::is_copy_constructible_v<MlKem768::DecapsulationKey>);
  static_assert(!Printable<MlKem768::DecapsulationKey>);
  alignas(Key) std::byte memory[sizeof(Key)];
  auto* key = ::new (memory) Key;
  (*key)->fill(std::byte{7});
  Key taken = std::move(*key);
  EXPECT_EQ((*taken)[31], std::byte{7});
  EXPECT_EQ(std::count(std::begin(memory), std::end(memory), std::byte{0}), 32);
  *key = std::move(taken);
  EXPECT_EQ((**key)[0], std::byte{7});
  EXPECT_EQ((*taken)[0], std::byte{0});
  key->~Key();
  EXPECT_EQ(std::count(std::begin(memory), std::end(memory), std::byte{0}), 32);
}

TEST(Secret, DecapsulationKeysAreWiped) {
  using Key = MlKem512::DecapsulationKey;
  std::array<std::byte, 64> seed{};
  seed.fill(std::byte{0xA7});  // z stands in the key as it is
  alignas(Key) static std::byte memory[sizeof(Key)];
  auto* key = ::new (memory) Key(Key::from_seed(seed));
  const auto z = std::span(seed).last<32>();
  EXPECT_FALSE(std::search(std::begin(memory), std::end(memory), z.begin(), z.end()) ==
               std::end(memory));
  key->~Key();
  EXPECT_TRUE(std::search(std::begin(memory), std::end(memory), z.begin(), z.end()) ==
              std::end(memory));
}

}  // namespace
