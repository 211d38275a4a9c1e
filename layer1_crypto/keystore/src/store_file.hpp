// The one file of a store, "store.avk":
//   magic "AVLKEYS1", generation u64, store id 16,
//   seals: count u8, for each: kind u8, id 8, and by its kind
//     1 Shamir: threshold u8, shares u8
//     2 passphrase: memory KiB u32, passes u32, lanes u32, salt 16
//     3 provider: name blob, key label blob
//     then the sealed root key, a blob,
//   store key under the root key: nonce 24, 32 bytes, tag 16
//   body under the store key: nonce 24, a blob with its tag
//   SHA-256 of everything before.
// All by XChaCha20-Poly1305 (but what a provider does). AAD of the body is all before it; of the
// store key, the store id; of a root key, store id, kind, id and parameters. The SHA-256 is no
// secret's work: it tells a damaged file from a wrong key.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/kdf/argon2.hpp>
#include <string>
#include <variant>
#include <vector>

namespace avila::keystore {

inline constexpr std::size_t kMaxStoreBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxSeals = 8;
inline constexpr std::size_t kMaxSealedRoot = 8192;   // bytes; a provider's form may be long
inline constexpr std::size_t kMaxProviderName = 256;  // bytes, of name and of label
inline constexpr std::uint32_t kMaxSealMemoryKib = 4U << 20, kMaxSealPasses = 1000,
                               kMaxSealLanes = 64;  // what a stored seal may ask of Argon2

using StoreId = std::array<std::byte, 16>;
using SealId = std::array<std::byte, 8>;
using WideNonce = std::array<std::byte, 24>;

struct ShamirRecord {
  std::uint8_t threshold = 0, shares = 0;
};
struct PassphraseRecord {
  kdf::Argon2Parameters argon2;
  std::array<std::byte, 16> salt{};
};
struct ProviderRecord {
  std::string name, label;
};

struct SealRecord {
  SealId id{};  // for Shamir, that of the split
  std::variant<ShamirRecord, PassphraseRecord, ProviderRecord> how;
  std::vector<std::byte> sealed_root;

  /// What the sealed root key is bound to.
  std::vector<std::byte> aad(const StoreId& store) const;
};

struct StoreFile {
  std::uint64_t generation = 0;
  StoreId id{};
  std::vector<SealRecord> seals;
  WideNonce key_nonce{};
  std::array<std::byte, 48> sealed_key{};
  WideNonce body_nonce{};
  std::vector<std::byte> sealed_body;

  /// AAD of the body.
  std::vector<std::byte> header() const;
  std::vector<std::byte> encode() const;
  /// Errors: Corrupted (the checksum), Malformed, LimitExceeded, Unsupported (another version).
  static Result<StoreFile> decode(ByteSpan bytes);
};

}  // namespace avila::keystore
