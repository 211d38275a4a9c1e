// Levels and structured fields.
#pragma once
#include <avila/error/error.hpp>
#include <avila/primitives/duration.hpp>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::log {

enum class Level : std::uint8_t { Trace, Debug, Info, Warn, Error, Fatal, Off };

/// "trace" … "fatal", "off".
std::string_view to_string(Level level) noexcept;
/// The level of a name, whatever its case; `otherwise` for unknown ones.
Level parse_level(std::string_view name, Level otherwise = Level::Info) noexcept;

/// Marks a value that must never be written: Field("token", secret(token)).
struct Secret {};
template <class T>
constexpr Secret secret(const T&) noexcept {
  return {};
}

/// A key and a value, views only: made and consumed within one logging call.
class Field {
 public:
  enum class Kind : std::uint8_t { Int, Uint, Double, Bool, Text, Duration, Time, Redacted, Error };

  template <std::signed_integral T>
  constexpr Field(std::string_view key, T value) noexcept : key_(key), kind_(Kind::Int) {
    word_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  constexpr Field(std::string_view key, T value) noexcept : key_(key), kind_(Kind::Uint) {
    word_ = value;
  }
  constexpr Field(std::string_view key, std::same_as<bool> auto value) noexcept
      : key_(key), word_(value ? 1 : 0), kind_(Kind::Bool) {}
  Field(std::string_view key, double value) noexcept : key_(key), kind_(Kind::Double) {
    __builtin_memcpy(&word_, &value, sizeof word_);
  }
  Field(std::string_view key, float value) noexcept : Field(key, static_cast<double>(value)) {}
  constexpr Field(std::string_view key, std::string_view value) noexcept
      : key_(key), text_(value), kind_(Kind::Text) {}
  constexpr Field(std::string_view key, const char* value) noexcept
      : Field(key, value == nullptr ? std::string_view("(null)") : std::string_view(value)) {}
  Field(std::string_view key, const std::string& value) noexcept
      : Field(key, std::string_view(value)) {}
  constexpr Field(std::string_view key, avila::Duration value) noexcept
      : key_(key), word_(static_cast<std::uint64_t>(value.ns)), kind_(Kind::Duration) {}
  constexpr Field(std::string_view key, WallTime value) noexcept
      : key_(key), word_(static_cast<std::uint64_t>(value.ns)), kind_(Kind::Time) {}
  constexpr Field(std::string_view key, Secret) noexcept : key_(key), kind_(Kind::Redacted) {}
  /// The whole chain of contexts.
  Field(std::string_view key, const avila::Error& error) noexcept
      : key_(key), error_(&error), kind_(Kind::Error) {}

  std::string_view key() const noexcept { return key_; }
  Kind kind() const noexcept { return kind_; }
  std::int64_t as_int() const noexcept { return static_cast<std::int64_t>(word_); }
  std::uint64_t as_uint() const noexcept { return word_; }
  bool as_bool() const noexcept { return word_ != 0; }
  double as_double() const noexcept {
    double value = 0;
    __builtin_memcpy(&value, &word_, sizeof value);
    return value;
  }
  std::string_view as_text() const noexcept { return text_; }
  const avila::Error* as_error() const noexcept { return error_; }

 private:
  std::string_view key_;
  std::string_view text_;
  std::uint64_t word_ = 0;
  const avila::Error* error_ = nullptr;
  Kind kind_;
};

}  // namespace avila::log
