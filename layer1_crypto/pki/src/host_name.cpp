#include <avila/pki/host_name.hpp>
#include <avila/text/normalize.hpp>

#include <algorithm>

namespace avila::pki {
namespace {

/// Labels of letters, digits, hyphens and underscores (seen in host names, though RFC 1123 has
/// none), 63 at most; 253 in all.
bool is_dns_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
    if (!fine || ++label > 63) return false;
  }
  return label != 0;
}

template <class Match>
bool any_name(const Certificate& certificate, GeneralNameType type, Match match) {
  const auto& names = certificate.extensions().subject_alt_name;
  return names.has_value() && std::any_of(names->begin(), names->end(), [&](const GeneralName& n) {
           return n.type == type && match(std::string_view(n.value));
         });
}

}  // namespace

bool dns_name_matches(std::string_view presented, std::string_view reference) noexcept {
  if (reference.ends_with('.')) reference.remove_suffix(1);
  if (!is_dns_name(reference)) return false;
  // RFC 9525 §6.3: a wildcard is the whole leftmost label; it stands for one label. Two labels
  // follow at least, so that nobody has all of a top-level domain.
  if (presented.starts_with("*.")) {
    presented.remove_prefix(2);
    const std::size_t dot = reference.find('.');
    if (dot == reference.npos || presented.find('.') == presented.npos) return false;
    reference.remove_prefix(dot + 1);
  }
  return is_dns_name(presented) && text::equal_ignoring_ascii_case(presented, reference);
}

bool matches_dns(const Certificate& certificate, std::string_view name) {
  return any_name(certificate, GeneralNameType::Dns,
                  [&](std::string_view presented) { return dns_name_matches(presented, name); });
}

bool matches_ip(const Certificate& certificate, ByteSpan address) {
  return any_name(certificate, GeneralNameType::Ip,
                  [&](std::string_view presented) { return presented == as_text(address); });
}

bool matches_host(const Certificate& certificate, std::string_view host) {
  const std::string address = ip_bytes(host);
  return address.empty() ? matches_dns(certificate, host)
                         : matches_ip(certificate, as_bytes(address));
}

bool matches_email(const Certificate& certificate, std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == address.npos || at == 0) return false;
  return any_name(certificate, GeneralNameType::Rfc822, [&](std::string_view presented) {
    const std::size_t mark = presented.rfind('@');
    return mark == at && presented.substr(0, at) == address.substr(0, at) &&
           text::equal_ignoring_ascii_case(presented.substr(at), address.substr(at));
  });
}

}  // namespace avila::pki
