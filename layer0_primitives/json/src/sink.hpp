// Where JSON text is written: a buffer on the stack in front of the caller's string.
#pragma once
#include <array>
#include <avila/simd/target.hpp>
#include <avila/text/number.hpp>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#if AVILA_X86_64
#include <emmintrin.h>
#endif

namespace avila::json::detail {

/// The escape of each byte that needs one: its length and up to 6 characters.
struct Escape {
  char text[7];
  std::uint8_t size;
};
extern const std::array<Escape, 256> kEscapes;

class Sink {
 public:
  explicit Sink(std::string& out) noexcept : out_(out) {}
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink() { flush(); }

  void put(char c) {
    if (at_ == kSize) flush();
    buffer_[at_++] = c;
  }
  void text(std::string_view s) {
    if (s.size() > kSize - at_) {
      flush();
      if (s.size() > kSize / 2) {
        out_.append(s);
        return;
      }
    }
    std::memcpy(buffer_ + at_, s.data(), s.size());
    at_ += s.size();
  }
  void int64(std::int64_t value) {
    room(avila::text::kMaxNumberChars);
    at_ = static_cast<std::size_t>(avila::text::format_int(buffer_ + at_, value) - buffer_);
  }
  void uint64(std::uint64_t value) {
    room(avila::text::kMaxNumberChars);
    at_ = static_cast<std::size_t>(avila::text::format_uint(buffer_ + at_, value) - buffer_);
  }
  void double_(double value) {
    if (!std::isfinite(value)) return text("null");
    room(avila::text::kMaxNumberChars);
    at_ = static_cast<std::size_t>(avila::text::format_double(buffer_ + at_, value) - buffer_);
  }
  /// Quoted and escaped; `s` is UTF-8.
  void quoted(std::string_view s) {
    put('"');
    constexpr std::size_t kPiece = 1024;
    while (s.size() > kPiece) {
      piece(s.substr(0, kPiece));
      s.remove_prefix(kPiece);
    }
    piece(s);
    put('"');
  }
  void flush() {
    out_.append(buffer_, at_);
    at_ = 0;
  }

 private:
  static constexpr std::size_t kSize = 16384;

  void room(std::size_t bytes) {
    if (kSize - at_ < bytes) flush();
  }
  void piece(std::string_view s) {
    room(6 * s.size() + 32);
    const char* p = s.data();
    const char* const end = p + s.size();
    char* to = buffer_ + at_;
    // Copies sixteen or eight bytes at a time up to the first that needs an escape.
#if AVILA_X86_64
    while (end - p >= 16) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), v);
      const __m128i control = _mm_cmpeq_epi8(v, _mm_min_epu8(v, _mm_set1_epi8(0x1F)));
      const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                                           _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, special)));
      if (mask == 0) {
        p += 16;
        to += 16;
        continue;
      }
      const int n = std::countr_zero(mask);
      p += n;
      to = escape(to + n, *p++);
    }
#endif
    constexpr std::uint64_t kOnes = 0x0101010101010101U, kHigh = 0x8080808080808080U;
    while (end - p >= 8) {
      std::uint64_t w;
      std::memcpy(&w, p, 8);
      const std::uint64_t quote = w ^ (kOnes * '"'), slash = w ^ (kOnes * '\\');
      const std::uint64_t special =
          (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | ((w - kOnes * 0x20) & ~w)) &
          kHigh;
      if (special != 0) break;
      std::memcpy(to, &w, 8);
      p += 8;
      to += 8;
    }
    while (p != end) to = escape(to, *p++);
    at_ = static_cast<std::size_t>(to - buffer_);
  }
  static char* escape(char* to, char c) noexcept {
    const Escape& e = kEscapes[static_cast<unsigned char>(c)];
    std::memcpy(to, &e, 8);
    return to + e.size;
  }

  std::string& out_;
  std::size_t at_ = 0;
  char buffer_[kSize];
};

}  // namespace avila::json::detail
