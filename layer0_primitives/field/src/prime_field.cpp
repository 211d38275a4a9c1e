#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/field/prime_field.hpp>

#include "inverse.hpp"
#include "kernel.hpp"

namespace avila::field::detail {

namespace {

/// x^e from left to right in windows of four bits. The exponent is public, the base is not.
template <class K, std::size_t N>
void pow_windows(Limbs<N>& r, const Limbs<N>& a, std::span<const std::uint64_t> exponent,
                 const Modulus<N>& m) noexcept {
  Limbs<N> powers[16];
  const ct::Wiper wiper(powers);
  powers[0] = m.one;
  powers[1] = a;
  for (std::size_t i = 2; i < 16; ++i) K::mont_mul(powers[i], powers[i - 1], a, m);
  Limbs<N> x = m.one;
  bool started = false;
  for (std::size_t i = exponent.size() * 16; i-- > 0;) {
    if (started)
      for (int s = 0; s < 4; ++s) K::mont_sqr(x, x, m);
    const unsigned window = exponent[i / 16] >> (4 * (i % 16)) & 15;
    if (window == 0) continue;
    if (started) {
      K::mont_mul(x, x, powers[window], m);
    } else {
      x = powers[window];
    }
    started = true;
  }
  r = x;
  ct::wipe(&x, sizeof x);
}

template <std::size_t N>
struct Arithmetic {
  void (*add)(Limbs<N>&, const Limbs<N>&, const Limbs<N>&, const Modulus<N>&) noexcept;
  void (*sub)(Limbs<N>&, const Limbs<N>&, const Limbs<N>&, const Modulus<N>&) noexcept;
  void (*mul)(Limbs<N>&, const Limbs<N>&, const Limbs<N>&, const Modulus<N>&) noexcept;
  void (*pow)(Limbs<N>&, const Limbs<N>&, std::span<const std::uint64_t>,
              const Modulus<N>&) noexcept;
};

template <std::size_t N>
struct Of {
  template <class K>
  struct Make {
    static constexpr Arithmetic<N> value = {K::add_mod, K::sub_mod, K::mont_mul, pow_windows<K, N>};
  };
};

template <std::size_t N>
const Arithmetic<N>& arithmetic() noexcept {
  if constexpr (N == 4 || N == 6) {
    static const auto* chosen = choose_kernel<Of<N>::template Make>();
    return *chosen;
  } else {
    using K = PortableKernel;
    static constexpr Arithmetic<N> kPortable = {K::add_mod<N>, K::sub_mod<N>, K::mont_mul<N>,
                                                pow_windows<K, N>};
    return kPortable;
  }
}

}  // namespace

template <std::size_t N>
void add_mod(Limbs<N>& r, const Limbs<N>& a, const Limbs<N>& b, const Modulus<N>& m) noexcept {
  arithmetic<N>().add(r, a, b, m);
}
template <std::size_t N>
void sub_mod(Limbs<N>& r, const Limbs<N>& a, const Limbs<N>& b, const Modulus<N>& m) noexcept {
  arithmetic<N>().sub(r, a, b, m);
}
template <std::size_t N>
void mont_mul(Limbs<N>& r, const Limbs<N>& a, const Limbs<N>& b, const Modulus<N>& m) noexcept {
  arithmetic<N>().mul(r, a, b, m);
}
template <std::size_t N>
void mont_pow(Limbs<N>& r, const Limbs<N>& a, std::span<const std::uint64_t> exponent,
              const Modulus<N>& m) noexcept {
  arithmetic<N>().pow(r, a, exponent, m);
}

template <std::size_t N>
void mont_inverse(Limbs<N>& r, const Limbs<N>& a, const Modulus<N>& m) noexcept {
  Limbs<N> plain = Divsteps<N>::inverse(a, m);  // of a R: 1 / (a R)
  mont_mul(plain, plain, m.r2, m);
  mont_mul(r, plain, m.r2, m);
  ct::wipe(&plain, sizeof plain);
}

template <std::size_t N>
void mont_reduce_bytes(Limbs<N>& r, ByteSpan bytes, bool big_endian, const Modulus<N>& m) noexcept {
  AVILA_ASSERT(bytes.size() <= 16 * N);
  std::array<std::uint64_t, 2 * N> wide{};
  const ct::Wiper wiper(wide);
  load_limbs(wide, bytes, big_endian);
  Limbs<N> low, high;
  std::copy_n(wide.begin(), N, low.begin());
  std::copy_n(wide.begin() + N, N, high.begin());
  mont_mul(low, low, m.r2, m);
  mont_mul(high, high, m.r2, m);  // the form of `high`
  mont_mul(high, high, m.r2, m);  // times R
  add_mod(r, low, high, m);
  ct::wipe(&low, sizeof low);
  ct::wipe(&high, sizeof high);
}

template <std::size_t N>
void mont_to_limbs(Limbs<N>& r, const Limbs<N>& a, const Modulus<N>& m) noexcept {
  Limbs<N> one{};
  one[0] = 1;
  mont_mul(r, a, one, m);
}

template <std::size_t N>
ct::Mask is_below(const Limbs<N>& a, const Limbs<N>& p) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < N; ++i) (void)subtract_borrow(a[i], p[i], borrow);
  return ct::mask_if(borrow);
}

void load_limbs(std::span<std::uint64_t> limbs, ByteSpan bytes, bool big_endian) noexcept {
  std::fill(limbs.begin(), limbs.end(), 0);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint64_t>(bytes[big_endian ? bytes.size() - 1 - i : i]);
    limbs[i / 8] |= byte << (8 * (i % 8));
  }
}

void store_limbs(MutableByteSpan bytes, std::span<const std::uint64_t> limbs,
                 bool big_endian) noexcept {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[big_endian ? bytes.size() - 1 - i : i] =
        static_cast<std::byte>(limbs[i / 8] >> (8 * (i % 8)));
}

#define AVILA_FIELD_INSTANTIATE(N)                                                                 \
  template void add_mod(Limbs<N>&, const Limbs<N>&, const Limbs<N>&, const Modulus<N>&) noexcept;  \
  template void sub_mod(Limbs<N>&, const Limbs<N>&, const Limbs<N>&, const Modulus<N>&) noexcept;  \
  template void mont_mul(Limbs<N>&, const Limbs<N>&, const Limbs<N>&, const Modulus<N>&) noexcept; \
  template void mont_pow(Limbs<N>&, const Limbs<N>&, std::span<const std::uint64_t>,               \
                         const Modulus<N>&) noexcept;                                              \
  template void mont_inverse(Limbs<N>&, const Limbs<N>&, const Modulus<N>&) noexcept;              \
  template void mont_reduce_bytes(Limbs<N>&, ByteSpan, bool, const Modulus<N>&) noexcept;          \
  template void mont_to_limbs(Limbs<N>&, const Limbs<N>&, const Modulus<N>&) noexcept;             \
  template ct::Mask is_below(const Limbs<N>&, const Limbs<N>&) noexcept;
AVILA_FIELD_INSTANTIATE(1)
AVILA_FIELD_INSTANTIATE(2)
AVILA_FIELD_INSTANTIATE(3)
AVILA_FIELD_INSTANTIATE(4)
AVILA_FIELD_INSTANTIATE(5)
AVILA_FIELD_INSTANTIATE(6)
AVILA_FIELD_INSTANTIATE(7)
AVILA_FIELD_INSTANTIATE(8)
AVILA_FIELD_INSTANTIATE(9)
#undef AVILA_FIELD_INSTANTIATE

}  // namespace avila::field::detail
