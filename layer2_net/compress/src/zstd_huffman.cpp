#include "zstd_huffman.hpp"

#include <algorithm>
#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>
#include <avila/simd/target.hpp>
#include <bit>

namespace avila::compress::detail::zstd {

std::optional<std::size_t> HuffmanDecoder::read(ByteSpan in) {
  log_ = 0;
  if (in.empty()) return std::nullopt;
  std::array<std::uint8_t, 256> weights{};
  unsigned count = 0;
  const auto header = static_cast<std::size_t>(in[0]);
  std::size_t used = 0;
  if (header >= 128) {  // plain: four bits each
    count = static_cast<unsigned>(header) - 127;
    used = 1 + (count + 1) / 2;
    if (in.size() < used) return std::nullopt;
    for (unsigned i = 0; i < count; ++i) {
      const auto byte = static_cast<unsigned>(in[1 + i / 2]);
      weights[i] = static_cast<std::uint8_t>(i % 2 == 0 ? byte >> 4 : byte & 15);
    }
  } else {
    used = 1 + header;
    if (in.size() < used) return std::nullopt;
    const ByteSpan body = in.subspan(1, header);
    constexpr unsigned kWeightLog = 6;
    FseDistribution distribution;
    const auto described =
        read_fse_distribution(body, kWeightLog, kLongHuffmanLog + 1, distribution);
    if (!described.has_value()) return std::nullopt;
    std::array<FseState, 1U << kWeightLog> table;
    build_fse_table({distribution.counts, distribution.symbols}, distribution.log, table.data());
    BackwardBits bits;
    std::byte room[8];
    if (!bits.open(body.subspan(*described), room)) return std::nullopt;
    // Two states in turn; the stream's end is known by what the next step would lack.
    std::uint64_t state[2] = {bits.take(distribution.log), bits.take(distribution.log)};
    if (bits.left() < 0) return std::nullopt;
    for (unsigned turn = 0;; turn ^= 1) {
      bits.refill();
      if (count >= 254) return std::nullopt;
      const FseState& now = table[state[turn]];
      weights[count++] = now.symbol;
      state[turn] = now.base + bits.take(now.bits);
      if (bits.left() < 0) {
        weights[count++] = table[state[turn ^ 1]].symbol;
        break;
      }
    }
  }
  // The last symbol's weight fills the code up.
  std::uint32_t sum = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (weights[i] > kLongHuffmanLog) return std::nullopt;
    sum += 1U << weights[i] >> 1;
  }
  if (sum == 0) return std::nullopt;
  const auto log = static_cast<unsigned>(std::bit_width(sum));
  if (log > kLongHuffmanLog) return std::nullopt;
  const std::uint32_t rest = (1U << log) - sum;
  if (!std::has_single_bit(rest)) return std::nullopt;
  weights[count++] = static_cast<std::uint8_t>(std::bit_width(rest));
  log_ = log;
  build(weights.data(), count);
  return used;
}

// The table is always that of the longest code, so that decoding knows its size.
void HuffmanDecoder::build(const std::uint8_t* weights, unsigned count) {
  std::array<std::uint32_t, kLongHuffmanLog + 2> start{};
  for (unsigned i = 0; i < count; ++i) start[weights[i]] += 1U << weights[i] >> 1;
  std::uint32_t sum = 0;
  for (unsigned w = 1; w < start.size(); ++w) {
    const std::uint32_t size = start[w];
    start[w] = sum;
    sum += size;
  }
  const unsigned spread = index_log() - log_;
  for (unsigned i = 0; i < count; ++i) {
    const unsigned weight = weights[i];
    if (weight == 0) continue;
    const std::uint32_t size = 1U << (weight - 1), bits = log_ + 1 - weight;
    std::fill_n(single_.begin() + (start[weight] << spread), size << spread,
                static_cast<std::uint16_t>(i | bits << 8));
    start[weight] += size;
  }
  paired_ = false;
}

void HuffmanDecoder::pair() {
  constexpr std::uint32_t kMask = (1U << kHuffmanLog) - 1;
  for (std::uint32_t i = 0; i <= kMask; ++i) {
    const std::uint32_t first = single_[i];
    const std::uint32_t next = single_[(i << (first >> 8)) & kMask];
    const std::uint32_t bits = (first >> 8) + (next >> 8);
    table_[i] = bits <= kHuffmanLog ? (first & 0xFF) | (next & 0xFF) << 8 | bits << 16 | 2U << 24
                                    : (first & 0xFF) | (first >> 8) << 16 | 1U << 24;
  }
  paired_ = true;
}

