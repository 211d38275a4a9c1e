// Content codings (RFC 9110 §8.4.1): bodies that are compressed on their way, and read back within
// limits.
#pragma once
#include <avila/error/result.hpp>
#include <avila/http/message.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::compress {
class Decoder;
class Encoder;
enum class Flush : std::uint8_t;
}  // namespace avila::compress

namespace avila::http {

/// Deflate is the zlib format; a raw stream, which some senders mean by it, is read too.
enum class Coding : std::uint8_t { Gzip, Deflate, Brotli, Zstd };
std::string_view to_string(Coding coding) noexcept;  ///< "gzip", "deflate", "br", "zstd"
/// Without case; "x-gzip" is gzip. Nothing for others, "identity" among them.
std::optional<Coding> parse_coding(std::string_view name) noexcept;
/// What can be decoded, as Accept-Encoding says it.
inline constexpr std::string_view kAcceptEncoding = "gzip, deflate, br, zstd";

/// Against bombs: what a coded body may become.
struct DecodeLimits {
  std::uint64_t body_bytes = std::uint64_t{1} << 30;  ///< decoded; past it: BodyTooLarge
  std::uint32_t codings = 2;                          ///< one upon the other
  std::uint32_t window_bytes = 8 * 1024 * 1024;       ///< of zstd frames (RFC 9659)
};

/// The codings of a Content-Encoding, in the order in which they were applied. Errors: Unsupported
/// (one that is not known: 415 in a request), LimitExceeded.
Result<std::vector<Coding>> parse_content_encoding(std::string_view value,
                                                   const DecodeLimits& limits = {});

/// What `from` gives, decoded: no codings, `from` itself. Errors of reading: BodyTooLarge,
/// Malformed (damaged, cut, or more bytes than the coding has), Corrupted (a checksum).
std::unique_ptr<BodyReader> decode_body(std::unique_ptr<BodyReader> from,
                                        const std::vector<Coding>& codings,
                                        const DecodeLimits& limits = {});
/// The same where `from` outlives what is made of it.
std::unique_ptr<BodyReader> decode_body(BodyReader& from, const std::vector<Coding>& codings,
                                        const DecodeLimits& limits = {});
/// A whole body. Nothing at all stands for nothing, whatever the codings.
Result<std::string> decode_text(std::string_view body, const std::vector<Coding>& codings,
                                const DecodeLimits& limits = {});

/// Codes what is written and passes it on. flush() ends a block, so that the receiver can decode
/// all that was written. Levels are those of avila::compress; 0: quick ones, for answers that are
/// made while somebody waits.
class EncodingWriter final : public BodyWriter {
 public:
  /// `to` outlives it.
  EncodingWriter(BodyWriter& to, Coding coding, int level = 0);
  ~EncodingWriter() override;
  Task<Result<void>> write(ByteSpan bytes) override;
  Task<Result<void>> flush() override;
  Headers& trailers() noexcept override { return to_.trailers(); }
  CancelToken cancel_token() const noexcept override { return to_.cancel_token(); }
  Response* late_head() noexcept override { return to_.late_head(); }
  /// The end of the coded stream. Does not flush `to`.
  Task<Result<void>> finish();

 private:
  Task<Result<void>> encode(ByteSpan bytes, compress::Flush flush);
  static constexpr std::size_t kRoomBytes = 16 * 1024;
  BodyWriter& to_;
  std::unique_ptr<compress::Encoder> encoder_;
  std::unique_ptr<std::byte[]> room_;
};

/// A body as a stream that is coded as it is sent; takes any kind.
Body encode_body(Body body, Coding coding, int level = 0);
Result<std::string> encode_text(ByteSpan bytes, Coding coding, int level = 0);

}  // namespace avila::http
