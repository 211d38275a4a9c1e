// BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn 2020): a cryptographic hash over a binary tree
// of 1 KiB chunks, with a keyed mode, key derivation, and output of any length.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

/// Incremental BLAKE3. finish() and friends leave the state alone: more may follow. About 2 KiB.
/// States that hold a key or key material are wiped on destruction.
class Blake3 {
 public:
  static constexpr std::size_t kSize = 32;
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kBlockSize = 64;
  using Digest = std::array<std::byte, kSize>;

  Blake3() noexcept;
  /// A MAC: the key is secret and random.
  static Blake3 keyed(std::span<const std::byte, kKeySize> key) noexcept;
  /// Key derivation from the material given to update(). `context` is a hard-coded, globally unique
  /// sentence, never from outside.
  static Blake3 derive_key(std::string_view context) noexcept;
  Blake3(const Blake3&) noexcept = default;
  Blake3& operator=(const Blake3&) noexcept = default;
  ~Blake3() {
    if (flags_ != 0) forget();
  }

  void reset() noexcept;
  void update(ByteSpan bytes) noexcept;
  Digest finish() const noexcept;
  /// out.size() bytes of the endless output, from byte `offset` on; the first 32 are finish().
  void finish_into(MutableByteSpan out, std::uint64_t offset = 0) const noexcept;
  /// Whether `tag` is finish(). CT in the tag's bytes.
  bool verify(std::span<const std::byte, kSize> tag) const noexcept;

 private:
  using Words = std::array<std::uint32_t, 8>;
  struct Node;
  Blake3(const Words& key, std::uint8_t flags) noexcept;
  void forget() noexcept;
  void start_chunk() noexcept;
  void feed_chunk(ByteSpan bytes) noexcept;
  void push(const Words& chaining_value, std::uint64_t chunks_before) noexcept;
  void merge(std::uint64_t chunks) noexcept;
  Node chunk_node() const noexcept;
  Node root() const noexcept;

  static constexpr std::size_t kStackMax = 55;  // 2^64 bytes are 2^54 chunks, and one more
  Words key_;
  Words chunk_;                       // chaining value of the current chunk
  std::array<std::byte, 64> buffer_;  // its last block, kept until more follows
  std::uint64_t chunks_ = 0;          // whole chunks before it
  std::uint8_t buffered_ = 0;
  std::uint8_t blocks_ = 0;  // of the current chunk that are compressed
  std::uint8_t flags_;
  std::uint8_t stack_size_ = 0;
  std::array<Words, kStackMax> stack_;  // of finished subtrees, the largest first
};

Blake3::Digest blake3(ByteSpan bytes) noexcept;

}  // namespace avila::hash
