// CertIDs on the wire.
#pragma once
#include <avila/pki/ocsp.hpp>

namespace avila::pki::detail {

/// Errors: Malformed, Unsupported (a hash).
Result<OcspCertId> parse_cert_id(asn1::Reader& reader);
void write_cert_id(asn1::Writer& writer, const OcspCertId& id);

inline constexpr asn1::Oid kOcspBasic = "1.3.6.1.5.5.7.48.1.1", kOcspNonce = "1.3.6.1.5.5.7.48.1.2",
                           kOcspNoCheck = "1.3.6.1.5.5.7.48.1.5";

}  // namespace avila::pki::detail
