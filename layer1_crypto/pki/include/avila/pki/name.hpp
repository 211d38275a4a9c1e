// Distinguished names (X.501, RFC 5280 section 4.1.2.4) and the names that certificates hold beside
// them (section 4.2.1.6).
#pragma once
#include <avila/asn1/oid.hpp>
#include <avila/asn1/reader.hpp>
#include <avila/asn1/tag.hpp>
#include <avila/asn1/writer.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::pki {

inline constexpr std::size_t kMaxNameBytes = 1 << 16;
inline constexpr std::size_t kMaxNameAttributes = 256;

struct Attribute {
  asn1::Oid type;
  asn1::Tag tag;        ///< of the value
  std::string value;    ///< UTF-8 where it is a string, else the content bytes
  std::size_t rdn = 0;  ///< which relative name it is of, from 0 on: more than one may share it
};

/// Of a name in text.
enum class NameOrder : std::uint8_t {
  Rfc4514,  ///< the most significant is the last: CN=Ana,O=Avila,C=BR
  Encoded,  ///< as it is encoded: C=BR,O=Avila,CN=Ana
};

/// A sequence of relative names, most significant first. Owns its bytes.
class Name {
 public:
  Name() = default;  ///< the empty name

  /// An RDNSequence. Errors: Malformed (an empty relative name, a string that breaks the rule of
  /// its type), LimitExceeded.
  static Result<Name> parse(ByteSpan der);
  /// Of attributes, each a relative name of its own, most significant first. PrintableString where
  /// the text allows it, IA5String for DC and e-mail, else UTF8String. Errors: InvalidArgument (ill
  /// formed UTF-8, a country that is not two letters, an empty value).
  static Result<Name> of(std::span<const std::pair<asn1::Oid, std::string>> attributes);
  /// "CN=Ana,O=Avila,C=BR": RFC 4514, with the quotes of RFC 2253 and its rule that = and # inside
  /// a value are escaped. Types as above. Errors: Malformed with the offset.
  static Result<Name> from_string(std::string_view text, NameOrder order = NameOrder::Rfc4514);
  /// The one name "CN=<text>". Errors: as `of`.
  static Result<Name> common(std::string_view text);

  ByteSpan der() const noexcept { return as_bytes(der_); }
  bool empty() const noexcept { return attributes_.empty(); }
  const std::vector<Attribute>& attributes() const noexcept { return attributes_; }
  /// The first value of that type; empty where there is none.
  std::string_view find(const asn1::Oid& type) const noexcept;

  /// Whether it keeps the sizes of RFC 5280 appendix A: no empty value, countries of two letters.
  bool keeps_sizes() const noexcept;
  /// RFC 4514: "CN=Ana,O=Avila". What cannot be printed is escaped.
  std::string to_string() const;

  /// Equal by RFC 5280 section 7.1: strings whatever their type, by RFC 4518 (NFKC, case folded,
  /// white space squeezed); the attributes of a relative name in any order; other values by bytes.
  friend bool operator==(const Name& a, const Name& b) noexcept {
    return a.canonical_ == b.canonical_;
  }
  /// Whether `base` is the name or one above it in the tree (section 4.2.1.10).
  bool is_within(const Name& base) const noexcept {
    return canonical_.starts_with(base.canonical_);
  }
  /// Equal for equal names, and a prefix of it for names above: a key for maps.
  const std::string& canonical() const noexcept { return canonical_; }

 private:
  std::string der_ = std::string("\x30\x00", 2);
  std::vector<Attribute> attributes_;
  std::string canonical_;
};

/// "CN", "O", …; empty for a type without a short name.
std::string_view short_name(const asn1::Oid& type) noexcept;
/// The type of "CN", "O", "emailAddress" and so on, without regard to case, or of a dotted
/// identifier. Errors: NotFound.
Result<asn1::Oid> attribute_type(std::string_view name);

/// GeneralName, in the order of its tags.
enum class GeneralNameType : std::uint8_t {
  OtherName,
  Rfc822,
  Dns,
  X400Address,
  Directory,
  EdiParty,
  Uri,
  Ip,
  RegisteredId,
};

struct GeneralName {
  GeneralNameType type = GeneralNameType::Dns;
  /// Rfc822, Dns, Uri: ASCII text. Ip: 4 or 16 bytes (in name constraints 8 or 32: address and
  /// mask). RegisteredId: dotted. OtherName, X400Address, EdiParty: the content bytes.
  std::string value;
  Name directory;  ///< of a Directory

  static GeneralName dns(std::string_view name);
  static GeneralName email(std::string_view address);
  static GeneralName uri(std::string_view text);
  static GeneralName directory_name(Name name);
  /// "192.0.2.1" or "2001:db8::1". Errors: InvalidArgument.
  static Result<GeneralName> ip(std::string_view address);

  /// "DNS:example.com", "IP:192.0.2.1", as openssl prints them.
  std::string to_string() const;
  friend bool operator==(const GeneralName& a, const GeneralName& b) noexcept = default;
};

inline constexpr std::size_t kMaxGeneralNames = 10'000;

/// The 4 or 16 bytes of an address in text; empty where it is none.
std::string ip_bytes(std::string_view address);

/// One GeneralName. `in_constraint`: an address has a mask behind it. Errors: Malformed (a name of
/// a text type that is not ASCII, an address of another length).
Result<GeneralName> parse_general_name(asn1::Reader& reader, bool in_constraint = false);
/// GeneralNames, one at least; the tag of the SEQUENCE may be implicit. Errors: as above,
/// LimitExceeded.
Result<std::vector<GeneralName>> parse_general_names(asn1::Reader inside);
void write_general_name(asn1::Writer& writer, const GeneralName& name);

}  // namespace avila::pki
