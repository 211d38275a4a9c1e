// The cases of the wycheproof and acvp suites that decode points and multiply them. Signature
// schemes are not of this library: what is checked here is the group equation they end in.
#include <algorithm>
#include <avila/field/edwards25519.hpp>
#include <avila/field/weierstrass.hpp>
#include <avila/field/x25519.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha512.hpp>
#include <avila/json/value.hpp>
#include <avila_test/conformance.hpp>
#include <functional>
#include <optional>

namespace {

using namespace avila;
using namespace avila::field;
using Bytes = std::vector<std::byte>;

std::string text_of(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}
Bytes bytes_of(const json::Value& object, std::string_view key) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  const std::string text = text_of(object, key);
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(digit(text[i]) * 16 + digit(text[i + 1])));
  return bytes;
}
/// A number of any length of hex as exactly `size` bytes; nothing where it does not fit.
std::optional<Bytes> number_of(Bytes bytes, std::size_t size) {
  while (bytes.size() > size && bytes.front() == std::byte{0}) bytes.erase(bytes.begin());
  if (bytes.size() > size) return std::nullopt;
  bytes.insert(bytes.begin(), size - bytes.size(), std::byte{0});
  return bytes;
}
template <class F>
F element_of(const json::Value& object, std::string_view key) {
  const auto bytes = number_of(bytes_of(object, key), F::kBytes);
  return F::from_bytes_be(bytes.value()).value();
}

struct Group {
  std::string file, type, algorithm;
  const json::Value* object;
  const json::Value* tests;
};
/// Every group of every file of a suite.
void for_each_group(const std::string& suite, const std::function<void(const Group&)>& run) {
  for (const auto& path : avila_test::files_below(avila_test::suite_path(suite), ".json")) {
    const auto document = json::parse(avila_test::read_file(path));
    ASSERT_TRUE(document.has_value()) << path;
    const json::Value* groups = document->find("testGroups");
    if (groups == nullptr) continue;
    for (std::size_t i = 0; i < groups->size(); ++i) {
      const json::Value& group = (*groups)[i];
      const json::Value* tests = group.find("tests");
      if (tests == nullptr) continue;
      run({path.filename().string(), text_of(group, "type"), text_of(*document, "algorithm"),
           &group, tests});
    }
  }
}
void for_each_test(const Group& group,
                   const std::function<void(const json::Value&, const std::string&)>& run) {
  for (std::size_t i = 0; i < group.tests->size(); ++i) {
    const json::Value& test = (*group.tests)[i];
    run(test, group.file + " tcId " + std::to_string(test.find("tcId")->as_int64()));
  }
}

TEST(FieldConformance, WycheproofX25519) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/XdhComp");
  for_each_group("wycheproof", [&](const Group& group) {
    if (group.type != "XdhComp" || text_of(*group.object, "curve") != "curve25519") return;
    for_each_test(group, [&](const json::Value& test, const std::string& name) {
      const Bytes key = bytes_of(test, "private"), peer = bytes_of(test, "public"),
                  expected = bytes_of(test, "shared");
      X25519Bytes shared;
      const bool nonzero = x25519(shared, X25519View(key.data(), 32), X25519View(peer.data(), 32));
      report.check(std::equal(shared.begin(), shared.end(), expected.begin(), expected.end()) &&
                       nonzero == (expected != Bytes(32)),
                   name);
    });
  });
  report.finish();
}

// SubjectPublicKeyInfo with a named curve and an uncompressed point (RFC 5480), but for the point.
template <class P>
std::string_view kSpkiPrefix = "";
template <>
std::string_view kSpkiPrefix<P256Point> = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
template <>
std::string_view kSpkiPrefix<P384Point> = "3076301006072a8648ce3d020106052b81040022036200";

template <>
std::string_view kSpkiPrefix<P521Point> = "30819b301006072a8648ce3d020106052b8104002303818600";

