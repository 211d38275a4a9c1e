// The function X25519 of RFC 7748 section 5, on u-coordinates of Curve25519.
#pragma once
#include <array>
#include <avila/error/span.hpp>

namespace avila::field {

using X25519Bytes = std::array<std::byte, 32>;
using X25519View = std::span<const std::byte, 32>;

/// Clears bits 0, 1, 2 and 255, sets bit 254: a secret key as X25519 and Ed25519 use it.
X25519Bytes clamp25519(X25519View key) noexcept;

/// X25519(scalar, u) into `out`; the scalar is clamped, bit 255 of u ignored. CT. False where the
/// result is all zeros (u is of small order): RFC 7748 section 6.1 lets a protocol refuse that.
[[nodiscard]] bool x25519(std::span<std::byte, 32> out, X25519View scalar, X25519View u) noexcept;

/// X25519(scalar, 9): the public key. CT. By the tables of Edwards25519, several times faster.
X25519Bytes x25519_base(X25519View scalar) noexcept;

}  // namespace avila::field
