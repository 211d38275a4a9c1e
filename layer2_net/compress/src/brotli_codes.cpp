#include "brotli_codes.hpp"

#include <algorithm>
#include <cmath>

#include "huffman_code.hpp"

namespace avila::compress::detail::brotli {
namespace {

struct Item {
  std::uint8_t symbol, extra;
};

// Section 3.5: lengths of 0 to 15, and repeats.
void add_run(std::vector<Item>& items, std::uint8_t value, std::uint32_t run, std::uint8_t before) {
  const bool zero = value == 0;
  if (!zero && value != before) {
    items.push_back({value, 0});
    --run;
  }
  if (run < 3) {
    items.insert(items.end(), run, Item{value, 0});
    return;
  }
  const unsigned bits = zero ? 3 : 2;
  const auto first = static_cast<std::ptrdiff_t>(items.size());
  for (run -= 3;; --run) {  // repeats of repeats: digits, the highest first
    items.push_back({static_cast<std::uint8_t>(zero ? 17 : 16),
                     static_cast<std::uint8_t>(run & ((1U << bits) - 1))});
    run >>= bits;
    if (run == 0) break;
  }
  std::reverse(items.begin() + first, items.end());
}

void write_simple(BitWriter& writer, std::span<const std::uint16_t> used, unsigned alphabet,
                  std::array<std::uint8_t, kCommands>& lengths) {
  const auto bits = static_cast<unsigned>(std::bit_width(alphabet - 1));
  std::array<std::uint16_t, 4> order{};
  std::copy(used.begin(), used.end(), order.begin());
  // By code length, then by symbol: the order in which the reader gives them lengths.
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(used.size()),
            [&](std::uint16_t a, std::uint16_t b) {
              return lengths[a] != lengths[b] ? lengths[a] < lengths[b] : a < b;
            });
  writer.write(1 | (used.size() - 1) << 2, 4);
  for (std::size_t i = 0; i < used.size(); ++i) writer.write(order[i], bits);
  if (used.size() == 4) writer.write(lengths[order[0]] == 1 ? 1 : 0, 1);
  if (used.size() == 1) lengths[used[0]] = 0;
}

}  // namespace

void EncodedCode::write(BitWriter& writer, std::span<const std::uint32_t> counts,
                        unsigned alphabet) {
  huffman_lengths(counts, 15, lengths.data());
  std::array<std::uint16_t, 5> used{};
  std::size_t count = 0;
  unsigned last = 0;
  for (unsigned i = 0; i < alphabet; ++i) {
    if (lengths[i] == 0) continue;
    if (count < used.size()) used[count] = static_cast<std::uint16_t>(i);
    ++count;
    last = i;
  }
  if (count <= 4) {
    if (count == 0) count = 1;  // any symbol: it does not occur
    write_simple(writer, std::span<const std::uint16_t>(used).first(count), alphabet, lengths);
    canonical_codes(std::span<const std::uint8_t>(lengths).first(alphabet), codes.data());
    return;
  }
  canonical_codes(std::span<const std::uint8_t>(lengths).first(alphabet), codes.data());
  std::vector<Item> items;
  std::uint8_t before = 8;
  for (unsigned i = 0; i <= last;) {
    unsigned run = 1;
    while (i + run <= last && lengths[i + run] == lengths[i]) ++run;
    add_run(items, lengths[i], run, before);
    if (lengths[i] != 0) before = lengths[i];
    i += run;
  }
  std::array<std::uint32_t, 18> item_counts{};
  for (const Item& item : items) ++item_counts[item.symbol];
  std::array<std::uint8_t, 18> item_lengths{};
  std::array<std::uint16_t, 18> item_codes{};
  huffman_lengths(item_counts, 5, item_lengths.data());
  canonical_codes(item_lengths, item_codes.data());
  unsigned stored = 18;
  const auto kinds =
      std::count_if(item_counts.begin(), item_counts.end(), [](std::uint32_t n) { return n != 0; });
  if (kinds > 1)
    while (item_lengths[kCodeLengthOrder[stored - 1]] == 0) --stored;
  unsigned skip = 0;
  if (item_lengths[1] == 0 && item_lengths[2] == 0) skip = item_lengths[3] == 0 ? 3 : 2;
  writer.write(skip, 2);
  static constexpr std::uint8_t kBits[6] = {2, 4, 3, 2, 2, 4}, kCode[6] = {0, 7, 3, 2, 1, 15};
  for (unsigned i = skip; i < stored; ++i) {
    const unsigned length = item_lengths[kCodeLengthOrder[i]];
    writer.write(kCode[length], kBits[length]);
  }
  for (const Item& item : items) {
    if (kinds > 1) writer.put(item_codes[item.symbol], item_lengths[item.symbol]);
    if (item.symbol >= 16) writer.put(item.extra, item.symbol - 14U);
    writer.spill();
  }
}

