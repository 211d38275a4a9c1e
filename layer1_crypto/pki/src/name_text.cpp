// Names as text: RFC 4514, RFC 2253.
#include <avila/pki/name.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/normalize.hpp>
#include <avila/text/utf8.hpp>

#include <algorithm>
#include <optional>

#include "name_types.hpp"

namespace avila::pki {
namespace {

using asn1::Oid;
using asn1::Writer;

struct KnownType {
  std::string_view name;
  Oid oid;
};
// RFC 4514 §3, RFC 4519, and the names that openssl prints for the others.
constexpr KnownType kTypes[] = {
    {"CN", "2.5.4.3"},
    {"SN", "2.5.4.4"},
    {"serialNumber", "2.5.4.5"},
    {"C", "2.5.4.6"},
    {"L", "2.5.4.7"},
    {"ST", "2.5.4.8"},
    {"street", "2.5.4.9"},
    {"O", "2.5.4.10"},
    {"OU", "2.5.4.11"},
    {"title", "2.5.4.12"},
    {"description", "2.5.4.13"},
    {"businessCategory", "2.5.4.15"},
    {"postalCode", "2.5.4.17"},
    {"name", "2.5.4.41"},
    {"GN", "2.5.4.42"},
    {"initials", "2.5.4.43"},
    {"generationQualifier", "2.5.4.44"},
    {"dnQualifier", "2.5.4.46"},
    {"pseudonym", "2.5.4.65"},
    {"organizationIdentifier", "2.5.4.97"},
    {"UID", "0.9.2342.19200300.100.1.1"},
    {"DC", "0.9.2342.19200300.100.1.25"},
    {"emailAddress", "1.2.840.113549.1.9.1"},
    {"jurisdictionL", "1.3.6.1.4.1.311.60.2.1.1"},
    {"jurisdictionST", "1.3.6.1.4.1.311.60.2.1.2"},
    {"jurisdictionC", "1.3.6.1.4.1.311.60.2.1.3"},
};
// Other words for them, as people write them.
constexpr KnownType kAliases[] = {
    {"commonName", "2.5.4.3"},
    {"surname", "2.5.4.4"},
    {"countryName", "2.5.4.6"},
    {"localityName", "2.5.4.7"},
    {"S", "2.5.4.8"},
    {"stateOrProvinceName", "2.5.4.8"},
    {"streetAddress", "2.5.4.9"},
    {"organizationName", "2.5.4.10"},
    {"organizationalUnitName", "2.5.4.11"},
    {"givenName", "2.5.4.42"},
    {"userid", "0.9.2342.19200300.100.1.1"},
    {"domainComponent", "0.9.2342.19200300.100.1.25"},
    {"email", "1.2.840.113549.1.9.1"},
    {"E", "1.2.840.113549.1.9.1"},
};

constexpr std::string_view kSpecial = "\",+<>;\\=#";

/// The cursor over the text of a name.
class TextReader {
 public:
  explicit TextReader(std::string_view text) : text_(text) {}
  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  char take() { return text_[at_++]; }
  bool skip(char c) {
    if (done() || peek() != c) return false;
    ++at_;
    return true;
  }
  void skip_spaces() {
    while (skip(' ')) {
    }
  }
  Error malformed(std::string_view what) const {
    return Error(Errc::Malformed, what, {.offset = at_});
  }

  Result<Oid> type() {
    const std::size_t from = at_;
    while (!done() && (std::isalnum(static_cast<unsigned char>(peek())) != 0 || peek() == '.' ||
                       peek() == '-'))
      ++at_;
    const auto found = attribute_type(text_.substr(from, at_ - from));
    if (!found.has_value()) return malformed("a name has no such attribute type");
    if (!skip('=')) return malformed("expected = behind an attribute type");
    return *found;
  }

  Result<std::string> value() {
    skip_spaces();
    if (peek() == '#') return malformed("values in hexadecimal are not read");
    AVILA_TRY(std::string value, peek() == '"' ? quoted() : plain());
    if (!text::validate_utf8(value)) return malformed("a value that is not UTF-8");
    return value;
  }

 private:
  /// Behind a backslash: a special character, or a byte as two hexadecimal digits.
  Result<char> escaped() {
    if (done()) return malformed("a backslash at the end");
    if (kSpecial.find(peek()) != kSpecial.npos || peek() == ' ') return take();
    const auto byte = text::hex_decode(text_.substr(at_, 2));
    if (!byte.has_value() || byte->size() != 1)
      return malformed("a backslash before neither a special character nor two digits");
    at_ += 2;
    return (*byte)[0];
  }

