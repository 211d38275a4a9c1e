// field.*: operations of the fields and curves on seeded inputs, one operation an op.
#include <avila/field/msm.hpp>
#include <avila/field/x25519.hpp>

#include "bench.hpp"

using namespace avila;
using namespace avila::field;

namespace {

template <class F>
F any(std::uint64_t seed) {
  const auto bytes = bench::random_bytes(F::kBytes, seed);
  return F::reduce_le(std::as_bytes(std::span(bytes)));
}

/// Chains of 1,000, so that a call's overhead counts as it does in use.
template <class F>
void field_ops(const std::string& name, const F& a, const F& b) {
  const std::string prefix = "field." + name;
  F x = a;
  bench::ops(prefix + ".mul", 1000, [&] {
    for (int i = 0; i < 1000; ++i) x = x * b;
    bench::keep(x);
  });
  bench::ops(prefix + ".sqr", 1000, [&] {
    for (int i = 0; i < 1000; ++i) x = x.square();
    bench::keep(x);
  });
  bench::ops(prefix + ".inv", 1, [&] { bench::keep(x.inverse()); });
}

template <class Point, class Scalar>
void group_ops(const std::string& name) {
  const std::string prefix = "field." + name;
  const Scalar a = any<Scalar>(3), b = any<Scalar>(4);
  const Point p = Point::mul_base(any<Scalar>(5));
  bench::ops(prefix + ".add", 1, [&] { bench::keep(p + Point::base()); });
  bench::ops(prefix + ".base-mul", 1, [&] { bench::keep(Point::mul_base(a)); });
  bench::ops(prefix + ".mul", 1, [&] { bench::keep(a * p); });
  bench::ops(prefix + ".double-mul", 1, [&] { bench::keep(Point::double_mul_vartime(a, p, b)); });
  for (const std::size_t count : {16U, 1024U}) {
    std::vector<Scalar> scalars(count);
    std::vector<Point> points(count, p);
    for (std::size_t i = 0; i < count; ++i) {
      scalars[i] = any<Scalar>(100 + i);
      if (i > 0) points[i] = points[i - 1] + p;
    }
    const std::span<const Scalar> s(scalars);
    const std::span<const Point> q(points);
    bench::ops(prefix + ".msm" + std::to_string(count), static_cast<double>(count),
               [&] { bench::keep(multi_scalar_mul_vartime(s, q)); });
  }
}

template <class C>
void curve(const std::string& name) {
  field_ops(name + "-field", any<typename C::Field>(1), any<typename C::Field>(2));
  field_ops(name + "-scalar", any<typename C::Scalar>(1), any<typename C::Scalar>(2));
  group_ops<CurvePoint<C>, typename C::Scalar>(name);
  const auto key = any<typename C::Scalar>(6);
  const auto point = CurvePoint<C>::mul_base(any<typename C::Scalar>(7));
  const auto encoded = point.encode(PointForm::Uncompressed);
  const auto compressed = point.encode(PointForm::Compressed);
  bench::ops("field." + name + ".decode", 1,
             [&] { bench::keep(CurvePoint<C>::decode(compressed).value()); });
  bench::ops("field." + name + ".ecdh", 1,
             [&] { bench::keep((key * CurvePoint<C>::decode(encoded).value()).to_affine()); });
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  const auto bytes = bench::random_bytes(64, 8);
  const auto span = std::as_bytes(std::span(bytes));
  field_ops("fe25519", Fe25519::from_bytes(span.first<32>()), Fe25519::from_bytes(span.last<32>()));
  field_ops("ed25519-scalar", any<Scalar25519>(1), any<Scalar25519>(2));
  group_ops<EdwardsPoint, Scalar25519>("ed25519");
  const auto compressed = EdwardsPoint::mul_base(any<Scalar25519>(7)).compress();
  bench::ops("field.ed25519.decode", 1,
             [&] { bench::keep(EdwardsPoint::decompress(compressed).value()); });
  bench::ops("field.ed25519.encode", 1,
             [&, p = EdwardsPoint::base()] { bench::keep(p.compress()); });
  X25519Bytes out;
  const auto peer = x25519_base(span.last<32>());
  bench::ops("field.x25519.mul", 1, [&] { bench::keep(x25519(out, span.first<32>(), peer)); });
  bench::ops("field.x25519.base-mul", 1, [&] { bench::keep(x25519_base(span.first<32>())); });
  const auto element = RistrettoPoint::mul_base(any<Scalar25519>(7)).encode();
  bench::ops("field.ristretto255.decode", 1,
             [&] { bench::keep(RistrettoPoint::decode(element).value()); });
  bench::ops("field.ristretto255.encode", 1, [&] { bench::keep(RistrettoPoint::base().encode()); });
  curve<CurveP256>("p256");
  curve<CurveP384>("p384");
  curve<CurveP521>("p521");
  curve<CurveSecp256k1>("secp256k1");
}
