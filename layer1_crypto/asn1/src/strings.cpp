// The character strings of ASN.1 (X.680 §41) as UTF-8.
#include "strings.hpp"

#include <avila/asn1/reader.hpp>
#include <avila/asn1/writer.hpp>
#include <avila/text/utf8.hpp>

#include <algorithm>

namespace avila::asn1 {
namespace {

bool is_letter_or_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// Characters of `width` bytes, highest byte first.
Result<std::string> from_wide(std::string_view content, std::size_t width) {
  if (content.size() % width != 0) return Error(Errc::Malformed, "a character is cut");
  std::string text;
  for (std::size_t i = 0; i < content.size(); i += width) {
    char32_t c = 0;
    for (std::size_t k = 0; k < width; ++k) c = c << 8 | static_cast<unsigned char>(content[i + k]);
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
      return Error(Errc::Malformed, "no code point of Unicode", {.offset = i});
    text::append_utf8(text, c);
  }
  return text;
}

}  // namespace

bool is_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) ||
           std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos;
  });
}

bool is_ia5(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool detail::is_string_tag(Tag tag) noexcept {
  return tag == tags::kUtf8String || tag == tags::kNumericString || tag == tags::kPrintableString ||
         tag == tags::kTeletexString || tag == tags::kIa5String || tag == tags::kVisibleString ||
         tag == tags::kUniversalString || tag == tags::kBmpString;
}

Result<std::string> text_of(const Element& element) {
  const std::string_view content = as_text(element.content);
  const auto wrong = [&] {
    return Error(Errc::Malformed, "a character that " + to_string(element.tag) + " does not have");
  };
  if (element.tag == tags::kUtf8String) {
    if (!text::validate_utf8(content)) return wrong();
  } else if (element.tag == tags::kPrintableString) {
    if (!is_printable(content)) return wrong();
  } else if (element.tag == tags::kIa5String) {
    if (!is_ia5(content)) return wrong();
  } else if (element.tag == tags::kVisibleString) {
    if (std::any_of(content.begin(), content.end(), [](char c) { return c < ' ' || c > '~'; }))
      return wrong();
  } else if (element.tag == tags::kNumericString) {
    if (content.find_first_not_of("0123456789 ") != content.npos) return wrong();
  } else if (element.tag == tags::kTeletexString) {
    return from_wide(content, 1);
  } else if (element.tag == tags::kBmpString) {
    return from_wide(content, 2);
  } else if (element.tag == tags::kUniversalString) {
    return from_wide(content, 4);
  } else {
    return Error(Errc::Malformed, "expected a character string, not " + to_string(element.tag));
  }
  return std::string(content);
}

}  // namespace avila::asn1
