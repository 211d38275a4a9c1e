#include <avila/kdf/phc.hpp>
#include <avila/text/encoding.hpp>

#include <algorithm>
#include <charconv>

namespace avila::kdf {
namespace {

bool is_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kPhcNameMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}
bool is_value(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '+' || c == '.' || c == '-';
  });
}

/// Walks over the parts between the dollar signs.
class PhcReader {
 public:
  explicit PhcReader(std::string_view text) noexcept : text_(text) {}
  Result<PhcString> read();

 private:
  bool at_end() const noexcept { return end_ == text_.size(); }
  /// The next part: from behind a '$' to before the next one.
  void advance() noexcept {
    begin_ = end_ + 1;
    end_ = std::min(text_.find('$', begin_), text_.size());
  }
  std::string_view part() const noexcept { return text_.substr(begin_, end_ - begin_); }
  Error malformed(const char* what) const {
    return Error(Errc::Malformed, what, {.offset = begin_});
  }
  Result<void> read_version(PhcString& to);
  Result<void> read_parameters(PhcString& to);
  Result<std::string> read_base64();

  std::string_view text_;
  std::size_t begin_ = 0, end_ = 0;
};

Result<void> PhcReader::read_version(PhcString& to) {
  const std::string_view digits = part().substr(2);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() ||
      (digits.size() > 1 && digits[0] == '0'))
    return malformed("PHC string: version is no decimal number of 32 bits");
  to.version = value;
  return {};
}

Result<void> PhcReader::read_parameters(PhcString& to) {
  for (std::string_view rest = part();;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view pair = rest.substr(0, comma);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    if (!is_name(name) || !is_value(value)) return malformed("PHC string: bad parameter");
    if (std::ranges::any_of(to.parameters, [name](const auto& p) { return p.first == name; }))
      return malformed("PHC string: parameter named twice");
    if (to.parameters.size() == kPhcParametersMax)
      return Error(Errc::LimitExceeded, "PHC string: too many parameters", {.offset = begin_});
    to.parameters.emplace_back(name, value);
    if (comma == rest.size()) return {};
    rest.remove_prefix(comma + 1);
  }
}

Result<std::string> PhcReader::read_base64() {
  auto bytes = text::base64_decode(part(), text::Padding::Forbidden);
  if (!bytes.has_value() || bytes->empty())
    return malformed("PHC string: salt and hash are base64 without padding");
  return bytes;
}

Result<PhcString> PhcReader::read() {
  if (text_.size() > kPhcSizeMax) return Error(Errc::LimitExceeded, "PHC string: too long");
  if (!text_.starts_with('$')) return malformed("PHC string: no '$' at its start");
  PhcString parts;
  advance();
  if (!is_name(part())) return malformed("PHC string: bad name of the function");
  parts.id = part();
  if (at_end()) return parts;
  advance();
  // A part with '=' holds the version or parameters: base64 without padding has none.
  if (part().starts_with("v=") && part().find(',') == std::string_view::npos) {
    AVILA_TRY_VOID(read_version(parts));
    if (at_end()) return parts;
    advance();
  }
  if (part().find('=') != std::string_view::npos) {
    AVILA_TRY_VOID(read_parameters(parts));
    if (at_end()) return parts;
    advance();
  }
  AVILA_TRY(parts.salt, read_base64());
  if (at_end()) return parts;
  advance();
  AVILA_TRY(parts.hash, read_base64());
  if (!at_end()) return Error(Errc::Malformed, "PHC string: more after the hash", {.offset = end_});
  return parts;
}

std::string base64(std::string_view bytes) {
  std::string text = text::base64_encode(bytes);
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

}  // namespace

Result<PhcString> parse_phc(std::string_view text) { return PhcReader(text).read(); }

std::string format_phc(const PhcString& parts) {
  std::string text = '$' + parts.id;
  if (parts.version.has_value()) text += "$v=" + std::to_string(*parts.version);
  char before = '$';
  for (const auto& [name, value] : parts.parameters) {
    text += before + name + '=' + value;
    before = ',';
  }
  if (!parts.salt.empty()) text += '$' + base64(parts.salt);
  if (!parts.hash.empty()) text += '$' + base64(parts.hash);
  return text;
}

}  // namespace avila::kdf
