// Constant time, shown twice: secrets marked undefined under valgrind's memcheck, which reports
// branches and addresses that depend on them (Langley, "ctgrind", 2010); and timings of two
// classes of inputs compared by Welch's t-test (Reparaz, Balasch, Verbauwhede, "Dude, is my code
// constant time?", 2017). In both a function that leaks shows that the check sees.
#include <gtest/gtest.h>
#include <avila/field/hash_to_curve.hpp>
#include <avila/field/x25519.hpp>
#include <avila/primitives/constant_time.hpp>
#include <avila_test/tools.hpp>
#include <avila_test/welch.hpp>

#include <cstdlib>
#include <functional>

#include "textbook.hpp"

namespace {

using namespace avila;
using namespace avila::field;

using Key = std::array<std::byte, 48>;

template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// Leaks by design: as many doublings as the key has bits, and a branch on each.
void leaky(const Key& key) {
  EdwardsPoint sum;
  bool started = false;
  for (std::size_t i = 256; i-- > 0;) {
    const bool bit = (static_cast<unsigned>(key[i / 8]) >> (i % 8) & 1) != 0;
    if (started) sum = sum.twice();
    if (bit) sum = sum + EdwardsPoint::base();
    started = started || bit;
  }
  keep(sum);
}
/// Leaks by an address.
void leaky_look_up(const Key& key) {
  static const std::vector<std::uint64_t> table(256, 7);
  const std::uint64_t found = table[static_cast<std::size_t>(key[3])];
  keep(found);
}

template <class Point>
void multiply(const Key& key) {
  using Scalar = typename Point::Scalar;
  const Scalar scalar = Scalar::reduce_le(key);
  keep(scalar * Point::base().twice());
}
template <class Point>
void multiply_base(const Key& key) {
  using Scalar = typename Point::Scalar;
  keep(Point::mul_base(Scalar::reduce_le(key)));
}

struct Operation {
  const char* name;
  std::function<void(const Key&)> run;
};

std::vector<Operation> operations() {
  const auto first32 = [](const Key& key) { return std::span(key).first<32>(); };
  return {
      {"x25519",
       [=](const Key& key) {
         X25519Bytes out;
         const X25519Bytes nine{std::byte{9}};
         keep(x25519(out, first32(key), nine));
       }},
      {"x25519 of the base point", [=](const Key& key) { keep(x25519_base(first32(key))); }},
      {"Ed25519 base point",
       [](const Key& key) {
         keep(EdwardsPoint::mul_base(Scalar25519::reduce_le(key)).compress());
       }},
      {"Ed25519 point",
       [](const Key& key) { keep(Scalar25519::reduce_le(key) * EdwardsPoint::base().twice()); }},
      {"ristretto255 encoding",
       [](const Key& key) {
         keep(RistrettoPoint::mul_base(Scalar25519::reduce_le(key)).encode());
       }},
      {"scalar inverse modulo L",
       [](const Key& key) { keep(Scalar25519::reduce_le(key).inverse().to_bytes_le()); }},
      {"P-256 point", multiply<P256Point>},
      {"P-256 base point", multiply_base<P256Point>},
      {"P-256 affine",
       [](const Key& key) { keep(P256Point::mul_base(ScalarP256::reduce_le(key)).to_affine()); }},
      {"P-256 sum of points",
       [](const Key& key) {
         const P256Point p = P256Point::mul_base(ScalarP256::reduce_le(key));
         keep(p + p);
         keep(p + P256Point());
         keep(p.equals(-p));
       }},
      {"P-256 scalar inverse",
       [](const Key& key) { keep(ScalarP256::reduce_le(key).inverse().to_bytes_be()); }},
      {"P-384 point", multiply<P384Point>},
      {"P-384 base point", multiply_base<P384Point>},
      {"P-521 point", multiply<P521Point>},
      {"P-521 base point", multiply_base<P521Point>},
      {"P-521 scalar inverse",
       [](const Key& key) { keep(ScalarP521::reduce_le(key).inverse().to_bytes_be()); }},
      {"hash to P-521",
       [](const Key& key) { keep(hash_to_p521(key, as_bytes("tag")).value().jacobian()); }},
      {"secp256k1 point", multiply<Secp256k1Point>},
      {"secp256k1 base point", multiply_base<Secp256k1Point>},
      {"hash to P-256",
       [](const Key& key) { keep(hash_to_p256(key, as_bytes("tag")).value().jacobian()); }},
      {"hash to Edwards25519",
       [](const Key& key) { keep(hash_to_edwards25519(key, as_bytes("tag")).value().extended()); }},
      {"hash to secp256k1",
       [](const Key& key) { keep(hash_to_secp256k1(key, as_bytes("tag")).value().jacobian()); }},
      {"scalar from bytes",
       [=](const Key& key) { keep(ScalarP256::from_bytes_be(first32(key)).has_value()); }},
      {"comparison of bytes", [](const Key& key) { keep(ct::equal(key, Key{})); }},
  };
}

std::uint64_t errors_seen() { return avila::detail::valgrind_request(avila::detail::kCountErrors); }

/// Errors that memcheck counts while `run` has a secret key.
std::uint64_t errors_of(const std::function<void(const Key&)>& run) {
  Key key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(37 * i + 11);
  run(key);  // tables are made of public numbers, at first use
  const std::uint64_t before = errors_seen();
  ct::classify(key.data(), key.size());
  run(key);
  ct::declassify(key.data(), key.size());
  return errors_seen() - before;
}

/// Runs under valgrind only: the test below starts it.
TEST(ConstantTimeChild, SecretsUnderMemcheck) {
  if (std::getenv("AVILA_CTGRIND") == nullptr) GTEST_SKIP() << "started by ConstantTime.Memcheck";
  ASSERT_NE(avila::detail::valgrind_request(avila::detail::kRunningOnValgrind), 0U);
  EXPECT_GT(errors_of(leaky), 0U) << "a branch on a secret was not seen";
  EXPECT_GT(errors_of(leaky_look_up), 0U) << "an address made of a secret was not seen";
  for (const Operation& operation : operations())
    EXPECT_EQ(errors_of(operation.run), 0U) << operation.name;
}

TEST(ConstantTime, NoBranchOrAddressDependsOnSecretsUnderMemcheck) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "SKIPPED: valgrind does not run programs with sanitizers";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "SKIPPED: valgrind does not run programs with sanitizers";
#endif
#endif
  if (!avila_test::have_program("valgrind")) GTEST_SKIP() << "SKIPPED: valgrind is not installed";
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto result = avila_test::run_command(
      "AVILA_CTGRIND=1 valgrind --quiet --error-limit=no --num-callers=6 '" + self +
      "' --gtest_filter=ConstantTimeChild.* 2>&1");
  EXPECT_EQ(result.status, 0) << result.out.substr(0, 20000);
  EXPECT_NE(result.out.find("[  PASSED  ] 1 test"), std::string::npos)
      << result.out.substr(0, 2000);
}

