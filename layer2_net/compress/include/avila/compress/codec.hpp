// One face for all formats: a decoder or encoder that is fed pieces, and calls for whole contents.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace avila::compress {

enum class Format : std::uint8_t {
  Deflate,  ///< RFC 1951, raw
  Zlib,     ///< RFC 1950
  Gzip,     ///< RFC 1952, several members too
  Zstd,     ///< RFC 8878, several frames too
  Brotli,   ///< RFC 7932
  Lz4,      ///< LZ4 frames
  Snappy,   ///< the framing format of framing_format.txt
};
/// "deflate", "zlib", "gzip", "zstd", "brotli", "lz4", "snappy".
std::string_view to_string(Format format) noexcept;
std::optional<Format> parse_format(std::string_view name) noexcept;

/// What a decoder says beside Errc::LimitExceeded, Corrupted (a checksum) and Unsupported. Both are
/// Errc::Malformed.
AVILA_ERROR_ENUM(StreamError, Malformed, Damaged, Truncated)

/// What one step did. Call again with the rest of the input and more room.
struct Progress {
  std::size_t consumed = 0;
  std::size_t produced = 0;
  bool finished = false;  ///< the stream (frame, member) is complete, and all of it handed out
};

enum class Flush : std::uint8_t {
  No,      ///< gather whole blocks
  Block,   ///< end the block: the reader can decode all that was given
  Finish,  ///< end the stream
};

class Encoder {
 public:
  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  virtual ~Encoder() = default;
  /// Takes input, gives output. With Block or Finish, repeat until produced < out.size() (Block) or
  /// finished (Finish). InvalidArgument after the end.
  virtual Result<Progress> encode(ByteSpan in, MutableByteSpan out, Flush flush = Flush::No) = 0;
};

class Decoder {
 public:
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  virtual ~Decoder() = default;
  /// Takes input, gives output; stops at the end of a stream (`finished`). Gzip, Zstd, Lz4 and
  /// Snappy then go on with the next one when called with more; the others take no more (consumed
  /// stays 0). All is handed out when produced < out.size(). After an error it stays failed.
  virtual Result<Progress> decode(ByteSpan in, MutableByteSpan out) = 0;
  /// True where the input may end.
  virtual bool at_boundary() const noexcept = 0;
  /// StreamError::Truncated unless at_boundary(): for the end of the input.
  Result<void> end() const;
};

/// Levels that a format knows; 0 means its default.
struct LevelRange {
  int min, standard, max;
};
LevelRange levels(Format format) noexcept;

struct EncoderOptions {
  int level = 0;  ///< clamped to levels(format); 0: the format's standard level
  /// What the decoder has too: Deflate (raw, as history), Zlib (FDICT), Zstd, Lz4. Others: none may
  /// be given. Must outlive the construction only.
  ByteSpan dictionary = {};
  bool checksum = true;  ///< Zstd, Lz4: of the content
  /// Zstd, Lz4: written into the header; content of another size is an InvalidArgument. Zstd,
  /// Brotli: small contents get small tables.
  std::optional<std::uint64_t> content_size = {};
};
struct DecoderOptions {
  std::uint64_t max_output = std::uint64_t{1} << 30;  ///< bytes of content, all streams together
  std::size_t max_window = std::size_t{128} << 20;    ///< of Zstd frames, bytes
  ByteSpan dictionary = {};                           ///< as of EncoderOptions
};

/// InvalidArgument for a dictionary that the format does not take, Malformed for a damaged one.
Result<std::unique_ptr<Encoder>> make_encoder(Format format, const EncoderOptions& options = {});
Result<std::unique_ptr<Decoder>> make_decoder(Format format, const DecoderOptions& options = {});

/// A whole stream.
Result<std::vector<std::byte>> compress(Format format, ByteSpan in, EncoderOptions options = {});
/// All streams of `in`, which must end with the last of them.
Result<std::vector<std::byte>> decompress(Format format, ByteSpan in,
                                          const DecoderOptions& options = {});
/// The same into the caller's memory: the bytes written. LimitExceeded when they do not fit.
Result<std::size_t> decompress(Format format, ByteSpan in, MutableByteSpan out,
                               const DecoderOptions& options = {});

}  // namespace avila::compress
