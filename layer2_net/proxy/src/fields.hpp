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
/// The path without dot segments, also where the dots are percent-encoded (RFC 3986 §5.2.4,
/// §6.2.2): what routes are compared with must be what an endpoint takes it for. Nothing: as it
/// was.
std::optional<std::string> without_dot_segments(std::string_view path);
/// `prefix` of whole segments: "/api" of "/api/x".
bool has_path_prefix(std::string_view path, std::string_view prefix) noexcept;
/// "example.com", or "*.example.com" for all below it; `host` without port.
bool host_matches(std::string_view pattern, std::string_view host) noexcept;
/// The client's address: the peer's, or what trusted proxies say, the last that is not theirs.
std::string_view client_address(const http::Request& request, const AddressSet& trusted);
/// Sec-WebSocket-Accept of a key (RFC 6455 §4.2.2).
std::string websocket_accept(std::string_view key);

}  // namespace avila::proxy::detail
