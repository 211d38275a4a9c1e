#include <avila/pki/name.hpp>
#include <avila/text/encoding.hpp>
#include <avila/validate/formats.hpp>

#include <charconv>

namespace avila::pki {
namespace {

using asn1::Element;
using asn1::Reader;
using asn1::Writer;

/// An address and its mask are of one length, and the mask is ones before zeros (RFC 4632).
bool is_network(std::string_view bytes) noexcept {
  if (bytes.size() != 8 && bytes.size() != 32) return false;
  bool ones = true;
  for (const char c : bytes.substr(bytes.size() / 2))
    for (int bit = 7; bit >= 0; --bit) {
      const bool set = (static_cast<unsigned char>(c) >> bit & 1) != 0;
      if (set && !ones) return false;
      ones = set;
    }
  return true;
}

std::string address_text(std::string_view bytes) {
  if (bytes.size() == 4) {
    std::string text;
    for (const char c : bytes)
      text += (text.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(c));
    return text;
  }
  std::array<std::uint8_t, 16> address{};
  for (std::size_t i = 0; i < 16; ++i) address[i] = static_cast<std::uint8_t>(bytes[i]);
  return validate::format_ipv6(address);
}

}  // namespace

std::string ip_bytes(std::string_view address) {
  std::string bytes;
  if (validate::is_ipv4(address)) {
    for (const char* at = address.data(); bytes.size() < 4; ++at) {
      unsigned octet = 0;
      at = std::from_chars(at, address.data() + address.size(), octet).ptr;
      bytes += static_cast<char>(octet);
    }
  } else if (const auto ipv6 = validate::parse_ipv6(address); ipv6.has_value()) {
    for (const std::uint8_t byte : *ipv6) bytes += static_cast<char>(byte);
  }
  return bytes;
}

GeneralName GeneralName::dns(std::string_view name) {
  return {GeneralNameType::Dns, std::string(name), {}};
}
GeneralName GeneralName::email(std::string_view address) {
  return {GeneralNameType::Rfc822, std::string(address), {}};
}
GeneralName GeneralName::uri(std::string_view text) {
  return {GeneralNameType::Uri, std::string(text), {}};
}
GeneralName GeneralName::directory_name(Name name) {
  return {GeneralNameType::Directory, {}, std::move(name)};
}
Result<GeneralName> GeneralName::ip(std::string_view address) {
  std::string bytes = ip_bytes(address);
  if (bytes.empty())
    return Error(Errc::InvalidArgument, "no IP address: '" + std::string(address) + '\'');
  return GeneralName{GeneralNameType::Ip, std::move(bytes), {}};
}

std::string GeneralName::to_string() const {
  switch (type) {
    case GeneralNameType::Rfc822: return "email:" + value;
    case GeneralNameType::Dns: return "DNS:" + value;
    case GeneralNameType::Uri: return "URI:" + value;
    case GeneralNameType::Directory: return "DirName:" + directory.to_string();
    case GeneralNameType::RegisteredId: return "Registered ID:" + value;
    case GeneralNameType::Ip:
      if (value.size() == 4 || value.size() == 16) return "IP:" + address_text(value);
      return "IP:" + address_text(std::string_view(value).substr(0, value.size() / 2)) + '/' +
             address_text(std::string_view(value).substr(value.size() / 2));
    case GeneralNameType::OtherName:
    case GeneralNameType::X400Address:
    case GeneralNameType::EdiParty: break;
  }
  return "other:" + text::hex_encode(value);
}

Result<GeneralName> parse_general_name(Reader& reader, bool in_constraint) {
  AVILA_TRY(const Element element, reader.next());
  const asn1::Tag tag = element.tag;
  if (tag.tag_class != asn1::Class::Context || tag.number > 8)
    return Error(Errc::Malformed, "expected a general name, found " + asn1::to_string(tag));
  GeneralName name;
  name.type = static_cast<GeneralNameType>(tag.number);
  const bool structured =
      name.type == GeneralNameType::OtherName || name.type == GeneralNameType::X400Address ||
      name.type == GeneralNameType::Directory || name.type == GeneralNameType::EdiParty;
  if (tag.constructed != structured)
    return Error(Errc::Malformed, "a general name with the wrong kind of tag");
  name.value = as_text(element.content);
  switch (name.type) {
    case GeneralNameType::Rfc822:
    case GeneralNameType::Dns:
    case GeneralNameType::Uri:
      if (!asn1::is_ia5(name.value))
        return Error(Errc::Malformed, "a mail address, DNS name or URI that is not ASCII");
      break;
    case GeneralNameType::Ip:
      if (in_constraint ? !is_network(name.value)
                        : name.value.size() != 4 && name.value.size() != 16)
        return Error(Errc::Malformed, in_constraint ? "no address with a mask of ones before zeros"
                                                    : "an IP address of neither 4 nor 16 bytes");
      break;
    case GeneralNameType::Directory: {  // [4] EXPLICIT: Name is a CHOICE
      AVILA_TRY(name.directory, Name::parse(element.content));
      name.value.clear();
      break;
    }
    case GeneralNameType::RegisteredId: {
      AVILA_TRY(const asn1::Oid oid, asn1::Oid::from_der(element.content));
      name.value = oid.to_string();
      break;
    }
    case GeneralNameType::OtherName: {
      Reader inside(element.content);
      AVILA_TRY_VOID(inside.oid());
      AVILA_TRY(Reader value, inside.enter(asn1::context(0)));
      AVILA_TRY_VOID(value.next());
      AVILA_TRY_VOID(value.finish());
      AVILA_TRY_VOID(inside.finish());
      break;
    }
    case GeneralNameType::X400Address:
    case GeneralNameType::EdiParty: break;
  }
  return name;
}

Result<std::vector<GeneralName>> parse_general_names(Reader inside) {
  std::vector<GeneralName> names;
  if (inside.empty()) return Error(Errc::Malformed, "a list of general names without any");
  while (!inside.empty()) {
    if (names.size() == kMaxGeneralNames)
      return Error(Errc::LimitExceeded, "more than kMaxGeneralNames names");
    AVILA_TRY(GeneralName name, parse_general_name(inside));
    names.push_back(std::move(name));
  }
  return names;
}

void write_general_name(Writer& writer, const GeneralName& name) {
  const auto number = static_cast<std::uint32_t>(name.type);
  switch (name.type) {
    case GeneralNameType::Directory:
      writer.constructed(asn1::context(number), [&](Writer& w) { w.raw(name.directory.der()); });
      break;
    case GeneralNameType::RegisteredId: {
      const auto oid = asn1::Oid::parse(name.value);
      AVILA_ASSERT(oid.has_value());
      writer.oid(*oid, asn1::context_primitive(number));
      break;
    }
    case GeneralNameType::OtherName:
    case GeneralNameType::X400Address:
    case GeneralNameType::EdiParty:
      writer.constructed(asn1::context(number), [&](Writer& w) { w.raw(as_bytes(name.value)); });
      break;
    case GeneralNameType::Rfc822:
    case GeneralNameType::Dns:
    case GeneralNameType::Uri:
    case GeneralNameType::Ip:
      writer.primitive(asn1::context_primitive(number), as_bytes(name.value));
      break;
  }
}

}  // namespace avila::pki
