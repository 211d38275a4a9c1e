// LZ4 frames: the interoperable format of lz4_Frame_format.md (1.6.4), which `lz4` reads and
// writes.
#pragma once
#include <avila/compress/codec.hpp>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace avila::compress::lz4 {

enum class BlockSize : std::uint8_t { Kib64 = 4, Kib256 = 5, Mib1 = 6, Mib4 = 7 };
constexpr std::size_t bytes_of(BlockSize size) noexcept {
  return std::size_t{1} << (8 + 2 * static_cast<unsigned>(size));
}

struct FrameOptions {
  BlockSize block_size = BlockSize::Mib4;
  bool linked_blocks = true;  ///< matches may reach into the block before: smaller
  bool block_checksums = false;
  bool content_checksum = true;
  std::optional<std::uint64_t> content_size = {};  ///< written to the header, and then enforced
  int level = 1;  ///< 1 and 2 fast; below: acceleration 1 - level; 3 to 12 as compress_hc()
  /// Its last 64 KiB are used; decoding needs the same. Must outlive the encoder's construction.
  ByteSpan dictionary = {};
  std::optional<std::uint32_t> dictionary_id = {};
};

using compress::Flush;
using compress::Progress;

/// Makes one frame, step by step. Memory: two blocks and 64 KiB, 16 or 256 KiB of tables.
class FrameEncoder {
 public:
  explicit FrameEncoder(const FrameOptions& options = {});
  FrameEncoder(FrameEncoder&&) noexcept;
  FrameEncoder& operator=(FrameEncoder&&) noexcept;
  ~FrameEncoder();

  /// Takes input, gives output. With Block or Finish, repeat until produced < out.size() (Block) or
  /// finished (Finish). InvalidArgument when the content does not have the announced size.
  Result<Progress> encode(ByteSpan in, MutableByteSpan out, Flush flush = Flush::No);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

struct FrameLimits {
  std::uint64_t max_output = std::uint64_t{1} << 30;  ///< bytes of content, over all frames
  std::size_t max_block = std::size_t{4} << 20;       ///< refuse frames of larger blocks
};

/// Reads frames one after another, skipping skippable ones. Memory: two blocks and 64 KiB.
class FrameDecoder {
 public:
  explicit FrameDecoder(const FrameLimits& limits = {}, ByteSpan dictionary = {});
  FrameDecoder(FrameDecoder&&) noexcept;
  FrameDecoder& operator=(FrameDecoder&&) noexcept;
  ~FrameDecoder();

  /// Takes input, gives output; stops at the end of a frame (`finished`), and goes on with the next
  /// one when called with more. Errors: Malformed, Corrupted (a checksum), LimitExceeded,
  /// Unsupported (version, legacy format). After an error it stays failed.
  Result<Progress> decode(ByteSpan in, MutableByteSpan out);
  /// True between frames: the input may end here.
  bool at_boundary() const noexcept;
  /// Of the current or last frame, when it says.
  std::optional<std::uint64_t> content_size() const noexcept;
  std::optional<std::uint32_t> dictionary_id() const noexcept;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// A whole frame. content_size is filled in when absent.
Result<std::vector<std::byte>> compress_frame(ByteSpan in, FrameOptions options = {});
/// All frames of `in`. Malformed when it ends inside one.
Result<std::vector<std::byte>> decompress_frames(ByteSpan in, const FrameLimits& limits = {},
                                                 ByteSpan dictionary = {});
/// A skippable frame around `payload`; `variant` (0…15) is the low nibble of its magic number.
std::vector<std::byte> skippable_frame(ByteSpan payload, unsigned variant = 0);

}  // namespace avila::compress::lz4
