#include <avila/validate/formats.hpp>

#include "digits.hpp"

namespace avila::validate {
namespace {

// Country and length, of the IBAN registry (SWIFT, ISO 13616).
constexpr std::string_view kCountries =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24"
    "FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32"
    "LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24"
    "RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

std::size_t length_of(std::string_view country) noexcept {
  for (std::size_t i = 0; i < kCountries.size(); i += 4)
    if (kCountries.substr(i, 2) == country)
      return static_cast<std::size_t>(detail::two_digits(kCountries, i + 2));
  return 0;
}

}  // namespace

bool is_iban(std::string_view text) noexcept {
  constexpr std::size_t kMaxIban = 34;
  char body[kMaxIban];
  std::size_t size = 0;
  bool after_space = true;
  for (const char c : text) {
    if (c == ' ') {
      if (after_space) return false;
      after_space = true;
      continue;
    }
    if (size == kMaxIban || !(detail::is_digit(c) || (c >= 'A' && c <= 'Z'))) return false;
    body[size++] = c;
    after_space = false;
  }
  if (size < 5 || after_space || size != length_of({body, 2})) return false;
  unsigned rest = 0;  // of the number with the first four characters behind, modulo 97
  for (std::size_t i = 0; i < size; ++i) {
    const char c = body[(i + 4) % size];
    const auto value = static_cast<unsigned>(detail::is_digit(c) ? c - '0' : c - 'A' + 10);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return detail::is_digit(body[2]) && detail::is_digit(body[3]) && rest == 1;
}

}  // namespace avila::validate
