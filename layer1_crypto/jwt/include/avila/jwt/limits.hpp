// What this library takes from outside at most.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::jwt {

inline constexpr std::size_t kTokenSizeMax = std::size_t{1}
                                             << 20;  ///< bytes of text, compact, JSON
inline constexpr std::size_t kHeaderSizeMax = std::size_t{1} << 14;  ///< bytes of a header's JSON
inline constexpr std::size_t kClaimsSizeMax = std::size_t{1} << 18;  ///< bytes of a claims set
inline constexpr std::size_t kJsonDepthMax = 16;   ///< objects and arrays open at once
inline constexpr std::size_t kSignaturesMax = 16;  ///< of one JWS in JSON
inline constexpr std::size_t kRecipientsMax = 16;  ///< of one JWE in JSON
inline constexpr std::size_t kCriticalMax = 16;    ///< names in "crit"
inline constexpr std::size_t kKeySetSizeMax = std::size_t{1} << 19;  ///< bytes of a JWKS
inline constexpr std::size_t kKeySetKeysMax = 128;                   ///< keys of a JWKS
/// Keys tried on one signature where the token does not name its key.
inline constexpr std::size_t kKeyTriesMax = 8;
inline constexpr std::size_t kRsaBitsMin = 2048;  ///< RFC 7518 sections 3.3, 3.5, 4.3
/// Iterations of PBKDF2 that a JWE may ask for, unless the call says otherwise.
inline constexpr std::uint32_t kPbes2CountMax = 1'000'000;
inline constexpr std::uint32_t kPbes2CountMin = 1000;  ///< RFC 7518 section 4.8.1.2
inline constexpr std::size_t kPbes2SaltMin = 8;        ///< bytes, section 4.8.1.1
inline constexpr std::int64_t kLeewaySecondsMax = 600;

}  // namespace avila::jwt
