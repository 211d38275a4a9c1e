// Numbers and their decimal text: correctly rounded parsing, shortest round-trip printing.
#pragma once
#include <avila/error/result.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::text {

/// Room that every format_… function needs at `to`: it may write beyond the end it returns.
inline constexpr std::size_t kMaxNumberChars = 32;

/// The nearest double (ties to even) of the whole text: `[+-] digits [. digits] [e [+-] digits]`,
/// a digit on at least one side of the point; also `inf`, `infinity`, `nan` in any case. Too large
/// gives an infinity, too small a zero, as IEEE 754 rounds. Errors: Malformed, with the offset of
/// the first byte that does not fit. Any length; the time is linear in it.
Result<double> parse_double(std::string_view text);
/// The nearest float, rounded once from the decimal text.
Result<float> parse_float(std::string_view text);

/// Whole numbers in base 10 with an optional sign (`-` for signed types only).
/// Errors: Malformed; OutOfRange where the value does not fit.
Result<std::int64_t> parse_int(std::string_view text);
Result<std::uint64_t> parse_uint(std::string_view text);

/// Writes the shortest text that reads back as the same double, nearest to it where several are as
/// short, and returns its end; no terminator. Holds a point or an exponent
/// (`1.0`, `-0.0`, `0.001`, `1e21`, `5e-324`), so that it reads back as a floating-point number;
/// `inf`, `-inf`, `nan` for those.
char* format_double(char* to, double value) noexcept;
/// The same for floats: the shortest text that parse_float() reads back.
char* format_float(char* to, float value) noexcept;
char* format_int(char* to, std::int64_t value) noexcept;
char* format_uint(char* to, std::uint64_t value) noexcept;

std::string to_string(double value);
std::string to_string(float value);

}  // namespace avila::text
