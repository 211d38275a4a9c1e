#include <avila/grpc/web.hpp>
#include <avila/grpc/wire.hpp>
#include <avila/primitives/endian.hpp>

namespace avila::grpc {

std::optional<ContentType> parse_content_type(std::string_view value) noexcept {
  constexpr std::string_view kPrefix = "application/grpc";
  if (value.size() < kPrefix.size() ||
      !http::equal_ignoring_case(value.substr(0, kPrefix.size()), kPrefix))
    return std::nullopt;
  ContentType type;
  std::string_view rest = value.substr(kPrefix.size());
  const auto take = [&rest](std::string_view word) {
    const bool there =
        rest.size() >= word.size() && http::equal_ignoring_case(rest.substr(0, word.size()), word);
    if (there) rest.remove_prefix(word.size());
    return there;
  };
  if (take("-web-text")) {
    type.web = WebKind::Text;
  } else if (take("-web")) {
    type.web = WebKind::Binary;
  }
  if (!rest.empty() && rest.front() != '+' && rest.front() != ';' && rest.front() != ' ')
    return std::nullopt;
  type.format = "proto";
  if (rest.starts_with('+')) {
    rest.remove_prefix(1);
    type.format = rest.substr(0, rest.find_first_of("; "));
  }
  return type;
}

namespace {

int base64_value(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

Result<void> WebTextDecoder::decode(ByteSpan text, std::string& out) {
  out.reserve(out.size() + text.size() / 4 * 3);
  for (const char c : as_text(text)) {
    const int value = base64_value(c);
    const bool pad = c == '=' && have_ >= 2;
    if ((value < 0 && !pad) || (padding_ > 0 && !pad))
      return Error(Code::Internal, "the body is not base64");
    bits_ = bits_ << 6 | static_cast<std::uint32_t>(pad ? 0 : value);
    padding_ = static_cast<std::uint8_t>(padding_ + (pad ? 1 : 0));
    if (++have_ < 4) continue;
    out += static_cast<char>(bits_ >> 16 & 0xff);
    if (padding_ < 2) out += static_cast<char>(bits_ >> 8 & 0xff);
    if (padding_ < 1) out += static_cast<char>(bits_ & 0xff);
    bits_ = 0;
    have_ = padding_ = 0;
  }
  return {};
}

Result<void> WebTextDecoder::end() const {
  if (have_ == 0) return {};
  return Error(Code::Internal, "the body ends within a group of base64");
}

std::string web_trailers(const http::Headers& trailers) {
  std::string block;
  for (const http::Field& field : trailers)
    block.append(field.name).append(": ").append(field.value).append("\r\n");
  std::byte prefix[kPrefixBytes] = {std::byte{0x80}};
  store_be32(prefix + 1, static_cast<std::uint32_t>(block.size()));
  return std::string(as_text(prefix)) + block;
}

Result<http::Headers> parse_web_trailers(std::string_view block) {
  http::Headers fields;
  while (!block.empty()) {
    const std::size_t end = block.find("\r\n");
    const std::string_view line = block.substr(0, end);
    block.remove_prefix(end == std::string_view::npos ? block.size() : end + 2);
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos ||
        !fields.try_add(line.substr(0, colon), http::trim_ows(line.substr(colon + 1))))
      return Error(Errc::Malformed, "a line of the trailers is no field");
  }
  return fields;
}

}  // namespace avila::grpc