namespace {

// One stream in the midst of decoding: bits from the top on, a one-bit behind the last of them.
struct Stream {
  const std::byte* start;
  const std::byte* at;
  std::uint64_t bits;
  std::byte* out;
  std::byte* out_end;
};

using Pairs = std::array<std::uint32_t, 1U << kHuffmanLog>;

// Four streams side by side, while all of them are far from their ends.
AVILA_ALWAYS_INLINE void decode_four(const Pairs& table, Stream* streams) {
  const std::byte* at[4];
  const std::byte* start[4];
  std::uint64_t bits[4];
  std::byte* out[4];
  for (int s = 0; s < 4; ++s)
    at[s] = streams[s].at, start[s] = streams[s].start, bits[s] = streams[s].bits,
    out[s] = streams[s].out;
  while (true) {
    // A round reads 8 bytes at most 8 bytes further, and writes 10.
    std::ptrdiff_t rounds = 1 << 20;
    for (int s = 0; s < 4; ++s)
      rounds = std::min({rounds, (at[s] - start[s]) / 8, (streams[s].out_end - out[s] - 1) / 10});
    if (rounds <= 0) break;
    for (; rounds > 0; --rounds) {
      for (int i = 0; i < 5; ++i)
        for (int s = 0; s < 4; ++s) {
          const std::uint32_t entry = table[bits[s] >> (64 - kHuffmanLog)];
          bits[s] <<= entry >> 16 & 63;
          store_le16(out[s], static_cast<std::uint16_t>(entry));
          out[s] += entry >> 24;
        }
      for (int s = 0; s < 4; ++s) {
        const auto taken = static_cast<unsigned>(std::countr_zero(bits[s]));
        at[s] -= taken >> 3;
        bits[s] = (load_le64(at[s]) | 1) << (taken & 7);
      }
    }
  }
  for (int s = 0; s < 4; ++s)
    streams[s].at = at[s], streams[s].bits = bits[s], streams[s].out = out[s];
}

using DecodeFour = void (*)(const Pairs&, Stream*);
void decode_four_portable(const Pairs& table, Stream* streams) { decode_four(table, streams); }
#if AVILA_X86_64
AVILA_TARGET_BMI2 void decode_four_bmi2(const Pairs& table, Stream* streams) {
  decode_four(table, streams);
}
#endif
constexpr simd::Kernel<DecodeFour> kKernels[] = {
#if AVILA_X86_64
    {"bmi2", simd::has_bmi2, decode_four_bmi2},
#endif
    {"portable", simd::always, decode_four_portable},
};

// The rest of a stream, symbol by symbol; `consumed` bits of its end are done. True when it ends
// exactly with the output.
bool decode_tail(const std::uint16_t* single, unsigned log, ByteSpan in, std::size_t consumed,
                 std::byte* out, std::byte* out_end) {
  auto left = static_cast<std::ptrdiff_t>(in.size() * 8 - consumed);
  while (out != out_end) {
    // The next bits, with zeros before the start of the stream.
    std::uint64_t word = 0;
    const std::ptrdiff_t end_byte = (left + 7) / 8;
    for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(0, end_byte - 8); i < end_byte; ++i)
      word |= static_cast<std::uint64_t>(in[static_cast<std::size_t>(i)])
              << (56 - 8 * (end_byte - 1 - i));
    unsigned used = static_cast<unsigned>(end_byte * 8 - left);
    for (; used + kLongHuffmanLog <= 57 && out != out_end;) {
      const std::uint16_t entry = single[(word << used) >> (64 - log)];
      used += entry >> 8;
      left -= entry >> 8;
      if (left < 0) return false;
      *out++ = static_cast<std::byte>(entry & 0xFF);
    }
  }
  return left == 0;
}

bool end_mark(ByteSpan in, std::size_t& consumed) {
  if (in.empty() || in.back() == std::byte{0}) return false;
  consumed = static_cast<std::size_t>(std::countl_zero(static_cast<std::uint8_t>(in.back()))) + 1;
  return true;
}

}  // namespace

bool HuffmanDecoder::decode(ByteSpan in, bool four_streams, MutableByteSpan out) {
  if (!four_streams) {
    std::size_t consumed = 0;
    return end_mark(in, consumed) && decode_tail(single_.data(), index_log(), in, consumed,
                                                 out.data(), out.data() + out.size());
  }
  // 3.1.1.3.1.6: three sizes, then the streams.
  if (in.size() < 10) return false;
  const std::size_t part = (out.size() + 3) / 4;
  if (part * 3 > out.size()) return false;
  ByteSpan pieces[4];
  std::size_t at = 6;
  for (std::size_t s = 0; s < 4; ++s) {
    const std::size_t size = s < 3 ? load_le16(in.data() + 2 * s) : in.size() - at;
    if (size == 0 || size > in.size() - at) return false;
    pieces[s] = in.subspan(at, size);
    at += size;
  }
  Stream streams[4];
  bool fast = log_ <= kHuffmanLog;
  for (std::size_t s = 0; s < 4; ++s) {
    std::size_t consumed = 0;
    if (!end_mark(pieces[s], consumed)) return false;
    Stream& stream = streams[s];
    stream.out = out.data() + s * part;
    stream.out_end = s < 3 ? stream.out + part : out.data() + out.size();
    stream.start = pieces[s].data();
    fast = fast && pieces[s].size() >= 16;
    if (fast) {
      stream.at = pieces[s].data() + pieces[s].size() - 8;
      stream.bits = (load_le64(stream.at) | 1) << consumed;
    }
  }
  constexpr std::size_t kWorthPairs = 4096;
  if (fast && out.size() >= kWorthPairs) {
    if (!paired_) pair();
    static const DecodeFour run = simd::select(kKernels);
    run(table_, streams);
  }
  for (std::size_t s = 0; s < 4; ++s) {
    Stream& stream = streams[s];
    std::size_t consumed = 0;
    (void)end_mark(pieces[s], consumed);
    if (fast && out.size() >= kWorthPairs) {
      const auto behind =
          static_cast<std::size_t>(pieces[s].data() + pieces[s].size() - 8 - stream.at);
      consumed = 8 * behind + static_cast<std::size_t>(std::countr_zero(stream.bits));
    }
    if (!decode_tail(single_.data(), index_log(), pieces[s], consumed, stream.out, stream.out_end))
      return false;
  }
  return true;
}

}  // namespace avila::compress::detail::zstd
