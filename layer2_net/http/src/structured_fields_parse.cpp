#include <avila/http/structured_fields.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/utf8.hpp>

#include "chars.hpp"
#include "structured_fields_chars.hpp"

namespace avila::http::structured {
namespace {

using detail::is_digit;

class Parser {
 public:
  explicit Parser(std::string_view text) noexcept : text_(text) {}

  // §4.2: the frame around each of the three.
  template <class T, class Parse>
  Result<T> whole(Parse parse) {
    if (text_.size() > kMaxFieldBytes) return limit("a structured field is too long");
    skip_spaces();
    AVILA_TRY(T value, parse());
    skip_spaces();
    if (!at_end()) return malformed("unexpected text behind the value");
    return value;
  }

  Result<List> list() {  // §4.2.1
    List members;
    while (!at_end()) {
      if (members.size() == kMaxMembers) return limit("too many members");
      AVILA_TRY(Member member, item_or_inner_list());
      members.push_back(std::move(member));
      AVILA_TRY(const bool more, next_member());
      if (!more) break;
    }
    return members;
  }

  Result<Dictionary> dictionary() {  // §4.2.2
    Dictionary members;
    while (!at_end()) {
      AVILA_TRY(std::string name, key());
      if (members.size() == kMaxMembers) return limit("too many members");
      if (take('=')) {
        AVILA_TRY(Member member, item_or_inner_list());
        members.set(std::move(name), std::move(member));
      } else {
        AVILA_TRY(Parameters its_parameters, parameters());
        members.set(std::move(name), Item{true, std::move(its_parameters)});
      }
      AVILA_TRY(const bool more, next_member());
      if (!more) break;
    }
    return members;
  }

  Result<Item> item() {  // §4.2.3
    AVILA_TRY(BareItem value, bare_item());
    AVILA_TRY(Parameters its_parameters, parameters());
    return Item{std::move(value), std::move(its_parameters)};
  }

