// Forwarded (RFC 7239): who asked, through whom.
#pragma once
#include <avila/error/result.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace avila::proxy {

inline constexpr std::size_t kForwardedElementsMax = 32;

/// One proxy's account. Empty parts were not told. Nodes are as on the wire, unquoted:
/// "192.0.2.43", "[2001:db8::1]:4711", "unknown", "_secret".
struct ForwardedElement {
  std::string by;
  std::string for_node;
  std::string host;
  std::string proto;
  friend bool operator==(const ForwardedElement&, const ForwardedElement&) = default;
};

/// The elements in order, the first proxy's first. Malformed: not the grammar of section 4, or a
/// parameter twice; LimitExceeded: more than kForwardedElementsMax. Parameters of other names are
/// passed over.
Result<std::vector<ForwardedElement>> parse_forwarded(std::string_view value);
/// for=…;host=…;proto=…, quoted where the grammar asks for it.
std::string to_string(const ForwardedElement& element);
/// A node of an address's text: IPv6 gets brackets (section 6).
std::string forwarded_node(std::string_view address);

}  // namespace avila::proxy
