#include <avila/numeric/decimal.hpp>
#include <bit>
#include <cmath>

#include "support.hpp"

namespace {
using namespace numeric_test;

BigDecimal d(std::string_view text) { return BigDecimal::parse(text).value(); }

// The examples of the General Decimal Arithmetic Specification 1.70 use nine digits, half up,
// exponents to 999.
struct Spec {
  Context context{9, Rounding::HalfUp, 999, -999};
  std::string operator()(BigDecimal (*f)(const BigDecimal&, Context&), std::string_view a) {
    return f(d(a), context).to_string();
  }
  std::string operator()(BigDecimal (*f)(const BigDecimal&, const BigDecimal&, Context&),
                         std::string_view a, std::string_view b) {
    return f(d(a), d(b), context).to_string();
  }
};

TEST(Decimal, ScientificStringsOfTheSpecification) {
  const struct {
    bool negative;
    std::uint64_t coefficient;
    std::int64_t exponent;
    const char* text;
  } cases[] = {
      {false, 123, 0, "123"},       {true, 123, 0, "-123"},        {false, 123, 1, "1.23E+3"},
      {false, 123, 3, "1.23E+5"},   {false, 123, -1, "12.3"},      {false, 123, -5, "0.00123"},
      {false, 123, -10, "1.23E-8"}, {true, 123, -12, "-1.23E-10"}, {false, 0, 0, "0"},
      {false, 0, -2, "0.00"},       {false, 0, 2, "0E+2"},         {true, 0, 0, "-0"},
      {false, 5, -6, "0.000005"},   {false, 50, -7, "0.0000050"},  {false, 5, -7, "5E-7"}};
  for (const auto& c : cases) {
    const BigDecimal x = BigDecimal::finite(c.negative, c.coefficient, c.exponent);
    EXPECT_EQ(x.to_string(), c.text);
    EXPECT_TRUE(identical(d(c.text), x)) << c.text;
  }
  for (const char* text : {"Infinity", "-Infinity", "NaN", "NaN123", "-sNaN", "sNaN7"})
    EXPECT_EQ(d(text).to_string(), text);
}
TEST(Decimal, EngineeringStringsOfTheSpecification) {
  const std::pair<const char*, const char*> cases[] = {
      {"1.23E+3", "1.23E+3"},    {"1.23E+5", "123E+3"}, {"1.23E-8", "12.3E-9"},
      {"-1.23E-10", "-123E-12"}, {"7E-7", "700E-9"},    {"7E+1", "70"},
      {"0E-7", "0.0E-6"},        {"0E+1", "0.00E+3"},   {"0E+2", "0.0E+3"},
      {"0E+3", "0E+3"},          {"0E-8", "0.00E-6"},   {"12.3", "12.3"}};
  for (const auto& [in, out] : cases) EXPECT_EQ(d(in).to_engineering_string(), out) << in;
}
TEST(Decimal, ArithmeticExamplesOfTheSpecification) {
  Spec s;
  EXPECT_EQ(s(add, "12", "7.00"), "19.00");
  EXPECT_EQ(s(add, "1E+2", "1E+4"), "1.01E+4");
  EXPECT_EQ(s(subtract, "1.3", "1.07"), "0.23");
  EXPECT_EQ(s(subtract, "1.3", "1.30"), "0.00");
  EXPECT_EQ(s(subtract, "1.3", "2.07"), "-0.77");
  EXPECT_EQ(s(multiply, "1.20", "3"), "3.60");
  EXPECT_EQ(s(multiply, "7", "3"), "21");
  EXPECT_EQ(s(multiply, "0.9", "0.8"), "0.72");
  EXPECT_EQ(s(multiply, "0.9", "-0"), "-0.0");
  EXPECT_EQ(s(multiply, "654321", "654321"), "4.28135971E+11");
  EXPECT_EQ(s(divide, "1", "3"), "0.333333333");
  EXPECT_EQ(s(divide, "2", "3"), "0.666666667");
  EXPECT_EQ(s(divide, "5", "2"), "2.5");
  EXPECT_EQ(s(divide, "1", "10"), "0.1");
  EXPECT_EQ(s(divide, "12", "12"), "1");
  EXPECT_EQ(s(divide, "8.00", "2"), "4.00");
  EXPECT_EQ(s(divide, "2.400", "2.0"), "1.20");
  EXPECT_EQ(s(divide, "1000", "100"), "10");
  EXPECT_EQ(s(divide, "2.40E+6", "2"), "1.20E+6");
  EXPECT_EQ(s(divide_integer, "2", "3"), "0");
  EXPECT_EQ(s(divide_integer, "10", "3"), "3");
  EXPECT_EQ(s(divide_integer, "1", "0.3"), "3");
  EXPECT_EQ(s(remainder, "2.1", "3"), "2.1");
  EXPECT_EQ(s(remainder, "10", "3"), "1");
  EXPECT_EQ(s(remainder, "-10", "3"), "-1");
  EXPECT_EQ(s(remainder, "10.2", "1"), "0.2");
  EXPECT_EQ(s(remainder, "10", "0.3"), "0.1");
  EXPECT_EQ(s(remainder, "3.6", "1.3"), "1.0");
  EXPECT_EQ(s(remainder_near, "2.1", "3"), "-0.9");
  EXPECT_EQ(s(remainder_near, "10", "6"), "-2");
  EXPECT_EQ(s(remainder_near, "10", "3"), "1");
  EXPECT_EQ(s(remainder_near, "-10", "3"), "-1");
  EXPECT_EQ(s(remainder_near, "10.2", "1"), "0.2");
  EXPECT_EQ(s(remainder_near, "10", "0.3"), "0.1");
  EXPECT_EQ(s(remainder_near, "3.6", "1.3"), "-0.3");
  EXPECT_EQ(fma(d("3"), d("5"), d("7"), s.context).to_string(), "22");
  EXPECT_EQ(fma(d("3"), d("-5"), d("7"), s.context).to_string(), "-8");
  EXPECT_EQ(fma(d("888565290"), d("1557.96930"), d("-86087.7578"), s.context).to_string(),
            "1.38435736E+12");
  EXPECT_EQ(s(compare, "2.1", "3"), "-1");
  EXPECT_EQ(s(compare, "2.1", "2.10"), "0");
  EXPECT_EQ(s(compare, "3", "2.1"), "1");
  EXPECT_EQ(s(compare, "-3", "2.1"), "-1");
}
TEST(Decimal, OtherExamplesOfTheSpecification) {
  Spec s;
  EXPECT_EQ(s(quantize, "2.17", "0.001"), "2.170");
  EXPECT_EQ(s(quantize, "2.17", "0.01"), "2.17");
  EXPECT_EQ(s(quantize, "2.17", "0.1"), "2.2");
  EXPECT_EQ(s(quantize, "2.17", "1e+0"), "2");
  EXPECT_EQ(s(quantize, "2.17", "1e+1"), "0E+1");
  EXPECT_EQ(s(quantize, "-Inf", "Infinity"), "-Infinity");
  EXPECT_EQ(s(quantize, "2", "Infinity"), "NaN");
  EXPECT_EQ(s(quantize, "-0.1", "1"), "-0");
  EXPECT_EQ(s(quantize, "-0", "1e+5"), "-0E+5");
  EXPECT_EQ(s(quantize, "+35236450.6", "1e-2"), "NaN");
  EXPECT_EQ(s(quantize, "217", "1e-1"), "217.0");
  EXPECT_EQ(s(quantize, "217", "1e+2"), "2E+2");
  EXPECT_EQ(s(reduce, "2.1"), "2.1");
  EXPECT_EQ(s(reduce, "-2.0"), "-2");
  EXPECT_EQ(s(reduce, "1.200"), "1.2");
  EXPECT_EQ(s(reduce, "-120"), "-1.2E+2");
  EXPECT_EQ(s(reduce, "120.00"), "1.2E+2");
  EXPECT_EQ(s(reduce, "0.00"), "0");
  EXPECT_EQ(s(round_to_integral_exact, "2.1"), "2");
  EXPECT_EQ(s(round_to_integral_exact, "100.0"), "100");
  EXPECT_EQ(s(round_to_integral_exact, "-101.5"), "-102");
  EXPECT_EQ(s(round_to_integral_exact, "10E+5"), "1.0E+6");
  EXPECT_EQ(s(round_to_integral_value, "7.89E+77"), "7.89E+77");
  EXPECT_EQ(s(sqrt, "0"), "0");
  EXPECT_EQ(s(sqrt, "-0"), "-0");
  EXPECT_EQ(s(sqrt, "0.39"), "0.624499800");
  EXPECT_EQ(s(sqrt, "100"), "10");
  EXPECT_EQ(s(sqrt, "1.0"), "1.0");
  EXPECT_EQ(s(sqrt, "7"), "2.64575131");
  EXPECT_EQ(s(sqrt, "10"), "3.16227766");
  EXPECT_EQ(s(exp, "-Infinity"), "0");
  EXPECT_EQ(s(exp, "-1"), "0.367879441");
  EXPECT_EQ(s(exp, "0"), "1");
  EXPECT_EQ(s(exp, "1"), "2.71828183");
  EXPECT_EQ(s(exp, "0.693147181"), "2.00000000");
  EXPECT_EQ(s(ln, "0"), "-Infinity");
  EXPECT_EQ(s(ln, "1.000"), "0");
  EXPECT_EQ(s(ln, "2.71828183"), "1.00000000");
  EXPECT_EQ(s(ln, "10"), "2.30258509");
  EXPECT_EQ(s(log10, "0.001"), "-3");
  EXPECT_EQ(s(log10, "2"), "0.301029996");
  EXPECT_EQ(s(log10, "70"), "1.84509804");
  EXPECT_EQ(s(power, "2", "3"), "8");
  EXPECT_EQ(s(power, "-2", "3"), "-8");
  EXPECT_EQ(s(power, "2", "-3"), "0.125");
  EXPECT_EQ(s(power, "1.7", "8"), "69.7575744");
  EXPECT_EQ(s(power, "10", "0.301029996"), "2.00000000");
  EXPECT_EQ(s(power, "Infinity", "-1"), "0");
  EXPECT_EQ(s(power, "-Infinity", "1"), "-Infinity");
  EXPECT_EQ(s(power, "0", "0"), "NaN");
  EXPECT_EQ(s(plus, "1.3"), "1.3");
  EXPECT_EQ(s(minus, "1.3"), "-1.3");
  EXPECT_EQ(s(avila::numeric::abs, "-100"), "100");
}
TEST(Decimal, EachRoundingMode) {
  const Rounding modes[] = {Rounding::HalfEven, Rounding::HalfUp, Rounding::HalfDown,
                            Rounding::Up,       Rounding::Down,   Rounding::Ceiling,
                            Rounding::Floor,    Rounding::Up05};
  const struct {
    const char* text;
    const char* results[8];
  } cases[] = {{"2.5", {"2", "3", "2", "3", "2", "3", "2", "2"}},
               {"-2.5", {"-2", "-3", "-2", "-3", "-2", "-2", "-3", "-2"}},
               {"3.5", {"4", "4", "3", "4", "3", "4", "3", "3"}},
               {"5.1", {"5", "5", "5", "6", "5", "6", "5", "6"}},
               {"-5.9", {"-6", "-6", "-6", "-6", "-5", "-5", "-6", "-6"}},
               {"0.0001", {"0", "0", "0", "1", "0", "1", "0", "1"}},
               {"7.0", {"7", "7", "7", "7", "7", "7", "7", "7"}}};
  for (const auto& c : cases) {
    for (int i = 0; i < 8; ++i) {
      Context context{9, modes[i]};
      EXPECT_EQ(round_to_integral_value(d(c.text), context).to_string(), c.results[i])
          << c.text << i;
      EXPECT_EQ(quantize(d(c.text), d("1"), context).to_string(), c.results[i]);
    }
  }
}
std::uint32_t flags_of(const char* a, char op, const char* b, Context context) {
  (void)(op == '+'   ? add(d(a), d(b), context)
         : op == '*' ? multiply(d(a), d(b), context)
                     : divide(d(a), d(b), context));
  return context.flags;
}
TEST(Decimal, FlagsSayWhatHappened) {
  using namespace avila::numeric::flag;
  const Context c{9, Rounding::HalfEven, 999, -999};
  EXPECT_EQ(flags_of("1", '+', "2", c), 0U);
  EXPECT_EQ(flags_of("1", '/', "3", c), kInexact | kRounded);
  EXPECT_EQ(flags_of("123456789", '*', "10.0", c), kRounded);
  EXPECT_EQ(flags_of("9E+999", '*', "10", c), kOverflow | kInexact | kRounded);
  EXPECT_EQ(flags_of("1E-999", '*', "1.0", c), 0U);
  EXPECT_EQ(flags_of("1E-999", '*', "0.1", c), kSubnormal);
  EXPECT_EQ(flags_of("1.23456789E-999", '*', "0.1", c),
            kSubnormal | kUnderflow | kInexact | kRounded);
  EXPECT_EQ(flags_of("1E-999", '*', "1E-999", c),
            kSubnormal | kUnderflow | kInexact | kRounded | kClamped);
  EXPECT_EQ(flags_of("1", '/', "0", c), kDivisionByZero);
  EXPECT_EQ(flags_of("0", '/', "0", c), kInvalidOperation);
  EXPECT_EQ(flags_of("Infinity", '+', "-Infinity", c), kInvalidOperation);
  EXPECT_EQ(flags_of("Infinity", '*', "0", c), kInvalidOperation);
  EXPECT_EQ(flags_of("sNaN", '+', "1", c), kInvalidOperation);
  EXPECT_EQ(flags_of("NaN", '+', "1", c), 0U);
  EXPECT_EQ(flags_of("1E+999", '*', "1", {9, Rounding::HalfEven, 999, -999, true}), kClamped);
}
TEST(Decimal, OverflowFollowsTheRounding) {
  const struct {
    Rounding rounding;
    const char *positive, *negative;
  } cases[] = {{Rounding::HalfEven, "Infinity", "-Infinity"},
               {Rounding::Down, "9.99E+99", "-9.99E+99"},
               {Rounding::Ceiling, "Infinity", "-9.99E+99"},
               {Rounding::Floor, "9.99E+99", "-Infinity"},
               {Rounding::Up05, "9.99E+99", "-9.99E+99"}};
  for (const auto& c : cases) {
    Context context{3, c.rounding, 99, -99};
    EXPECT_EQ(multiply(d("9E+99"), d("9"), context).to_string(), c.positive);
    EXPECT_EQ(multiply(d("9E+99"), d("-9"), context).to_string(), c.negative);
  }
}
TEST(Decimal, SpecialValuesAndSignedZeros) {
  Spec s;
  EXPECT_EQ(s(add, "0", "-0"), "0");
  EXPECT_EQ(s(add, "-0", "-0"), "-0");
  s.context.rounding = Rounding::Floor;
  EXPECT_EQ(s(add, "0", "-0"), "-0");
  EXPECT_EQ(s(subtract, "1", "1"), "-0");
  s.context.rounding = Rounding::HalfUp;
  EXPECT_EQ(s(divide, "1", "-Infinity"), "-0E-1007");
  EXPECT_EQ(s(sqrt, "-1"), "NaN");
  EXPECT_EQ(s(ln, "-1"), "NaN");
  EXPECT_EQ(s(add, "NaN5", "sNaN7"), "NaN7");
  EXPECT_EQ(s(add, "-NaN5", "NaN7"), "-NaN5");
  EXPECT_TRUE(compare_values(d("NaN"), d("1")) == std::partial_ordering::unordered);
  EXPECT_TRUE(compare_values(d("-0"), d("0E+9")) == 0);
  EXPECT_TRUE(compare_values(d("-Infinity"), d("-1E+999999")) < 0);
  EXPECT_TRUE(compare_values(d("1E+999999999"), d("9E+999999998")) > 0);
}
TEST(Decimal, FarApartOperandsCostNothing) {
  Context context = Context::with_precision(50);
  const BigDecimal huge = d("1E+999999999999"), tiny = d("-1E-999999999999");
  EXPECT_EQ(add(huge, tiny, context).to_string(), "1." + std::string(49, '0') + "E+999999999999");
  context.rounding = Rounding::Down;
  EXPECT_EQ(add(huge, tiny, context).to_string(), "9." + std::string(49, '9') + "E+999999999998");
  EXPECT_EQ(remainder(huge, d("7"), context).to_string(), "NaN");
  EXPECT_EQ(remainder(d("7"), huge, context).to_string(), "7");
  EXPECT_EQ(exp(huge, context).to_string(), "Infinity");
  EXPECT_EQ(exp(tiny, context).is_finite(), true);
  EXPECT_EQ(power(d("1.5"), huge, context).is_infinite(), false);  // overflow, rounded down
  EXPECT_FALSE(BigDecimal::parse("1E99999999999999999999").has_value());
}
TEST(Decimal, FunctionsAreConsistentAtFiftyDigits) {
  Random random{1};
  Context context = Context::with_precision(50), wide = Context::with_precision(80);
  for (int round = 0; round < 40; ++round) {
    const BigDecimal x = BigDecimal::finite(false, random.number(2) + 1,
                                            -static_cast<std::int64_t>(random.below(45)));
    // Rounding the value at 80 digits gives the value at 50.
    using Function = BigDecimal (*)(const BigDecimal&, Context&);
    for (const Function f : {Function{sqrt}, Function{ln}, Function{log10}})
      ASSERT_EQ(f(x, context).to_string(), plus(f(x, wide), context).to_string()) << x.to_string();
    const BigDecimal y = BigDecimal::finite(random.next() % 2 == 0, random.number(1),
                                            -18 - static_cast<std::int64_t>(random.below(9)));
    ASSERT_EQ(exp(y, context).to_string(), plus(exp(y, wide), context).to_string());
    ASSERT_EQ(power(x, y, context).to_string(), plus(power(x, y, wide), context).to_string());
    // exp(ln x) = x within a few units of the 80th digit.
    const BigDecimal back = exp(ln(x, wide), wide);
    const BigDecimal error = divide(subtract(back, x, wide), x, wide);
    ASSERT_TRUE(error.is_zero() || error.adjusted() < -75) << error.to_string();
  }
}
TEST(Decimal, ExactPowersAreExact) {
  Context c = Context::with_precision(30);
  EXPECT_EQ(power(d("2.0"), d("2"), c).to_string(), "4.00");
  EXPECT_EQ(c.flags, 0U);
  EXPECT_TRUE(compare_values(power(d("4"), d("0.5"), c), d("2")) == 0);
  EXPECT_TRUE(compare_values(power(d("1E+6"), d("0.5"), c), d("1000")) == 0);
  const std::string long_half = "0.5" + std::string(80, '0');
  EXPECT_TRUE(compare_values(power(d("4"), d(long_half), c), d("2")) == 0);
  EXPECT_TRUE(
      compare_values(power(d("1E+1099511627776"), d("9.094947017729282379150390625E-13"), c),
                     d("10")) == 0);  // 10^(2^40) to the 2^-40
  Context up = c;
  up.rounding = Rounding::Up;
  EXPECT_TRUE(compare_values(power(d("1"), d("1E-90"), up), d("1")) == 0);
  EXPECT_EQ(power(d("2"), d("1E-90"), up).to_string(), "1." + std::string(28, '0') + "1");
  EXPECT_TRUE(compare_values(power(d("8"), d("-0.5"), c), d("0.353553390593273762200422181052")) ==
              0);
  EXPECT_TRUE(compare_values(power(d("0.25"), d("-1.5"), c), d("8")) == 0);
  EXPECT_TRUE(compare_values(power(d("10"), d("-400000000000"), c), d("1E-400000000000")) == 0);
  EXPECT_TRUE(compare_values(power(d("5"), d("-3"), c), d("0.008")) == 0);
  EXPECT_TRUE(
      compare_values(power(d("1.1"), d("1000"), c), d("2.46993291800582633412408838509E+41")) == 0)
      << power(d("1.1"), d("1000"), c).to_string();
}
TEST(Decimal, DoublesAndFractions) {
  EXPECT_EQ(BigDecimal::from_double(0.1).to_string(),
            "0.1000000000000000055511151231257827021181583404541015625");
  EXPECT_EQ(BigDecimal::from_double(-0.0).to_string(), "-0");
  EXPECT_EQ(BigDecimal::from_double(1e22).to_string(), "10000000000000000000000");
  Random random{2};
  for (int round = 0; round < 500; ++round) {
    const auto value = std::bit_cast<double>(random.next());
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(BigDecimal::from_double(value).to_double(), value);
    ASSERT_EQ(BigDecimal::from_double(value).to_rational().value(),
              Rational::from_double(value).value());
  }
  Context c = Context::with_precision(10);
  EXPECT_EQ(BigDecimal::from_rational(*Rational::parse("22/7"), c).to_string(), "3.142857143");
  EXPECT_EQ(d("1E+400").to_double(), HUGE_VAL);
  EXPECT_FALSE(d("NaN").to_rational().has_value());
  EXPECT_EQ(d("1E+99999999999").to_rational().error().code(), Errc::LimitExceeded);
}
TEST(Decimal, RefusesWhatIsNoNumber) {
  const std::pair<const char*, std::uint64_t> cases[] = {
      {"", 0},    {"-", 1},    {".", 1},     {"1e", 2},   {"1e+", 3}, {"1.2.3", 3},
      {"12x", 2}, {"nanx", 3}, {"infin", 0}, {"1e5x", 3}, {" 1", 0},  {"sNa", 0}};
  for (const auto& [text, offset] : cases) {
    const auto r = BigDecimal::parse(text);
    ASSERT_FALSE(r.has_value()) << text;
    EXPECT_EQ(r.error().code(), Errc::Malformed) << text;
    EXPECT_EQ(r.error().offset(), offset) << text;
    Context c;
    EXPECT_TRUE(BigDecimal::from_string(text, c).is_nan());
    EXPECT_EQ(c.flags, flag::kInvalidOperation);
  }
}

}  // namespace
