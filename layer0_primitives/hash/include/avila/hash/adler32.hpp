// Adler-32 of RFC 1950 (zlib): two sums modulo 65521. Weak for short inputs; for that format only.
#pragma once
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

/// `adler` is the value of what came before: 1 at the start.
std::uint32_t adler32(ByteSpan bytes, std::uint32_t adler = 1) noexcept;

}  // namespace avila::hash
