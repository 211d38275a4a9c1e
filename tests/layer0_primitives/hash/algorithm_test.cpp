#include <avila/hash/algorithm.hpp>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hash;
using hash_test::hex;
using hash_test::random_bytes;

std::string digest_of(std::string_view name, std::string_view text,
                      const HasherOptions& options = {}) {
  auto made = Hasher::create(name, options);
  if (!made.has_value()) return std::string(made.error().message());
  Hasher hasher = std::move(made).value();
  hasher.update(as_bytes(text));
  std::vector<std::byte> out(hasher.size());
  hasher.finish(out);
  return hex(out);
}

TEST(Algorithm, PublishedValues) {
  // The check values of the CRC catalogue and of zlib, and the examples of each standard.
  EXPECT_EQ(digest_of("crc32", "123456789"), "cbf43926");
  EXPECT_EQ(digest_of("crc32c", "123456789"), "e3069283");
  EXPECT_EQ(digest_of("crc64nvme", "123456789"), "ae8b14860a799888");
  EXPECT_EQ(digest_of("adler32", "Wikipedia"), "11e60398");
  EXPECT_EQ(digest_of("md5", "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(digest_of("sha1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest_of("sha224", "abc"), "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
  EXPECT_EQ(digest_of("sha256", "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of("sha3-256", "abc"),
            "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
  EXPECT_EQ(digest_of("sha512-256", "abc"),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
  EXPECT_EQ(digest_of("shake128", "").substr(0, 32), "7f9c2ba4e88f827d616045507605853e");
  EXPECT_EQ(digest_of("xxh64", ""), "ef46db3751d8e999");
  EXPECT_EQ(digest_of("xxh32", ""), "02cc5d05");
  EXPECT_EQ(digest_of("xxh3", ""), "2d06800538d394c2");
  EXPECT_EQ(digest_of("xxh128", ""), "99aa06d3014798d86001c324468d497f");
  std::vector<std::byte> counting(16);
  for (std::size_t i = 0; i < 16; ++i) counting[i] = static_cast<std::byte>(i);
  EXPECT_EQ(digest_of("siphash", "", {.key = counting}), "310e0edd47db6f72");
  EXPECT_EQ(digest_of("siphash128", "", {.key = counting}), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(digest_of("hmac-md5", "what do ya want for nothing?", {.key = as_bytes("Jefe")}),
            "750c783e6ab0b503eaa86e310a5db738");
}

TEST(Algorithm, EveryOneWorksInPiecesAndCopies) {
  const auto bytes = random_bytes(5000, 1);
  for (const Algorithm& algorithm : algorithms()) {
    SCOPED_TRACE(algorithm.name);
    ASSERT_EQ(find_algorithm(algorithm.name), &algorithm);
    HasherOptions options;
    if (algorithm.key_use != KeyUse::None) options.key = ByteSpan(bytes).first(algorithm.key_min);
    auto made = Hasher::create(algorithm.name, options);
    ASSERT_TRUE(made.has_value());
    const Hasher fresh = *made;
    ASSERT_EQ(fresh.size(), algorithm.size);
    Hasher whole = fresh, pieces = fresh;
    whole.update(bytes);
    std::vector<std::byte> a(fresh.size()), b(fresh.size());
    hash_test::in_pieces(bytes, 3, [&](ByteSpan piece) {
      pieces.finish(b);  // leaves the state alone
      pieces.update(piece);
    });
    Hasher moved = std::move(pieces);
    pieces = moved;
    whole.finish(a), pieces.finish(b);
    EXPECT_EQ(a, b);
    fresh.finish(b);
    EXPECT_NE(a, b);
    if (algorithm.key_use != KeyUse::None) {  // the key counts
      auto other = random_bytes(64, 9);
      options.key = ByteSpan(other).first(algorithm.key_min);
      auto keyed = Hasher::create(algorithm.name, options);
      ASSERT_TRUE(keyed.has_value());
      keyed->update(bytes);
      keyed->finish(b);
      EXPECT_NE(a, b);
    }
    if (algorithm.size_max == Algorithm::kAnySize) {
      auto longer = Hasher::create(algorithm.name,
                                   {.key = ByteSpan(bytes).first(algorithm.key_min), .size = 777});
      ASSERT_TRUE(longer.has_value());
      std::vector<std::byte> out(777);
      longer->finish(out);
      EXPECT_NE(out[776], out[775]);
    }
  }
}

TEST(Algorithm, RefusesWhatDoesNotExist) {
  EXPECT_EQ(Hasher::create("sha257").error().code(), Errc::NotFound);
  EXPECT_EQ(Hasher::create("SHA256").error().code(), Errc::NotFound);
  EXPECT_EQ(find_algorithm(""), nullptr);
  const auto key = random_bytes(65, 1);
  const auto refused = [&](std::string_view name, const HasherOptions& options) {
    auto made = Hasher::create(name, options);
    return !made.has_value() && made.error().code() == Errc::InvalidArgument;
  };
  EXPECT_TRUE(refused("siphash", {}));
  EXPECT_TRUE(refused("siphash", {.key = ByteSpan(key).first(15)}));
  EXPECT_TRUE(refused("siphash", {.key = ByteSpan(key).first(17)}));
  EXPECT_TRUE(refused("sha256", {.key = key}));
  EXPECT_TRUE(refused("hmac-sha256", {}));
  EXPECT_TRUE(refused("blake3", {.key = ByteSpan(key).first(31)}));
  EXPECT_TRUE(refused("blake2b", {.key = key}));
  EXPECT_TRUE(refused("blake2b", {.size = 65}));
  EXPECT_TRUE(refused("sha256", {.size = 31}));
  EXPECT_TRUE(refused("sha256", {.size = 33}));
  EXPECT_FALSE(refused("blake2b", {.key = ByteSpan(key).first(64), .size = 1}));
}

}  // namespace
