#include <avila/numeric/evaluate.hpp>
#include <avila/numeric/number_theory.hpp>
#include <cmath>
#include <vector>

#include "memory_guard.hpp"

namespace avila::numeric {
namespace {

struct Number {
  Rational value;
  bool exact = true;
};

constexpr double kLog10Of2 = 0.30102999566398120;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

Error invalid(std::string message) { return Error(Errc::InvalidArgument, message); }

Error too_large(const std::string& what, double bits, std::uint64_t limit) {
  std::string message = what + " would have ";
  if (bits < 1e18)
    message +=
        "about " + std::to_string(static_cast<std::uint64_t>(bits * kLog10Of2) + 1) + " digits";
  else
    message += "more than 10^17 digits";
  message += "; the limit is " +
             std::to_string(static_cast<std::uint64_t>(static_cast<double>(limit) * kLog10Of2));
  return Error(Errc::LimitExceeded, message);
}

double bits_of(const Rational& x) {
  return static_cast<double>(x.numerator().bit_length() + x.denominator().bit_length());
}

class Calculator {
 public:
  Calculator(std::string_view text, const EvaluateLimits& limits) : text_(text), limits_(limits) {}

  Result<Evaluation> run() {
    AVILA_TRY(Number x, expression());
    if (at_ != text_.size()) return unexpected("an operator or the end");
    Evaluation out;
    out.text = print(x.value);
    out.value = std::move(x.value);
    out.exact = x.exact;
    return out;
  }

 private:
  // ---- syntax
  char peek() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  Error unexpected(const char* expected) {
    (void)peek();
    std::string message = std::string("expected ") + expected;
    if (at_ == text_.size()) {
      message += ", found the end";
    } else if (text_[at_] > ' ' && text_[at_] < 127) {
      message += std::string(", found \"") + text_[at_] + '"';
    } else {
      message += ", found a byte that is no part of an expression";
    }
    return Error(Errc::Malformed, message, {.offset = at_});
  }
  struct Depth {
    explicit Depth(std::size_t& count) : count_(++count) {}
    ~Depth() { --count_; }
    std::size_t& count_;
  };
  Error too_deep() const {
    return Error(Errc::LimitExceeded,
                 "expression nested deeper than " + std::to_string(limits_.max_depth) + " levels",
                 {.offset = at_});
  }

  Result<Number> expression() {
    AVILA_TRY(Number x, term());
    for (char c = peek(); c == '+' || c == '-'; c = peek()) {
      ++at_;
      AVILA_TRY(const Number y, term());
      AVILA_TRY_VOID(check_product(x.value, y.value, "the sum"));  // of crosswise products
      x.value = c == '+' ? x.value + y.value : x.value - y.value;
      x.exact = x.exact && y.exact;
      AVILA_TRY_VOID(check(x.value, "the sum"));
    }
    return x;
  }

  Result<Number> term() {
    AVILA_TRY(Number x, unary());
    for (char c = peek(); c == '*' || c == '/' || c == '%'; c = peek()) {
      ++at_;
      AVILA_TRY(const Number y, unary());
      x.exact = x.exact && y.exact;
      if (c == '*') {
        AVILA_TRY_VOID(check_product(x.value, y.value, "the product"));
        x.value *= y.value;
      } else if (y.value.is_zero()) {
        return invalid(c == '/' ? "division by zero" : "remainder of a division by zero");
      } else if (x.value.is_integer() && y.value.is_integer()) {
        AVILA_TRY(DivisionInt parts, divide_truncated(x.value.numerator(), y.value.numerator()));
        if (c == '%') {
          x.value = Rational(std::move(parts.remainder));
        } else if (parts.remainder.is_zero()) {
          x.value = Rational(std::move(parts.quotient));
        } else {
          AVILA_TRY_VOID(check_fraction(x.value, y.value));
          x.value /= y.value;
        }
      } else {
        AVILA_TRY_VOID(check_fraction(x.value, y.value));
        const Rational quotient = x.value / y.value;
        x.value = c == '/' ? quotient : x.value - y.value * Rational(quotient.truncate());
      }
      AVILA_TRY_VOID(check(x.value, "the result"));
    }
    return x;
  }

