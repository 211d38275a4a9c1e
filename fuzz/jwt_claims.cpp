// Claims that are read are written and read again as the same; validation answers any times.
#include <avila/jwt/token.hpp>

#include <cstdlib>

using namespace avila;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto claims = jwt::Claims::parse({reinterpret_cast<const char*>(data), size});
  if (!claims.has_value()) return 0;
  const auto again = jwt::Claims::parse(claims->to_string());
  if (!again.has_value() || !(again->json() == claims->json())) std::abort();
  jwt::Validation validation;
  validation.leeway = seconds(60);
  validation.age_max = hours(1);
  const WallTime now{1'700'000'000'000'000'000};
  const bool valid = jwt::validate(*claims, validation, now).has_value();
  if (valid && (!claims->expires_at() || !claims->issued_at() || claims->has("aud"))) std::abort();
  if (claims->audience().empty() && claims->has_audience("x")) std::abort();
  return 0;
}
