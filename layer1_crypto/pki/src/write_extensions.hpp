// Extensions being written.
#pragma once
#include <avila/pki/extensions.hpp>

namespace avila::pki::detail {

/// Each call adds one extension; empty lists add none.
class ExtensionWriter {
 public:
  using Inside = asn1::Writer::Inside;

  void add(const asn1::Oid& oid, bool critical, Inside value);
  void add_raw(const asn1::Oid& oid, bool critical, ByteSpan value);

  void basic_constraints(const BasicConstraints& constraints);
  void key_usage(KeyUsage usage);
  void extended_key_usage(std::span<const asn1::Oid> purposes);
  void subject_alt_names(std::span<const GeneralName> names, bool critical);
  void subject_key_identifier(ByteSpan identifier);
  void authority_key_identifier(ByteSpan identifier);
  void name_constraints(const NameConstraints& constraints);
  void policies(std::span<const asn1::Oid> policies);
  void crl_urls(std::span<const std::string> urls);
  void access(std::span<const std::string> ocsp_urls, std::span<const std::string> issuer_urls);
  void must_staple();

  bool empty() const noexcept { return writer_.bytes().empty(); }
  /// The SEQUENCE of them.
  void write(asn1::Writer& writer) const;

 private:
  asn1::Writer writer_;
};

}  // namespace avila::pki::detail
