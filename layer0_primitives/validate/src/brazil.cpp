#include <avila/validate/brazil.hpp>

#include <algorithm>

#include "digits.hpp"

namespace avila::validate {
namespace {

using detail::fit;

// Weights grow from 2 at the right and begin again after `highest` (Receita Federal, modulo 11).
char check_digit(std::string_view body, int highest) noexcept {
  int sum = 0;
  int weight = 2;
  for (std::size_t i = body.size(); i-- > 0;) {
    sum += (body[i] - '0') * weight;
    weight = weight == highest ? 2 : weight + 1;
  }
  const int rest = sum % 11;
  return static_cast<char>(rest < 2 ? '0' : '0' + 11 - rest);
}

bool checked(std::string_view body, int highest) noexcept {
  const bool all_equal = body.find_first_not_of(body[0]) == std::string_view::npos;
  const std::size_t size = body.size();
  return !all_equal && check_digit(body.substr(0, size - 2), highest) == body[size - 2] &&
         check_digit(body.substr(0, size - 1), highest) == body[size - 1];
}

bool read_cpf(std::string_view text, char (&out)[11]) noexcept {
  return (fit(text, "00000000000", out) == 11 || fit(text, "000.000.000-00", out) == 11) &&
         checked({out, 11}, 11);
}
bool read_cnpj(std::string_view text, char (&out)[14]) noexcept {
  return (fit(text, "AAAAAAAAAAAA00", out) == 14 || fit(text, "AA.AAA.AAA/AAAA-00", out) == 14) &&
         checked({out, 14}, 9);
}
bool read_cep(std::string_view text, char (&out)[8]) noexcept {
  return (fit(text, "00000000", out) == 8 || fit(text, "00000-000", out) == 8) &&
         std::string_view(out, 8) != "00000000";
}

// Area code and number, 10 or 11 digits; 0 where it is none.
int read_phone(std::string_view text, char (&out)[11]) noexcept {
  if (text.starts_with("+55")) {
    text.remove_prefix(3);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  constexpr std::string_view kMasks[] = {
      "00000000000",     "(00)000000000", "(00) 000000000", "(00)00000-0000",
      "(00) 00000-0000", "00 00000-0000", "00 000000000",   "00-00000-0000",
      "0000000000",      "(00)00000000",  "(00) 00000000",  "(00)0000-0000",
      "(00) 0000-0000",  "00 0000-0000",  "00 00000000",    "00-0000-0000"};
  for (const std::string_view mask : kMasks) {
    const int count = fit(text, mask, out);
    if (count < 0) continue;
    const bool right = count == 11 ? out[2] == '9' : out[2] >= '2' && out[2] <= '5';
    return right && is_ddd(detail::two_digits({out, 2}, 0)) ? count : 0;
  }
  return 0;
}

std::string pour(std::string_view characters, std::string_view mask) {
  std::string out(mask);
  std::size_t next = 0;
  for (char& c : out)
    if (c == '0') c = characters[next++];
  return out;
}

}  // namespace

bool is_cpf(std::string_view text) noexcept {
  char digits[11];
  return read_cpf(text, digits);
}
bool is_cnpj(std::string_view text) noexcept {
  char characters[14];
  return read_cnpj(text, characters);
}
bool is_cep(std::string_view text) noexcept {
  char digits[8];
  return read_cep(text, digits);
}
bool is_phone_br(std::string_view text) noexcept {
  char digits[11];
  return read_phone(text, digits) > 0;
}

bool is_ddd(int code) noexcept {
  constexpr std::string_view kLastDigits[] = {"",          "123456789", "12478",     "1234578",
                                              "123456789", "1345",      "123456789", "134579",
                                              "123456789", "123456789"};
  if (code < 11 || code > 99) return false;
  return kLastDigits[code / 10].find(static_cast<char>('0' + code % 10)) != std::string_view::npos;
}

bool is_date_br(std::string_view text) noexcept {
  char digits[8];
  if (fit(text, "00/00/0000", digits) != 8) return false;
  const std::string_view all(digits, 8);
  return detail::is_civil(detail::two_digits(all, 4) * 100 + detail::two_digits(all, 6),
                          detail::two_digits(all, 2), detail::two_digits(all, 0));
}

std::string format_cpf(std::string_view text) {
  char digits[11];
  return read_cpf(text, digits) ? pour({digits, 11}, "000.000.000-00") : std::string();
}
std::string format_cnpj(std::string_view text) {
  char characters[14];
  return read_cnpj(text, characters) ? pour({characters, 14}, "00.000.000/0000-00") : std::string();
}
std::string format_cep(std::string_view text) {
  char digits[8];
  return read_cep(text, digits) ? pour({digits, 8}, "00000-000") : std::string();
}
std::string format_phone_br(std::string_view text) {
  char digits[11];
  const int count = read_phone(text, digits);
  if (count == 0) return {};
  return pour({digits, static_cast<std::size_t>(count)},
              count == 11 ? "(00) 00000-0000" : "(00) 0000-0000");
}
std::string mask_cpf(std::string_view text) {
  std::string out = format_cpf(text);
  if (out.empty()) return out;
  for (const std::size_t hidden : {0, 1, 2, 12, 13}) out[hidden] = '*';
  return out;
}

}  // namespace avila::validate
