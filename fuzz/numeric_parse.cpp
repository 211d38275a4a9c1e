// Integers of every base and fractions: what is read prints and reads back; a digit-by-digit
// reader agrees.
#include <avila/error/assert.hpp>
#include <avila/numeric/rational.hpp>

using namespace avila::numeric;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  const unsigned base = data[0] % 36U + 1;  // 1 is refused
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto number = BigUint::parse(text, base);
  AVILA_ASSERT(base != 1 || !number.has_value());
  if (number.has_value()) {
    BigUint slow;
    for (const char c : text) {
      if (c == '_') continue;
      const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
      slow.multiply_add(base, static_cast<Limb>(digit));
    }
    AVILA_ASSERT(slow == *number);
    AVILA_ASSERT(BigUint::parse(number->to_string(base), base).value() == *number);
  } else if (base != 1) {
    AVILA_ASSERT(number.error().offset() <= text.size());
  }
  (void)BigInt::parse(text, 0);
  const auto fraction = Rational::parse(text);
  if (fraction.has_value()) {
    AVILA_ASSERT(Rational::parse(fraction->to_string()).value() == *fraction);
    if (const auto places = fraction->exact_decimal_places(); places && *places < 5000)
      AVILA_ASSERT(Rational::parse(fraction->to_decimal(*places)).value() == *fraction);
  }
  const avila::ByteSpan bytes = std::as_bytes(std::span{data, size});
  const BigInt le = BigInt::from_bytes_le(bytes).value();
  std::vector<std::byte> out(size);
  le.write_bytes_le(out);
  AVILA_ASSERT(std::equal(out.begin(), out.end(), bytes.begin()));
  return 0;
}
