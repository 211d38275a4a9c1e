#include <avila/numeric/number_theory.hpp>
#include <avila/numeric/rational.hpp>
#include <cmath>

#include "memory_guard.hpp"

namespace avila::numeric {
namespace {

Result<BigUint> power_of_ten(std::uint64_t exponent) { return pow(BigUint(10), exponent); }

Error malformed(const char* expected, std::size_t offset) {
  return Error(Errc::Malformed, std::string("expected ") + expected, {.offset = offset});
}

}  // namespace

Rational Rational::reduced(BigInt numerator, BigUint denominator) {
  if (denominator.is_one()) return {std::move(numerator), std::move(denominator)};
  const BigUint g = gcd(numerator.magnitude(), denominator);
  if (g.is_one()) return {std::move(numerator), std::move(denominator)};
  return {BigInt(numerator.magnitude() / g, numerator.is_negative()), denominator / g};
}

Result<Rational> Rational::from(BigInt numerator, BigInt denominator) {
  if (denominator.is_zero()) return Error(Errc::InvalidArgument, "fraction over zero");
  if (denominator.is_negative()) numerator = -std::move(numerator);
  return detail::catch_bad_alloc(
      [&]() -> Result<Rational> { return reduced(std::move(numerator), denominator.magnitude()); });
}

Result<Rational> Rational::from_double(double value) {
  if (!std::isfinite(value)) return Error(Errc::InvalidArgument, "not a finite number");
  int exponent;
  const auto bits = static_cast<std::int64_t>(std::ldexp(std::frexp(value, &exponent), 53));
  exponent -= 53;
  if (exponent >= 0) return Rational(BigInt(bits) << static_cast<unsigned>(exponent));
  return reduced(bits, BigUint(1) << static_cast<unsigned>(-exponent));
}

Result<Rational> Rational::parse(std::string_view text) {
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    AVILA_TRY(BigInt numerator, BigInt::parse(text.substr(0, slash)));
    auto denominator = BigUint::parse(text.substr(slash + 1));
    if (!denominator.has_value()) {
      const std::uint64_t at = denominator.error().offset();
      return at == ErrorDetails::kNoOffset ? std::move(denominator).error()
                                           : malformed("a denominator in decimal digits",
                                                       slash + 1 + static_cast<std::size_t>(at));
    }
    return from(std::move(numerator), BigInt(std::move(*denominator)));
  }
  std::size_t i = 0;
  const bool negative = i < text.size() && text[i] == '-';
  if (negative || (i < text.size() && text[i] == '+')) ++i;
  std::string digits;
  std::int64_t scale = 0;
  bool point = false;
  for (; i < text.size() && ((text[i] >= '0' && text[i] <= '9') || (text[i] == '.' && !point));
       ++i) {
    if (text[i] == '.') {
      point = true;
    } else {
      digits += text[i];
      if (point) --scale;
    }
  }
  if (digits.empty()) return malformed("a digit", i);
  if (i < text.size()) {
    if ((text[i] | 0x20) != 'e') return malformed("a digit, a point or an exponent", i);
    ++i;
    const bool down = i < text.size() && text[i] == '-';
    if (down || (i < text.size() && text[i] == '+')) ++i;
    if (i == text.size()) return malformed("the digits of the exponent", i);
    std::int64_t exponent = 0;
    for (; i < text.size(); ++i) {
      if (text[i] < '0' || text[i] > '9') return malformed("a digit of the exponent", i);
      if (exponent <= kMaxDecimalExponent) exponent = exponent * 10 + (text[i] - '0');
    }
    if (exponent > kMaxDecimalExponent)
      return Error(Errc::LimitExceeded, "exponent beyond a million (kMaxDecimalExponent)");
    scale += down ? -exponent : exponent;
  }
  AVILA_TRY(BigUint value, BigUint::parse(digits));
  AVILA_TRY(BigUint power, power_of_ten(static_cast<std::uint64_t>(scale < 0 ? -scale : scale)));
  if (scale >= 0) {
    AVILA_TRY(BigUint whole, checked_multiply(value, power));
    return Rational(BigInt(std::move(whole), negative));
  }
  return from(BigInt(std::move(value), negative), BigInt(std::move(power)));
}

