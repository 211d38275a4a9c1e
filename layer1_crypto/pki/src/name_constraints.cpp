// Name constraints (RFC 5280 §4.2.1.10).
#include <avila/text/normalize.hpp>

#include <algorithm>

#include "name_types.hpp"
#include "path.hpp"

namespace avila::pki::detail {
namespace {

using Type = GeneralNameType;

bool ends_with_ignoring_case(std::string_view text, std::string_view end) noexcept {
  return text.size() >= end.size() &&
         text::equal_ignoring_ascii_case(text.substr(text.size() - end.size()), end);
}

/// `name` is `base` or ends with "." and `base`; a base that begins with a dot takes the latter
/// only, an empty one everything.
bool is_in_domain(std::string_view name, std::string_view base) noexcept {
  if (base.empty()) return true;
  if (base.starts_with('.'))
    return name.size() > base.size() && ends_with_ignoring_case(name, base);
  if (!ends_with_ignoring_case(name, base)) return false;
  return name.size() == base.size() || name[name.size() - base.size() - 1] == '.';
}

bool dns_within(std::string_view name, std::string_view base, bool excluded) noexcept {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (is_in_domain(name, base)) return true;
  // *.example.com covers what lies below example.com: excluding one of those excludes it.
  if (!excluded || !name.starts_with("*.")) return false;
  const std::size_t dot = base.find('.', base.starts_with('.') ? 1 : 0);
  return dot != base.npos && text::equal_ignoring_ascii_case(base.substr(dot + 1), name.substr(2));
}

bool email_within(std::string_view address, std::string_view base) noexcept {
  const std::size_t at = address.rfind('@');
  if (at == address.npos) return false;
  const std::string_view local = address.substr(0, at), host = address.substr(at + 1);
  const std::size_t base_at = base.rfind('@');
  if (base_at != base.npos)  // a mailbox
    return local == base.substr(0, base_at) &&
           text::equal_ignoring_ascii_case(host, base.substr(base_at + 1));
  if (base.empty()) return true;
  if (base.starts_with('.')) return is_in_domain(host, base);
  return text::equal_ignoring_ascii_case(host, base);
}

/// The host of a URI; empty where it has none, or an address.
std::string_view uri_host(std::string_view uri) noexcept {
  const std::size_t colon = uri.find("://");
  if (colon == uri.npos) return {};
  uri.remove_prefix(colon + 3);
  uri = uri.substr(0, uri.find_first_of("/?#"));
  if (const std::size_t at = uri.rfind('@'); at != uri.npos) uri.remove_prefix(at + 1);
  if (uri.starts_with('[')) return {};
  return uri.substr(0, uri.find(':'));
}

bool uri_within(std::string_view uri, std::string_view base) noexcept {
  const std::string_view host = uri_host(uri);
  if (base.empty()) return true;
  return base.starts_with('.') ? is_in_domain(host, base)
                               : text::equal_ignoring_ascii_case(host, base);
}

bool ip_within(std::string_view address, std::string_view network) noexcept {
  if (network.size() != 2 * address.size()) return false;
  const std::string_view mask = network.substr(address.size());
  for (std::size_t i = 0; i < address.size(); ++i)
    if (((address[i] ^ network[i]) & mask[i]) != 0) return false;
  return true;
}

bool is_within(const GeneralName& name, const GeneralName& base, bool excluded) noexcept {
  switch (name.type) {
    case Type::Dns: return dns_within(name.value, base.value, excluded);
    case Type::Rfc822: return email_within(name.value, base.value);
    case Type::Uri: return uri_within(name.value, base.value);
    case Type::Ip: return ip_within(name.value, base.value);
    case Type::Directory: return name.directory.is_within(base.directory);
    case Type::OtherName:
    case Type::X400Address:
    case Type::EdiParty:
    case Type::RegisteredId: break;
  }
  return false;
}

bool can_compare(Type type) noexcept {
  return type == Type::Dns || type == Type::Rfc822 || type == Type::Uri || type == Type::Ip ||
         type == Type::Directory;
}

/// The subject and every alternative name; e-mail addresses of the subject where no alternative
/// name has any.
std::vector<GeneralName> names_of(const Certificate& certificate) {
  std::vector<GeneralName> names;
  const auto& alternative = certificate.extensions().subject_alt_name;
  if (alternative.has_value()) names = *alternative;
  const bool has_email = std::any_of(names.begin(), names.end(), [](const GeneralName& name) {
    return name.type == Type::Rfc822;
  });
  if (certificate.subject().empty()) return names;
  names.push_back(GeneralName::directory_name(certificate.subject()));
  for (const Attribute& attribute : certificate.subject().attributes())
    if (!has_email && attribute.type == kEmailAddress)
      names.push_back(GeneralName::email(attribute.value));
  return names;
}

/// A name that can be compared at all: hosts without odd characters, addresses with an @.
bool is_comparable(const GeneralName& name) noexcept {
  switch (name.type) {
    case Type::Dns:
      return name.value.find_first_of(std::string_view(" \0@/", 4)) == name.value.npos;
    case Type::Rfc822: return name.value.find('@') != name.value.npos;
    case Type::Uri: return !uri_host(name.value).empty() && ip_bytes(uri_host(name.value)).empty();
    default: return true;
  }
}

/// Whether a subtree is one that names can be compared with.
bool is_base(const GeneralName& base) noexcept {
  if (base.type == Type::Dns) return base.value.find_first_of("*:/@ ") == base.value.npos;
  return base.type != Type::Directory || base.directory.keeps_sizes();
}

std::size_t count(std::span<const GeneralName> names, Type type) noexcept {
  return static_cast<std::size_t>(std::count_if(
      names.begin(), names.end(), [&](const GeneralName& name) { return name.type == type; }));
}

/// The certificate's names against the constraints of one above it; what is wrong, or nothing.
std::string violation(std::span<const GeneralName> names, const NameConstraints& constraints) {
  for (const GeneralName& name : names) {
    bool permitted = false, has_permitted = false, has_excluded = false;
    for (const GeneralName& base : constraints.permitted) {
      if (base.type != name.type) continue;
      has_permitted = true;
      permitted = permitted || is_within(name, base, false);
    }
    for (const GeneralName& base : constraints.excluded) {
      if (base.type != name.type) continue;
      has_excluded = true;
      if (is_within(name, base, true)) return name.to_string() + " is excluded";
    }
    if (!has_permitted && !has_excluded) continue;
    // RFC 5280 §4.2.1.10: a form that we cannot compare, and that occurs, is refused.
    if (!can_compare(name.type) || !is_comparable(name))
      return name.to_string() + " cannot be compared with the name constraints";
    if (has_permitted && !permitted) return name.to_string() + " is not permitted";
  }
  return {};
}

}  // namespace

Result<void> check_name_constraints(const Path& path) {
  const std::vector<Certificate>& chain = path.certificates;
  for (std::size_t above = chain.size(); above-- > 1;) {
    const auto& constraints = chain[above].extensions().name_constraints;
    if (!constraints.has_value() || !path.counts(above)) continue;
    for (const auto* subtrees : {&constraints->permitted, &constraints->excluded})
      for (const GeneralName& base : *subtrees)
        if (!is_base(base))
          return chain_error(ChainError::NameNotPermitted, above, chain[above],
                             "constrains names by " + base.to_string() + ", which is none");
    for (std::size_t below = above; below-- > 0;) {
      const Certificate& certificate = chain[below];
      // RFC 5280 §6.1.3 (b): self-issued ones but the last are a CA's own business.
      if (below != 0 && certificate.is_self_issued()) continue;
      const std::vector<GeneralName> names = names_of(certificate);
      const auto work = [&](Type type) {
        return count(names, type) *
               (count(constraints->permitted, type) + count(constraints->excluded, type));
      };
      if (work(Type::Dns) + work(Type::Rfc822) + work(Type::Ip) + work(Type::Directory) >
              kMaxNameComparisons ||
          work(Type::Uri) > kMaxUriComparisons)
        return chain_error(ChainError::TooMuchWork, below, certificate,
                           "has too many names to compare with the name constraints");
      const bool directory = count(constraints->permitted, Type::Directory) +
                                 count(constraints->excluded, Type::Directory) !=
                             0;
      if (directory && !certificate.subject().keeps_sizes())
        return chain_error(ChainError::NameNotPermitted, below, certificate,
                           "has a subject that cannot be compared with the name constraints");
      const std::string wrong = violation(names, *constraints);
      if (!wrong.empty())
        return chain_error(
            ChainError::NameNotPermitted, below, certificate,
            wrong + " by the name constraints of certificate " + std::to_string(above));
    }
  }
  return {};
}

}  // namespace avila::pki::detail
