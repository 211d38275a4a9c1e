// Jacobi symbols and primality: Baillie and Wagstaff, "Lucas pseudoprimes" (1980).
#include <avila/numeric/number_theory.hpp>

#include "montgomery.hpp"

namespace avila::numeric {
namespace {

using detail::copy;
using detail::Montgomery;
using detail::Scratch;
using detail::zero;

// (a / n) for odd n, both below 2^64.
int jacobi_64(std::uint64_t a, std::uint64_t n) noexcept {
  int sign = 1;
  for (a %= n; a != 0; a %= n) {
    const int twos = std::countr_zero(a);
    a >>= twos;
    if (twos % 2 != 0 && (n % 8 == 3 || n % 8 == 5)) sign = -sign;
    if (a % 4 == 3 && n % 4 == 3) sign = -sign;
    std::swap(a, n);
  }
  return n == 1 ? sign : 0;
}

int jacobi_odd(BigUint a, BigUint n) {
  int sign = 1;
  for (;;) {
    if (a >= n) a %= n;
    if (a.is_zero()) return n.is_one() ? sign : 0;
    if (n.limbs().size() == 1) return sign * jacobi_64(a.low64(), n.low64());
    const std::uint64_t twos = a.trailing_zeros();
    a >>= twos;
    const std::uint64_t n8 = n.low64() % 8;
    if (twos % 2 != 0 && (n8 == 3 || n8 == 5)) sign = -sign;
    if (a.low64() % 4 == 3 && n8 % 4 == 3) sign = -sign;
    std::swap(a, n);
  }
}

// n is a strong probable prime to base 2; n odd, above 2.
bool passes_strong_base_2(const Montgomery& field, const BigUint& n) {
  const std::size_t size = field.size();
  const BigUint minus_one = n - 1;
  const std::uint64_t s = minus_one.trailing_zeros();
  Scratch<Limb> memory(2 * size);
  Limb* const x = memory;
  Limb* const minus = memory + size;
  zero(minus, size);
  field.subtract(minus, minus, field.one());  // -1
  field.add(x, field.one(), field.one());
  field.power(x, x, minus_one >> s);
  if (detail::compare(x, field.one(), size) == 0) return true;
  for (std::uint64_t i = 0; i < s; ++i) {
    if (detail::compare(x, minus, size) == 0) return true;
    field.multiply(x, x, x);
  }
  return false;
}

// The strong Lucas test, P = 1, Q = (1 - D) / 4, D the first of 5, -7, 9, … with (D / n) = -1.
bool passes_strong_lucas(const Montgomery& field, const BigUint& n) {
  if (is_square(n)) return false;
  std::int64_t d = 5;
  for (;; d = d > 0 ? -(d + 2) : -(d - 2)) {
    const std::uint64_t size = static_cast<std::uint64_t>(d < 0 ? -d : d);
    int symbol = jacobi_odd(BigUint(size), n);
    if (d < 0 && n.low64() % 4 == 3) symbol = -symbol;
    if (symbol == -1) break;
    if (symbol == 0 && n != BigUint(size)) return false;  // a factor of |D| < n
  }
  const std::size_t size = field.size();
  Scratch<Limb> memory(6 * size);
  Limb *u = memory, *v = u + size, *q = v + size, *t = q + size, *dd = t + size, *q1 = dd + size;
  const auto enter_signed = [&](Limb* r, std::int64_t value) {
    field.enter(r, BigUint(static_cast<std::uint64_t>(value < 0 ? -value : value)));
    if (value < 0) {
      zero(t, size);
      field.subtract(r, t, r);
    }
  };
  enter_signed(dd, d);
  enter_signed(q1, (1 - d) / 4);
  const BigUint plus_one = n + BigUint(1);
  const std::uint64_t s = plus_one.trailing_zeros();
  const BigUint k = plus_one >> s;
  copy(u, field.one(), size);  // U(1), V(1), Q^1
  copy(v, field.one(), size);
  copy(q, q1, size);
  const auto double_v = [&] {  // V(2k) = V(k)² - 2 Q^k
    field.multiply(v, v, v);
    field.subtract(v, v, q);
    field.subtract(v, v, q);
    field.multiply(q, q, q);
  };
  for (std::uint64_t i = k.bit_length() - 1; i-- != 0;) {
    field.multiply(u, u, v);
    double_v();
    if (!k.bit(i)) continue;
    // U(k+1) = (U + V) / 2, V(k+1) = (D U + V) / 2
    field.multiply(t, dd, u);
    field.add(u, u, v);
    field.halve(u, u);
    field.add(v, t, v);
    field.halve(v, v);
    field.multiply(q, q, q1);
  }
  if (field.is_zero(u)) return true;
  for (std::uint64_t i = 0; i < s; ++i) {
    if (field.is_zero(v)) return true;
    if (i + 1 < s) double_v();
  }
  return false;
}

const std::vector<std::uint32_t>& small_primes() {
  static const std::vector<std::uint32_t> primes = primes_up_to(1000);
  return primes;
}

bool passes_both(const BigUint& n) {
  const Montgomery field(n);
  return passes_strong_base_2(field, n) && passes_strong_lucas(field, n);
}

}  // namespace

Result<int> jacobi(const BigInt& a, const BigUint& n) {
  if (n.is_even()) return Error(Errc::InvalidArgument, "Jacobi symbol over an even number");
  const int sign = a.is_negative() && n.low64() % 4 == 3 ? -1 : 1;
  return sign * jacobi_odd(a.magnitude(), n);
}

bool is_probable_prime(const BigUint& n) {
  if (n < BigUint(2)) return false;
  for (const std::uint32_t p : small_primes()) {
    if (n.modulo(p) == 0) return n == BigUint(p);
    if (n < BigUint(std::uint64_t{p} * p)) return true;
  }
  return passes_both(n);
}

BigUint next_prime(const BigUint& n) {
  if (n < BigUint(2)) return 2;
  BigUint candidate = n + BigUint(n.is_odd() ? 2 : 1);
  if (candidate < BigUint(1'000'000)) {
    while (!is_probable_prime(candidate)) candidate += 2;
    return candidate;
  }
  // Residues modulo the small primes walk along; most candidates fall to one of them.
  const auto& primes = small_primes();
  std::vector<std::uint32_t> residue(primes.size());
  for (std::size_t i = 0; i < primes.size(); ++i)
    residue[i] = static_cast<std::uint32_t>(candidate.modulo(primes[i]));
  for (std::uint32_t step = 0;; step += 2) {
    bool divided = false;
    for (std::size_t i = 1; i < primes.size() && !divided; ++i)
      divided = (residue[i] + step) % primes[i] == 0;
    if (divided) continue;
    BigUint x = candidate + BigUint(step);
    if (passes_both(x)) return x;
  }
}

}  // namespace avila::numeric
