// gRPC-Web (PROTOCOL-WEB.md): for clients that see neither HTTP/2 frames nor trailers.
#pragma once
#include <avila/grpc/metadata.hpp>
#include <avila/grpc/status.hpp>
#include <string>
#include <string_view>

namespace avila::grpc {

enum class WebKind : std::uint8_t {
  None,    ///< gRPC itself
  Binary,  ///< application/grpc-web
  Text,    ///< application/grpc-web-text: all in base64
};

/// What a Content-Type says: "application/grpc", with '+' or ';' and more behind it, and the like.
struct ContentType {
  WebKind web = WebKind::None;
  std::string_view format;  ///< "proto", also where none is named
};
std::optional<ContentType> parse_content_type(std::string_view value) noexcept;

/// base64 in pieces of any size; padding may come in the middle, where a sender's piece ended.
class WebTextDecoder {
 public:
  /// Appends what can be decoded. Errors: Code::Internal.
  Result<void> decode(ByteSpan text, std::string& out);
  /// Errors: Code::Internal, when it ends within a group of four.
  Result<void> end() const;

 private:
  std::uint32_t bits_ = 0;
  std::uint8_t have_ = 0;     // characters of the group
  std::uint8_t padding_ = 0;  // of those, '='
};

/// The trailers as a message of the body, with its prefix: "grpc-status: 0\r\n…".
std::string web_trailers(const http::Headers& trailers);
/// The block of such a message as fields. Errors: Malformed.
Result<http::Headers> parse_web_trailers(std::string_view block);

}  // namespace avila::grpc
