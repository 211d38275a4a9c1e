#include <avila/codec/lines.hpp>
#include <avila/text/utf8.hpp>

namespace avila::codec {

Error LinesCodec::too_long() {
  ++line_;
  return Error(Errc::LimitExceeded, "line " + std::to_string(line_) + " has over " +
                                        std::to_string(options_.line_bytes_max) + " bytes");
}

Result<std::optional<std::string>> LinesCodec::finished(std::string_view line) {
  ++line_;
  if (options_.check_utf8 && !text::validate_utf8(line))
    return Error(Errc::Malformed, "line " + std::to_string(line_) + " is not UTF-8",
                 {.offset = text::valid_utf8_prefix(line)});
  return std::optional<std::string>(line);
}

Result<std::optional<std::string>> LinesCodec::decode(buffer::BytesMut& in) {
  for (;;) {
    const std::size_t end = in.text().find('\n', scanned_);
    if (skipping_) {
      if (end == std::string_view::npos) {
        in.clear();
        scanned_ = 0;
        return std::optional<std::string>();
      }
      in.consume(end + 1);
      scanned_ = 0;
      skipping_ = false;
      continue;
    }
    if (end == std::string_view::npos) {
      scanned_ = in.size();
      // One more byte may be the CR of its end.
      if (in.size() <= options_.line_bytes_max + 1) return std::optional<std::string>();
      in.clear();
      scanned_ = 0;
      skipping_ = true;
      return too_long();
    }
    const bool crlf = end > 0 && in.text()[end - 1] == '\r';
    const buffer::Bytes line = in.split_to(end + 1);
    scanned_ = 0;
    const std::string_view text = line.text().substr(0, end - (crlf ? 1 : 0));
    if (text.size() > options_.line_bytes_max) return too_long();
    return finished(text);
  }
}

Result<std::optional<std::string>> LinesCodec::decode_eof(buffer::BytesMut& in) {
  AVILA_TRY(auto line, decode(in));
  if (line || in.empty()) return line;
  const buffer::Bytes rest = in.freeze();
  scanned_ = 0;
  std::string_view text = rest.text();
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.size() > options_.line_bytes_max) return too_long();
  return finished(text);
}

Result<void> LinesCodec::encode(const std::string& line, buffer::BytesMut& out) {
  if (line.size() > options_.line_bytes_max)
    return Error(Errc::LimitExceeded, "a line over the limit");
  if (line.find('\n') != std::string::npos || line.ends_with('\r'))
    return Error(Errc::InvalidArgument, "a line holds no LF, and no CR at its end");
  if (options_.check_utf8 && !text::validate_utf8(line))
    return Error(Errc::InvalidArgument, "a line that is not UTF-8");
  out.append(line);
  out.append(options_.write_crlf ? "\r\n" : "\n");
  return {};
}

}  // namespace avila::codec
