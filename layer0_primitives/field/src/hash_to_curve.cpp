// The simplified Shallue-van de Woestijne-Ulas map on curves with p = 3 mod 4.
#include <avila/field/expand_message.hpp>
#include <avila/field/hash_to_curve.hpp>

namespace avila::field {

namespace {

/// x = numerator / denominator.
template <class F>
struct MappedPoint {
  F x_numerator, x_denominator, y;
};
template <class F>
struct RootOfRatio {
  ct::Mask was_square;
  F root;
};

/// RFC 9380 appendix F.2.1.2: sqrt(u/v), or sqrt(z u/v) for the non-square z where u/v has none.
template <class F>
RootOfRatio<F> sqrt_ratio_3mod4(const F& u, const F& v, const F& root_of_minus_z) noexcept {
  static constexpr auto kExponent = detail::shifted(F::Params::kModulus.p, -3, 2);
  const F uv = u * v;
  const F first = (v.square() * uv).pow(kExponent) * uv;
  const ct::Mask was_square = (first.square() * v).equals(u);
  return {was_square, F::select(was_square, first, first * root_of_minus_z)};
}

/// Appendix F.2, on y^2 = x^3 + a x + b. Steps are those of the appendix, under other names.
template <class F>
MappedPoint<F> map_sswu(const F& u, const F& a, const F& b, const F& z,
                        const F& root_of_minus_z) noexcept {
  const F zu2 = z * u.square();
  const F sum = zu2.square() + zu2;
  const F numerator = b * (sum + F::one());
  const F denominator = a * F::select(sum.is_zero(), z, -sum);
  const F d2 = denominator.square(), d3 = d2 * denominator;
  const F gx = (numerator.square() + a * d2) * numerator + b * d3;
  const RootOfRatio<F> ratio = sqrt_ratio_3mod4(gx, d3, root_of_minus_z);
  const F x = F::select(ratio.was_square, numerator, zu2 * numerator);
  const F y = F::select(ratio.was_square, ratio.root, zu2 * u * ratio.root);
  return {x, denominator, F::select(u.is_odd() ^ y.is_odd(), -y, y)};
}

template <class C>
CurvePoint<C> to_point(const MappedPoint<typename C::Field>& p) noexcept {
  const auto d2 = p.x_denominator.square();
  return CurvePoint<C>::from_jacobian_unchecked(
      {p.x_numerator * p.x_denominator, p.y * d2 * p.x_denominator, p.x_denominator});
}

struct MapP256 {
  using Curve = CurveP256;
  static constexpr std::size_t kExpandBytes = 48;  // ceil((256 + 128) / 8)
  static constexpr auto kExpand = expand_message_xmd_sha256;
  static P256Point map(const FeP256& u) noexcept {
    static const FeP256 z = -FeP256::from_u64(10), root = (-z).sqrt_candidate();
    return to_point<CurveP256>(
        map_sswu(u, -FeP256::from_u64(3), FeP256::from_limbs(CurveP256::kB), z, root));
  }
};
struct MapP384 {
  using Curve = CurveP384;
  static constexpr std::size_t kExpandBytes = 72;  // ceil((384 + 192) / 8)
  static constexpr auto kExpand = expand_message_xmd_sha384;
  static P384Point map(const FeP384& u) noexcept {
    static const FeP384 z = -FeP384::from_u64(12), root = (-z).sqrt_candidate();
    return to_point<CurveP384>(
        map_sswu(u, -FeP384::from_u64(3), FeP384::from_limbs(CurveP384::kB), z, root));
  }
};
struct MapP521 {
  using Curve = CurveP521;
  static constexpr std::size_t kExpandBytes = 98;  // ceil((521 + 256) / 8)
  static constexpr auto kExpand = expand_message_xmd_sha512;
  static P521Point map(const FeP521& u) noexcept {
    static const FeP521 z = -FeP521::from_u64(4), root = FeP521::from_u64(2);
    return to_point<CurveP521>(
        map_sswu(u, -FeP521::from_u64(3), FeP521::from_limbs(CurveP521::kB), z, root));
  }
};

// Section 8.7: a curve that is 3-isogenous to secp256k1, and appendix E.1: the isogeny, lowest
// coefficient first; the denominators are monic.
constexpr std::uint64_t kIsogenousB = 1771;
constexpr Limbs<4> kXNumerator[] = {
    {0x8E38E38DAAAAA8C7, 0x38E38E38E38E38E3, 0xE38E38E38E38E38E, 0x8E38E38E38E38E38},
    {0xDFFF1044F17C6581, 0xD595D2FC0BF63B92, 0xB9F315CEA7FD44C5, 0x07D3D4C80BC321D5},
    {0x4ECBD0B53D9DD262, 0xE4506144037C4031, 0xE2A413DECA25CAEC, 0x534C328D23F234E6},
    {0x8E38E38DAAAAA88C, 0x38E38E38E38E38E3, 0xE38E38E38E38E38E, 0x8E38E38E38E38E38}};
constexpr Limbs<4> kXDenominator[] = {
    {0x9FE6B745781EB49B, 0x86CD409542F8487D, 0x9CA34CCBB7B640DD, 0xD35771193D94918A},
    {0xC52A56612A8C6D14, 0x06D36B641F5E41BB, 0xF7C4B2D51B542254, 0xEDADC6F64383DC1D}};
constexpr Limbs<4> kYNumerator[] = {
    {0xA12F684B8E38E23C, 0x2F684BDA12F684BD, 0x684BDA12F684BDA1, 0x4BDA12F684BDA12F},
    {0xDFFC90FC201D71A3, 0x647AB046D686DA6F, 0xA9D0A54B12A0A6D5, 0xC75E0C32D5CB7C0F},
    {0xA765E85A9ECEE931, 0x722830A201BE2018, 0x715209EF6512E576, 0x29A6194691F91A73},
    {0x84BDA12F38E38D84, 0xBDA12F684BDA12F6, 0xA12F684BDA12F684, 0x2F684BDA12F684BD}};
constexpr Limbs<4> kYDenominator[] = {
    {0xFFFFFFFEFFFFF93B, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF},
    {0xDFB425D2685C2573, 0x9467C1BFC8E8D978, 0xD5E9E6632722C298, 0x7A06534BB8BDB49F},
    {0xA7BF8192BFD2A76F, 0x0A3D21162F0D6299, 0xF3A70C3FA8FE337E, 0x6484AA716545CA2C}};
constexpr Limbs<4> kIsogenousA = {0x405447C01A444533, 0xE953D363CB6F0E5D, 0xA08A5558F0F5D272,
                                  0x3F8731ABDD661ADC};

struct MapSecp256k1 {
  using Curve = CurveSecp256k1;
  using F = FeSecp256k1;
  static constexpr std::size_t kExpandBytes = 48;
  static constexpr auto kExpand = expand_message_xmd_sha256;
  /// sum of coefficients[i] x^i d^(count - 1 - i), for x / d.
  static F evaluate(const Limbs<4>* coefficients, std::size_t count, const F& x, const F& d,
                    bool monic) noexcept {
    F sum = monic ? F::one() : F(), power = F::one();
    for (std::size_t i = count; i-- > 0;) {
      if (monic || i + 1 < count) power *= d;
      sum = sum * x + F::from_limbs(coefficients[i]) * power;
    }
    return sum;
  }
  static Secp256k1Point map(const F& u) noexcept {
    static const F z = -F::from_u64(11), root = (-z).sqrt_candidate();
    const MappedPoint<F> p =
        map_sswu(u, F::from_limbs(kIsogenousA), F::from_u64(kIsogenousB), z, root);
    const F &x = p.x_numerator, &d = p.x_denominator;
    const F x_numerator = evaluate(kXNumerator, 4, x, d, false);
    const F x_denominator = evaluate(kXDenominator, 2, x, d, true) * d;
    const F y_numerator = p.y * evaluate(kYNumerator, 4, x, d, false);
    const F y_denominator = evaluate(kYDenominator, 3, x, d, true);
    // Z = both denominators; where one is zero, the image is the identity.
    const F y_den2 = y_denominator.square(), x_den2 = x_denominator.square();
    return Secp256k1Point::from_jacobian_unchecked({x_numerator * x_denominator * y_den2,
                                                    y_numerator * x_den2 * x_denominator * y_den2,
                                                    x_denominator * y_denominator});
  }
};

/// Section 3: hash_to_field, then the sum of kCount images. The cofactors are 1.
template <class Map, std::size_t kCount>
Result<CurvePoint<typename Map::Curve>> hash(ByteSpan message, ByteSpan tag) {
  using F = typename Map::Curve::Field;
  std::array<std::byte, kCount * Map::kExpandBytes> uniform;
  const ct::Wiper wiper(uniform);
  AVILA_TRY_VOID(Map::kExpand(uniform, message, tag));
  CurvePoint<typename Map::Curve> sum;
  for (std::size_t i = 0; i < kCount; ++i)
    sum =
        sum +
        Map::map(F::reduce_be(ByteSpan(uniform).subspan(i * Map::kExpandBytes, Map::kExpandBytes)));
  return sum;
}

}  // namespace

Result<P256Point> hash_to_p256(ByteSpan message, ByteSpan tag) {
  return hash<MapP256, 2>(message, tag);
}
Result<P256Point> encode_to_p256(ByteSpan message, ByteSpan tag) {
  return hash<MapP256, 1>(message, tag);
}
Result<P384Point> hash_to_p384(ByteSpan message, ByteSpan tag) {
  return hash<MapP384, 2>(message, tag);
}
Result<P384Point> encode_to_p384(ByteSpan message, ByteSpan tag) {
  return hash<MapP384, 1>(message, tag);
}
Result<P521Point> hash_to_p521(ByteSpan message, ByteSpan tag) {
  return hash<MapP521, 2>(message, tag);
}
Result<P521Point> encode_to_p521(ByteSpan message, ByteSpan tag) {
  return hash<MapP521, 1>(message, tag);
}
Result<Secp256k1Point> hash_to_secp256k1(ByteSpan message, ByteSpan tag) {
  return hash<MapSecp256k1, 2>(message, tag);
}
Result<Secp256k1Point> encode_to_secp256k1(ByteSpan message, ByteSpan tag) {
  return hash<MapSecp256k1, 1>(message, tag);
}

}  // namespace avila::field
