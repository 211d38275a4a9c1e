// SHA-3 and SHAKE over several pieces, with states that are wiped: they saw secrets.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <initializer_list>

namespace avila::post_quantum::detail {

using Parts = std::initializer_list<ByteSpan>;

void shake256(Parts parts, MutableByteSpan out) noexcept;
std::array<std::byte, 32> sha3_256(Parts parts) noexcept;
std::array<std::byte, 64> sha3_512(Parts parts) noexcept;

}  // namespace avila::post_quantum::detail
