#include <avila/asn1/pem.hpp>
#include <avila/pki/crl.hpp>

#include <algorithm>
#include <deque>

#include "envelope.hpp"

namespace avila::pki {

using asn1::Reader;

struct detail::CrlBody {
  std::vector<std::byte> der;  // all views are into it
  int version = 1;
  Name issuer;
  WallTime this_update;
  std::optional<WallTime> next_update;
  std::vector<Extension> extensions;
  std::optional<ByteSpan> number, delta_base;
  std::optional<AuthorityKeyIdentifier> authority_key_identifier;
  std::optional<IssuingDistributionPoint> distribution_point;
  bool unknown_critical = false;
  std::deque<Name> entry_issuers;  // entries point here
  std::vector<RevokedCertificate> entries;
  SignedData data;
  AlgorithmIdentifier inner_algorithm;
};

namespace {

constexpr std::string_view kReasonNames[] = {
    "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
    "superseded",    "cessationOfOperation", "certificateHold", "",
    "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};

Result<CrlReason> parse_reason(ByteSpan value) {
  Reader reader(value);
  AVILA_TRY(const std::int64_t code, reader.enumerated());
  AVILA_TRY_VOID(reader.finish());
  if (code < 0 || code > 10 || code == 7)
    return Error(Errc::Malformed, "a reason for revocation that does not exist");
  return static_cast<CrlReason>(code);
}

Result<IssuingDistributionPoint> parse_issuing_point(ByteSpan value) {
  Reader outer(value);
  AVILA_TRY(Reader inside, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  // RFC 5280 §5.2.5: an empty one says nothing and must not be.
  if (inside.empty()) return Error(Errc::Malformed, "an empty issuingDistributionPoint");
  IssuingDistributionPoint point;
  AVILA_TRY(const auto name, inside.optional_enter(asn1::context(0)));
  if (name.has_value()) {
    AVILA_TRY(point.name, parse_distribution_point_name(*name));
  }
  const auto flag = [&](std::uint32_t number, bool& to) -> Result<void> {
    if (!inside.at(asn1::context_primitive(number))) return {};
    AVILA_TRY(to, inside.boolean(asn1::context_primitive(number)));
    return {};
  };
  AVILA_TRY_VOID(flag(1, point.only_user_certificates));
  AVILA_TRY_VOID(flag(2, point.only_ca_certificates));
  if (inside.at(asn1::context_primitive(3))) {
    AVILA_TRY(point.only_some_reasons, parse_reasons(inside, asn1::context_primitive(3)));
  }
  AVILA_TRY_VOID(flag(4, point.indirect));
  AVILA_TRY_VOID(flag(5, point.only_attribute_certificates));
  AVILA_TRY_VOID(inside.finish());
  if (point.only_user_certificates + point.only_ca_certificates +
          point.only_attribute_certificates >
      1)
    return Error(Errc::Malformed, "a list for one kind of certificates only, and for another");
  return point;
}

Result<void> parse_entry_extensions(Reader list, detail::CrlBody& body, RevokedCertificate& entry) {
  AVILA_TRY(const std::vector<Extension> all, parse_extension_list(list));
  for (const Extension& extension : all) {
    if (extension.oid == oids::kCrlReason) {
      AVILA_TRY(entry.reason, parse_reason(extension.value));
    } else if (extension.oid == oids::kInvalidityDate) {
      Reader reader(extension.value);
      AVILA_TRY(entry.invalidity_date, detail::parse_time(reader));
      AVILA_TRY_VOID(reader.finish());
    } else if (extension.oid == oids::kCertificateIssuer) {
      Reader outer(extension.value);
      AVILA_TRY(const Reader inside, outer.sequence());
      AVILA_TRY_VOID(outer.finish());
      AVILA_TRY(std::vector<GeneralName> names, parse_general_names(inside));
      const auto directory = std::find_if(names.begin(), names.end(), [](const GeneralName& name) {
        return name.type == GeneralNameType::Directory;
      });
      if (directory == names.end())
        return Error(Errc::Malformed, "a certificateIssuer without a directory name");
      body.entry_issuers.push_back(std::move(directory->directory));
    } else if (extension.critical) {
      body.unknown_critical = true;
    }
  }
  return {};
}

Result<void> parse_entries(Reader list, detail::CrlBody& body) {
  while (!list.empty()) {
    AVILA_TRY(Reader one, list.sequence());
    RevokedCertificate entry;
    AVILA_TRY(entry.serial, one.integer());
    AVILA_TRY(entry.date, detail::parse_time(one));
    if (!one.empty()) {
      if (body.version == 1)
        return Error(Errc::Malformed, "extensions of an entry in a list of version 1");
      AVILA_TRY(const Reader extensions, one.sequence());
      AVILA_TRY_VOID(parse_entry_extensions(extensions, body, entry));
    }
    AVILA_TRY_VOID(one.finish());
    // RFC 5280 §5.3.3: an issuer holds for the entries behind it too.
    entry.issuer = body.entry_issuers.empty() ? nullptr : &body.entry_issuers.back();
    body.entries.push_back(entry);
  }
  std::stable_sort(body.entries.begin(), body.entries.end(),
                   [](const RevokedCertificate& a, const RevokedCertificate& b) {
                     return as_text(a.serial) < as_text(b.serial);
                   });
  return {};
}

Result<void> parse_list_extensions(Reader outer, detail::CrlBody& body) {
  AVILA_TRY(const Reader list, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  AVILA_TRY(body.extensions, parse_extension_list(list));
  for (const Extension& extension : body.extensions) {
    Reader value(extension.value);
    if (extension.oid == oids::kCrlNumber) {
      AVILA_TRY(body.number, value.unsigned_integer());
    } else if (extension.oid == oids::kDeltaCrlIndicator) {
      AVILA_TRY(body.delta_base, value.unsigned_integer());
    } else if (extension.oid == oids::kAuthorityKeyIdentifier) {
      AVILA_TRY(body.authority_key_identifier, parse_authority_key_identifier(extension.value));
    } else if (extension.oid == oids::kIssuingDistributionPoint) {
      AVILA_TRY(body.distribution_point, parse_issuing_point(extension.value));
    } else if (extension.critical) {
      body.unknown_critical = true;
    }
  }
  // RFC 5280 §5.3.3: entries of others stand in indirect lists only.
  const bool indirect = body.distribution_point.has_value() && body.distribution_point->indirect;
  if (!body.entry_issuers.empty() && !indirect) body.unknown_critical = true;
  return {};
}

Result<void> parse_content(Reader content, detail::CrlBody& body) {
  if (content.at(asn1::tags::kInteger)) {
    AVILA_TRY(const std::int64_t version, content.int64());
    if (version != 1) return Error(Errc::Malformed, "a version of lists other than 2");
    body.version = 2;
  }
  AVILA_TRY(body.inner_algorithm, parse_algorithm(content).context("signature"));
  AVILA_TRY(const asn1::Element issuer, content.next(asn1::tags::kSequence));
  AVILA_TRY(body.issuer, Name::parse(issuer.encoded).context("issuer"));
  AVILA_TRY(body.this_update, detail::parse_time(content));
  if (detail::at_time(content)) {
    AVILA_TRY(body.next_update, detail::parse_time(content));
  }
  AVILA_TRY(const auto entries, content.optional_enter(asn1::tags::kSequence));
  if (entries.has_value()) AVILA_TRY_VOID(parse_entries(*entries, body));
  AVILA_TRY(const auto extensions, content.optional_enter(asn1::context(0)));
  if (extensions.has_value()) {
    if (body.version == 1) return Error(Errc::Malformed, "extensions in a list of version 1");
    AVILA_TRY_VOID(parse_list_extensions(*extensions, body));
  } else if (!body.entry_issuers.empty()) {
    body.unknown_critical = true;
  }
  return content.finish();
}

}  // namespace

std::string_view name(CrlReason reason) noexcept {
  return kReasonNames[static_cast<std::size_t>(reason)];
}

Result<Crl> Crl::parse(ByteSpan der) {
  if (der.size() > kMaxCrlBytes)
    return Error(Errc::LimitExceeded, "a revocation list is longer than kMaxCrlBytes");
  const auto body = std::make_shared<detail::CrlBody>();
  body->der.assign(der.begin(), der.end());
  AVILA_TRY(const detail::Envelope envelope,
            detail::parse_envelope(body->der).context("revocation list"));
  body->data = envelope.data;
  AVILA_TRY_VOID(parse_content(envelope.content, *body).context("revocation list"));
  return Crl(body);
}

Result<Crl> Crl::from_pem(std::string_view pem) {
  static constexpr std::string_view kLabels[] = {"X509 CRL"};
  AVILA_TRY(const std::vector<std::byte> der, detail::pem_block(pem, kLabels));
  return parse(der);
}

std::string Crl::to_pem() const { return asn1::to_pem("X509 CRL", der()); }

ByteSpan Crl::der() const noexcept { return body_->der; }
int Crl::version() const noexcept { return body_->version; }
const Name& Crl::issuer() const noexcept { return body_->issuer; }
WallTime Crl::this_update() const noexcept { return body_->this_update; }
std::optional<WallTime> Crl::next_update() const noexcept { return body_->next_update; }
const std::vector<Extension>& Crl::extensions() const noexcept { return body_->extensions; }
std::optional<ByteSpan> Crl::number() const noexcept { return body_->number; }
std::optional<ByteSpan> Crl::delta_base() const noexcept { return body_->delta_base; }
const std::optional<AuthorityKeyIdentifier>& Crl::authority_key_identifier() const noexcept {
  return body_->authority_key_identifier;
}
const std::optional<IssuingDistributionPoint>& Crl::issuing_distribution_point() const noexcept {
  return body_->distribution_point;
}
bool Crl::has_unknown_critical() const noexcept { return body_->unknown_critical; }
std::size_t Crl::size() const noexcept { return body_->entries.size(); }
std::span<const RevokedCertificate> Crl::entries() const noexcept { return body_->entries; }
const SignedData& Crl::signed_data() const noexcept { return body_->data; }

const RevokedCertificate* Crl::find(const Name& issuer, ByteSpan serial) const noexcept {
  const auto [first, last] = std::equal_range(
      body_->entries.begin(), body_->entries.end(), RevokedCertificate{serial, {}, {}, {}, {}},
      [](const RevokedCertificate& a, const RevokedCertificate& b) {
        return as_text(a.serial) < as_text(b.serial);
      });
  for (auto entry = first; entry != last; ++entry)
    if ((entry->issuer != nullptr ? *entry->issuer : body_->issuer) == issuer) return &*entry;
  return nullptr;
}

Result<void> Crl::check_signature(const crypto::PublicKey& key) const {
  // RFC 5280 §5.1.1.2: the algorithm outside is the one that was signed.
  if (!std::ranges::equal(body_->inner_algorithm.encoded, body_->data.algorithm.encoded))
    return Error(Errc::Malformed, "a revocation list that names two signature algorithms");
  return verify_signed(body_->data, key);
}

}  // namespace avila::pki
