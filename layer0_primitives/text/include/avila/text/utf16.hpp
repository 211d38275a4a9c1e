// UTF-16: validation and transcoding from and to UTF-8.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::text {

/// No lone surrogate.
bool validate_utf16(std::u16string_view text) noexcept;
/// Units that a UTF-8 text becomes; bytes that a UTF-16 text becomes. For well-formed text.
std::size_t utf16_length(std::string_view utf8) noexcept;
std::size_t utf8_length(std::u16string_view utf16) noexcept;

/// Errc::Malformed with the byte (unit) offset of the first ill-formed part.
Result<std::u16string> utf8_to_utf16(std::string_view text);
Result<std::string> utf16_to_utf8(std::u16string_view text);
/// The same, with U+FFFD for each ill-formed part (each lone surrogate).
std::u16string utf8_to_utf16_lossy(std::string_view text);
std::string utf16_to_utf8_lossy(std::u16string_view text);

enum class ByteOrder : std::uint8_t { LittleEndian, BigEndian };
/// UTF-16 as bytes (files, protocols). Decoding obeys a byte order mark, and drops it; without one
/// the bytes are in `order`. An odd number of bytes is an error.
Result<std::string> utf16_bytes_to_utf8(ByteSpan bytes, ByteOrder order = ByteOrder::LittleEndian);
Result<std::string> utf8_to_utf16_bytes(std::string_view text, ByteOrder order,
                                        bool byte_order_mark = false);

}  // namespace avila::text
