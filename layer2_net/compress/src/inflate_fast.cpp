#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>
#include <avila/simd/target.hpp>

#include "inflate.hpp"

namespace avila::compress::detail {
namespace {

using Tables = InflateTables;

// Copies a match of up to 258 bytes; up to 40 beyond its end may be written.
AVILA_ALWAYS_INLINE void copy_match(std::byte* at, std::size_t distance, std::size_t length) {
  const std::byte* from = at - distance;
  std::byte* const end = at + length;
  if (distance >= 16) [[likely]] {
    std::memcpy(at, from, 16);
    std::memcpy(at + 16, from + 16, 16);
    for (at += 32, from += 32; at < end; at += 32, from += 32) {
      std::memcpy(at, from, 16);
      std::memcpy(at + 16, from + 16, 16);
    }
  } else if (distance >= 8) {
    for (; at < end; at += 8, from += 8) std::memcpy(at, from, 8);
  } else if (distance == 1) {
    std::uint64_t pattern = static_cast<std::uint64_t>(*from) * 0x0101010101010101U;
    for (; at < end; at += 8) store_le64(at, pattern);
  } else {  // 8 bytes a time, of which `distance` are new
    for (; at < end; at += distance, from += distance) store_le64(at, load_le64(from));
  }
}

AVILA_ALWAYS_INLINE std::uint64_t low_bits(std::uint64_t bits, std::uint32_t n) {
  return bits & ((std::uint64_t{1} << (n & 63)) - 1);
}

// Keeps the compiler from loading a value only in the branch that wants it.
#if defined(__GNUC__)
#define AVILA_PIN(value) asm("" : "+r"(value))
#else
#define AVILA_PIN(value) static_cast<void>(value)
#endif

// The low byte of `count` is the number of bits; what is above it is never looked at, so that
// whole entries, whose low byte is what they take, can be subtracted.
AVILA_ALWAYS_INLINE bool decode(const Tables& tables, BitReader& reader, Output& out) {
  // A round reads 8 bytes at most 8 bytes further three times, and writes 3 literals or 2 and a
  // match, rounded up.
  constexpr std::ptrdiff_t kInMargin = 32, kOutMargin = 8 + kDeflateMaxMatch + 40;
  if (reader.end - reader.in < kInMargin || out.end - out.at < kOutMargin) return false;
  constexpr std::uint64_t kLitlenMask = (1U << Tables::kLitlenBits) - 1;
  constexpr std::uint64_t kDistanceMask = (1U << Tables::kDistanceBits) - 1;
  const std::byte* const in_safe = reader.end - kInMargin;
  std::byte* const out_safe = out.end - kOutMargin;
  const std::byte* in = reader.in;
  const std::byte* saved_in = in;
  std::byte* at = out.at;
  const std::byte* const low = out.low;
  std::uint64_t bits = reader.bits, saved_bits = 0;
  std::uint32_t count = reader.count, saved_count = 0;
  bool ended = false;
#define AVILA_REFILL()                   \
  bits |= load_le64(in) << (count & 63); \
  in += 7 - (count >> 3 & 7);            \
  count |= 56
  AVILA_REFILL();
  std::uint32_t entry = tables.litlen[bits & kLitlenMask];
  // What follows `entry`, read as a symbol and as a distance: both are on their way before it is
  // known which it is, so that a branch guessed wrongly costs less.
  std::uint32_t next = 0, far = 0;
  const auto take = [&]() __attribute__((always_inline)) {
    bits >>= entry & 63, count -= entry;
    next = tables.litlen[bits & kLitlenMask];
    far = tables.distance[bits & kDistanceMask];
    AVILA_PIN(next);
    AVILA_PIN(far);
  };
  const auto put_literal = [&]() __attribute__((always_inline)) {
    *at++ = static_cast<std::byte>(entry >> 8 & 0xFF);
    entry = next;
  };
  do {
    saved_in = in, saved_bits = bits, saved_count = count;
    take();
    if ((entry & Tables::kLiteral) != 0) {
      put_literal();
      saved_bits = bits, saved_count = count;
      take();
      if ((entry & Tables::kLiteral) != 0) {
        put_literal();
        saved_bits = bits, saved_count = count;
        take();
        if ((entry & Tables::kLiteral) != 0) {
          put_literal();
          AVILA_REFILL();
          continue;
        }
      }
    }
    std::uint64_t length_bits = saved_bits;  // from the length's code on
    if ((entry & Tables::kSpecial) != 0) [[unlikely]] {
      if ((entry & Tables::kEnd) != 0) {
        ended = true;
        break;
      }
      if ((entry & Tables::kLink) != 0) {
        length_bits = bits;
        entry = tables.litlen[(entry >> 16) + low_bits(bits, entry >> 8 & 15)];
        take();
        if ((entry & Tables::kLiteral) != 0) {
          put_literal();
          AVILA_REFILL();
          continue;
        }
      }
      if ((entry & Tables::kSpecial) != 0) {
        in = saved_in, bits = saved_bits, count = saved_count;
        break;
      }
    }
    // Of 56 bits, two literals took at most 22 and the length takes 20.
    const std::size_t length = (entry >> 16) + (low_bits(length_bits, entry) >> (entry >> 8 & 15));
    AVILA_REFILL();
    if ((far & Tables::kSpecial) != 0) [[unlikely]] {
      if ((far & Tables::kLink) != 0) {
        bits >>= far & 63, count -= far;
        far = tables.distance[(far >> 16) + low_bits(bits, far >> 8 & 15)];
      }
      if ((far & Tables::kSpecial) != 0) {
        in = saved_in, bits = saved_bits, count = saved_count;
        break;
      }
    }
    const std::size_t distance = (far >> 16) + (low_bits(bits, far) >> (far >> 8 & 15));
    if (distance > static_cast<std::size_t>(at - low)) [[unlikely]] {
      in = saved_in, bits = saved_bits, count = saved_count;
      break;
    }
    bits >>= far & 63, count -= far;
    // The next symbol is looked up while the match is copied.
    entry = tables.litlen[bits & kLitlenMask];
    AVILA_REFILL();
    copy_match(at, distance, length);
    at += length;
  } while (in <= in_safe && at <= out_safe);
#undef AVILA_REFILL
  reader.bits = bits;
  reader.count = count & 0xFF;
  reader.in = in;
  out.at = at;
  return ended;
}

using Decode = bool (*)(const Tables&, BitReader&, Output&) noexcept;
bool decode_portable(const Tables& tables, BitReader& reader, Output& out) noexcept {
  return decode(tables, reader, out);
}
#if AVILA_X86_64
AVILA_TARGET_BMI2 bool decode_bmi2(const Tables& tables, BitReader& reader, Output& out) noexcept {
  return decode(tables, reader, out);
}
#endif

constexpr simd::Kernel<Decode> kKernels[] = {
#if AVILA_X86_64
    {"bmi2", simd::has_bmi2, decode_bmi2},
#endif
    {"portable", simd::always, decode_portable},
};

}  // namespace

bool inflate_fast(const Tables& tables, BitReader& reader, Output& out) noexcept {
  static const Decode run = simd::select(kKernels);
  return run(tables, reader, out);
}

}  // namespace avila::compress::detail
