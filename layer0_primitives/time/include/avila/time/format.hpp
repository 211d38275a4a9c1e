// Texts of times: RFC 3339, HTTP-date, and patterns in the manner of strftime.
#pragma once
#include <avila/error/result.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::time {

/// Digits of the fraction: 0…9, or as few of 0, 3, 6, 9 as lose nothing.
constexpr int kShortestFraction = -1;
constexpr std::size_t kRfc3339BytesMax = 40;

/// "2026-11-21T01:38:11.5Z"; with an offset, "2026-11-20T22:38:11-03:00".
std::string format_rfc3339(WallTime time, int fraction_digits = kShortestFraction,
                           std::int32_t offset_seconds = 0);
/// The same into `to` (kRfc3339BytesMax bytes); returns the end.
char* format_rfc3339_to(char* to, WallTime time, int fraction_digits,
                        std::int32_t offset_seconds = 0) noexcept;

/// RFC 3339 §5.6. 't', 'z' and a space for 'T' are read too; digits past the ninth of the fraction
/// are dropped; a leap second (23:59:60 UTC) is the second after. Malformed, with the offset of the
/// first wrong byte, or OutOfRange for years that WallTime cannot hold.
Result<WallTime> parse_rfc3339(std::string_view text);

/// IMF-fixdate of RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". Years 1677 to 2262.
std::string format_http_date(WallTime time);
/// The three forms a recipient must read: IMF-fixdate, RFC 850 ("Sunday, 06-Nov-94 08:49:37 GMT")
/// and asctime ("Sun Nov  6 08:49:37 1994"). Two-digit years that would lie more than 50 years
/// after `now` are of the century before.
Result<WallTime> parse_http_date(std::string_view text, WallTime now = {1'767'225'600'000'000'000});

}  // namespace avila::time
