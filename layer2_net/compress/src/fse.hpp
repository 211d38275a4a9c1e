// Finite state entropy, 4.1: its description in a stream, and its decoding table.
#pragma once
#include <avila/error/span.hpp>
#include <avila/primitives/endian.hpp>
#include <cstdint>
#include <optional>
#include <span>

namespace avila::compress::detail {

inline constexpr unsigned kMaxFseSymbols = 256, kMaxFseLog = 9;

/// Probabilities of the symbols in units of 2^-log; -1 is "less than one".
struct FseDistribution {
  std::int16_t counts[kMaxFseSymbols];
  unsigned symbols = 0;
  unsigned log = 0;
};

/// Reads 4.1.1 from the start of `in`; the bytes it took. Absent when damaged, or above the limits.
std::optional<std::size_t> read_fse_distribution(ByteSpan in, unsigned max_log,
                                                 unsigned max_symbols, FseDistribution& out);

struct FseState {
  std::uint16_t base;  // of the next state, to which `bits` bits are added
  std::uint8_t symbol;
  std::uint8_t bits;
};
/// Fills 2^log states.
void build_fse_table(std::span<const std::int16_t> counts, unsigned log, FseState* table);

/// The order in which 2^log states are given to symbols (4.1.1): symbol of each state.
void spread_fse_symbols(std::span<const std::int16_t> counts, unsigned log, std::uint8_t* symbols);

/// Bits from the end of a stream to its start (4.1). Where it is over, zeros follow.
class BackwardBits {
 public:
  /// False unless the last byte marks the end. `room` holds what is shorter than a word; it lies
  /// elsewhere so that all of this one stays in registers.
  bool open(ByteSpan in, std::byte (&room)[8]) noexcept {
    if (in.empty() || in.back() == std::byte{0}) return false;
    if (in.size() >= 8) {
      start_ = in.data();
      padding_ = 0;
      at_ = in.data() + in.size() - 8;
    } else {
      padding_ = static_cast<unsigned>(8 * (8 - in.size()));
      for (std::size_t i = 0; i < 8; ++i) room[i] = std::byte{0};
      for (std::size_t i = 0; i < in.size(); ++i) room[8 - in.size() + i] = in[i];
      start_ = at_ = room;
    }
    bits_ = load_le64(at_);
    taken_ = static_cast<unsigned>(std::countl_zero(static_cast<std::uint8_t>(in.back()))) + 1;
    return true;
  }
  /// 57 bits and more, unless the start is near.
  void refill() noexcept {
    const auto back = static_cast<std::ptrdiff_t>(taken_ >> 3);
    if (at_ - start_ >= back) [[likely]] {
      at_ -= back;
      taken_ &= 7;
    } else {
      taken_ -= static_cast<unsigned>(8 * (at_ - start_));
      at_ = start_;
    }
    bits_ = load_le64(at_);
  }
  /// At most 57 bits between two refills.
  std::uint64_t take(unsigned n) noexcept {
    const std::uint64_t value = bits_ << (taken_ & 63) >> 1 >> (63 - n);
    taken_ += n;
    return value;
  }
  /// Negative when more was taken than there was.
  std::ptrdiff_t left() const noexcept {
    return (at_ - start_) * 8 + 64 - static_cast<std::ptrdiff_t>(taken_ + padding_);
  }

 private:
  const std::byte* start_;
  const std::byte* at_;
  std::uint64_t bits_;
  unsigned taken_;
  unsigned padding_;
};

}  // namespace avila::compress::detail
