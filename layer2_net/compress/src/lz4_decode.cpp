#include "lz4_decode.hpp"

#include <algorithm>
#include <avila/compress/lz4.hpp>

#include "lz4_format.hpp"

namespace avila::compress::lz4 {
namespace detail {
namespace {

Error truncated(const std::byte* in, const std::byte* at) {
  return Error(Errc::Malformed, "lz4: the block ends inside a sequence",
               {.offset = static_cast<std::uint64_t>(at - in)});
}
Error bad_offset(const std::byte* in, const std::byte* at) {
  return Error(Errc::Malformed, "lz4: a match offset points before the data (or is 0)",
               {.offset = static_cast<std::uint64_t>(at - in)});
}
Error output_full(const std::byte* in, const std::byte* at) {
  return Error(Errc::LimitExceeded, "lz4: the block holds more than the output has room for",
               {.offset = static_cast<std::uint64_t>(at - in),
                .hint = "give a larger output, or treat the block as hostile"});
}

// Adds the bytes that follow a nibble of 15. False at the end of the input.
inline bool read_length(const std::byte*& ip, const std::byte* end, std::size_t& length) noexcept {
  while (ip != end) {
    const auto more = static_cast<std::size_t>(*ip++);
    length += more;
    if (more != 255) return true;
  }
  return false;
}

// Copies a match of any distance; writes up to 31 bytes beyond `to + length`.
inline void copy_match_loosely(std::byte* to, std::size_t distance, std::size_t length) noexcept {
  const std::byte* from = to - distance;
  std::byte* const end = to + length;
  if (distance < 8) {
    // Widen the period: after 8 bytes one at a time, go back by a multiple of it that is >= 8.
    static constexpr std::uint8_t kPeriod[8] = {0, 8, 8, 9, 8, 10, 12, 14};
    for (std::size_t i = 0; i < 8; ++i) to[i] = from[i];
    to += 8;
    from = to - kPeriod[distance];
    while (to < end) copy8(to, from), to += 8, from += 8;
    return;
  }
  if (distance < 16) {
    do copy8(to, from), copy8(to + 8, from + 8), to += 16, from += 16;
    while (to < end);
    return;
  }
  do copy16(to, from), copy16(to + 16, from + 16), to += 32, from += 32;
  while (to < end);
}

}  // namespace

Result<std::size_t> decode(ByteSpan in, MutableByteSpan out, const std::byte* low,
                           ByteSpan dictionary) {
  const std::byte* const in_start = in.data();
  const std::byte* const in_end = in_start + in.size();
  const std::byte* ip = in_start;
  std::byte* const out_start = out.data();
  std::byte* const out_end = out_start + out.size();
  std::byte* op = out_start;
  if (in.empty()) return truncated(in_start, ip);

  // Far from both ends copies may overrun: 32 literals are read and 64 bytes written at once.
  constexpr std::size_t kInMargin = 40, kOutMargin = 64;
  const std::byte* const in_far = in_end - std::min(in.size(), kInMargin);
  std::byte* const out_far = out_end - std::min(out.size(), kOutMargin);
  std::size_t token, literals, length, distance, more;
  while (true) {
    if (ip >= in_far) [[unlikely]]
      goto careful;
    if (op >= out_far) [[unlikely]]
      goto careful;
    token = static_cast<std::size_t>(*ip);
    copy16(op, ip + 1);  // before it is known whether they are that few: hides the latency
    literals = token >> 4;
    length = token & kRunMask;
    if (literals != kRunMask) [[likely]] {
      ip += literals + 3;
      op += literals;
      distance = load_le16(ip - 2);
    } else {
      more = static_cast<std::size_t>(ip[1]);
      ip += 2;
      literals += more;
      if (more == 255 && !read_length(ip, in_end, literals)) return truncated(in_start, ip);
      if (static_cast<std::size_t>(in_end - ip) < literals + kInMargin ||
          static_cast<std::size_t>(out_end - op) < literals + kOutMargin)
        goto careful_literals;
      std::byte* const end = op + literals;
      copy16(op, ip), copy16(op + 16, ip + 16);  // all of them, mostly
      if (literals > 32) [[unlikely]] {
        const std::byte* from = ip + 32;
        for (op += 32; op < end; op += 32, from += 32) copy16(op, from), copy16(op + 16, from + 16);
      }
      op = end;
      ip += literals;
      distance = load_le16(ip);
      ip += 2;
    }
    // As addresses, which saves a step: no memory begins in the first 64 KiB.
    if (reinterpret_cast<std::uintptr_t>(op) - distance < reinterpret_cast<std::uintptr_t>(low))
        [[unlikely]]
      goto far_match;
    if (length != kRunMask) [[likely]] {  // at most 18 bytes
      const std::byte* const from = op - distance;
      if (distance >= 8) [[likely]] {
        copy8(op, from);
        copy8(op + 8, from + 8);
        if (length > 12) [[unlikely]]
          std::memcpy(op + 16, from + 16, 2);
      } else if (distance != 0) {
        copy_match_loosely(op, distance, length + kMinMatch);
      } else {
        goto far_match;
      }
      op += length + kMinMatch;
      continue;
    }
    if (distance == 0) goto far_match;
    more = static_cast<std::size_t>(*ip++);
    length += kMinMatch + more;
    if (more == 255 && !read_length(ip, in_end, length)) return truncated(in_start, ip);
    if (static_cast<std::size_t>(out_end - op) < length + 32) goto careful_match;
    copy_match_loosely(op, distance, length);
    op += length;
    continue;

  careful:
    if (ip == in_end) return truncated(in_start, ip);  // the last sequence has no match
    token = static_cast<std::size_t>(*ip++);
    literals = token >> 4;
    if (literals == kRunMask && !read_length(ip, in_end, literals)) return truncated(in_start, ip);
  careful_literals:
    if (static_cast<std::size_t>(in_end - ip) < literals) return truncated(in_start, ip);
    if (static_cast<std::size_t>(out_end - op) < literals) return output_full(in_start, ip);
    if (literals != 0) std::memcpy(op, ip, literals);
    op += literals, ip += literals;
    if (ip == in_end) return static_cast<std::size_t>(op - out_start);
    if (in_end - ip < 2) return truncated(in_start, ip);
    distance = load_le16(ip);
    ip += 2;
  far_match:
    length = (token & kRunMask) + kMinMatch;
    if (length == kRunMask + kMinMatch && !read_length(ip, in_end, length))
      return truncated(in_start, ip);
  careful_match:
    if (static_cast<std::size_t>(out_end - op) < length) return output_full(in_start, ip);
    const auto before = static_cast<std::size_t>(op - low);
    if (distance == 0 || distance > before + dictionary.size()) return bad_offset(in_start, ip);
    if (distance > before) {  // begins in the dictionary, and may run over into the output
      const std::size_t back = distance - before;
      const std::size_t part = std::min(back, length);
      std::memcpy(op, dictionary.data() + dictionary.size() - back, part);
      op += part, length -= part;
    }
    const std::byte* from = op - distance;
    for (; length != 0; --length) *op++ = *from++;
  }
}

}  // namespace detail

Result<std::size_t> decompress(ByteSpan in, MutableByteSpan out) {
  return detail::decode(in, out, out.data(), {});
}
Result<std::size_t> decompress_with_dictionary(ByteSpan in, MutableByteSpan out,
                                               ByteSpan dictionary) {
  return detail::decode(in, out, out.data(), dictionary);
}

}  // namespace avila::compress::lz4
