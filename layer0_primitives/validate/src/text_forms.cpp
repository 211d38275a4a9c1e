// UUIDs, telephones, versions.
#include <avila/validate/formats.hpp>

#include "digits.hpp"

namespace avila::validate {

bool is_uuid(std::string_view text, int version) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : detail::hex_value(text[i]) < 0) return false;
  }
  if (version == 0) return true;
  // RFC 9562 sections 4.1 and 4.2: variant 10xx, and the version's digit.
  return detail::hex_value(text[14]) == version && (detail::hex_value(text[19]) & 12) == 8;
}

bool is_phone(std::string_view text) noexcept {
  constexpr std::size_t kMinDigits = 7;
  constexpr std::size_t kMaxDigits = 15;
  if (!text.starts_with('+')) return false;
  text.remove_prefix(1);
  if (text.size() < kMinDigits || text.size() > kMaxDigits || text[0] == '0') return false;
  for (const char c : text)
    if (!detail::is_digit(c)) return false;
  return true;
}

namespace {

// Dot-separated identifiers of a pre-release (numbers without leading zeros) or of build metadata.
bool identifiers(std::string_view text, bool strict_numbers) noexcept {
  for (;;) {
    const std::size_t dot = text.find('.');
    const std::string_view one = text.substr(0, dot);
    bool digits_only = true;
    for (const char c : one) {
      if (!detail::is_alnum(c) && c != '-') return false;
      digits_only = digits_only && detail::is_digit(c);
    }
    if (one.empty() || (strict_numbers && digits_only && one.size() > 1 && one[0] == '0'))
      return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_semver(std::string_view text) noexcept {
  constexpr std::size_t kMaxVersion = 256;
  if (text.size() > kMaxVersion) return false;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!identifiers(text.substr(plus + 1), false)) return false;
    text = text.substr(0, plus);
  }
  if (const std::size_t hyphen = text.find('-'); hyphen != std::string_view::npos) {
    if (!identifiers(text.substr(hyphen + 1), true)) return false;
    text = text.substr(0, hyphen);
  }
  int dots = 0;
  for (const char c : text) {
    if (!detail::is_digit(c) && c != '.') return false;
    dots += c == '.' ? 1 : 0;
  }
  return dots == 2 && identifiers(text, true);
}

}  // namespace avila::validate
