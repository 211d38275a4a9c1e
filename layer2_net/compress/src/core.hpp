// How a format's own code is written: a core that goes on where it stopped, whatever the pieces.
// stream_decoder.cpp and stream_encoder.cpp make Decoder, Encoder and whole-content calls of it.
#pragma once
#include <avila/compress/codec.hpp>
#include <cstring>

namespace avila::compress::detail {

/// Where a decoder writes, and what of before it a match may reach: one piece of memory.
struct Output {
  std::byte* low;  // the first byte in reach
  std::byte* at;
  std::byte* end;
};

enum class Stop : std::uint8_t {
  NeedInput,   // the next step needs more than what is left of the input
  NeedOutput,  // no step fits what is left of the output
  Finished,    // the end of a stream; what follows is the next one's
};

class DecoderCore {
 public:
  DecoderCore() = default;
  DecoderCore(const DecoderCore&) = delete;
  DecoderCore& operator=(const DecoderCore&) = delete;
  virtual ~DecoderCore() = default;

  /// Decodes from [in, end) into `out`, in steps that are taken whole or not at all; moves `in` and
  /// `out.at` on. Offsets of errors count from the `in` given.
  virtual Result<Stop> run(const std::byte*& in, const std::byte* end, Output& out) = 0;
  /// True where the input may end.
  virtual bool at_boundary() const noexcept = 0;
  /// Whether another stream may follow the one that Finished.
  virtual bool takes_more() const noexcept = 0;

  /// Bytes that must stay in reach, and the room that any step fits. Asked before each run.
  struct Needs {
    std::size_t history, room;
  };
  virtual Needs needs() const noexcept = 0;
};

inline Error damaged(std::string_view what, std::uint64_t offset) {
  return Error(StreamError::Damaged, what, {.offset = offset});
}
inline Error truncated(std::uint64_t offset) {
  return Error(StreamError::Truncated, "the compressed data end too early", {.offset = offset});
}

std::unique_ptr<Decoder> stream_decoder(std::unique_ptr<DecoderCore> core,
                                        const DecoderOptions& options);
Result<std::vector<std::byte>> decode_all(DecoderCore& core, ByteSpan in,
                                          const DecoderOptions& options);
Result<std::size_t> decode_into(DecoderCore& core, ByteSpan in, MutableByteSpan out,
                                std::uint64_t max_output);

/// A piece to be encoded with what came before it in memory. Positions are counted from `base`.
struct Piece {
  const std::byte* base;  // address of position 0; need not be readable
  std::uint32_t low;      // first position a match may reach
  std::uint32_t start;    // first position of the piece
  std::uint32_t end;
  ByteSpan content() const noexcept { return {base + start, end - start}; }
};
using Sink = std::vector<std::byte>;

class EncoderCore {
 public:
  EncoderCore() = default;
  EncoderCore(const EncoderCore&) = delete;
  EncoderCore& operator=(const EncoderCore&) = delete;
  virtual ~EncoderCore() = default;

  /// Bytes of history that are kept, and how many are gathered before they are encoded.
  struct Shape {
    std::size_t history, piece;
  };
  virtual Shape shape() const noexcept = 0;
  /// What of a dictionary matches may reach.
  virtual ByteSpan history_of(ByteSpan dictionary) const { return dictionary; }
  /// What the stream begins with.
  virtual void begin(Sink& out) = 0;
  /// Positions [piece.low, piece.start) hold a dictionary that was not given as a piece.
  virtual void prime(const Piece& dictionary) = 0;
  /// Encodes a piece; with `last` it is the end of the stream. Tables may hold positions of
  /// earlier pieces: those below piece.low are out of reach.
  virtual void encode(const Piece& piece, bool last, Sink& out) = 0;
  /// So that the reader can decode all pieces.
  virtual void flush(Sink& out) = 0;
  /// Positions begin anew: what the tables hold is void.
  virtual void forget() = 0;
};

/// Positions begin here, so that an empty table entry, 0, is out of the reach of any window.
inline constexpr std::uint32_t kFirstPosition = 1U << 28;
inline constexpr std::uint32_t kLastPosition = 0xF0000000U;  // then they begin anew

/// `size`: of the content, which the stream says already; another is an error.
std::unique_ptr<Encoder> stream_encoder(std::unique_ptr<EncoderCore> core, ByteSpan dictionary,
                                        std::optional<std::uint64_t> size = {});
/// `positions`: after so many they begin anew.
std::vector<std::byte> encode_all(EncoderCore& core, ByteSpan in, ByteSpan dictionary,
                                  std::uint32_t positions = kLastPosition - kFirstPosition);

inline void append(Sink& out, ByteSpan bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

}  // namespace avila::compress::detail
