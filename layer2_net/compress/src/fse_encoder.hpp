// Finite state entropy for the encoder: distributions, their description, tables.
#pragma once
#include "bit_writer.hpp"
#include "fse.hpp"

namespace avila::compress::detail {

/// Scales counts to 2^log; `out` then describes all symbols that occur. `total` is their sum, two
/// or more symbols occur, and 2^log exceeds their number.
void normalize_counts(std::span<const std::uint32_t> counts, std::uint64_t total, unsigned log,
                      FseDistribution& out);
/// A log that suits `total` symbols, of which the last is `last`, between 5 and `most`.
unsigned suitable_fse_log(std::uint64_t total, unsigned last, unsigned most);

/// Writes 4.1.1: whole bytes, at most 512.
void write_fse_distribution(const FseDistribution& distribution, std::vector<std::byte>& out);

/// What it costs to encode `counts` by `distribution`, in 1/256 bits; ~0 when a symbol is missing.
std::uint64_t fse_cost(std::span<const std::uint32_t> counts, const FseDistribution& distribution);

class FseEncoder {
 public:
  /// Of one symbol only: no bits.
  constexpr FseEncoder() = default;
  void build(const FseDistribution& distribution);
  /// The state that begins (at the stream's end) with `symbol`.
  std::uint32_t begin(unsigned symbol) const noexcept {
    const Symbol& s = symbols_[symbol];
    const std::uint32_t bits = (s.bits + (1U << 15)) >> 16;
    return states_[(((bits << 16) - s.bits) >> bits) + static_cast<std::uint32_t>(s.find)];
  }
  void encode(BitWriter& writer, std::uint32_t& state, unsigned symbol) const noexcept {
    const Symbol& s = symbols_[symbol];
    const std::uint32_t bits = (state + s.bits) >> 16;
    writer.put(state & ((1U << bits) - 1), bits);
    state = states_[(state >> bits) + static_cast<std::uint32_t>(s.find)];
  }
  void finish(BitWriter& writer, std::uint32_t state) const noexcept {
    writer.put(state & ((1U << log_) - 1), log_);
  }

 private:
  struct Symbol {
    std::uint32_t bits = 0;  // (bits << 16) less the state from which one more is written
    std::int32_t find = 0;
  };
  std::uint16_t states_[1U << kMaxFseLog] = {};
  Symbol symbols_[64] = {};
  unsigned log_ = 0;
};

}  // namespace avila::compress::detail
