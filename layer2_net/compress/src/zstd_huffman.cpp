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
    for_each_fse_state({distribution.counts, distribution.symbols}, distribution.log,
                       [&](std::uint32_t i, FseState state) { table[i] = state; });
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

// The table is always that of the longest code, so that decoding knows its size. Symbols are taken
// by weight, so that runs of one length follow each other.
void HuffmanDecoder::build(const std::uint8_t* weights, unsigned count) {
  std::array<std::uint32_t, kLongHuffmanLog + 2> codes{}, next{};
  for (unsigned i = 0; i < count; ++i) ++codes[weights[i]];
  for (unsigned w = 1; w < codes.size(); ++w) next[w] = next[w - 1] + codes[w - 1];
  std::array<std::uint8_t, 256> order;
  for (unsigned i = 0; i < count; ++i) order[next[weights[i]]++] = static_cast<std::uint8_t>(i);
  const unsigned spread = index_log() - log_;
  std::uint16_t* to = single_.data();
  unsigned at = codes[0];
  for (unsigned w = 1; w <= log_; ++w) {
    const std::size_t run = std::size_t{1} << (w - 1 + spread);
    for (const unsigned end = at + codes[w]; at < end; ++at, to += run)
      std::fill_n(to, run, static_cast<std::uint16_t>((log_ + 1 - w) | order[at] << 8));
  }
  paired_ = false;
  doubles_ = 0;
  if (log_ > kHuffmanLog) return;
  // Codes of at most n bits fill the end of the table; so much of it, less what the first symbol
  // takes, follows that symbol within one look-up.
  std::array<std::uint32_t, kHuffmanLog + 1> filled{};
  for (unsigned n = 1; n <= kHuffmanLog; ++n)
    filled[n] = filled[n - 1] + (n <= log_ ? codes[log_ + 1 - n] << (kHuffmanLog - n) : 0);
  for (unsigned n = 1; n <= log_; ++n)
    doubles_ += codes[log_ + 1 - n] * (filled[kHuffmanLog - n] >> n);
}

// Measured: looking pairs up takes a fifth longer, and making them as long as a thousand literals.
bool HuffmanDecoder::worth_pairs(std::size_t literals) const noexcept {
  constexpr std::size_t kLookups = 1U << kHuffmanLog, kMaking = 1000;
  return doubles_ > kLookups / 5 && (paired_ || literals * doubles_ > kMaking * kLookups);
}

void HuffmanDecoder::pair() {
  constexpr std::uint32_t kSize = 1U << kHuffmanLog;
  std::array<std::uint32_t, kSize / 2> seconds;  // what follows a symbol of `bits`
  std::uint32_t bits = 0;
  for (std::uint32_t i = 0; i < kSize;) {
    const std::uint32_t first = single_[i], run = kSize >> (first & 0xFF);
    if (bits != (first & 0xFF)) {
      bits = first & 0xFF;
      for (std::uint32_t k = 0; k < run; ++k) {
        const std::uint32_t next = single_[k << bits], both = bits + (next & 0xFF);
        seconds[k] = both <= kHuffmanLog ? both | 2U << 8 | (next & 0xFF00) << 16 : bits | 1U << 8;
      }
    }
    for (std::uint32_t k = 0; k < run; ++k) pairs_[i + k] = seconds[k] | (first & 0xFF00) << 8;
    i += run;
  }
  paired_ = true;
}

