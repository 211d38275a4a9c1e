#include <avila/hash/sha256.hpp>
#include <avila/keystore/shamir.hpp>
#include <avila/os/memory_file_system.hpp>

#include "base32.hpp"
#include "gf256.hpp"
#include "support.hpp"

namespace {

using namespace keystore_test;

/// Multiplication by the definition: polynomials, then the remainder. An independent second one.
unsigned slow_multiply(unsigned a, unsigned b) {
  unsigned product = 0;
  for (unsigned i = 0; i < 8; ++i)
    if ((b >> i & 1) != 0) product ^= a << i;
  for (unsigned i = 14; i >= 8; --i)
    if ((product >> i & 1) != 0) product ^= 0x11bU << (i - 8);
  return product;
}

TEST(Gf256, AgreesWithTheDefinition) {
  for (unsigned a = 0; a < 256; ++a)
    for (unsigned b = 0; b < 256; ++b)
      ASSERT_EQ(gf256::multiply(static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b)),
                slow_multiply(a, b));
}

TEST(Gf256, HasTheProductsOfFips197) {  // sections 4.2 and 4.2.1
  EXPECT_EQ(gf256::multiply(0x57, 0x83), 0xc1);
  EXPECT_EQ(gf256::multiply(0x57, 0x13), 0xfe);
}

TEST(Gf256, EveryElementButZeroHasAnInverse) {
  for (unsigned a = 1; a < 256; ++a)
    EXPECT_EQ(slow_multiply(a, gf256::invert(static_cast<std::uint8_t>(a))), 1U);
  EXPECT_EQ(gf256::invert(0), 0);
}

std::vector<std::byte> secret_of(std::size_t size, std::uint64_t seed) {
  std::vector<std::byte> out(size);
  os::SeededEntropy entropy(seed);
  EXPECT_OK(entropy.fill(out));
  return out;
}

TEST(Shamir, EverySubsetOfTheThresholdGivesTheSecret) {
  os::SeededEntropy entropy(7);
  const auto secret = secret_of(32, 3);
  for (unsigned count = 1; count <= 6; ++count)
    for (unsigned threshold = count == 1 ? 1 : 2; threshold <= count; ++threshold) {
      const auto shares = take(split(secret, threshold, count, entropy));
      ASSERT_EQ(shares.size(), count);
      for (unsigned subset = 0; subset < 1U << count; ++subset) {
        std::vector<const Share*> some;
        for (unsigned i = count; i-- > 0;)  // in another order than they were made
          if ((subset >> i & 1) != 0) some.push_back(&shares[i]);
        if (some.size() < threshold)
          EXPECT_CODE(InvalidArgument, combine(some));
        else
          EXPECT_EQ(text(take(combine(some))), text(ByteSpan(secret)));
      }
    }
}

/// Lagrange over the encoded shares by the slow arithmetic: the bytes of the format mean what the
/// README says.
TEST(Shamir, AnIndependentInterpolationOfTheEncodedSharesAgrees) {
  os::SeededEntropy entropy(9);
  const auto secret = secret_of(16, 4);
  const auto shares = take(split(secret, 3, 5, entropy));
  std::vector<std::string> raw;
  for (const std::size_t i : {4U, 0U, 2U}) raw.push_back(text(shares[i].encode()));
  const auto divide = [](unsigned a, unsigned b) {
    for (unsigned q = 0; q < 256; ++q)
      if (slow_multiply(q, b) == a) return q;
    return 0U;
  };
  const auto byte = [](char c) { return static_cast<unsigned>(static_cast<unsigned char>(c)); };
  for (std::size_t at = 0; at < secret.size(); ++at) {
    unsigned sum = 0;
    for (const auto& one : raw) {
      unsigned term = byte(one[11 + at]);
      for (const auto& other : raw)
        if (other[10] != one[10])
          term = slow_multiply(term, divide(byte(other[10]), byte(other[10]) ^ byte(one[10])));
      sum ^= term;
    }
    EXPECT_EQ(sum, static_cast<unsigned>(secret[at]));
  }
}

TEST(Shamir, SharesOfDifferentSplitsDoNotMix) {
  os::SeededEntropy entropy(1);
  const auto secret = secret_of(32, 1);
  const auto a = take(split(secret, 2, 3, entropy)), b = take(split(secret, 2, 3, entropy));
  EXPECT_NE(a[0].split_id(), b[0].split_id());
  const Share* mixed[] = {&a[0], &b[1]};
  EXPECT_CODE(InvalidArgument, combine(mixed));
  const Share* twice[] = {&a[0], &a[0]};
  EXPECT_CODE(InvalidArgument, combine(twice));
  EXPECT_CODE(InvalidArgument, combine(std::span<const Share>{}));
}