  Result<Number> unary() {
    const Depth depth(depth_);
    if (depth_ > limits_.max_depth) return too_deep();
    if (accept('+')) return unary();
    if (accept('-')) {
      AVILA_TRY(Number x, unary());
      x.value = -x.value;
      return x;
    }
    AVILA_TRY(Number x, postfix());
    if (peek() == '^') {
      ++at_;
    } else if (peek() == '*' && at_ + 1 < text_.size() && text_[at_ + 1] == '*') {
      at_ += 2;
    } else {
      return x;
    }
    AVILA_TRY(const Number y, unary());
    return power(x, y);
  }

  Result<Number> postfix() {
    AVILA_TRY(Number x, primary());
    while (accept('!')) {
      AVILA_TRY(x.value, factorial_of(x.value));
    }
    return x;
  }

  Result<Number> primary() {
    const char c = peek();
    if (accept('(')) {
      AVILA_TRY(Number x, expression());
      if (!accept(')')) return unexpected("\")\"");
      return x;
    }
    if (is_digit(c) || c == '.') return number();
    if (is_letter(c)) return call();
    return unexpected("a number, a function or \"(\"");
  }

  Result<Number> number() {
    const std::size_t start = at_;
    if (text_[at_] == '0' && at_ + 1 < text_.size() && is_letter(text_[at_ + 1]) &&
        (text_[at_ + 1] | 0x20) != 'e') {
      at_ += 2;
      while (at_ < text_.size() &&
             (is_digit(text_[at_]) || is_letter(text_[at_]) || text_[at_] == '_'))
        ++at_;
      auto value = BigUint::parse(text_.substr(start, at_ - start), 0);
      if (!value.has_value()) return located(std::move(value).error(), start);
      return checked(Number{Rational(BigInt(std::move(*value)))});
    }
    std::string digits;
    const auto take_digits = [&] {
      while (at_ < text_.size() && (is_digit(text_[at_]) ||
                                    (text_[at_] == '_' && at_ > start && is_digit(text_[at_ - 1]) &&
                                     at_ + 1 < text_.size() && is_digit(text_[at_ + 1])))) {
        if (text_[at_] != '_') digits += text_[at_];
        ++at_;
      }
    };
    take_digits();
    bool integer = true;
    if (at_ < text_.size() && text_[at_] == '.') {
      integer = false;
      digits += text_[at_++];
      take_digits();
    }
    if (at_ < text_.size() && (text_[at_] | 0x20) == 'e') {
      integer = false;
      digits += text_[at_++];
      if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) digits += text_[at_++];
      take_digits();
    }
    if (integer) {
      auto value = BigUint::parse(digits);
      if (!value.has_value()) return located(std::move(value).error(), start);
      return checked(Number{Rational(BigInt(std::move(*value)))});
    }
    auto value = Rational::parse(digits);
    if (!value.has_value()) return located(std::move(value).error(), start);
    return checked(Number{std::move(*value)});
  }
  static Error located(Error error, std::size_t start) {
    const std::uint64_t at = error.offset() == ErrorDetails::kNoOffset ? 0 : error.offset();
    return Error(error.code(), error.message(), {.offset = start + at});
  }

