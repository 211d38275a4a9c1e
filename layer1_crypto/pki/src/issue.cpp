#include <avila/hash/sha1.hpp>
#include <avila/os/entropy.hpp>
#include <avila/pki/issue.hpp>

#include "write_extensions.hpp"

namespace avila::pki {
namespace {

using asn1::Writer;

/// What a CA stands for when it signs: its name and its key identifier.
struct Issuer {
  const Name& name;
  std::vector<std::byte> key_identifier;
};

std::vector<std::byte> identifier_of(const Certificate& certificate) {
  const auto& given = certificate.extensions().subject_key_identifier;
  if (given.has_value()) return {given->begin(), given->end()};
  const auto made = key_identifier(certificate.key_bits());
  return {made.begin(), made.end()};
}

Result<ByteSpan> key_bits_of(ByteSpan spki) {
  asn1::Reader outer(spki);
  AVILA_TRY(asn1::Reader info, outer.sequence());
  AVILA_TRY_VOID(info.sequence());
  return info.bit_string_bytes();
}

void write_extensions(const CertificateBuilder& builder, ByteSpan subject_key, const Issuer& issuer,
                      Writer& writer) {
  detail::ExtensionWriter extensions;
  if (builder.basic_constraints.has_value())
    extensions.basic_constraints(*builder.basic_constraints);
  if (builder.key_usage.has_value()) extensions.key_usage(*builder.key_usage);
  extensions.extended_key_usage(builder.extended_key_usage);
  extensions.subject_alt_names(builder.subject_alt_names, builder.subject.empty());
  extensions.subject_key_identifier(subject_key);
  extensions.authority_key_identifier(issuer.key_identifier);
  if (builder.name_constraints.has_value()) extensions.name_constraints(*builder.name_constraints);
  extensions.policies(builder.policies);
  extensions.crl_urls(builder.crl_urls);
  extensions.access(builder.ocsp_urls, builder.issuer_urls);
  if (builder.must_staple) extensions.must_staple();
  for (const CertificateBuilder::Raw& raw : builder.more)
    extensions.add_raw(raw.oid, raw.critical, raw.value);
  writer.constructed(asn1::context(3), [&](Writer& w) { extensions.write(w); });
}

Result<Certificate> sign_certificate(const CertificateBuilder& builder, ByteSpan spki,
                                     ByteSpan subject_key, const Issuer& issuer,
                                     const crypto::PrivateKey& issuer_key, os::Entropy& entropy) {
  if (builder.serial.empty() || builder.serial.size() > kMaxSerialBytes ||
      static_cast<unsigned char>(builder.serial[0]) >= 0x80)
    return Error(Errc::InvalidArgument, "a serial number is positive, of 20 bytes at most");
  if (builder.not_after < builder.not_before)
    return Error(Errc::InvalidArgument, "a certificate that ends before it begins");
  if (builder.subject.empty() && builder.subject_alt_names.empty())
    return Error(Errc::InvalidArgument, "a certificate of nobody");
  const crypto::SignatureAlgorithm algorithm = crypto::default_algorithm(issuer_key.type());
  Writer writer;
  writer.sequence([&](Writer& content) {
    content.constructed(asn1::context(0), [](Writer& version) { version.int64(2); });
    content.unsigned_integer(as_bytes(builder.serial));
    write_algorithm(content, algorithm);
    content.raw(issuer.name.der());
    content.sequence(
        [&](Writer& validity) { validity.time(builder.not_before).time(builder.not_after); });
    content.raw(builder.subject.der()).raw(spki);
    write_extensions(builder, subject_key, issuer, content);
  });
  AVILA_TRY(const std::vector<std::byte> der,
            sign_der(writer.bytes(), issuer_key, algorithm, entropy));
  // Parsed again: what we made is what we read (a repeated extension in `more` shows here).
  return Certificate::parse(der);
}

}  // namespace

Result<std::string> random_serial(os::Entropy& entropy) {
  std::string serial(kMaxSerialBytes, '\0');
  AVILA_TRY_VOID(entropy.fill(std::as_writable_bytes(std::span(serial))));
  serial[0] = static_cast<char>((static_cast<unsigned char>(serial[0]) & 0x7FU) | 0x40U);
  return serial;
}

std::array<std::byte, 20> key_identifier(ByteSpan key_bits) { return hash::sha1(key_bits); }

Result<Certificate> CertificateBuilder::self_sign(const crypto::PrivateKey& key,
                                                  os::Entropy& entropy) const {
  const std::vector<std::byte> spki = key.public_key().to_spki();
  AVILA_TRY(const ByteSpan bits, key_bits_of(spki));
  const auto identifier = key_identifier(bits);
  return sign_certificate(*this, spki, identifier,
                          {subject, {identifier.begin(), identifier.end()}}, key, entropy);
}

Result<Certificate> CertificateBuilder::sign(const crypto::PublicKey& key,
                                             const Certificate& issuer,
                                             const crypto::PrivateKey& issuer_key,
                                             os::Entropy& entropy) const {
  AVILA_TRY(const crypto::PublicKey known, issuer.public_key());
  if (!(known == issuer_key.public_key()))
    return Error(Errc::InvalidArgument, "the issuer's key is not that of its certificate");
  const std::vector<std::byte> spki = key.to_spki();
  AVILA_TRY(const ByteSpan bits, key_bits_of(spki));
  return sign_certificate(*this, spki, key_identifier(bits),
                          {issuer.subject(), identifier_of(issuer)}, issuer_key, entropy);
}

Result<Crl> CrlBuilder::sign(const Certificate& issuer, const crypto::PrivateKey& issuer_key,
                             os::Entropy& entropy) const {
  const crypto::SignatureAlgorithm algorithm = crypto::default_algorithm(issuer_key.type());
  Writer writer;
  writer.sequence([&](Writer& content) {
    content.int64(1);
    write_algorithm(content, algorithm);
    content.raw(issuer.subject().der()).time(this_update);
    if (next_update.has_value()) content.time(*next_update);
    if (!entries.empty())  // RFC 5280 §5.1.2.6: an empty list is absent
      content.sequence([&](Writer& list) {
        for (const Entry& entry : entries)
          list.sequence([&](Writer& one) {
            one.primitive(asn1::tags::kInteger, as_bytes(entry.serial)).time(entry.date);
            if (entry.reason == CrlReason::Unspecified) return;  // §5.3.1: then there is none
            detail::ExtensionWriter extensions;
            extensions.add(oids::kCrlReason, false, [&](Writer& w) {
              w.enumerated(static_cast<std::int64_t>(entry.reason));
            });
            extensions.write(one);
          });
      });
    detail::ExtensionWriter extensions;
    extensions.authority_key_identifier(identifier_of(issuer));
    if (!number.empty())
      extensions.add(oids::kCrlNumber, false,
                     [&](Writer& w) { w.primitive(asn1::tags::kInteger, as_bytes(number)); });
    content.constructed(asn1::context(0), [&](Writer& w) { extensions.write(w); });
  });
  AVILA_TRY(const std::vector<std::byte> der,
            sign_der(writer.bytes(), issuer_key, algorithm, entropy));
  return Crl::parse(der);
}

}  // namespace avila::pki
