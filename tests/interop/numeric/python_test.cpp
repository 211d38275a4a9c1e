// Differential: python3's int and decimal (libmpdec) recompute what numeric computed. The lines go
// to a file, a script in the test checks them and names the first that differ.
#include <avila/numeric/decimal.hpp>
#include <avila/numeric/number_theory.hpp>
#include <avila_test/tools.hpp>
#include <fstream>

namespace {
using namespace avila::numeric;

struct Random {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  BigInt integer(std::size_t limbs) {
    std::vector<Limb> out(limbs);
    const auto mode = below(3);
    for (Limb& x : out) x = mode == 0 ? ~Limb{0} : mode == 1 && below(3) != 0 ? 0 : next();
    return {BigUint::from_limbs(out) >> below(64), below(2) == 0};
  }
};

// What the script prints about the lines.
std::string run_python(const std::string& script, const std::string& lines) {
  const avila_test::TempDir dir;
  std::ofstream(dir / "check.py") << script;
  std::ofstream(dir / "lines") << lines;
  return avila_test::run_command("python3 " + (dir / "check.py") + " " + (dir / "lines") + " 2>&1")
      .out;
}

constexpr char kIntegers[] = R"(
import math, sys
if hasattr(sys, "set_int_max_str_digits"): sys.set_int_max_str_digits(0)
checked = 0
def quotient(a, b):
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q
operations = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "div": quotient, "mod": lambda a, b: a - b * quotient(a, b),
    "and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b,
    "shl": lambda a, b: a << (b & 1023), "shr": lambda a, b: a >> (b & 1023),
    "gcd": math.gcd, "sqrt": lambda a, b: math.isqrt(abs(a)),
    "pow": lambda a, b: pow(abs(a), abs(b), abs(a ^ b) + 1),
    "hex": lambda a, b: a, "floor": lambda a, b: a // b,
}
for line in open(sys.argv[1]):
    name, a, b, r = line.split()
    x, y = int(a, 16), int(b, 16)
    expected = operations[name](x, y)
    if str(expected) != r:
        print("differs:", line[:300], "expected", str(expected)[:300])
        break
    checked += 1
print("checked", checked)
)";

TEST(Python, IntegersAgree) {
  AVILA_REQUIRE_PROGRAM("python3");
  Random random{2026};
  std::string lines;
  std::size_t count = 0;
  const auto line = [&](const char* name, const BigInt& a, const BigInt& b, const BigInt& r) {
    lines += std::string(name) + " " + a.to_string(16) + " " + b.to_string(16) + " " +
             r.to_string() + "\n";
    ++count;
  };
  for (int round = 0; round < 1200; ++round) {
    const std::size_t size = round % 100 == 0 ? 700 : round % 10 == 0 ? 120 : 12;
    const BigInt a = random.integer(random.below(size));
    BigInt b = random.integer(random.below(size));
    if (b.is_zero()) b = 7;
    line("add", a, b, a + b);
    line("sub", a, b, a - b);
    line("mul", a, b, a * b);
    line("div", a, b, a / b);
    line("mod", a, b, a % b);
    line("floor", a, b, divide_floor(a, b)->quotient);
    line("and", a, b, a & b);
    line("or", a, b, a | b);
    line("xor", a, b, a ^ b);
    const std::uint64_t count_bits = (b & BigInt(1023)).to_uint64().value();
    line("shl", a, b, a << count_bits);
    line("shr", a, b, a >> count_bits);
    line("gcd", a, b, gcd(a.magnitude(), b.magnitude()));
    line("sqrt", a, b, sqrt(a.magnitude()).root);
    line("hex", a, b, BigInt::parse(a.to_string(16), 16).value());
    if (size == 12)
      line("pow", a, b,
           mod_pow(a.magnitude(), b.magnitude(), (a ^ b).magnitude() + BigUint(1)).value());
  }
  EXPECT_EQ(run_python(kIntegers, lines), "checked " + std::to_string(count) + "\n");
}

// One context a line: precision, rounding, Emin, Emax, clamp; then the operation, its operands, our
// result and flags.
constexpr char kDecimals[] = R"(
import decimal, sys
from decimal import *
names = ["ROUND_HALF_EVEN", "ROUND_HALF_UP", "ROUND_HALF_DOWN", "ROUND_UP", "ROUND_DOWN",
         "ROUND_CEILING", "ROUND_FLOOR", "ROUND_05UP"]
bits = [(Clamped, 1), (Inexact, 2), (Rounded, 4), (Subnormal, 8), (Overflow, 16), (Underflow, 32),
        (DivisionByZero, 64), (InvalidOperation, 128)]