  Result<Number> call() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    if (!accept('('))
      return Error(Errc::Malformed,
                   "expected \"(\" after \"" + std::string(name.substr(0, 32)) + '"',
                   {.offset = at_});
    std::vector<Number> arguments;
    if (!accept(')')) {
      do {
        AVILA_TRY(Number x, expression());
        arguments.push_back(std::move(x));
      } while (accept(','));
      if (!accept(')')) return unexpected("\",\" or \")\"");
    }
    for (const Function& f : kFunctions) {
      if (f.name != name) continue;
      if (arguments.size() < f.least || arguments.size() > f.most)
        return Error(Errc::Malformed,
                     std::string(name) + " takes " + std::to_string(f.least) +
                         (f.most == f.least ? "" : " or more") + " arguments, found " +
                         std::to_string(arguments.size()),
                     {.offset = start});
      auto result = (this->*f.run)(arguments);
      if (!result.has_value()) return std::move(result).error().context(std::string(name));
      for (const Number& x : arguments) result->exact = result->exact && x.exact;
      AVILA_TRY_VOID(check(result->value, std::string(name).c_str()));
      return result;
    }
    return Error(Errc::Malformed, "no function \"" + std::string(name.substr(0, 32)) + '"',
                 {.offset = start,
                  .hint = "abs min max floor ceil round trunc gcd lcm sqrt root "
                          "pow modpow modinv fact binomial fib isprime nextprime"});
  }

  // ---- limits
  Result<void> check(const Rational& x, const char* what) const {
    const std::uint64_t limit = x.is_integer() ? limits_.max_bits : limits_.max_fraction_bits;
    const std::uint64_t n = x.numerator().bit_length(), d = x.denominator().bit_length();
    if (n > limit || d > limit) return too_large(what, static_cast<double>(n > d ? n : d), limit);
    return {};
  }
  Result<void> check_product(const Rational& x, const Rational& y, const char* what) const {
    const double bits = bits_of(x) + bits_of(y);
    const std::uint64_t limit =
        x.is_integer() && y.is_integer() ? limits_.max_bits : limits_.max_fraction_bits;
    // A little slack: bit lengths add up to one too many, twice.
    if (bits > 2.0 * static_cast<double>(limit) + 8) return too_large(what, bits, limit);
    return {};
  }
  Result<void> check_fraction(const Rational& x, const Rational& y) const {
    const double bits = bits_of(x) + bits_of(y);
    if (bits > 4.0 * static_cast<double>(limits_.max_fraction_bits))
      return too_large("the fraction", bits / 2, limits_.max_fraction_bits);
    return {};
  }
  Result<void> check_work(std::uint64_t exponent_bits, const BigUint& m) const {
    const auto n = static_cast<double>(m.limbs().size());
    if (static_cast<double>(exponent_bits) * n * n > static_cast<double>(limits_.max_work))
      return Error(Errc::LimitExceeded, "too much work for numbers of this size (max_work)");
    return {};
  }
  Result<Number> checked(Number x) const {
    AVILA_TRY_VOID(check(x.value, "the number"));
    return x;
  }

  // ---- operations
  Result<Number> power(const Number& x, const Number& y) {
    Number out{{}, x.exact && y.exact};
    if (!y.value.is_integer()) {  // x^(p/q)
      const auto degree = y.value.denominator().to_uint64();
      if (!degree || *degree > kMaxRootDegree)
        return Error(Errc::LimitExceeded, "the exponent's denominator is above 1000; use root");
      AVILA_TRY(const Number base, power(x, Number{Rational(y.value.numerator())}));
      AVILA_TRY(Number result, root_of(base.value, *degree));
      result.exact = result.exact && out.exact;
      return result;
    }
    const Rational& b = x.value;
    const auto e = y.value.numerator().to_int64();
    const bool trivial = b.is_zero() || (b.is_integer() && b.numerator().magnitude().is_one());
    if (trivial) {
      if (b.is_zero() && y.value.sign() < 0) return invalid("zero to a negative power");
      if (y.value.is_zero() || (b.sign() < 0 && !y.value.numerator().is_odd()))
        out.value = Rational(1);
      else
        out.value = b;
      return out;
    }
    const std::uint64_t longest = b.numerator().bit_length() > b.denominator().bit_length()
                                      ? b.numerator().bit_length()
                                      : b.denominator().bit_length();
    const std::uint64_t limit =
        b.is_integer() && y.value.sign() >= 0 ? limits_.max_bits : limits_.max_fraction_bits;
    const double size = std::fabs(y.value.to_double());
    if (!e || size * static_cast<double>(longest - 1) > static_cast<double>(limit)) {
      const double top = b.numerator().magnitude().to_double();
      const double exact_bits =
          std::isfinite(top) && top > 1 ? std::log2(top) : static_cast<double>(longest);
      return too_large("the power", size * exact_bits, limit);
    }
    AVILA_TRY(out.value, pow(b, *e, limit));
    return out;
  }

