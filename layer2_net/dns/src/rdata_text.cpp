// Records as text.
#include <algorithm>
#include <avila/dns/record.hpp>
#include <avila/tcp/address.hpp>
#include <avila/text/encoding.hpp>
#include <avila/time/civil.hpp>
#include <cstdio>

#include "rdata_walk.hpp"

namespace avila::dns {
namespace {

using detail::be16;
using detail::be32;
using detail::byte_at;
using detail::Field;

void append_quoted(std::string& out, std::string_view bytes) {
  out.push_back('"');
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte >= 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\%03u", static_cast<unsigned>(byte));
      out += escape;
      continue;
    }
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

bool is_tag(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

std::string address_text(std::string_view bytes) {
  if (bytes.size() == 4)
    return tcp::IpAddress::v4(byte_at(bytes, 0), byte_at(bytes, 1), byte_at(bytes, 2),
                              byte_at(bytes, 3))
        .to_string();
  std::array<std::uint8_t, 16> wide{};
  for (std::size_t i = 0; i < bytes.size() && i < 16; ++i) wide[i] = byte_at(bytes, i);
  return tcp::IpAddress::v6(wide).to_string();
}

std::string time_text(std::uint32_t seconds) {
  // RFC 4034 section 3.1.5: serial numbers; within 68 years of 1970…2106 they are plain seconds.
  const auto fields = time::to_civil({static_cast<std::int64_t>(seconds) * 1'000'000'000});
  char text[64];
  std::snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02d", static_cast<int>(fields.date.year),
                static_cast<int>(fields.date.month), static_cast<int>(fields.date.day),
                static_cast<int>(fields.hour), static_cast<int>(fields.minute),
                static_cast<int>(fields.second));
  return text;
}

std::string join_types(std::string_view bitmap) {
  std::string out;
  while (!bitmap.empty()) {
    const unsigned window = byte_at(bitmap, 0);
    const std::size_t length = byte_at(bitmap, 1);
    for (unsigned bit = 0; bit < length * 8; ++bit) {
      if ((byte_at(bitmap, 2 + bit / 8) & (0x80U >> bit % 8)) == 0) continue;
      if (!out.empty()) out.push_back(' ');
      out += to_string(static_cast<Type>(window * 256 + bit));
    }
    bitmap.remove_prefix(2 + length);
  }
  return out;
}

constexpr std::string_view kSvcKeys[] = {"mandatory", "alpn",     "no-default-alpn",
                                         "port",      "ipv4hint", "ech",
                                         "ipv6hint",  "dohpath",  "ohttp"};
std::string svc_key(unsigned key) {
  return key < std::size(kSvcKeys) ? std::string(kSvcKeys[key]) : "key" + std::to_string(key);
}

std::string svc_params_text(std::string_view rest) {
  std::string out;
  while (!rest.empty()) {
    const unsigned key = be16(rest);
    const std::string_view value = rest.substr(4, be16(rest, 2));
    rest.remove_prefix(4 + value.size());
    if (!out.empty()) out.push_back(' ');
    out += svc_key(key);
    std::string list;
    const auto add = [&](const std::string& item) {
      if (!list.empty()) list.push_back(',');
      list += item;
    };
    if (key == 0)
      for (std::size_t i = 0; i + 1 < value.size(); i += 2) add(svc_key(be16(value, i)));
    else if (key == 3)
      list = std::to_string(be16(value));
    else if (key == 4 || key == 6)
      for (std::size_t i = 0, n = key == 4 ? 4 : 16; i < value.size(); i += n)
        add(address_text(value.substr(i, n)));
    else if (key == 5)
      list = text::base64_encode(value);
    if (!list.empty()) {
      out += '=' + list;
    } else if (key == 1) {
      // RFC 9460 section 7.1.1 and appendix A.1: commas and backslashes within a value of the list
      // are escaped once for the list, and once more for the character-string.
      std::string raw;
      for (std::size_t at = 0; at < value.size(); at += 1U + byte_at(value, at)) {
        if (at != 0) raw.push_back(',');
        for (const char c : value.substr(at + 1, byte_at(value, at))) {
          if (c == ',' || c == '\\') raw.push_back('\\');
          raw.push_back(c);
        }
      }
      out.push_back('=');
      append_quoted(out, raw);
    } else if (!value.empty()) {
      out.push_back('=');
      append_quoted(out, value);
    }
  }
  return out;
}

std::string wks_text(std::string_view rest) {
  std::string out;
  if (rest.empty()) return out;
  const unsigned protocol = byte_at(rest, 0);
  out = protocol == 6 ? "tcp" : protocol == 17 ? "udp" : std::to_string(protocol);
  for (std::size_t bit = 0; bit < (rest.size() - 1) * 8; ++bit)
    if ((byte_at(rest, 1 + bit / 8) & (0x80U >> bit % 8)) != 0) out += ' ' + std::to_string(bit);
  return out;
}

std::string apl_text(std::string_view rest) {
  std::string out;
  while (!rest.empty()) {
    const unsigned family = be16(rest);
    const std::size_t length = byte_at(rest, 3) & 0x7f;
    std::string bytes(rest.substr(4, length));
    bytes.resize(family == 1 ? 4 : 16, '\0');
    if (!out.empty()) out.push_back(' ');
    if ((byte_at(rest, 3) & 0x80) != 0) out.push_back('!');
    out +=
        std::to_string(family) + ':' + address_text(bytes) + '/' + std::to_string(byte_at(rest, 2));
    rest.remove_prefix(4 + length);
  }
  return out;
}

std::string centimetres(std::int64_t value) {
  char text[32];
  const std::int64_t size = value < 0 ? -value : value;
  std::snprintf(text, sizeof text, "%s%lld.%02lldm", value < 0 ? "-" : "",
                static_cast<long long>(size / 100), static_cast<long long>(size % 100));
  return text;
}

std::string loc_text(std::string_view rest) {
  const auto angle = [](std::uint32_t value, const char* plus, const char* minus) {
    const bool positive = value >= 0x80000000U;
    const std::uint32_t size = positive ? value - 0x80000000U : 0x80000000U - value;
    char text[48];
    std::snprintf(text, sizeof text, "%u %u %u.%03u %s ", size / 3'600'000, size / 60'000 % 60,
                  size / 1000 % 60, size % 1000, positive ? plus : minus);
    return std::string(text);
  };
  const auto precision = [](unsigned byte) {
    std::int64_t value = byte >> 4;
    for (unsigned i = 0; i < (byte & 15); ++i) value *= 10;
    return centimetres(value);
  };
  return angle(be32(rest, 4), "N", "S") + angle(be32(rest, 8), "E", "W") +
         centimetres(static_cast<std::int64_t>(be32(rest, 12)) - 10'000'000) + ' ' +
         precision(byte_at(rest, 1)) + ' ' + precision(byte_at(rest, 2)) + ' ' +
         precision(byte_at(rest, 3));
}

std::string eui_text(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0) out.push_back('-');
    out += text::hex_encode(bytes.substr(i, 1));
  }
  return out;
}

std::string decimal(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value = value << 8 | byte_at(bytes, i);
  return std::to_string(value);
}

void append_field(std::string& out, Field field, std::string_view bytes) {
  switch (field) {
    case Field::End: break;
    case Field::U8:
    case Field::U16:
    case Field::U32:
    case Field::U48:
    case Field::Period:
    case Field::Algorithm:
    case Field::CertType: out += decimal(bytes); break;
    case Field::Time: out += time_text(be32(bytes)); break;
    case Field::TypeCode: out += to_string(static_cast<Type>(be16(bytes))); break;
    case Field::Rcode16: out += to_string(static_cast<Rcode>(be16(bytes))); break;
    case Field::Name:
    case Field::NameSeldom:
    case Field::NamePlain:
      if (auto name = Name::from_wire(bytes); name.has_value()) out += name->to_string();
      break;
    case Field::A:
    case Field::Aaaa: out += address_text(bytes); break;
    case Field::Text:
    case Field::TextOpt:
      if (!bytes.empty()) append_quoted(out, bytes.substr(1));
      break;
    case Field::Tag:
      if (std::string_view tag = bytes.substr(1); is_tag(tag))
        out += tag;
      else
        append_quoted(out, tag);
      break;
    case Field::Texts:
      for (std::size_t at = 0; at < bytes.size(); at += 1U + byte_at(bytes, at)) {
        if (at != 0) out.push_back(' ');
        append_quoted(out, bytes.substr(at + 1, byte_at(bytes, at)));
      }
      break;
    case Field::RestText: append_quoted(out, bytes); break;
    case Field::Hex: out += text::base16_encode(bytes); break;
    case Field::Base64: out += text::base64_encode(bytes); break;
    case Field::Sized16:
      out += std::to_string(be16(bytes));
      if (bytes.size() > 2) out += ' ' + text::base64_encode(bytes.substr(2));
      break;
    case Field::Salt: out += bytes.size() == 1 ? "-" : text::base16_encode(bytes.substr(1)); break;
    case Field::Hash: {
      std::string hash = text::base32hex_encode(bytes.substr(1));
      while (hash.ends_with('=')) hash.pop_back();
      out += hash;
      break;
    }
    case Field::Bitmap: out += join_types(bytes); break;
    case Field::SvcParams: out += svc_params_text(bytes); break;
    case Field::Wks: out += wks_text(bytes); break;
    case Field::Apl: out += apl_text(bytes); break;
    case Field::Loc: out += loc_text(bytes); break;
    case Field::Nsap: out += "0x" + text::base16_encode(bytes); break;
    case Field::Eui48:
    case Field::Eui64: out += eui_text(bytes); break;
    case Field::Node64:
      for (std::size_t i = 0; i < 8; i += 2) {
        if (i != 0) out.push_back(':');
        out += text::hex_encode(bytes.substr(i, 2));
      }
      break;
  }
}

}  // namespace

std::string rdata_to_text(Type type, std::string_view rdata) {
  const detail::Form* form = detail::form_of(type);
  std::string out;
  bool lossy = false;  // some of the form's values have no text of their own
  if (form != nullptr && detail::walk(*form, rdata, [&](Field field, std::string_view bytes) {
        lossy = lossy || field == Field::Wks || field == Field::Apl || field == Field::Loc ||
                field == Field::SvcParams || field == Field::Rcode16;
        const std::size_t before = out.size();
        append_field(out, field, bytes);
        if (out.size() != before && before != 0) out.insert(before, 1, ' ');
      })) {
    if (!lossy) return out;
    const auto again = parse_rdata(type, out);
    if (again.has_value() && *again == rdata) return out;
  }
  out = "\\# " + std::to_string(rdata.size());
  if (!rdata.empty()) out += ' ' + text::base16_encode(rdata);
  return out;
}

std::string Record::to_string() const {
  std::string out = owner.to_string() + '\t' + std::to_string(ttl) + '\t' +
                    dns::to_string(record_class) + '\t' + dns::to_string(type);
  const std::string data = rdata_to_text(type, rdata);
  if (!data.empty()) out += '\t' + data;
  return out;
}

}  // namespace avila::dns
