// Training by coverage: of every stretch of the samples, the segment whose 8-byte strings occur
// most often elsewhere is taken, and those strings then count no more (after COVER: Liao, Petri,
// Moffat, Wirth, "Effective Construction of Relative Lempel-Ziv Dictionaries", 2016).
#include <algorithm>
#include <avila/compress/zstd.hpp>
#include <avila/hash/xxh64.hpp>

#include "huffman_code.hpp"
#include "zstd_search.hpp"

namespace avila::compress::zstd {

using namespace detail;
using namespace detail::zstd;

namespace {

constexpr unsigned kHashLog = 20;
constexpr std::size_t kString = 8;     // bytes that are counted together
constexpr std::size_t kSegment = 256;  // bytes taken at once
constexpr std::size_t kMinCapacity = 256, kMinContent = 64;
constexpr std::size_t kMaxTables = 1024;  // room for the codes
constexpr std::size_t kMeasured = 400;    // samples that are encoded to count symbols

std::uint32_t string_hash(const std::byte* at) { return hash_bytes<8>(load_le64(at), kHashLog); }

// The content, best segments last: they are the nearest to what is encoded.
std::vector<std::byte> choose_content(ByteSpan all, std::size_t capacity) {
  if (all.size() <= capacity) return {all.begin(), all.end()};
  std::vector<std::uint32_t> counts(std::size_t{1} << kHashLog);
  for (std::size_t i = 0; i + kString <= all.size(); ++i) ++counts[string_hash(all.data() + i)];
  for (std::uint32_t& count : counts)
    if (count != 0) --count;  // what occurs once helps nobody
  const std::size_t segment = std::min(kSegment, capacity / 4);
  const std::size_t stretches = std::max<std::size_t>(1, capacity / segment);
  const std::size_t stretch = std::max(all.size() / stretches, segment * 2);
  std::vector<std::byte> content(capacity);
  std::size_t left = capacity;
  std::vector<std::uint8_t> seen(std::size_t{1} << kHashLog);
  unsigned barren = 0;
  for (std::size_t at = 0; left > 0 && barren < stretches;
       at = at + stretch >= all.size() ? 0 : at + stretch) {
    const std::size_t end = std::min(all.size(), at + stretch);
    const std::size_t strings = segment - kString + 1;
    // A window of strings moves over the stretch; each counts once within it.
    std::uint64_t score = 0, best = 0;
    std::size_t best_at = at;
    for (std::size_t i = at; i + kString <= end; ++i) {
      const std::uint32_t entering = string_hash(all.data() + i);
      if (seen[entering]++ == 0) score += counts[entering];
      if (i >= at + strings) {
        const std::uint32_t leaving = string_hash(all.data() + i - strings);
        if (--seen[leaving] == 0) score -= counts[leaving];
      }
      if (score > best) best = score, best_at = i + 1 >= at + strings ? i + 1 - strings : at;
    }
    std::fill(seen.begin(), seen.end(), std::uint8_t{0});
    if (best == 0) {
      ++barren;
      continue;
    }
    barren = 0;
    const std::size_t size = std::min({segment, left, end - best_at});
    for (std::size_t i = best_at; i + kString <= best_at + size; ++i)
      counts[string_hash(all.data() + i)] = 0;
    left -= size;
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(best_at), size,
                content.begin() + static_cast<std::ptrdiff_t>(left));
  }
  content.erase(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(left));
  return content;
}

struct Counts {
  std::array<std::uint32_t, 256> literals;
  std::array<std::uint32_t, 64> codes[3];  // by SequenceKind
};

// What samples leave over once the dictionary is there.
Counts measure(std::span<const ByteSpan> samples, ByteSpan content) {
  Counts counts;
  counts.literals.fill(1);  // every symbol shall have a code
  for (auto& codes : counts.codes) codes.fill(1);
  const Effort effort = effort_of(3, content.size() + kMaxBlock);
  Search search(effort);
  const std::size_t step = std::max<std::size_t>(1, samples.size() / kMeasured);
  for (std::size_t s = 0; s < samples.size(); s += step) {
    const ByteSpan sample = samples[s].first(std::min(samples[s].size(), kMaxBlock));
    std::vector<std::byte> both(content.begin(), content.end());
    append(both, sample);
    const auto middle = kFirstPosition + static_cast<std::uint32_t>(content.size());
    const std::byte* const base = both.data() - kFirstPosition;
    search.forget();
    search.prime({base, kFirstPosition, middle, middle});
    RecentOffsets recent;
    const Piece piece{base, kFirstPosition, middle,
                      middle + static_cast<std::uint32_t>(sample.size())};
    std::size_t at = 0;
    const auto literals = [&](std::size_t n) {
      for (; n != 0; --n) ++counts.literals[static_cast<std::uint8_t>(sample[at++])];
    };
    for (const Sequence& sequence : search.run(piece, recent)) {
      literals(sequence.literals);
      at += sequence.length;
      const auto symbols = symbols_of(sequence);
      for (unsigned k = 0; k < 3; ++k) ++counts.codes[k][symbols[k]];
    }
    literals(sample.size() - at);
  }
  return counts;
}

}  // namespace

