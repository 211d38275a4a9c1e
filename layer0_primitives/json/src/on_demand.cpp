#include <algorithm>
#include <avila/json/on_demand.hpp>
#include <avila/text/number.hpp>
#include <bit>
#include <cstring>

#include "number.hpp"
#include "string_scan.hpp"

namespace avila::json {
namespace {

const char* skip_space(const char* p, const char* end) noexcept {
  while (p != end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) ++p;
  return p;
}

/// Behind the closing quote of the string that opens at p, or null.
const char* skip_string(const char* p, const char* end) noexcept {
  for (++p;;) {
    const auto left = static_cast<std::size_t>(end - p);
    const auto* quote = static_cast<const char*>(std::memchr(p, '"', left));
    if (quote == nullptr) return nullptr;
    const auto* slash =
        static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(quote - p)));
    if (slash == nullptr) return quote + 1;
    if (end - slash < 2) return nullptr;
    p = slash + 2;
  }
}

bool ends_scalar(char c) noexcept {
  return c == ',' || c == ']' || c == '}' || c == ':' || c == ' ' || c == '\n' || c == '\r' ||
         c == '\t';
}

/// Behind the value that begins at p, or null where its brackets do not match up.
const char* skip_value(const char* p, const char* end, std::size_t max_depth) noexcept {
  if (p == end) return nullptr;
  if (*p == '"') return skip_string(p, end);
  if (*p != '[' && *p != '{') {
    const char* const from = p;
    while (p != end && !ends_scalar(*p)) ++p;
    return p != from ? p : nullptr;
  }
  std::string open;  // the closing brackets to come
  while (p != end) {
    switch (*p) {
      case '"':
        p = skip_string(p, end);
        if (p == nullptr) return nullptr;
        continue;
      case '[':
      case '{':
        if (open.size() == max_depth) return nullptr;
        open.push_back(*p == '[' ? ']' : '}');
        break;
      case ']':
      case '}':
        if (open.back() != *p) return nullptr;
        open.pop_back();
        if (open.empty()) return p + 1;
        break;
      default: break;
    }
    ++p;
  }
  return nullptr;
}

}  // namespace

Result<LazyValue> lazy(std::string_view text, const ParseOptions& options) {
  if (text.size() > options.max_size)
    return Error(Errc::LimitExceeded, "the text is larger than ParseOptions::max_size");
  const char* const end = text.data() + text.size();
  const char* p = text.data();
  if (text.starts_with("\xEF\xBB\xBF")) p += 3;
  p = skip_space(p, end);
  if (p == end)
    return Error(Errc::Malformed, "expected a value, found the end of the text",
                 {.offset = text.size()});
  return LazyValue(text.data(), {p, static_cast<std::size_t>(end - p)},
                   std::min(options.max_depth, kMaxDepth));
}

Error LazyValue::error_at(const char* at, const char* what) const {
  return Error(Errc::Malformed, what, {.offset = static_cast<std::uint64_t>(at - begin_)});
}

Kind LazyValue::kind() const noexcept {
  switch (rest_.empty() ? 'n' : rest_[0]) {
    case '{': return Kind::Object;
    case '[': return Kind::Array;
    case '"': return Kind::String;
    case 't':
    case 'f': return Kind::Bool;
    case 'n': return Kind::Null;
    default: break;
  }
  std::size_t at = 0;
  while (at < rest_.size() && detail::is_number_char(rest_[at])) ++at;
  return rest_.substr(0, at).find_first_of(".eE") == std::string_view::npos ? Kind::Int
                                                                            : Kind::Double;
}

Result<std::string_view> LazyValue::raw() const {
  const char* const p = rest_.data();
  const char* const end = skip_value(p, p + rest_.size(), depth_);
  if (end == nullptr) return error_at(p, "the value is not closed, or nested too deep");
  return std::string_view(p, static_cast<std::size_t>(end - p));
}

Result<bool> LazyValue::get_bool() const {
  AVILA_TRY(const std::string_view text, raw());
  if (text == "true") return true;
  if (text == "false") return false;
  return error_at(rest_.data(), "expected true or false");
}

Result<double> LazyValue::get_double() const {
  AVILA_TRY(const std::string_view text, raw());
  const auto at = static_cast<std::uint64_t>(rest_.data() - begin_);
  AVILA_TRY(const detail::Number n, detail::parse_number(text, BigNumbers::ToDouble, at));
  if (n.kind == Kind::Int) return static_cast<double>(static_cast<std::int64_t>(n.bits));
  if (n.kind == Kind::Uint) return static_cast<double>(n.bits);
  return std::bit_cast<double>(n.bits);
}

