// Messages as they travel: a flag, a length, the bytes (PROTOCOL-HTTP2.md, "Length-Prefixed-
// Message"); their compression; time-outs as text.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avila::grpc {

inline constexpr std::size_t kPrefixBytes = 5;
inline constexpr std::uint64_t kReceiveBytesMax = 4 * 1024 * 1024;  ///< of a message, unless told

/// How messages are compressed: names of grpc-encoding.
enum class Encoding : std::uint8_t { Identity, Gzip, Deflate, Zstd };
std::string_view to_string(Encoding encoding) noexcept;  ///< "gzip"
std::optional<Encoding> parse_encoding(std::string_view name) noexcept;
/// What we understand, as grpc-accept-encoding says it.
inline constexpr std::string_view kAcceptEncoding = "identity,deflate,gzip,zstd";
/// Whether a grpc-accept-encoding names it; Identity always.
bool accepts(std::string_view accept_encoding, Encoding encoding) noexcept;

/// A message as it came.
struct Message {
  std::string bytes;
  bool compressed = false;
  bool trailers = false;  ///< gRPC-Web: not a message but the trailers
};

/// Cuts a stream of bytes into messages.
class MessageReader {
 public:
  /// `limit_bytes`: of a message as it travels. `web`: the flag 0x80 marks trailers.
  explicit MessageReader(std::uint64_t limit_bytes = kReceiveBytesMax, bool web = false) noexcept
      : limit_bytes_(limit_bytes), web_(web) {}

  /// Takes bytes off the front of `input`, up to the end of one message. True: take_message() has
  /// it. Errors: Code::ResourceExhausted (longer than the limit), Code::Internal (a flag that there
  /// is not). After an error it takes no more.
  Result<bool> read(ByteSpan& input);
  Message take_message();
  /// Whether the stream may end here. Errors: Code::Internal, when it ends within a message.
  Result<void> end() const;

 private:
  static constexpr std::size_t kFirstReserveBytes = 64 * 1024;  // before the bytes are there
  std::uint64_t limit_bytes_;
  std::uint64_t length_ = 0;
  std::byte prefix_[kPrefixBytes] = {};
  std::uint8_t prefix_have_ = 0;
  bool web_;
  bool failed_ = false;
  Message message_;
};

/// Appends flag, length and bytes; compressed where that makes it smaller. Errors:
/// Code::ResourceExhausted, for 4 GiB and more.
Result<void> append_message(std::string& out, ByteSpan message,
                            Encoding encoding = Encoding::Identity);
/// The flag and the length of a message that follows as it is; less than 4 GiB.
void append_prefix(std::string& out, std::size_t length);
/// The message's bytes, decompressed where it says so. Errors: Code::Internal (compressed, but
/// no encoding was named; or damaged), Code::ResourceExhausted (larger than the limit).
Result<std::string> decode(Message message, Encoding encoding, std::uint64_t limit_bytes);

/// A grpc-timeout: at most eight digits and a unit, rounded up. Negative: "0n".
std::string format_timeout(Duration timeout);
/// Errors: Malformed. Longer than 292 years: that.
Result<Duration> parse_timeout(std::string_view text);

}  // namespace avila::grpc
