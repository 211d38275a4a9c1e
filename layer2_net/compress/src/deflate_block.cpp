#include "deflate_block.hpp"

#include <algorithm>
#include <bit>

#include "huffman_code.hpp"

namespace avila::compress::detail {
namespace {

constexpr auto kLengthSlot = [] {
  std::array<std::uint8_t, kDeflateMaxMatch + 1> slots{};
  for (unsigned slot = 0; slot < kLengthBase.size(); ++slot)
    for (unsigned i = 0; i < 1U << kLengthExtra[slot] && kLengthBase[slot] + i <= kDeflateMaxMatch;
         ++i)
      slots[kLengthBase[slot] + i] = static_cast<std::uint8_t>(slot);
  return slots;
}();
// Of distances up to 256 directly, beyond by their upper bits.
constexpr auto kDistanceSlot = [] {
  std::array<std::uint8_t, 512> slots{};
  for (unsigned slot = 0; slot < kDistanceBase.size(); ++slot)
    for (unsigned i = 0; i < 1U << kDistanceExtra[slot]; ++i) {
      const unsigned d = kDistanceBase[slot] + i - 1U;
      if (d < 256)
        slots[d] = static_cast<std::uint8_t>(slot);
      else
        slots[256 + (d >> 7)] = static_cast<std::uint8_t>(slot);
    }
  return slots;
}();
inline unsigned distance_slot(unsigned distance) noexcept {
  const unsigned d = distance - 1;
  return kDistanceSlot[d < 256 ? d : 256 + (d >> 7)];
}

// One less than the format's, so that four codes fit a word beside the bits of a byte.
constexpr unsigned kLongestLitlen = 14;
constexpr unsigned kLitlens = 286, kDistances = 30;

struct Lengths {
  std::array<std::uint8_t, kLitlenSymbols> litlen{};
  std::array<std::uint8_t, kDistanceSymbols> distance{};
};

struct Codes {
  Lengths lengths;
  std::array<std::uint16_t, kLitlenSymbols> litlen{};
  std::array<std::uint16_t, kDistanceSymbols> distance{};
  explicit Codes(const Lengths& of) : lengths(of) {
    canonical_codes(lengths.litlen, litlen.data());
    canonical_codes(lengths.distance, distance.data());
  }
};

const Codes& fixed_codes() {
  static const Codes codes = [] {
    Lengths fixed{fixed_litlen_lengths(), {}};
    fixed.distance.fill(5);
    return Codes(fixed);
  }();
  return codes;
}

DeflateCounts count_symbols(ByteSpan content, std::span<const DeflateSequence> sequences) {
  DeflateCounts counts;
  // Runs are short and of any length: gathered first, they are counted without a branch for each.
  // Four tables, since the same byte often follows itself soon.
  std::array<std::array<std::uint32_t, 256>, 4> bytes{};
  const auto count = [&](const std::byte* at, std::size_t n) {
    for (; n >= 4; n -= 4, at += 4)
      for (unsigned i = 0; i < 4; ++i) ++bytes[i][static_cast<std::uint8_t>(at[i])];
    for (; n != 0; --n) ++bytes[0][static_cast<std::uint8_t>(*at++)];
  };
  constexpr std::size_t kShort = 32;
  std::array<std::byte, 2048> gathered;
  std::size_t size = 0;
  const std::byte* at = content.data();
  const std::byte* const end = at + content.size();
  for (const DeflateSequence& sequence : sequences) {
    const std::size_t n = sequence.literals;
    if (n > kShort || end - at < static_cast<std::ptrdiff_t>(kShort)) [[unlikely]] {
      count(at, n);
    } else {
      std::memcpy(gathered.data() + size, at, kShort);
      size += n;
      if (size > gathered.size() - kShort) [[unlikely]] {
        count(gathered.data(), size);
        size = 0;
      }
    }
    at += n + sequence.length;
    if (sequence.length == 0) [[unlikely]]
      continue;
    ++counts.litlen[257U + kLengthSlot[sequence.length]];
    ++counts.distance[distance_slot(sequence.distance)];
  }
  count(gathered.data(), size);
  for (unsigned i = 0; i < 256; ++i)
    counts.litlen[i] = bytes[0][i] + bytes[1][i] + bytes[2][i] + bytes[3][i];
  counts.litlen[kEndOfBlock] = 1;
  return counts;
}

std::uint64_t bits_of(const DeflateCounts& counts, const Lengths& lengths) {
  std::uint64_t sum = 0;
  for (unsigned i = 0; i < kLitlens; ++i)
    sum += std::uint64_t{counts.litlen[i]} *
           (lengths.litlen[i] + (i > 256 ? kLengthExtra[i - 257] : 0U));
  for (unsigned i = 0; i < kDistances; ++i)
    sum += std::uint64_t{counts.distance[i]} * (lengths.distance[i] + kDistanceExtra[i] + 0U);
  return sum;
}

// Logarithms in units of 1 / kLogOne.
constexpr unsigned kLogOne = 1U << 12, kLogBits = 8;
constexpr auto kLog2 = [] {
  std::array<std::uint16_t, 1U << kLogBits> logs{};  // of 1 + i / 2^kLogBits
  for (unsigned i = 0; i < logs.size(); ++i) {
    double x = 1 + static_cast<double>(i) / static_cast<double>(logs.size());
    unsigned log = 0;
    for (unsigned bit = kLogOne / 2; bit != 0; bit /= 2) {
      x *= x;
      if (x >= 2) x /= 2, log |= bit;
    }
    logs[i] = static_cast<std::uint16_t>(log);
  }
  return logs;
}();
inline std::uint64_t log2_of(std::uint32_t n) noexcept {  // 0 of 0
  const auto whole = static_cast<unsigned>(std::bit_width(n | 1)) - 1;
  const std::uint32_t fraction =
      static_cast<std::uint32_t>((std::uint64_t{n} << kLogBits) >> whole) & ((1U << kLogBits) - 1);
  return whole * kLogOne + kLog2[fraction];
}

// The code lengths, run-length coded (3.2.7).
struct Header {
  struct Item {
    std::uint8_t symbol, extra_bits, extra;
  };
  std::array<Item, kLitlens + kDistances> items;
  unsigned item_count = 0, litlens = kLitlens, distances = kDistances, precodes = 19;
  std::array<std::uint8_t, kPrecodeSymbols> lengths{};
  std::array<std::uint16_t, kPrecodeSymbols> codes{};