template <class P>
std::optional<Bytes> agree(const json::Value& test, bool asn) {
  using Scalar = typename P::Scalar;
  Bytes encoded = bytes_of(test, "public");
  if (asn) {
    const std::string text = text_of(test, "public");
    if (!text.starts_with(kSpkiPrefix<P>)) return std::nullopt;
    encoded.erase(encoded.begin(),
                  encoded.begin() + static_cast<std::ptrdiff_t>(kSpkiPrefix<P>.size() / 2));
  }
  const auto point = P::decode(encoded);
  const auto key = number_of(bytes_of(test, "private"), Scalar::kBytes);
  if (!point.has_value() || !key.has_value()) return std::nullopt;
  const auto scalar = Scalar::from_bytes_be(*key);
  if (!scalar.has_value()) return std::nullopt;
  const auto x = (*scalar * *point).to_affine().x.to_bytes_be();
  return Bytes(x.begin(), x.end());
}

TEST(FieldConformance, WycheproofEcdh) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/EcdhTest, EcdhEcpointTest");
  for_each_group("wycheproof", [&](const Group& group) {
    if (group.type != "EcdhTest" && group.type != "EcdhEcpointTest") return;
    const bool asn = group.type == "EcdhTest";
    const std::string curve = text_of(*group.object, "curve");
    for_each_test(group, [&](const json::Value& test, const std::string& name) {
      std::optional<Bytes> shared;
      if (curve == "secp256r1") {
        shared = agree<P256Point>(test, asn);
      } else if (curve == "secp384r1") {
        shared = agree<P384Point>(test, asn);
      } else if (curve == "secp521r1") {
        shared = agree<P521Point>(test, asn);
      } else {
        report.exclude();  // curves that this library does not have
        return;
      }
      const std::string result = text_of(test, "result");
      const bool right = shared.has_value() && *shared == bytes_of(test, "shared");
      if (result == "valid") report.check(right, name);
      if (result == "invalid") report.check(!shared.has_value(), name);
      // "acceptable": point compression, or other ways to write the ASN.1. Refused or right.
      if (result == "acceptable") report.check(right || (asn && !shared.has_value()), name);
    });
  });
  report.finish();
}

bool ed25519_holds(ByteSpan key, ByteSpan message, ByteSpan signature) {
  if (key.size() != 32 || signature.size() != 64) return false;
  const auto a = EdwardsPoint::decompress(key.first<32>());
  const auto s = Scalar25519::from_bytes_le(signature.last(32));
  if (!a.has_value() || !s.has_value()) return false;
  hash::Sha512 sha;
  sha.update(signature.first(32));
  sha.update(key);
  sha.update(message);
  const auto h = Scalar25519::reduce_le(sha.finish());
  const auto r = EdwardsPoint::double_mul_vartime(h, -*a, *s).compress();
  return std::equal(r.begin(), r.end(), signature.begin());
}

TEST(FieldConformance, WycheproofEd25519) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/EddsaVerify");
  for_each_group("wycheproof", [&](const Group& group) {
    if (group.type != "EddsaVerify") return;
    const json::Value* key = group.object->find("publicKey");
    for_each_test(group, [&](const json::Value& test, const std::string& name) {
      if (text_of(*key, "curve") != "edwards25519") return report.exclude();
      report.check(ed25519_holds(bytes_of(*key, "pk"), bytes_of(test, "msg"),
                                 bytes_of(test, "sig")) == (text_of(test, "result") == "valid"),
                   name);
    });
  });
  report.finish();
}

