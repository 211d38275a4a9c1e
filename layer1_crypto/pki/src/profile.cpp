// What RFC 5280 §4 and the CA/Browser Forum's Baseline Requirements ask of certificates beyond a
// valid path. A validator may be without these rules (Profile::Path).
#include <algorithm>

#include "path.hpp"

namespace avila::pki::detail {
namespace {

using asn1::Oid;

struct Subject {
  const Certificate& certificate;
  std::size_t index;
  bool leaf, anchor;

  bool is_self_signed() const noexcept { return anchor && certificate.is_self_issued(); }
  Result<void> ask(bool kept, std::string_view broken) const {
    if (kept) return {};
    return chain_error(ChainError::ProfileViolated, index, certificate, broken);
  }
};

bool is_critical(const Certificate& certificate, const Oid& oid) noexcept {
  const Extension* const extension = certificate.extensions().find(oid);
  return extension != nullptr && extension->critical;
}

/// §4.1.2.2: positive, 20 bytes at most.
bool has_good_serial(const Certificate& certificate) noexcept {
  const ByteSpan serial = certificate.serial();
  const bool negative = (static_cast<unsigned>(serial[0]) & 0x80) != 0;
  const bool zero = std::all_of(serial.begin(), serial.end(),
                                [](std::byte byte) { return byte == std::byte{0}; });
  // A 20-byte magnitude whose first bit is set has a zero before it.
  const std::size_t size = serial[0] == std::byte{0} ? serial.size() - 1 : serial.size();
  return !negative && !zero && size <= kMaxSerialBytes && serial.size() <= kMaxSerialBytes + 1;
}

/// RFC 9881 §5, RFC 9909 §5 and RFC 9935 §5: what keys of the post-quantum schemes are for.
bool is_for_its_key(const Certificate& certificate) {
  const auto key = certificate.public_key();
  const auto& usage = certificate.extensions().key_usage;
  if (!key.has_value() || !usage.has_value() || key->type() < crypto::KeyType::MlKem512)
    return true;
  constexpr KeyUsage kSigning = KeyUsage::DigitalSignature | KeyUsage::NonRepudiation |
                                KeyUsage::KeyCertSign | KeyUsage::CrlSign;
  const KeyUsage allowed = crypto::can_sign(key->type()) ? kSigning : KeyUsage::KeyEncipherment;
  return *usage != KeyUsage{} && (*usage | allowed) == allowed;
}

Result<void> check_rfc5280(const Subject& subject) {
  const Certificate& certificate = subject.certificate;
  const Extensions& extensions = certificate.extensions();
  AVILA_TRY_VOID(subject.ask(certificate.version() == 3, "is not of version 3"));
  AVILA_TRY_VOID(subject.ask(has_good_serial(certificate),
                             "has a serial number that is not positive or above 20 bytes"));
  AVILA_TRY_VOID(
      subject.ask(!certificate.issuer().empty(), "has an empty issuer (section 4.1.2.4)"));
  AVILA_TRY_VOID(subject.ask(certificate.subject().keeps_sizes(),
                             "has a subject of a wrong size (appendix A)"));
  for (const Oid& oid : {oids::kSubjectKeyIdentifier, oids::kAuthorityKeyIdentifier,
                         oids::kAuthorityInfoAccess, oids::kSubjectInfoAccess, oids::kFreshestCrl})
    AVILA_TRY_VOID(subject.ask(!is_critical(certificate, oid),
                               "has an extension that must not be critical (section 4.2)"));
  // §4.2.1.1: all but self-signed ones say whose key signed them.
  const auto& authority = extensions.authority_key_identifier;
  AVILA_TRY_VOID(subject.ask(
      subject.is_self_signed() || (authority.has_value() && authority->key_identifier.has_value()),
      "does not identify its issuer's key (section 4.2.1.1)"));
  AVILA_TRY_VOID(subject.ask(is_for_its_key(certificate),
                             "may use its key for what keys of its kind cannot do"));
  const bool ca = certificate.is_ca();
  if (!subject.leaf) {
    AVILA_TRY_VOID(subject.ask(ca && is_critical(certificate, oids::kBasicConstraints),
                               "is of a CA, but not by a critical basicConstraints"));
  }
  if (ca) {
    AVILA_TRY_VOID(subject.ask(extensions.subject_key_identifier.has_value(),
                               "is of a CA and does not identify its key (section 4.2.1.2)"));
    AVILA_TRY_VOID(subject.ask(!certificate.subject().empty(),
                               "is of a CA without a subject (section 4.1.2.6)"));
  } else {
    AVILA_TRY_VOID(subject.ask(!extensions.name_constraints.has_value(),
                               "is of no CA and constrains names (section 4.2.1.10)"));
    const bool signs =
        extensions.key_usage.has_value() && has(*extensions.key_usage, KeyUsage::KeyCertSign);
    AVILA_TRY_VOID(subject.ask(!signs, "is of no CA and may sign certificates (4.2.1.3)"));
    const auto& constraints = extensions.basic_constraints;
    AVILA_TRY_VOID(subject.ask(!constraints.has_value() || !constraints->path_length.has_value(),
                               "is of no CA and limits paths (section 4.2.1.9)"));
  }
  return {};
}

bool is_listed_key(const Certificate& certificate) {
  const auto key = certificate.public_key();
  if (!key.has_value()) return false;
  const crypto::KeyType type = key->type();
  return type == crypto::KeyType::Rsa || type == crypto::KeyType::P256 ||
         type == crypto::KeyType::P384 || type == crypto::KeyType::P521;
}

Result<void> check_web(const Subject& subject, const VerifyOptions& options) {
  const Certificate& certificate = subject.certificate;
  const Extensions& extensions = certificate.extensions();
  AVILA_TRY_VOID(subject.ask(is_listed_key(certificate), "has a key of an unlisted kind"));
  const auto& authority = extensions.authority_key_identifier;
  if (authority.has_value()) {
    // BR §7.1.2.11.1: the key alone, by its identifier.
    AVILA_TRY_VOID(subject.ask(authority->key_identifier.has_value() && authority->issuer.empty() &&
                                   !authority->serial.has_value(),
                               "identifies its issuer by more or less than the key"));
    const auto& own = extensions.subject_key_identifier;
    AVILA_TRY_VOID(subject.ask(!subject.is_self_signed() || !own.has_value() ||
                                   std::ranges::equal(*own, *authority->key_identifier),
                               "signed itself, and says that another key did"));
  }
  if (!subject.leaf) return {};
  AVILA_TRY_VOID(subject.ask(!certificate.is_ca(), "is of a CA, not of a server or client"));
  const auto& names = extensions.subject_alt_name;
  AVILA_TRY_VOID(subject.ask(names.has_value(), "has no subject alternative name"));
  AVILA_TRY_VOID(
      subject.ask(certificate.subject().empty() || !is_critical(certificate, oids::kSubjectAltName),
                  "has a subject, and alternative names that are critical"));
  const bool for_tls =
      options.purpose == Purpose::ServerAuth || options.purpose == Purpose::ClientAuth;
  if (!for_tls) return {};
  const auto& usage = extensions.extended_key_usage;
  AVILA_TRY_VOID(subject.ask(usage.has_value(), "has no extended key usage"));
  return subject.ask(
      std::find(usage->begin(), usage->end(), oids::kAnyExtendedKeyUsage) == usage->end(),
      "is for any purpose");
}

}  // namespace

Result<void> check_profile(const Path& path, const VerifyOptions& options) {
  if (options.profile == Profile::Path) return {};
  for (std::size_t i = path.certificates.size(); i-- > 0;) {
    const Subject subject{path.certificates[i], i, i == 0, path.is_anchor(i)};
    if (subject.anchor && !path.anchor.apply_constraints) continue;
    AVILA_TRY_VOID(check_rfc5280(subject));
    if (options.profile == Profile::WebPki) AVILA_TRY_VOID(check_web(subject, options));
  }
  return {};
}

}  // namespace avila::pki::detail
