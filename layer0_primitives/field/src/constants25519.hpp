// Constants of RFC 8032 section 5.1 and RFC 9496 section 4.1.
#pragma once
#include <avila/field/modulus.hpp>

namespace avila::field::detail {

/// d = -121665/121666.
constexpr Limbs<4> kD = {0x75EB4DCA135978A3, 0x00700A4D4141D8AB, 0x8CC740797779E898,
                         0x52036CEE2B6FFE73};
constexpr Limbs<4> k2D = {0xEBD69B9426B2F159, 0x00E0149A8283B156, 0x198E80F2EEF3D130,
                          0x2406D9DC56DFFCE7};
constexpr Limbs<4> kSqrtM1 = {0xC4EE1B274A0EA0B0, 0x2F431806AD2FE478, 0x2B4D00993DFBD7A7,
                              0x2B8324804FC1DF0B};
// The base point, y = 4/5 and x even.
constexpr Limbs<4> kBaseX = {0xC9562D608F25D51A, 0x692CC7609525A7B2, 0xC0A4E231FDD6DC5C,
                             0x216936D3CD6E53FE};
constexpr Limbs<4> kBaseY = {0x6666666666666658, 0x6666666666666666, 0x6666666666666666,
                             0x6666666666666666};

}  // namespace avila::field::detail
