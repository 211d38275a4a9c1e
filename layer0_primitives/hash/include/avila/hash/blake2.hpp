// BLAKE2b and BLAKE2s of RFC 7693, with the salt and personalisation of the BLAKE2 paper (2013).
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

struct Blake2Options {
  std::size_t size = 0;    ///< bytes of output, 1 … kSize; 0 stands for kSize
  ByteSpan key = {};       ///< up to kKeySizeMax bytes; empty: not keyed
  ByteSpan salt = {};      ///< empty, or kSaltSize bytes
  ByteSpan personal = {};  ///< empty, or kSaltSize bytes: what this hash is for
};

/// Incremental: Word is uint64_t (BLAKE2b) or uint32_t (BLAKE2s). After finish() the object is as
/// new, under the same options. Up to 2^64 - 129 bytes. A keyed state is wiped on destruction.
/// Sizes outside of the ranges above are asserted. Tree hashing is not offered: BLAKE3 has it.
template <class Word>
class BasicBlake2 {
 public:
  static constexpr std::size_t kSize = 8 * sizeof(Word);
  static constexpr std::size_t kBlockSize = 16 * sizeof(Word);
  static constexpr std::size_t kKeySizeMax = kSize;
  static constexpr std::size_t kSaltSize = 2 * sizeof(Word);
  using Digest = std::array<std::byte, kSize>;

  BasicBlake2() noexcept;
  explicit BasicBlake2(const Blake2Options& options) noexcept;
  BasicBlake2(const BasicBlake2&) noexcept = default;
  BasicBlake2& operator=(const BasicBlake2&) noexcept = default;
  ~BasicBlake2() {
    if (keyed_) forget();
  }

  void reset() noexcept;
  void update(ByteSpan bytes) noexcept;
  std::size_t size() const noexcept { return size_; }
  /// Writes size() bytes to the start of `out`, which holds as many (asserted).
  void finish_into(MutableByteSpan out) noexcept;
  /// For states of the full size (asserted).
  Digest finish() noexcept;

 private:
  using Words = std::array<Word, 8>;
  void forget() noexcept;
  Words state_;
  Words start_;                               // what reset() goes back to
  std::array<std::byte, kBlockSize> buffer_;  // the last block is kept until more follows
  std::uint64_t compressed_ = 0;              // bytes
  std::uint8_t buffered_ = 0;
  std::uint8_t size_;
  bool keyed_ = false;
  std::array<std::byte, kKeySizeMax> key_;  // only when keyed
};
extern template class BasicBlake2<std::uint64_t>;
extern template class BasicBlake2<std::uint32_t>;
using Blake2b = BasicBlake2<std::uint64_t>;
using Blake2s = BasicBlake2<std::uint32_t>;

Blake2b::Digest blake2b(ByteSpan bytes) noexcept;
Blake2s::Digest blake2s(ByteSpan bytes) noexcept;

}  // namespace avila::hash