  // The n-th root: exact where there is an exact one, else to `precision` digits and some more.
  Result<Number> root_of(const Rational& x, std::uint64_t n) {
    if (n == 0) return invalid("root of degree zero");
    if (x.sign() < 0 && n % 2 == 0) return invalid("even root of a negative number");
    const bool negative = x.sign() < 0;
    AVILA_TRY(const RootUint top, root(x.numerator().magnitude(), n));
    AVILA_TRY(const RootUint bottom, root(x.denominator(), n));
    if (top.remainder.is_zero() && bottom.remainder.is_zero()) {
      AVILA_TRY(Rational exact, Rational::from(BigInt(top.root, negative), BigInt(bottom.root)));
      return Number{std::move(exact)};
    }
    // floor((x 10^(n k))^(1/n)) / 10^k with k such that precision + 5 digits are right.
    const double magnitude = (static_cast<double>(x.numerator().bit_length()) -
                              static_cast<double>(x.denominator().bit_length())) *
                             0.30103 / static_cast<double>(n);
    const double wanted = static_cast<double>(limits_.precision) + 5 - magnitude;
    const auto k = wanted > 0 ? static_cast<std::uint64_t>(wanted) + 1 : 0;
    AVILA_TRY(const BigUint unit, pow(BigUint(10), k, limits_.max_fraction_bits));
    AVILA_TRY(const BigUint scale, pow(unit, n, 4 * limits_.max_fraction_bits));
    AVILA_TRY(const RootUint r, root(x.numerator().magnitude() * scale / x.denominator(), n));
    AVILA_TRY(Rational value, Rational::from(BigInt(r.root, negative), BigInt(unit)));
    return Number{std::move(value), false};
  }

  Result<Rational> factorial_of(const Rational& x) {
    AVILA_TRY(const BigInt n, integer(x));
    if (n.is_negative()) return invalid("factorial of a negative number");
    const auto small = n.to_uint64();
    const double value = n.to_double();
    const double bits = value < 2 ? 1 : value * (std::log2(value) - 1.4427);
    if (!small || bits > static_cast<double>(limits_.max_bits))
      return too_large("the factorial", bits, limits_.max_bits);
    AVILA_TRY(BigUint r, factorial(*small, limits_.max_bits));
    return Rational(BigInt(std::move(r)));
  }

  static Result<BigInt> integer(const Rational& x) {
    if (!x.is_integer()) return invalid("an integer is needed, found a fraction");
    return x.numerator();
  }
  static Result<BigUint> natural(const Rational& x) {
    AVILA_TRY(const BigInt n, integer(x));
    if (n.is_negative()) return invalid("a number from zero up is needed, found a negative one");
    return n.magnitude();
  }
  static Result<std::uint64_t> small_natural(const Rational& x) {
    AVILA_TRY(const BigUint n, natural(x));
    const auto value = n.to_uint64();
    if (!value) return Error(Errc::LimitExceeded, "the argument is above 2^64");
    return *value;
  }

  using Arguments = std::vector<Number>;
  struct Function {
    std::string_view name;
    std::size_t least, most;
    Result<Number> (Calculator::*run)(const Arguments&);
  };
  static Number exact(BigInt x) { return Number{Rational(std::move(x))}; }

