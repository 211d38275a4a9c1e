// STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its
// Nonce-Reuse Misuse-Resistance", 2015): a long text as segments, each checked before it is
// released. Segments that are dropped, repeated, exchanged or cut off at the end do not open.
#pragma once
#include <avila/aead/seal.hpp>

namespace avila::aead {

/// The nonce of segment i: a prefix that is new for each stream, i in 4 bytes, big-endian, and a
/// byte that is 1 for the last segment.
template <class Key>
class StreamNonce {
 public:
  static constexpr std::size_t kPrefixSize = Key::kNonceSize - 5;
  /// Segments of one stream.
  static constexpr std::uint64_t kMaxSegments = std::uint64_t{1} << 32;

  explicit StreamNonce(std::span<const std::byte, kPrefixSize> prefix) noexcept {
    for (std::size_t i = 0; i < kPrefixSize; ++i) bytes_[i] = prefix[i];
  }
  /// Errors: Closed (after the last one, or stop()), LimitExceeded (kMaxSegments).
  Result<typename Key::NonceType> next(bool last) {
    if (done_) return Error(Errc::Closed, "the stream has had its last segment, or failed");
    if (segment_ == kMaxSegments)
      return Error(Errc::LimitExceeded, "a stream has 2^32 segments at most");
    for (std::size_t i = 0; i < 4; ++i)
      bytes_[kPrefixSize + i] = static_cast<std::byte>(segment_ >> (24 - 8 * i));
    bytes_[kPrefixSize + 4] = static_cast<std::byte>(last);
    ++segment_;
    done_ = last;
    return typename Key::NonceType(bytes_);
  }
  void stop() noexcept { done_ = true; }
  bool done() const noexcept { return done_; }

 private:
  std::array<std::byte, Key::kNonceSize> bytes_{};
  std::uint64_t segment_ = 0;
  bool done_ = false;
};

/// The key outlives it.
template <class Key>
class StreamSealer {
 public:
  using Prefix = std::span<const std::byte, StreamNonce<Key>::kPrefixSize>;
  StreamSealer(const Key& key, Prefix prefix) noexcept : key_(key), nonce_(prefix) {}

  /// One segment of any size to `out`, kTagSize longer. Every stream ends with a segment that is
  /// `last`, though it be empty. Errors: Closed, LimitExceeded.
  Result<void> seal(ByteSpan aad, ByteSpan text, MutableByteSpan out, bool last) {
    AVILA_TRY(const auto nonce, nonce_.next(last));
    return aead::seal(key_, nonce, aad, text, out);
  }

 private:
  const Key& key_;
  StreamNonce<Key> nonce_;
};

/// The key outlives it. The text is whole only when finished() says so: without it, somebody may
/// have cut the end off.
template <class Key>
class StreamOpener {
 public:
  using Prefix = std::span<const std::byte, StreamNonce<Key>::kPrefixSize>;
  StreamOpener(const Key& key, Prefix prefix) noexcept : key_(key), nonce_(prefix) {}

  /// The next segment; `last` as its sender had it. Errors: as aead::open(), after which the stream
  /// is closed; Closed; LimitExceeded.
  Result<void> open(ByteSpan aad, ByteSpan sealed, MutableByteSpan out, bool last) {
    AVILA_TRY(const auto nonce, nonce_.next(last));
    auto opened = aead::open(key_, nonce, aad, sealed, out);
    if (!opened.has_value())
      nonce_.stop();
    else
      finished_ = last;
    return opened;
  }
  bool finished() const noexcept { return finished_; }

 private:
  const Key& key_;
  StreamNonce<Key> nonce_;
  bool finished_ = false;
};

}  // namespace avila::aead
