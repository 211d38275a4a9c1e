#include <avila/numeric/evaluate.hpp>

#include "support.hpp"

namespace {
using namespace numeric_test;

std::string value_of(std::string_view text, const EvaluateLimits& limits = {}) {
  auto r = evaluate(text, limits);
  return r.has_value() ? r->text : "error: " + r.error().to_string();
}
Errc error_of(std::string_view text, const EvaluateLimits& limits = {}) {
  auto r = evaluate(text, limits);
  return r.has_value() ? Errc::Unknown : r.error().code();
}

TEST(Evaluate, Precedence) {
  EXPECT_EQ(value_of("1+2*3"), "7");
  EXPECT_EQ(value_of("(1+2)*3"), "9");
  EXPECT_EQ(value_of("10-4-3"), "3");
  EXPECT_EQ(value_of("100/10/5"), "2");
  EXPECT_EQ(value_of("2^3^2"), "512");
  EXPECT_EQ(value_of("2**3"), "8");
  EXPECT_EQ(value_of("-2^2"), "-4");
  EXPECT_EQ(value_of("(-2)^2"), "4");
  EXPECT_EQ(value_of("2^-1"), "0.5");
  EXPECT_EQ(value_of("2*-3"), "-6");
  EXPECT_EQ(value_of("--3"), "3");
  EXPECT_EQ(value_of("3!^2"), "36");
  EXPECT_EQ(value_of("2^3!"), "64");
  EXPECT_EQ(value_of("-7%3"), "-1");
  EXPECT_EQ(value_of("7%-3"), "1");
  EXPECT_EQ(value_of("5.5 % 2"), "1.5");
  EXPECT_EQ(value_of(" \t1\n+ 1 "), "2");
}
TEST(Evaluate, ExactFractions) {
  EXPECT_EQ(value_of("0.1+0.2"), "0.3");
  EXPECT_EQ(value_of("1/3*3"), "1");
  EXPECT_EQ(value_of("7/2"), "3.5");
  EXPECT_EQ(value_of("1/3"), "0.3333333333333333333333333333333333");
  EXPECT_EQ(value_of("-2/3"), "-0.6666666666666666666666666666666667");
  EXPECT_EQ(value_of("1/7000"), "0.0001428571428571428571428571428571429");
  EXPECT_EQ(value_of("22/7", {.precision = 5}), "3.1429");
  EXPECT_EQ(value_of("2000/3", {.precision = 5}), "666.67");
  EXPECT_EQ(value_of("10^40/4+0.5"), "2500000000000000000000000000000000000000.5");
  EXPECT_EQ(value_of("1/2^40"), "0.0000000000009094947017729282379150390625");
  EXPECT_EQ(value_of("1e-3"), "0.001");
  EXPECT_EQ(value_of("1.50e2"), "150");
  EXPECT_EQ(value_of("123456789012345678901234567890*987654321098765432109876543210"),
            "121932631137021795226185032733622923332237463801111263526900");
}
TEST(Evaluate, Literals) {
  EXPECT_EQ(value_of("0xff + 0b101 + 0o17"), "275");
  EXPECT_EQ(value_of("0xDEAD_beef"), "3735928559");
  EXPECT_EQ(value_of("1_000.5"), "1000.5");
  EXPECT_EQ(value_of(".5+1."), "1.5");
}
TEST(Evaluate, Functions) {
  EXPECT_EQ(value_of("gcd(12, 18, 8)"), "2");
  EXPECT_EQ(value_of("lcm(4,6)"), "12");
  EXPECT_EQ(value_of("modpow(3, 10^50, 10^9+7)"),
            mod_pow(BigUint(3), *pow(BigUint(10), 50), BigUint(1'000'000'007))->to_string());
  EXPECT_EQ(value_of("modpow(2,-1,7)"), "4");
  EXPECT_EQ(value_of("modinv(3,11)"), "4");
  EXPECT_EQ(value_of("fact(20)"), "2432902008176640000");
  EXPECT_EQ(value_of("sqrt(10^40)"), "100000000000000000000");
  EXPECT_EQ(value_of("sqrt(2.25)"), "1.5");
  EXPECT_EQ(value_of("sqrt(2)"), "1.414213562373095048801688724209698");
  EXPECT_EQ(value_of("8^(1/3)"), "2");
  EXPECT_EQ(value_of("root(-27,3)"), "-3");
  EXPECT_EQ(value_of("sqrt(10^-80)*10^40"), "1");
  EXPECT_EQ(value_of("abs(-3)+min(1,2)+max(1,2)+floor(-1.5)+ceil(-1.5)+round(2.5)+trunc(-1.5)"),
            "4");
  EXPECT_EQ(value_of("binomial(100,50)"), "100891344545564193334812497256");
  EXPECT_EQ(value_of("fib(100)"), "354224848179261915075");
  EXPECT_EQ(value_of("isprime(2^127-1)+isprime(2^128+1)"), "1");
  EXPECT_EQ(value_of("nextprime(10^20)"), "100000000000000000039");
  EXPECT_EQ(value_of("pow(2,10)"), "1024");
}
TEST(Evaluate, SaysWhetherTheValueIsExact) {
  EXPECT_TRUE(evaluate("1/3")->exact);
  EXPECT_TRUE(evaluate("sqrt(49/4)")->exact);
  EXPECT_FALSE(evaluate("sqrt(2)")->exact);
  EXPECT_FALSE(evaluate("max(1, sqrt(2))")->exact);
  EXPECT_FALSE(evaluate("2^0.5 * 0")->exact);
  // The square root is good to more digits than are shown.
  EXPECT_EQ(value_of("sqrt(2)*sqrt(2)"), "2");
}
TEST(Evaluate, SyntaxErrorsSayWhere) {
  const struct {
    const char* text;
    std::uint64_t offset;
  } cases[] = {{"", 0},       {"1+", 2},   {"(1", 2},     {"1)", 1},        {"2 3", 2},
               {"foo(1)", 0}, {"sqrt", 4}, {"gcd(1,", 6}, {"gcd(1 2)", 6},  {"1 $ 2", 2},
               {"0xg", 2},    {"0x", 2},   {"1e", 2},     {"sqrt(1,2)", 0}, {"gcd()", 0},
               {"1\xFF", 1},  {"*1", 0},   {"1__0", 1}};
  for (const auto& c : cases) {
    const auto r = evaluate(c.text);
    ASSERT_FALSE(r.has_value()) << c.text;
    EXPECT_EQ(r.error().code(), Errc::Malformed) << c.text;
    EXPECT_EQ(r.error().offset(), c.offset) << c.text << ": " << r.error().to_string();
  }
}
TEST(Evaluate, WrongArgumentsAreErrors) {
  for (const char* text : {"1/0", "1%0", "0^-1", "sqrt(-1)", "root(2,0)", "root(-2,2)", "fact(-1)",
                           "fact(1.5)", "gcd(1.5,2)", "modpow(2,3,0)", "modpow(2,3,-5)",
                           "modpow(2,-1,4)", "modinv(2,4)", "binomial(-1,2)"})
    EXPECT_EQ(error_of(text), Errc::InvalidArgument) << text;
}
TEST(Evaluate, LimitsAreErrorsAndSaySo) {
  EXPECT_EQ(value_of("9^9^9^9"),
            "error: the power would have about 369693100 digits; the limit is 5050445");
  for (const char* text :
       {"9^9^9", "fact(10^7)", "fact(10^30)", "2^(10^30)", "(10^100000)^1000", "1/3^1000000",
        "fib(10^9)", "binomial(10^9, 5*10^8)", "1e9999999999", "2^(1/1001)", "root(2, 5000)",
        "modpow(3, 2^100000, 2^100000+1)", "nextprime(2^1000000)", "2^0.0001"})
    EXPECT_EQ(error_of(text), Errc::LimitExceeded) << text;
  EXPECT_EQ(error_of(std::string(2'000'000, '1')), Errc::LimitExceeded);
  EXPECT_EQ(error_of(std::string(5000, '(')), Errc::LimitExceeded);
  EXPECT_EQ(error_of(std::string(5000, '-') + "1"), Errc::LimitExceeded);
  std::string tower = "1";
  for (int i = 0; i < 5000; ++i) tower += "^1";
  EXPECT_EQ(error_of(tower), Errc::LimitExceeded);
  EXPECT_EQ(value_of(std::string(150, '(') + "1" + std::string(150, ')')), "1");
  EXPECT_EQ(error_of("2^100", {.max_bits = 64}), Errc::LimitExceeded);
  EXPECT_EQ(error_of("2^40*2^40", {.max_bits = 64}), Errc::LimitExceeded);
  EXPECT_EQ(value_of("(-1)^(10^30)"), "1");
  EXPECT_EQ(value_of("(-1)^(10^30+1)"), "-1");
  EXPECT_EQ(value_of("0^(10^30)"), "0");
  EXPECT_EQ(value_of("0^0"), "1");
}

}  // namespace
