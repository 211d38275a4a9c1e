// Small things about requests that several parts want.
#pragma once
#include <avila/http/message.hpp>
#include <avila/proxy/address_range.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace avila::proxy::detail {

/// "127.0.0.1" of "127.0.0.1:80", "::1" of "[::1]:80".
std::string_view host_of(std::string_view authority) noexcept;
/// Of the Cookie fields; "" where there is none.
std::string_view find_cookie(const http::FieldViews& fields, std::string_view name) noexcept;
/// The path in its normal form (RFC 3986 §6.2.2): what need not be percent-encoded is not, what
/// must be is, in capitals, and there are no dot segments. That is what routes are compared with.
/// Slashes stay as they are, encoded ("%2F") or several in a row. False: an encoding is malformed,
/// or of a NUL, or dot segments lead above the root. `storage` has the text where it differs.
[[nodiscard]] bool normalize_path(std::string_view& path, std::string& storage);
inline constexpr std::string_view kBadPath =
    "the path's percent-encoding is wrong, or its dot segments lead above the root";
/// `prefix` of whole segments: "/api" of "/api/x".
bool has_path_prefix(std::string_view path, std::string_view prefix) noexcept;
/// "example.com", or "*.example.com" for all below it; `host` without port.
bool host_matches(std::string_view pattern, std::string_view host) noexcept;
/// The client's address: the peer's, or what trusted proxies say, the last that is not theirs.
std::string_view client_address(const http::Request& request, const AddressSet& trusted);
/// Sec-WebSocket-Accept of a key (RFC 6455 §4.2.2).
std::string websocket_accept(std::string_view key);

}  // namespace avila::proxy::detail
