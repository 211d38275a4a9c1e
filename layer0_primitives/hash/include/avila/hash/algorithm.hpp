// Every function of the library by its name, for programs that are told at run time which to use.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

namespace detail {
struct HasherState;
}

/// What a function is good for.
enum class Purpose : std::uint8_t {
  Cryptographic,  ///< no known way to a collision or to a forged tag
  Broken,         ///< was cryptographic: collisions are made to order; for old formats only
  Fast,           ///< tables and caches; an adversary finds collisions
  Checksum,       ///< accidents only
};

enum class KeyUse : std::uint8_t { None, Optional, Needed };

/// One function. Its output is the bytes in the order in which tools print them: checksums and
/// xxHash with the highest byte first.
struct Algorithm {
  static constexpr std::size_t kAnySize = ~std::size_t{0};

  std::string_view name;  ///< "sha256", "blake3", "hmac-sha256", …
  Purpose purpose;
  std::size_t size;                ///< bytes of output that are usual
  std::size_t size_min, size_max;  ///< what HasherOptions::size may ask for; kAnySize: no limit
  KeyUse key_use;
  std::size_t key_min, key_max;  ///< bytes of a key that is given; kAnySize: no limit
  detail::HasherState* (*make)(ByteSpan key, std::size_t size);  ///< for Hasher
};

/// All of them: adler32 blake2b blake2s blake3 crc32 crc32c crc64nvme md5 sha1 sha224 sha256 sha384
/// sha512 sha512-224 sha512-256 sha3-224 … sha3-512 shake128 shake256 siphash siphash128 siphash13
/// xxh3 xxh128 xxh32 xxh64 kmac128 kmac256, and hmac- before md5 and each sha; sorted by name.
std::span<const Algorithm> algorithms() noexcept;
/// Null where there is none of that name.
const Algorithm* find_algorithm(std::string_view name) noexcept;

struct HasherOptions {
  ByteSpan key = {};
  std::size_t size = 0;  ///< bytes of output; 0: the algorithm's usual number
};

/// An incremental state of any algorithm. Copies go on from where the original is. Keyed states are
/// wiped on destruction. A moved-from Hasher may only be assigned to or destroyed.
class Hasher {
 public:
  /// Errors: NotFound (no such name), InvalidArgument (a key that is missing, not taken, or of the
  /// wrong size; a size that the algorithm does not have).
  static Result<Hasher> create(std::string_view name, const HasherOptions& options = {});
  Hasher(Hasher&& other) noexcept;
  Hasher(const Hasher& other);
  Hasher& operator=(Hasher other) noexcept;
  ~Hasher();

  const Algorithm& algorithm() const noexcept { return *algorithm_; }
  /// Bytes that finish() writes.
  std::size_t size() const noexcept { return size_; }
  void update(ByteSpan bytes) noexcept;
  /// Writes size() bytes to the start of `out`, which holds as many (asserted). Leaves the state
  /// alone: more may follow.
  void finish(MutableByteSpan out) const;

 private:
  Hasher(const Algorithm& algorithm, std::size_t size, detail::HasherState* state) noexcept;
  const Algorithm* algorithm_;
  std::size_t size_;
  detail::HasherState* state_;
};

}  // namespace avila::hash