  Result<std::string> quoted() {
    std::string value;
    ++at_;
    while (!skip('"')) {
      if (done()) return malformed("a quoted value that does not end");
      if (skip('\\')) {
        AVILA_TRY(const char c, escaped());
        value += c;
      } else {
        value += take();
      }
    }
    skip_spaces();
    return value;
  }

  Result<std::string> plain() {
    std::string value;
    std::size_t kept = 0;  // spaces behind are not of the value, unless escaped
    while (!done() && peek() != ',' && peek() != '+') {
      if (skip('\\')) {
        AVILA_TRY(const char c, escaped());
        value += c;
        kept = value.size();
        continue;
      }
      if (kSpecial.find(peek()) != kSpecial.npos)
        return malformed("a special character that is not escaped");
      value += take();
      if (value.back() != ' ') kept = value.size();
    }
    value.resize(kept);
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string escape(std::string_view value) {
  std::string out;
  const std::size_t last = value.size() - 1;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out += '\\' + text::base16_encode(value.substr(i, 1));
    } else {
      if (kSpecial.find(c) != kSpecial.npos || (c == ' ' && (i == 0 || i == last))) out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string_view short_name(const Oid& type) noexcept {
  const auto* const found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                         [&](const KnownType& known) { return known.oid == type; });
  return found == std::end(kTypes) ? std::string_view() : found->name;
}

Result<Oid> attribute_type(std::string_view name) {
  for (const auto& table :
       {std::span<const KnownType>(kTypes), std::span<const KnownType>(kAliases)})
    for (const KnownType& known : table)
      if (text::equal_ignoring_ascii_case(known.name, name)) return known.oid;
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') return Oid::parse(name);
  return Error(Errc::NotFound, "no attribute type '" + std::string(name) + '\'');
}

void detail::write_attribute(Writer& writer, const Oid& type, std::string_view value) {
  const bool ia5 = type == kDomainComponent || type == kEmailAddress;
  writer.sequence([&](Writer& inside) {
    inside.oid(type);
    if (ia5 && asn1::is_ia5(value)) {
      inside.text(value, asn1::tags::kIa5String);
    } else {
      inside.text(value, asn1::is_printable(value) ? asn1::tags::kPrintableString
                                                   : asn1::tags::kUtf8String);
    }
  });
}

Result<Name> Name::from_string(std::string_view text, NameOrder order) {
  std::vector<std::vector<std::pair<Oid, std::string>>> rdns;
  TextReader reader(text);
  reader.skip_spaces();
  bool more = !reader.done();
  while (more) {
    rdns.emplace_back();
    do {
      reader.skip_spaces();
      AVILA_TRY(const Oid type, reader.type());
      AVILA_TRY(std::string value, reader.value());
      rdns.back().emplace_back(type, std::move(value));
    } while (reader.skip('+'));
    more = reader.skip(',');
    if (!more && !reader.done()) return reader.malformed("expected , or + behind a value");
  }
  if (order == NameOrder::Rfc4514) std::reverse(rdns.begin(), rdns.end());
  Writer writer;
  writer.sequence([&](Writer& sequence) {
    for (const auto& rdn : rdns)
      sequence.set_of([&](Writer& set) {
        for (const auto& [type, value] : rdn) detail::write_attribute(set, type, value);
      });
  });
  return parse(writer.bytes());
}

std::string Name::to_string() const {
  std::string out;
  for (std::size_t end = attributes_.size(); end > 0;) {
    std::size_t begin = end - 1;
    while (begin > 0 && attributes_[begin - 1].rdn == attributes_[end - 1].rdn) --begin;
    if (!out.empty()) out += ',';
    for (std::size_t i = begin; i < end; ++i) {
      const Attribute& attribute = attributes_[i];
      if (i != begin) out += '+';
      const std::string_view known = short_name(attribute.type);
      out += known.empty() ? attribute.type.to_string() : std::string(known);
      out += '=';
      if (text::validate_utf8(attribute.value)) {
        out += escape(attribute.value);
      } else {
        out += '#' + text::hex_encode(attribute.value);
      }
    }
    end = begin;
  }
  return out;
}

}  // namespace avila::pki
