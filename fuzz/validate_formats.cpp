// Whatever the bytes: no check breaks, and what is accepted keeps its promises.
#include <avila/error/assert.hpp>
#include <avila/validate/brazil.hpp>
#include <avila/validate/formats.hpp>
#include <cstdint>

using namespace avila::validate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = parse_ipv6(text)) {
    const std::string canonical = format_ipv6(*address);
    AVILA_ASSERT(parse_ipv6(canonical) == address);
    AVILA_ASSERT(canonical.size() <= 39);
  }
  if (is_email(text)) {
    AVILA_ASSERT(size <= 254);
    AVILA_ASSERT(is_hostname(text.substr(text.rfind('@') + 1)));
  }
  if (is_email(text)) AVILA_ASSERT(is_email(text, {.smtputf8 = true, .quoted = true}));
  if (is_cidr(text, true)) AVILA_ASSERT(is_cidr(text));
  if (is_hostname(text)) AVILA_ASSERT(!is_ipv4(text));
  if (is_cpf(text)) AVILA_ASSERT(is_cpf(format_cpf(text)));
  if (is_cnpj(text)) AVILA_ASSERT(is_cnpj(format_cnpj(text)));
  if (is_cep(text)) AVILA_ASSERT(is_cep(format_cep(text)));
  if (is_phone_br(text)) AVILA_ASSERT(is_phone_br(format_phone_br(text)));
  if (is_card(text)) AVILA_ASSERT(mask_card(text).find_first_not_of('*') >= 8);
  if (is_uuid(text, 4)) AVILA_ASSERT(is_uuid(text));
  (void)is_url(text);
  (void)is_iban(text);
  (void)is_semver(text);
  (void)is_datetime(text);
  (void)is_date_br(text);
  (void)card_brand(text);
  return 0;
}
