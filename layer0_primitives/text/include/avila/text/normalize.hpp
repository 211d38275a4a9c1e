// Normalisation (UAX #15) and case folding (Unicode 15.0, section 3.13). Ill-formed UTF-8 in the
// input comes out as U+FFFD.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::text {

/// The version of Unicode that the tables are of.
constexpr std::string_view kUnicodeVersion = "15.0.0";

enum class Form : std::uint8_t { Nfc, Nfd, Nfkc, Nfkd };

std::string normalize(std::string_view text, Form form);
inline std::string nfc(std::string_view text) { return normalize(text, Form::Nfc); }
inline std::string nfd(std::string_view text) { return normalize(text, Form::Nfd); }
/// False for ill-formed UTF-8 too.
bool is_normalized(std::string_view text, Form form = Form::Nfc);

/// Full case folding (CaseFolding.txt, status C and F): "Straße" and "STRASSE" become the same.
std::string fold_case(std::string_view text);
/// Simple folding (C and S): one code point for one.
char32_t simple_fold(char32_t c) noexcept;
/// Equal under full case folding, without making either text.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
/// A key that is equal for canonical caseless matches (definition D145): accents in either form
/// and letters in either case.
std::string caseless_key(std::string_view text);

/// ASCII only; other bytes stay.
std::string ascii_lower(std::string_view text);
std::string ascii_upper(std::string_view text);
bool equal_ignoring_ascii_case(std::string_view a, std::string_view b) noexcept;

}  // namespace avila::text
