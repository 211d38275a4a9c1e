// Small certificates for tests.
#pragma once
#include <gtest/gtest.h>

#include <avila/os/entropy.hpp>
#include <avila/pki/issue.hpp>
#include <avila/pki/verify.hpp>

namespace pki_test {

using namespace avila;
using namespace avila::pki;

inline constexpr WallTime kNow{1'790'000'000'000'000'000};  // 2026-09-21

inline os::Entropy& entropy() {
  static os::SeededEntropy seeded(20'260'921);
  return seeded;
}

inline crypto::PrivateKey new_key(crypto::KeyType type = crypto::KeyType::Ed25519) {
  return crypto::PrivateKey::generate(type, entropy()).value();
}

/// A CA: its key, and what it says of itself.
struct Ca {
  explicit Ca(const std::string& text) : key(new_key()), name(Name::common(text).value()) {}
  crypto::PrivateKey key;
  Name name;

  /// A builder with what every certificate of a test has.
  static CertificateBuilder base(Name subject) {
    CertificateBuilder builder;
    builder.serial = random_serial(entropy()).value();
    builder.subject = std::move(subject);
    builder.not_before = kNow - days(1);
    builder.not_after = kNow + days(100);
    return builder;
  }
  CertificateBuilder ca_base() const {
    CertificateBuilder builder = base(name);
    builder.basic_constraints = BasicConstraints{.ca = true, .path_length = {}};
    builder.key_usage = KeyUsage::KeyCertSign | KeyUsage::CrlSign;
    return builder;
  }
  Certificate root() const { return ca_base().self_sign(key, entropy()).value(); }
  /// This CA's certificate, by another.
  Certificate by(const Ca& issuer, const Certificate& issuer_certificate) const {
    return ca_base().sign(key.public_key(), issuer_certificate, issuer.key, entropy()).value();
  }
  Certificate issue(const CertificateBuilder& builder, const Certificate& own,
                    const crypto::PublicKey& subject_key) const {
    return builder.sign(subject_key, own, key, entropy()).value();
  }
  Certificate leaf(const Certificate& own, const std::string& host = "www.example.com") const {
    CertificateBuilder builder = base(Name::common(host).value());
    builder.subject_alt_names = {GeneralName::dns(host)};
    builder.extended_key_usage = {oids::kServerAuth};
    return issue(builder, own, new_key().public_key());
  }
};

inline TrustStore trusting(const Certificate& root, AnchorOptions options = {}) {
  TrustStore store;
  store.add(root, options);
  return store;
}

inline VerifyOptions now_for(std::string_view host = "www.example.com") {
  VerifyOptions options{.time = kNow};
  options.host = host;
  return options;
}

template <class T>
bool fails_with(const Result<T>& result, ChainError code) {
  if (!result.has_value() && result.error().is(code)) return true;
  ADD_FAILURE() << (result.has_value() ? "no error" : result.error().to_string());
  return false;
}

}  // namespace pki_test
