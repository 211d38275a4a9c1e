// Lines of text, ended by LF or CRLF.
#pragma once
#include <avila/buffer/bytes.hpp>
#include <avila/error/result.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace avila::codec {

struct LinesOptions {
  std::size_t line_bytes_max = std::size_t{64} << 10;  ///< without its end
  bool check_utf8 = true;
  bool write_crlf = false;
};

/// Goes on with the next line after an error.
class LinesCodec {
 public:
  using Item = std::string;

  explicit LinesCodec(LinesOptions options = {}) : options_(options) {}

  /// Without LF or CRLF. LimitExceeded as soon as a line is too long, and the rest of it is passed
  /// over; Malformed for one that is not UTF-8.
  Result<std::optional<std::string>> decode(buffer::BytesMut& in);
  /// A last line without an end counts.
  Result<std::optional<std::string>> decode_eof(buffer::BytesMut& in);
  /// InvalidArgument for a text with LF in it, or CR at its end; LimitExceeded.
  Result<void> encode(const std::string& line, buffer::BytesMut& out);
  /// Number of the line last decoded or refused, from 1.
  std::uint64_t line() const noexcept { return line_; }

 private:
  Result<std::optional<std::string>> finished(std::string_view line);
  Error too_long();

  LinesOptions options_;
  std::size_t scanned_ = 0;  // no LF before
  std::uint64_t line_ = 0;
  bool skipping_ = false;  // the rest of a line that was too long
};

}  // namespace avila::codec
