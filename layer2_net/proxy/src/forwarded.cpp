#include <avila/http/headers.hpp>
#include <avila/proxy/forwarded.hpp>

namespace avila::proxy {

namespace {

Error malformed(std::string_view what, std::size_t at) {
  return Error(Errc::Malformed, std::string("Forwarded: ") + std::string(what), {.offset = at});
}

/// RFC 7239 §4, read from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const noexcept { return at_ == text_.size(); }
  std::size_t offset() const noexcept { return at_; }
  void skip_space() noexcept {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take(char c) noexcept {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string_view token() noexcept {
    const std::size_t begin = at_;
    while (!at_end() && http::is_token(text_.substr(at_, 1))) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  /// token or quoted-string.
  Result<std::string> value() {
    if (!take('"')) {
      const std::string_view plain = token();
      if (plain.empty()) return malformed("a value is missing", at_);
      return std::string(plain);
    }
    std::string out;
    while (true) {
      if (at_end()) return malformed("a quoted string does not end", at_);
      char c = text_[at_++];
      if (c == '"') return out;
      if (c == '\\') {
        if (at_end()) return malformed("a quoted string does not end", at_);
        c = text_[at_++];
      }
      const auto u = static_cast<unsigned char>(c);
      if ((u < 0x20 && c != '\t') || u == 0x7f) return malformed("a control byte", at_ - 1);
      out += c;
    }
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

void append(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (!out.empty()) out += ';';
  out.append(name).append("=");
  if (http::is_token(value)) {
    out.append(value);
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

Result<std::vector<ForwardedElement>> parse_forwarded(std::string_view text) {
  std::vector<ForwardedElement> elements;
  Reader in(text);
  while (true) {
    in.skip_space();
    if (in.at_end()) return elements;
    if (in.take(',')) continue;  // RFC 9110 §5.6.1.2: empty elements are passed over
    if (elements.size() == kForwardedElementsMax)
      return Error(Errc::LimitExceeded, "Forwarded: more elements than are accepted");
    ForwardedElement& element = elements.emplace_back();
    do {
      const std::size_t at = in.offset();
      const std::string_view name = in.token();
      if (name.empty() || !in.take('=')) return malformed("expected a parameter", at);
      AVILA_TRY(std::string value, in.value());
      std::string* const part = http::equal_ignoring_case(name, "for")     ? &element.for_node
                                : http::equal_ignoring_case(name, "by")    ? &element.by
                                : http::equal_ignoring_case(name, "host")  ? &element.host
                                : http::equal_ignoring_case(name, "proto") ? &element.proto
                                                                           : nullptr;
      if (part == nullptr) continue;
      if (!part->empty()) return malformed("a parameter stands twice", at);
      *part = std::move(value);
    } while (in.take(';'));
    in.skip_space();
    if (!in.at_end() && !in.take(',')) return malformed("expected a comma", in.offset());
  }
}

std::string to_string(const ForwardedElement& element) {
  std::string out;
  append(out, "by", element.by);
  append(out, "for", element.for_node);
  append(out, "host", element.host);
  append(out, "proto", element.proto);
  return out;
}

std::string forwarded_node(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::string(address);
  return "[" + std::string(address) + "]";
}

}  // namespace avila::proxy
