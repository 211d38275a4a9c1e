// Object identifiers of keys and their algorithms.
#pragma once
#include <avila/asn1/oid.hpp>
#include <avila/crypto/digest.hpp>

namespace avila::crypto::detail {

namespace oids {
using asn1::Oid;
inline constexpr Oid kRsaEncryption{"1.2.840.113549.1.1.1"};  // RFC 8017 appendix C
inline constexpr Oid kRsassaPss{"1.2.840.113549.1.1.10"};
inline constexpr Oid kEcPublicKey{"1.2.840.10045.2.1"};  // RFC 5480
inline constexpr Oid kP256{"1.2.840.10045.3.1.7"};
inline constexpr Oid kP384{"1.3.132.0.34"};
inline constexpr Oid kP521{"1.3.132.0.35"};
inline constexpr Oid kSecp256k1{"1.3.132.0.10"};  // SEC 2
inline constexpr Oid kX25519{"1.3.101.110"};      // RFC 8410
inline constexpr Oid kEd25519{"1.3.101.112"};
inline constexpr Oid kPbes2{"1.2.840.113549.1.5.13"};  // RFC 8018 appendix C
inline constexpr Oid kPbkdf2{"1.2.840.113549.1.5.12"};
inline constexpr Oid kScrypt{"1.3.6.1.4.1.11591.4.11"};  // RFC 7914 section 7
inline constexpr Oid kHmacSha1{"1.2.840.113549.2.7"};
inline constexpr Oid kHmacSha224{"1.2.840.113549.2.8"};
inline constexpr Oid kHmacSha256{"1.2.840.113549.2.9"};
inline constexpr Oid kHmacSha384{"1.2.840.113549.2.10"};
inline constexpr Oid kHmacSha512{"1.2.840.113549.2.11"};
inline constexpr Oid kAes128Cbc{"2.16.840.1.101.3.4.1.2"};
inline constexpr Oid kAes192Cbc{"2.16.840.1.101.3.4.1.22"};
inline constexpr Oid kAes256Cbc{"2.16.840.1.101.3.4.1.42"};
inline constexpr Oid kAes128Gcm{"2.16.840.1.101.3.4.1.6"};
inline constexpr Oid kAes192Gcm{"2.16.840.1.101.3.4.1.26"};
inline constexpr Oid kAes256Gcm{"2.16.840.1.101.3.4.1.46"};
/// In the order of KeyType from MlKem512 on: RFC 9935, RFC 9881, RFC 9909.
inline constexpr Oid kPostQuantum[] = {
    {"2.16.840.1.101.3.4.4.1"},  {"2.16.840.1.101.3.4.4.2"},  {"2.16.840.1.101.3.4.4.3"},
    {"2.16.840.1.101.3.4.3.17"}, {"2.16.840.1.101.3.4.3.18"}, {"2.16.840.1.101.3.4.3.19"},
    {"2.16.840.1.101.3.4.3.20"}, {"2.16.840.1.101.3.4.3.21"}, {"2.16.840.1.101.3.4.3.22"},
    {"2.16.840.1.101.3.4.3.23"}, {"2.16.840.1.101.3.4.3.24"}, {"2.16.840.1.101.3.4.3.25"},
    {"2.16.840.1.101.3.4.3.26"}, {"2.16.840.1.101.3.4.3.27"}, {"2.16.840.1.101.3.4.3.28"},
    {"2.16.840.1.101.3.4.3.29"}, {"2.16.840.1.101.3.4.3.30"}, {"2.16.840.1.101.3.4.3.31"},
};
}  // namespace oids

/// Of the function alone, as PKCS#1 v1.5 names it.
constexpr asn1::Oid digest_oid(DigestAlgorithm algorithm) noexcept {
  constexpr asn1::Oid kOids[] = {
      {"1.3.14.3.2.26"},           {"2.16.840.1.101.3.4.2.4"}, {"2.16.840.1.101.3.4.2.1"},
      {"2.16.840.1.101.3.4.2.2"},  {"2.16.840.1.101.3.4.2.3"}, {"2.16.840.1.101.3.4.2.5"},
      {"2.16.840.1.101.3.4.2.6"},  {"2.16.840.1.101.3.4.2.8"}, {"2.16.840.1.101.3.4.2.9"},
      {"2.16.840.1.101.3.4.2.10"},
  };
  return kOids[static_cast<std::size_t>(algorithm)];
}

}  // namespace avila::crypto::detail
