// Finite state entropy, 4.1: its description in a stream, and its decoding table.
#pragma once
#include <algorithm>
#include <array>
#include <avila/error/span.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/simd/target.hpp>
#include <bit>
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
/// The order in which 2^log states are given to symbols (4.1.1): symbol of each state.
void spread_fse_symbols(std::span<const std::int16_t> counts, unsigned log, std::uint8_t* symbols);

/// Calls put(i, state) for each of the 2^log states.
template <class Put>
void for_each_fse_state(std::span<const std::int16_t> counts, unsigned log, Put put) {
  std::array<std::uint8_t, 1U << kMaxFseLog> symbols;
  spread_fse_symbols(counts, log, symbols.data());
  std::array<std::uint16_t, kMaxFseSymbols> next;
  for (std::size_t s = 0; s < counts.size(); ++s)
    next[s] = static_cast<std::uint16_t>(counts[s] == -1 ? 1 : counts[s]);
  const std::uint32_t size = 1U << log;
  for (std::uint32_t i = 0; i < size; ++i) {
    const std::uint32_t state = next[symbols[i]]++;
    const unsigned bits = log + 1 - static_cast<unsigned>(std::bit_width(state));
    put(i, FseState{static_cast<std::uint16_t>((state << bits) - size), symbols[i],
                    static_cast<std::uint8_t>(bits)});
  }
}

/// Bits from the end of a stream to its start (4.1). Where it is over, bits of no meaning follow.
class BackwardBits {
 public:
  /// False unless the last byte marks the end. `room` holds what is shorter than a word; it lies
  /// elsewhere so that all of this one stays in registers.
  bool open(ByteSpan in, std::byte (&room)[8]) noexcept {
    if (in.empty() || in.back() == std::byte{0}) return false;
    padding_ = 0;
    if (in.size() >= 8) {
      start_ = in.data();
      at_ = in.data() + in.size() - 8;
    } else {
      padding_ = static_cast<std::ptrdiff_t>(8 * (8 - in.size()));
      std::fill(room, room + 8, std::byte{0});
      std::copy(in.begin(), in.end(), room + 8 - in.size());
      start_ = at_ = room;
    }
    bits_ = load_le64(at_);
    count_ = 63 - std::countl_zero(static_cast<std::uint8_t>(in.back()));
    return true;
  }
  /// Goes on in a stream that starts at `start`, with the low `count` bits of the word at `at`.
  void resume(const std::byte* start, const std::byte* at, unsigned count) noexcept {
    start_ = start, at_ = at, padding_ = 0;
    bits_ = load_le64(at_);
    count_ = static_cast<std::ptrdiff_t>(count);
  }
  /// 57 bits and more, unless the start is near.
  AVILA_ALWAYS_INLINE void refill() noexcept {
    const std::ptrdiff_t back = (64 - count_) >> 3;
    if (at_ - start_ >= back) [[likely]] {
      at_ -= back;
      count_ += 8 * back;
    } else {
      count_ += 8 * (at_ - start_);
      at_ = start_;
    }
    bits_ = load_le64(at_);
  }
  /// At most 57 bits between two refills.
  AVILA_ALWAYS_INLINE std::uint64_t take(unsigned n) noexcept {
    count_ -= static_cast<std::ptrdiff_t>(n);
    return bits_ >> (count_ & 63) & ((std::uint64_t{1} << n) - 1);
  }
  /// The next bits, with zeros where the stream is over.
  std::uint64_t peek(unsigned n) const noexcept { return bits_ << (-count_ & 63) >> (64 - n); }
  void skip(unsigned n) noexcept { count_ -= static_cast<std::ptrdiff_t>(n); }
  /// Negative when more was taken than there was.
  std::ptrdiff_t left() const noexcept { return (at_ - start_) * 8 + count_ - padding_; }

 private:
  const std::byte* start_;
  const std::byte* at_;
  std::uint64_t bits_;  // those from count_ on are done
  std::ptrdiff_t count_;
  std::ptrdiff_t padding_;
};

}  // namespace avila::compress::detail
