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

void EncodedCode::write(BitWriter& writer, std::span<const std::uint32_t> counts, unsigned alphabet,
                        unsigned longest) {
  huffman_lengths(counts, longest, lengths.data());
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

void write_context_map(BitWriter& writer, std::span<const std::uint8_t> map, std::size_t trees) {
  write_count(writer, static_cast<unsigned>(trees));
  if (trees == 1) return;
  writer.write(0, 1);  // no runs of zeros
  std::vector<std::uint32_t> counts(trees);
  for (const std::uint8_t tree : map) ++counts[tree];
  EncodedCode code;
  code.write(writer, counts, static_cast<unsigned>(trees));
  for (const std::uint8_t tree : map) writer.write(code.codes[tree], code.lengths[tree]);
  writer.write(0, 1);  // as it is: no move to front
}

namespace {

// n * log2(n), in 256ths of a bit.
class Weights {
 public:
  Weights() {
    for (std::size_t n = 1; n < small_.size(); ++n)
      small_[n] = static_cast<std::uint32_t>(exact(static_cast<std::uint32_t>(n)));
  }
  std::uint64_t operator[](std::uint32_t n) const {
    return n < small_.size() ? small_[n] : exact(n);
  }

 private:
  static std::uint64_t exact(std::uint32_t n) {
    return static_cast<std::uint64_t>(256.0 * n * std::log2(static_cast<double>(n)));
  }
  std::array<std::uint32_t, 4096> small_{};
};
const Weights& weights() {
  static const Weights table;
  return table;
}

// What a code of its own costs, in 256ths of a bit: that of about 12 bits and 5 a symbol.
std::int64_t with_code(std::uint64_t total, std::uint64_t sum_of_weights, unsigned used) {
  if (total == 0) return 0;
  return static_cast<std::int64_t>(weights()[static_cast<std::uint32_t>(total)] - sum_of_weights) +
         256 * (12 + 5 * static_cast<std::int64_t>(used));
}

}  // namespace

std::int64_t code_cost(std::span<const std::uint32_t> counts) {
  const Weights& weight = weights();
  std::uint64_t sum = 0, total = 0;
  unsigned used = 0;
  for (const std::uint32_t n : counts) {
    total += n;
    sum += weight[n];
    used += n != 0 ? 1 : 0;
  }
  return with_code(total, sum, used);
}

namespace {

struct Cluster {
  std::vector<std::uint32_t> counts;  // of the symbols that occur at all
  std::uint64_t total;
  std::int64_t cost;
  std::vector<std::uint32_t> contexts;
};

// Joins the two that gain most, until none gains. `reading`: what the time to read a code is worth.
void join_alike(std::vector<Cluster>& clusters, std::int64_t reading) {
  const Weights& weight = weights();
  const auto gain_of = [&](const Cluster& a, const Cluster& b) {
    std::uint64_t sum = 0;
    unsigned used = 0;
    for (std::size_t i = 0; i < a.counts.size(); ++i) {
      const std::uint32_t both = a.counts[i] + b.counts[i];
      sum += weight[both];
      used += both != 0 ? 1 : 0;
    }
    return a.cost + b.cost + reading - with_code(a.total + b.total, sum, used);
  };
  const std::size_t n = clusters.size();
  std::vector<std::int64_t> gain(n * n);
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = a + 1; b < n; ++b) gain[a * n + b] = gain_of(clusters[a], clusters[b]);
  while (true) {
    std::int64_t most = 0;
    std::size_t first = 0, second = 0;
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = a + 1; b < n; ++b)
        if (gain[a * n + b] > most) most = gain[a * n + b], first = a, second = b;
    if (most == 0) break;
    Cluster &into = clusters[first], &from = clusters[second];
    for (std::size_t i = 0; i < into.counts.size(); ++i) into.counts[i] += from.counts[i];
    into.total += from.total;
    into.cost += from.cost + reading - most;
    into.contexts.insert(into.contexts.end(), from.contexts.begin(), from.contexts.end());
    from.contexts.clear();
    for (std::size_t i = 0; i < n; ++i) {
      gain[std::min(i, second) * n + std::max(i, second)] = 0;
      if (i == first || clusters[i].contexts.empty()) continue;
      gain[std::min(i, first) * n + std::max(i, first)] = gain_of(into, clusters[i]);
    }
  }
  std::erase_if(clusters, [](const Cluster& cluster) { return cluster.contexts.empty(); });
}

// Those of few symbols, which would hardly be left with a code of their own.
void join_rare(std::vector<Cluster>& clusters) {
  std::uint64_t all = 0;
  for (const Cluster& cluster : clusters) all += cluster.total;
  Cluster* into = nullptr;
  for (Cluster& from : clusters) {
    if (from.total >= all / 64) continue;
    if (into == nullptr) {
      into = &from;
      continue;
    }
    for (std::size_t i = 0; i < into->counts.size(); ++i) into->counts[i] += from.counts[i];
    into->total += from.total;
    into->contexts.insert(into->contexts.end(), from.contexts.begin(), from.contexts.end());
    from.contexts.clear();
  }
  if (into != nullptr) into->cost = code_cost(into->counts);
  std::erase_if(clusters, [](const Cluster& cluster) { return cluster.contexts.empty(); });
}

}  // namespace