void write_count(BitWriter& writer, unsigned value) {
  if (value == 1) {
    writer.write(0, 1);
    return;
  }
  const auto bits = static_cast<unsigned>(std::bit_width(value - 1)) - 1;
  writer.write(1 | bits << 1, 4);
  writer.write(value - 1 - (1U << bits), bits);
}

void write_context_map(BitWriter& writer, std::span<const std::uint8_t> map, unsigned trees) {
  writer.write(0, 1);  // no runs of zeros
  std::vector<std::uint32_t> counts(trees);
  for (const std::uint8_t tree : map) ++counts[tree];
  EncodedCode code;
  code.write(writer, counts, trees);
  for (const std::uint8_t tree : map) writer.write(code.codes[tree], code.lengths[tree]);
  writer.write(0, 1);  // as it is: no move to front
}

void cluster_contexts(std::vector<std::array<std::uint32_t, 256>>& counts,
                      std::array<std::uint8_t, 64>& map) {
  // Bits of a code and its literals, by entropy.
  const auto cost = [](const std::array<std::uint32_t, 256>& table) {
    double bits = 0, total = 0;
    unsigned used = 0;
    for (const std::uint32_t n : table) {
      if (n == 0) continue;
      total += n;
      bits -= n * std::log2(static_cast<double>(n));
      ++used;
    }
    if (total == 0) return 0.0;
    return bits + total * std::log2(total) + 12 + 5.0 * used;
  };
  const auto sum = [](const std::array<std::uint32_t, 256>& a,
                      const std::array<std::uint32_t, 256>& b) {
    std::array<std::uint32_t, 256> both;
    for (unsigned i = 0; i < 256; ++i) both[i] = a[i] + b[i];
    return both;
  };
  struct Cluster {
    std::array<std::uint32_t, 256> counts;
    double cost;
    std::vector<std::uint8_t> contexts;
  };
  std::vector<Cluster> clusters;
  for (unsigned c = 0; c < 64; ++c) {
    const double bits = cost(counts[c]);
    map[c] = 0;
    if (bits > 0) clusters.push_back({counts[c], bits, {static_cast<std::uint8_t>(c)}});
  }
  // Joins the two that gain most, until none gains.
  const std::size_t n = clusters.size();
  std::vector<double> gain(n * n, 0.0);
  const auto gain_of = [&](std::size_t a, std::size_t b) {
    return clusters[a].cost + clusters[b].cost - cost(sum(clusters[a].counts, clusters[b].counts));
  };
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = a + 1; b < n; ++b) gain[a * n + b] = gain_of(a, b);
  std::vector<bool> gone(n);
  while (true) {
    double most = 0;
    std::size_t first = 0, second = 0;
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = a + 1; b < n; ++b)
        if (!gone[a] && !gone[b] && gain[a * n + b] > most)
          most = gain[a * n + b], first = a, second = b;
    if (most <= 0) break;
    Cluster& into = clusters[first];
    into.counts = sum(into.counts, clusters[second].counts);
    into.cost = cost(into.counts);
    into.contexts.insert(into.contexts.end(), clusters[second].contexts.begin(),
                         clusters[second].contexts.end());
    gone[second] = true;
    for (std::size_t i = 0; i < n; ++i) {
      if (gone[i] || i == first) continue;
      gain[std::min(i, first) * n + std::max(i, first)] = gain_of(first, i);
    }
  }
  counts.clear();
  for (std::size_t i = 0; i < n; ++i) {
    if (gone[i]) continue;
    for (const std::uint8_t c : clusters[i].contexts)
      map[c] = static_cast<std::uint8_t>(counts.size());
    counts.push_back(clusters[i].counts);
  }
  if (counts.empty()) counts.emplace_back();
}

}  // namespace avila::compress::detail::brotli
