// Numeric strings of decimals: what is read prints and reads back the same; arithmetic on it stays
// within its context.
#include <avila/error/assert.hpp>
#include <avila/numeric/decimal.hpp>

using namespace avila::numeric;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 256) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t space = text.find(' ');
  const auto a = BigDecimal::parse(text.substr(0, space));
  const auto b = BigDecimal::parse(space == std::string_view::npos ? "7" : text.substr(space + 1));
  if (!a.has_value()) {
    const std::uint64_t offset = a.error().offset();
    AVILA_ASSERT(offset == avila::ErrorDetails::kNoOffset || offset <= text.size());
    return 0;
  }
  AVILA_ASSERT(identical(BigDecimal::parse(a->to_string()).value(), *a));
  AVILA_ASSERT(compare_values(BigDecimal::parse(a->to_engineering_string()).value(), *a) == 0 ||
               a->is_nan());
  if (!b.has_value()) return 0;
  Context context{1 + data[0] % 25, static_cast<Rounding>(data[1] % 8), 500, -500,
                  (data[1] & 8) != 0};
  using Binary = BigDecimal (*)(const BigDecimal&, const BigDecimal&, Context&);
  for (const Binary f :
       {Binary{add}, Binary{subtract}, Binary{multiply}, Binary{divide}, Binary{divide_integer},
        Binary{remainder}, Binary{remainder_near}, Binary{quantize}, Binary{power}}) {
    const BigDecimal r = f(*a, *b, context);
    // An infinite operand is an answer as it stands; all others fit.
    if (!r.is_finite()) continue;
    AVILA_ASSERT(r.digits() <= context.precision);
    AVILA_ASSERT(r.is_zero() || r.adjusted() <= context.e_max);
    AVILA_ASSERT(r.is_zero() || r.exponent() >= context.e_tiny());
  }
  using Unary = BigDecimal (*)(const BigDecimal&, Context&);
  for (const Unary f : {Unary{sqrt}, Unary{exp}, Unary{ln}, Unary{log10}, Unary{reduce}}) {
    const BigDecimal r = f(*a, context);
    if (r.is_finite()) AVILA_ASSERT(r.digits() <= context.precision);
  }
  return 0;
}