Result<std::vector<std::byte>> train_dictionary(std::span<const ByteSpan> samples,
                                                std::size_t capacity) {
  std::vector<std::byte> all;
  for (const ByteSpan sample : samples) append(all, sample);
  if (capacity < kMinCapacity)
    return Error(Errc::InvalidArgument, "a dictionary of less than 256 bytes");
  if (all.size() < kMinContent)
    return Error(Errc::InvalidArgument, "the samples hold too little to learn from",
                 {.hint = "give a hundred and more"});
  const std::size_t tables = std::min(kMaxTables, capacity / 2);
  std::vector<std::byte> content = choose_content(all, capacity - tables);
  if (content.size() < kMinContent) content.assign(all.begin(), all.begin() + kMinContent);
  Counts counts = measure(samples, content);

  std::vector<std::byte> out(8);
  store_le32(out.data(), kDictionaryMagic);
  const std::uint64_t hash = hash::xxh64(content);
  store_le32(out.data() + 4, static_cast<std::uint32_t>(hash % ((1U << 31) - 32768)) + 32768);
  HuffmanCode code;
  counts.literals[0] += counts.literals[0] / 2 + 8;  // weights of one kind cannot be described
  do {
    counts.literals[0] *= 2;
    huffman_lengths(counts.literals, kHuffmanLog, code.lengths.data());
  } while (!write_huffman_code(code, out) && (out.resize(8), true));
  const auto describe = [&](SequenceKind kind, unsigned symbols) {
    const auto& codes = counts.codes[static_cast<std::size_t>(kind)];
    const auto used = std::span<const std::uint32_t>(codes).first(symbols);
    std::uint64_t total = 0;
    for (const std::uint32_t n : used) total += n;
    FseDistribution distribution;
    normalize_counts(used, total, log_limit(kind), distribution);
    write_fse_distribution(distribution, out);
  };
  // Offsets of up to the dictionary and a block behind it.
  const auto offsets = static_cast<unsigned>(std::bit_width(content.size() + kMaxBlock)) + 1;
  describe(SequenceKind::Offset, std::min(offsets, kOffsetCodes));
  describe(SequenceKind::MatchLength, kMatchLengthCodes);
  describe(SequenceKind::LitLength, kLitLengthCodes);
  const std::size_t offsets_at = out.size();
  out.resize(offsets_at + 12);
  for (std::size_t i = 0; i < 3; ++i)
    store_le32(out.data() + offsets_at + 4 * i, RecentOffsets().of[i]);
  if (out.size() + content.size() > capacity) {
    const std::size_t over =
        std::min(out.size() + content.size() - capacity, content.size() - kMinContent);
    content.erase(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(over));
  }
  append(out, content);
  return out;
}

Result<std::uint32_t> dictionary_id(ByteSpan dictionary) {
  AVILA_TRY(const DictionaryParts parts, parse_dictionary(dictionary, nullptr));
  return parts.id;
}

}  // namespace avila::compress::zstd
