// The Fourier transform over a prime field whose p - 1 has many factors of two: polynomials as
// coefficients or as values at the powers of a root of unity, and products of them in O(n log n).
#pragma once
#include <avila/error/assert.hpp>
#include <avila/field/prime_field.hpp>
#include <bit>
#include <span>
#include <utility>
#include <vector>

namespace avila::field {

constexpr unsigned kMaxFftLog2Size = 28;

/// Of size n = 2^log2_size over F, whose parameters name a kGenerator of the multiplicative group
/// (7 for the scalar field of BLS12-381 and for Goldilocks). Holds n / 2 powers of the root.
template <class F>
class Fft {
 public:
  /// The k for which 2^k divides p - 1, and no more.
  static constexpr unsigned two_adicity() noexcept {
    unsigned k = 0;
    for (std::size_t i = 0; i < F::kLimbs; ++i) {
      const std::uint64_t limb = F::Params::kModulus.p[i] - (i == 0 ? 1 : 0);
      k += static_cast<unsigned>(std::countr_zero(limb));
      if (limb != 0) break;
    }
    return k;
  }

  /// Errc::OutOfRange: the field has no root of unity of that order, or above kMaxFftLog2Size.
  static Result<Fft> create(unsigned log2_size) {
    if (log2_size > two_adicity() || log2_size > kMaxFftLog2Size)
      return Error(Errc::OutOfRange, "the field has no root of unity of that order");
    return Fft(log2_size);
  }

  std::size_t size() const noexcept { return std::size_t{1} << log2_size_; }
  /// The primitive n-th root of unity that the values are taken at the powers of.
  const F& root() const noexcept { return root_; }

  /// Coefficients a[0…n-1] become values a(1), a(root), a(root^2), …, in place and in that order.
  void forward(std::span<F> a) const noexcept { transform(a, 1); }
  /// The other way.
  void inverse(std::span<F> a) const noexcept {
    transform(a, -1);
    for (F& x : a) x *= size_inverse_;
  }
  /// Values at shift, shift root, shift root^2, …; the shift is not zero.
  void forward_coset(std::span<F> a, const F& shift) const noexcept {
    scale(a, shift);
    forward(a);
  }
  void inverse_coset(std::span<F> a, const F& shift) const noexcept {
    inverse(a);
    scale(a, shift.inverse());
  }

 private:
  explicit Fft(unsigned log2_size) : log2_size_(log2_size) {
    // g^((p - 1) / 2^k)
    auto exponent = detail::shifted(F::Params::kModulus.p, -1, 0);
    for (unsigned s = 0; s < log2_size; ++s)
      for (std::size_t i = 0; i < F::kLimbs; ++i)
        exponent[i] = exponent[i] >> 1 | (i + 1 < F::kLimbs ? exponent[i + 1] << 63 : 0);
    root_ = F::from_u64(F::Params::kGenerator).pow(exponent);
    size_inverse_ = F::from_u64(size()).inverse();
    powers_.resize(size() / 2);
    F power = F::one();
    for (F& p : powers_) {
      p = power;
      power *= root_;
    }
  }

  static void scale(std::span<F> a, const F& factor) noexcept {
    F power = F::one();
    for (F& x : a) {
      x *= power;
      power *= factor;
    }
  }

  /// Cooley and Tukey, decimation in time; root^-k = -root^(n/2 - k).
  void transform(std::span<F> a, int sign) const noexcept {
    AVILA_ASSERT(a.size() == size());
    const std::size_t n = size();
    for (std::size_t i = 1, j = 0; i < n; ++i) {  // j is i with its bits reversed
      std::size_t bit = n >> 1;
      for (; (j & bit) != 0; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i < j) std::swap(a[i], a[j]);
    }
    for (std::size_t half = 1; half < n; half *= 2) {
      const std::size_t stride = n / (2 * half);
      for (std::size_t start = 0; start < n; start += 2 * half) {
        for (std::size_t k = 0; k < half; ++k) {
          const F even = a[start + k];
          F odd = a[start + k + half];
          if (k != 0) odd *= powers_[sign > 0 ? k * stride : n / 2 - k * stride];
          if (sign < 0 && k != 0) odd = -odd;
          a[start + k] = even + odd;
          a[start + k + half] = even - odd;
        }
      }
    }
  }

  unsigned log2_size_;
  F root_, size_inverse_;
  std::vector<F> powers_;
};

}  // namespace avila::field
