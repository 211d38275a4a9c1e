
#include <gtest/gtest.h>

#include <algorithm>
#include <avila/os/entropy.hpp>
#include <avila/post_quantum/ml_dsa.hpp>
#include <vector>

#include "ml_dsa_poly.hpp"

namespace {

using namespace avila;
using namespace avila::post_quantum;
using Bytes = std::vector<std::byte>;

template <class Dsa>
class MlDsaTest : public testing::Test {
 protected:
  os::SeededEntropy entropy{1};
  typename Dsa::PrivateKey key = Dsa::PrivateKey::generate(entropy).value();
  const ByteSpan message = as_bytes("a message"), context = as_bytes("a purpose");
};
using Sets = testing::Types<MlDsa44, MlDsa65, MlDsa87>;
TYPED_TEST_SUITE(MlDsaTest, Sets);

class NoEntropy final : public os::Entropy {
 public:
  Result<void> fill(MutableByteSpan) override { return Error(Errc::Io, "no entropy"); }
};

TYPED_TEST(MlDsaTest, SignaturesVerifyByTheirKeyMessageAndContextOnly) {
  const auto pk = TypeParam::PublicKey::decode(this->key.public_key().bytes()).value();
  const auto other = TypeParam::PrivateKey::generate(this->entropy).value();
  const auto signature = this->key.sign(this->message, this->entropy, this->context).value();
  EXPECT_TRUE(pk.verify(this->message, signature, this->context).has_value());
  const auto refused = [&](const Result<void>& verdict) {
    return !verdict.has_value() && verdict.error().is(Errc::Unauthenticated);
  };
  EXPECT_TRUE(refused(pk.verify(as_bytes("a messagf"), signature, this->context)));
  EXPECT_TRUE(refused(pk.verify(this->message, signature, as_bytes("another"))));
  EXPECT_TRUE(refused(pk.verify(this->message, signature)));
  EXPECT_TRUE(refused(other.public_key().verify(this->message, signature, this->context)));
}

TYPED_TEST(MlDsaTest, HedgedSignaturesDifferAndDeterministicOnesDoNot) {
  const auto sign = [&] { return this->key.sign(this->message, this->entropy).value(); };
  EXPECT_NE(sign(), sign());
  const auto fixed = this->key.sign_deterministic(this->message, this->context).value();
  EXPECT_EQ(this->key.sign_deterministic(this->message, this->context).value(), fixed);
  EXPECT_TRUE(this->key.public_key().verify(this->message, fixed, this->context).has_value());
}

TYPED_TEST(MlDsaTest, DigestsAndMessagesAreKeptApart) {
  const Bytes digest(32, std::byte{5});
  const auto& pk = this->key.public_key();
  const auto signature =
      this->key.sign_digest(PreHash::Sha256, digest, this->entropy, this->context).value();
  EXPECT_TRUE(pk.verify_digest(PreHash::Sha256, digest, signature, this->context).has_value());
  EXPECT_FALSE(pk.verify_digest(PreHash::Sha3_256, digest, signature, this->context).has_value());
  EXPECT_FALSE(pk.verify(digest, signature, this->context).has_value());
  for (const std::size_t size : {0U, 31U, 33U}) {
    const auto refused = pk.verify_digest(PreHash::Sha256, Bytes(size), signature);
    EXPECT_TRUE(refused.error().is(Errc::InvalidArgument));
  }
  EXPECT_FALSE(pk.mu_of_digest(static_cast<PreHash>(0), {}).has_value());
  EXPECT_FALSE(pk.mu_of_digest(static_cast<PreHash>(13), digest).has_value());
}

TYPED_TEST(MlDsaTest, DamageAnywhereInASignatureIsRefused) {
  const auto signature = this->key.sign_deterministic(this->message).value();
  const auto& pk = this->key.public_key();
  for (std::size_t i = 0; i < signature.size(); i += 11) {
    auto damaged = signature;
    damaged[i] ^= static_cast<std::byte>(1 << i % 8);
    EXPECT_FALSE(pk.verify(this->message, damaged).has_value()) << i;
  }
  for (std::size_t i = signature.size() - 90; i < signature.size(); ++i) {  // the hints
    auto damaged = signature;
    damaged[i] ^= std::byte{0x80};
    EXPECT_FALSE(pk.verify(this->message, damaged).has_value()) << i;
  }
  EXPECT_FALSE(pk.verify(this->message, typename TypeParam::Signature{}).has_value());
}

TYPED_TEST(MlDsaTest, HintsHaveOneEncoding) {
  // The same hints in another order: the last two of a row exchanged.
  const std::size_t rows = TypeParam::kRows;
  for (unsigned salt = 0;; ++salt) {
    ASSERT_LT(salt, 50U) << "no signature with two hints in its first row";
    const std::byte text[1] = {static_cast<std::byte>(salt)};
    auto signature = this->key.sign_deterministic(text).value();
    const std::size_t omega = rows == 4 ? 80 : rows == 6 ? 55 : 75;
    const std::size_t hints = signature.size() - omega - rows;
    if (signature[hints + omega] < std::byte{2}) continue;
    EXPECT_TRUE(this->key.public_key().verify(text, signature).has_value());
    std::swap(signature[hints], signature[hints + 1]);
    EXPECT_FALSE(this->key.public_key().verify(text, signature).has_value());
    std::swap(signature[hints], signature[hints + 1]);
    const auto used = static_cast<std::size_t>(signature.back());
    if (used == omega) continue;
    signature[hints + used] = std::byte{1};  // where zeros belong
    EXPECT_FALSE(this->key.public_key().verify(text, signature).has_value());
    break;
  }
}

TYPED_TEST(MlDsaTest, WrongLengthsAreErrors) {
  const auto& pk = this->key.public_key();
  for (const std::size_t size :
       {std::size_t{0}, TypeParam::kSignatureBytes - 1, TypeParam::kSignatureBytes + 1})
    EXPECT_TRUE(pk.verify(this->message, Bytes(size)).error().is(Errc::Malformed));
  for (const std::size_t size :
       {std::size_t{0}, TypeParam::kPublicKeyBytes - 1, TypeParam::kPublicKeyBytes + 1})
    EXPECT_TRUE(TypeParam::PublicKey::decode(Bytes(size)).error().is(Errc::Malformed));
  for (const std::size_t size :
       {std::size_t{0}, TypeParam::kPrivateKeyBytes - 1, TypeParam::kPrivateKeyBytes + 1})
    EXPECT_TRUE(TypeParam::PrivateKey::decode(Bytes(size)).error().is(Errc::Malformed));
  const Bytes longest(255), too_long(256);
  const auto signature = this->key.sign(this->message, this->entropy, longest).value();
  EXPECT_TRUE(pk.verify(this->message, signature, longest).has_value());
  const auto is_invalid = [](const auto& result) {
    return !result.has_value() && result.error().is(Errc::InvalidArgument);
  };
  EXPECT_TRUE(is_invalid(pk.verify(this->message, signature, too_long)));
  EXPECT_TRUE(is_invalid(this->key.sign(this->message, this->entropy, too_long)));
  EXPECT_TRUE(is_invalid(this->key.sign_deterministic(this->message, too_long)));
  EXPECT_TRUE(is_invalid(pk.mu_of_digest(PreHash::Sha256, Bytes(32), too_long)));
}

TYPED_TEST(MlDsaTest, StoredKeysSignTheSameAndDamagedOnesAreRefused) {
  const auto stored = TypeParam::PrivateKey::decode(*this->key.bytes()).value();
  EXPECT_EQ(stored.sign_deterministic(this->message).value(),
            this->key.sign_deterministic(this->message).value());
  for (std::size_t i = 0; i < TypeParam::kPrivateKeyBytes; i += 61) {
    if (i >= 32 && i < 64) continue;  // K: any 32 bytes will do
    auto damaged = *this->key.bytes();
    damaged[i] ^= std::byte{0x04};
    EXPECT_TRUE(TypeParam::PrivateKey::decode(damaged).error().is(Errc::Malformed)) << i;
  }
}

TYPED_TEST(MlDsaTest, FailingEntropyIsAnError) {
  NoEntropy none;
  EXPECT_TRUE(TypeParam::PrivateKey::generate(none).error().is(Errc::Io));
  EXPECT_TRUE(this->key.sign(this->message, none).error().is(Errc::Io));
  EXPECT_TRUE(this->key.sign_digest(PreHash::Sha256, Bytes(32), none).error().is(Errc::Io));
}

TYPED_TEST(MlDsaTest, PrivateKeysAreWiped) {
  using Key = typename TypeParam::PrivateKey;
  static_assert(!std::is_copy_constructible_v<Key>);
  alignas(Key) static std::byte memory[sizeof(Key)];
  auto* mine = ::new (memory) Key(std::move(this->key));
  std::array<std::byte, 32> hedge;  // K
  std::copy_n(mine->bytes()->begin() + 32, 32, hedge.begin());
  const auto found = [&] {
    return std::search(std::begin(memory), std::end(memory), hedge.begin(), hedge.end()) !=
           std::end(memory);
  };
  EXPECT_TRUE(found());
  mine->~Key();
  EXPECT_FALSE(found());
}

namespace poly = avila::post_quantum::detail;
using poly::DsaPoly;
using poly::kDsaQ;

TEST(MlDsaPoly, DecomposeIsThatOfAlgorithm36ForEveryNumber) {
  for (const std::int32_t gamma2 : {(kDsaQ - 1) / 88, (kDsaQ - 1) / 32}) {
    std::int64_t wrong = 0;
    for (std::int32_t r = 0; r < kDsaQ; ++r) {
      std::int32_t low = r % (2 * gamma2);
      if (low > gamma2) low -= 2 * gamma2;
      std::int32_t high = (r - low) / (2 * gamma2);
      if (r - low == kDsaQ - 1) high = 0, --low;
      const auto ours = poly::decompose(r, gamma2);
      wrong += ours.high != high || ours.low != low ? 1 : 0;
    }
    EXPECT_EQ(wrong, 0) << gamma2;
  }
}

TEST(MlDsaPoly, ProductsAreThoseOfTheSchoolbook) {
  DsaPoly a, b;
  std::uint64_t state = 7;
  const auto next = [&state] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int32_t>((state >> 33) % kDsaQ);
  };
  for (int round = 0; round < 20; ++round) {
    for (auto& x : a.at) x = round == 0 ? kDsaQ - 1 : next();
    for (auto& x : b.at) x = round == 0 ? kDsaQ - 1 : next();
    std::int64_t expected[256] = {};
    for (std::size_t i = 0; i < 256; ++i) {
      for (std::size_t j = 0; j < 256; ++j) {
        const std::int64_t product = std::int64_t{a.at[i]} * b.at[j] % kDsaQ;
        auto& sum = expected[(i + j) % 256];
        sum = (sum + (i + j < 256 ? product : kDsaQ - product)) % kDsaQ;
      }
    }
    poly::ntt(a);
    poly::ntt(b);
    DsaPoly product{};
    poly::multiply_add(product, a, b);
    poly::inverse_ntt(product);
    poly::reduce(product);
    EXPECT_TRUE(std::equal(std::begin(expected), std::end(expected), product.at));
  }
}

TEST(MlDsaPoly, BoundsAreExclusive) {
  DsaPoly a{};
  EXPECT_EQ(poly::exceeds(a, 1), 0);
  for (const std::int32_t x : {100, -100}) {
    a.at[255] = x;
    EXPECT_EQ(poly::exceeds(a, 101), 0);
    EXPECT_NE(poly::exceeds(a, 100), 0);
  }
}

}  // namespace
