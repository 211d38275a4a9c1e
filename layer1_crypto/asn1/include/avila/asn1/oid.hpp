// Object identifiers (X.660, X.690 §8.19).
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::asn1 {

/// A value of at most kMaxBytes encoded bytes; arcs up to 128 bits (2.25's UUIDs).
class Oid {
 public:
  static constexpr std::size_t kMaxBytes = 63;

  constexpr Oid() = default;
  /// "1.2.840.113549" of a program's text; does not compile when it is none. Arcs below 2^64.
  consteval Oid(const char* dotted) {
    std::uint64_t arcs[32]{};
    std::size_t count = 0;
    for (const char* p = dotted;; ++p) {
      if (*p < '0' || *p > '9') throw "an arc is a number";
      for (; *p >= '0' && *p <= '9'; ++p)
        arcs[count] = arcs[count] * 10 + static_cast<std::uint64_t>(*p - '0');
      ++count;
      if (*p == '\0') break;
      if (*p != '.') throw "arcs are separated by dots";
    }
    if (count < 2 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39)) throw "no such identifier";
    append_arc(arcs[0] * 40 + arcs[1]);
    for (std::size_t i = 2; i < count; ++i) append_arc(arcs[i]);
  }

  /// Dotted text. Malformed, LimitExceeded.
  static Result<Oid> parse(std::string_view dotted);
  /// The content bytes of an OBJECT IDENTIFIER. Malformed: empty, cut, or an arc with zeros before.
  static Result<Oid> from_der(ByteSpan content);

  std::string to_string() const;
  ByteSpan content() const noexcept {
    return std::as_bytes(std::span(bytes_.data(), std::size_t{size_}));
  }
  constexpr bool empty() const noexcept { return size_ == 0; }
  friend constexpr bool operator==(const Oid&, const Oid&) noexcept = default;
  friend constexpr auto operator<=>(const Oid&, const Oid&) noexcept = default;

 private:
  constexpr void append_arc(std::uint64_t arc) {
    int groups = 1;
    while (groups < 10 && arc >> (7 * groups) != 0) ++groups;
    for (int i = groups - 1; i >= 0; --i)
      bytes_[size_++] = static_cast<std::uint8_t>((arc >> (7 * i) & 0x7F) | (i != 0 ? 0x80 : 0));
  }

  std::array<std::uint8_t, kMaxBytes> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace avila::asn1
