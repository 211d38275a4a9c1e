#include <avila/os/entropy.hpp>

#include <algorithm>

#include "ocsp_id.hpp"

namespace avila::pki {
namespace {

using asn1::Reader;
using asn1::Writer;
using crypto::DigestAlgorithm;

struct HashName {
  asn1::Oid oid;
  DigestAlgorithm algorithm;
};
constexpr HashName kHashes[] = {
    {"1.3.14.3.2.26", DigestAlgorithm::Sha1},
    {"2.16.840.1.101.3.4.2.1", DigestAlgorithm::Sha256},
    {"2.16.840.1.101.3.4.2.2", DigestAlgorithm::Sha384},
    {"2.16.840.1.101.3.4.2.3", DigestAlgorithm::Sha512},
};

std::string digest_text(DigestAlgorithm hash, ByteSpan bytes) {
  return std::string(as_text(crypto::digest(hash, bytes)));
}

}  // namespace

Result<OcspCertId> detail::parse_cert_id(Reader& reader) {
  AVILA_TRY(Reader inside, reader.sequence());
  AVILA_TRY(const AlgorithmIdentifier hash, parse_algorithm(inside));
  OcspCertId id;
  const auto* const known =
      std::find_if(std::begin(kHashes), std::end(kHashes),
                   [&](const HashName& name) { return name.oid == hash.oid; });
  if (known == std::end(kHashes))
    return Error(Errc::Unsupported, "a CertID with the hash " + hash.oid.to_string());
  id.hash = known->algorithm;
  AVILA_TRY(const ByteSpan name, inside.octet_string());
  AVILA_TRY(const ByteSpan key, inside.octet_string());
  AVILA_TRY(const ByteSpan serial, inside.integer());
  AVILA_TRY_VOID(inside.finish());
  id.issuer_name_hash = as_text(name);
  id.issuer_key_hash = as_text(key);
  id.serial = as_text(serial);
  return id;
}

void detail::write_cert_id(Writer& writer, const OcspCertId& id) {
  writer.sequence([&](Writer& inside) {
    inside.sequence([&](Writer& hash) {
      for (const HashName& name : kHashes)
        if (name.algorithm == id.hash) hash.oid(name.oid).null();
    });
    inside.octet_string(as_bytes(id.issuer_name_hash));
    inside.octet_string(as_bytes(id.issuer_key_hash));
    inside.primitive(asn1::tags::kInteger, as_bytes(id.serial));
  });
}

OcspCertId OcspCertId::of(const Certificate& certificate, const Certificate& issuer,
                          DigestAlgorithm hash) {
  return {hash, digest_text(hash, certificate.issuer().der()), digest_text(hash, issuer.key_bits()),
          std::string(as_text(certificate.serial()))};
}

OcspCertId OcspCertId::of_issuer(const Certificate& issuer, std::string_view serial,
                                 DigestAlgorithm hash) {
  return {hash, digest_text(hash, issuer.subject().der()), digest_text(hash, issuer.key_bits()),
          std::string(serial)};
}

bool OcspCertId::matches(const Certificate& certificate, const Certificate& issuer) const {
  return *this == of(certificate, issuer, hash);
}

Result<OcspRequest> OcspRequest::parse(ByteSpan der) {
  if (der.size() > kMaxOcspBytes)
    return Error(Errc::LimitExceeded, "an OCSP request is longer than kMaxOcspBytes");
  Reader outer(der);
  AVILA_TRY(Reader envelope, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  AVILA_TRY(Reader content, envelope.sequence());
  AVILA_TRY_VOID(envelope.optional(asn1::context(0)));  // the requester's signature
  AVILA_TRY_VOID(envelope.finish());
  AVILA_TRY(auto version, content.optional_enter(asn1::context(0)));
  if (version.has_value()) {
    AVILA_TRY(const std::int64_t number, version->int64());
    if (number != 0) return Error(Errc::Unsupported, "a version of OCSP other than 1");
  }
  AVILA_TRY_VOID(content.optional(asn1::context(1)));  // the requester's name
  AVILA_TRY(Reader list, content.sequence());
  OcspRequest request;
  while (!list.empty()) {
    if (request.certificates.size() == kMaxOcspEntries)
      return Error(Errc::LimitExceeded, "an OCSP request for more than kMaxOcspEntries");
    AVILA_TRY(Reader one, list.sequence());
    AVILA_TRY(OcspCertId id, detail::parse_cert_id(one));
    AVILA_TRY(auto extensions, one.optional_enter(asn1::context(0)));
    if (extensions.has_value()) {
      AVILA_TRY(const Reader inside, extensions->sequence());
      AVILA_TRY_VOID(parse_extension_list(inside));
    }
    AVILA_TRY_VOID(one.finish());
    request.certificates.push_back(std::move(id));
  }
  AVILA_TRY(auto extensions, content.optional_enter(asn1::context(2)));
  if (extensions.has_value()) {
    AVILA_TRY(const Reader inside, extensions->sequence());
    AVILA_TRY(const std::vector<Extension> all, parse_extension_list(inside));
    for (const Extension& extension : all) {
      if (extension.oid == detail::kOcspNonce) {
        Reader value(extension.value);
        AVILA_TRY(const ByteSpan nonce, value.octet_string());
        AVILA_TRY_VOID(value.finish());
        // RFC 9654 §2.1: 1 to 128 bytes.
        if (nonce.empty() || nonce.size() > kMaxNonceBytes)
          return Error(Errc::Malformed, "a nonce of no or too many bytes");
        request.nonce = as_text(nonce);
      } else if (extension.critical) {
        return Error(Errc::Unsupported,
                     "a critical extension of OCSP: " + extension.oid.to_string());
      }
    }
  }
  AVILA_TRY_VOID(content.finish());
  return request;
}

std::vector<std::byte> OcspRequest::to_der() const {
  Writer writer;
  writer.sequence([&](Writer& envelope) {
    envelope.sequence([&](Writer& content) {
      content.sequence([&](Writer& list) {
        for (const OcspCertId& id : certificates)
          list.sequence([&](Writer& one) { detail::write_cert_id(one, id); });
      });
      if (nonce.empty()) return;
      content.constructed(asn1::context(2), [&](Writer& extensions) {
        extensions.sequence([&](Writer& list) {
          list.sequence([&](Writer& extension) {
            extension.oid(detail::kOcspNonce);
            extension.octet_string_around([&](Writer& w) { w.octet_string(as_bytes(nonce)); });
          });
        });
      });
    });
  });
  return writer.take();
}

Result<void> OcspRequest::make_nonce(os::Entropy& entropy) {
  nonce.assign(32, '\0');
  return entropy.fill(std::as_writable_bytes(std::span(nonce)));
}

}  // namespace avila::pki
