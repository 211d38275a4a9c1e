// Validators and ranges: If-Match and its kin (RFC 9110 §13), byte ranges (§14).
#pragma once
#include <avila/http/message.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::http {

/// What a representation is known by. Empty parts are not known.
struct Validators {
  std::string etag;  ///< with its quotes: `"abc"` or `W/"abc"`
  std::optional<WallTime> last_modified;
};

/// `"…"` around an opaque tag; characters that no tag may hold are left out.
std::string make_etag(std::string_view opaque, bool weak = false);
/// RFC 9110 §8.8.3.2.
bool strong_match(std::string_view a, std::string_view b) noexcept;
bool weak_match(std::string_view a, std::string_view b) noexcept;

enum class Precondition : std::uint8_t {
  Go,           ///< do what was asked
  NotModified,  ///< answer 304
  Failed,       ///< answer 412
};
/// RFC 9110 §13.2.2, steps 1 to 4. `exists`: whether the resource has a representation now (for
/// `If-Match: *` and `If-None-Match: *`).
Precondition evaluate_preconditions(const Request& request, const Validators& validators,
                                    bool exists = true);

/// Bytes first…first+length-1, within the representation.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};
struct RangeLimits {
  std::size_t ranges = 16;  ///< more are ignored, as §14.2 allows: the whole is sent
};
struct RangeRequest {
  enum class Kind : std::uint8_t { Whole, Partial, Unsatisfiable } kind = Kind::Whole;
  std::vector<ByteRange> ranges;  ///< for Partial, in the order asked for
};
/// The value of Range against a representation of `size` bytes. What is malformed, another unit
/// than bytes, too many ranges, or many that overlap, means Whole (§14.2).
RangeRequest parse_range(std::string_view value, std::uint64_t size,
                         const RangeLimits& limits = {});
/// The same for a request: GET only, and If-Range (§13.1.5) taken into account.
RangeRequest select_range(const Request& request, const Validators& validators, std::uint64_t size,
                          const RangeLimits& limits = {});
/// "bytes 0-99/1000"; for 416 "bytes */1000".
std::string content_range(const ByteRange& range, std::uint64_t size);
std::string unsatisfied_range(std::uint64_t size);

/// The parts of a multipart/byteranges body (§14.6): what comes before each range, and the end.
class ByteRangesFrame {
 public:
  ByteRangesFrame(std::string content_type, std::uint64_t size, std::string boundary);
  std::string content_type() const;  ///< "multipart/byteranges; boundary=…"
  std::string before(const ByteRange& range) const;
  std::string after() const;
  std::uint64_t total(const std::vector<ByteRange>& ranges) const;

 private:
  std::string content_type_, boundary_;
  std::uint64_t size_;
};

/// The best of `offered` by Accept-Encoding (RFC 9110 §12.5.3); "identity" where none fits, ""
/// where not even that is accepted.
std::string_view negotiate_coding(std::string_view accept_encoding,
                                  const std::vector<std::string_view>& offered);
/// The best media type of `offered` by Accept (§12.5.1); "" where none is accepted.
std::string_view negotiate_media_type(std::string_view accept,
                                      const std::vector<std::string_view>& offered);

}  // namespace avila::http
