#include "fse_encoder.hpp"

#include <algorithm>
#include <array>
#include <avila/error/assert.hpp>
#include <bit>
#include <cmath>
#include <cstdlib>

namespace avila::compress::detail {

void normalize_counts(std::span<const std::uint32_t> counts, std::uint64_t total, unsigned log,
                      FseDistribution& out) {
  const std::int64_t size = std::int64_t{1} << log;
  out.log = log;
  out.symbols = 0;
  std::int64_t left = size;
  unsigned largest = 0;
  for (unsigned s = 0; s < counts.size(); ++s) {
    out.counts[s] = 0;
    if (counts[s] == 0) continue;
    out.symbols = s + 1;
    const std::uint64_t scaled = (std::uint64_t{counts[s]} << (log + 8)) / total;  // in 1/256
    // Below 3/4 of a state the cheaper "less than one" will do.
    const std::int64_t share =
        scaled < 192 ? -1 : std::max<std::int64_t>(1, static_cast<std::int64_t>(scaled + 128) >> 8);
    out.counts[s] = static_cast<std::int16_t>(share);
    left -= share < 0 ? 1 : share;
    if (out.counts[s] > out.counts[largest]) largest = s;
  }
  // What rounding left over goes to the most frequent; what it took too much comes from the most
  // frequent of each moment.
  for (; left < 0; ++left) {
    for (unsigned s = 0; s < out.symbols; ++s)
      if (out.counts[s] > out.counts[largest]) largest = s;
    AVILA_ASSERT(out.counts[largest] > 1);
    --out.counts[largest];
  }
  if (left > 0)
    out.counts[largest] = static_cast<std::int16_t>(std::abs(out.counts[largest]) + left);
}

unsigned suitable_fse_log(std::uint64_t total, unsigned last, unsigned most) {
  const auto by_total = static_cast<unsigned>(std::bit_width(total - 1));
  const unsigned wanted = std::min(most, by_total > 3 ? by_total - 3 : 0);
  const auto least = static_cast<unsigned>(std::bit_width(last)) + 1;
  return std::clamp(std::max(wanted, std::min(least, by_total)), 5U, most);
}

void write_fse_distribution(const FseDistribution& distribution, std::vector<std::byte>& out) {
  BitWriter writer;
  writer.open(out, 512);
  writer.write(distribution.log - 5, 4);
  std::uint32_t left = 1U << distribution.log;
  for (unsigned s = 0; s < distribution.symbols && left > 0;) {
    const int count = distribution.counts[s++];
    const auto bits = static_cast<unsigned>(std::bit_width(left + 1));
    const std::uint32_t spare = (1U << bits) - 1 - (left + 1);
    const auto value = static_cast<std::uint32_t>(count + 1);
    if (value < spare) {
      writer.write(value, bits - 1);
    } else if (value < 1U << (bits - 1)) {
      writer.write(value, bits);
    } else {
      writer.write(value + spare, bits);
    }
    left -= count < 0 ? 1U : static_cast<std::uint32_t>(count);
    if (count != 0) continue;
    unsigned zeros = 0;
    while (s < distribution.symbols && distribution.counts[s] == 0) ++s, ++zeros;
    for (; zeros >= 3; zeros -= 3) writer.write(3, 2);
    writer.write(zeros, 2);
  }
  AVILA_ASSERT(left == 0);
  writer.align();
  writer.close(out);
}

std::uint64_t fse_cost(std::span<const std::uint32_t> counts, const FseDistribution& distribution) {
  static const auto logs = [] {  // 256 log2(n)
    std::array<std::uint16_t, (1U << kMaxFseLog) + 1> table{};
    for (unsigned n = 1; n < table.size(); ++n)
      table[n] = static_cast<std::uint16_t>(256.0 * std::log2(n) + 0.5);
    return table;
  }();
  std::uint64_t cost = 0;
  for (unsigned s = 0; s < counts.size(); ++s) {
    if (counts[s] == 0) continue;
    if (s >= distribution.symbols || distribution.counts[s] == 0) return ~std::uint64_t{0};
    const int share = distribution.counts[s] < 0 ? 1 : distribution.counts[s];
    cost +=
        std::uint64_t{counts[s]} * (distribution.log * 256 - logs[static_cast<unsigned>(share)]);
  }
  return cost;
}

void FseEncoder::build(const FseDistribution& distribution) {
  log_ = distribution.log;
  const std::uint32_t size = 1U << log_;
  const std::span<const std::int16_t> counts(distribution.counts, distribution.symbols);
  std::array<std::uint8_t, 1U << kMaxFseLog> spread;
  spread_fse_symbols(counts, log_, spread.data());
  std::array<std::uint32_t, 64> next;
  std::uint32_t total = 0;
  for (unsigned s = 0; s < counts.size(); ++s) {
    const auto count = static_cast<std::uint32_t>(counts[s] < 0 ? 1 : counts[s]);
    next[s] = total;
    if (count == 0) {
      symbols_[s] = {};
    } else if (count == 1) {
      symbols_[s] = {(log_ << 16) - size, static_cast<std::int32_t>(total) - 1};
    } else {
      const std::uint32_t bits = log_ + 1 - static_cast<unsigned>(std::bit_width(count - 1));
      symbols_[s] = {(bits << 16) - (count << bits),
                     static_cast<std::int32_t>(total) - static_cast<std::int32_t>(count)};
    }
    total += count;
  }
  for (std::uint32_t i = 0; i < size; ++i)
    states_[next[spread[i]]++] = static_cast<std::uint16_t>(size + i);
}

}  // namespace avila::compress::detail
