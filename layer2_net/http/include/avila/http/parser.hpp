// The HTTP/1.1 message parser (RFC 9112): heads without copying, bodies by their framing.
// Strict where leniency is what request smuggling lives on: a message that two recipients could
// read differently is refused.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/http/headers.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avila::http {

AVILA_ERROR_ENUM(HttpError, Malformed,
                 BadLineEnding,               // a line feed without carriage return, or the reverse
                 BadRequestLine,              // method, target or their separators
                 BadVersion,                  // not HTTP/1.0 or HTTP/1.1
                 BadStatusLine,               //
                 BadFieldName,                // no token, or space before the colon
                 BadFieldValue,               // control bytes
                 ObsoleteFold,                // a line that begins with space or tab
                 BadHost,                     // absent, repeated or malformed
                 BadContentLength,            // no number, or repeated
                 LengthWithTransferEncoding,  // both present
                 BadTransferEncoding,         // chunked not last, repeated, or in HTTP/1.0
                 UnknownTransferEncoding,     // a coding other than chunked
                 BadChunkSize,                //
                 BadChunkExtension,           //
                 MissingChunkEnd,             //
                 BadTrailer,                  //
                 RequestLineTooLong,          //
                 HeadersTooLarge,             //
                 TooManyHeaders,              //
                 BodyTooLarge)

/// The status a server answers a refused message with: 400, 413, 414, 431, 501 or 505.
int status_of(HttpError error) noexcept;
/// The same for any error of this library: 400 where it is no HttpError.
int status_of(const Error& error) noexcept;

inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

/// What a message may ask for. Every number is a hard limit.
struct ParseLimits {
  std::uint32_t request_line_bytes = 8 * 1024;      ///< past it: 414
  std::uint32_t header_bytes = 32 * 1024;           ///< all fields with the request line: 431
  std::uint32_t header_count = 100;                 ///< 431
  std::uint64_t body_bytes = 8 * 1024 * 1024;       ///< decoded: 413
  std::uint32_t chunk_line_bytes = 256;             ///< size with extensions
  std::uint32_t chunk_extension_bytes = 16 * 1024;  ///< over all chunks of a message
  std::uint32_t trailer_bytes = 8 * 1024;
  bool require_host = true;  ///< an HTTP/1.1 request without Host is refused (RFC 9112 §3.2)
};

enum class Method : std::uint8_t {
  Get,
  Head,
  Post,
  Put,
  Delete,
  Connect,
  Options,
  Trace,
  Patch,
  Other,  ///< its name is in method_text
};
Method parse_method(std::string_view text) noexcept;  ///< case-sensitive, RFC 9110 §9.1
std::string_view to_string(Method method) noexcept;   ///< "" for Other
/// RFC 9110 §9.2.1 and §9.2.2.
bool is_safe(Method method) noexcept;
bool is_idempotent(Method method) noexcept;

/// How the end of a body is known (RFC 9112 §6.3).
struct Framing {
  enum class Kind : std::uint8_t { None, Length, Chunked, UntilClose };
  Kind kind = Kind::None;
  std::uint64_t length = 0;  ///< for Length
};

/// What the head says about the connection and the body.
struct HeadFacts {
  Framing framing;
  bool keep_alive = true;  ///< by version and Connection
  bool expect_continue = false;
  bool connection_upgrade = false;
  bool connection_fields = false;  ///< Connection names some, beside Keep-Alive and Upgrade
  std::uint8_t minor_version = 1;
};

/// A request head; the views point into the text that was parsed.
struct RequestHead {
  Method method = Method::Get;
  std::string_view method_text;
  std::string_view target;
  std::string_view host;  ///< value of Host, empty where there was none (HTTP/1.0)
  FieldViews fields;
  HeadFacts facts;
};

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  FieldViews fields;
  HeadFacts facts;
};

/// Finds the end of a head in a buffer that grows, looking at each byte once. Refuses bare line
/// feeds at once, so that a peer who sends them gets an answer, not a time-out.
class HeadScanner {
 public:
  /// Length of the head with its empty line, or nothing when more bytes are needed. `buffer`
  /// begins at the head, and only grows between calls. Empty lines before the first are skipped
  /// (RFC 9112 §2.2): they are part of the length.
  Result<std::optional<std::size_t>> scan(std::string_view buffer, const ParseLimits& limits);
  void reset() noexcept { *this = HeadScanner(); }

 private:
  std::size_t at_ = 0;          // bytes looked at
  std::size_t line_start_ = 0;  // of the line being looked at
  std::uint32_t fields_ = 0;    // lines seen after the first
  bool begun_ = false;          // a line that is not empty was seen
};

/// Parses one whole head, as HeadScanner measured it. `head` is filled anew; its fields' memory
/// is used again.
Result<void> parse_request_head(std::string_view text, const ParseLimits& limits,
                                RequestHead& head);
/// `request_method` decides whether a body follows (HEAD, CONNECT: RFC 9112 §6.3).
Result<void> parse_response_head(std::string_view text, const ParseLimits& limits,
                                 Method request_method, ResponseHead& head);

/// Parses a head from a buffer in one step: its length, or nothing when more is needed.
Result<std::optional<std::size_t>> parse_request(std::string_view buffer, const ParseLimits& limits,
                                                 RequestHead& head);

/// A body as it comes in, by its framing. Data is handed out as views into the input.
class BodyDecoder {
 public:
  BodyDecoder() = default;
  BodyDecoder(Framing framing, const ParseLimits& limits);

  struct Step {
    std::size_t consumed = 0;  ///< bytes of the input used up, data included
    ByteSpan data;             ///< a piece of the body, within the input; may be empty
  };
  /// Takes a piece off the input. Call again with what was not consumed until done() or
  /// consumed == 0 (then more input is needed).
  Result<Step> next(ByteSpan input);
  /// The peer closed: fine for UntilClose, else an error when !done().
  Result<void> end_of_input();

  bool done() const noexcept { return state_ == State::Done; }
  /// Bytes still to come where they are known (Length framing).
  std::optional<std::uint64_t> remaining() const noexcept;
  std::uint64_t decoded_bytes() const noexcept { return decoded_; }
  /// Fields after the last chunk; complete when done(). Framing fields among them are dropped
  /// (RFC 9110 §6.5.1).
  const Headers& trailers() const noexcept { return trailers_; }

 private:
  enum class State : std::uint8_t { Done, Length, UntilClose, Size, Data, DataEnd, Trailer };
  Result<Step> next_chunked(ByteSpan input);
  Result<std::optional<std::string_view>> take_line(std::string_view input, std::size_t limit,
                                                    HttpError too_long, HttpError bad);
  Result<void> chunk_size_line(std::string_view line);
  Result<void> trailer_line(std::string_view line);

  ParseLimits limits_;
  State state_ = State::Done;
  std::uint64_t remaining_ = 0;  // of the body (Length) or of the chunk (Data)
  std::uint64_t decoded_ = 0;
  std::uint64_t extension_bytes_ = 0;
  std::uint64_t trailer_bytes_ = 0;
  std::string line_;  // a line that came in pieces
  Headers trailers_;
};

/// "7\r\n" before a chunk of 7 bytes; at most 18 bytes, the number written.
std::size_t write_chunk_head(char* to, std::uint64_t size) noexcept;

}  // namespace avila::http
