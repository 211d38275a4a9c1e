// StringBuilder: text put together piece by piece, with a limit.
#pragma once
#include <avila/text/utf8.hpp>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace avila::text {

/// Chained: `StringBuilder b; b.add("id=").add(42).add(" 0x").hex(255);`. Past `limit` bytes the
/// rest is dropped and `overflowed()` says so; no code point is cut in half.
class StringBuilder {
 public:
  explicit StringBuilder(std::size_t limit = SIZE_MAX) noexcept : limit_(limit) {}

  StringBuilder& add(std::string_view text);
  StringBuilder& add(const char* text) { return add(std::string_view(text)); }
  StringBuilder& add(char c) { return add(std::string_view(&c, 1)); }
  StringBuilder& add(char32_t c);
  StringBuilder& add(bool value) { return add(std::string_view(value ? "true" : "false")); }
  template <std::integral T>
    requires(!std::same_as<T, char> && !std::same_as<T, char32_t> && !std::same_as<T, bool>)
  StringBuilder& add(T value) {
    if constexpr (std::signed_integral<T>) {
      const bool negative = value < 0;
      const auto wide = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
      return add_number(negative ? 0 - wide : wide, 10, 0, negative);
    } else {
      return add_number(value, 10, 0, false);
    }
  }
  /// At least `width` digits, filled with zeroes.
  StringBuilder& decimal(std::uint64_t value, unsigned width = 0) {
    return add_number(value, 10, width, false);
  }
  StringBuilder& hex(std::uint64_t value, unsigned width = 0) {
    return add_number(value, 16, width, false);
  }
  StringBuilder& repeat(char c, std::size_t count);
  /// "a, b, c" of any range of things that add() takes.
  template <class Range>
  StringBuilder& join(const Range& items, std::string_view separator) {
    bool first = true;
    for (const auto& item : items) {
      if (!first) add(separator);
      first = false;
      add(item);
    }
    return *this;
  }

  void reserve(std::size_t bytes) { text_.reserve(bytes < limit_ ? bytes : limit_); }
  void clear() noexcept { text_.clear(), overflowed_ = false; }
  std::size_t size() const noexcept { return text_.size(); }
  bool empty() const noexcept { return text_.empty(); }
  bool overflowed() const noexcept { return overflowed_; }
  std::string_view view() const noexcept { return text_; }
  const std::string& str() const& noexcept { return text_; }
  std::string str() && noexcept { return std::move(text_); }

 private:
  StringBuilder& add_number(std::uint64_t value, unsigned base, unsigned width, bool negative);
  std::string text_;
  std::size_t limit_;
  bool overflowed_ = false;
};

}  // namespace avila::text
