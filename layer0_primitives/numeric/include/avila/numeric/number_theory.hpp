// Number theory on big integers. None of it is constant time: not for secrets.
#pragma once
#include <avila/numeric/big_int.hpp>
#include <vector>

namespace avila::numeric {

/// base^exponent; 0^0 = 1. Errors: LimitExceeded above `max_bits`, OutOfMemory.
Result<BigUint> pow(const BigUint& base, std::uint64_t exponent, std::uint64_t max_bits = kMaxBits);
Result<BigInt> pow(const BigInt& base, std::uint64_t exponent, std::uint64_t max_bits = kMaxBits);

/// Greatest common divisor; gcd(0, b) = b. Lehmer's method by double digits, O(n²), then half-gcd.
BigUint gcd(const BigUint& a, const BigUint& b);
/// Least common multiple; 0 where one is. The answer must fit kMaxBits.
BigUint lcm(const BigUint& a, const BigUint& b);

/// gcd = a x + b y, |x| <= |b / gcd|, |y| <= |a / gcd|.
struct ExtendedGcd {
  BigUint gcd;
  BigInt x, y;
};
ExtendedGcd extended_gcd(const BigInt& a, const BigInt& b);

/// The x in [0, m) with a x = 1 mod m. Errors: InvalidArgument where m is zero or gcd(a, m) != 1.
Result<BigUint> mod_inverse(const BigUint& a, const BigUint& m);
/// base^exponent mod m. Montgomery with windows for odd m; an even one is split into its odd part
/// and a power of two. Errors: InvalidArgument where m is zero.
Result<BigUint> mod_pow(const BigUint& base, const BigUint& exponent, const BigUint& m);

/// a = root^n + remainder, root as large as possible.
struct RootUint {
  BigUint root, remainder;
};
/// Zimmermann, "Karatsuba square root" (1999).
RootUint sqrt(const BigUint& a);
/// Newton's iteration. InvalidArgument where n is zero.
Result<RootUint> root(const BigUint& a, std::uint64_t n);
bool is_square(const BigUint& a);

/// The Jacobi symbol (a / n): -1, 0 or 1. InvalidArgument where n is even.
Result<int> jacobi(const BigInt& a, const BigUint& n);

/// n!: by prime swing (Luschny). LimitExceeded above `max_bits`, OutOfMemory.
Result<BigUint> factorial(std::uint64_t n, std::uint64_t max_bits = kMaxBits);
/// n over k; 0 where k > n. LimitExceeded above `max_bits`.
Result<BigUint> binomial(std::uint64_t n, std::uint64_t k, std::uint64_t max_bits = kMaxBits);
/// F(0) = 0, F(1) = 1. LimitExceeded above `max_bits`.
Result<BigUint> fibonacci(std::uint64_t n, std::uint64_t max_bits = kMaxBits);

/// Baillie-PSW: trial division, a strong test to base 2, a strong Lucas test with Selfridge's
/// parameters. Exact below 2^64; no composite that passes is known.
bool is_probable_prime(const BigUint& n);
/// The smallest probable prime above n.
BigUint next_prime(const BigUint& n);
/// The primes up to `limit` (at most kMaxSieve, asserted), ascending.
constexpr std::uint64_t kMaxSieve = std::uint64_t{1} << 32;
std::vector<std::uint32_t> primes_up_to(std::uint64_t limit);

}  // namespace avila::numeric
