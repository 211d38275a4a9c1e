// Brazilian documents, postal codes and telephones.
#pragma once
#include <string>
#include <string_view>

namespace avila::validate {

/// 000.000.000-00 or 11 digits, with right check digits; eleven equal digits are refused.
bool is_cpf(std::string_view text) noexcept;
/// 00.000.000/0000-00 or 14 characters, with right check digits. The first twelve may be capital
/// letters too, as given out from July 2026 on (Instrução Normativa RFB 2.229/2024): a character's
/// value is its ASCII code less 48.
bool is_cnpj(std::string_view text) noexcept;
/// 00000-000 or 8 digits.
bool is_cep(std::string_view text) noexcept;
/// An area code (DDD) that exists, with nine digits from 9 (mobile) or eight from 2…5 (fixed):
/// "+55 (11) 91234-5678", "(11) 1234-5678" is refused, "1131234567". Spaces, one hyphen and
/// parentheses around the area code may group.
bool is_phone_br(std::string_view text) noexcept;
/// Whether a number of two digits is an area code (Anatel, Resolução 749/2022).
bool is_ddd(int code) noexcept;
/// DD/MM/YYYY.
bool is_date_br(std::string_view text) noexcept;

/// The usual form of a valid one: "529.982.247-25"; empty for what is not valid.
std::string format_cpf(std::string_view text);
std::string format_cnpj(std::string_view text);
std::string format_cep(std::string_view text);
std::string format_phone_br(std::string_view text);  ///< "(11) 91234-5678"
/// "***.982.247-**": what may be shown of a CPF; empty for what is not valid.
std::string mask_cpf(std::string_view text);

}  // namespace avila::validate
