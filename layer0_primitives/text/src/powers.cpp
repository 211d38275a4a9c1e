// The table of powers, computed by the compiler.
#include <avila/text/decimal.hpp>

namespace avila::text::detail {
namespace {

// Little-endian words; 5^342 has 795 bits, and a reciprocal needs 128 more.
constexpr int kWords = 16;
using Wide = std::array<std::uint64_t, kWords>;

constexpr void multiply_by_5(Wide& n) {
  std::uint64_t carry = 0;
  for (auto& word : n) {
    const U128 t = U128{word} * 5 + carry;
    word = static_cast<std::uint64_t>(t);
    carry = static_cast<std::uint64_t>(t >> 64);
  }
}

constexpr void divide_by_5(Wide& n) {
  std::uint64_t rest = 0;
  for (int i = kWords; i-- > 0;) {
    const U128 t = U128{rest} << 64 | n[static_cast<std::size_t>(i)];
    n[static_cast<std::size_t>(i)] = static_cast<std::uint64_t>(t / 5);
    rest = static_cast<std::uint64_t>(t % 5);
  }
}

// The 128 bits from the highest set one down.
constexpr Power top(const Wide& n) {
  int i = kWords - 1;
  while (n[static_cast<std::size_t>(i)] == 0) --i;
  const auto word = [&](int k) { return k >= 0 ? n[static_cast<std::size_t>(k)] : 0; };
  const int shift = std::countl_zero(word(i));
  if (shift == 0) return {word(i), word(i - 1)};
  return {word(i) << shift | word(i - 1) >> (64 - shift),
          word(i - 1) << shift | word(i - 2) >> (64 - shift)};
}

constexpr std::array<Power, kPowerCount> compute() {
  std::array<Power, kPowerCount> powers{};
  Wide n{1};
  for (int q = 0; q <= kMaxPower; ++q, multiply_by_5(n))
    powers[static_cast<std::size_t>(q - kMinPower)] = top(n);
  // floor(floor(x / 5) / 5) = floor(x / 25), so dividing on is exact; the +1 rounds up, since no
  // power of five divides a power of two.
  n = {};
  n[kWords - 1] = std::uint64_t{1} << 63;
  for (int q = -1; q >= kMinPower; --q) {
    divide_by_5(n);
    Power p = top(n);
    p.low += 1;
    p.high += p.low == 0;
    powers[static_cast<std::size_t>(q - kMinPower)] = p;
  }
  return powers;
}

}  // namespace

constinit const std::array<Power, kPowerCount> kPowers = compute();

}  // namespace avila::text::detail
