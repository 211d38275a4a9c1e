// GF(p) for any odd prime p of up to 9 limbs, in Montgomery's form.
//
// A field is its parameters:
//   struct Goldilocks {
//     static constexpr std::size_t kLimbs = 1;
//     static constexpr Modulus<1> kModulus = make_modulus<1>({0xFFFFFFFF00000001});
//     static constexpr bool kSecret = false;      // true: wiped on destruction
//     static constexpr std::uint64_t kGenerator = 7;    // of GF(p)*, where the FFT wants it
//   };
//   using GoldilocksField = PrimeField<Goldilocks>;
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/field/ct.hpp>
#include <avila/field/modulus.hpp>
#include <span>

namespace avila::field {

namespace detail {
// All CT in their values. Defined for N = 1…9, with assembly for 4 and 6.
template <std::size_t N>
void add_mod(Limbs<N>& r, const Limbs<N>& a, const Limbs<N>& b, const Modulus<N>& m) noexcept;
template <std::size_t N>
void sub_mod(Limbs<N>& r, const Limbs<N>& a, const Limbs<N>& b, const Modulus<N>& m) noexcept;
/// a b / R; one of the two may be any N limbs, the other is below p.
template <std::size_t N>
void mont_mul(Limbs<N>& r, const Limbs<N>& a, const Limbs<N>& b, const Modulus<N>& m) noexcept;
/// `bits` squarings and a multiplication for every four bits; the exponent is public.
template <std::size_t N>
void mont_pow(Limbs<N>& r, const Limbs<N>& a, std::span<const std::uint64_t> exponent,
              const Modulus<N>& m) noexcept;
/// 1/a; zero for zero.
template <std::size_t N>
void mont_inverse(Limbs<N>& r, const Limbs<N>& a, const Modulus<N>& m) noexcept;
/// Of bytes, big endian or little endian, of at most 16 N bytes, in Montgomery's form.
template <std::size_t N>
void mont_reduce_bytes(Limbs<N>& r, ByteSpan bytes, bool big_endian, const Modulus<N>& m) noexcept;
/// The number below p that stands for r.
template <std::size_t N>
void mont_to_limbs(Limbs<N>& r, const Limbs<N>& a, const Modulus<N>& m) noexcept;
template <std::size_t N>
ct::Mask is_below(const Limbs<N>& a, const Limbs<N>& p) noexcept;
void load_limbs(std::span<std::uint64_t> limbs, ByteSpan bytes, bool big_endian) noexcept;
void store_limbs(MutableByteSpan bytes, std::span<const std::uint64_t> limbs,
                 bool big_endian) noexcept;
}  // namespace detail

/// An element of GF(p). CT: no operation's time depends on a value, but those that say so.
template <class P>
class PrimeField {
 public:
  using Params = P;
  static constexpr std::size_t kLimbs = P::kLimbs;
  static constexpr std::size_t kBits = detail::bit_length(P::kModulus.p);
  static constexpr std::size_t kBytes = (kBits + 7) / 8;
  using LimbArray = Limbs<kLimbs>;
  using Bytes = std::array<std::byte, kBytes>;

  constexpr PrimeField() noexcept : limbs_{} {}  ///< zero
  constexpr PrimeField(const PrimeField&) noexcept = default;
  constexpr PrimeField& operator=(const PrimeField&) noexcept = default;
  constexpr ~PrimeField() = default;
  ~PrimeField()
    requires(P::kSecret)
  {
    ct::wipe(limbs_.data(), sizeof limbs_);
  }

  static constexpr PrimeField zero() noexcept { return {}; }
  static constexpr PrimeField one() noexcept { return from_montgomery(P::kModulus.one); }
  static PrimeField from_u64(std::uint64_t value) noexcept { return from_limbs({value}); }
  /// Of any number below R, reduced.
  static PrimeField from_limbs(const LimbArray& value) noexcept {
    PrimeField r;
    detail::mont_mul(r.limbs_, value, P::kModulus.r2, P::kModulus);
    return r;
  }
  /// kBytes bytes of a number below p. Errc::Malformed: another length, or not below p; only this
  /// verdict shows.
  static Result<PrimeField> from_bytes_be(ByteSpan bytes) { return from_bytes(bytes, true); }
  static Result<PrimeField> from_bytes_le(ByteSpan bytes) { return from_bytes(bytes, false); }
  /// At most 2 kBytes bytes (an assertion), modulo p.
  static PrimeField reduce_be(ByteSpan bytes) noexcept { return reduce(bytes, true); }
  static PrimeField reduce_le(ByteSpan bytes) noexcept { return reduce(bytes, false); }

