// Hosts of URLs: domains, IPv4 and IPv6 addresses, opaque hosts (URL Standard §3).
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avila::url {

/// Parses and serialises: "EXAMPLE.com" → "example.com", "0x7f.1" → "127.0.0.1",
/// "[1:0::0]" → "[1::]". Special schemes (http, ftp, …) take domains, the others opaque hosts.
Result<std::string> parse_host(std::string_view text, bool special);

/// Domain to ASCII: mapping, normalisation and Punycode of UTS #46 (non-transitional).
/// `be_strict`: also STD3 rules and the length limits of DNS.
Result<std::string> domain_to_ascii(std::string_view domain, bool be_strict = false);
/// The other way; labels that are no valid Punycode stay as they are.
std::string domain_to_unicode(std::string_view domain);

/// RFC 3492, one label without "xn--".
Result<std::string> punycode_encode(std::u32string_view label);
Result<std::u32string> punycode_decode(std::string_view ascii);

std::optional<std::array<std::uint16_t, 8>> parse_ipv6(std::string_view text) noexcept;
std::string serialize_ipv6(const std::array<std::uint16_t, 8>& pieces);
std::string serialize_ipv4(std::uint32_t address);

}  // namespace avila::url
