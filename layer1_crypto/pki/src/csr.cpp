#include <avila/asn1/pem.hpp>
#include <avila/pki/csr.hpp>

#include <algorithm>

#include "envelope.hpp"
#include "write_extensions.hpp"

namespace avila::pki {

using asn1::Reader;
using asn1::Writer;

struct detail::CsrBody {
  std::vector<std::byte> der;  // all views are into it
  Name subject;
  ByteSpan spki;
  Extensions extensions;
  std::string challenge;
  SignedData data;
};

namespace {

constexpr asn1::Oid kExtensionRequest = "1.2.840.113549.1.9.14",
                    kChallengePassword = "1.2.840.113549.1.9.7";

Result<void> parse_attributes(Reader attributes, detail::CsrBody& body) {
  std::vector<asn1::Oid> seen;
  while (!attributes.empty()) {
    AVILA_TRY(Reader attribute, attributes.sequence());
    AVILA_TRY(const asn1::Oid type, attribute.oid());
    AVILA_TRY(Reader values, attribute.set());
    AVILA_TRY_VOID(attribute.finish());
    if (std::find(seen.begin(), seen.end(), type) != seen.end())
      return Error(Errc::Malformed, "the attribute " + type.to_string() + " twice");
    if (seen.size() == kMaxExtensions)
      return Error(Errc::LimitExceeded, "more than kMaxExtensions attributes");
    seen.push_back(type);
    if (type == kExtensionRequest) {
      AVILA_TRY(const Reader list, values.sequence());
      AVILA_TRY_VOID(values.finish());
      if (list.empty()) continue;  // some tools ask for none, in as many words
      AVILA_TRY(body.extensions, parse_extensions(list));
    } else if (type == kChallengePassword) {
      AVILA_TRY(body.challenge, values.text());
      AVILA_TRY_VOID(values.finish());
    } else {
      while (!values.empty()) AVILA_TRY_VOID(values.next());
    }
  }
  return {};
}

Result<void> parse_content(Reader content, detail::CsrBody& body) {
  AVILA_TRY(const std::int64_t version, content.int64());
  if (version != 0) return Error(Errc::Malformed, "a version of requests other than 1");
  AVILA_TRY(const asn1::Element subject, content.next(asn1::tags::kSequence));
  AVILA_TRY(body.subject, Name::parse(subject.encoded).context("subject"));
  AVILA_TRY(const detail::KeyInfo key, detail::parse_key_info(content).context("public key"));
  body.spki = key.spki;
  // RFC 2986 §4.1 has the attributes always; some tools leave an empty list out.
  AVILA_TRY(const auto attributes, content.optional_enter(asn1::context(0)));
  if (attributes.has_value()) AVILA_TRY_VOID(parse_attributes(*attributes, body));
  return content.finish();
}

}  // namespace

Result<Csr> Csr::parse(ByteSpan der) {
  if (der.size() > kMaxCsrBytes)
    return Error(Errc::LimitExceeded, "a request is longer than kMaxCsrBytes");
  const auto body = std::make_shared<detail::CsrBody>();
  body->der.assign(der.begin(), der.end());
  AVILA_TRY(const detail::Envelope envelope, detail::parse_envelope(body->der).context("request"));
  body->data = envelope.data;
  AVILA_TRY_VOID(parse_content(envelope.content, *body).context("request"));
  return Csr(body);
}

Result<Csr> Csr::from_pem(std::string_view pem) {
  static constexpr std::string_view kLabels[] = {"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"};
  AVILA_TRY(const std::vector<std::byte> der, detail::pem_block(pem, kLabels));
  return parse(der);
}

std::string Csr::to_pem() const { return asn1::to_pem("CERTIFICATE REQUEST", der()); }

ByteSpan Csr::der() const noexcept { return body_->der; }
const Name& Csr::subject() const noexcept { return body_->subject; }
ByteSpan Csr::spki() const noexcept { return body_->spki; }
const Extensions& Csr::extensions() const noexcept { return body_->extensions; }
std::string_view Csr::challenge_password() const noexcept { return body_->challenge; }
Result<crypto::PublicKey> Csr::public_key() const {
  return crypto::PublicKey::from_spki(body_->spki);
}
Result<void> Csr::check_signature() const {
  AVILA_TRY(const crypto::PublicKey key, public_key());
  return verify_signed(body_->data, key);
}

Result<Csr> CsrBuilder::sign(const crypto::PrivateKey& key, os::Entropy& entropy) const {
  detail::ExtensionWriter extensions;
  if (key_usage.has_value()) extensions.key_usage(*key_usage);
  extensions.extended_key_usage(extended_key_usage);
  extensions.subject_alt_names(subject_alt_names, subject.empty());
  if (must_staple) extensions.must_staple();
  Writer writer;
  writer.sequence([&](Writer& content) {
    content.int64(0).raw(subject.der()).raw(key.public_key().to_spki());
    content.constructed(asn1::context(0), [&](Writer& attributes) {
      if (extensions.empty()) return;
      attributes.sequence([&](Writer& attribute) {
        attribute.oid(kExtensionRequest).set_of([&](Writer& values) { extensions.write(values); });
      });
    });
  });
  AVILA_TRY(const std::vector<std::byte> der,
            sign_der(writer.bytes(), key, crypto::default_algorithm(key.type()), entropy));
  return Csr::parse(der);
}

}  // namespace avila::pki
