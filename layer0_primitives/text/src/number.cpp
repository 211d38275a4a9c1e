#include <avila/text/number.hpp>
#include <charconv>
#include <cmath>
#include <cstring>

namespace avila::text {
namespace {
template <class T>
Result<T> parse(std::string_view text) {
  std::string_view rest = text;
  if (!rest.empty() && rest[0] == '+') rest.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  const auto at = static_cast<std::uint64_t>(end - text.data());
  if (error == std::errc::result_out_of_range) {
    if constexpr (std::is_integral_v<T>) return Error(Errc::OutOfRange, "number does not fit");
    value = static_cast<T>(std::strtod(std::string(rest).c_str(), nullptr));
  } else if (error != std::errc() || end != text.data() + text.size()) {
    return Error(Errc::Malformed, "not a number", {.offset = at});
  }
  return value;
}
template <class T>
char* format(char* to, T value) noexcept {
  char* end = std::to_chars(to, to + kMaxNumberChars, value).ptr;
  if (std::isfinite(value) &&
      std::string_view(to, static_cast<std::size_t>(end - to)).find_first_of(".e") ==
          std::string_view::npos) {
    *end++ = '.';
    *end++ = '0';
  }
  return end;
}
}  // namespace
Result<double> parse_double(std::string_view text) { return parse<double>(text); }
Result<float> parse_float(std::string_view text) { return parse<float>(text); }
Result<std::int64_t> parse_int(std::string_view text) { return parse<std::int64_t>(text); }
Result<std::uint64_t> parse_uint(std::string_view text) { return parse<std::uint64_t>(text); }
char* format_double(char* to, double value) noexcept { return format(to, value); }
char* format_float(char* to, float value) noexcept { return format(to, value); }
char* format_int(char* to, std::int64_t value) noexcept {
  return std::to_chars(to, to + kMaxNumberChars, value).ptr;
}
char* format_uint(char* to, std::uint64_t value) noexcept {
  return std::to_chars(to, to + kMaxNumberChars, value).ptr;
}
std::string to_string(double value) {
  char buffer[kMaxNumberChars];
  return {buffer, format_double(buffer, value)};
}
std::string to_string(float value) {
  char buffer[kMaxNumberChars];
  return {buffer, format_float(buffer, value)};
}
}  // namespace avila::text