std::int64_t cluster_contexts(std::vector<std::array<std::uint32_t, 256>>& counts,
                              std::vector<std::uint8_t>& map, ClusterEffort effort) {
  std::vector<std::uint8_t> symbols;
  for (unsigned i = 0; i < 256; ++i)
    if (std::any_of(counts.begin(), counts.end(), [&](const auto& table) { return table[i] != 0; }))
      symbols.push_back(static_cast<std::uint8_t>(i));
  const auto add = [](std::vector<Cluster>& clusters, Cluster cluster) {
    for (const std::uint32_t n : cluster.counts) cluster.total += n;
    if (cluster.total == 0) return;
    cluster.cost = code_cost(cluster.counts);
    clusters.push_back(std::move(cluster));
  };
  // First those that differ in the byte before the last only: most of them are alike.
  std::vector<Cluster> clusters;
  for (std::uint32_t group = 0; group < counts.size(); group += 4) {
    const std::vector<std::uint32_t> all = {group, group + 1, group + 2, group + 3};
    if (effort.last_only) {
      Cluster cluster{{}, 0, 0, all};
      for (const std::uint8_t s : symbols)
        cluster.counts.push_back(counts[group][s] + counts[group + 1][s] + counts[group + 2][s] +
                                 counts[group + 3][s]);
      add(clusters, std::move(cluster));
      continue;
    }
    std::vector<Cluster> four;
    for (const std::uint32_t c : all) {
      Cluster cluster{{}, 0, 0, {c}};
      for (const std::uint8_t s : symbols) cluster.counts.push_back(counts[c][s]);
      add(four, std::move(cluster));
    }
    join_alike(four, effort.reading);
    if (four.size() == 1) four[0].contexts = all;  // the last byte says it
    std::move(four.begin(), four.end(), std::back_inserter(clusters));
  }
  if (effort.last_only) join_rare(clusters);
  join_alike(clusters, effort.reading);
  std::int64_t cost = 0;
  map.assign(counts.size(), 0);
  counts.clear();
  for (const Cluster& cluster : clusters) {
    for (const std::uint32_t c : cluster.contexts)
      map[c] = static_cast<std::uint8_t>(counts.size());
    counts.emplace_back();
    for (std::size_t i = 0; i < symbols.size(); ++i) counts.back()[symbols[i]] = cluster.counts[i];
    cost += cluster.cost;
  }
  if (counts.empty()) counts.emplace_back();
  return cost;
}

void cluster_distances(std::vector<DistanceCounts>& counts, std::vector<std::uint8_t>& map) {
  std::vector<Cluster> clusters;
  for (std::uint32_t c = 0; c < counts.size(); ++c) {
    Cluster cluster{{counts[c].begin(), counts[c].end()}, 0, 0, {c}};
    for (const std::uint32_t n : cluster.counts) cluster.total += n;
    cluster.cost = code_cost(cluster.counts);
    if (cluster.total != 0) clusters.push_back(std::move(cluster));
  }
  join_alike(clusters, 0);
  map.assign(counts.size(), 0);
  counts.assign(std::max<std::size_t>(clusters.size(), 1), {});
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    for (const std::uint32_t c : clusters[i].contexts) map[c] = static_cast<std::uint8_t>(i);
    std::copy(clusters[i].counts.begin(), clusters[i].counts.end(), counts[i].begin());
  }
}

namespace {

unsigned length_code(std::uint32_t length) {
  unsigned code = 0;
  while (code + 1 < kBlockCountCodes.size() && kBlockCountCodes[code + 1].base <= length) ++code;
  return code;
}

unsigned type_symbol(unsigned types, unsigned type, unsigned& last, unsigned& before) {
  const unsigned symbol = type == before ? 0 : type == (last + 1) % types ? 1 : type + 2;
  before = last;
  last = type;
  return symbol;
}

}  // namespace

void BlockWriter::write_length(BitWriter& writer, std::uint32_t length) {
  const unsigned code = length_code(length);
  writer.put(length_code_.codes[code], length_code_.lengths[code]);
  writer.put(length - kBlockCountCodes[code].base, kBlockCountCodes[code].extra);
  writer.spill();
}

void BlockWriter::write_header(BitWriter& writer) {
  write_count(writer, split_.types);
  if (split_.types == 1) return;
  std::array<std::uint32_t, kMostBlockTypes + 2> types{};
  std::array<std::uint32_t, kBlockCountCodes.size()> lengths{};
  unsigned last = 0, before = 1;
  for (const Split::Block& block : split_.blocks) {
    ++lengths[length_code(block.length)];
    if (&block != split_.blocks.data())
      ++types[type_symbol(split_.types, block.type, last, before)];
  }
  type_code_.write(writer, std::span(types).first(split_.types + 2), split_.types + 2);
  length_code_.write(writer, lengths, kBlockCountCodes.size());
  write_length(writer, split_.blocks[0].length);
}

void BlockWriter::write_switch(BitWriter& writer) {
  const unsigned symbol = type_symbol(split_.types, walk_.block().type, last_, before_);
  writer.write(type_code_.codes[symbol], type_code_.lengths[symbol]);
  write_length(writer, walk_.block().length);
}

}  // namespace avila::compress::detail::brotli
