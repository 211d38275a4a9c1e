#include <avila/asn1/pem.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/pki/certificate.hpp>
#include <avila/text/encoding.hpp>

#include <algorithm>

#include "envelope.hpp"

namespace avila::pki {
namespace {
using asn1::Reader;
}  // namespace

struct detail::CertificateBody {
  std::vector<std::byte> der;  // all views are into it
  int version = 1;
  ByteSpan serial, spki, key_bits;
  Name issuer, subject;
  WallTime not_before, not_after;
  Extensions extensions;
  SignedData data;
  AlgorithmIdentifier inner_algorithm;
};

namespace {

Result<void> parse_validity(Reader validity, detail::CertificateBody& body) {
  AVILA_TRY(body.not_before, detail::parse_time(validity));
  AVILA_TRY(body.not_after, detail::parse_time(validity));
  return validity.finish();
}

/// The parts behind the key: two identifiers that nobody uses any more, and the extensions.
Result<void> parse_tail(Reader& content, detail::CertificateBody& body) {
  for (const std::uint32_t number : {1U, 2U}) {
    if (!content.at(asn1::context_primitive(number))) continue;
    if (body.version == 1)
      return Error(Errc::Malformed, "a unique identifier in a certificate of version 1");
    AVILA_TRY_VOID(content.bit_string(asn1::context_primitive(number)));
  }
  AVILA_TRY(auto extensions, content.optional_enter(asn1::context(3)));
  if (extensions.has_value()) {
    if (body.version != 3)
      return Error(Errc::Malformed, "extensions in a certificate that is not of version 3");
    AVILA_TRY(const Reader list, extensions->sequence());
    AVILA_TRY_VOID(extensions->finish());
    AVILA_TRY(body.extensions, parse_extensions(list));
  }
  return content.finish();
}

Result<void> parse_content(Reader content, detail::CertificateBody& body) {
  AVILA_TRY(auto version, content.optional_enter(asn1::context(0)));
  if (version.has_value()) {
    AVILA_TRY(const std::int64_t number, version->int64());
    AVILA_TRY_VOID(version->finish());
    // Version 1 is the default, which DER leaves out.
    if (number != 1 && number != 2)
      return Error(Errc::Malformed, "a version of certificates other than 2 and 3");
    body.version = static_cast<int>(number) + 1;
  }
  AVILA_TRY(body.serial, content.integer().context("serialNumber"));
  AVILA_TRY(body.inner_algorithm, detail::parse_any_algorithm(content).context("signature"));
  AVILA_TRY(const asn1::Element issuer, content.next(asn1::tags::kSequence));
  AVILA_TRY(body.issuer, Name::parse(issuer.encoded).context("issuer"));
  AVILA_TRY(const Reader validity, content.sequence());
  AVILA_TRY_VOID(parse_validity(validity, body).context("validity"));
  AVILA_TRY(const asn1::Element subject, content.next(asn1::tags::kSequence));
  AVILA_TRY(body.subject, Name::parse(subject.encoded).context("subject"));
  AVILA_TRY(const detail::KeyInfo key, detail::parse_key_info(content).context("public key"));
  body.spki = key.spki;
  body.key_bits = key.bits;
  AVILA_TRY_VOID(parse_tail(content, body));
  // RFC 5280 §4.1.2.6: with an empty subject the alternative name is what counts, so it is
  // critical.
  const Extension* const names = body.extensions.find(oids::kSubjectAltName);
  if (body.subject.empty() && names != nullptr && !names->critical)
    return Error(Errc::Malformed, "the subject is empty and its alternative name is not critical");
  return {};
}

}  // namespace

Result<Certificate> Certificate::parse(ByteSpan der) {
  if (der.size() > kMaxCertificateBytes)
    return Error(Errc::LimitExceeded, "a certificate is longer than kMaxCertificateBytes");
  const auto body = std::make_shared<detail::CertificateBody>();
  body->der.assign(der.begin(), der.end());
  AVILA_TRY(const detail::Envelope envelope,
            detail::parse_envelope(body->der).context("certificate"));
  body->data = envelope.data;
  AVILA_TRY_VOID(parse_content(envelope.content, *body).context("certificate"));
  return Certificate(body);
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  static constexpr std::string_view kLabels[] = {"CERTIFICATE", "X509 CERTIFICATE",
                                                 "TRUSTED CERTIFICATE"};
  AVILA_TRY(const std::vector<std::byte> der, detail::pem_block(pem, std::span(kLabels).first(2)));
  return parse(der);
}

std::string Certificate::to_pem() const { return asn1::to_pem("CERTIFICATE", der()); }

ByteSpan Certificate::der() const noexcept { return body_->der; }
int Certificate::version() const noexcept { return body_->version; }
ByteSpan Certificate::serial() const noexcept { return body_->serial; }
std::string Certificate::serial_hex() const { return text::hex_encode(body_->serial); }
const Name& Certificate::issuer() const noexcept { return body_->issuer; }
const Name& Certificate::subject() const noexcept { return body_->subject; }
WallTime Certificate::not_before() const noexcept { return body_->not_before; }
WallTime Certificate::not_after() const noexcept { return body_->not_after; }
const Extensions& Certificate::extensions() const noexcept { return body_->extensions; }
ByteSpan Certificate::spki() const noexcept { return body_->spki; }
ByteSpan Certificate::key_bits() const noexcept { return body_->key_bits; }
const SignedData& Certificate::signed_data() const noexcept { return body_->data; }

Result<crypto::PublicKey> Certificate::public_key() const {
  return crypto::PublicKey::from_spki(body_->spki);
}

Result<crypto::SignatureAlgorithm> Certificate::signature_algorithm() const {
  // RFC 5280 §4.1.1.2: the algorithm outside is the one that was signed.
  if (!std::ranges::equal(body_->inner_algorithm.encoded, body_->data.algorithm.encoded))
    return Error(Errc::Malformed, "a certificate that names two signature algorithms");
  return signature_algorithm_of(body_->data.algorithm);
}

Result<void> Certificate::check_signature(const Certificate& issuer) const {
  AVILA_TRY_VOID(signature_algorithm());
  AVILA_TRY(const crypto::PublicKey key, issuer.public_key());
  return verify_signed(body_->data, key);
}

bool Certificate::is_self_issued() const noexcept {
  return !body_->subject.empty() && body_->subject == body_->issuer;
}

bool Certificate::is_ca() const noexcept {
  const auto& constraints = body_->extensions.basic_constraints;
  return constraints.has_value() && constraints->ca;
}

std::array<std::byte, 32> Certificate::fingerprint() const { return hash::sha256(body_->der); }

bool operator==(const Certificate& a, const Certificate& b) noexcept {
  return a.body_ == b.body_ || std::ranges::equal(a.der(), b.der());
}

Result<std::vector<Certificate>> parse_certificates(std::string_view pem) {
  AVILA_TRY(const std::vector<asn1::PemBlock> blocks, asn1::parse_pem(pem));
  std::vector<Certificate> certificates;
  for (const asn1::PemBlock& block : blocks) {
    if (block.label != "CERTIFICATE") continue;
    AVILA_TRY(Certificate certificate, Certificate::parse(block.bytes));
    certificates.push_back(std::move(certificate));
  }
  if (certificates.empty()) return Error(Errc::NotFound, "no PEM block \"CERTIFICATE\"");
  return certificates;
}

}  // namespace avila::pki