 private:
  bool at_end() const noexcept { return at_ == text_.size(); }
  char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) noexcept {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_spaces() noexcept {
    while (take(' ')) {
    }
  }
  void skip_ows() noexcept {
    while (take(' ') || take('\t')) {
    }
  }
  Error malformed(const char* what) const {
    return Error(Errc::Malformed, std::string("structured field: ") + what, {.offset = at_});
  }
  Error limit(const char* what) const {
    return Error(Errc::LimitExceeded, std::string("structured field: ") + what, {.offset = at_});
  }

  // Behind a member: false at the end, true at the beginning of another one.
  Result<bool> next_member() {
    skip_ows();
    if (at_end()) return false;
    if (!take(',')) return malformed("expected a comma between members");
    skip_ows();
    if (at_end()) return malformed("a comma without a member behind it");
    return true;
  }

  Result<Member> item_or_inner_list() {
    if (peek() == '(') {
      AVILA_TRY(InnerList inner, inner_list());
      return Member(std::move(inner));
    }
    AVILA_TRY(Item one, item());
    return Member(std::move(one));
  }

  Result<InnerList> inner_list() {  // §4.2.1.2
    InnerList inner;
    take('(');
    for (;;) {
      skip_spaces();
      if (take(')')) {
        AVILA_TRY(inner.parameters, parameters());
        return inner;
      }
      if (inner.items.size() == kMaxInnerItems) return limit("too many items in an inner list");
      AVILA_TRY(Item one, item());
      inner.items.push_back(std::move(one));
      if (at_end()) return malformed("an inner list without an end");
      if (peek() != ' ' && peek() != ')')
        return malformed("expected a space or ')' in an inner list");
    }
  }

  Result<Parameters> parameters() {  // §4.2.3.2
    Parameters all;
    while (take(';')) {
      skip_spaces();
      AVILA_TRY(std::string name, key());
      if (all.size() == kMaxParameters) return limit("too many parameters");
      BareItem value = true;
      if (take('=')) {
        AVILA_TRY(value, bare_item());
      }
      all.set(std::move(name), std::move(value));
    }
    return all;
  }

  Result<std::string> key() {  // §4.2.3.3
    const std::size_t start = at_;
    if (!detail::is_key_start(peek())) return malformed("a key begins with a-z or '*'");
    while (!at_end() && detail::is_key_char(peek())) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  Result<BareItem> bare_item() {  // §4.2.3.1
    const char first = peek();
    if (first == '-' || is_digit(first)) return number();
    if (detail::is_token_start(first)) {
      const std::size_t start = at_;
      while (!at_end() && detail::is_token_char(peek())) ++at_;
      return BareItem(Token{std::string(text_.substr(start, at_ - start))});
    }
    if (take('"')) return string();
    if (take(':')) return binary();
    if (take('@')) return date();
    if (take('%')) return display_string();
    if (take('?')) {
      if (take('1')) return BareItem(true);
      if (take('0')) return BareItem(false);
      return malformed("a boolean is ?0 or ?1");
    }
    return malformed("expected an item");
  }

  Result<BareItem> number() {  // §4.2.4
    const bool negative = take('-');
    const std::size_t start = at_;
    std::int64_t value = 0;
    while (is_digit(peek())) {
      if (at_ - start == 15) return malformed("a number of more than 15 digits");
      value = value * 10 + (text_[at_++] - '0');
    }
    if (at_ == start) return malformed("a number without digits");
    if (peek() != '.') return BareItem(negative ? -value : value);
    if (at_ - start > 12) return malformed("more than 12 digits before the point");
    const std::size_t point = at_++;
    std::int64_t scale = 1000;
    while (is_digit(peek())) {
      if (at_ - point > 3) return malformed("more than 3 digits behind the point");
      scale /= 10;
      value = value * 10 + (text_[at_++] - '0');
    }
    if (at_ == point + 1) return malformed("a point without digits behind it");
    return BareItem(Decimal{(negative ? -value : value) * scale});
  }

  Result<BareItem> string() {  // §4.2.5
    std::string out;
    while (!at_end()) {
      const char c = text_[at_++];
      if (c == '"') return BareItem(std::move(out));
      if (!detail::is_printable(c)) break;
      if (c == '\\') {
        if (peek() != '"' && peek() != '\\') return malformed("only '\"' and '\\' are escaped");
        out += text_[at_++];
      } else {
        out += c;
      }
    }
    return malformed("a string without an end, or with characters that are not ASCII");
  }

  Result<BareItem> binary() {  // §4.2.7
    const std::size_t end = text_.find(':', at_);
    if (end == std::string_view::npos) return malformed("a byte sequence without an end");
    std::string base64(text_.substr(at_, end - at_));
    // Bits that a final group does not need are ignored, as §4.2.7 asks.
    std::size_t digits = base64.size();
    while (digits > 0 && base64[digits - 1] == '=') --digits;
    if (digits % 4 > 1) {
      char& last = base64[digits - 1];
      static constexpr std::string_view kAlphabet =
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
      const std::size_t value = kAlphabet.find(last);
      const std::size_t mask = digits % 4 == 2 ? 0x30 : 0x3c;
      if (value != std::string_view::npos) last = kAlphabet[value & mask];
    }
    auto bytes = text::base64_decode(base64, text::Padding::Optional);
    if (!bytes.has_value()) return malformed("a byte sequence that is not base64");
    at_ = end + 1;
    return BareItem(Binary{std::move(*bytes)});
  }

  Result<BareItem> date() {  // §4.2.9
    AVILA_TRY(const BareItem value, number());
    const std::int64_t* const seconds = std::get_if<std::int64_t>(&value);
    if (seconds == nullptr) return malformed("a date of a fraction of a second");
    return BareItem(Date{*seconds});
  }

  Result<BareItem> display_string() {  // §4.2.10
    if (!take('"')) return malformed("a display string begins with %\"");
    std::string out;
    while (!at_end()) {
      const char c = text_[at_++];
      if (!detail::is_printable(c)) break;
      if (c == '"') {
        if (!text::validate_utf8(out)) return malformed("a display string that is not UTF-8");
        return BareItem(DisplayString{std::move(out)});
      }
      if (c != '%') {
        out += c;
        continue;
      }
      const int high = lower_hex();
      const int low = lower_hex();
      if (high < 0 || low < 0) return malformed("'%' without two digits of lower-case hexadecimal");
      out += static_cast<char>(high * 16 + low);
    }
    return malformed("a display string without an end, or with characters that are not ASCII");
  }

  int lower_hex() noexcept {
    const char c = peek();
    if (at_end() || (c >= 'A' && c <= 'F')) return -1;
    ++at_;
    return http::detail::hex_value(c);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Item> parse_item(std::string_view field) {
  Parser parser(field);
  return parser.whole<Item>([&] { return parser.item(); });
}
Result<List> parse_list(std::string_view field) {
  Parser parser(field);
  return parser.whole<List>([&] { return parser.list(); });
}
Result<Dictionary> parse_dictionary(std::string_view field) {
  Parser parser(field);
  return parser.whole<Dictionary>([&] { return parser.dictionary(); });
}

}  // namespace avila::http::structured