TEST(ConstantTime, TimesDoNotTellTheKeyByWelchsTest) {
  EXPECT_TRUE(avila_test::times_tell_the_key<48>(leaky)) << "a leak was not seen";
  for (const char* name :
       {"x25519", "Ed25519 base point", "P-256 point", "P-256 base point", "P-521 point",
        "P-521 base point", "secp256k1 point", "scalar inverse modulo L"}) {
    for (const Operation& operation : operations()) {
      if (std::string_view(operation.name) == name) {
        EXPECT_FALSE(avila_test::times_tell_the_key<48>(operation.run)) << name;
      }
    }
  }
}

TEST(ConstantTimeHelpers, DoWhatTheySay) {
  EXPECT_EQ(ct::mask_if(1), ~ct::Mask{0});
  EXPECT_EQ(ct::mask_if(0), 0U);
  for (const std::uint64_t x : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63,
                                ~std::uint64_t{0}, std::uint64_t{0x8000000000000001}}) {
    EXPECT_EQ(ct::is_zero(x) != 0, x == 0);
    EXPECT_EQ(ct::equal(x, x), ~ct::Mask{0});
    EXPECT_EQ(ct::equal(x, x + 1), 0U);
    EXPECT_EQ(ct::select(~ct::Mask{0}, x, 5), x);
    EXPECT_EQ(ct::select(0, x, 5), 5U);
  }
  std::uint64_t a[3] = {1, 2, 3}, b[3] = {4, 5, 6};
  ct::swap_if(0, a, b, 3);
  EXPECT_EQ(a[2], 3U);
  ct::swap_if(~ct::Mask{0}, a, b, 3);
  EXPECT_EQ(a[2], 6U);
  EXPECT_EQ(b[0], 1U);
  ct::assign_if(0, a, b, 3);
  EXPECT_EQ(a[1], 5U);
  ct::assign_if(~ct::Mask{0}, a, b, 3);
  EXPECT_EQ(a[1], 2U);
  const auto text = as_bytes("abcdef");
  EXPECT_TRUE(ct::equal(text, as_bytes("abcdef")));
  EXPECT_FALSE(ct::equal(text, as_bytes("abcdeg")));
  EXPECT_FALSE(ct::equal(text, as_bytes("abcde")));
  EXPECT_TRUE(ct::equal({}, {}));
}

TEST(ConstantTimeHelpers, ScalarsAreWipedAtTheEndOfTheirLife) {
  alignas(ScalarP256) std::byte memory[sizeof(ScalarP256)];
  auto* scalar = ::new (memory) ScalarP256(ScalarP256::from_u64(77));
  EXPECT_FALSE(ct::equal(memory, std::array<std::byte, sizeof memory>{}));
  scalar->~ScalarP256();
  EXPECT_TRUE(ct::equal(memory, std::array<std::byte, sizeof memory>{}));
  static_assert(std::is_trivially_destructible_v<FeP256>);
  {
    std::uint64_t secret[4] = {1, 2, 3, 4};
    {
      const ct::Wiper wiper(secret);
    }
    EXPECT_EQ(secret[0] | secret[1] | secret[2] | secret[3], 0U);
  }
}

}  // namespace