namespace {

// One stream in the midst of decoding: `count` bits from the top on, and perhaps some of those that
// follow, which are the 8 bytes at `at`.
struct Stream {
  const std::byte* start;
  const std::byte* at;
  std::uint64_t bits;
  std::uint64_t count;  // in the low six bits; above them lies what entries have there
  std::byte* out;
  std::byte* out_end;
};

// To 56 bits and more. The load waits for nothing but the refill before this one.
AVILA_ALWAYS_INLINE void refill(const std::byte*& at, std::uint64_t& bits, std::uint64_t& count) {
  bits |= load_le64(at) >> (count & 63);
  at -= ~count >> 3 & 7;
  count |= 56;
}

AVILA_ALWAYS_INLINE void drop(std::uint64_t& count, std::uint64_t entry) {
  count -= entry;
#if defined(__GNUC__)
  asm("" : "+r"(count));  // at once: the entries of several look-ups would take all registers
#endif
}

// Four streams side by side, while all of them are far from their ends: five look-ups between two
// refills, which move at most 7 bytes. The last of the streams is the shortest.
struct Singles {
  using Table = std::uint16_t;
  static AVILA_ALWAYS_INLINE std::byte next(const Table* table, std::uint64_t& bits,
                                            std::uint64_t& count) {
    const std::uint64_t entry = table[bits >> (64 - kHuffmanLog)];
    bits <<= entry & 63;
    drop(count, entry);
    return static_cast<std::byte>(entry >> 8);
  }
  static AVILA_ALWAYS_INLINE void run(const Table* table, Stream* streams) {
    const std::byte *at0 = streams[0].at, *at1 = streams[1].at, *at2 = streams[2].at,
                    *at3 = streams[3].at;
    std::uint64_t bits0 = streams[0].bits, bits1 = streams[1].bits, bits2 = streams[2].bits,
                  bits3 = streams[3].bits;
    std::uint64_t count0 = streams[0].count, count1 = streams[1].count, count2 = streams[2].count,
                  count3 = streams[3].count;
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
#pragma GCC unroll 5
        for (int i = 0; i < 5; ++i) {
          out[i] = next(table, bits0, count0);
          out[i + part] = next(table, bits1, count1);
          out[i + 2 * part] = next(table, bits2, count2);
          out[i + 3 * part] = next(table, bits3, count3);
        }
        refill(at0, bits0, count0), refill(at1, bits1, count1);
        refill(at2, bits2, count2), refill(at3, bits3, count3);
      }
    }
    for (int s = 0; s < 4; ++s) streams[s].out += 5 * total;
    streams[0].at = at0, streams[1].at = at1, streams[2].at = at2, streams[3].at = at3;
    streams[0].bits = bits0, streams[1].bits = bits1;
    streams[2].bits = bits2, streams[3].bits = bits3;
    streams[0].count = count0, streams[1].count = count1;
    streams[2].count = count2, streams[3].count = count3;
  }
};

struct Pairs {
  using Table = std::uint32_t;
  static AVILA_ALWAYS_INLINE void next(const Table* table, Stream& s) {
    const std::uint64_t entry = table[s.bits >> (64 - kHuffmanLog)];
    s.bits <<= entry & 63;
    drop(s.count, entry);
    store_le16(s.out, static_cast<std::uint16_t>(entry >> 16));
    s.out += entry >> 8 & 0xFF;
  }
  // Five look-ups write 10 bytes and one that is overwritten.
  static std::ptrdiff_t rounds_of(const Stream& s) {
    return std::min((s.at - s.start) / 8, (s.out_end - s.out - 1) / 10);
  }
  static AVILA_ALWAYS_INLINE void run(const Table* table, Stream* streams) {
    Stream a = streams[0], b = streams[1], c = streams[2], d = streams[3];
    while (true) {
      std::ptrdiff_t rounds = std::min({rounds_of(a), rounds_of(b), rounds_of(c), rounds_of(d)});
      if (rounds <= 0) break;
      for (; rounds > 0; --rounds) {
#pragma GCC unroll 5
        for (int i = 0; i < 5; ++i) next(table, a), next(table, b), next(table, c), next(table, d);
        refill(a.at, a.bits, a.count), refill(b.at, b.bits, b.count);
        refill(c.at, c.bits, c.count), refill(d.at, d.bits, d.count);
      }
    }
    streams[0] = a, streams[1] = b, streams[2] = c, streams[3] = d;
    for (int i = 0; i < 4; ++i) {  // where one ends, others have some left
      Stream s = streams[i];
      while (rounds_of(s) > 0) {
        for (int k = 0; k < 5; ++k) next(table, s);
        refill(s.at, s.bits, s.count);
      }
      streams[i] = s;
    }
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
  constexpr std::size_t kLeast = 16;  // below, side by side gains nothing
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
    streams[s].at = pieces[s].data() + pieces[s].size() - 16;
    const int mark = std::countl_zero(static_cast<std::uint8_t>(pieces[s].back())) + 1;
    streams[s].bits = load_le64(streams[s].at + 8) << mark;
    streams[s].count = static_cast<std::uint64_t>(64 - mark);
  }
  if (fast && worth_pairs(out.size())) {
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
      bits.resume(stream.start, stream.at + 8, static_cast<unsigned>(stream.count & 63));
    else
      (void)bits.open(pieces[s], room);
    if (!decode_rest(single_.data(), index_log(), bits, stream.out, stream.out_end)) return false;
  }
  return true;
}

}  // namespace avila::compress::detail::zstd