  Result<Number> f_abs(const Arguments& a) {
    return a[0].value.sign() < 0 ? Number{-a[0].value} : Number{a[0].value};
  }
  Result<Number> f_min(const Arguments& a) {
    Rational r = a[0].value;
    for (const Number& x : a)
      if (x.value < r) r = x.value;
    return Number{r};
  }
  Result<Number> f_max(const Arguments& a) {
    Rational r = a[0].value;
    for (const Number& x : a)
      if (x.value > r) r = x.value;
    return Number{r};
  }
  Result<Number> f_floor(const Arguments& a) { return exact(a[0].value.floor()); }
  Result<Number> f_ceil(const Arguments& a) { return exact(a[0].value.ceil()); }
  Result<Number> f_round(const Arguments& a) { return exact(a[0].value.round()); }
  Result<Number> f_trunc(const Arguments& a) { return exact(a[0].value.truncate()); }
  Result<Number> f_gcd(const Arguments& a) {
    BigUint r;
    for (const Number& x : a) {
      AVILA_TRY(const BigInt n, integer(x.value));
      r = gcd(r, n.magnitude());
    }
    return exact(std::move(r));
  }
  Result<Number> f_lcm(const Arguments& a) {
    BigUint r = 1;
    for (const Number& x : a) {
      AVILA_TRY(const BigInt n, integer(x.value));
      if (r.bit_length() + n.bit_length() > 2 * limits_.max_bits)
        return too_large("the multiple", static_cast<double>(r.bit_length() + n.bit_length()),
                         limits_.max_bits);
      r = lcm(r, n.magnitude());
      AVILA_TRY_VOID(check(Rational(BigInt(r)), "the multiple"));
    }
    return exact(std::move(r));
  }
  Result<Number> f_sqrt(const Arguments& a) {
    if (a[0].value.sign() < 0) return invalid("square root of a negative number");
    return root_of(a[0].value, 2);
  }
  Result<Number> f_root(const Arguments& a) {
    AVILA_TRY(const std::uint64_t n, small_natural(a[1].value));
    if (n > kMaxRootDegree) return Error(Errc::LimitExceeded, "the degree is above 1000");
    return root_of(a[0].value, n);
  }
  Result<Number> f_pow(const Arguments& a) { return power(a[0], a[1]); }
  Result<Number> f_modpow(const Arguments& a) {
    AVILA_TRY(const BigInt base, integer(a[0].value));
    AVILA_TRY(const BigInt exponent, integer(a[1].value));
    AVILA_TRY(const BigUint m, natural(a[2].value));
    if (m.is_zero()) return invalid("power modulo zero");
    AVILA_TRY_VOID(check_work(exponent.bit_length(), m));
    AVILA_TRY(DivisionInt parts, divide_euclid(base, BigInt(m)));
    BigUint b = parts.remainder.magnitude();
    if (exponent.is_negative()) {
      AVILA_TRY(b, mod_inverse(b, m));
    }
    AVILA_TRY(BigUint r, mod_pow(b, exponent.magnitude(), m));
    return exact(std::move(r));
  }
  Result<Number> f_modinv(const Arguments& a) {
    AVILA_TRY(const BigInt x, integer(a[0].value));
    AVILA_TRY(const BigUint m, natural(a[1].value));
    if (m.is_zero()) return invalid("inverse modulo zero");
    AVILA_TRY(DivisionInt parts, divide_euclid(x, BigInt(m)));
    AVILA_TRY(BigUint r, mod_inverse(parts.remainder.magnitude(), m));
    return exact(std::move(r));
  }
  Result<Number> f_fact(const Arguments& a) {
    AVILA_TRY(Rational r, factorial_of(a[0].value));
    return Number{std::move(r)};
  }
  Result<Number> f_binomial(const Arguments& a) {
    AVILA_TRY(const std::uint64_t n, small_natural(a[0].value));
    AVILA_TRY(const std::uint64_t k, small_natural(a[1].value));
    AVILA_TRY(BigUint r, binomial(n, k, limits_.max_bits));
    return exact(std::move(r));
  }
  Result<Number> f_fib(const Arguments& a) {
    AVILA_TRY(const std::uint64_t n, small_natural(a[0].value));
    AVILA_TRY(BigUint r, fibonacci(n, limits_.max_bits));
    return exact(std::move(r));
  }
  Result<Number> f_isprime(const Arguments& a) {
    AVILA_TRY(const BigUint n, natural(a[0].value));
    AVILA_TRY_VOID(check_work(2 * n.bit_length(), n));
    return exact(is_probable_prime(n) ? 1 : 0);
  }
  Result<Number> f_nextprime(const Arguments& a) {
    AVILA_TRY(const BigUint n, natural(a[0].value));
    AVILA_TRY_VOID(check_work(64 * n.bit_length(), n));
    return exact(next_prime(n));
  }

