// What all the JSON parsers of this library share: kinds, options and their limits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace avila::json {

enum class Kind : std::uint8_t {
  Null,
  Bool,
  Int,     ///< a whole number that fits std::int64_t
  Uint,    ///< a whole number above that which fits std::uint64_t
  Double,  ///< written with a point or an exponent, or too large for the two above
  String,
  Array,
  Object,
  BigNumber,  ///< kept as text; only with BigNumbers::KeepText
};
std::string_view to_string(Kind kind) noexcept;

/// Objects with the same key twice (RFC 8259 §4 leaves the choice to us).
enum class Duplicates : std::uint8_t {
  KeepLast,  ///< the last value counts, as in ECMAScript
  Refuse,    ///< an error with the offset of the second one
};

/// Numbers that no 64-bit integer or double holds: whole numbers beyond 64 bits, more than 17
/// significant digits, and doubles beyond the largest one.
enum class BigNumbers : std::uint8_t {
  ToDouble,  ///< the nearest double; beyond the largest one is an error
  KeepText,  ///< Kind::BigNumber with the text as it was written
};

struct ParseOptions {
  std::size_t max_depth = 128;                  ///< arrays and objects open at once; <= kMaxDepth
  std::size_t max_size = std::size_t{1} << 28;  ///< bytes of text, 256 MiB; <= kMaxTextSize
  Duplicates duplicates = Duplicates::KeepLast;
  BigNumbers big_numbers = BigNumbers::ToDouble;
};

inline constexpr std::size_t kMaxDepth = 4096;
inline constexpr std::size_t kMaxTextSize = 0xFFFF'F000;  ///< offsets are 32 bits wide

}  // namespace avila::json
