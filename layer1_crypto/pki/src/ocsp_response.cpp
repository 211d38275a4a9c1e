#include <avila/hash/sha1.hpp>

#include <algorithm>

#include "envelope.hpp"
#include "ocsp_id.hpp"
#include "path.hpp"

namespace avila::pki {

using asn1::Reader;
using asn1::Writer;

struct detail::OcspResponseBody {
  std::vector<std::byte> der;  // all views are into it
  OcspResponseStatus status = OcspResponseStatus::InternalError;
  std::optional<Name> responder_name;
  ByteSpan responder_key_hash;
  WallTime produced_at;
  std::vector<OcspEntry> entries;
  std::string nonce;
  bool unknown_critical = false;
  std::vector<Certificate> certificates;
  SignedData data;
};

namespace {

constexpr std::size_t kMaxCertificates = 32;

Result<void> parse_status(Reader& reader, OcspEntry& entry) {
  AVILA_TRY(const asn1::Element status, reader.next());
  if (status.tag == asn1::context_primitive(0) || status.tag == asn1::context_primitive(2)) {
    if (!status.content.empty()) return Error(Errc::Malformed, "a status with content");
    entry.status = status.tag.number == 0 ? CertificateStatus::Good : CertificateStatus::Unknown;
    return {};
  }
  if (status.tag != asn1::context(1)) return Error(Errc::Malformed, "no status of a certificate");
  entry.status = CertificateStatus::Revoked;
  Reader inside(status.content);
  AVILA_TRY(entry.revoked_at, detail::parse_time(inside));
  AVILA_TRY(auto reason, inside.optional_enter(asn1::context(0)));
  if (reason.has_value()) {
    AVILA_TRY(const std::int64_t code, reason->enumerated());
    AVILA_TRY_VOID(reason->finish());
    if (code < 0 || code > 10 || code == 7)
      return Error(Errc::Malformed, "a reason for revocation that does not exist");
    entry.reason = static_cast<CrlReason>(code);
  }
  return inside.finish();
}

Result<OcspEntry> parse_entry(Reader& list) {
  // RFC 6962 §3.3: timestamps may stand there, and we know that they need no obedience.
  static constexpr asn1::Oid kSctList = "1.3.6.1.4.1.11129.2.4.5";
  AVILA_TRY(Reader one, list.sequence());
  OcspEntry entry;
  AVILA_TRY(entry.id, detail::parse_cert_id(one));
  AVILA_TRY_VOID(parse_status(one, entry));
  AVILA_TRY(entry.this_update, detail::parse_time(one));
  AVILA_TRY(auto next, one.optional_enter(asn1::context(0)));
  if (next.has_value()) {
    AVILA_TRY(entry.next_update, detail::parse_time(*next));
    AVILA_TRY_VOID(next->finish());
  }
  AVILA_TRY(auto extensions, one.optional_enter(asn1::context(1)));
  if (extensions.has_value()) {
    AVILA_TRY(const Reader inside, extensions->sequence());
    AVILA_TRY_VOID(extensions->finish());
    AVILA_TRY(const std::vector<Extension> all, parse_extension_list(inside));
    for (const Extension& extension : all)
      if (extension.critical && extension.oid != kSctList) entry.has_unknown_critical = true;
  }
  AVILA_TRY_VOID(one.finish());
  return entry;
}

Result<void> parse_responder(Reader& content, detail::OcspResponseBody& body) {
  AVILA_TRY(auto by_name, content.optional_enter(asn1::context(1)));
  if (by_name.has_value()) {
    AVILA_TRY(const asn1::Element name, by_name->next(asn1::tags::kSequence));
    AVILA_TRY_VOID(by_name->finish());
    AVILA_TRY(body.responder_name, Name::parse(name.encoded));
    return {};
  }
  AVILA_TRY(Reader by_key, content.enter(asn1::context(2)));
  AVILA_TRY(body.responder_key_hash, by_key.octet_string());
  return by_key.finish();
}

Result<void> parse_content(Reader content, detail::OcspResponseBody& body) {
  AVILA_TRY(auto version, content.optional_enter(asn1::context(0)));
  if (version.has_value()) {
    AVILA_TRY(const std::int64_t number, version->int64());
    if (number != 0) return Error(Errc::Unsupported, "a version of OCSP other than 1");
  }
  AVILA_TRY_VOID(parse_responder(content, body));
  AVILA_TRY(body.produced_at, detail::parse_time(content));
  AVILA_TRY(Reader list, content.sequence());
  while (!list.empty()) {
    if (body.entries.size() == kMaxOcspEntries)
      return Error(Errc::LimitExceeded, "an OCSP response with more than kMaxOcspEntries");
    auto entry = parse_entry(list);
    // An entry by a hash we do not know is about nobody we could ask for; the others count.
    if (entry.has_value()) {
      body.entries.push_back(*std::move(entry));
    } else if (!entry.error().is(Errc::Unsupported)) {
      return std::move(entry).error();
    }
  }
  AVILA_TRY(auto extensions, content.optional_enter(asn1::context(1)));
  if (extensions.has_value()) {
    AVILA_TRY(const Reader inside, extensions->sequence());
    AVILA_TRY_VOID(extensions->finish());
    AVILA_TRY(const std::vector<Extension> all, parse_extension_list(inside));
    for (const Extension& extension : all) {
      if (extension.oid == detail::kOcspNonce) {
        Reader value(extension.value);
        const auto nonce = value.octet_string();  // before RFC 6960 it was any bytes
        body.nonce = nonce.has_value() ? as_text(*nonce) : as_text(extension.value);
      } else if (extension.critical) {
        body.unknown_critical = true;
      }
    }
  }
  return content.finish();
}

/// BasicOCSPResponse: as a certificate, with certificates behind it.
Result<void> parse_basic(ByteSpan der, detail::OcspResponseBody& body) {
  Reader outer(der);
  AVILA_TRY(Reader inside, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  Reader content = inside;
  AVILA_TRY(const asn1::Element data, inside.next(asn1::tags::kSequence));
  AVILA_TRY(content, content.sequence());
  body.data.signed_bytes = data.encoded;
  AVILA_TRY(body.data.algorithm, parse_algorithm(inside));
  AVILA_TRY(body.data.signature, inside.bit_string_bytes());
  AVILA_TRY(auto field, inside.optional_enter(asn1::context(0)));
  if (field.has_value()) {
    AVILA_TRY(Reader list, field->sequence());
    AVILA_TRY_VOID(field->finish());
    while (!list.empty()) {
      if (body.certificates.size() == kMaxCertificates)
        return Error(Errc::LimitExceeded, "an OCSP response with more than 32 certificates");
      AVILA_TRY(const asn1::Element element, list.next(asn1::tags::kSequence));
      AVILA_TRY(Certificate certificate, Certificate::parse(element.encoded));
      body.certificates.push_back(std::move(certificate));
    }
  }
  AVILA_TRY_VOID(inside.finish());
  return parse_content(content, body);
}

bool is_named(const detail::OcspResponseBody& body, const Certificate& certificate) {
  if (body.responder_name.has_value()) return *body.responder_name == certificate.subject();
  const auto hash = hash::sha1(certificate.key_bits());
  return std::ranges::equal(hash, body.responder_key_hash);
}

/// RFC 6960 §4.2.2.2: the issuer made a certificate for signing answers.
bool is_delegate(const Certificate& certificate, const Certificate& issuer, WallTime time) {
  const auto& usage = certificate.extensions().extended_key_usage;
  if (!(certificate.issuer() == issuer.subject()) || !detail::is_current(certificate, time) ||
      !usage.has_value() ||
      std::find(usage->begin(), usage->end(), oids::kOcspSigning) == usage->end())
    return false;
  const auto& bits = certificate.extensions().key_usage;
  return !bits.has_value() || has(*bits, KeyUsage::DigitalSignature) ||
         has(*bits, KeyUsage::NonRepudiation);
}

}  // namespace

Result<OcspResponse> OcspResponse::parse(ByteSpan der) {
  if (der.size() > kMaxOcspBytes)
    return Error(Errc::LimitExceeded, "an OCSP response is longer than kMaxOcspBytes");
  const auto body = std::make_shared<detail::OcspResponseBody>();
  body->der.assign(der.begin(), der.end());
  Reader outer(body->der);
  AVILA_TRY(Reader inside, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  AVILA_TRY(const std::int64_t status, inside.enumerated());
  if (status < 0 || status > 6 || status == 4)
    return Error(Errc::Malformed, "a status of OCSP that does not exist");
  body->status = static_cast<OcspResponseStatus>(status);
  AVILA_TRY(auto field, inside.optional_enter(asn1::context(0)));
  AVILA_TRY_VOID(inside.finish());
  // What a responder without an answer sends beside its status is not looked at.
  if (body->status != OcspResponseStatus::Successful) return OcspResponse(body);
  if (!field.has_value())
    return Error(Errc::Malformed, "a successful OCSP response without answer");
  AVILA_TRY(Reader bytes, field->sequence());
  AVILA_TRY_VOID(field->finish());
  AVILA_TRY(const asn1::Oid type, bytes.oid());
  if (type != detail::kOcspBasic)
    return Error(Errc::Unsupported, "an OCSP response of the type " + type.to_string());
  AVILA_TRY(const ByteSpan basic, bytes.octet_string());
  AVILA_TRY_VOID(bytes.finish());
  AVILA_TRY_VOID(parse_basic(basic, *body).context("OCSP response"));
  return OcspResponse(body);
}

ByteSpan OcspResponse::der() const noexcept { return body_->der; }
OcspResponseStatus OcspResponse::status() const noexcept { return body_->status; }
std::span<const OcspEntry> OcspResponse::entries() const noexcept { return body_->entries; }
WallTime OcspResponse::produced_at() const noexcept { return body_->produced_at; }
std::string_view OcspResponse::nonce() const noexcept { return body_->nonce; }
std::span<const Certificate> OcspResponse::certificates() const noexcept {
  return body_->certificates;
}
const Name* OcspResponse::responder_name() const noexcept {
  return body_->responder_name.has_value() ? &*body_->responder_name : nullptr;
}
ByteSpan OcspResponse::responder_key_hash() const noexcept { return body_->responder_key_hash; }

Result<void> OcspResponse::check_signature(const Certificate& issuer,
                                           const OcspCheck& check) const {
  if (status() != OcspResponseStatus::Successful)
    return Error(Errc::Unavailable, "the responder had no answer");
  AVILA_TRY(const auto algorithm, signature_algorithm_of(body_->data.algorithm));
  if (is_weak(algorithm) && !check.allow_sha1)
    return Error(Errc::Unauthenticated, "an OCSP response signed with SHA-1");
  const auto signed_by = [&](const Certificate& signer) {
    const auto key = signer.public_key();
    if (!key.has_value()) return false;
    const auto* const rsa = key->as<crypto::RsaPublicKey>();
    if (rsa != nullptr && rsa->bits() < check.rsa_bits_min) return false;
    return verify_signed(body_->data, *key).has_value();
  };
  if (is_named(*body_, issuer) && signed_by(issuer)) return {};
  for (const Certificate& delegate : body_->certificates) {
    if (!is_named(*body_, delegate) || !is_delegate(delegate, issuer, check.time)) continue;
    const auto by = delegate.signature_algorithm();
    if (!by.has_value() || (is_weak(*by) && !check.allow_sha1)) continue;
    if (delegate.check_signature(issuer).has_value() && signed_by(delegate)) return {};
  }
  return Error(Errc::Unauthenticated,
               "neither the issuer nor a delegate of it signed the OCSP response");
}

Result<RevocationStatus> OcspResponse::status_of(const Certificate& certificate,
                                                 const Certificate& issuer,
                                                 const OcspCheck& check) const {
  if (status() != OcspResponseStatus::Successful)
    return Error(Errc::Unavailable, "the responder had no answer");
  if (body_->unknown_critical)
    return Error(Errc::Unsupported, "an OCSP response with a critical extension");
  std::vector<const OcspEntry*> entries;
  for (const OcspEntry& entry : body_->entries)
    if (entry.id.matches(certificate, issuer)) entries.push_back(&entry);
  if (entries.empty())
    return Error(Errc::NotFound, "the OCSP response is not about this certificate");
  AVILA_TRY_VOID(check_signature(issuer, check));
  if (!check.nonce.empty() && check.nonce != nonce())
    return Error(Errc::Unauthenticated, "the OCSP response has not the nonce of the request");
  // An answer from before the certificate is of another one.
  if (produced_at() < certificate.not_before())
    return Error(Errc::TimedOut, "the OCSP response is older than the certificate");
  const auto later = [](WallTime a, WallTime b, Duration by) {  // a > b + by, without overflow
    std::int64_t difference = 0;
    return __builtin_sub_overflow(a.ns, b.ns, &difference) ? a > b : Duration{difference} > by;
  };
  RevocationStatus found;
  for (const OcspEntry* const entry : entries) {
    if (entry->has_unknown_critical)
      return Error(Errc::Unsupported, "an OCSP entry with a critical extension");
    const bool stale = entry->next_update.has_value()
                           ? later(check.time, *entry->next_update, check.clock_skew)
                           : later(check.time, entry->this_update, check.age_max);
    if (stale || later(entry->this_update, check.time, check.clock_skew))
      return Error(Errc::TimedOut, "an OCSP entry that is stale, or from the future");
    // Of several entries the worst counts.
    const auto badness = [](CertificateStatus status) {
      return status == CertificateStatus::Good ? 0 : status == CertificateStatus::Unknown ? 1 : 2;
    };
    if (entry != entries.front() && badness(entry->status) <= badness(found.status)) continue;
    found = {entry->status, entry->reason, entry->revoked_at,
             entry->status == CertificateStatus::Unknown ? "the responder does not know it" : ""};
  }
  return found;
}

}  // namespace avila::pki