  // ---- output
  std::string print(const Rational& x) const {
    if (x.is_integer()) return x.numerator().to_string();
    const std::size_t precision = limits_.precision == 0 ? 1 : limits_.precision;
    const BigUint whole = x.truncate().magnitude();
    // Digits behind the point for `precision` significant ones.
    std::uint64_t places = 1;
    if (!whole.is_zero()) {
      const auto digits = static_cast<std::uint64_t>(static_cast<double>(whole.bit_length() - 1) *
                                                     0.301029995663981) +
                          1;
      places = digits < precision ? precision - digits : 1;
    } else {
      // Zeros right behind the point do not count: 10^-z > |x|.
      const double zeros =
          static_cast<double>(x.denominator().bit_length() - x.numerator().bit_length()) *
          0.301029995663981;
      places = precision + (zeros > 1 ? static_cast<std::uint64_t>(zeros) - 1 : 0);
    }
    const auto exact_places = x.exact_decimal_places();
    if (exact_places && *exact_places <= places) return x.to_decimal(*exact_places);
    std::string text = x.to_decimal(places);
    // The estimate of the size may be off by a digit either way: then print once more.
    std::uint64_t significant = 0;
    for (const char c : text)
      if (is_digit(c) && (significant != 0 || c != '0')) ++significant;
    const std::uint64_t wanted =
        places + precision > significant + 1 ? places + precision - significant : 1;
    if (wanted != places) text = x.to_decimal(wanted);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
  }

  static constexpr std::uint64_t kMaxRootDegree = 1000;
  static constexpr std::size_t kAny = 1000;
  static const Function kFunctions[19];

  std::string_view text_;
  EvaluateLimits limits_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

const Calculator::Function Calculator::kFunctions[19] = {
    {"abs", 1, 1, &Calculator::f_abs},
    {"min", 1, kAny, &Calculator::f_min},
    {"max", 1, kAny, &Calculator::f_max},
    {"floor", 1, 1, &Calculator::f_floor},
    {"ceil", 1, 1, &Calculator::f_ceil},
    {"round", 1, 1, &Calculator::f_round},
    {"trunc", 1, 1, &Calculator::f_trunc},
    {"gcd", 1, kAny, &Calculator::f_gcd},
    {"lcm", 1, kAny, &Calculator::f_lcm},
    {"sqrt", 1, 1, &Calculator::f_sqrt},
    {"root", 2, 2, &Calculator::f_root},
    {"pow", 2, 2, &Calculator::f_pow},
    {"modpow", 3, 3, &Calculator::f_modpow},
    {"modinv", 2, 2, &Calculator::f_modinv},
    {"fact", 1, 1, &Calculator::f_fact},
    {"binomial", 2, 2, &Calculator::f_binomial},
    {"fib", 1, 1, &Calculator::f_fib},
    {"isprime", 1, 1, &Calculator::f_isprime},
    {"nextprime", 1, 1, &Calculator::f_nextprime},
};

}  // namespace

Result<Evaluation> evaluate(std::string_view text, const EvaluateLimits& limits) {
  if (text.size() > limits.max_text)
    return Error(Errc::LimitExceeded,
                 "expression longer than " + std::to_string(limits.max_text) + " characters");
  return detail::catch_bad_alloc(
      [&]() -> Result<Evaluation> { return Calculator(text, limits).run(); });
}

}  // namespace avila::numeric