TEST(Shamir, RefusesWhatIsNoSplit) {
  os::SeededEntropy entropy(1);
  const auto secret = secret_of(32, 1);
  EXPECT_CODE(InvalidArgument, split({}, 2, 3, entropy));
  EXPECT_CODE(InvalidArgument, split(secret, 0, 3, entropy));
  EXPECT_CODE(InvalidArgument, split(secret, 4, 3, entropy));
  EXPECT_CODE(InvalidArgument, split(secret, 1, 3, entropy));
  EXPECT_CODE(LimitExceeded, split(secret, 2, 256, entropy));
  EXPECT_CODE(LimitExceeded, split(secret_of(kMaxSharedSecret + 1, 1), 2, 3, entropy));
  EXPECT_OK(split(secret_of(kMaxSharedSecret, 1), 2, 3, entropy));
  EXPECT_EQ(take(split(secret, 255, 255, entropy)).size(), 255U);
}

TEST(Shamir, TextAndBytesComeBack) {
  os::SeededEntropy entropy(2);
  for (const std::size_t size : {1U, 2U, 3U, 4U, 5U, 31U, 32U, 33U, 1024U}) {
    const auto secret = secret_of(size, size);
    const auto shares = take(split(secret, 2, 2, entropy));
    std::vector<Share> again;
    again.push_back(take(Share::from_text(text(shares[0].to_text()))));
    std::string shouted = "  " + text(shares[1].to_text()) + "\n";
    for (char& c : shouted) c = static_cast<char>(std::toupper(c));
    again.push_back(take(Share::from_text(shouted)));
    EXPECT_EQ(text(take(combine(again))), text(ByteSpan(secret)));
    EXPECT_EQ(again[0].index(), 1U);
    EXPECT_EQ(again[1].threshold(), 2U);
    EXPECT_EQ(again[0].secret_size(), size);
  }
}

TEST(Shamir, EveryTypingErrorIsSeen) {
  os::SeededEntropy entropy(2);
  const auto shares = take(split(secret_of(16, 1), 2, 2, entropy));
  const std::string good = text(shares[0].to_text());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : std::string_view("a7q-")) {
      std::string bad = good;
      if (bad[i] == c) continue;
      bad[i] = c;
      EXPECT_CODE(Malformed, Share::from_text(bad)) << i;
    }
    EXPECT_CODE(Malformed, Share::from_text(good.substr(0, i)));
    std::string without = good, more = good;
    without.erase(i, 1);
    EXPECT_CODE(Malformed, Share::from_text(without));
    more.insert(i, "b");
    EXPECT_CODE(Malformed, Share::from_text(more));
  }
  const std::string bytes = text(shares[0].encode());
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string bad = bytes;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << i % 8));
    EXPECT_CODE(Malformed, Share::decode(as_bytes(bad)));
  }
}

TEST(Shamir, AChangedShareWithItsChecksumMadeGoodGivesNoSecret) {
  os::SeededEntropy entropy(2);
  const auto shares = take(split(secret_of(16, 1), 2, 3, entropy));
  std::string bytes = text(shares[0].encode());
  bytes[12] ^= 1;
  const auto sum = hash::sha256(as_bytes(bytes).first(bytes.size() - 4));
  std::memcpy(bytes.data() + bytes.size() - 4, sum.data(), 4);
  const Share forged = take(Share::decode(as_bytes(bytes)));
  const Share* both[] = {&forged, &shares[2]};
  EXPECT_CODE(Unauthenticated, combine(both));
}

TEST(Base32, HasTheVectorsOfRfc4648) {  // section 10, in lower case and without padding
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"f", "my"},         {"fo", "mzxq"},        {"foo", "mzxw6"},
      {"foob", "mzxw6yq"}, {"fooba", "mzxw6ytb"}, {"foobar", "mzxw6ytboi"}};
  for (const auto& [plain, coded] : vectors) {
    std::string out(base32_size(plain.size()), ' ');
    base32_encode(as_bytes(plain), std::as_writable_bytes(std::span(out)));
    EXPECT_EQ(out, coded);
    std::string back(base32_bytes(coded.size()), ' ');
    EXPECT_OK(base32_decode(coded, std::as_writable_bytes(std::span(back))));
    EXPECT_EQ(back, plain);
  }
  std::string one(1, ' ');
  EXPECT_CODE(Malformed, base32_decode("mz", std::as_writable_bytes(std::span(one))));  // bits left
  EXPECT_CODE(Malformed, base32_decode("m1", std::as_writable_bytes(std::span(one))));
}

}  // namespace
