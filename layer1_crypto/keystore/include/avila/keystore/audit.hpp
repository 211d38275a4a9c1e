// The audit log: one JSON object a line, each with the SHA-256 of itself and of the one before, and
// from time to time a checkpoint signed by the store's Ed25519 key. Whoever has that public key
// can attest the log without the store.
//
//   {"seq":7,"time":"2026-11-21T14:00:00Z","op":"encrypt","actor":"billing","key":"orders",
//    "version":2,"outcome":"ok","context":"9f…","hash":"64 hex digits"}
//
// Files are audit-000001.log and on; each begins with an entry "segment" that has the hash before
// it ("previous"). hash = SHA-256(the hash before, as 32 bytes, and the line up to `,"hash"`).
// "context" is HMAC-SHA-256 under a key of the store, cut to 16 bytes: Keystore::audit_hash().
#pragma once
#include <array>
#include <avila/crypto/ed25519.hpp>
#include <avila/error/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avila::os {
class FileSystem;
}

namespace avila::keystore {

inline constexpr std::size_t kMaxAuditLine = 8192;                            ///< bytes
inline constexpr std::uint64_t kAuditSegmentBytes = std::uint64_t{16} << 20;  ///< then a new file
inline constexpr std::size_t kMaxActor = 256;                                 ///< bytes
inline constexpr std::size_t kMaxRequestId = 128;                             ///< bytes

/// What an attested log was found to be.
struct AuditReport {
  std::uint64_t first_sequence = 0, last_sequence = 0;
  std::uint64_t entries = 0, checkpoints = 0;
  /// The last entry that a signature covers: those after it stand by the chain alone.
  std::uint64_t attested_sequence = 0;
  std::uint64_t generation = 0;  ///< of the store, by the last entry that tells it
  std::array<std::byte, 32> head{};
};

/// Walks one log, piece by piece.
class AuditVerifier {
 public:
  explicit AuditVerifier(const crypto::Ed25519PublicKey& key) : key_(key) {}
  /// One line, without its end. Errors: Malformed, Corrupted (the chain is broken: an entry was
  /// changed, left out or put in), Unauthenticated (a checkpoint's signature).
  Result<void> line(std::string_view text);
  const AuditReport& report() const noexcept { return report_; }

 private:
  crypto::Ed25519PublicKey key_;
  AuditReport report_;
};

/// The whole log of a folder. Older files may have been put away: it then begins with a later one.
/// A log that was cut at its end is whole to whoever does not know how far it went:
/// compare `attested_sequence` with what was seen before. Errors: NotFound, Corrupted, Malformed,
/// Unauthenticated, those of the file system; each says in which file and line.
Result<AuditReport> verify_audit(os::FileSystem& files, const std::string& folder,
                                 const crypto::Ed25519PublicKey& key);

}  // namespace avila::keystore
