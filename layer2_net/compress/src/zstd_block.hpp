// Writes Zstandard blocks: literals and sequences with the cheapest of the codes at hand.
#pragma once
#include <avila/simd/target.hpp>

#include "core.hpp"
#include "fse_encoder.hpp"
#include "zstd_dictionary.hpp"

namespace avila::compress::detail::zstd {

struct Sequence {
  std::uint32_t literals;
  std::uint32_t length;
  std::uint32_t offset_value;  // 1 to 3: a recent offset; else the offset + 3
};

/// Its codes, by SequenceKind.
std::array<std::uint8_t, 3> symbols_of(const Sequence& sequence) noexcept;

/// The last three offsets, 3.1.1.5.
struct RecentOffsets {
  std::array<std::uint32_t, 3> of = {1, 4, 8};

  /// The offset value of `distance` after `literals`, and the recent ones updated.
  AVILA_ALWAYS_INLINE std::uint32_t take(std::uint32_t distance, std::uint32_t literals) noexcept {
    if (literals != 0) {
      if (distance == of[0]) return 1;
      if (distance == of[1]) return of = {distance, of[0], of[2]}, 2;
      if (distance == of[2]) return of = {distance, of[0], of[1]}, 3;
    } else {
      if (distance == of[1]) return of = {distance, of[0], of[2]}, 1;
      if (distance == of[2]) return of = {distance, of[0], of[1]}, 2;
      if (distance == of[0] - 1) return of = {distance, of[0], of[1]}, 3;
    }
    of = {distance, of[0], of[1]};
    return distance + 3;
  }
};

/// A literal code that the reader has.
struct HuffmanCode {
  std::array<std::uint8_t, 256> lengths{};
  std::array<std::uint16_t, 256> codes{};
  bool ready = false;
};
struct SequenceCode {
  FseDistribution distribution;
  FseEncoder encoder;
  bool ready = false;
};

/// Assigns codes to the lengths, 4.2.1.3.
void number_codes(HuffmanCode& code);
/// 4.2.1; false when it cannot be described.
bool write_huffman_code(const HuffmanCode& code, Sink& out);

class BlockWriter {
 public:
  BlockWriter();
  void start_frame(const DictionaryParts& parts);
  /// One block of at most kMaxBlock bytes, `content` being what the sequences and the literals
  /// behind them spell. False: it was stored, and the reader's offsets are those before it.
  bool write(ByteSpan content, std::span<const Sequence> sequences, bool last, Sink& out);

 private:
  bool compressed(ByteSpan content, std::span<const Sequence> sequences, Sink& out);
  void write_literals(Sink& out);
  void write_sequences(std::span<const Sequence> sequences, Sink& out);
  TableMode choose(SequenceKind kind, std::span<const std::uint32_t> counts, std::size_t total,
                   Sink& out);

  std::unique_ptr<std::byte[]> literals_;
  std::size_t literal_count_ = 0;
  HuffmanCode huffman_, next_huffman_;
  bool new_huffman_ = false;
  SequenceCode codes_[3];               // by SequenceKind: for Repeat
  const FseEncoder* encoders_[3] = {};  // of this block
  std::vector<std::array<std::uint8_t, 3>> symbols_;
};

}  // namespace avila::compress::detail::zstd
