// bigint.*: the workloads of peers/README.md. Results go to numbers that keep their memory, as the
// peer's do.
#include <avila/numeric/number_theory.hpp>

#include "bench.hpp"

using namespace avila::numeric;

namespace {

// RANDOM(ceil(bits / 8), seed), little endian, cut to the bits, top bit set.
BigUint number(std::size_t bits, std::uint64_t seed) {
  const auto bytes = bench::random_bytes((bits + 7) / 8, seed);
  BigUint r = *BigUint::from_bytes_le(std::as_bytes(std::span{bytes}));
  r &= (BigUint(1) << bits) - 1;
  return r | BigUint(1) << (bits - 1);
}

template <class F>
void nanoseconds(const std::string& metric, F&& f) {
  if (!bench::wanted(metric)) return;
  const bench::Time t = bench::measure(f);
  bench::emit(metric, t.median * 1e9, "ns", t.best * 1e9);
}
template <class F>
void milliseconds(const std::string& metric, F&& f) {
  if (!bench::wanted(metric)) return;
  const bench::Time t = bench::measure(f);
  bench::emit(metric, t.median * 1e3, "ms", t.best * 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  const std::pair<const char*, std::size_t> sizes[] = {
      {"100", 333}, {"1k", 3322}, {"10k", 33220}, {"100k", 332193}, {"1M", 3321929}};
  for (const auto& [name, bits] : sizes) {
    const std::string size = name;
    const BigUint a = number(bits, 161), b = number(bits, 162), c = number(2 * bits, 163);
    BigUint r, q;
    nanoseconds("bigint.mul." + size, [&] { r.assign_product(a, b), bench::keep(r); });
    nanoseconds("bigint.sqr." + size, [&] { r.assign_square(a), bench::keep(r); });
    nanoseconds("bigint.add." + size, [&] { r.assign_sum(a, b), bench::keep(r); });
    nanoseconds("bigint.divmod." + size, [&] { divide(q, r, c, b), bench::keep(q); });
    nanoseconds("bigint.to-decimal." + size, [&] { bench::keep(a.to_string()); });
    const std::string text = a.to_string();
    bench::need(BigUint::parse(text).value() == a, "a number does not read back");
    nanoseconds("bigint.from-decimal." + size, [&] { bench::keep(BigUint::parse(text)); });
    if (bits < 1'000'000) nanoseconds("bigint.gcd." + size, [&] { bench::keep(gcd(a, b)); });
  }
  for (const std::size_t bits : {1024U, 2048U, 4096U}) {
    const BigUint a = number(bits, 164), e = number(bits, 165), m = number(bits, 166) | BigUint(1);
    const std::string size = std::to_string(bits);
    milliseconds("bigint.powmod." + size, [&] { bench::keep(mod_pow(a, e, m)); });
    milliseconds("bigint.invmod." + size, [&] { bench::keep(mod_inverse(a, m)); });
  }
  milliseconds("bigint.factorial.20000", [&] { bench::keep(factorial(20000)); });
}
