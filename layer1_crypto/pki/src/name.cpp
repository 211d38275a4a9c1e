#include <avila/pki/name.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/normalize.hpp>
#include <avila/text/utf8.hpp>

#include <algorithm>

#include "name_types.hpp"

namespace avila::pki {
namespace {

using asn1::Element;
using asn1::Oid;
using asn1::Reader;
using asn1::Writer;
namespace tags = asn1::tags;

bool is_text(asn1::Tag tag) noexcept {
  return tag == tags::kUtf8String || tag == tags::kPrintableString || tag == tags::kTeletexString ||
         tag == tags::kBmpString || tag == tags::kUniversalString || tag == tags::kIa5String ||
         tag == tags::kNumericString || tag == tags::kVisibleString;
}

// Wildcards stand in PrintableStrings although X.680 §41.4 has no asterisk for them.
Result<std::string> text_or_wildcard(const Element& element) {
  if (element.tag != tags::kPrintableString) return asn1::text_of(element);
  std::string text(as_text(element.content));
  std::string without = text;
  std::erase(without, '*');
  if (!asn1::is_printable(without)) return asn1::text_of(element);
  return text;
}

/// RFC 4518 §2.2: format characters are nothing, every white space is a space.
void map_character(std::string& out, char32_t c) {
  const bool nothing = c == 0xAD || c == 0x34F || c == 0x1806 || (c >= 0x180B && c <= 0x180E) ||
                       (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
                       (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) ||
                       c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC) || (c < 0x20 && c != 0) ||
                       (c >= 0x7F && c < 0xA0);
  const bool space = (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
                     (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
                     c == 0x205F || c == 0x3000;
  if (space) {
    out += ' ';
  } else if (!nothing) {
    text::append_utf8(out, c);
  }
}

/// RFC 4518, for caseIgnoreMatch: mapped, case folded, NFKC, white space at the ends dropped and
/// elsewhere one space. NUL stays a character, so that nothing hides behind it.
std::string prepared(std::string_view value) {
  std::string mapped;
  if (asn1::is_ia5(value)) {
    for (const char c : value) map_character(mapped, static_cast<unsigned char>(c));
    mapped = text::ascii_lower(mapped);
  } else {
    for (const char32_t c : text::code_points(value)) map_character(mapped, c);
    mapped = text::normalize(text::fold_case(mapped), text::Form::Nfkc);
  }
  std::string out;
  for (const char c : mapped)
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

void append_counted(std::string& out, std::string_view piece) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<unsigned>(piece.size()) >> shift & 0xFFU);
  out += piece;
}

/// One relative name: its attributes sorted, each by type, kind and prepared value.
std::string canonical_rdn(std::span<const Attribute> attributes) {
  std::vector<std::string> pieces;
  for (const Attribute& attribute : attributes) {
    std::string piece;
    append_counted(piece, as_text(attribute.type.content()));
    if (is_text(attribute.tag)) {
      piece += 't';
      piece += prepared(attribute.value);
    } else {
      piece += 'b' + asn1::to_string(attribute.tag) + ':';
      piece += attribute.value;
    }
    pieces.push_back(std::move(piece));
  }
  std::sort(pieces.begin(), pieces.end());
  std::string all, out;
  for (const std::string& piece : pieces) append_counted(all, piece);
  append_counted(out, all);
  return out;
}

Result<Attribute> parse_attribute(Reader& set) {
  AVILA_TRY(Reader inside, set.sequence());
  Attribute attribute;
  AVILA_TRY(attribute.type, inside.oid());
  AVILA_TRY(const Element value, inside.next());
  AVILA_TRY_VOID(inside.finish());
  attribute.tag = value.tag;
  if (is_text(value.tag)) {
    AVILA_TRY(attribute.value, text_or_wildcard(value).context("attribute of a name"));
  } else {
    attribute.value = as_text(value.tag.constructed ? value.encoded : value.content);
  }
  return attribute;
}

}  // namespace

Result<Name> Name::parse(ByteSpan der) {
  if (der.size() > kMaxNameBytes)
    return Error(Errc::LimitExceeded, "a name is longer than kMaxNameBytes");
  Reader outer(der);
  AVILA_TRY(Reader rdns, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  Name name;
  name.der_ = as_text(der);
  for (std::size_t rdn = 0; !rdns.empty(); ++rdn) {
    AVILA_TRY(Reader set, rdns.set());
    if (set.empty()) return Error(Errc::Malformed, "a relative name without attributes");
    const std::size_t first = name.attributes_.size();
    while (!set.empty()) {
      AVILA_TRY(Attribute attribute, parse_attribute(set));
      attribute.rdn = rdn;
      name.attributes_.push_back(std::move(attribute));
      if (name.attributes_.size() > kMaxNameAttributes)
        return Error(Errc::LimitExceeded, "a name of more than kMaxNameAttributes attributes");
    }
    name.canonical_ += canonical_rdn(std::span(name.attributes_).subspan(first));
  }
  return name;
}

Result<Name> Name::of(std::span<const std::pair<Oid, std::string>> attributes) {
  Writer writer;
  for (const auto& [type, value] : attributes)
    if (!text::validate_utf8(value))
      return Error(Errc::InvalidArgument, "a name that is not UTF-8");
  writer.sequence([&](Writer& rdns) {
    for (const auto& [type, value] : attributes)
      rdns.set_of([&](Writer& set) { detail::write_attribute(set, type, value); });
  });
  AVILA_TRY(Name name, parse(writer.bytes()));
  if (!name.keeps_sizes())
    return Error(Errc::InvalidArgument,
                 "a name with an empty value, or a country of no two letters");
  return name;
}

Result<Name> Name::common(std::string_view text) {
  const std::pair<Oid, std::string> only[] = {{detail::kCommonName, std::string(text)}};
  return of(only);
}

std::string_view Name::find(const Oid& type) const noexcept {
  for (const Attribute& attribute : attributes_)
    if (attribute.type == type) return attribute.value;
  return {};
}

bool Name::keeps_sizes() const noexcept {
  return std::all_of(attributes_.begin(), attributes_.end(), [](const Attribute& attribute) {
    if (attribute.type == detail::kCountryName && attribute.value.size() != 2) return false;
    return !is_text(attribute.tag) || !attribute.value.empty();
  });
}

}  // namespace avila::pki