BigInt Rational::floor() const {
  BigUint q, r;
  divide(q, r, numerator_.magnitude(), denominator_);
  if (!numerator_.is_negative()) return BigInt(std::move(q));
  if (!r.is_zero()) q += 1;
  return {std::move(q), true};
}

BigInt Rational::ceil() const { return -(-*this).floor(); }

BigInt Rational::round() const {
  BigUint q, r;
  divide(q, r, numerator_.magnitude(), denominator_);
  const auto order = (r << 1) <=> denominator_;
  if (order > 0 || (order == 0 && q.is_odd())) q += 1;
  return {std::move(q), numerator_.is_negative()};
}

double Rational::to_double() const {
  if (is_zero()) return 0;
  // A quotient of at least 66 bits, its last bit set where a remainder is left, then one rounding;
  // fewer bits for a subnormal, so that there too it is the only one.
  const auto difference = static_cast<std::int64_t>(numerator_.bit_length()) -
                          static_cast<std::int64_t>(denominator_.bit_length());
  if (difference > 1030) return sign() * HUGE_VAL;
  if (difference < -1100) return sign() * 0.0;
  std::int64_t shift = 66 - difference;
  BigUint n = numerator_.magnitude(), d = denominator_;
  if (shift > 1074 + 2) shift = 1074 + 2;  // the last place of a subnormal is 2^-1074
  if (shift >= 0)
    n <<= static_cast<std::uint64_t>(shift);
  else
    d <<= static_cast<std::uint64_t>(-shift);
  BigUint q, r;
  divide(q, r, n, d);
  if (!r.is_zero()) q |= 1;
  if (shift == 1074 + 2) {
    // Two bits below the last place: round by hand to nearest even.
    const std::uint64_t low = q.low64() & 3;
    q >>= 2;
    if (q.bit_length() <= 53) {
      if (low > 2 || (low == 2 && q.is_odd())) q += 1;
      return sign() * std::ldexp(q.to_double(), -1074);
    }
    q <<= 2;
    if (low != 0) q |= low;
  }
  return sign() * std::ldexp(q.to_double(), static_cast<int>(-shift));
}

std::string Rational::to_string() const {
  return is_integer() ? numerator_.to_string()
                      : numerator_.to_string() + "/" + denominator_.to_string();
}

std::string Rational::to_decimal(std::size_t places) const {
  const BigUint power = *power_of_ten(places);
  const BigInt scaled = reduced(numerator_ * BigInt(power), denominator_).round();
  std::string text = scaled.magnitude().to_string();
  if (places != 0) {
    if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
    text.insert(text.size() - places, 1, '.');
  }
  return scaled.is_negative() ? "-" + text : text;
}

std::optional<std::uint64_t> Rational::exact_decimal_places() const {
  const std::uint64_t twos = denominator_.trailing_zeros();
  BigUint rest = denominator_ >> twos;
  // Fives: divide by 5^(2^i) from large to small.
  std::vector<BigUint> powers{BigUint(5)};
  while (2 * powers.back().bit_length() <= rest.bit_length() + 1)
    powers.push_back(powers.back() * powers.back());
  std::uint64_t fives = 0;
  for (std::size_t i = powers.size(); i-- != 0;) {
    for (;;) {
      BigUint q, r;
      divide(q, r, rest, powers[i]);
      if (!r.is_zero()) break;
      rest = std::move(q);
      fives += std::uint64_t{1} << i;
    }
  }
  if (!rest.is_one()) return std::nullopt;
  return twos > fives ? twos : fives;
}

Rational Rational::operator-() const { return {-numerator_, denominator_}; }

Result<Rational> Rational::reciprocal() const { return from(BigInt(denominator_), numerator_); }

Rational Rational::sum(const Rational& a, const Rational& b, bool subtract) {
  const BigInt bn = subtract ? -b.numerator_ : b.numerator_;
  if (a.denominator_ == b.denominator_) return reduced(a.numerator_ + bn, a.denominator_);
  return reduced(a.numerator_ * BigInt(b.denominator_) + bn * BigInt(a.denominator_),
                 a.denominator_ * b.denominator_);
}
Rational operator+(const Rational& a, const Rational& b) { return Rational::sum(a, b, false); }
Rational operator-(const Rational& a, const Rational& b) { return Rational::sum(a, b, true); }

