// Factorials, binomials, Fibonacci numbers; products by balanced trees.
#include <avila/numeric/number_theory.hpp>
#include <cmath>

#include "limbs.hpp"
#include "memory_guard.hpp"

namespace avila::numeric {
namespace {

Error too_large(const char* what) {
  return Error(Errc::LimitExceeded, std::string(what) + " has more bits than the limit allows");
}

// The product of factors[from, to).
BigUint product_tree(const std::vector<Limb>& factors, std::size_t from, std::size_t to) {
  if (to - from <= 16) {
    BigUint r = 1;
    for (std::size_t i = from; i < to; ++i) r.multiply_add(factors[i], 0);
    return r;
  }
  const std::size_t middle = from + (to - from) / 2;
  return product_tree(factors, from, middle) * product_tree(factors, middle, to);
}

// Packs factors into limbs, so that the tree starts full.
class Product {
 public:
  void multiply(Limb factor) {
    const u128 wide = multiply_wide(pending_, factor);
    if (high64(wide) != 0) {
      factors_.push_back(pending_);
      pending_ = factor;
    } else {
      pending_ = low64(wide);
    }
  }
  BigUint finish() {
    factors_.push_back(pending_);
    return product_tree(factors_, 0, factors_.size());
  }

 private:
  std::vector<Limb> factors_;
  Limb pending_ = 1;
};

// The odd part of n! / floor(n/2)!²: every odd prime p to the number of odd floor(n / p^i).
BigUint odd_swing(std::uint64_t n, const std::vector<std::uint32_t>& primes) {
  Product product;
  for (std::size_t i = 1; i < primes.size() && primes[i] <= n; ++i) {
    const std::uint64_t p = primes[i];
    if (p * p > n) {
      if ((n / p & 1) != 0) product.multiply(p);
      continue;
    }
    Limb power = 1;
    for (std::uint64_t q = n / p; q != 0; q /= p)
      if ((q & 1) != 0) power *= p;
    if (power != 1) product.multiply(power);
  }
  return product.finish();
}

BigUint odd_factorial(std::uint64_t n, const std::vector<std::uint32_t>& primes) {
  if (n < 3) return 1;
  if (n <= 32) {
    Product product;
    for (std::uint64_t i = 3; i <= n; ++i) product.multiply(i >> std::countr_zero(i));
    return product.finish();
  }
  BigUint half = odd_factorial(n / 2, primes);
  BigUint squared;
  squared.assign_square(half);
  return squared * odd_swing(n, primes);
}

// log2(n!), a little above.
double log2_factorial(std::uint64_t n) {
  return std::lgamma(static_cast<double>(n) + 1) * 1.4426950408889634 * (1 + 1e-12) + 1;
}

}  // namespace

std::vector<std::uint32_t> primes_up_to(std::uint64_t limit) {
  AVILA_ASSERT(limit <= kMaxSieve);
  std::vector<std::uint32_t> primes;
  if (limit < 2) return primes;
  primes.push_back(2);
  // Odd numbers from 3, in blocks that fit the first cache; 2 i + 3 is number i.
  constexpr std::uint64_t kBlock = 1 << 15;
  const std::uint64_t count = (limit - 1) / 2;
  const auto root_limit = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(limit))) + 1;
  std::vector<std::uint32_t> small;
  if (root_limit >= 3)
    small = limit <= 9 ? std::vector<std::uint32_t>{2, 3} : primes_up_to(root_limit);
  std::vector<std::uint64_t> next(small.size());
  for (std::size_t i = 1; i < small.size(); ++i)
    next[i] = (std::uint64_t{small[i]} * small[i] - 3) / 2;
  std::vector<unsigned char> composite(kBlock);
  for (std::uint64_t start = 0; start < count; start += kBlock) {
    const std::uint64_t end = start + kBlock < count ? start + kBlock : count;
    std::fill(composite.begin(), composite.end(), static_cast<unsigned char>(0));
    for (std::size_t i = 1; i < small.size(); ++i) {
      std::uint64_t at = next[i];
      for (; at < end; at += small[i]) composite[at - start] = 1;
      next[i] = at;
    }
    for (std::uint64_t i = start; i < end; ++i)
      if (composite[i - start] == 0) primes.push_back(static_cast<std::uint32_t>(2 * i + 3));
  }
  return primes;
}

Result<BigUint> factorial(std::uint64_t n, std::uint64_t max_bits) {
  const std::uint64_t limit = max_bits < kMaxBits ? max_bits : kMaxBits;
  if (n > kMaxSieve || log2_factorial(n) - 2 > static_cast<double>(limit))
    return too_large("the factorial");
  return detail::catch_bad_alloc([&]() -> Result<BigUint> {
    const BigUint odd = odd_factorial(n, primes_up_to(n));
    const std::uint64_t twos = n - static_cast<unsigned>(std::popcount(n));
    if (odd.bit_length() + twos > limit) return too_large("the factorial");
    return odd << twos;
  });
}

Result<BigUint> binomial(std::uint64_t n, std::uint64_t k, std::uint64_t max_bits) {
  if (k > n) return BigUint();
  if (k > n - k) k = n - k;
  if (k == 0) return BigUint(1);
  const std::uint64_t limit = max_bits < kMaxBits ? max_bits : kMaxBits;
  // C(n, k) >= (n / k)^k.
  const double least =
      static_cast<double>(k) * std::log2(static_cast<double>(n) / static_cast<double>(k));
  if (least * (1 - 1e-12) - 1 > static_cast<double>(limit) || k > kMaxSieve)
    return too_large("the binomial coefficient");
  return detail::catch_bad_alloc([&]() -> Result<BigUint> {
    BigUint r;
    constexpr std::uint64_t kFactored = std::uint64_t{1} << 27;
    if (n <= kFactored && k > 64) {
      // Kummer: p divides C(n, k) once a carry of k + (n - k) in base p.
      Product product;
      for (const std::uint32_t p : primes_up_to(n)) {
        std::uint64_t a = n, b = k, borrow = 0;
        for (; a != 0; a /= p, b /= p) {
          borrow = a % p < b % p + borrow ? 1 : 0;
          if (borrow != 0) product.multiply(p);
        }
      }
      r = product.finish();
    } else {
      Product above;
      for (std::uint64_t i = 0; i < k; ++i) above.multiply(n - i);
      AVILA_TRY(const BigUint below, factorial(k));
      r = above.finish() / below;
    }
    if (r.bit_length() > limit) return too_large("the binomial coefficient");
    return r;
  });
}

Result<BigUint> fibonacci(std::uint64_t n, std::uint64_t max_bits) {
  const std::uint64_t limit = max_bits < kMaxBits ? max_bits : kMaxBits;
  if (static_cast<double>(n) * 0.694241913 > static_cast<double>(limit))
    return too_large("the Fibonacci number");
  return detail::catch_bad_alloc([&]() -> Result<BigUint> {
    // F(2k) = F(k) (2 F(k+1) - F(k)), F(2k+1) = F(k)² + F(k+1)²
    BigUint a = 0, b = 1;
    for (int i = static_cast<int>(std::bit_width(n)) - 1; i >= 0; --i) {
      BigUint even = a * ((b << 1) - a);
      BigUint odd = a * a + b * b;
      if ((n >> i & 1) != 0) {
        a = odd;
        b = std::move(even) + odd;
      } else {
        a = std::move(even);
        b = std::move(odd);
      }
    }
    if (a.bit_length() > limit) return too_large("the Fibonacci number");
    return a;
  });
}

}  // namespace avila::numeric
