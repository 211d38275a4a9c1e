#include "look.hpp"

#include <avila/text/property.hpp>
#include <avila/text/utf8.hpp>

namespace avila::regex::detail {
namespace {

enum class Side : std::uint8_t { Nothing, Invalid, Word, Other };

Side classify(const text::DecodedUtf8& decoded) noexcept {
  if (!decoded.valid) return Side::Invalid;
  return text::is_word(decoded.code_point) ? Side::Word : Side::Other;
}

Side unicode_after(std::string_view text, std::size_t at) noexcept {
  return at >= text.size() ? Side::Nothing : classify(text::decode_utf8(text, at));
}

Side unicode_before(std::string_view text, std::size_t at) noexcept {
  if (at == 0) return Side::Nothing;
  std::size_t start = at - 1;
  while (start > 0 && at - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80)
    --start;
  const auto decoded = text::decode_utf8(text.substr(0, at), start);
  if (start + decoded.length != at) return Side::Invalid;
  return classify(decoded);
}

bool holds_unicode(Look look, std::string_view text, std::size_t at) noexcept {
  const Side before = unicode_before(text, at);
  const Side after = unicode_after(text, at);
  const bool word_before = before == Side::Word;
  const bool word_after = after == Side::Word;
  switch (look) {
    case Look::WordUnicode: return word_before != word_after;
    // Where a negation would hold beside bytes that are no UTF-8, it would split a code point.
    case Look::NotWordUnicode:
      return before != Side::Invalid && after != Side::Invalid && word_before == word_after;
    case Look::WordStartUnicode: return !word_before && word_after;
    case Look::WordEndUnicode: return word_before && !word_after;
    case Look::WordStartHalfUnicode: return before != Side::Invalid && !word_before;
    default: return after != Side::Invalid && !word_after;
  }
}

}  // namespace

Look reversed(Look look) noexcept {
  switch (look) {
    case Look::Start: return Look::End;
    case Look::End: return Look::Start;
    case Look::StartLf: return Look::EndLf;
    case Look::EndLf: return Look::StartLf;
    case Look::StartCrlf: return Look::EndCrlf;
    case Look::EndCrlf: return Look::StartCrlf;
    case Look::WordStartAscii: return Look::WordEndAscii;
    case Look::WordEndAscii: return Look::WordStartAscii;
    case Look::WordStartHalfAscii: return Look::WordEndHalfAscii;
    case Look::WordEndHalfAscii: return Look::WordStartHalfAscii;
    case Look::WordStartUnicode: return Look::WordEndUnicode;
    case Look::WordEndUnicode: return Look::WordStartUnicode;
    case Look::WordStartHalfUnicode: return Look::WordEndHalfUnicode;
    case Look::WordEndHalfUnicode: return Look::WordStartHalfUnicode;
    default: return look;
  }
}

bool holds(Look look, std::string_view text, std::size_t at, std::uint8_t line_end) noexcept {
  const bool first = at == 0;
  const bool last = at == text.size();
  const auto before = first ? std::uint8_t{0} : static_cast<std::uint8_t>(text[at - 1]);
  const auto after = last ? std::uint8_t{0} : static_cast<std::uint8_t>(text[at]);
  const bool word_before = !first && is_word_byte(before);
  const bool word_after = !last && is_word_byte(after);
  switch (look) {
    case Look::Start: return first;
    case Look::End: return last;
    case Look::StartLf: return first || before == line_end;
    case Look::EndLf: return last || after == line_end;
    case Look::StartCrlf:
      return first || before == '\n' || (before == '\r' && (last || after != '\n'));
    case Look::EndCrlf:
      return last || after == '\r' || (after == '\n' && (first || before != '\r'));
    case Look::WordAscii: return word_before != word_after;
    case Look::NotWordAscii: return word_before == word_after;
    case Look::WordStartAscii: return !word_before && word_after;
    case Look::WordEndAscii: return word_before && !word_after;
    case Look::WordStartHalfAscii: return !word_before;
    case Look::WordEndHalfAscii: return !word_after;
    default: return holds_unicode(look, text, at);
  }
}

}  // namespace avila::regex::detail
