#include <avila/json/document.hpp>
#include <avila/json/value.hpp>
#include <avila/json/writer.hpp>
#include <avila/text/number.hpp>
#include <bit>
#include <cmath>
#include <vector>

#include "event_parser.hpp"

namespace avila::json {

Kind Element::kind() const noexcept {
  using detail::Tag;
  switch (tag()) {
    case Tag::Null: return Kind::Null;
    case Tag::False:
    case Tag::True: return Kind::Bool;
    case Tag::Int: return Kind::Int;
    case Tag::Uint: return Kind::Uint;
    case Tag::Double: return Kind::Double;
    case Tag::String: return Kind::String;
    case Tag::BigNumber: return Kind::BigNumber;
    case Tag::Array: return Kind::Array;
    case Tag::Object: break;
  }
  return Kind::Object;
}

std::optional<std::int64_t> Element::get_int64() const noexcept {
  const std::uint64_t bits = is_number() ? tape_->words[at_ + 1] : 0;
  if (tag() == detail::Tag::Int) return static_cast<std::int64_t>(bits);
  if (tag() == detail::Tag::Double) return Value(std::bit_cast<double>(bits)).get_int64();
  return std::nullopt;
}

std::optional<std::uint64_t> Element::get_uint64() const noexcept {
  const std::uint64_t bits = is_number() ? tape_->words[at_ + 1] : 0;
  if (tag() == detail::Tag::Uint) return bits;
  if (tag() == detail::Tag::Int && static_cast<std::int64_t>(bits) >= 0) return bits;
  if (tag() == detail::Tag::Double) return Value(std::bit_cast<double>(bits)).get_uint64();
  return std::nullopt;
}

std::optional<double> Element::get_double() const noexcept {
  switch (tag()) {
    case detail::Tag::Int:
      return static_cast<double>(static_cast<std::int64_t>(tape_->words[at_ + 1]));
    case detail::Tag::Uint: return static_cast<double>(tape_->words[at_ + 1]);
    case detail::Tag::Double: return std::bit_cast<double>(tape_->words[at_ + 1]);
    case detail::Tag::BigNumber: return text::parse_double(text()).value();
    default: return std::nullopt;
  }
}

std::size_t Element::size() const noexcept {
  if (!is_array() && !is_object()) return 0;
  const std::size_t count = detail::count_of(word());
  if (count < detail::kMaxCount) return count;
  std::size_t counted = 0;  // more than the field holds
  if (is_array())
    for ([[maybe_unused]] const Element e : elements()) ++counted;
  else
    for ([[maybe_unused]] const auto m : members()) ++counted;
  return counted;
}

std::optional<Element> Element::find(std::string_view key) const noexcept {
  std::optional<Element> found;
  for (const auto [name, value] : members())
    if (name == key) found = value;
  return found;
}

std::optional<Element> Element::at(std::size_t index) const noexcept {
  for (const Element e : elements())
    if (index-- == 0) return e;
  return std::nullopt;
}

struct Parser::Impl {
  ParseOptions options;
  detail::Tape tape;
  std::vector<std::uint64_t> words;
  std::string text;
  std::vector<std::uint32_t> open;
  bool duplicate = false;

  void count() {
    if (open.empty()) return;
    std::uint64_t& word = words[open.back()];
    if (detail::count_of(word) < detail::kMaxCount) word += std::uint64_t{1} << 32;
  }
  bool put(detail::Tag tag, std::uint64_t rest = 0) {
    words.push_back(static_cast<std::uint64_t>(tag) << 60 | rest);
    return true;
  }
  bool put_text(detail::Tag tag, std::string_view s) {
    put(tag, std::uint64_t{s.size()} << 32 | text.size());
    text.append(s);
    return true;
  }
  bool null() { return count(), put(detail::Tag::Null); }
  bool boolean(bool b) { return count(), put(b ? detail::Tag::True : detail::Tag::False); }
  bool number(const detail::Number& n) {
    count();
    if (n.kind == Kind::BigNumber) return put_text(detail::Tag::BigNumber, n.text);
    put(n.kind == Kind::Int    ? detail::Tag::Int
        : n.kind == Kind::Uint ? detail::Tag::Uint
                               : detail::Tag::Double);
    words.push_back(n.bits);
    return true;
  }
  bool string(std::string_view s) { return count(), put_text(detail::Tag::String, s); }
  bool key(std::string_view s) { return put_text(detail::Tag::String, s); }
  bool begin(detail::Tag tag) {
    count();
    open.push_back(static_cast<std::uint32_t>(words.size()));
    return put(tag);
  }
  bool end() {
    words[open.back()] |= words.size();
    open.pop_back();
    return true;
  }
  bool begin_array() { return begin(detail::Tag::Array); }
  bool begin_object() { return begin(detail::Tag::Object); }
  bool end_array() { return end(); }
  bool end_object() { return end(); }
};

Parser::Parser(const ParseOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
}
Parser::Parser(Parser&& other) noexcept = default;
Parser& Parser::operator=(Parser&& other) noexcept = default;
Parser::~Parser() = default;

Result<Element> Parser::parse(std::string_view text) {
  Impl& my = *impl_;
  if (text.size() > std::min(my.options.max_size, kMaxTextSize))
    return Error(Errc::LimitExceeded, "the text is larger than ParseOptions::max_size");
  my.words.clear();
  my.text.clear();
  my.open.clear();
  detail::EventParser<Impl> parser(my.options, my);
  AVILA_TRY_VOID(parser.feed(text, true));
  my.tape = {my.words.data(), my.text.data()};
  return Element(&my.tape, 0);
}

std::size_t Parser::memory() const noexcept {
  return impl_->words.capacity() * 8 + impl_->text.capacity();
}
void Parser::shrink() noexcept {
  impl_->words = {};
  impl_->text = {};
}

void append_json(std::string& out, Element element) { append_json(out, to_value(element)); }
std::string to_string(Element element) { return to_string(to_value(element)); }

}  // namespace avila::json