  Bytes to_bytes_be() const noexcept { return to_bytes(true); }
  Bytes to_bytes_le() const noexcept { return to_bytes(false); }
  /// The number below p.
  LimbArray to_limbs() const noexcept {
    LimbArray r;
    detail::mont_to_limbs(r, limbs_, P::kModulus);
    return r;
  }
  static constexpr PrimeField from_montgomery(const LimbArray& limbs) noexcept {
    PrimeField r;
    r.limbs_ = limbs;
    return r;
  }
  constexpr const LimbArray& montgomery() const noexcept { return limbs_; }

  friend PrimeField operator+(const PrimeField& a, const PrimeField& b) noexcept {
    PrimeField r;
    detail::add_mod(r.limbs_, a.limbs_, b.limbs_, P::kModulus);
    return r;
  }
  friend PrimeField operator-(const PrimeField& a, const PrimeField& b) noexcept {
    PrimeField r;
    detail::sub_mod(r.limbs_, a.limbs_, b.limbs_, P::kModulus);
    return r;
  }
  friend PrimeField operator*(const PrimeField& a, const PrimeField& b) noexcept {
    PrimeField r;
    detail::mont_mul(r.limbs_, a.limbs_, b.limbs_, P::kModulus);
    return r;
  }
  PrimeField operator-() const noexcept { return PrimeField() - *this; }
  PrimeField& operator+=(const PrimeField& b) noexcept { return *this = *this + b; }
  PrimeField& operator-=(const PrimeField& b) noexcept { return *this = *this - b; }
  PrimeField& operator*=(const PrimeField& b) noexcept { return *this = *this * b; }
  PrimeField square() const noexcept { return *this * *this; }

  /// The exponent, lowest limb first, is public.
  PrimeField pow(std::span<const std::uint64_t> exponent) const noexcept {
    PrimeField r;
    detail::mont_pow(r.limbs_, limbs_, exponent, P::kModulus);
    return r;
  }
  /// 1 / a, and zero for zero.
  PrimeField inverse() const noexcept {
    PrimeField r;
    detail::mont_inverse(r.limbs_, limbs_, P::kModulus);
    return r;
  }
  /// A root where there is one, else anything: square it to see. For p = 3 mod 4.
  PrimeField sqrt_candidate() const noexcept
    requires(P::kModulus.p[0] % 4 == 3)
  {
    static constexpr LimbArray kExponent = detail::shifted(P::kModulus.p, 1, 2);
    return pow(kExponent);
  }

  ct::Mask is_zero() const noexcept {
    std::uint64_t any = 0;
    for (const std::uint64_t limb : limbs_) any |= limb;
    return ct::is_zero(any);
  }
  /// Of the number below p.
  ct::Mask is_odd() const noexcept { return ct::mask_if(to_limbs()[0] & 1); }
  ct::Mask equals(const PrimeField& b) const noexcept {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < kLimbs; ++i) difference |= limbs_[i] ^ b.limbs_[i];
    return ct::is_zero(difference);
  }
  friend bool operator==(const PrimeField& a, const PrimeField& b) noexcept {
    return a.equals(b) != 0;
  }
  /// mask ? a : b
  static PrimeField select(ct::Mask mask, const PrimeField& a, const PrimeField& b) noexcept {
    PrimeField r = b;
    ct::assign_if(mask, r.limbs_.data(), a.limbs_.data(), kLimbs);
    return r;
  }

 private:
  static Result<PrimeField> from_bytes(ByteSpan bytes, bool big_endian) {
    if (bytes.size() != kBytes)
      return Error(Errc::Malformed, "a field element has another length than its field");
    LimbArray limbs;
    const ct::Wiper wiper(limbs);
    detail::load_limbs(limbs, bytes, big_endian);
    if (!ct::reveal(detail::is_below(limbs, P::kModulus.p)))
      return Error(Errc::Malformed, "a field element is not below its modulus");
    return from_limbs(limbs);
  }
  static PrimeField reduce(ByteSpan bytes, bool big_endian) noexcept {
    PrimeField r;
    detail::mont_reduce_bytes(r.limbs_, bytes, big_endian, P::kModulus);
    return r;
  }
  Bytes to_bytes(bool big_endian) const noexcept {
    Bytes bytes;
    LimbArray limbs = to_limbs();
    const ct::Wiper wiper(limbs);
    detail::store_limbs(bytes, limbs, big_endian);
    return bytes;
  }

  LimbArray limbs_;
};

}  // namespace avila::field
