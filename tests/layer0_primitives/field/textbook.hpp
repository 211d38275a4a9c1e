// Slow arithmetic by the definitions: numbers of 19 x 32 bits, products by doubling and adding,
// inverses by Euclid's algorithm, curves in affine coordinates. Nothing of the library is used.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace textbook {

struct Big {
  static constexpr std::size_t kWords = 19;
  std::array<std::uint32_t, kWords> words{};

  Big() = default;
  Big(std::uint64_t value) : words{} {  // NOLINT: as a number is used
    words[0] = static_cast<std::uint32_t>(value);
    words[1] = static_cast<std::uint32_t>(value >> 32);
  }
  static Big from_hex(std::string_view hex) {
    Big r;
    for (const char c : hex) {
      for (int i = 0; i < 4; ++i) r = r + r;
      r.words[0] |= static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return r;
  }
  template <std::size_t N>
  static Big from_limbs(const std::array<std::uint64_t, N>& limbs) {
    Big r;
    for (std::size_t i = 0; i < 2 * N; ++i)
      r.words[i] = static_cast<std::uint32_t>(limbs[i / 2] >> (32 * (i % 2)));
    return r;
  }
  template <std::size_t N>
  std::array<std::uint64_t, N> limbs() const {
    std::array<std::uint64_t, N> r{};
    for (std::size_t i = 0; i < 2 * N; ++i)
      r[i / 2] |= static_cast<std::uint64_t>(words[i]) << (32 * (i % 2));
    return r;
  }
  std::string hex(std::size_t bytes) const {
    std::string text;
    for (std::size_t i = 2 * bytes; i-- > 0;)
      text += "0123456789abcdef"[words[i / 8] >> (4 * (i % 8)) & 15];
    return text;
  }
  bool bit(std::size_t i) const { return (words[i / 32] >> (i % 32) & 1) != 0; }
  bool zero() const { return words == decltype(words){}; }
  bool odd() const { return (words[0] & 1) != 0; }

  friend int compare(const Big& a, const Big& b) {
    for (std::size_t i = kWords; i-- > 0;)
      if (a.words[i] != b.words[i]) return a.words[i] < b.words[i] ? -1 : 1;
    return 0;
  }
  friend bool operator==(const Big& a, const Big& b) { return a.words == b.words; }
  friend bool operator<(const Big& a, const Big& b) { return compare(a, b) < 0; }
  friend Big operator+(const Big& a, const Big& b) {
    Big r;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < kWords; ++i) {
      carry += std::uint64_t{a.words[i]} + b.words[i];
      r.words[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    return r;
  }
  friend Big operator-(const Big& a, const Big& b) {
    Big r;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < kWords; ++i) {
      const std::uint64_t d = std::uint64_t{a.words[i]} - b.words[i] - borrow;
      r.words[i] = static_cast<std::uint32_t>(d);
      borrow = d >> 63;
    }
    return r;
  }
  Big half() const {
    Big r;
    for (std::size_t i = 0; i < kWords; ++i)
      r.words[i] = words[i] >> 1 | (i + 1 < kWords ? words[i + 1] << 31 : 0);
    return r;
  }
};

/// One above its highest one.
inline std::size_t top_bit(const Big& a) {
  std::size_t bits = 32 * Big::kWords;
  while (bits > 0 && !a.bit(bits - 1)) --bits;
  return bits;
}
inline Big add(const Big& a, const Big& b, const Big& p) {
  const Big sum = a + b;
  return sum < p ? sum : sum - p;
}
inline Big sub(const Big& a, const Big& b, const Big& p) { return a < b ? a + p - b : a - b; }
inline Big mul(const Big& a, const Big& b, const Big& p) {
  Big r;
  for (std::size_t i = top_bit(a); i-- > 0;) {
    r = add(r, r, p);
    if (a.bit(i)) r = add(r, b, p);
  }
  return r;
}
/// Of any a.
inline Big reduce(const Big& a, const Big& p) { return mul(a, Big(1), p); }
inline Big power(const Big& a, const Big& e, const Big& p) {
  Big r(1);
  for (std::size_t i = top_bit(e); i-- > 0;) {
    r = mul(r, r, p);
    if (e.bit(i)) r = mul(r, a, p);
  }
  return r;
}
/// Binary Euclid; zero for zero.
inline Big inverse(const Big& a, const Big& p) {
  if (a.zero()) return a;
  const auto halve = [&](const Big& x) { return x.odd() ? (x + p).half() : x.half(); };
  Big u = a, v = p, x(1), y;
  while (!(u == Big(1)) && !(v == Big(1))) {
    while (!u.odd()) u = u.half(), x = halve(x);
    while (!v.odd()) v = v.half(), y = halve(y);
    if (u < v) {
      v = v - u, y = sub(y, x, p);
    } else {
      u = u - v, x = sub(x, y, p);
    }
  }
  return u == Big(1) ? x : y;
}

struct Point {
  Big x, y;
  friend bool operator==(const Point& a, const Point& b) { return a.x == b.x && a.y == b.y; }
};

/// y^2 = x^3 + a x + b; nothing is the identity.
struct Weierstrass {
  Big p, a, b;
  using Element = std::optional<Point>;
  Element plus(const Element& s, const Element& t) const {
    if (!s) return t;
    if (!t) return s;
    Big slope;
    if (s->x == t->x) {
      if (!(s->y == t->y) || s->y.zero()) return std::nullopt;
      const Big x2 = mul(s->x, s->x, p);
      slope = mul(add(add(add(x2, x2, p), x2, p), a, p), inverse(add(s->y, s->y, p), p), p);
    } else {
      slope = mul(sub(t->y, s->y, p), inverse(sub(t->x, s->x, p), p), p);
    }
    const Big x = sub(sub(mul(slope, slope, p), s->x, p), t->x, p);
    return Point{x, sub(mul(slope, sub(s->x, x, p), p), s->y, p)};
  }
  Element times(const Big& k, const Element& s) const {
    Element r;
    for (std::size_t i = top_bit(k); i-- > 0;) {
      r = plus(r, r);
      if (k.bit(i)) r = plus(r, s);
    }
    return r;
  }
};

/// -x^2 + y^2 = 1 + d x^2 y^2 over 2^255 - 19.
struct Edwards {
  Big p, d;
  Point plus(const Point& s, const Point& t) const {
    const Big xx = mul(s.x, t.x, p), yy = mul(s.y, t.y, p);
    const Big dxy = mul(d, mul(xx, yy, p), p);
    const Big cross = add(mul(s.x, t.y, p), mul(s.y, t.x, p), p);
    return {mul(cross, inverse(add(Big(1), dxy, p), p), p),
            mul(add(yy, xx, p), inverse(sub(Big(1), dxy, p), p), p)};
  }
  Point times(const Big& k, const Point& s) const {
    Point r{Big(), Big(1)};
    for (std::size_t i = top_bit(k); i-- > 0;) {
      r = plus(r, r);
      if (k.bit(i)) r = plus(r, s);
    }
    return r;
  }
};

/// Numbers below p, with the edges and long runs of ones and zeros among them.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : random_(seed) {}
  std::uint64_t next() { return random_(); }
  Big below(const Big& p) {
    const std::uint64_t kind = random_() % 8;
    if (kind == 0) return reduce(Big(random_() % 4), p);
    if (kind == 1) return p - Big(1 + random_() % 4);
    Big r;
    for (std::size_t i = 0; i < (top_bit(p) + 31) / 32; ++i) {
      const std::uint64_t word = random_();
      r.words[i] =
          kind == 2 ? ((word & 1) != 0 ? ~std::uint32_t{0} : 0) : static_cast<std::uint32_t>(word);
    }
    return reduce(r, p);
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace textbook