Rational operator*(const Rational& a, const Rational& b) {
  // Crosswise common factors come out first: smaller numbers, and the product is reduced.
  const Rational x = Rational::reduced(a.numerator_, b.denominator_);
  const Rational y = Rational::reduced(b.numerator_, a.denominator_);
  return {x.numerator_ * y.numerator_, x.denominator_ * y.denominator_};
}

Rational operator/(const Rational& a, const Rational& b) {
  AVILA_ASSERT(!b.is_zero());
  return a * Rational(BigInt(b.denominator_, b.numerator_.is_negative()), b.numerator_.magnitude());
}

std::strong_ordering operator<=>(const Rational& a, const Rational& b) {
  if (a.denominator_ == b.denominator_) return a.numerator_ <=> b.numerator_;
  return a.numerator_ * BigInt(b.denominator_) <=> b.numerator_ * BigInt(a.denominator_);
}

std::vector<BigInt> Rational::continued_fraction(std::size_t max_terms) const {
  std::vector<BigInt> terms;
  Rational x = *this;
  while (terms.size() < max_terms) {
    terms.push_back(x.floor());
    const BigInt rest = x.numerator_ - terms.back() * BigInt(x.denominator_);
    if (rest.is_zero()) break;
    x = {BigInt(x.denominator_), rest.magnitude()};
  }
  return terms;
}

Rational Rational::from_continued_fraction(std::span<const BigInt> terms) {
  Rational x;
  for (std::size_t i = terms.size(); i-- != 0;)
    x = x.is_zero() ? Rational(terms[i]) : Rational(terms[i]) + Rational(1) / x;
  return x;
}

Rational Rational::best_approximation(const BigUint& max_denominator) const {
  AVILA_ASSERT(!max_denominator.is_zero());
  if (denominator_ <= max_denominator) return *this;
  // Convergents p / q up to the limit, then the best semiconvergent beyond the last one.
  BigInt p0 = 0, p1 = 1;
  BigUint q0 = 1, q1 = 0;
  Rational x = *this;
  for (;;) {
    const BigInt a = x.floor();
    // a >= 1 after the first term; in the first one q1 is zero.
    const BigUint q2 = q1.is_zero() ? q0 : a.magnitude() * q1 + q0;
    if (q2 > max_denominator) break;
    BigInt p2 = a * p1 + p0;
    p0 = std::move(p1);
    p1 = std::move(p2);
    q0 = std::move(q1);
    q1 = q2;
    const BigInt rest = x.numerator_ - a * BigInt(x.denominator_);
    x = {BigInt(x.denominator_), rest.magnitude()};  // not zero: the whole fraction is too large
  }
  const BigUint k = (max_denominator - q0) / q1;
  const Rational semi = reduced(p0 + BigInt(k) * p1, q0 + k * q1);
  const Rational last = {p1, q1};
  const auto distance = [&](const Rational& y) {
    const Rational d = *this - y;
    return d.sign() < 0 ? -d : d;
  };
  const auto order = distance(semi) <=> distance(last);
  return order < 0 || (order == 0 && semi.denominator_ < last.denominator_) ? semi : last;
}

Result<Rational> checked_divide(const Rational& a, const Rational& b) {
  if (b.is_zero()) return Error(Errc::InvalidArgument, "division by zero");
  return detail::catch_bad_alloc([&]() -> Result<Rational> { return a / b; });
}

Result<Rational> pow(const Rational& base, std::int64_t exponent, std::uint64_t max_bits) {
  const bool negative = exponent < 0;
  if (negative && base.is_zero()) return Error(Errc::InvalidArgument, "zero to a negative power");
  const auto size = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(exponent)
                             : static_cast<std::uint64_t>(exponent);
  AVILA_TRY(BigInt n, pow(base.numerator(), size, max_bits));
  AVILA_TRY(BigUint d, pow(base.denominator(), size, max_bits));
  return negative ? Rational::from(BigInt(std::move(d)), std::move(n))
                  : Rational::from(std::move(n), BigInt(std::move(d)));
}

}  // namespace avila::numeric
