// Bytes as text: hexadecimal, base16, base32, base64 and base64url (RFC 4648), percent encoding
// (RFC 3986 section 2.1). Decoders are strict: they say at which byte of the input they stopped.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::text {

/// Lower-case digits; decoding takes both cases. base16 is the upper-case form of RFC 4648.
std::string hex_encode(ByteSpan bytes);
Result<std::string> hex_decode(std::string_view text);
std::string base16_encode(ByteSpan bytes);
Result<std::string> base16_decode(std::string_view text);

/// What a base32 or base64 decoder asks about '=' at the end.
enum class Padding : std::uint8_t { Required, Forbidden, Optional };

/// RFC 4648 section 4, with padding. Decoding refuses white space, stray bits and other alphabets.
std::string base64_encode(ByteSpan bytes);
Result<std::string> base64_decode(std::string_view text, Padding padding = Padding::Required);
/// RFC 4648 section 5; no padding unless asked for, as JOSE has it.
std::string base64url_encode(ByteSpan bytes, bool padded = false);
Result<std::string> base64url_decode(std::string_view text, Padding padding = Padding::Optional);
/// RFC 4648 section 6; decoding takes both cases.
std::string base32_encode(ByteSpan bytes);
Result<std::string> base32_decode(std::string_view text, Padding padding = Padding::Required);
/// RFC 4648 section 7 ("extended hex"), which keeps the order of the bytes.
std::string base32hex_encode(ByteSpan bytes);
Result<std::string> base32hex_decode(std::string_view text, Padding padding = Padding::Required);

inline std::string hex_encode(std::string_view text) { return hex_encode(as_bytes(text)); }
inline std::string base16_encode(std::string_view text) { return base16_encode(as_bytes(text)); }
inline std::string base64_encode(std::string_view text) { return base64_encode(as_bytes(text)); }
inline std::string base64url_encode(std::string_view text, bool padded = false) {
  return base64url_encode(as_bytes(text), padded);
}
inline std::string base32_encode(std::string_view text) { return base32_encode(as_bytes(text)); }
inline std::string base32hex_encode(std::string_view text) {
  return base32hex_encode(as_bytes(text));
}

/// Sizes without encoding.
constexpr std::size_t base64_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }
constexpr std::size_t base32_size(std::size_t bytes) noexcept { return (bytes + 4) / 5 * 8; }

/// What percent encoding leaves as it is; letters, digits and "-._~" always are.
enum class PercentSet : std::uint8_t {
  Unreserved,  ///< nothing more: RFC 3986 section 2.3, fit for any component; AWS's rule too
  Path,        ///< the sub-delims, ':', '@' and '/': a path with its slashes
  Query,       ///< Path and '?'
  Form,        ///< application/x-www-form-urlencoded: "*-._" stay, a space is '+'
};
std::string percent_encode(std::string_view text, PercentSet keep = PercentSet::Unreserved);
/// "%41" -> "A". A '%' without two hexadecimal digits is an error. `plus_is_space` for forms.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

}  // namespace avila::text
