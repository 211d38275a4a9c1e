#include "fse.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "bit_reader.hpp"

namespace avila::compress::detail {

std::optional<std::size_t> read_fse_distribution(ByteSpan in, unsigned max_log,
                                                 unsigned max_symbols, FseDistribution& out) {
  BitReader reader{in.data(), in.data() + in.size()};
  std::size_t wanted = 0;  // bits read, perhaps beyond the end: zeros then
  const auto peek = [&](unsigned n) {
    if (reader.count < n) reader.refill();
    return reader.peek(n);
  };
  const auto skip = [&](unsigned n) {
    wanted += n;
    if (reader.count < n) reader.count = n, reader.bits = 0;
    reader.skip(n);
  };
  out.log = peek(4) + 5;
  skip(4);
  if (out.log > max_log) return std::nullopt;
  std::uint32_t left = 1U << out.log;
  unsigned symbol = 0;
  while (left > 0) {
    if (symbol >= max_symbols || wanted > in.size() * 8) return std::nullopt;
    // A value of 0 to left + 1, the smaller ones in a bit less.
    const unsigned bits = static_cast<unsigned>(std::bit_width(left + 1));
    const std::uint32_t low_mask = (1U << (bits - 1)) - 1;
    const std::uint32_t spare = (1U << bits) - 1 - (left + 1);
    std::uint32_t value = peek(bits);
    if ((value & low_mask) < spare) {
      value &= low_mask;
      skip(bits - 1);
    } else {
      if (value > low_mask) value -= spare;
      skip(bits);
    }
    const int count = static_cast<int>(value) - 1;
    out.counts[symbol++] = static_cast<std::int16_t>(count);
    left -= count < 0 ? 1U : static_cast<std::uint32_t>(count);
    if (count != 0) continue;
    for (std::uint32_t repeat = 3; repeat == 3;) {
      repeat = peek(2);
      skip(2);
      if (symbol + repeat > max_symbols || wanted > in.size() * 8) return std::nullopt;
      for (std::uint32_t i = 0; i < repeat; ++i) out.counts[symbol++] = 0;
    }
  }
  if (wanted > in.size() * 8) return std::nullopt;
  out.symbols = symbol;
  return (wanted + 7) / 8;
}

void spread_fse_symbols(std::span<const std::int16_t> counts, unsigned log, std::uint8_t* symbols) {
  const std::uint32_t size = 1U << log;
  std::uint32_t high = size;  // states of symbols "less than one" lie from here on
  // First one after the other, eight at a time: a loop a symbol would cost a wrong guess each.
  std::array<std::uint8_t, (1U << kMaxFseLog) + 8> in_turn;
  std::uint32_t filled = 0;
  for (std::size_t s = 0; s < counts.size(); ++s) {
    if (counts[s] == -1) {
      symbols[--high] = static_cast<std::uint8_t>(s);
      continue;
    }
    const auto count = static_cast<std::uint32_t>(counts[s]);
    for (std::uint32_t i = 0; i < count; i += 8)
      std::memset(in_turn.data() + filled + i, static_cast<int>(s), 8);
    filled += count;
  }
  const std::uint32_t step = (size >> 1) + (size >> 3) + 3;
  std::uint32_t at = 0;
  for (std::uint32_t i = 0; i < filled; ++i) {
    symbols[at] = in_turn[i];
    do at = (at + step) & (size - 1);
    while (at >= high);
  }
}

}  // namespace avila::compress::detail
