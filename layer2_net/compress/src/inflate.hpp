// The DEFLATE decoder.
#pragma once
#include <array>

#include "bit_reader.hpp"
#include "core.hpp"
#include "deflate_format.hpp"

namespace avila::compress::detail {

/// How a code is looked up. An entry of the tables is
///   literal:        kLiteral | byte << 8                         | code length
///   length, distance: base << 16 | code length << 8              | code length + extra bits
///   end of block:   kSpecial | kEnd                              | code length
///   long code:      kSpecial | kLink | subtable << 16 | its bits << 8 | kLitlenBits
///   no such code:   kSpecial
struct InflateTables {
  static constexpr std::uint32_t kLiteral = 1U << 31, kSpecial = 1U << 15, kEnd = 1U << 14,
                                 kLink = 1U << 13;
  static constexpr unsigned kLitlenBits = 11, kDistanceBits = 9;
  // First table and, for each long code at worst, a place in a second-level table: the largest
  // that 288 symbols of 15 bits need beside 2^11 is 2342, and 32 symbols beside 2^9 need 594.
  std::array<std::uint32_t, 2400> litlen;
  std::array<std::uint32_t, 640> distance;
};

/// Decodes while both ends are far. True: the end of the block was reached. Else an end is near, or
/// what follows needs a closer look (a reach beyond out.low, no such code); the reader then stands
/// before a symbol.
bool inflate_fast(const InflateTables& tables, BitReader& reader, Output& out) noexcept;

class InflateCore final : public DecoderCore {
 public:
  /// Matches may reach `dictionary` (its last 32 KiB) before the output.
  explicit InflateCore(ByteSpan dictionary = {});

  Result<Stop> run(const std::byte*& in, const std::byte* end, Output& out) override;
  bool at_boundary() const noexcept override { return state_ == State::Done; }
  bool takes_more() const noexcept override { return false; }
  Needs needs() const noexcept override { return {kDeflateWindow, kDeflateMaxMatch}; }
  /// Ready for another stream, without history.
  void restart() noexcept;

 private:
  enum class State : std::uint8_t { Header, Stored, Codes, Done };
  enum class Step : std::uint8_t { Next, NeedInput, NeedOutput };

  Result<Step> read_header(BitReader& reader, const std::byte* start);
  Result<Step> read_dynamic(BitReader& reader, const std::byte* start);
  Result<Step> copy_codes(BitReader& reader, Output& out, const std::byte* start);

  State state_ = State::Header;
  bool last_ = false;
  std::uint8_t bit_count_ = 0;  // bits of the last byte read that are still to be used
  std::uint8_t bit_rest_ = 0;
  std::uint32_t stored_left_ = 0;
  std::vector<std::byte> dictionary_;
  std::uint64_t written_ = 0;  // of this stream
  InflateTables tables_;
  bool fixed_ = false;  // tables_ are those of the fixed codes
};

}  // namespace avila::compress::detail
