#include <gtest/gtest.h>

#include <algorithm>
#include <avila/field/x25519.hpp>
#include <avila/os/entropy.hpp>
#include <avila/post_quantum/x25519_ml_kem.hpp>
#include <vector>

namespace {

using namespace avila;
using namespace avila::post_quantum;
using Hybrid = X25519MlKem768;

/// Gives the bytes it was made of, then fails.
class FixedEntropy final : public os::Entropy {
 public:
  explicit FixedEntropy(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  Result<void> fill(MutableByteSpan into) override {
    if (bytes_.size() - used_ < into.size()) return Error(Errc::Io, "no entropy left");
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(used_), into.size(), into.begin());
    used_ += into.size();
    return {};
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t used_ = 0;
};

std::vector<std::byte> counted(std::size_t size, int first) {
  std::vector<std::byte> out(size);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<std::byte>(first + static_cast<int>(i));
  return out;
}

TEST(X25519MlKem768, BothSidesHaveTheSameSecret) {
  os::SeededEntropy entropy(1);
  for (int i = 0; i < 10; ++i) {
    const auto key = Hybrid::ClientKey::generate(entropy).value();
    const auto response = Hybrid::respond(key.share(), entropy).value();
    EXPECT_EQ(*key.agree(response.share).value(), *response.shared_secret);
  }
}

TEST(X25519MlKem768, SizesAreThoseOfTheDraft) {
  EXPECT_EQ(Hybrid::kClientShareBytes, 1216u);
  EXPECT_EQ(Hybrid::kServerShareBytes, 1120u);
  EXPECT_EQ(Hybrid::kSharedSecretBytes, 64u);
}

// Composed by hand of the two parts, each of which has vectors of its own: the order is the point.
TEST(X25519MlKem768, IsMlKemThenX25519Everywhere) {
  const auto seed = counted(Hybrid::ClientKey::kSeedBytes, 1);
  const auto server = counted(64, 120);  // the private key of X25519, then ML-KEM's m
  const auto key =
      Hybrid::ClientKey::from_seed(std::span<const std::byte, Hybrid::ClientKey::kSeedBytes>(seed));
  FixedEntropy entropy(server);
  const auto response = Hybrid::respond(key.share(), entropy).value();

  const std::span<const std::byte, 96> seed_view(seed);
  const std::span<const std::byte, 64> server_view(server);
  const auto kem = MlKem768::DecapsulationKey::from_seed(seed_view.first<64>());
  const auto sent = kem.encapsulation_key().encapsulate_derandomized(server_view.last<32>());
  const auto client_x = field::x25519_base(seed_view.last<32>());
  const auto server_x = field::x25519_base(server_view.first<32>());
  field::X25519Bytes shared_x;
  ASSERT_TRUE(field::x25519(shared_x, seed_view.last<32>(), server_x));

  const auto join = [](ByteSpan a, ByteSpan b) {
    std::vector<std::byte> both(a.begin(), a.end());
    both.insert(both.end(), b.begin(), b.end());
    return both;
  };
  EXPECT_TRUE(std::ranges::equal(key.share(), join(kem.encapsulation_key().bytes(), client_x)));
  EXPECT_TRUE(std::ranges::equal(response.share, join(sent.ciphertext, server_x)));
  EXPECT_TRUE(std::ranges::equal(*response.shared_secret, join(*sent.shared_secret, shared_x)));
}

TEST(X25519MlKem768, RefusesOtherLengths) {
  os::SeededEntropy entropy(2);
  const auto key = Hybrid::ClientKey::generate(entropy).value();
  const std::vector<std::byte> zeros(1300, std::byte{9});
  for (const std::size_t size : {0, 32, 1088, 1119, 1121})
    EXPECT_TRUE(key.agree(ByteSpan(zeros).first(size)).error().is(Errc::Malformed)) << size;
  for (const std::size_t size : {0, 32, 1184, 1215, 1217})
    EXPECT_TRUE(Hybrid::respond(ByteSpan(zeros).first(size), entropy).error().is(Errc::Malformed))
        << size;
}

TEST(X25519MlKem768, RefusesSharesOfSmallOrder) {
  os::SeededEntropy entropy(3);
  const auto key = Hybrid::ClientKey::generate(entropy).value();
  auto response = Hybrid::respond(key.share(), entropy).value();
  auto share = key.share();
  for (const std::byte low : {std::byte{0}, std::byte{1}}) {  // u = 0 and u = 1
    std::fill(share.end() - 32, share.end(), std::byte{0});
    std::fill(response.share.end() - 32, response.share.end(), std::byte{0});
    share[share.size() - 32] = response.share[response.share.size() - 32] = low;
    EXPECT_TRUE(Hybrid::respond(share, entropy).error().is(Errc::Malformed));
    EXPECT_TRUE(key.agree(response.share).error().is(Errc::Malformed));
  }
}

TEST(X25519MlKem768, RefusesAKeyThatIsNotReduced) {
  os::SeededEntropy entropy(4);
  auto share = Hybrid::ClientKey::generate(entropy).value().share();
  share[0] = share[1] = std::byte{0xff};  // a first coefficient of 4095
  EXPECT_TRUE(Hybrid::respond(share, entropy).error().is(Errc::Malformed));
}

TEST(X25519MlKem768, DamageGivesAnotherSecret) {
  os::SeededEntropy entropy(5);
  const auto key = Hybrid::ClientKey::generate(entropy).value();
  const auto response = Hybrid::respond(key.share(), entropy).value();
  for (std::size_t i = 0; i < response.share.size(); i += 37) {
    auto damaged = response.share;
    damaged[i] ^= std::byte{1};
    EXPECT_NE(*key.agree(damaged).value(), *response.shared_secret) << i;
  }
}

TEST(X25519MlKem768, HandsOnTheFailureOfTheEntropy) {
  FixedEntropy none({});
  EXPECT_TRUE(Hybrid::ClientKey::generate(none).error().is(Errc::Io));
  os::SeededEntropy entropy(6);
  const auto share = Hybrid::ClientKey::generate(entropy).value().share();
  FixedEntropy half(counted(40, 3));
  EXPECT_TRUE(Hybrid::respond(share, half).error().is(Errc::Io));
}

}  // namespace