  explicit Header(const Lengths& of) {
    while (litlens > 257 && of.litlen[litlens - 1] == 0) --litlens;
    while (distances > 1 && of.distance[distances - 1] == 0) --distances;
    std::array<std::uint8_t, kLitlens + kDistances> all;
    std::copy_n(of.litlen.begin(), litlens, all.begin());
    std::copy_n(of.distance.begin(), distances, all.begin() + litlens);
    const unsigned total = litlens + distances;
    std::array<std::uint32_t, kPrecodeSymbols> frequencies{};
    const auto add = [&](unsigned symbol, unsigned extra_bits, unsigned extra) {
      items[item_count++] = {static_cast<std::uint8_t>(symbol),
                             static_cast<std::uint8_t>(extra_bits),
                             static_cast<std::uint8_t>(extra)};
      ++frequencies[symbol];
    };
    for (unsigned i = 0; i < total;) {
      const std::uint8_t value = all[i];
      unsigned run = 1;
      while (i + run < total && all[i + run] == value) ++run;
      i += run;
      if (value == 0) {
        while (run >= 11) {
          const unsigned n = std::min(run, 138U);
          add(18, 7, n - 11);
          run -= n;
        }
        if (run >= 3) {
          add(17, 3, run - 3);
          run = 0;
        }
      } else {
        add(value, 0, 0);
        --run;
        while (run >= 3) {
          const unsigned n = std::min(run, 6U);
          add(16, 2, n - 3);
          run -= n;
        }
      }
      for (; run != 0; --run) add(value, 0, 0);
    }
    huffman_lengths(frequencies, kMaxPrecodeLength, lengths.data());
    canonical_codes(lengths, codes.data());
    while (precodes > 4 && lengths[kPrecodeOrder[precodes - 1]] == 0) --precodes;
  }
  std::uint64_t bits() const {
    std::uint64_t sum = 5 + 5 + 4 + 3 * precodes;
    for (unsigned i = 0; i < item_count; ++i) sum += lengths[items[i].symbol] + items[i].extra_bits;
    return sum;
  }
  void write(BitWriter& writer) const {
    writer.write((litlens - 257) | (distances - 1) << 5 | (precodes - 4) << 10, 14);
    for (unsigned i = 0; i < precodes; ++i) writer.write(lengths[kPrecodeOrder[i]], 3);
    for (unsigned i = 0; i < item_count; ++i) {
      const Item& item = items[i];
      writer.put(codes[item.symbol], lengths[item.symbol]);
      writer.write(item.extra, item.extra_bits);
    }
  }
};

// All ones for the first n of four.
constexpr auto kWanted = [] {
  std::array<std::array<std::uint32_t, 4>, 5> wanted{};
  for (unsigned n = 0; n <= 4; ++n)
    for (unsigned i = 0; i < n; ++i) wanted[n][i] = ~0U;
  return wanted;
}();

void write_symbols(BitWriter& stream, ByteSpan content, std::span<const DeflateSequence> sequences,
                   const Codes& codes) {
  // A code in the low 24 bits (lengths with their extra bits), its number of bits above.
  const auto word = [](std::uint32_t bits, std::uint32_t count) { return bits | count << 24; };
  std::array<std::uint32_t, 256> literals;
  std::array<std::uint32_t, kDeflateMaxMatch + 1> lengths;
  struct Distance {
    std::uint16_t code, base;
    std::uint8_t code_bits, bits;
  };
  std::array<Distance, kDistances> distances;
  for (unsigned i = 0; i < 256; ++i) literals[i] = word(codes.litlen[i], codes.lengths.litlen[i]);
  for (unsigned i = kDeflateMinMatch; i <= kDeflateMaxMatch; ++i) {
    const unsigned slot = kLengthSlot[i], n = codes.lengths.litlen[257 + slot];
    lengths[i] =
        word(codes.litlen[257 + slot] | (i - kLengthBase[slot]) << n, n + kLengthExtra[slot]);
  }
  for (unsigned i = 0; i < kDistances; ++i)
    distances[i] = {codes.distance[i], kDistanceBase[i], codes.lengths.distance[i],
                    static_cast<std::uint8_t>(codes.lengths.distance[i] + kDistanceExtra[i])};
  BitWriter writer = stream;
  const std::byte* at = content.data();
  const std::byte* const end = at + content.size();
  const auto put = [&](std::uint32_t code) { writer.put(code & 0xFFFFFF, code >> 24); };
  const auto literal = [&](std::byte byte) { return literals[static_cast<std::uint8_t>(byte)]; };
  for (const DeflateSequence& sequence : sequences) {
    std::uint32_t n = sequence.literals;
    for (; n > 4; n -= 4, at += 4) {
      put(literal(at[0])), put(literal(at[1])), put(literal(at[2])), put(literal(at[3]));
      writer.spill();
    }
    if (end - at >= 4) [[likely]] {
      // Up to four: a branch for the number would often be guessed wrongly.
      put(literal(at[0]) & kWanted[n][0]), put(literal(at[1]) & kWanted[n][1]);
      put(literal(at[2]) & kWanted[n][2]), put(literal(at[3]) & kWanted[n][3]);
    } else {
      for (std::uint32_t i = 0; i < n; ++i) put(literal(at[i]));
    }
    writer.spill();
    at += n + sequence.length;
    if (sequence.length == 0) [[unlikely]]
      continue;
    put(lengths[sequence.length]);
    const Distance& distance = distances[distance_slot(sequence.distance)];
    const std::uint32_t extra = sequence.distance - std::uint32_t{distance.base};
    writer.put(distance.code | extra << distance.code_bits, distance.bits);
    writer.spill();
  }
  writer.write(codes.litlen[kEndOfBlock], codes.lengths.litlen[kEndOfBlock]);
  stream = writer;
}

}  // namespace

void write_stored_blocks(BitWriter& writer, Sink& out, ByteSpan content, bool last) {
  do {
    const ByteSpan part = content.first(std::min<std::size_t>(content.size(), 65535));
    content = content.subspan(part.size());
    writer.open(out, part.size() + 8);
    writer.write(last && content.empty() ? 1 : 0, 3);
    writer.align();
    const auto size = static_cast<std::uint32_t>(part.size());
    writer.write(size | (size ^ 0xFFFF) << 16, 32);
    if (!part.empty()) std::memcpy(writer.at, part.data(), part.size());
    writer.at += part.size();
    writer.close(out);
  } while (!content.empty());
}

void write_deflate_sync(BitWriter& writer, Sink& out) {
  write_stored_blocks(writer, out, {}, false);
}

DeflateBlock::DeflateBlock(ByteSpan content, std::span<const DeflateSequence> sequences) noexcept
    : counts_(count_symbols(content, sequences)),
      size_(content.size()),
      bits_(std::min(coded_bits(), stored_bits())) {}

DeflateBlock::DeflateBlock(const DeflateBlock& first, const DeflateBlock& second) noexcept
    : counts_(first.counts_), size_(first.size_ + second.size_) {
  for (unsigned i = 0; i < kLitlens; ++i) counts_.litlen[i] += second.counts_.litlen[i];
  for (unsigned i = 0; i < kDistances; ++i) counts_.distance[i] += second.counts_.distance[i];
  counts_.litlen[kEndOfBlock] = 1;
  bits_ = std::min(coded_bits(), stored_bits());
}

// By the entropy of its symbols; their codes take 20 bytes and 4 bits each.
std::uint64_t DeflateBlock::coded_bits() const noexcept {
  std::uint64_t total = 0, weights = 0, extra = 0, used = 0;
  const auto add = [&](std::span<const std::uint32_t> counts) {
    total = 0;
    for (const std::uint32_t n : counts) {
      total += n;
      weights -= n * log2_of(n);
      used += n != 0 ? 1 : 0;
    }
    weights += total * log2_of(static_cast<std::uint32_t>(total));
  };
  add(counts_.litlen);
  add(counts_.distance);
  for (unsigned i = 0; i < kLengthExtra.size(); ++i)
    extra += std::uint64_t{counts_.litlen[257 + i]} * kLengthExtra[i];
  for (unsigned i = 0; i < kDistances; ++i)
    extra += std::uint64_t{counts_.distance[i]} * kDistanceExtra[i];
  return weights / kLogOne + extra + 160 + 4 * used;
}

void DeflateBlock::write(BitWriter& writer, Sink& out, ByteSpan content,
                         std::span<const DeflateSequence> sequences, bool last) const {
  Lengths lengths;
  huffman_lengths(counts_.litlen, kLongestLitlen, lengths.litlen.data());
  huffman_lengths(counts_.distance, kMaxCodeLength, lengths.distance.data());
  // Some decoders want a code even where no distance occurs.
  if (std::all_of(lengths.distance.begin(), lengths.distance.end(),
                  [](auto length) { return length == 0; }))
    lengths.distance[0] = 1;
  const Header header(lengths);
  const std::uint64_t dynamic_bits = header.bits() + bits_of(counts_, lengths);
  const std::uint64_t fixed_bits = bits_of(counts_, fixed_codes().lengths);
  if (stored_bits() <= std::min(dynamic_bits, fixed_bits)) {
    write_stored_blocks(writer, out, content, last);
    return;
  }
  const bool fixed = fixed_bits <= dynamic_bits;
  writer.open(out, std::min(dynamic_bits, fixed_bits) / 8 + 64);
  writer.write((last ? 1U : 0U) | (fixed ? 1U : 2U) << 1, 3);
  if (fixed) {
    write_symbols(writer, content, sequences, fixed_codes());
  } else {
    header.write(writer);
    write_symbols(writer, content, sequences, Codes(lengths));
  }
  writer.close(out);
}

}  // namespace avila::compress::detail
