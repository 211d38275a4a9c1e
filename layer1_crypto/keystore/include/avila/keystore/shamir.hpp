// Shamir's secret sharing over GF(2^8) (A. Shamir, "How to Share a Secret", 1979): any `threshold`
// of the shares give the secret, fewer say nothing about it.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/primitives/secret.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

namespace avila::os {
class Entropy;
}

namespace avila::keystore {

inline constexpr std::size_t kMaxSharedSecret = 1024;  ///< bytes
inline constexpr std::size_t kMaxShares = 255;         ///< the field has as many points but zero

/// Which split a share came from: drawn at random for each.
using SplitId = std::array<std::byte, 8>;

/// One share. Move-only, wiped by its destructor, not printable; encode() and to_text() are for the
/// one who keeps it.
class Share {
 public:
  /// What encode() gave. Errors: Malformed (also for a checksum that does not fit: a typing error).
  static Result<Share> decode(ByteSpan bytes);
  /// What to_text() gave, in any case; white space around it is passed over. Errors: Malformed.
  static Result<Share> from_text(std::string_view text);

  SecretBytes encode() const;
  /// "avlshare1" and base32 in lower case: text without zeros and ones, to be typed and read out.
  SecretBytes to_text() const;

  const SplitId& split_id() const noexcept { return split_id_; }
  unsigned index() const noexcept { return index_; }          ///< 1 to 255
  unsigned threshold() const noexcept { return threshold_; }  ///< as many are needed
  /// Bytes of the secret.
  std::size_t secret_size() const noexcept;

 private:
  friend Result<std::vector<Share>> split(ByteSpan, unsigned, unsigned, os::Entropy&);
  friend Result<SecretBytes> combine(std::span<const Share* const>);
  Share() = default;
  SplitId split_id_{};
  std::uint8_t threshold_ = 0, index_ = 0;
  SecretBytes value_;
};

/// `count` shares of which any `threshold` give the secret back. CT but for sizes.
/// Errors: InvalidArgument (an empty secret, a threshold of 0, of 1 with several shares, or above
/// the count), LimitExceeded (kMaxSharedSecret, kMaxShares), those of the entropy.
Result<std::vector<Share>> split(ByteSpan secret, unsigned threshold, unsigned count,
                                 os::Entropy& entropy);

/// The secret, of at least as many shares as were needed. A digest inside of the secret shows that
/// it is the one that was split. CT but for sizes and the verdict.
/// Errors: InvalidArgument (too few, one twice, shares of different splits), Unauthenticated (one
/// was changed, in spite of its checksum).
Result<SecretBytes> combine(std::span<const Share* const> shares);
Result<SecretBytes> combine(std::span<const Share> shares);

}  // namespace avila::keystore