operations = {
    "add": lambda c, a, b: c.add(a, b), "subtract": lambda c, a, b: c.subtract(a, b),
    "multiply": lambda c, a, b: c.multiply(a, b), "divide": lambda c, a, b: c.divide(a, b),
    "divideint": lambda c, a, b: c.divide_int(a, b), "remainder": lambda c, a, b: c.remainder(a, b),
    "remaindernear": lambda c, a, b: c.remainder_near(a, b),
    "fma": lambda c, a, b: c.fma(a, b, a), "compare": lambda c, a, b: c.compare(a, b),
    "quantize": lambda c, a, b: c.quantize(a, b), "reduce": lambda c, a, b: c.normalize(a),
    "plus": lambda c, a, b: c.plus(a), "minus": lambda c, a, b: c.minus(a),
    "abs": lambda c, a, b: c.abs(a), "integral": lambda c, a, b: c.to_integral_exact(a),
    "integralvalue": lambda c, a, b: c.to_integral_value(a),
    "engineering": lambda c, a, b: c.to_eng_string(a),
    "sqrt": lambda c, a, b: c.sqrt(a), "exp": lambda c, a, b: c.exp(a),
    "ln": lambda c, a, b: c.ln(a),
    "log10": lambda c, a, b: c.log10(a), "power": lambda c, a, b: c.power(a, b),
}
checked = bad = 0
for line in open(sys.argv[1]):
    prec, rounding, emin, emax, clamp, name, a, b, r, flags = line.split()
    c = Context(prec=int(prec), rounding=names[int(rounding)], Emin=int(emin), Emax=int(emax),
                clamp=int(clamp), capitals=1, traps=[])
    expected = operations[name](c, Decimal(a), Decimal(b))
    mine = sum(bit for flag, bit in bits if c.flags[flag])
    same = str(expected) == r
    if name in ("exp", "ln", "log10"):   # flags of exact cases differ between implementations
        mine = int(flags)
    if name == "power":
        # libmpdec's power is within one unit, and pads exact results its own way: by value.
        mine = int(flags)
        if not same:
            e, m = Decimal(expected), Decimal(r)
            if e.is_finite() and m.is_finite():
                wide = Context(prec=200, Emin=MIN_EMIN, Emax=MAX_EMAX)
                last = max(e.adjusted(), int(emin)) - int(prec) + 1
                unit = Decimal((0, (1,), last))
                same = wide.abs(wide.subtract(e, m)) <= unit
            elif not e.is_nan() and not m.is_nan():
                # At the edge of overflow a unit decides between infinity and the largest number.
                same = rounding != "0"
    if not same or mine != int(flags):
        print("differs:", line.strip(), "expected", expected, mine)
        bad += 1
        if bad > 10: break
    checked += 1
print("checked", checked)
)";

class Decimals {
 public:
  std::string lines;
  std::size_t count = 0;

  void operand_text(std::string& out) {
    static const char* const special[] = {"0",           "-0", "Infinity", "-Infinity", "NaN",
                                          "sNaN3",       "1",  "-1",       "0E-5",      "-0E+7",
                                          "9.99999E+20", "10", "1E+3",     "0.5",       "NaN123"};
    if (random.below(8) == 0) {
      out = special[random.below(std::size(special))];
      return;
    }
    out = random.below(2) == 0 ? "-" : "";
    const std::size_t digits = 1 + random.below(random.below(6) == 0 ? 40 : 9);
    for (std::size_t i = 0; i < digits; ++i) {
      const auto kind = random.below(4);
      out += kind == 0 ? '0' : kind == 1 ? '9' : static_cast<char>('0' + random.below(10));
    }
    const auto e = static_cast<int>(random.below(3) == 0 ? random.below(60) : random.below(16)) -
                   static_cast<int>(digits) / 2 - 8;
    out += "E" + std::to_string(e);
  }

  void line(const Context& c, const char* name, const std::string& a, const std::string& b,
            const std::string& r, std::uint32_t flags) {
    lines += std::to_string(c.precision) + " " + std::to_string(static_cast<int>(c.rounding)) +
             " " + std::to_string(c.e_min) + " " + std::to_string(c.e_max) + " " +
             (c.clamp ? "1 " : "0 ") + name + " " + a + " " + b + " " + r + " " +
             std::to_string(flags) + "\n";
    ++count;
  }

  Random random{99};
};

TEST(Python, DecimalsAgree) {
  AVILA_REQUIRE_PROGRAM("python3");
  using Unary = BigDecimal (*)(const BigDecimal&, Context&);
  using Binary = BigDecimal (*)(const BigDecimal&, const BigDecimal&, Context&);
  const std::pair<const char*, Binary> binary[] = {{"add", add},
                                                   {"subtract", subtract},
                                                   {"multiply", multiply},
                                                   {"divide", divide},
                                                   {"divideint", divide_integer},
                                                   {"remainder", remainder},
                                                   {"remaindernear", remainder_near},
                                                   {"compare", compare},
                                                   {"quantize", quantize},
                                                   {"power", power}};
  const std::pair<const char*, Unary> unary[] = {{"reduce", reduce},
                                                 {"plus", plus},
                                                 {"minus", minus},
                                                 {"abs", abs},
                                                 {"integral", round_to_integral_exact},
                                                 {"integralvalue", round_to_integral_value},
                                                 {"sqrt", sqrt},
                                                 {"exp", exp},
                                                 {"ln", ln},
                                                 {"log10", log10}};
  Decimals d;
  for (int round = 0; round < 3000; ++round) {
    const auto exponent = static_cast<std::int64_t>(d.random.below(2) == 0 ? 30 : 999999);
    Context context{1 + static_cast<std::int64_t>(d.random.below(20)),
                    static_cast<Rounding>(d.random.below(8)), exponent, -exponent,
                    d.random.below(4) == 0};
    std::string a, b;
    d.operand_text(a);
    d.operand_text(b);
    const BigDecimal x = BigDecimal::parse(a).value(), y = BigDecimal::parse(b).value();
    for (const auto& [name, f] : binary) {
      Context c = context;
      const std::string r = f(x, y, c).to_string();
      d.line(context, name, a, b, r, c.flags);
    }
    for (const auto& [name, f] : unary) {
      Context c = context;
      const std::string r = f(x, c).to_string();
      d.line(context, name, a, b, r, c.flags);
    }
    Context c = context;
    const std::string r = fma(x, y, x, c).to_string();
    d.line(context, "fma", a, b, r, c.flags);
    d.line(context, "engineering", a, b, x.to_engineering_string(), 0);
  }
  EXPECT_EQ(run_python(kDecimals, d.lines), "checked " + std::to_string(d.count) + "\n");
}

}  // namespace
