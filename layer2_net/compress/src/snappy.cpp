#include <algorithm>
#include <array>
#include <avila/compress/snappy.hpp>

#include "copy.hpp"
#include "core.hpp"
#include "match.hpp"

namespace avila::compress::snappy {

using namespace detail;

namespace {

constexpr std::size_t kFragment = 65536;  // distances stay within two bytes
constexpr unsigned kTableLog = 14;
constexpr std::size_t kMargin = 15;  // no match begins in a fragment's last bytes

std::byte* put_literals(std::byte* out, const std::byte* from, std::size_t size, bool wide) {
  const auto n = static_cast<std::uint32_t>(size - 1);
  if (n < 60) {
    *out++ = static_cast<std::byte>(n << 2);
    if (wide && size <= 16) {
      std::memcpy(out, from, 16);
      return out + size;
    }
  } else if (n < 256) {
    *out++ = std::byte{60 << 2};
    *out++ = static_cast<std::byte>(n);
  } else {  // a fragment's at most
    *out++ = std::byte{61 << 2};
    store_le16(out, static_cast<std::uint16_t>(n));
    out += 2;
  }
  std::memcpy(out, from, size);
  return out + size;
}

std::byte* put_copy(std::byte* out, std::uint32_t distance, std::uint32_t length) {
  const auto two_bytes = [&](std::uint32_t n) {
    *out++ = static_cast<std::byte>(2 | (n - 1) << 2);
    store_le16(out, static_cast<std::uint16_t>(distance));
    out += 2;
  };
  for (; length >= 68; length -= 64) two_bytes(64);
  if (length > 64) {
    two_bytes(60);
    length -= 60;
  }
  if (length < 12 && distance < 2048) {
    *out++ = static_cast<std::byte>(1 | (length - 4) << 2 | distance >> 8 << 5);
    *out++ = static_cast<std::byte>(distance & 0xFF);
  } else {
    two_bytes(length);
  }
  return out;
}

std::byte* compress_fragment(ByteSpan in, std::byte* out, std::uint16_t* table, unsigned log) {
  const std::byte* const base = in.data();
  const std::byte* const end = base + in.size();
  const std::byte* anchor = base;
  if (in.size() > kMargin) {
    const std::byte* const last = end - kMargin;
    const std::byte* at = base + 1;
    while (true) {
      // Where nothing is found, ever larger steps.
      std::uint32_t skip = 32;
      const std::byte* match;
      std::uint64_t word = load_le64(at);
      while (true) {
        const std::uint32_t hash = hash32(static_cast<std::uint32_t>(word), log);
        match = base + table[hash];
        table[hash] = static_cast<std::uint16_t>(at - base);
        if (load_le32(match) == static_cast<std::uint32_t>(word)) break;
        const std::uint32_t step = skip >> 5;
        skip += step;
        at += step;
        if (at > last) goto rest;
        word = load_le64(at);
      }
      if (at != anchor)
        out = put_literals(out, anchor, static_cast<std::size_t>(at - anchor), true);
      while (true) {
        const std::uint32_t length = 4 + common_length(at + 4, match + 4, end);
        out = put_copy(out, static_cast<std::uint32_t>(at - match), length);
        at += length;
        anchor = at;
        if (at > last) goto rest;
        word = load_le64(at - 1);
        table[hash32(static_cast<std::uint32_t>(word), log)] =
            static_cast<std::uint16_t>(at - 1 - base);
        word >>= 8;
        const std::uint32_t hash = hash32(static_cast<std::uint32_t>(word), log);
        match = base + table[hash];
        table[hash] = static_cast<std::uint16_t>(at - base);
        if (load_le32(match) != static_cast<std::uint32_t>(word)) break;
      }
      if (++at > last) break;
    }
  }
rest:
  if (anchor != end) out = put_literals(out, anchor, static_cast<std::size_t>(end - anchor), false);
  return out;
}

Result<std::size_t> read_size(ByteSpan in, std::size_t& used) {
  std::uint64_t size = 0;
  for (used = 0; used < 5; ++used) {
    if (used == in.size()) return truncated(used);
    const auto byte = static_cast<std::uint64_t>(in[used]);
    size |= (byte & 0x7F) << (7 * used);
    if (byte < 128) {
      ++used;
      if (size > 0xFFFFFFFFU) break;
      return size;
    }
  }
  return damaged("snappy: the size is above 4 GiB", 0);
}

}  // namespace

std::size_t compress(ByteSpan in, MutableByteSpan out) noexcept {
  const std::size_t bound = compress_bound(in.size());
  if (bound == 0 || out.size() < bound) return 0;
  std::byte* at = out.data();
  std::size_t size = in.size();
  for (; size >= 128; size >>= 7) *at++ = static_cast<std::byte>((size & 0x7F) | 0x80);
  *at++ = static_cast<std::byte>(size);
  std::array<std::uint16_t, 1U << kTableLog> table;
  while (!in.empty()) {
    const ByteSpan fragment = in.first(std::min(in.size(), kFragment));
    in = in.subspan(fragment.size());
    const unsigned log =
        std::clamp(static_cast<unsigned>(std::bit_width(fragment.size())), 8U, kTableLog);
    std::fill_n(table.begin(), std::size_t{1} << log, std::uint16_t{0});
    at = compress_fragment(fragment, at, table.data(), log);
  }
  return static_cast<std::size_t>(at - out.data());
}

Result<std::size_t> uncompressed_size(ByteSpan in) {
  std::size_t used = 0;
  return read_size(in, used);
}

Result<std::size_t> decompress(ByteSpan in, MutableByteSpan out) {
  std::size_t header = 0;
  AVILA_TRY(const std::size_t size, read_size(in, header));
  if (size > out.size())
    return Error(Errc::LimitExceeded,
                 "snappy: the content is larger than the room, " + std::to_string(size) + " bytes");
  const std::byte* at = in.data() + header;
  const std::byte* const end = in.data() + in.size();
  std::byte* to = out.data();
  std::byte* const to_end = to + size;
  const auto offset = [&] { return static_cast<std::uint64_t>(at - in.data()); };
  while (at != end) {
    const auto tag = static_cast<std::uint32_t>(*at);
    std::size_t length, distance;
    if ((tag & 3) == 0) {
      length = (tag >> 2) + 1;
      ++at;
      if (length <= 16 && end - at >= 16 && to_end - to >= 16) [[likely]] {
        std::memcpy(to, at, 16);
        to += length, at += length;
        continue;
      }
      if (length > 60) {
        const std::size_t bytes = length - 60;
        if (static_cast<std::size_t>(end - at) < bytes) return truncated(offset());
        length = 0;
        for (std::size_t i = 0; i < bytes; ++i)
          length |= static_cast<std::size_t>(at[i]) << (8 * i);
        ++length;
        at += bytes;
      }
      if (length > static_cast<std::size_t>(end - at)) return truncated(offset());
      if (length > static_cast<std::size_t>(to_end - to))
        return damaged("snappy: more content than announced", offset());
      std::memcpy(to, at, length);
      to += length, at += length;
      continue;
    }
    if ((tag & 3) == 1) {
      if (end - at < 2) return truncated(offset());
      length = 4 + (tag >> 2 & 7);
      distance = (tag >> 5) << 8 | static_cast<std::size_t>(at[1]);
      at += 2;
    } else if ((tag & 3) == 2) {
      if (end - at < 3) return truncated(offset());
      length = (tag >> 2) + 1;
      distance = load_le16(at + 1);
      at += 3;
    } else {
      if (end - at < 5) return truncated(offset());
      length = (tag >> 2) + 1;
      distance = load_le32(at + 1);
      at += 5;
    }
    if (distance - 1 >= static_cast<std::size_t>(to - out.data()))
      return damaged("snappy: a distance to before the content", offset());
    const auto room = static_cast<std::size_t>(to_end - to);
    if (room >= 64 + kCopySlack) [[likely]] {
      if (distance >= 16) {
        const std::byte* from = to - distance;
        std::memcpy(to, from, 16);
        std::memcpy(to + 16, from + 16, 16);
        if (length > 32) [[unlikely]] {
          std::memcpy(to + 32, from + 32, 16);
          std::memcpy(to + 48, from + 48, 16);
        }
      } else {
        copy_match_wide(to, distance, length);
      }
    } else {
      if (length > room) return damaged("snappy: more content than announced", offset());
      copy_match_exact(to, distance, length);
    }
    to += length;
  }
  if (to != to_end) return truncated(in.size());
  return size;
}

}  // namespace avila::compress::snappy
