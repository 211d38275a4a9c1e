// The attribute types of names that have short names.
#pragma once
#include <avila/pki/name.hpp>

namespace avila::pki::detail {

inline constexpr asn1::Oid kCommonName = "2.5.4.3", kCountryName = "2.5.4.6",
                           kEmailAddress = "1.2.840.113549.1.9.1",
                           kDomainComponent = "0.9.2342.19200300.100.1.25";

/// AttributeTypeAndValue with the string type that fits.
void write_attribute(asn1::Writer& writer, const asn1::Oid& type, std::string_view value);

}  // namespace avila::pki::detail
