#include "number_exact.hpp"

#include <avila/error/assert.hpp>
#include <cstddef>

namespace avila::text::detail {
namespace {

// 770 digits decide every double: half-way points have at most 767 (subnormals). What follows only
// matters as "some more", which one digit 1 says.
constexpr int kMaxDigits = 772;

/// A natural number of fixed capacity. 5^1114 and 772 digits, shifted to differ by 64 bits, fit.
class Natural {
 public:
  static constexpr int kWords = 96;

  explicit Natural(std::uint64_t value) noexcept : words_{value}, size_(value != 0) {}

  void multiply_add(std::uint64_t factor, std::uint64_t add) noexcept {
    std::uint64_t carry = add;
    for (int i = 0; i < size_; ++i) {
      const U128 t = U128{words_[i]} * factor + carry;
      words_[i] = static_cast<std::uint64_t>(t);
      carry = static_cast<std::uint64_t>(t >> 64);
    }
    if (carry != 0) push(carry);
  }
  void multiply_pow5(std::int64_t n) noexcept {
    constexpr std::uint64_t kPow5_27 = 7450580596923828125U;  // the largest in 64 bits
    for (; n >= 27; n -= 27) multiply_add(kPow5_27, 0);
    for (; n > 0; --n) multiply_add(5, 0);
  }
  void shift_left(std::int64_t n) noexcept {
    if (size_ == 0) return;
    const int words = static_cast<int>(n / 64), bits = static_cast<int>(n % 64);
    AVILA_ASSERT(size_ + words + 1 <= kWords);
    words_[size_] = 0;
    for (int i = size_; i >= 0; --i) {
      const std::uint64_t below = i > 0 && bits != 0 ? words_[i - 1] >> (64 - bits) : 0;
      words_[i + words] = (words_[i] << bits) | below;
    }
    for (int i = 0; i < words; ++i) words_[i] = 0;
    size_ += words + 1;
    if (words_[size_ - 1] == 0) --size_;
  }
  std::int64_t bit_length() const noexcept {
    return size_ == 0 ? 0 : size_ * std::int64_t{64} - std::countl_zero(words_[size_ - 1]);
  }
  /// Subtracts `other` where it is not larger; whether it did.
  bool subtract_if_less_or_equal(const Natural& other) noexcept {
    if (size_ != other.size_) {
      if (size_ < other.size_) return false;
    } else {
      int i = size_ - 1;
      while (i >= 0 && words_[i] == other.words_[i]) --i;
      if (i >= 0 && words_[i] < other.words_[i]) return false;
    }
    std::uint64_t borrow = 0;
    for (int i = 0; i < size_; ++i) {
      const std::uint64_t b = i < other.size_ ? other.words_[i] : 0;
      const U128 t = U128{words_[i]} - b - borrow;
      words_[i] = static_cast<std::uint64_t>(t);
      borrow = static_cast<std::uint64_t>(t >> 64) & 1;
    }
    while (size_ > 0 && words_[size_ - 1] == 0) --size_;
    return true;
  }
  bool is_zero() const noexcept { return size_ == 0; }

 private:
  void push(std::uint64_t word) noexcept {
    AVILA_ASSERT(size_ < kWords);
    words_[size_++] = word;
  }
  std::uint64_t words_[kWords];
  int size_;
};

}  // namespace

template <class T>
typename Format<T>::Bits exact_bits(std::string_view digits, std::int64_t point) noexcept {
  using F = Format<T>;
  using Bits = typename F::Bits;
  constexpr Bits kInfinity = Bits{F::kInfinite} << F::kMantissa;

  Natural numerator(0);
  int used = 0;
  bool more = false;
  for (const char c : digits) {
    if (c == '.') continue;
    if (used == 0 && c == '0') {
      --point;
    } else if (used < kMaxDigits) {
      numerator.multiply_add(10, static_cast<std::uint64_t>(c - '0'));
      ++used;
    } else {
      more |= c != '0';
    }
  }
  if (more) numerator.multiply_add(10, 1);
  used += more;
  if (used == 0 || point < -400) return 0;
  if (point > 400) return kInfinity;

  // value = numerator × 10^power = numerator / denominator × 2^power
  const std::int64_t power = point - used;
  Natural denominator(1);
  if (power >= 0) {
    numerator.multiply_pow5(power);
  } else {
    denominator.multiply_pow5(-power);
  }
  // Scale so that the quotient lies in [2^63, 2^65): enough for any mantissa and its rounding bit.
  const std::int64_t scale = 64 - (numerator.bit_length() - denominator.bit_length());
  if (scale >= 0) {
    numerator.shift_left(scale);
  } else {
    denominator.shift_left(-scale);
  }
  U128 quotient = 0;
  {
    Natural shifted = denominator;
    shifted.shift_left(64);
    for (int i = 64;; --i) {
      // numerator × 2^(64-i) against denominator × 2^64
      quotient = quotient << 1 | (numerator.subtract_if_less_or_equal(shifted) ? 1U : 0U);
      if (i == 0) break;
      numerator.shift_left(1);
    }
  }
  const bool rest = !numerator.is_zero();
  const auto high = static_cast<std::uint64_t>(quotient >> 64);
  int bits = high != 0 ? 65 : 64 - std::countl_zero(static_cast<std::uint64_t>(quotient));
  // value = (quotient + rest) × 2^binary
  const std::int64_t binary = power - scale;
  // Exponent of the leading bit, and how many bits the format keeps there.
  const std::int64_t leading = binary + bits - 1;
  std::int64_t keep = F::kMantissa + 1;
  if (leading < F::kMinExponent + 1) keep -= F::kMinExponent + 1 - leading;
  if (keep < 0) return 0;
  if (leading > -F::kMinExponent) return kInfinity;
  const int drop = bits - static_cast<int>(keep);
  U128 mantissa = quotient >> drop;
  const U128 dropped = quotient - (mantissa << drop);
  const U128 half = U128{1} << (drop - 1);
  if (dropped > half || (dropped == half && (rest || (mantissa & 1) != 0))) ++mantissa;
  // A mantissa that reaches the next power of two carries into the exponent by itself.
  const std::int64_t exponent = leading < F::kMinExponent + 1 ? 0 : leading - F::kMinExponent - 1;
  return static_cast<Bits>(mantissa) + static_cast<Bits>(exponent << F::kMantissa);
}

template std::uint64_t exact_bits<double>(std::string_view, std::int64_t) noexcept;
template std::uint32_t exact_bits<float>(std::string_view, std::int64_t) noexcept;

}  // namespace avila::text::detail
