// AES-GCM, AES-GCM-SIV, ChaCha20-Poly1305 and XChaCha20-Poly1305 by the files of wycheproof, and
// AES-GCM by that of NIST's acvp.
#include <avila/aead/aes_gcm.hpp>
#include <avila/aead/aes_gcm_siv.hpp>
#include <avila/aead/chacha20_poly1305.hpp>
#include <avila/json/document.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/conformance.hpp>
#include <avila_test/crypto_cases.hpp>
#include <optional>

namespace {

using namespace avila;
using namespace avila::aead;
using avila_test::CryptoFields;
using avila_test::fixed;
using Bytes = avila_test::CryptoBytes;

struct Case {
  Bytes key, nonce, aad, text, sealed, tag;
};

// Whether the case opens to its text and seals to its ciphertext and tag; nullopt: it did not open.
template <class Open, class Seal>
std::optional<bool> judge(const Case& c, Open&& open, Seal&& seal) {
  if (c.tag.size() != kTagSize) return {};
  Tag given, made;
  std::copy(c.tag.begin(), c.tag.end(), given.begin());
  Bytes opened(c.sealed.size(), std::byte{1}), sealed(c.text.size());
  if (!open(given, opened).has_value()) {
    // Nothing may be left.
    return opened == Bytes(opened.size()) ? std::nullopt : std::optional<bool>(false);
  }
  if (!seal(sealed, made).has_value()) return false;
  return opened == c.text && sealed == c.sealed && made == given;
}

template <class Key>
std::optional<bool> judge_key(const Case& c, const Key& key) {
  if (c.nonce.size() != Key::kNonceSize) return {};  // cannot be said: nonces are types
  const typename Key::NonceType nonce(fixed<Key::kNonceSize>(c.nonce));
  return judge(
      c,
      [&](const Tag& tag, Bytes& out) {
        return key.open_detached(nonce, c.aad, c.sealed, tag, out);
      },
      [&](Bytes& out, Tag& tag) { return key.seal_detached(nonce, c.aad, c.text, out, tag); });
}

std::optional<bool> judge_gcm(const Case& c) {
  const auto key = AesGcm::create(c.key);
  if (!key.has_value()) return {};
  if (c.nonce.empty()) {  // refused both ways, and nothing to look at
    Tag tag{};
    Bytes out(c.text.size());
    return key->seal_with_iv(c.nonce, c.aad, c.text, out, tag).has_value() ? std::optional(false)
                                                                           : std::nullopt;
  }
  return judge(
      c,
      [&](const Tag& tag, Bytes& out) {
        return key->open_with_iv(c.nonce, c.aad, c.sealed, tag, out);
      },
      [&](Bytes& out, Tag& tag) { return key->seal_with_iv(c.nonce, c.aad, c.text, out, tag); });
}

std::optional<bool> judge_any(const std::string& algorithm, const Case& c) {
  if (algorithm.ends_with("AES-GCM")) return judge_gcm(c);
  if (algorithm == "AES-GCM-SIV") {
    const auto key = AesGcmSiv::create(c.key);
    return key.has_value() ? judge_key(c, *key) : std::nullopt;
  }
  if (c.key.size() != 32) return {};
  if (algorithm == "CHACHA20-POLY1305") return judge_key(c, ChaCha20Poly1305(fixed<32>(c.key)));
  return judge_key(c, XChaCha20Poly1305(fixed<32>(c.key)));
}

TEST(AeadConformance, Wycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/aead");
  const auto wanted = [](const std::string& a) {
    return a == "AES-GCM" || a == "AES-GCM-SIV" || a == "CHACHA20-POLY1305" ||
           a == "XCHACHA20-POLY1305";
  };
  avila_test::for_each_crypto_case(
      "wycheproof", wanted,
      [&](const std::string& algorithm, const CryptoFields&, const CryptoFields& c,
          const std::string& where) {
        const auto judged = judge_any(algorithm, {c.bytes("key"), c.bytes("iv"), c.bytes("aad"),
                                                  c.bytes("msg"), c.bytes("ct"), c.bytes("tag")});
        const bool valid = c.text("result") == "valid";
        report.check(valid ? judged == true : !judged.has_value(), where);
      });
  report.finish();
}

TEST(AeadConformance, Acvp) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/aead");
  avila_test::for_each_crypto_case(
      "acvp", [](const std::string& a) { return a == "ACVP-AES-GCM"; },
      [&](const std::string& algorithm, const CryptoFields& group, const CryptoFields& c,
          const std::string& where) {
        if (group.number("tagLen") != 128) {
          report.exclude();  // SP 800-38D appendix C: short tags have weaknesses; none here
          return;
        }
        const auto judged = judge_any(algorithm, {c.bytes("key"), c.bytes("iv"), c.bytes("aad"),
                                                  c.bytes("pt"), c.bytes("ct"), c.bytes("tag")});
        report.check(c.flag("testPassed") ? judged == true : !judged.has_value(), where);
      });
  report.finish();
}

}  // namespace
