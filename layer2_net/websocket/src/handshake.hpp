// What both sides of the opening handshake share.
#pragma once
#include <avila/websocket/connection.hpp>

namespace avila::websocket::detail {

/// Sec-WebSocket-Accept of a key (RFC 6455 section 4.2.2).
std::string accept_value(std::string_view key);

/// The first offer of permessage-deflate in Sec-WebSocket-Extensions that we can serve, and the
/// value to answer with (RFC 7692 section 5.1, 7.1).
struct DeflateAnswer {
  Deflate deflate;
  std::string value;  ///< empty: none
};
DeflateAnswer answer_deflate(std::string_view offers);
/// The server's answer to our offer. Errors: WebSocketError::Handshake.
Result<Deflate> read_deflate(std::string_view answer, bool offered);

}  // namespace avila::websocket::detail
