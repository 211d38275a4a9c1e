// Numbers as RFC 8259 §6 writes them.
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/options.hpp>
#include <cstdint>
#include <string_view>

namespace avila::json::detail {

struct Number {
  Kind kind = Kind::Int;   ///< Int, Uint, Double or BigNumber
  std::uint64_t bits = 0;  ///< the value, as it lies in memory
  std::string_view text;
};

inline bool is_number_char(char c) noexcept {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// The whole text is one number. `at` is its offset, for errors.
Result<Number> parse_number(std::string_view text, BigNumbers big, std::uint64_t at);

}  // namespace avila::json::detail
