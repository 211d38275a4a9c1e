// The reference parser: one token at a time, resumable at any byte, exact about errors. SAX, Value
// and the chunked reader stand on it; the fast Parser asks it for the error of a refused text.
#pragma once
#include <algorithm>
#include <avila/error/result.hpp>
#include <avila/json/options.hpp>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "number.hpp"
#include "string_scan.hpp"

namespace avila::json::detail {

/// Handler: bool null(), boolean(bool), number(const Number&), string(sv), key(sv),
/// begin_array(), end_array(), begin_object(), end_object(); false stops with Errc::Cancelled.
template <class Handler>
class EventParser {
 public:
  EventParser(const ParseOptions& options, Handler& handler)
      : options_(options), handler_(handler) {
    options_.max_depth = std::min(options.max_depth, kMaxDepth);
  }

  /// Parses tokens of `text`, which continues what was consumed before; returns how many bytes it
  /// consumed. The rest must come again, with more behind it, unless `last`.
  Result<std::size_t> feed(std::string_view text, bool last) {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const char* p = begin;
    if (state_ == State::Start) {
      if (base_ == 0 && !skip_byte_order_mark(p, end, last)) return std::size_t{0};
      state_ = State::Value;
    }
    for (;;) {
      p = skip_space(p, end);
      if (p == end || state_ == State::Done) break;
      const char* const token = p;
      AVILA_TRY(const Step step,
                parse_token(p, end, last, base_ + static_cast<std::uint64_t>(p - begin)));
      if (step == Step::NeedMore) {
        p = token;
        break;
      }
    }
    base_ += static_cast<std::uint64_t>(p - begin);
    if (last) AVILA_TRY_VOID(at_end(p, end));
    return static_cast<std::size_t>(p - begin);
  }

  bool done() const noexcept { return state_ == State::Done; }
  std::uint64_t offset() const noexcept { return base_; }
  /// Ready for the next document; the offset goes on counting.
  void next_document() noexcept {
    state_ = State::Value;
    stack_.clear();
    resume_ = 0;
  }

 private:
  enum class State : std::uint8_t { Start, Value, FirstElement, FirstKey, Key, Colon, After, Done };
  enum class Step : std::uint8_t { Token, NeedMore };

  static const char* skip_space(const char* p, const char* end) noexcept {
    while (p != end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) ++p;
    return p;
  }

  // RFC 8259 §8.1: a parser may ignore a leading byte order mark.
  static bool skip_byte_order_mark(const char*& p, const char* end, bool last) noexcept {
    static constexpr char kMark[] = "\xEF\xBB\xBF";
    const auto n = static_cast<std::size_t>(end - p);
    if (n >= 3 && std::memcmp(p, kMark, 3) == 0) p += 3;
    return n >= 3 || last || std::memcmp(p, kMark, n) != 0;
  }

  const char* expected() const noexcept {
    switch (state_) {
      case State::FirstElement: return "expected a value or ']'";
      case State::FirstKey: return "expected a string or '}'";
      case State::Key: return "expected a string as the name of a member";
      case State::Colon: return "expected ':'";
      case State::After: return stack_.back() ? "expected ',' or '}'" : "expected ',' or ']'";
      case State::Done: return "expected the end of the text";
      default: return "expected a value";
    }
  }
  Error unexpected(const char* p, const char* end, std::uint64_t at) const {
    std::string message = expected();
    if (p == end) {
      message += ", found the end of the text";
    } else if (static_cast<unsigned char>(*p) >= 0x20 && static_cast<unsigned char>(*p) < 0x7F) {
      message += ", found '";
      message += *p;
      message += '\'';
    } else {
      static constexpr char kHex[] = "0123456789abcdef";
      message += ", found byte 0x";
      message += kHex[static_cast<unsigned char>(*p) >> 4];
      message += kHex[static_cast<unsigned char>(*p) & 15];
    }
    return Error(Errc::Malformed, message, {.offset = at});
  }
  Result<void> at_end(const char* p, const char* end) const {
    if (p != end || state_ != State::Done) return unexpected(p, end, base_);
    return {};
  }
  static Error stopped(std::uint64_t at) {
    return Error(Errc::Cancelled, "the handler stopped the parser", {.offset = at});
  }

  void value_done() noexcept { state_ = stack_.empty() ? State::Done : State::After; }

