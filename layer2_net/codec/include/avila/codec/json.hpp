// JSON values, a line each (NDJSON) or one behind the other.
#pragma once
#include <avila/buffer/bytes.hpp>
#include <avila/codec/lines.hpp>
#include <avila/error/result.hpp>
#include <avila/json/options.hpp>
#include <avila/json/value.hpp>
#include <cstdint>
#include <optional>

namespace avila::codec {

enum class JsonFraming : std::uint8_t {
  Lines,         ///< one value a line; blank lines are passed over
  Concatenated,  ///< `{}{} 1 "a"`: white space where two would run together, else as one likes
};

struct JsonOptions {
  JsonFraming framing = JsonFraming::Lines;
  std::size_t value_bytes_max = std::size_t{1} << 20;  ///< of text
  json::ParseOptions parse;
};

/// Lines: goes on with the next line after an error. Concatenated: after an error every call fails.
class JsonCodec {
 public:
  using Item = json::Value;

  explicit JsonCodec(JsonOptions options = {});

  Result<std::optional<json::Value>> decode(buffer::BytesMut& in);
  Result<std::optional<json::Value>> decode_eof(buffer::BytesMut& in);
  /// Compact text and a line feed, in both framings.
  Result<void> encode(const json::Value& value, buffer::BytesMut& out);

 private:
  using MaybeLine = Result<std::optional<std::string>>;
  template <class Next>
  Result<std::optional<json::Value>> from_lines(Next&& next);
  Result<std::optional<json::Value>> concatenated(buffer::BytesMut& in, bool ended);
  /// The end of the value at the front, once it is there.
  std::optional<std::size_t> scan(std::string_view text, bool ended);

  JsonOptions options_;
  LinesCodec lines_;
  // Of the value at the front of the buffer, as far as it has been seen.
  std::size_t scanned_ = 0;
  std::size_t depth_ = 0;
  bool in_string_ = false, escaped_ = false, in_scalar_ = false;
  bool failed_ = false;
};

}  // namespace avila::codec
