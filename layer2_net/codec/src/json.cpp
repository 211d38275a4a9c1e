#include <algorithm>
#include <avila/codec/json.hpp>

namespace avila::codec {
namespace {

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

json::ParseOptions bounded(JsonOptions& options) {
  options.parse.max_size = std::min(options.parse.max_size, options.value_bytes_max);
  return options.parse;
}

}  // namespace

JsonCodec::JsonCodec(JsonOptions options)
    : options_(options), lines_({.line_bytes_max = options.value_bytes_max, .check_utf8 = false}) {
  options_.parse = bounded(options_);
}

template <class Next>
Result<std::optional<json::Value>> JsonCodec::from_lines(Next&& next) {
  for (;;) {
    AVILA_TRY(const auto line, next());
    if (!line) return std::optional<json::Value>();
    if (std::all_of(line->begin(), line->end(), is_space)) continue;
    auto value = json::parse(*line, options_.parse);
    if (!value.has_value())
      return std::move(value).error().context("line " + std::to_string(lines_.line()));
    return std::optional<json::Value>(std::move(*value));
  }
}

Result<std::optional<json::Value>> JsonCodec::decode(buffer::BytesMut& in) {
  if (options_.framing == JsonFraming::Lines) return from_lines([&] { return lines_.decode(in); });
  return concatenated(in, false);
}

Result<std::optional<json::Value>> JsonCodec::decode_eof(buffer::BytesMut& in) {
  if (options_.framing == JsonFraming::Lines)
    return from_lines([&] { return lines_.decode_eof(in); });
  return concatenated(in, true);
}

Result<std::optional<json::Value>> JsonCodec::concatenated(buffer::BytesMut& in, bool ended) {
  if (failed_) return Error(Errc::Malformed, "an earlier value was wrong");
  if (scanned_ == 0) {
    const std::string_view text = in.text();
    const auto first = std::find_if_not(text.begin(), text.end(), is_space);
    in.consume(static_cast<std::size_t>(first - text.begin()));
    if (in.empty()) return std::optional<json::Value>();
  }
  const auto end = scan(in.text(), ended);
  if ((end ? *end : in.size()) > options_.value_bytes_max) {
    failed_ = true;
    return Error(Errc::LimitExceeded,
                 "a JSON value over " + std::to_string(options_.value_bytes_max) + " bytes");
  }
  if (!end) {
    if (!ended) return std::optional<json::Value>();
    failed_ = true;
    return Error(Errc::Malformed, "the stream ends within a JSON value");
  }
  const buffer::Bytes text = in.split_to(*end);
  scanned_ = depth_ = 0;
  in_string_ = escaped_ = in_scalar_ = false;
  auto value = json::parse(text.text(), options_.parse);
  if (!value.has_value()) {
    failed_ = true;
    return std::move(value).error();
  }
  return std::optional<json::Value>(std::move(*value));
}

/// Brackets and quotes are counted, no more; whether it is JSON the parser says.
std::optional<std::size_t> JsonCodec::scan(std::string_view text, bool ended) {
  for (; scanned_ < text.size(); ++scanned_) {
    const char c = text[scanned_];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
        if (depth_ == 0) return scanned_ + 1;
      }
      continue;
    }
    const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
    if (in_scalar_ && (is_space(c) || opens || closes || c == '"' || c == ',' || c == ':'))
      return scanned_;
    if (c == '"') {
      in_string_ = true;
    } else if (opens) {
      ++depth_;
    } else if (closes) {
      if (depth_ <= 1) return scanned_ + 1;
      --depth_;
    } else if (depth_ == 0) {
      if (c == ',' || c == ':') return scanned_ + 1;  // no value: the parser refuses it
      in_scalar_ = true;
    }
  }
  if (in_scalar_ && ended) return text.size();
  return std::nullopt;
}

Result<void> JsonCodec::encode(const json::Value& value, buffer::BytesMut& out) {
  const std::string text = json::to_string(value);
  if (text.size() > options_.value_bytes_max)
    return Error(Errc::LimitExceeded, "a JSON value over the limit");
  out.append(text);
  out.append("\n");
  return {};
}

}  // namespace avila::codec
