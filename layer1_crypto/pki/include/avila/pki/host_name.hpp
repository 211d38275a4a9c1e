// Whether a certificate is of a host (RFC 9525, RFC 6125).
#pragma once
#include <avila/pki/certificate.hpp>

namespace avila::pki {

/// Whether the subject alternative names hold this DNS name: ASCII without regard to case, IDNA in
/// its A-label form, a dot at the end of `name` ignored. A wildcard is the whole leftmost label,
/// with two labels behind it at least, and stands for one label. Common names are not looked at.
bool matches_dns(const Certificate& certificate, std::string_view name);
/// The 4 or 16 bytes of an address, exactly.
bool matches_ip(const Certificate& certificate, ByteSpan address);
/// An address in text matches IP names only, anything else DNS names only.
bool matches_host(const Certificate& certificate, std::string_view host);
/// A mail address: the part before the @ exactly, the domain without regard to case.
bool matches_email(const Certificate& certificate, std::string_view address);

/// Whether a name of a certificate (`presented`) covers `reference`.
bool dns_name_matches(std::string_view presented, std::string_view reference) noexcept;

}  // namespace avila::pki