Result<std::int64_t> LazyValue::get_int64() const {
  AVILA_TRY(const std::string_view text, raw());
  const auto at = static_cast<std::uint64_t>(rest_.data() - begin_);
  AVILA_TRY(const detail::Number n, detail::parse_number(text, BigNumbers::ToDouble, at));
  if (n.kind == Kind::Int) return static_cast<std::int64_t>(n.bits);
  return Error(Errc::OutOfRange, "the number is no 64-bit signed integer", {.offset = at});
}

Result<std::uint64_t> LazyValue::get_uint64() const {
  AVILA_TRY(const std::string_view text, raw());
  const auto at = static_cast<std::uint64_t>(rest_.data() - begin_);
  AVILA_TRY(const detail::Number n, detail::parse_number(text, BigNumbers::ToDouble, at));
  if (n.kind == Kind::Uint || (n.kind == Kind::Int && static_cast<std::int64_t>(n.bits) >= 0))
    return n.bits;
  return Error(Errc::OutOfRange, "the number is no 64-bit unsigned integer", {.offset = at});
}

Result<std::string_view> LazyValue::plain(std::string_view raw_key, std::string& scratch) const {
  const char* problem = nullptr;
  const char* p = raw_key.data();
  const char* const end = p + raw_key.size();
  bool escaped = false;
  while (p != end) {
    p = detail::skip_plain(p, end, problem);
    if (problem != nullptr) return error_at(p, problem);
    if (p == end) break;
    escaped = true;  // a quote cannot come unescaped
    p += std::min<std::ptrdiff_t>(2, end - p);
  }
  if (!escaped) return raw_key;
  scratch.resize(raw_key.size());
  const detail::Unescaped result = detail::unescape(raw_key, scratch.data());
  if (result.problem != nullptr) return error_at(raw_key.data() + result.at, result.problem);
  scratch.resize(result.size);
  return std::string_view(scratch);
}

Result<std::string_view> LazyValue::get_string(std::string& scratch) const {
  if (rest_.empty() || rest_[0] != '"') return error_at(rest_.data(), "expected a string");
  AVILA_TRY(const std::string_view text, raw());
  return plain(text.substr(1, text.size() - 2), scratch);
}

Result<bool> LazyValue::enter(char open, Walk& walk) const {
  if (rest_.empty() || rest_[0] != open)
    return error_at(rest_.data(), open == '[' ? "expected an array" : "expected an object");
  if (depth_ == 0)
    return Error(Errc::LimitExceeded, "nested deeper than ParseOptions::max_depth",
                 {.offset = static_cast<std::uint64_t>(rest_.data() - begin_)});
  walk = {rest_.data() + 1, true};
  return true;
}

Result<std::optional<LazyValue>> LazyValue::next(char close, Walk& walk,
                                                 std::string_view* key) const {
  const char* const end = rest_.data() + rest_.size();
  const char* p = walk.at;
  if (!walk.first) {  // pass over the part returned before
    p = skip_value(p, end, depth_ - 1);
    if (p == nullptr) return error_at(walk.at, "the value is not closed, or nested too deep");
  }
  p = skip_space(p, end);
  if (p != end && *p == close) return std::optional<LazyValue>{};
  if (!walk.first) {
    if (p == end || *p != ',')
      return error_at(p, close == ']' ? "expected ',' or ']'" : "expected ',' or '}'");
    p = skip_space(p + 1, end);
  }
  if (key != nullptr) {
    if (p == end || *p != '"') return error_at(p, "expected a string as the name of a member");
    const char* const after = skip_string(p, end);
    if (after == nullptr) return error_at(p, "the string is not closed: expected '\"'");
    *key = {p + 1, static_cast<std::size_t>(after - p - 2)};
    p = skip_space(after, end);
    if (p == end || *p != ':') return error_at(p, "expected ':'");
    p = skip_space(p + 1, end);
  }
  if (p == end || (ends_scalar(*p))) return error_at(p, "expected a value");
  walk = {p, false};
  return std::optional(LazyValue(begin_, {p, static_cast<std::size_t>(end - p)}, depth_ - 1));
}

Result<std::optional<LazyValue>> LazyValue::find(std::string_view key) const {
  Walk walk{};
  std::string scratch;
  AVILA_TRY_VOID(enter('{', walk));
  for (;;) {
    std::string_view raw_key;
    AVILA_TRY(const auto value, next('}', walk, &raw_key));
    if (!value.has_value()) return std::optional<LazyValue>{};
    if (raw_key == key && raw_key.find('\\') == std::string_view::npos) return value;
    if (raw_key.find('\\') != std::string_view::npos) {
      AVILA_TRY(const std::string_view name, plain(raw_key, scratch));
      if (name == key) return value;
    }
  }
}

Result<std::optional<LazyValue>> LazyValue::at(std::size_t index) const {
  Walk walk{};
  AVILA_TRY_VOID(enter('[', walk));
  for (;; --index) {
    AVILA_TRY(const auto element, next(']', walk, nullptr));
    if (!element.has_value() || index == 0) return element;
  }
}

}  // namespace avila::json
