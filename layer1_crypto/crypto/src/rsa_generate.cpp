#include <avila/numeric/number_theory.hpp>
#include <avila/os/entropy.hpp>
#include <avila/primitives/wide.hpp>

#include "rsa_prime.hpp"
#include "rsa_state.hpp"

// FIPS 186-5 appendix A.1.3: candidates drawn one by one, so that no prime is likelier than others.
// What time tells: how many candidates were refused and by which small prime, of numbers that are
// forgotten. The ones that stay go through multiplications of fixed length only.
namespace avila::crypto {

using detail::Limb;
using detail::Limbs;
namespace ct = detail::ct;

namespace {

constexpr std::uint64_t kExponent = 65537;

/// A small prime and floor((2^64 - 1) / it), so that remainders need no division.
struct SmallPrime {
  std::uint64_t prime, reciprocal;
};
constexpr std::uint32_t kSmallPrimeMax = 17'000;

const std::vector<SmallPrime>& small_primes() {
  static const std::vector<SmallPrime> all = [] {
    std::vector<SmallPrime> made;
    for (const std::uint32_t prime : numeric::primes_up_to(kSmallPrimeMax))
      if (prime != 2) made.push_back({prime, ~std::uint64_t{0} / prime});
    return made;
  }();
  return all;
}

/// value mod d.prime, for primes below 2^32; constant time.
std::uint64_t remainder(detail::LimbSpan value, const SmallPrime& d) noexcept {
  std::uint64_t rest = 0;
  for (std::size_t i = 2 * value.size(); i-- > 0;) {
    const std::uint64_t x = rest << 32 | (value[i / 2] >> (i % 2 * 32) & 0xFFFF'FFFFU);
    const std::uint64_t quotient = high64(multiply_wide(x, d.reciprocal));  // or one more
    rest = x - quotient * d.prime;
    rest -= d.prime & ~ct::mask_if((rest - d.prime) >> 63);
  }
  return rest;
}

/// FIPS 186-5 table B.1: rounds for an error below 2^-112 for 1024 bits, 2^-128 above.
int miller_rabin_rounds(std::size_t prime_bits) noexcept { return prime_bits <= 1024 ? 5 : 4; }

bool has_small_factor(const Limbs& candidate) {
  for (const SmallPrime& prime : small_primes())
    if (ct::reveal(ct::is_zero(remainder(candidate, prime)))) return true;
  return false;
}

/// A prime of 64 n bits, at least sqrt(2) 2^(64 n - 1), p - 1 without common factor with e.
Result<Limbs> draw_prime(std::size_t n, os::Entropy& entropy) {
  constexpr Limb kTopMin = 0xB504F333F9DE6485;  // sqrt(2) 2^63, rounded up
  const SmallPrime e{kExponent, ~std::uint64_t{0} / kExponent};
  for (;;) {
    Limbs candidate(n);
    AVILA_TRY_VOID(entropy.fill(std::as_writable_bytes(detail::MutableLimbSpan(candidate))));
    candidate[0] |= 1;
    candidate[n - 1] |= Limb{1} << 63;
    const Limb top = candidate[n - 1];
    if (ct::reveal(detail::less({&top, 1}, {&kTopMin, 1}))) continue;
    if (has_small_factor(candidate)) continue;
    if (ct::reveal(ct::equal(remainder(candidate, e), 1))) continue;
    AVILA_TRY(const bool prime,
              detail::is_probable_prime(candidate, miller_rabin_rounds(64 * n), entropy));
    if (prime) return candidate;
  }
}

/// 1 / x mod e, by Fermat.
std::uint64_t inverse_mod_e(std::uint64_t x) noexcept {
  std::uint64_t power = 1;
  for (int i = 16; i >= 0; --i) {  // e - 2 = 65535: sixteen ones
    power = power * power % kExponent;
    if (i < 16) power = power * x % kExponent;
  }
  return power;
}

/// 1 / e mod lcm(p - 1, q - 1): (1 + k lcm) / e with the k that makes it whole.
Limbs private_exponent(const Limbs& p, const Limbs& q) {
  const std::size_t n = p.size();
  Limbs p1 = p.clone(), q1 = q.clone();
  p1[0] &= ~Limb{1};
  q1[0] &= ~Limb{1};
  Limbs product(2 * n), lcm(2 * n), numerator(2 * n + 1), quotient(2 * n + 1), d(2 * n);
  detail::multiply(product, p1, q1);
  detail::divide(lcm, product, detail::gcd(p1, q1));
  const Limb e[1] = {kExponent};
  const std::uint64_t rest = remainder(lcm, {kExponent, ~std::uint64_t{0} / kExponent});
  const Limb k[1] = {(kExponent - inverse_mod_e(rest)) % kExponent};
  detail::multiply(numerator, lcm, k);
  Limbs one(2 * n + 1);
  one[0] = 1;
  (void)detail::add(numerator, numerator, one);
  detail::divide(quotient, numerator, e);
  for (std::size_t i = 0; i < 2 * n; ++i) d[i] = quotient[i];
  return d;
}

SecretBytes bytes_of(detail::LimbSpan value) {
  SecretBytes bytes(8 * value.size());
  detail::store_bytes(bytes.span(), value);
  return bytes;
}

}  // namespace

Result<bool> detail::is_probable_prime(const Limbs& candidate, int rounds, os::Entropy& entropy) {
  const detail::Modulus w(candidate);
  const std::size_t n = w.size();
  Limbs t = w.scratch(), m = candidate.clone(), one(w.one()), minus_one(n), zero(n);
  w.subtract(minus_one, zero, one, t);
  m[0] &= ~Limb{1};
  int twos = 0;
  for (; ct::reveal(ct::is_zero(m[0] & 1)); ++twos) detail::shift_right_1(m);
  for (int round = 0; round < rounds; ++round) {
    Limbs drawn(n + 1), base(n), power(n);
    AVILA_TRY_VOID(entropy.fill(std::as_writable_bytes(detail::MutableLimbSpan(drawn))));
    w.reduce(base, drawn);
    w.pow(power, base, m);
    w.to_montgomery(power, power, t);
    ct::Mask passes = detail::is_zero(base) |  // no witness of anything: for tiny candidates only
                      detail::equal(power, one) | detail::equal(power, minus_one);
    for (int i = 1; i < twos; ++i) {
      w.multiply(power, power, power, t);
      passes |= detail::equal(power, minus_one);
    }
    if (!ct::reveal(passes)) return false;
  }
  return true;
}

Result<RsaPrivateKey> RsaPrivateKey::generate(std::size_t bits, os::Entropy& entropy) {
  if (bits < kGenerateBitsMin || bits > kGenerateBitsMax || bits % 256 != 0)
    return Error(Errc::InvalidArgument, "RSA: keys have 2048 to 8192 bits, a multiple of 256");
  const std::size_t n = bits / 128;
  for (;;) {
    AVILA_TRY(Limbs p, draw_prime(n, entropy));
    AVILA_TRY(Limbs q, draw_prime(n, entropy));
    if (ct::reveal(detail::less(p, q))) std::swap(p, q);
    // |p - q| > 2^(bits / 2 - 100): the highest 100 bits differ, the lowest of them not alone.
    Limbs difference(n);
    (void)detail::subtract(difference, p, q);
    if (ct::reveal(ct::is_zero(difference[n - 1] | difference[n - 2] >> 29))) continue;

    Limbs modulus(2 * n), d = private_exponent(p, q);
    detail::multiply(modulus, p, q);
    // d > 2^(bits / 2), or it could be found (Wiener 1990).
    if (ct::reveal(detail::is_zero(d.part(n, n)))) continue;
    Limbs p1 = p.clone(), q1 = q.clone(), dp(n), dq(n), inverse(n), two(n);
    p1[0] &= ~Limb{1};
    q1[0] &= ~Limb{1};
    detail::reduce(dp, d, p1);
    detail::reduce(dq, d, q1);
    // 1 / q = q^(p - 2) mod p; q < p.
    two[0] = 2;
    Limbs exponent(n);
    (void)detail::subtract(exponent, p, two);
    detail::Modulus(p).pow(inverse, q, exponent);

    const SecretBytes parts[] = {bytes_of(modulus), bytes_of(d),  bytes_of(p),      bytes_of(q),
                                 bytes_of(dp),      bytes_of(dq), bytes_of(inverse)};
    constexpr std::byte kE[] = {std::byte{1}, std::byte{0}, std::byte{1}};
    ct::declassify(parts[0].span().data(), parts[0].size());
    return create({parts[0].span(), kE, parts[1].span(), parts[2].span(), parts[3].span(),
                   parts[4].span(), parts[5].span(), parts[6].span()});
  }
}

}  // namespace avila::crypto
