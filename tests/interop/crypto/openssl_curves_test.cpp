// OpenSSL's command line: what is signed here verifies there and the other way round, and both
// derive the same secrets. Keys go in files of a form that is written here by hand (RFC 5915,
// RFC 5480, RFC 8410).
#include <gtest/gtest.h>

#include <avila/asn1/writer.hpp>
#include <avila/crypto/ec.hpp>
#include <avila/crypto/ed25519.hpp>
#include <avila/crypto/x25519.hpp>
#include <avila/os/entropy.hpp>
#include <avila_test/conformance.hpp>
#include <avila_test/tools.hpp>

namespace {

using namespace avila;
using namespace avila::crypto;
using asn1::Writer;
using Bytes = std::vector<std::byte>;

void write_file(const std::string& path, ByteSpan bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}
Bytes read_bytes(const std::string& path) {
  const std::string text = avila_test::read_file(path);
  const ByteSpan bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}
bool run(const std::string& command) {
  const auto result = avila_test::run_command("openssl " + command + " 2>&1");
  EXPECT_EQ(result.status, 0) << command << "\n" << result.out;
  return result.status == 0;
}
bool refused(const std::string& command) {
  return avila_test::run_command("openssl " + command + " 2>&1").status != 0;
}

template <class C>
constexpr const char* kCurveOid = "";
template <>
constexpr const char* kCurveOid<field::CurveP256> = "1.2.840.10045.3.1.7";
template <>
constexpr const char* kCurveOid<field::CurveP384> = "1.3.132.0.34";
template <>
constexpr const char* kCurveOid<field::CurveP521> = "1.3.132.0.35";
template <>
constexpr const char* kCurveOid<field::CurveSecp256k1> = "1.3.132.0.10";

asn1::Oid oid(const char* text) { return asn1::Oid::parse(text).value(); }

template <class C>
Bytes private_file(const EcPrivateKey<C>& key) {
  Writer writer;
  writer.sequence([&](Writer& w) {
    w.int64(1);
    w.octet_string(*key.bytes());
    w.constructed(asn1::context(0), [](Writer& p) { p.oid(oid(kCurveOid<C>)); });
  });
  return writer.take();
}
template <class C>
Bytes public_file(const EcPublicKey<C>& key) {
  Writer writer;
  writer.sequence([&](Writer& w) {
    w.sequence([](Writer& a) {
      a.oid(oid("1.2.840.10045.2.1"));
      a.oid(oid(kCurveOid<C>));
    });
    w.bit_string(key.encode());
  });
  return writer.take();
}
/// id-X25519 or id-Ed25519.
Bytes private_file(const char* type, ByteSpan key) {
  Writer writer;
  writer.sequence([&](Writer& w) {
    w.int64(0);
    w.sequence([&](Writer& a) { a.oid(oid(type)); });
    w.octet_string_around([&](Writer& o) { o.octet_string(key); });
  });
  return writer.take();
}
Bytes public_file(const char* type, ByteSpan key) {
  Writer writer;
  writer.sequence([&](Writer& w) {
    w.sequence([&](Writer& a) { a.oid(oid(type)); });
    w.bit_string(key);
  });
  return writer.take();
}
constexpr const char* kX25519 = "1.3.101.110";
constexpr const char* kEd25519 = "1.3.101.112";

template <class C>
void exchange_signatures(const avila_test::TempDir& dir, DigestAlgorithm digest,
                         const std::string& name) {
  os::SeededEntropy entropy(static_cast<std::uint64_t>(digest) + C::Scalar::kBytes);
  const auto key = EcPrivateKey<C>::generate(entropy);
  const std::string text = "a message of " + name;
  write_file(dir / "key", private_file(*key));
  write_file(dir / "pub", public_file(key->public_key()));
  write_file(dir / "message", as_bytes(text));
  write_file(dir / "ours", key->sign(digest, as_bytes(text), &entropy)->to_der());
  const std::string dgst = "dgst -keyform DER -" + name + " ";
  const std::string verify = dgst + "-verify " + (dir / "pub") + " -signature " + (dir / "ours");
  EXPECT_TRUE(run(verify + " " + (dir / "message")));
  EXPECT_TRUE(refused(verify + " " + (dir / "pub")));
  ASSERT_TRUE(
      run(dgst + "-sign " + (dir / "key") + " -out " + (dir / "theirs") + " " + (dir / "message")));
  const auto theirs = EcdsaSignature<C>::decode_der(read_bytes(dir / "theirs"));
  ASSERT_TRUE(theirs.has_value());
  EXPECT_TRUE(key->public_key().verify(digest, as_bytes(text), *theirs).has_value());
  EXPECT_FALSE(key->public_key().verify(digest, as_bytes("other"), *theirs).has_value());
}

TEST(OpensslCurves, EcdsaSignaturesVerifyOnBothSides) {
  AVILA_REQUIRE_PROGRAM("openssl");
  const avila_test::TempDir dir;
  const std::pair<DigestAlgorithm, const char*> digests[] = {
      {DigestAlgorithm::Sha256, "sha256"},
      {DigestAlgorithm::Sha384, "sha384"},
      {DigestAlgorithm::Sha512, "sha512"},
      {DigestAlgorithm::Sha3_256, "sha3-256"},
  };
  for (const auto& [digest, name] : digests) {
    exchange_signatures<field::CurveP256>(dir, digest, name);
    exchange_signatures<field::CurveP384>(dir, digest, name);
    exchange_signatures<field::CurveP521>(dir, digest, name);
    exchange_signatures<field::CurveSecp256k1>(dir, digest, name);
  }
}

/// What OpenSSL derives of the files "key" and "peer".
Bytes derived(const avila_test::TempDir& dir) {
  run("pkeyutl -derive -keyform DER -peerform DER -inkey " + (dir / "key") + " -peerkey " +
      (dir / "peer") + " -out " + (dir / "shared"));
  return read_bytes(dir / "shared");
}

template <class C>
void derive_both(const avila_test::TempDir& dir) {
  os::SeededEntropy entropy(77);
  const auto a = EcPrivateKey<C>::generate(entropy), b = EcPrivateKey<C>::generate(entropy);
  write_file(dir / "key", private_file(*a));
  write_file(dir / "peer", public_file(b->public_key()));
  const auto shared = b->agree(a->public_key());
  EXPECT_EQ(derived(dir), Bytes(shared->begin(), shared->end()));
}

TEST(OpensslCurves, EcdhSecretsAreEqual) {
  AVILA_REQUIRE_PROGRAM("openssl");
  const avila_test::TempDir dir;
  derive_both<field::CurveP256>(dir);
  derive_both<field::CurveP384>(dir);
  derive_both<field::CurveP521>(dir);
  derive_both<field::CurveSecp256k1>(dir);
}

TEST(OpensslCurves, X25519SecretsAreEqual) {
  AVILA_REQUIRE_PROGRAM("openssl");
  const avila_test::TempDir dir;
  os::SeededEntropy entropy(78);
  const auto a = X25519PrivateKey::generate(entropy), b = X25519PrivateKey::generate(entropy);
  write_file(dir / "key", private_file(kX25519, *a->bytes()));
  write_file(dir / "peer", public_file(kX25519, b->public_key().bytes()));
  const auto shared = b->agree(a->public_key());
  ASSERT_TRUE(shared.has_value());
  EXPECT_EQ(derived(dir), Bytes((*shared)->begin(), (*shared)->end()));
}

TEST(OpensslCurves, Ed25519SignaturesAreEqualAndVerify) {
  AVILA_REQUIRE_PROGRAM("openssl");
  const avila_test::TempDir dir;
  os::SeededEntropy entropy(79);
  const auto key = Ed25519PrivateKey::generate(entropy);
  const std::string text = "a message";
  const auto ours = key->sign(as_bytes(text));
  write_file(dir / "key", private_file(kEd25519, *key->seed()));
  write_file(dir / "pub", public_file(kEd25519, key->public_key().bytes()));
  write_file(dir / "message", as_bytes(text));
  write_file(dir / "ours", ours);
  const std::string raw = "pkeyutl -rawin -keyform DER -in " + (dir / "message") + " ";
  ASSERT_TRUE(run(raw + "-sign -inkey " + (dir / "key") + " -out " + (dir / "theirs")));
  EXPECT_EQ(read_bytes(dir / "theirs"), Bytes(ours.begin(), ours.end()));
  const std::string verify = raw + "-verify -pubin -inkey " + (dir / "pub") + " -sigfile ";
  EXPECT_TRUE(run(verify + (dir / "ours")));
  auto damaged = ours;
  damaged[40] ^= std::byte{1};
  write_file(dir / "ours", damaged);
  EXPECT_TRUE(refused(verify + (dir / "ours")));
}

}  // namespace
