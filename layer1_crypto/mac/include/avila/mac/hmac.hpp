// HMAC (RFC 2104, FIPS 198-1) and KMAC (SP 800-185) of avila::hash by the names of this library,
// and the comparison of tags. HMAC takes any hash of that library: Hmac<hash::Blake2b>, …
#pragma once
#include <avila/hash/hmac.hpp>
#include <avila/hash/kmac.hpp>
#include <avila/hash/secret.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/hash/sha512.hpp>

namespace avila::mac {

using hash::Hmac;
using HmacSha256 = Hmac<hash::Sha256>;
using HmacSha384 = Hmac<hash::Sha384>;
using HmacSha512 = Hmac<hash::Sha512>;
using HmacSha3_256 = Hmac<hash::Sha3_256>;
using hash::Kmac128;
using hash::Kmac256;

/// The only way in which tags are to be compared. CT: time depends on the sizes only.
using hash::equal_tags;

}  // namespace avila::mac
