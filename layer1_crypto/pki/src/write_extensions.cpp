#include "write_extensions.hpp"

namespace avila::pki::detail {

using asn1::Oid;
using asn1::Writer;

void ExtensionWriter::add_raw(const Oid& oid, bool critical, ByteSpan value) {
  writer_.sequence([&](Writer& extension) {
    extension.oid(oid);
    if (critical) extension.boolean(true);
    extension.octet_string(value);
  });
}

void ExtensionWriter::add(const Oid& oid, bool critical, Inside value) {
  Writer inside;
  value(inside);
  add_raw(oid, critical, inside.bytes());
}

void ExtensionWriter::basic_constraints(const BasicConstraints& constraints) {
  add(oids::kBasicConstraints, constraints.ca, [&](Writer& w) {
    w.sequence([&](Writer& s) {
      if (constraints.ca) s.boolean(true);
      if (constraints.path_length.has_value()) s.int64(*constraints.path_length);
    });
  });
}

void ExtensionWriter::key_usage(KeyUsage usage) {
  add(oids::kKeyUsage, true, [&](Writer& w) { w.named_bits(static_cast<std::uint64_t>(usage)); });
}

void ExtensionWriter::extended_key_usage(std::span<const Oid> purposes) {
  if (purposes.empty()) return;
  add(oids::kExtendedKeyUsage, false, [&](Writer& w) {
    w.sequence([&](Writer& s) {
      for (const Oid& purpose : purposes) s.oid(purpose);
    });
  });
}

void ExtensionWriter::subject_alt_names(std::span<const GeneralName> names, bool critical) {
  if (names.empty()) return;
  add(oids::kSubjectAltName, critical, [&](Writer& w) {
    w.sequence([&](Writer& s) {
      for (const GeneralName& name : names) write_general_name(s, name);
    });
  });
}

void ExtensionWriter::subject_key_identifier(ByteSpan identifier) {
  add(oids::kSubjectKeyIdentifier, false, [&](Writer& w) { w.octet_string(identifier); });
}

void ExtensionWriter::authority_key_identifier(ByteSpan identifier) {
  add(oids::kAuthorityKeyIdentifier, false, [&](Writer& w) {
    w.sequence([&](Writer& s) { s.octet_string(identifier, asn1::context_primitive(0)); });
  });
}

void ExtensionWriter::name_constraints(const NameConstraints& constraints) {
  const auto subtrees = [](Writer& w, std::span<const GeneralName> names, std::uint32_t tag) {
    if (names.empty()) return;
    w.constructed(asn1::context(tag), [&](Writer& list) {
      for (const GeneralName& name : names)
        list.sequence([&](Writer& subtree) { write_general_name(subtree, name); });
    });
  };
  add(oids::kNameConstraints, true, [&](Writer& w) {
    w.sequence([&](Writer& s) {
      subtrees(s, constraints.permitted, 0);
      subtrees(s, constraints.excluded, 1);
    });
  });
}

void ExtensionWriter::policies(std::span<const Oid> policies) {
  if (policies.empty()) return;
  add(oids::kCertificatePolicies, false, [&](Writer& w) {
    w.sequence([&](Writer& s) {
      for (const Oid& policy : policies) s.sequence([&](Writer& p) { p.oid(policy); });
    });
  });
}

void ExtensionWriter::crl_urls(std::span<const std::string> urls) {
  if (urls.empty()) return;
  add(oids::kCrlDistributionPoints, false, [&](Writer& w) {
    w.sequence([&](Writer& points) {
      for (const std::string& url : urls)
        points.sequence([&](Writer& point) {
          point.constructed(asn1::context(0), [&](Writer& name) {
            name.constructed(asn1::context(0), [&](Writer& full) {
              write_general_name(full, GeneralName::uri(url));
            });
          });
        });
    });
  });
}

void ExtensionWriter::access(std::span<const std::string> ocsp_urls,
                             std::span<const std::string> issuer_urls) {
  if (ocsp_urls.empty() && issuer_urls.empty()) return;
  const auto describe = [](Writer& w, const Oid& method, std::span<const std::string> urls) {
    for (const std::string& url : urls)
      w.sequence([&](Writer& description) {
        description.oid(method);
        write_general_name(description, GeneralName::uri(url));
      });
  };
  add(oids::kAuthorityInfoAccess, false, [&](Writer& w) {
    w.sequence([&](Writer& s) {
      describe(s, oids::kOcsp, ocsp_urls);
      describe(s, oids::kCaIssuers, issuer_urls);
    });
  });
}

void ExtensionWriter::must_staple() {
  // RFC 7633 §4.2.3.1: status_request is feature 5.
  add(oids::kTlsFeature, false, [](Writer& w) { w.sequence([](Writer& s) { s.int64(5); }); });
}

void ExtensionWriter::write(Writer& writer) const {
  writer.sequence([&](Writer& s) { s.raw(writer_.bytes()); });
}

}  // namespace avila::pki::detail
