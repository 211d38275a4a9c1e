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
                static_cast<std::uint16_t>(bits | i << 8));
    start[weight] += size;
  }
  paired_ = false;
}

void HuffmanDecoder::pair() {
  constexpr std::uint32_t kMask = (1U << kHuffmanLog) - 1;
  for (std::uint32_t i = 0; i <= kMask; ++i) {
    const std::uint32_t first = single_[i], first_bits = first & 0xFF;
    const std::uint32_t next = single_[(i << first_bits) & kMask],
                        bits = first_bits + (next & 0xFF);
    pairs_[i] = bits <= kHuffmanLog ? bits | (first & 0xFF00) | (next & 0xFF00) << 8 | 2U << 24
                                    : first | 1U << 24;
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

AVILA_ALWAYS_INLINE void reload(const std::byte*& at, std::uint64_t& bits) {
  const auto taken = static_cast<unsigned>(std::countr_zero(bits));
  at -= taken >> 3;
  bits = (load_le64(at) | 1) << (taken & 7);
}

// Four streams side by side, while all of them are far from their ends: five look-ups between two
// reloads, which read 8 bytes at most 8 bytes further. The last of the streams is the shortest.
struct Singles {
  using Table = std::uint16_t;
  static AVILA_ALWAYS_INLINE void run(const Table* table, Stream* streams) {
    const std::byte *at0 = streams[0].at, *at1 = streams[1].at, *at2 = streams[2].at,
                    *at3 = streams[3].at;
    std::uint64_t bits0 = streams[0].bits, bits1 = streams[1].bits, bits2 = streams[2].bits,
                  bits3 = streams[3].bits;
    std::byte* out = streams[0].out;  // the others' go with it
    const std::ptrdiff_t part = streams[1].out - out;
    std::ptrdiff_t rounds = (streams[3].out_end - streams[3].out) / 5;
    std::ptrdiff_t total = 0;
    while (true) {
      std::ptrdiff_t now = rounds - total;
      now = std::min({now, (at0 - streams[0].start) / 8, (at1 - streams[1].start) / 8,
                      (at2 - streams[2].start) / 8, (at3 - streams[3].start) / 8});
      if (now <= 0) break;
      total += now;
      for (std::byte* const stop = out + 5 * now; out != stop; out += 5) {
        const auto next = [&](std::uint64_t& bits) {
          const std::uint32_t entry = table[bits >> (64 - kHuffmanLog)];
          bits <<= entry & 63;
          return static_cast<std::byte>(entry >> 8);
        };
        for (int i = 0; i < 5; ++i) {
          out[i] = next(bits0);
          out[i + part] = next(bits1);
          out[i + 2 * part] = next(bits2);
          out[i + 3 * part] = next(bits3);
        }
        reload(at0, bits0), reload(at1, bits1), reload(at2, bits2), reload(at3, bits3);
      }
    }
    for (int s = 0; s < 4; ++s) streams[s].out += 5 * total;
    streams[0].at = at0, streams[1].at = at1, streams[2].at = at2, streams[3].at = at3;
    streams[0].bits = bits0, streams[1].bits = bits1;
    streams[2].bits = bits2, streams[3].bits = bits3;
  }
};

struct Pairs {
  using Table = std::uint32_t;
  static AVILA_ALWAYS_INLINE void run(const Table* table, Stream* streams) {
    const std::byte* at[4];
    std::uint64_t bits[4];
    std::byte* out[4];
    for (int s = 0; s < 4; ++s)
      at[s] = streams[s].at, bits[s] = streams[s].bits, out[s] = streams[s].out;
    while (true) {
      std::ptrdiff_t rounds = 1 << 20;
      for (int s = 0; s < 4; ++s)
        rounds = std::min(
            {rounds, (at[s] - streams[s].start) / 8, (streams[s].out_end - out[s] - 1) / 10});
      if (rounds <= 0) break;
      for (; rounds > 0; --rounds) {
        for (int i = 0; i < 5; ++i)
          for (int s = 0; s < 4; ++s) {
            const std::uint32_t entry = table[bits[s] >> (64 - kHuffmanLog)];
            bits[s] <<= entry & 63;
            store_le16(out[s], static_cast<std::uint16_t>(entry >> 8));
            out[s] += entry >> 24;
          }
        for (int s = 0; s < 4; ++s) reload(at[s], bits[s]);
      }
    }
    for (int s = 0; s < 4; ++s)
      streams[s].at = at[s], streams[s].bits = bits[s], streams[s].out = out[s];
  }
};

template <class Way>
using Run = void (*)(const typename Way::Table*, Stream*);
template <class Way>
void run_portable(const typename Way::Table* table, Stream* streams) {
  Way::run(table, streams);
}
#if AVILA_X86_64
template <class Way>
AVILA_TARGET_BMI2 void run_bmi2(const typename Way::Table* table, Stream* streams) {
  Way::run(table, streams);
}
#endif
template <class Way>
constexpr simd::Kernel<Run<Way>> kKernels[] = {
#if AVILA_X86_64
    {"bmi2", simd::has_bmi2, run_bmi2<Way>},
#endif
    {"portable", simd::always, run_portable<Way>},
};

// What is left of a stream. True when it ends exactly with the output.
bool decode_rest(const std::uint16_t* single, unsigned log, BackwardBits bits, std::byte* out,
                 std::byte* out_end) {
  const auto next = [&] {
    const std::uint16_t entry = single[bits.peek(log)];
    bits.skip(entry & 0xFF);
    *out++ = static_cast<std::byte>(entry >> 8);
  };
  while (out_end - out >= 4) {  // 4 codes of 12 bits
    bits.refill();
    for (int i = 0; i < 4; ++i) next();
  }
  bits.refill();
  while (out != out_end) next();
  return bits.left() == 0;
}

}  // namespace

bool HuffmanDecoder::decode(ByteSpan in, bool four_streams, MutableByteSpan out) {
  std::byte room[8];
  BackwardBits bits;
  if (!four_streams)
    return bits.open(in, room) &&
           decode_rest(single_.data(), index_log(), bits, out.data(), out.data() + out.size());
  // 3.1.1.3.1.6: three sizes, then the streams.
  if (in.size() < 10) return false;
  const std::size_t part = (out.size() + 3) / 4;
  if (part * 3 > out.size()) return false;
  ByteSpan pieces[4];
  std::size_t at = 6;
  constexpr std::size_t kLeast = 16, kWorthPairs = 4096;  // below, side by side gains nothing
  bool fast = log_ <= kHuffmanLog;
  for (std::size_t s = 0; s < 4; ++s) {
    const std::size_t size = s < 3 ? load_le16(in.data() + 2 * s) : in.size() - at;
    if (size == 0 || size > in.size() - at) return false;
    pieces[s] = in.subspan(at, size);
    if (pieces[s].back() == std::byte{0}) return false;  // the mark of the end
    fast = fast && size >= kLeast;
    at += size;
  }
  Stream streams[4];
  for (std::size_t s = 0; s < 4; ++s) {
    streams[s].out = out.data() + s * part;
    streams[s].out_end = s < 3 ? streams[s].out + part : out.data() + out.size();
    if (!fast) continue;
    streams[s].start = pieces[s].data();
    streams[s].at = pieces[s].data() + pieces[s].size() - 8;
    streams[s].bits = (load_le64(streams[s].at) | 1)
                      << (std::countl_zero(static_cast<std::uint8_t>(pieces[s].back())) + 1);
  }
  if (fast && out.size() >= kWorthPairs && in.size() < out.size() / 8 * 4) {
    if (!paired_) pair();
    static const auto run = simd::select(kKernels<Pairs>);
    run(pairs_.data(), streams);
  } else if (fast) {
    static const auto run = simd::select(kKernels<Singles>);
    run(single_.data(), streams);
  }
  for (std::size_t s = 0; s < 4; ++s) {
    const Stream& stream = streams[s];
    if (fast)
      bits.resume(stream.start, stream.at, static_cast<unsigned>(std::countr_zero(stream.bits)));
    else
      (void)bits.open(pieces[s], room);
    if (!decode_rest(single_.data(), index_log(), bits, stream.out, stream.out_end)) return false;
  }
  return true;
}

}  // namespace avila::compress::detail::zstd
