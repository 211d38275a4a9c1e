#include <avila/text/property.hpp>
#include <avila/text/utf8.hpp>
#include <avila/validate/formats.hpp>

#include "digits.hpp"

namespace avila::validate {
namespace {

constexpr std::size_t kMaxAddress = 254;
constexpr std::size_t kMaxLocal = 64;

bool is_atext(char c) noexcept {
  return detail::is_alnum(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

// Dot-string of RFC 5321 section 4.1.2; with UTF-8 as RFC 6531 section 3.3 widens it.
bool is_dot_string(std::string_view local, bool utf8) noexcept {
  bool after_dot = true;
  for (const char c : local) {
    if (c == '.') {
      if (after_dot) return false;
      after_dot = true;
      continue;
    }
    if (!is_atext(c) && !(utf8 && (c & 0x80) != 0)) return false;
    after_dot = false;
  }
  return !after_dot;
}

bool is_quoted(std::string_view local, bool utf8) noexcept {
  if (local.size() < 2 || local.front() != '"' || local.back() != '"') return false;
  local = local.substr(1, local.size() - 2);
  for (std::size_t i = 0; i < local.size(); ++i) {
    const bool escaped = local[i] == '\\';
    if (escaped && ++i == local.size()) return false;
    const auto c = static_cast<unsigned char>(local[i]);
    if (c >= 0x80 ? !utf8 : c < 0x20 || c == 0x7F || (c == '"' && !escaped)) return false;
  }
  return true;
}

// Labels of letters, digits, marks and inner hyphens of any script. U-labels are not normalised or
// looked up in the tables of IDNA.
bool is_unicode_hostname(std::string_view domain) noexcept {
  constexpr std::size_t kMaxLabel = 63;  // code points here: the A-label is not computed
  std::size_t label = 0;
  char32_t before = '.';
  for (std::size_t at = 0; at < domain.size();) {
    const auto decoded = text::decode_utf8(domain, at);
    const char32_t c = decoded.code_point;
    at += decoded.length;
    if (c == '.') {
      if (label == 0 || before == '-') return false;
      label = 0;
    } else {
      const bool right = c == '-' ? label > 0 : c != '_' && text::is_word(c);
      if (!right || ++label > kMaxLabel) return false;
    }
    before = c;
  }
  return label > 0 && before != '-';
}

bool is_literal(std::string_view domain) noexcept {
  if (domain.size() < 2 || domain.front() != '[' || domain.back() != ']') return false;
  domain = domain.substr(1, domain.size() - 2);
  if (domain.starts_with("IPv6:")) return is_ipv6(domain.substr(5));
  return is_ipv4(domain);
}

}  // namespace

bool is_email(std::string_view text, const EmailOptions& options) noexcept {
  if (text.size() > kMaxAddress) return false;
  if (options.smtputf8 && !text::validate_utf8(text)) return false;
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > kMaxLocal) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  if (!is_dot_string(local, options.smtputf8) &&
      !(options.quoted && is_quoted(local, options.smtputf8)))
    return false;
  if (options.address_literal && is_literal(domain)) return true;
  if (domain.ends_with('.')) return false;
  if (options.require_dot && domain.find('.') == std::string_view::npos) return false;
  return is_hostname(domain) ||
         (options.smtputf8 && !text::is_ascii(domain) && is_unicode_hostname(domain));
}

}  // namespace avila::validate
