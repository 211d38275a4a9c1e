#include "lz4_fast.hpp"

#include <algorithm>
#include <avila/compress/lz4.hpp>

namespace avila::compress::lz4 {
namespace detail {
namespace {

constexpr unsigned kSkipTrigger = 6;  // after 2^6 misses the step grows by one

constexpr std::size_t kLastSequence = 1 + kLastLiterals;  // at least

// On large inputs a match of 4 is rarely the best one at hand: 5 bytes are hashed.
struct HashOf5 {
  static constexpr bool kSmall = false;
  std::size_t operator()(const std::byte* p) const noexcept {
    return static_cast<std::size_t>(((load_le64(p) << 24) * 889523592379U) >> (64 - kTableLog));
  }
};
// Inputs below 64 KiB need all they can get, and the smallest a table that is soon cleared.
template <int kLog>
struct HashOf4 {
  static constexpr bool kSmall = true;  // for inputs whose positions fit into 16 bits
  std::size_t operator()(const std::byte* p) const noexcept {
    return (load_le32(p) * 2654435761U) >> (32 - kLog);
  }
};
constexpr std::size_t kSmallInput = 65536, kTinyInput = 2048;
constexpr int kSmallTableLog = 13, kTinyTableLog = 11;

// The token, whose lower half stays 0, and the literals. Where `loosely`, up to 15 bytes beyond
// them are read and written.
inline std::byte* put_literals(std::byte* token, const std::byte* from, std::size_t literals,
                               bool loosely) noexcept {
  std::byte* out = token + 1;
  if (literals < kRunMask && loosely) [[likely]] {
    *token = static_cast<std::byte>(literals << 4);
    copy16(out, from);
    return out + literals;
  }
  *token = static_cast<std::byte>(std::min<std::size_t>(literals, kRunMask) << 4);
  if (literals >= kRunMask) out = put_length(out, literals - kRunMask);
  std::byte* const out_end = out + literals;
  if (loosely) {
    do copy16(out, from), out += 16, from += 16;
    while (out < out_end);
  } else if (literals != 0) {
    std::memcpy(out, from, literals);
  }
  return out_end;
}

template <bool kHistory, bool kChecked, class Hash>
std::size_t encode(const Hash hash_of, std::uint16_t* const table, const Window& window,
                   std::byte* const out_start, std::byte* const out_end,
                   unsigned acceleration) noexcept {
  const std::byte* const base = window.base;
  const std::byte* ip = base + window.start;
  const std::byte* const end = base + window.end;
  const std::byte* anchor = ip;
  std::byte* op = out_start;
  if (window.end - window.start > kMatchMargin) {
    const std::byte* const last_start = end - kMatchMargin;  // of a match
    const std::byte* const match_limit = end - kLastLiterals;
    const std::byte* const lowest = base + window.low;
    const auto at = [base](const std::byte* p) { return static_cast<std::uint16_t>(p - base); };
    // Enters p, and gives the position that was there before: as it is where 16 bits hold all
    // positions, else the last one before p that is the same modulo 64 KiB (p itself for none).
    const auto exchange = [&](std::size_t hash, const std::byte* p) {
      const std::uint16_t entry = table[hash];
      table[hash] = at(p);
      return Hash::kSmall ? base + entry : p - static_cast<std::uint16_t>(at(p) - entry);
    };
    const auto matches = [&](const std::byte* p, const std::byte* match) {
      if (kHistory && match < lowest) return false;
      return load_le32(match) == load_le32(p) && (Hash::kSmall || match != p);
    };

    table[hash_of(ip)] = at(ip);
    ++ip;
    std::size_t next_hash = hash_of(ip);
    while (true) {
      const std::byte* match;
      const std::byte* next = ip;
      unsigned step = 1;
      unsigned misses = acceleration << kSkipTrigger;
      do {
        const std::size_t hash = next_hash;
        ip = next;
        next += step;
        step = misses++ >> kSkipTrigger;
        if (next > last_start + 1) goto finish;
        next_hash = hash_of(next);
        match = exchange(hash, ip);
      } while (!matches(ip, match));

      // First forwards, for the next search waits for it; then back over literals that match too.
      auto distance = static_cast<std::uint16_t>(ip - match);
      std::size_t length = common_length(ip + kMinMatch, match + kMinMatch, match_limit);
      const std::byte* match_end = ip + kMinMatch + length;
      const auto before = static_cast<std::size_t>(std::min(ip - anchor, match - lowest));
      const std::size_t back = common_length_before(ip, match, before, match - lowest >= 8);
      const auto literals = static_cast<std::size_t>(ip - anchor) - back;
      length += back;

      const auto room = static_cast<std::size_t>(out_end - op);
      const std::size_t needed = 1 + length_bytes(literals) + literals;
      if (kChecked && needed + 2 + kLastSequence > room) return 0;
      const bool loosely = static_cast<std::size_t>(end - anchor) >= literals + 16 &&
                           (!kChecked || room >= needed + 16);
      std::byte* token = op;
      op = put_literals(token, anchor, literals, loosely);
      while (true) {  // a match, then any that follow it without a literal between
        store_le16(op, distance);
        op += 2;
        if (kChecked &&
            length_bytes(length) + kLastSequence > static_cast<std::size_t>(out_end - op))
          return 0;
        if (length >= kRunMask) {
          *token |= static_cast<std::byte>(kRunMask);
          op = put_length(op, length - kRunMask);
        } else {
          *token |= static_cast<std::byte>(length);
        }
        anchor = ip = match_end;
        if (ip > last_start) goto finish;
        table[hash_of(ip - 2)] = at(ip - 2);
        match = exchange(hash_of(ip), ip);
        if (!matches(ip, match)) break;
        distance = static_cast<std::uint16_t>(ip - match);
        length = common_length(ip + kMinMatch, match + kMinMatch, match_limit);
        match_end = ip + kMinMatch + length;
        if (kChecked && 3 + kLastSequence > static_cast<std::size_t>(out_end - op)) return 0;
        token = op++;
        *token = std::byte{0};
      }
      next_hash = hash_of(++ip);
    }
  }
finish:
  op = put_last_literals(op, out_end, anchor, static_cast<std::size_t>(end - anchor));
  return op == nullptr ? 0 : static_cast<std::size_t>(op - out_start);
}

}  // namespace

std::size_t encode_fast(PositionTable& table, const Window& window, std::byte* out,
                        std::size_t out_size, unsigned acceleration) noexcept {
  return encode<true, true>(HashOf5{}, table.data(), window, out, out + out_size, acceleration);
}

void enter_history(PositionTable& table, const Window& window) noexcept {
  for (std::uint32_t at = window.low; at + 8 <= window.start; at += 3)
    table[HashOf5{}(window.base + at)] = static_cast<std::uint16_t>(at);
}

}  // namespace detail

namespace detail {
namespace {

template <int kLog, class Hash>
std::size_t compress_with(Hash hash, const Window& window, MutableByteSpan out,
                          unsigned speed) noexcept {
  std::uint16_t table[std::size_t{1} << kLog] = {};
  std::byte* const to = out.data();
  std::byte* const to_end = to + out.size();
  return out.size() >= compress_bound(window.end)
             ? encode<false, false>(hash, table, window, to, to_end, speed)
             : encode<false, true>(hash, table, window, to, to_end, speed);
}

}  // namespace
}  // namespace detail

std::size_t compress(ByteSpan in, MutableByteSpan out, int acceleration) noexcept {
  using namespace detail;
  if (in.size() > kMaxInputSize) return 0;
  const auto speed = static_cast<unsigned>(std::clamp(acceleration, 1, 65537));
  const Window window{in.data(), 0, 0, static_cast<std::uint32_t>(in.size())};
  if (in.size() < kTinyInput)
    return compress_with<kTinyTableLog>(HashOf4<kTinyTableLog>{}, window, out, speed);
  if (in.size() < kSmallInput)
    return compress_with<kSmallTableLog>(HashOf4<kSmallTableLog>{}, window, out, speed);
  return compress_with<kTableLog>(HashOf5{}, window, out, speed);
}

}  // namespace avila::compress::lz4
