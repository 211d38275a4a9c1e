// Stored passwords: hash at sign-up, verify at sign-in, hash again when the parameters grow.
#pragma once
#include <avila/error/result.hpp>
#include <avila/kdf/argon2.hpp>
#include <string>
#include <string_view>

namespace avila::kdf {

/// How new passwords are hashed: Argon2id with 64 MiB and 3 passes (RFC 9106 section 4, above
/// OWASP's minimum of 19 MiB and 2 passes), 16 bytes of salt.
struct PasswordParameters {
  Argon2Parameters argon2 = {};
  std::size_t salt_size = 16;  ///< bytes
  std::size_t hash_size = 32;  ///< bytes
};

// Bytes of salt and hash in a stored string (the ranges that the PHC format recommends).
inline constexpr std::size_t kPasswordSaltMin = 8, kPasswordSaltMax = 48;
inline constexpr std::size_t kPasswordHashMin = 12, kPasswordHashMax = 64;

/// What a string may ask of password_verify(): one from a hostile place is refused before any
/// memory is taken. A pass of scrypt is one of its p.
struct PasswordLimits {
  std::uint32_t memory_kib_max = 256 * 1024;
  std::uint64_t cost_max = 1024 * 1024;  ///< KiB of memory times passes: about half a second
  std::uint32_t lanes_max = 64;          ///< Argon2's p, scrypt's p
  std::uint32_t threads = 1;             ///< to compute Argon2's lanes with
};

/// The string to store, with a salt from random::secure_random(). Any bytes make a password, also
/// none. Errors: those of argon2(); InvalidArgument (sizes outside of the constants above, a
/// version other than V13).
Result<std::string> password_hash(std::string_view password,
                                  const PasswordParameters& parameters = {});

/// Success: `stored` was made of this password, by Argon2 (argon2id, argon2i, argon2d, of both
/// versions) or scrypt ("$scrypt$ln=17,r=8,p=1$…"). CT in the bytes of the hash.
/// Errors: Unauthenticated (another password); Malformed, Unsupported, InvalidArgument (no hash of
/// ours); LimitExceeded (limits); OutOfMemory.
Result<void> password_verify(std::string_view password, std::string_view stored,
                             const PasswordLimits& limits = {});

/// Whether password_hash() with `parameters` would make another kind of string: after a successful
/// verification, hash the password again. True also for what is no hash of ours.
bool password_needs_rehash(std::string_view stored, const PasswordParameters& parameters = {});

}  // namespace avila::kdf
