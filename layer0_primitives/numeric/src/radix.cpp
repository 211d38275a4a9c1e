// Text to numbers and back, base 2 to 36. Bases that are powers of two move bits. The others go
// through chunks, the most digits that fit a limb (19 in decimal), and powers chunk^(2^i):
//   parse: high * power + low, recursively;
//   print: the number becomes the fraction (x + 1/2) / chunk^m once; a multiplication by a power
//   then moves the leading digits in front of the point and leaves the rest behind it (D. J.
//   Bernstein, "Scaled remainder trees", 2004), so no level divides.
#include <avila/numeric/big_uint.hpp>
#include <avila/primitives/endian.hpp>
#include <bit>
#include <optional>
#include <vector>

#include "limbs.hpp"
#include "memory_guard.hpp"
#include "scratch.hpp"

namespace avila::numeric {
namespace {

using detail::LimbVector;
using detail::normalized;
using detail::Scratch;

struct Chunk {
  unsigned digits;  ///< of one limb
  Limb value;       ///< base^digits
};
constexpr Chunk chunk_of(unsigned base) noexcept {
  Chunk chunk{0, 1};
  for (; chunk.value <= ~Limb{0} / base; ++chunk.digits) chunk.value *= base;
  return chunk;
}

// chunk^(2^i), without its zero limbs at the bottom (powers of ten have many).
struct Power {
  LimbVector limbs;
  std::size_t zeros = 0;
  std::size_t size() const noexcept { return limbs.size() + zeros; }
};

void strip_zeros(Power& power) {
  std::size_t zeros = 0;
  while (power.limbs.data()[zeros] == 0) ++zeros;
  if (zeros == 0) return;
  LimbVector rest;
  rest.assign(power.limbs.data() + zeros, power.limbs.size() - zeros);
  power.limbs = std::move(rest);
  power.zeros += zeros;
}

// a² (a² value where `one_more`).
Power squared(const Power& a, bool one_more, Limb value) {
  Power r;
  r.zeros = 2 * a.zeros;
  const std::size_t n = 2 * a.limbs.size();
  Limb* limbs = r.limbs.overwrite(n + 1);
  detail::square(limbs, a.limbs.data(), a.limbs.size());
  limbs[n] = one_more ? detail::kernels().mul_1(limbs, limbs, n, value) : 0;
  r.limbs.trim();
  strip_zeros(r);
  return r;
}

// How a number of m chunks is halved: the parts of level k have halves[k] chunks or a few more.
struct PowerTable {
  std::vector<std::size_t> halves;  // m / 2, m / 4, …
  std::vector<Power> powers;        // chunk^halves[k]
};

PowerTable powers_for(Limb value, std::size_t m, std::size_t basecase) {
  PowerTable table;
  for (std::size_t h = m / 2; h != 0; h /= 2) {
    table.halves.push_back(h);
    if (2 * h <= basecase) break;
  }
  const std::size_t levels = table.halves.size();
  table.powers.resize(levels);
  if (levels == 0) return table;
  Power& last = table.powers[levels - 1];
  last.limbs.push_back(1);
  for (std::size_t i = 0; i < table.halves[levels - 1]; ++i) {
    last.limbs.push_back(0);
    detail::kernels().mul_1(last.limbs.data(), last.limbs.data(), last.limbs.size(), value);
    last.limbs.trim();
  }
  strip_zeros(last);
  for (std::size_t k = levels - 1; k-- != 0;)
    table.powers[k] = squared(table.powers[k + 1], table.halves[k] % 2 != 0, value);
  return table;
}

void any_multiply(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) {
  if (an >= bn)
    detail::multiply(r, a, an, b, bn);
  else
    detail::multiply(r, b, bn, a, an);
}

// ---------------------------------------------------------------- parse

constexpr unsigned char kNoDigit = 255;
struct DigitTable {
  unsigned char value[256];
};
constexpr DigitTable kDigits = [] {
  DigitTable t{};
  for (auto& v : t.value) v = kNoDigit;
  for (unsigned i = 0; i < 10; ++i) t.value['0' + i] = static_cast<unsigned char>(i);
  for (unsigned i = 0; i < 26; ++i)
    t.value['a' + i] = t.value['A' + i] = static_cast<unsigned char>(10 + i);
  return t;
}();
unsigned digit_value(char c) noexcept { return kDigits.value[static_cast<unsigned char>(c)]; }

// Eight decimal digits at once; false where one is none.
bool parse_8_digits(const char* at, Limb& value) noexcept {
  Limb x = load_le64(at);
  if ((((x + 0x4646464646464646) | (x - 0x3030303030303030)) & 0x8080808080808080) != 0)
    return false;
  x -= 0x3030303030303030;
  x = x * 10 + (x >> 8);  // pairs
  x = ((x & 0x000000FF000000FF) * 0x000F424000000064 +
       ((x >> 16) & 0x000000FF000000FF) * 0x0000271000000001) >>
      32;
  value = value * 100'000'000 + x;
  return true;
}

Error bad_digit(std::string_view text, unsigned base, std::size_t offset) {
  std::string message = "expected a digit of base " + std::to_string(base);
  message += text.empty() ? ", found nothing" : ", found another character";
  return Error(Errc::Malformed, message, {.offset = offset});
}

// The chunk ending text[from, to); the offset of a bad digit, or npos.
std::size_t parse_chunk(std::string_view text, std::size_t from, std::size_t to, unsigned base,
                        Limb& value) {
  value = 0;
  std::size_t i = from;
  if (base == 10)
    while (i + 8 <= to && parse_8_digits(text.data() + i, value)) i += 8;
  for (; i < to; ++i) {
    const unsigned digit = digit_value(text[i]);
    if (digit >= base) return i;
    value = value * base + digit;
  }
  return std::string_view::npos;
}

// r[m] = the number of the chunks c[0, m), least significant first; the limbs used.
std::size_t from_chunks(Limb* r, const Limb* c, std::size_t m, Limb value, const PowerTable& table,
                        std::size_t level) {
  if (m <= detail::thresholds().from_digits || level == table.halves.size()) {
    std::size_t n = 0;
    const auto& kernel = detail::kernels();
    for (std::size_t i = m; i-- != 0;) {
      Limb carry = kernel.mul_1(r, r, n, value);
      carry += detail::add_1(r, r, n, c[i]);
      if (n == 0) carry = c[i];
      if (carry != 0) r[n++] = carry;
    }
    return n;
  }
  const std::size_t low_chunks = table.halves[level];
  const Power& power = table.powers[level];
  Scratch<Limb> memory(2 * m + 2);
  Limb* const high = memory;
  Limb* const product = memory + (m - low_chunks);
  const std::size_t hn = from_chunks(high, c + low_chunks, m - low_chunks, value, table, level + 1);
  const std::size_t ln = from_chunks(r, c, low_chunks, value, table, level + 1);
  if (hn == 0) return ln;
  const std::size_t pn = hn + power.limbs.size();
  any_multiply(product, high, hn, power.limbs.data(), power.limbs.size());
  // r = product * 2^(64 zeros) + low, low < power.
  std::size_t n = normalized(product, pn);
  const std::size_t z = power.zeros;
  if (ln < z) detail::zero(r + ln, z - ln);
  if (ln > z) {
    const Limb carry = detail::add(r + z, product, n, r + z, ln - z);
    if (carry != 0) r[z + n++] = carry;
  } else {
    detail::copy(r + z, product, n);
  }
  return z + n;
}

Result<BigUint> number_of(const Limb* limbs, std::size_t n) {
  n = normalized(limbs, n);
  if (n > kMaxLimbs) return Error(Errc::LimitExceeded, "number of more than kMaxBits bits (2^32)");
  return BigUint::from_limbs({limbs, n});
}

Result<BigUint> parse_power_of_two(std::string_view text, unsigned base) {
  const auto width = static_cast<unsigned>(std::countr_zero(base));
  LimbVector limbs;
  const std::size_t n = text.size() / 64 * width + (text.size() % 64 * width) / 64 + 1;
  Limb* const r = limbs.overwrite(n);
  detail::zero(r, n);
  std::uint64_t at = 0;
  for (std::size_t i = text.size(); i-- != 0; at += width) {
    const Limb digit = digit_value(text[i]);
    if (digit >= base) return bad_digit(text, base, i);
    const auto place = static_cast<std::size_t>(at / 64);
    const auto shift = static_cast<unsigned>(at % 64);
    r[place] |= digit << shift;
    if (shift + width > 64 && digit >> (64 - shift) != 0) r[place + 1] |= digit >> (64 - shift);
  }
  return number_of(r, n);
}

Result<BigUint> parse_digits(std::string_view text, unsigned base) {
  while (text.size() > 1 && text[0] == '0') text.remove_prefix(1);
  // Every digit but the first carries floor(log2(base)) bits at least.
  if ((text.size() - 1) > kMaxBits / (static_cast<unsigned>(std::bit_width(base)) - 1))
    return Error(Errc::LimitExceeded, "number of more than kMaxBits bits (2^32)");
  if (std::has_single_bit(base)) return parse_power_of_two(text, base);
  const Chunk chunk = chunk_of(base);
  const std::size_t m = (text.size() + chunk.digits - 1) / chunk.digits;
  constexpr std::size_t kLocal = 64;
  Limb local[2 * kLocal];
  std::optional<Scratch<Limb>> memory;
  if (m > kLocal) memory.emplace(2 * m + 2);
  Limb* const chunks = memory ? memory->get() : local;
  for (std::size_t i = 0, to = text.size(); i < m; ++i) {
    const std::size_t from = to > chunk.digits ? to - chunk.digits : 0;
    const std::size_t bad = parse_chunk(text, from, to, base, chunks[i]);
    if (bad != std::string_view::npos) return bad_digit(text, base, bad);
    to = from;
  }
  Limb* const r = chunks + m;
  const std::size_t basecase = detail::thresholds().from_digits;
  const std::size_t n =
      from_chunks(r, chunks, m, chunk.value,
                  m <= basecase ? PowerTable{} : powers_for(chunk.value, m, basecase), 0);
  return number_of(r, n);
}

}  // namespace

Result<BigUint> BigUint::parse(std::string_view text, unsigned base) {
  std::size_t prefix = 0;
  if (base == 0) {
    base = 10;
    if (text.size() > 1 && text[0] == '0') {
      const char letter = static_cast<char>(text[1] | 0x20);
      base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
      prefix = base == 10 ? 0 : 2;
    }
  }
  if (base < 2 || base > 36) return Error(Errc::InvalidArgument, "the base must be 2 to 36");
  std::string_view digits = text.substr(prefix);
  if (digits.empty()) return bad_digit({}, base, prefix);
  return detail::catch_bad_alloc([&]() -> Result<BigUint> {
    std::string kept;
    if (digits.find('_') != std::string_view::npos) {
      for (std::size_t i = 0; i < digits.size(); ++i) {
        if (digits[i] != '_') {
          kept += digits[i];
        } else if (i == 0 || i + 1 == digits.size() || digits[i - 1] == '_') {
          return Error(Errc::Malformed, "\"_\" must stand between two digits",
                       {.offset = prefix + i});
        }
      }
    }
    auto value = parse_digits(kept.empty() ? digits : std::string_view(kept), base);
    if (value.has_value() || value.error().offset() == ErrorDetails::kNoOffset) return value;
    std::size_t offset = prefix;  // in the text as it was given
    while (digit_value(text[offset]) < base || text[offset] == '_') ++offset;
    return bad_digit(digits, base, offset);
  });
}

// ---------------------------------------------------------------- print
namespace {

constexpr char kLetters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
struct TwoDigits {
  char text[200];
};
constexpr TwoDigits kTwoDigits = [] {
  TwoDigits t{};
  for (unsigned i = 0; i < 100; ++i) {
    t.text[2 * i] = static_cast<char>('0' + i / 10);
    t.text[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return t;
}();

class Printer {
 public:
  explicit Printer(unsigned base) : base_(base), chunk_(chunk_of(base)) {}

  std::string print(std::span<const Limb> x) {
    const std::size_t n = x.size();
    if (n < 12) return print_by_division(x);
    // chunk^m > x, from the sizes in bits.
    const std::uint64_t bits =
        64 * (std::uint64_t{n} - 1) + static_cast<unsigned>(std::bit_width(x[n - 1]));
    const double chunk_bits = log2_of(chunk_.value);
    const auto m =
        static_cast<std::size_t>(static_cast<double>(bits) / chunk_bits * (1 + 1e-12)) + 1;
    table_ = powers_for(chunk_.value, m, detail::thresholds().to_digits);
    const Power whole = squared(table_.powers[0], m % 2 != 0, chunk_.value);
    // f = floor((x + 1/2) 2^(64 fn) / chunk^m), one limb more than the power has.
    const std::size_t pn = whole.limbs.size(), z = whole.zeros, fn = pn + z + 1;
    Scratch<Limb> memory(2 * fn + n + pn + 8);
    Limb* const numerator = memory;  // (2x + 1) 2^(64 (fn - z)) / 2, shared zeros taken off
    const std::size_t shift = fn - z - 1;
    detail::zero(numerator, shift + 1);
    numerator[shift] = Limb{1} << 63;
    detail::copy(numerator + shift + 1, x.data(), n);
    Limb* const quotient = numerator + shift + 1 + n;
    const std::size_t qn = shift + 1 + n - pn + 1;
    Scratch<Limb> remainder(pn);
    detail::divide(quotient, remainder, numerator, shift + 1 + n, whole.limbs.data(), pn);
    Limb* const f = quotient;
    for (std::size_t i = qn; i < fn; ++i) f[i] = 0;
    text_.resize(m * chunk_.digits);
    at_ = text_.data();
    emit(f, fn, m, 0);
    const std::size_t first = text_.find_first_not_of('0');
    text_.erase(0, first);
    return std::move(text_);
  }

 private:
  static double log2_of(Limb value) noexcept {
    // Rounded down a little: a bound, not an estimate. 2^s <= value < 2^(s+1), bits one by one.
    double result = static_cast<double>(std::bit_width(value)) - 1;
    double x =
        static_cast<double>(value) / static_cast<double>(Limb{1} << (std::bit_width(value) - 1));
    for (double step = 0.5; step > 1e-15; step /= 2) {
      x *= x;
      if (x >= 2) {
        x /= 2;
        result += step;
      }
    }
    return result * (1 - 1e-13);
  }

  std::string print_by_division(std::span<const Limb> x) {
    Limb rest[12], chunks[16];  // a chunk is 58 bits at least
    std::size_t n = x.size(), m = 0;
    detail::copy(rest, x.data(), n);
    while (n != 0) {
      chunks[m++] = detail::divide_1(rest, rest, n, chunk_.value);
      n = normalized(rest, n);
    }
    char text[16 * 40];  // and 40 digits at most
    text[0] = '0';
    at_ = text;
    while (m != 0) put_chunk(chunks[--m]);
    char* first = text;
    while (*first == '0') ++first;
    return std::string(first, static_cast<std::size_t>(at_ - first));
  }

  void put_chunk(Limb value) noexcept {
    char* p = at_ += chunk_.digits;
    if (base_ == 10) {
      // 19 digits: 3, then twice 8 in halves of a register.
      put_8(p - 8, static_cast<std::uint32_t>(value % 100'000'000));
      value /= 100'000'000;
      put_8(p - 16, static_cast<std::uint32_t>(value % 100'000'000));
      const auto top = static_cast<std::uint32_t>(value / 100'000'000);
      std::memcpy(p - 18, kTwoDigits.text + 2 * (top % 100), 2);
      p[-19] = static_cast<char>('0' + top / 100);
      return;
    }
    for (unsigned i = 0; i < chunk_.digits; ++i, value /= base_) *--p = kLetters[value % base_];
  }
  static void put_8(char* p, std::uint32_t value) noexcept {
    const std::uint32_t high = value / 10'000, low = value % 10'000;
    std::memcpy(p, kTwoDigits.text + 2 * (high / 100), 2);
    std::memcpy(p + 2, kTwoDigits.text + 2 * (high % 100), 2);
    std::memcpy(p + 4, kTwoDigits.text + 2 * (low / 100), 2);
    std::memcpy(p + 6, kTwoDigits.text + 2 * (low % 100), 2);
  }

  // Limbs for a fraction of `chunks` chunks: those of chunk^chunks (no zeros dropped) and a guard.
  std::size_t fraction_limbs(std::size_t chunks, std::size_t have) const noexcept {
    const std::size_t need = chunks + 1;  // a chunk is below 2^64
    return need < have ? need : have;
  }

  // The m chunks of the fraction f[n] / 2^(64 n); f is used up. The fraction lies inside
  // (y / chunk^m, (y + 1) / chunk^m), y the digits, an eighth of that width or more from the ends
  // where they matter; each step loses less than 2^-64 of the width.
  void emit(Limb* f, std::size_t n, std::size_t m, std::size_t level) {
    if (m <= detail::thresholds().to_digits || level == table_.halves.size()) {
      const auto& kernel = detail::kernels();
      for (; m != 0; --m) {
        const std::size_t keep = fraction_limbs(m, n);
        f += n - keep;
        n = keep;
        put_chunk(kernel.mul_1(f, f, n, chunk_.value));
      }
      return;
    }
    const std::size_t high = table_.halves[level];  // chunks of the leading part
    const std::size_t low = m - high;
    const Power& power = table_.powers[level];
    const std::size_t pn = power.limbs.size();
    Scratch<Limb> product(n + pn);
    any_multiply(product, f, n, power.limbs.data(), pn);
    // The point stands below limb n - zeros of the product; behind it, the fraction of the rest.
    const std::size_t point = n - power.zeros;
    const std::size_t behind = fraction_limbs(low, point);
    Limb* const rest = product + (point - behind);
    // The leading part is cut to its size. Where the rest is next to 0 or 1 the cut could cross a
    // digit: move by a quarter of the leading part's unit towards the middle.
    const std::size_t ahead = fraction_limbs(high, n);
    Limb* const lead = f + (n - ahead);
    if (ahead < n) {
      const Limb top = power.limbs.data()[pn - 1];
      // A quarter of 2^(64 ahead) / power, rounded down to within a factor two: 2^126 / (top + 1)
      // at limb ahead - size - 1.
      const u128 quarter = top == ~Limb{0} ? u128{1} << 62 : (u128{1} << 126) / (top + 1);
      const Limb limbs[2] = {low64(quarter), high64(quarter)};
      const std::size_t place = ahead - power.size() - 1;
      if (rest[behind - 1] >> 63 == 0)
        detail::add(lead + place, lead + place, ahead - place, limbs, 2);
      else
        detail::sub(lead + place, lead + place, ahead - place, limbs, 2);
    }
    emit(lead, ahead, high, level + 1);
    emit(rest, behind, low, level + 1);
  }

  unsigned base_;
  Chunk chunk_;
  PowerTable table_;
  std::string text_;
  char* at_ = nullptr;
};

std::string print_power_of_two(const BigUint& x, unsigned base) {
  const auto width = static_cast<unsigned>(std::countr_zero(base));
  const auto digits = static_cast<std::size_t>((x.bit_length() + width - 1) / width);
  std::string text(digits, '0');
  const std::span<const Limb> limbs = x.limbs();
  for (std::size_t i = 0; i < digits; ++i) {
    const std::uint64_t at = std::uint64_t{i} * width;
    const auto place = static_cast<std::size_t>(at / 64);
    const auto shift = static_cast<unsigned>(at % 64);
    Limb digit = limbs[place] >> shift;
    if (shift + width > 64 && place + 1 < limbs.size()) digit |= limbs[place + 1] << (64 - shift);
    text[digits - 1 - i] = kLetters[digit & (base - 1)];
  }
  return text;
}

}  // namespace

std::string BigUint::to_string(unsigned base) const {
  AVILA_ASSERT(base >= 2 && base <= 36);
  if (is_zero()) return "0";
  if (std::has_single_bit(base)) return print_power_of_two(*this, base);
  return Printer(base).print(limbs());
}

}  // namespace avila::numeric
