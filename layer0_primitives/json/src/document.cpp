#include <avila/json/document.hpp>
#include <avila/json/value.hpp>
#include <avila/text/number.hpp>
#include <bit>
#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "event_parser.hpp"
#include "fast_parser.hpp"

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

namespace {

/// The tape by the reference parser: small scalars, unusual options, and all errors.
struct TapeBuilder {
  bool refuse_duplicates = false;
  std::vector<std::uint64_t> words;
  std::string text;
  std::vector<std::uint32_t> open;
  std::vector<std::set<std::string, std::less<>>> names;  // when duplicates are refused
  const char* problem = nullptr;

  bool put(detail::Tag tag, std::size_t count = 0, std::size_t low = 0) {
    words.push_back(detail::make_word(tag, count, low));
    return true;
  }
  bool put_text(detail::Tag tag, std::string_view s) {
    if (s.size() > detail::kMaxCount) return problem = "a string is longer than 256 MiB", false;
    put(tag, s.size(), text.size());
    text.append(s);
    return true;
  }
  void value() {
    if (open.empty()) return;
    std::uint64_t& word = words[open.back()];
    if (detail::count_of(word) < detail::kMaxCount) word += std::uint64_t{1} << 32;
  }
  bool null() { return value(), put(detail::Tag::Null); }
  bool boolean(bool b) { return value(), put(b ? detail::Tag::True : detail::Tag::False); }
  bool number(const detail::Number& n) {
    value();
    if (n.kind == Kind::BigNumber) return put_text(detail::Tag::BigNumber, n.text);
    put(n.kind == Kind::Int    ? detail::Tag::Int
        : n.kind == Kind::Uint ? detail::Tag::Uint
                               : detail::Tag::Double);
    words.push_back(n.bits);
    return true;
  }
  bool string(std::string_view s) { return value(), put_text(detail::Tag::String, s); }
  bool key(std::string_view s) {
    if (refuse_duplicates && !names.back().emplace(s).second)
      return problem = "the object has this name twice", false;
    return put_text(detail::Tag::String, s);
  }
  bool begin(detail::Tag tag) {
    value();
    open.push_back(static_cast<std::uint32_t>(words.size()));
    if (refuse_duplicates) names.emplace_back();
    return put(tag);
  }
  bool end() {
    words[open.back()] |= words.size();
    open.pop_back();
    if (refuse_duplicates) names.pop_back();
    return true;
  }
  bool begin_array() { return begin(detail::Tag::Array); }
  bool begin_object() { return begin(detail::Tag::Object); }
  bool end_array() { return end(); }
  bool end_object() { return end(); }
};

}  // namespace

struct Parser::Impl {
  ParseOptions options;
  detail::FastParser fast;
  TapeBuilder slow;
  detail::Tape tape;
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
  if (my.fast.parse(text, my.options)) {
    my.tape = my.fast.tape();
    return Element(&my.tape, 0);
  }
  my.slow = {};
  my.slow.refuse_duplicates = my.options.duplicates == Duplicates::Refuse;
  detail::EventParser<TapeBuilder> parser(my.options, my.slow);
  if (auto fed = parser.feed(text, true); !fed.has_value()) {
    if (my.slow.problem == nullptr) return std::move(fed).error();
    return Error(my.slow.refuse_duplicates ? Errc::Malformed : Errc::LimitExceeded, my.slow.problem,
                 {.offset = fed.error().offset()});
  }
  my.tape = {my.slow.words.data(), my.slow.text.data()};
  return Element(&my.tape, 0);
}

std::size_t Parser::memory() const noexcept {
  return impl_->fast.memory() + impl_->slow.words.capacity() * sizeof(std::uint64_t) +
         impl_->slow.text.capacity();
}

void Parser::shrink() noexcept {
  impl_->fast.release();
  impl_->slow = {};
}

}  // namespace avila::json
