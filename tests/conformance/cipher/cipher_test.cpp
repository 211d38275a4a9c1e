// AES block, CBC, CTR, XTS and key wrap by the files of wycheproof and of NIST's acvp.
#include <avila/cipher/cbc.hpp>
#include <avila/cipher/ctr.hpp>
#include <avila/cipher/key_wrap.hpp>
#include <avila/cipher/xts.hpp>
#include <avila/json/document.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/conformance.hpp>
#include <avila_test/crypto_cases.hpp>
#include <optional>

namespace {

using namespace avila;
using namespace avila::cipher;
using avila_test::CryptoFields;
using avila_test::fixed;
using Bytes = avila_test::CryptoBytes;

// nullopt: refused.
using Output = std::optional<Bytes>;

Output cbc_padded(const CryptoFields& c) {
  const Bytes key = c.bytes("key"), iv = c.bytes("iv"), message = c.bytes("ct");
  auto aes = Aes::create(key);
  Bytes out(message.size());
  if (!aes.has_value()) return {};
  const auto text = cbc_decrypt_padded(*aes, fixed<16>(iv), message, out);
  if (!text.has_value()) return {};
  return Bytes(text->begin(), text->end());
}

Bytes cbc_padded_again(const CryptoFields& c) {
  const Bytes key = c.bytes("key"), iv = c.bytes("iv"), message = c.bytes("msg");
  auto aes = Aes::create(key);
  Bytes out(cbc_padded_size(message.size()));
  cbc_encrypt_padded(*aes, fixed<16>(iv), message, out);
  return out;
}

Bytes xts(const Bytes& key, Bytes tweak, const Bytes& in, bool encrypt) {
  tweak.resize(16);
  const auto keys = XtsKey::create(key);
  Bytes out(in.size());
  if (!keys.has_value() ||
      !(encrypt ? xts_encrypt : xts_decrypt)(*keys, fixed<16>(tweak), in, out).has_value())
    return {};
  return out;
}

Output unwrap(const CryptoFields& c, bool padded) {
  const Bytes wrapped = c.bytes("ct");
  auto kek = Aes::create(c.bytes("key"));
  if (!kek.has_value() || wrapped.size() < 8) return {};
  Bytes out(wrapped.size() - 8);
  if (padded) {
    const auto key = key_unwrap_padded(*kek, wrapped, out);
    if (!key.has_value()) return {};
    return Bytes(key->begin(), key->end());
  }
  if (!key_unwrap(*kek, wrapped, out).has_value()) return {};
  return out;
}

Output wrap(const CryptoFields& c, bool padded) {
  const Bytes key = c.bytes("msg");
  auto kek = Aes::create(c.bytes("key"));
  Bytes out(padded ? key_wrap_padded_size(key.size()) : key.size() + 8);
  if (!kek.has_value()) return {};
  if (!(padded ? key_wrap_padded : key_wrap)(*kek, key, out).has_value()) return {};
  return out;
}

// "acceptable" (keys of 8 bytes under AES-WRAP): refused, for RFC 3394 §2 wraps two words or more.
TEST(CipherConformance, Wycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/cipher");
  const auto wanted = [](const std::string& a) {
    return a == "AES-CBC-PKCS5" || a == "AES-XTS" || a == "AES-WRAP" || a == "AES-KWP";
  };
  avila_test::for_each_crypto_case(
      "wycheproof", wanted,
      [&](const std::string& algorithm, const CryptoFields&, const CryptoFields& c,
          const std::string& where) {
        const bool valid = c.text("result") == "valid";
        if (algorithm == "AES-XTS") {
          const Bytes in = c.bytes("msg"), out = c.bytes("ct");
          report.check(valid && xts(c.bytes("key"), c.bytes("iv"), in, true) == out &&
                           xts(c.bytes("key"), c.bytes("iv"), out, false) == in,
                       where);
          return;
        }
        const bool padded = algorithm == "AES-KWP";
        const bool cbc = algorithm == "AES-CBC-PKCS5";
        const Output opened = cbc ? cbc_padded(c) : unwrap(c, padded);
        if (!valid) {
          report.check(!opened.has_value(), where);
        } else {
          const Output made = cbc ? cbc_padded_again(c) : wrap(c, padded);
          report.check(opened == c.bytes("msg") && made == c.bytes("ct"), where);
        }
      });
  report.finish();
}

// ---- acvp

Bytes ecb(const Aes& aes, const Bytes& in, bool encrypt) {
  Bytes out(in.size());
  (encrypt ? cipher::detail::aes().encrypt : cipher::detail::aes().decrypt)(
      aes.schedule(), in.data(), out.data(), in.size() / 16);
  return out;
}

Bytes cbc(const Aes& aes, const Bytes& iv, const Bytes& in, bool encrypt) {
  Bytes out(in.size());
  (void)(encrypt ? cbc_encrypt : cbc_decrypt)(aes, fixed<16>(iv), in, out);  // judged by `out`
  return out;
}

// The inner loop of NIST's "AES Monte Carlo test": a thousand steps from one row of results.
Bytes monte_carlo(const Aes& aes, const Bytes& first_iv, Bytes in, bool encrypt) {
  if (first_iv.empty()) {
    for (int i = 0; i < 1000; ++i) in = ecb(aes, in, encrypt);
    return in;
  }
  Bytes chain = first_iv, previous = first_iv, out;
  for (int i = 0; i < 1000; ++i) {
    out = cbc(aes, chain, in, encrypt);
    chain = encrypt ? out : in;
    in = previous;
    previous = out;
  }
  return out;
}

TEST(CipherConformance, Acvp) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/cipher");
  const auto wanted = [](const std::string& a) {
    return a == "ACVP-AES-CBC" || a == "ACVP-AES-ECB" || a == "ACVP-AES-CTR" || a == "ACVP-AES-XTS";
  };
  avila_test::for_each_crypto_case(
      "acvp", wanted,
      [&](const std::string& algorithm, const CryptoFields& group, const CryptoFields& c,
          const std::string& where) {
        const bool encrypt = group.text("direction") == "encrypt";
        const char *from = encrypt ? "pt" : "ct", *to = encrypt ? "ct" : "pt";
        const std::size_t bits =
            c.has("payloadLen") ? c.number("payloadLen") : group.number("payloadLen");
        if (const auto rows = c.element.find("resultsArray")) {
          bool good = true;
          for (const json::Element row : rows->elements()) {
            const CryptoFields r{row};
            auto aes = Aes::create(r.bytes("key"));
            good = good && aes.has_value() &&
                   monte_carlo(*aes, r.bytes("iv"), r.bytes(from), encrypt) == r.bytes(to);
          }
          report.check(good, where);
        } else if (bits % 8 != 0) {
          report.exclude();  // texts are bytes here: no payloadLen with a part of one
        } else if (algorithm == "ACVP-AES-XTS") {
          report.check(
              xts(c.bytes("key"), c.bytes("tweakValue"), c.bytes(from), encrypt) == c.bytes(to),
              where);
        } else {
          auto aes = Aes::create(c.bytes("key"));
          ASSERT_TRUE(aes.has_value()) << where;
          const Bytes in = c.bytes(from), iv = c.bytes("iv");
          Bytes out(in.size());
          if (algorithm == "ACVP-AES-ECB")
            out = ecb(*aes, in, encrypt);
          else if (algorithm == "ACVP-AES-CBC")
            out = cbc(*aes, iv, in, encrypt);
          else
            AesCtr(*aes, fixed<16>(iv)).apply(in, out);
          report.check(out == c.bytes(to), where);
        }
      });
  report.finish();
}

}  // namespace