  Result<Step> parse_token(const char*& p, const char* end, bool last, std::uint64_t at) {
    bool go_on = true;
    const char c = *p;
    switch (state_) {
      case State::Colon:
        if (c != ':') return unexpected(p, end, at);
        ++p;
        state_ = State::Value;
        return Step::Token;
      case State::After:
        if (c == ',') {
          ++p;
          state_ = stack_.back() ? State::Key : State::Value;
          return Step::Token;
        }
        if (c != (stack_.back() ? '}' : ']')) return unexpected(p, end, at);
        return close(p, at);
      case State::FirstKey:
        if (c == '}') return close(p, at);
        [[fallthrough]];
      case State::Key: {
        if (c != '"') return unexpected(p, end, at);
        AVILA_TRY(const bool whole, scan_string(p, end, last, at));
        if (!whole) return Step::NeedMore;
        if (!handler_.key(text_)) return stopped(at);
        state_ = State::Colon;
        return Step::Token;
      }
      default: break;
    }
    switch (c) {
      case '"': {
        AVILA_TRY(const bool whole, scan_string(p, end, last, at));
        if (!whole) return Step::NeedMore;
        go_on = handler_.string(text_);
        break;
      }
      case '[':
      case '{':
        if (stack_.size() >= options_.max_depth)
          return Error(Errc::LimitExceeded, "nested deeper than ParseOptions::max_depth",
                       {.offset = at});
        ++p;
        stack_.push_back(c == '{');
        state_ = c == '{' ? State::FirstKey : State::FirstElement;
        go_on = c == '{' ? handler_.begin_object() : handler_.begin_array();
        if (!go_on) return stopped(at);
        return Step::Token;
      case ']':
        if (state_ == State::FirstElement) return close(p, at);
        return unexpected(p, end, at);
      case 't':
      case 'f':
      case 'n': {
        const std::string_view word = c == 't' ? "true" : c == 'f' ? "false" : "null";
        const auto n = std::min(word.size(), static_cast<std::size_t>(end - p));
        if (std::memcmp(p, word.data(), n) != 0)
          return Error(Errc::Malformed, "expected true, false or null", {.offset = at});
        if (n < word.size()) {
          if (last) return Error(Errc::Malformed, "expected true, false or null", {.offset = at});
          return Step::NeedMore;
        }
        p += n;
        go_on = c == 'n' ? handler_.null() : handler_.boolean(c == 't');
        break;
      }
      default: {
        if (c != '-' && (c < '0' || c > '9')) return unexpected(p, end, at);
        const char* stop = p + resume_;
        while (stop != end && is_number_char(*stop)) ++stop;
        if (stop == end && !last) {
          resume_ = static_cast<std::size_t>(stop - p);
          return Step::NeedMore;
        }
        resume_ = 0;
        AVILA_TRY(const Number number, parse_number({p, stop}, options_.big_numbers, at));
        p = stop;
        go_on = handler_.number(number);
        break;
      }
    }
    if (!go_on) return stopped(at);
    value_done();
    return Step::Token;
  }

  Result<Step> close(const char*& p, std::uint64_t at) {
    ++p;
    const bool object = stack_.back();
    stack_.pop_back();
    if (!(object ? handler_.end_object() : handler_.end_array())) return stopped(at);
    value_done();
    return Step::Token;
  }

  // p is at the opening quote. On true: p behind the closing one, text_ the unescaped text.
  Result<bool> scan_string(const char*& p, const char* end, bool last, std::uint64_t at) {
    const char* const open = p;
    const char* q = resume_ != 0 ? p + resume_ : p + 1;
    const char* problem = nullptr;
    for (;;) {
      q = skip_plain(q, end, problem);
      if (problem != nullptr) {
        const bool cut = !last && end - q < 4 && utf8_may_continue(q, end);
        if (!cut)
          return Error(Errc::Malformed, problem,
                       {.offset = at + static_cast<std::uint64_t>(q - open)});
      } else if (q != end && *q == '"') {
        break;
      } else if (end - q >= 2) {  // a backslash and what it escapes
        escaped_ = true;
        q += 2;
        continue;
      }
      if (last)
        return Error(Errc::Malformed, "the string is not closed: expected '\"'", {.offset = at});
      resume_ = static_cast<std::size_t>(q - open);
      return false;
    }
    text_ = {open + 1, static_cast<std::size_t>(q - open - 1)};
    if (escaped_) {
      buffer_.resize(text_.size());
      const Unescaped result = unescape(text_, buffer_.data());
      if (result.problem != nullptr)
        return Error(Errc::Malformed, result.problem, {.offset = at + 1 + result.at});
      text_ = {buffer_.data(), result.size};
    }
    escaped_ = false;
    resume_ = 0;
    p = q + 1;
    return true;
  }

  ParseOptions options_;
  Handler& handler_;
  State state_ = State::Start;
  bool escaped_ = false;
  std::vector<bool> stack_;  // true: an object
  std::size_t resume_ = 0;   // how far the token at hand has been scanned
  std::uint64_t base_ = 0;   // offset of the first byte not consumed
  std::string_view text_;
  std::string buffer_;
};

}  // namespace avila::json::detail
