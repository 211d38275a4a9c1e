// Is this text a …? Nothing allocates, nothing throws; texts of any size are safe to ask about.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace avila::validate {

struct EmailOptions {
  bool smtputf8 = false;         ///< RFC 6531: UTF-8 in the local part, U-labels in the domain
  bool quoted = false;           ///< "john doe"@example.com
  bool address_literal = false;  ///< ana@[192.0.2.1], ana@[IPv6:2001:db8::1]
  bool require_dot = true;       ///< a domain of two labels at least
};
/// An addr-spec without comments or folding (RFC 5321 §4.1.2): local part <= 64 bytes, the whole
/// <= 254 (RFC 5321 §4.5.3.1, RFC 3696 erratum 1690).
bool is_email(std::string_view text, const EmailOptions& options = {}) noexcept;

/// RFC 1123 §2.1: labels of 1…63 letters, digits and inner hyphens, 253 bytes in all, the last
/// label not of digits only. A dot may end it.
bool is_hostname(std::string_view text) noexcept;

/// Dotted quad of decimal octets without leading zeros.
bool is_ipv4(std::string_view text) noexcept;
/// RFC 4291 §2.2, an IPv4 tail included; no zone.
bool is_ipv6(std::string_view text) noexcept;
inline bool is_ip(std::string_view text) noexcept { return is_ipv4(text) || is_ipv6(text); }
/// address/prefix; `strict`: no bit beyond the prefix is set.
bool is_cidr(std::string_view text, bool strict = false) noexcept;
std::optional<std::array<std::uint8_t, 16>> parse_ipv6(std::string_view text) noexcept;
/// The canonical form of RFC 5952: lower case, no leading zeros, the longest run of zeros as "::".
std::string format_ipv6(const std::array<std::uint8_t, 16>& address);

/// scheme://host, with a port, path, query and fragment perhaps: a first look at user input (the
/// library `url` of layer 2 parses). No spaces or controls, whole percent escapes, 2,048 bytes at
/// most; the scheme is one of `schemes` (http and https where empty). No user name is accepted.
bool is_url(std::string_view text, std::span<const std::string_view> schemes = {}) noexcept;

/// 8-4-4-4-12 hexadecimal digits (RFC 9562); a version of 1…8 also asks for its digit and variant.
bool is_uuid(std::string_view text, int version = 0) noexcept;

/// E.164: + and 7…15 digits, the first not zero.
bool is_phone(std::string_view text) noexcept;

/// The check digit of ISO/IEC 7812; digits only, two at least.
bool passes_luhn(std::string_view digits) noexcept;
enum class CardBrand : std::uint8_t {
  Unknown,
  Visa,
  Mastercard,
  Amex,
  Discover,
  Diners,
  Jcb,
  UnionPay,
  Maestro,
  Elo,
  Hipercard,
};
std::string_view to_string(CardBrand brand) noexcept;
/// By the issuer's number ranges; the number may hold spaces and hyphens between digits.
CardBrand card_brand(std::string_view number) noexcept;
/// 12…19 digits with a right check digit; of a known brand, also one of its lengths.
bool is_card(std::string_view number) noexcept;
/// All digits but the last four as '*': "************1111"; empty for what is no card.
std::string mask_card(std::string_view number);

/// ISO 13616: the country's length and the check of ISO 7064 MOD 97-10. Single spaces may group.
bool is_iban(std::string_view text) noexcept;

/// YYYY-MM-DD of the Gregorian calendar (RFC 3339 full-date).
bool is_date(std::string_view text) noexcept;
/// RFC 3339 date-time, with Z or an offset; second 60 is a leap second.
bool is_datetime(std::string_view text) noexcept;

/// Semantic Versioning 2.0.0.
bool is_semver(std::string_view text) noexcept;

}  // namespace avila::validate
