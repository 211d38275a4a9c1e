// Expressions never break the evaluator's limits; a result's text reads back as its value.
#include <avila/error/assert.hpp>
#include <avila/numeric/evaluate.hpp>

using namespace avila::numeric;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 512) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const EvaluateLimits limits{.max_depth = 60,
                              .max_bits = 4096,
                              .max_fraction_bits = 4096,
                              .max_work = 1U << 20,
                              .precision = 20};
  const auto result = evaluate(text, limits);
  if (!result.has_value()) {
    const std::uint64_t offset = result.error().offset();
    AVILA_ASSERT(offset == avila::ErrorDetails::kNoOffset || offset <= size);
    return 0;
  }
  const Rational& value = result->value;
  AVILA_ASSERT(value.numerator().bit_length() <= limits.max_bits);
  AVILA_ASSERT(value.denominator().bit_length() <= limits.max_bits);
  const Rational read = Rational::parse(result->text).value();
  if (value.is_integer()) {
    AVILA_ASSERT(read == value);
  } else {  // within a unit of the 20th significant digit
    Rational difference = read - value;
    if (difference.sign() < 0) difference = -difference;
    const Rational bound = (value.sign() < 0 ? -value : value) * pow(Rational(10), -19).value();
    AVILA_ASSERT(difference <= bound);
  }
  return 0;
}
