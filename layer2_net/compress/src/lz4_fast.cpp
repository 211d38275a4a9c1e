#include "lz4_fast.hpp"

#include <algorithm>
#include <avila/compress/lz4.hpp>

namespace avila::compress::lz4 {
namespace detail {
namespace {

constexpr unsigned kSkipTrigger = 6;  // after 2^6 misses the step grows by one

// For tables of 32-bit positions 5 bytes are hashed: on large inputs a match of 4 is rarely the
// best one at hand. Small inputs need all they can get.
struct Wide {
  using Entry = std::uint32_t;
  static constexpr bool kCheckDistance = true;
  static std::size_t hash(const std::byte* p) noexcept {
    return static_cast<std::size_t>(((load_le64(p) << 24) * 889523592379U) >> (64 - kTableLog));
  }
};
struct Narrow {  // inputs below 64 KiB: positions of 16 bits, twice as many
  using Entry = std::uint16_t;
  static constexpr bool kCheckDistance = false;
  static std::size_t hash(const std::byte* p) noexcept {
    return (load_le32(p) * 2654435761U) >> (32 - (kTableLog + 1));
  }
};

template <class Kind, bool kHistory, bool kChecked>
std::size_t encode(typename Kind::Entry* table, const Window& window, std::byte* const out_start,
                   std::byte* const out_end, unsigned acceleration) noexcept {
  using Entry = typename Kind::Entry;
  const std::byte* const base = window.base;
  const std::byte* ip = base + window.start;
  const std::byte* const end = base + window.end;
  const std::byte* anchor = ip;
  std::byte* op = out_start;
  if (window.end - window.start > kMatchMargin) {
    const std::byte* const last_start = end - kMatchMargin;  // of a match
    const std::byte* const match_limit = end - kLastLiterals;
    const std::byte* const lowest = base + window.low;
    const auto at = [base](const std::byte* p) { return static_cast<std::uint32_t>(p - base); };
    // An entry out of reach leads nowhere; entries of older windows may lie below `low`.
    const auto reachable = [&](std::uint32_t candidate, std::uint32_t position) {
      if (kHistory && candidate < window.low) return false;
      return !Kind::kCheckDistance || position - candidate <= kMaxDistance;
    };

    table[Kind::hash(ip)] = static_cast<Entry>(at(ip));
    ++ip;
    std::size_t next_hash = Kind::hash(ip);
    while (true) {
      const std::byte* match;
      const std::byte* next = ip;
      unsigned step = 1;
      unsigned misses = acceleration << kSkipTrigger;
      while (true) {
        const std::size_t hash = next_hash;
        ip = next;
        next += step;
        step = misses++ >> kSkipTrigger;
        if (next > last_start + 1) goto finish;
        const std::uint32_t candidate = table[hash];
        const std::uint32_t position = at(ip);
        next_hash = Kind::hash(next);
        table[hash] = static_cast<Entry>(position);
        match = base + candidate;
        if (reachable(candidate, position) && load_le32(match) == load_le32(ip)) break;
      }
      while (ip > anchor && match > lowest && ip[-1] == match[-1]) --ip, --match;

      {
        const auto literals = static_cast<std::size_t>(ip - anchor);
        // Token, literals, their length bytes, offset, and 8 bytes of overrun in the copy.
        if (kChecked && literals + literals / 255 + 12 > static_cast<std::size_t>(out_end - op))
          return 0;
        std::byte* token = op++;
        if (literals >= kRunMask) {
          *token = static_cast<std::byte>(kRunMask << 4);
          op = put_length(op, literals - kRunMask);
        } else {
          *token = static_cast<std::byte>(literals << 4);
        }
        std::byte* const literals_end = op + literals;
        for (const std::byte* from = anchor; op < literals_end; op += 8, from += 8) copy8(op, from);
        op = literals_end;

        while (true) {  // a match, then any that follow it without a literal between
          store_le16(op, static_cast<std::uint16_t>(ip - match));
          op += 2;
          const std::size_t length = common_length(ip + kMinMatch, match + kMinMatch, match_limit);
          ip += length + kMinMatch;
          // Length bytes, then at least the last literals.
          if (kChecked && length / 255 + 8 > static_cast<std::size_t>(out_end - op)) return 0;
          if (length >= kRunMask) {
            *token |= static_cast<std::byte>(kRunMask);
            op = put_length(op, length - kRunMask);
          } else {
            *token |= static_cast<std::byte>(length);
          }
          anchor = ip;
          if (ip > last_start) goto finish;
          table[Kind::hash(ip - 2)] = static_cast<Entry>(at(ip - 2));
          const std::size_t hash = Kind::hash(ip);
          const std::uint32_t candidate = table[hash];
          const std::uint32_t position = at(ip);
          table[hash] = static_cast<Entry>(position);
          match = base + candidate;
          if (!reachable(candidate, position) || load_le32(match) != load_le32(ip)) break;
          if (kChecked && out_end - op < 12) return 0;
          token = op++;
          *token = std::byte{0};
        }
      }
      next_hash = Kind::hash(++ip);
    }
  }
finish:
  op = put_last_literals(op, out_end, anchor, static_cast<std::size_t>(end - anchor));
  return op == nullptr ? 0 : static_cast<std::size_t>(op - out_start);
}

}  // namespace

std::size_t encode_fast(PositionTable& table, const Window& window, std::byte* out,
                        std::size_t out_size, unsigned acceleration) noexcept {
  return encode<Wide, true, true>(table.data(), window, out, out + out_size, acceleration);
}

void enter_history(PositionTable& table, const Window& window) noexcept {
  for (std::uint32_t at = window.low; at + 8 <= window.start; at += 3)
    table[Wide::hash(window.base + at)] = at;
}

}  // namespace detail

std::size_t compress(ByteSpan in, MutableByteSpan out, int acceleration) noexcept {
  using namespace detail;
  if (in.size() > kMaxInputSize) return 0;
  const auto speed = static_cast<unsigned>(std::clamp(acceleration, 1, 65537));
  const Window window{in.data(), 0, 0, static_cast<std::uint32_t>(in.size())};
  std::byte* const to = out.data();
  std::byte* const to_end = to + out.size();
  const bool roomy = out.size() >= compress_bound(in.size());
  if (in.size() < 65536) {
    std::uint16_t table[2U << kTableLog] = {};
    return roomy ? encode<Narrow, false, false>(table, window, to, to_end, speed)
                 : encode<Narrow, false, true>(table, window, to, to_end, speed);
  }
  PositionTable table{};
  return roomy ? encode<Wide, false, false>(table.data(), window, to, to_end, speed)
               : encode<Wide, false, true>(table.data(), window, to, to_end, speed);
}

}  // namespace avila::compress::lz4
