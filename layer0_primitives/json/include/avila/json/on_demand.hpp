// Reading a few values out of a text without parsing the rest: views into the text, no tree, no
// copies. Only what is touched is checked; the parts passed over need to be bracketed properly,
// no more. To know that a whole document is right, use Parser.
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/options.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avila::json {

/// One value of a text that must outlive it; four words, copied freely.
class LazyValue {
 public:
  LazyValue() noexcept = default;

  /// By its first byte; a number is Int or Double by the look of it.
  Kind kind() const noexcept;
  /// The value's text without space around it; found by passing over it.
  Result<std::string_view> raw() const;

  Result<bool> get_bool() const;
  Result<std::int64_t> get_int64() const;
  Result<std::uint64_t> get_uint64() const;
  Result<double> get_double() const;
  /// A view into the text where nothing is escaped, else into `scratch`.
  Result<std::string_view> get_string(std::string& scratch) const;
  bool is_null() const noexcept { return rest_.starts_with("null"); }

  /// The first member of that key, or nothing; passes over the members before it.
  Result<std::optional<LazyValue>> find(std::string_view key) const;
  Result<std::optional<LazyValue>> at(std::size_t index) const;
  /// Calls `f` for each element, Result<void>(LazyValue); stops at the first error.
  template <class F>
  Result<void> for_each_element(F&& f) const;
  /// Calls `f` for each member, Result<void>(std::string_view key, LazyValue).
  template <class F>
  Result<void> for_each_member(F&& f) const;

 private:
  friend Result<LazyValue> lazy(std::string_view text, const ParseOptions& options);
  /// Where a walk over the parts of a container stands.
  struct Walk {
    const char* at;
    bool first = true;
  };
  LazyValue(const char* begin, std::string_view rest, std::size_t depth) noexcept
      : begin_(begin), rest_(rest), depth_(depth) {}
  Result<bool> enter(char open, Walk& walk) const;
  /// The next part, or nothing at the end; `key` is the raw text between the quotes.
  Result<std::optional<LazyValue>> next(char close, Walk& walk, std::string_view* key) const;
  Result<std::string_view> plain(std::string_view raw_key, std::string& scratch) const;
  Error error_at(const char* at, const char* what) const;

  const char* begin_ = nullptr;  // of the whole text, for offsets
  std::string_view rest_;        // from the value's first byte to the end of the text
  std::size_t depth_ = 0;        // containers that may still open
};

/// The root of a text. `options.max_depth` and `max_size` hold.
Result<LazyValue> lazy(std::string_view text, const ParseOptions& options = {});

template <class F>
Result<void> LazyValue::for_each_element(F&& f) const {
  Walk walk{};
  AVILA_TRY_VOID(enter('[', walk));
  for (;;) {
    AVILA_TRY(const auto element, next(']', walk, nullptr));
    if (!element.has_value()) return {};
    AVILA_TRY_VOID(f(*element));
  }
}

template <class F>
Result<void> LazyValue::for_each_member(F&& f) const {
  Walk walk{};
  std::string scratch;
  AVILA_TRY_VOID(enter('{', walk));
  for (;;) {
    std::string_view raw_key;
    AVILA_TRY(const auto value, next('}', walk, &raw_key));
    if (!value.has_value()) return {};
    AVILA_TRY(const std::string_view key, plain(raw_key, scratch));
    AVILA_TRY_VOID(f(key, *value));
  }
}

}  // namespace avila::json