struct Signature {
  Bytes r, s;
};
/// DER: SEQUENCE { INTEGER r, INTEGER s }, minimal, not negative.
std::optional<Signature> parse_der(ByteSpan in) {
  const auto take = [](ByteSpan& from, std::byte tag) -> std::optional<ByteSpan> {
    if (from.size() < 2 || from[0] != tag) return std::nullopt;
    auto length = static_cast<std::size_t>(from[1]);
    std::size_t head = 2;
    if (length == 0x81) {
      if (from.size() < 3 || static_cast<std::size_t>(from[2]) < 0x80) return std::nullopt;
      length = static_cast<std::size_t>(from[2]);
      head = 3;
    } else if (length > 0x7F) {
      return std::nullopt;
    }
    if (from.size() - head < length) return std::nullopt;
    const ByteSpan content = from.subspan(head, length);
    from = from.subspan(head + length);
    return content;
  };
  const auto integer = [&](ByteSpan& from) -> std::optional<Bytes> {
    const auto content = take(from, std::byte{2});
    if (!content || content->empty() || ((*content)[0] & std::byte{0x80}) != std::byte{0})
      return std::nullopt;
    if (content->size() > 1 && (*content)[0] == std::byte{0} &&
        ((*content)[1] & std::byte{0x80}) == std::byte{0})
      return std::nullopt;
    return Bytes(content->begin(), content->end());
  };
  auto sequence = take(in, std::byte{0x30});
  if (!sequence || !in.empty()) return std::nullopt;
  auto r = integer(*sequence), s = integer(*sequence);
  if (!r || !s || !sequence->empty()) return std::nullopt;
  return Signature{*r, *s};
}

/// FIPS 186-5 section 6.4.2, of a digest at least as long as the order.
template <class P>
bool ecdsa_holds(const P& key, ByteSpan digest, const Signature& signature) {
  using Scalar = typename P::Scalar;
  const auto r_bytes = number_of(signature.r, Scalar::kBytes);
  const auto s_bytes = number_of(signature.s, Scalar::kBytes);
  if (!r_bytes || !s_bytes) return false;
  const auto r = Scalar::from_bytes_be(*r_bytes), s = Scalar::from_bytes_be(*s_bytes);
  if (!r.has_value() || !s.has_value() || r->is_zero() != 0 || s->is_zero() != 0) return false;
  const auto z = Scalar::reduce_be(digest.first(std::min(digest.size(), Scalar::kBytes)));
  const Scalar inverse = s->inverse();
  const P point = P::double_mul_vartime(*r * inverse, key, z * inverse);
  return !point.is_identity() && Scalar::reduce_be(point.to_affine().x.to_bytes_be()) == *r;
}

template <class P>
void check_ecdsa(const Group& group, const std::string& sha, avila_test::SuiteReport& report) {
  const bool der = group.type == "EcdsaVerify";
  const auto key = P::decode(bytes_of(*group.object->find("publicKey"), "uncompressed"));
  for_each_test(group, [&](const json::Value& test, const std::string& name) {
    const Bytes message = bytes_of(test, "msg"), encoded = bytes_of(test, "sig");
    Bytes digest;
    const auto keep = [&](const auto& d) { digest.assign(d.begin(), d.end()); };
    if (sha == "SHA-256") keep(hash::sha256(message));
    if (sha == "SHA-384") keep(hash::sha384(message));
    if (sha == "SHA-512") keep(hash::sha512(message));
    std::optional<Signature> signature;
    const std::size_t n = P::Scalar::kBytes;
    if (der) {
      signature = parse_der(encoded);
    } else if (encoded.size() == 2 * n) {
      const auto middle = encoded.begin() + static_cast<std::ptrdiff_t>(n);
      signature = Signature{Bytes(encoded.begin(), middle), Bytes(middle, encoded.end())};
    }
    const bool holds = key.has_value() && signature && ecdsa_holds(*key, digest, *signature);
    const std::string result = text_of(test, "result");
    report.check(holds == (result == "valid") || result == "acceptable", name);
  });
}

TEST(FieldConformance, WycheproofEcdsa) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/EcdsaVerify, EcdsaP1363Verify");
  for_each_group("wycheproof", [&](const Group& group) {
    if (group.type != "EcdsaVerify" && group.type != "EcdsaP1363Verify") return;
    const std::string curve = text_of(*group.object->find("publicKey"), "curve");
    const std::string sha = text_of(*group.object, "sha");
    if (curve == "secp256r1") return check_ecdsa<P256Point>(group, sha, report);
    if (curve == "secp384r1") return check_ecdsa<P384Point>(group, sha, report);
    if (curve == "secp521r1") return check_ecdsa<P521Point>(group, sha, report);
    if (curve == "secp256k1") return check_ecdsa<Secp256k1Point>(group, sha, report);
    for_each_test(group, [&](const json::Value&, const std::string&) {
      report.exclude();  // curves that this library does not have
    });
  });
  report.finish();
}

template <class P>
bool has_parameters(const json::Value& test) {
  using F = typename P::Field;
  const auto a = P::Curve::kA == 0 ? F() : -F::from_u64(3);
  const auto order = number_of(bytes_of(test, "n"), F::kBytes);
  const auto prime = number_of(bytes_of(test, "p"), F::kBytes);
  const auto limbs_be = [](const auto& limbs) {
    Bytes bytes;
    for (std::size_t i = F::kBytes; i-- > 0;)
      bytes.push_back(static_cast<std::byte>(limbs[i / 8] >> (8 * (i % 8))));
    return bytes;
  };
  const auto base = P::base().to_affine();
  return limbs_be(F::Params::kModulus.p) == prime &&
         limbs_be(P::Scalar::Params::kModulus.p) == order && element_of<F>(test, "a") == a &&
         element_of<F>(test, "b") == F::from_limbs(P::Curve::kB) &&
         element_of<F>(test, "gx") == base.x && element_of<F>(test, "gy") == base.y;
}

TEST(FieldConformance, WycheproofCurveParameters) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/EcCurveTest");
  for_each_group("wycheproof", [&](const Group& group) {
    if (group.type != "EcCurveTest") return;
    for_each_test(group, [&](const json::Value& test, const std::string& name) {
      const std::string curve = text_of(test, "name");
      if (curve == "secp256r1") return report.check(has_parameters<P256Point>(test), name);
      if (curve == "secp384r1") return report.check(has_parameters<P384Point>(test), name);
      if (curve == "secp521r1") return report.check(has_parameters<P521Point>(test), name);
      if (curve == "secp256k1") return report.check(has_parameters<Secp256k1Point>(test), name);
      report.exclude();  // curves that this library does not have
    });
  });
  report.finish();
}

template <class P>
bool is_point(const json::Value& test) {
  const auto x = number_of(bytes_of(test, "qx"), P::kFieldBytes);
  const auto y = number_of(bytes_of(test, "qy"), P::kFieldBytes);
  if (!x || !y) return false;
  Bytes encoded = {std::byte{4}};
  encoded.insert(encoded.end(), x->begin(), x->end());
  encoded.insert(encoded.end(), y->begin(), y->end());
  return P::decode(encoded).has_value();
}

TEST(FieldConformance, AcvpKeys) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/KeyVer, XECDH");
  for_each_group("acvp", [&](const Group& group) {
    const bool ecdsa = group.file.starts_with("ECDSA-KeyVer");
    const bool eddsa = group.file.starts_with("EDDSA-KeyVer");
    const bool xecdh = group.file.starts_with("XECDH-SSC");
    if (!ecdsa && !eddsa && !xecdh) return;
    const std::string curve = text_of(*group.object, "curve");
    for_each_test(group, [&](const json::Value& test, const std::string& name) {
      const bool passes = test.find("testPassed")->as_bool();
      if (ecdsa && curve == "P-256") {
        report.check(is_point<P256Point>(test) == passes, name);
      } else if (ecdsa && curve == "P-384") {
        report.check(is_point<P384Point>(test) == passes, name);
      } else if (ecdsa && curve == "P-521") {
        report.check(is_point<P521Point>(test) == passes, name);
      } else if (eddsa && curve == "ED-25519") {
        const Bytes q = bytes_of(test, "q");
        report.check((q.size() == 32 &&
                      EdwardsPoint::decompress(ByteSpan(q).first<32>()).has_value()) == passes,
                     name);
      } else if (xecdh && curve == "Curve25519") {
        const Bytes key = bytes_of(test, "privateIut"), peer = bytes_of(test, "publicServer"),
                    z = bytes_of(test, "z");
        X25519Bytes shared;
        (void)x25519(shared, X25519View(key.data(), 32), X25519View(peer.data(), 32));
        report.check(std::equal(shared.begin(), shared.end(), z.begin(), z.end()) == passes, name);
      } else {
        report.exclude();  // curves that this library does not have
      }
    });
  });
  report.finish();
}

}  // namespace
