#include <avila/dns/record.hpp>

#include "rdata_walk.hpp"

namespace avila::dns {
namespace detail {
namespace {

std::optional<std::size_t> name_bytes(std::string_view rest) noexcept {
  std::size_t at = 0;
  for (;;) {
    if (at >= rest.size()) return std::nullopt;
    const std::size_t length = byte_at(rest, at);
    if (length > Name::kLabelBytesMax) return std::nullopt;
    at += length + 1;
    if (at > rest.size() || at > Name::kWireBytesMax) return std::nullopt;
    if (length == 0) return at;
  }
}

std::optional<std::size_t> fixed(std::string_view rest, std::size_t size) noexcept {
  if (rest.size() < size) return std::nullopt;
  return size;
}

std::optional<std::size_t> sized8(std::string_view rest, std::size_t least) noexcept {
  if (rest.empty() || byte_at(rest, 0) < least) return std::nullopt;
  return fixed(rest, 1 + std::size_t{byte_at(rest, 0)});
}

/// RFC 4034 section 4.1.2: windows in order, none empty, no zero bytes at a window's end.
bool is_bitmap(std::string_view rest) noexcept {
  int before = -1;
  while (!rest.empty()) {
    if (rest.size() < 2) return false;
    const int window = byte_at(rest, 0);
    const std::size_t length = byte_at(rest, 1);
    if (window <= before || length == 0 || length > 32 || rest.size() < 2 + length) return false;
    if (rest[1 + length] == '\0') return false;
    before = window;
    rest.remove_prefix(2 + length);
  }
  return true;
}

/// RFC 9460 section 2.2: keys in strictly rising order; section 7 and 8 for the known ones.
bool is_svc_params(std::string_view rest) noexcept {
  int before = -1;
  while (!rest.empty()) {
    if (rest.size() < 4) return false;
    const int key = be16(rest);
    const std::size_t length = be16(rest, 2);
    if (key <= before || rest.size() < 4 + length) return false;
    const std::string_view value = rest.substr(4, length);
    if (key == 2 && length != 0) return false;
    if (key == 3 && length != 2) return false;
    if (key == 4 && (length == 0 || length % 4 != 0)) return false;
    if (key == 6 && (length == 0 || length % 16 != 0)) return false;
    if (key == 0 && (length == 0 || length % 2 != 0)) return false;
    if (key == 1) {
      if (value.empty()) return false;
      for (std::size_t at = 0; at < value.size(); at += 1U + byte_at(value, at))
        if (byte_at(value, at) == 0 || at + 1 + byte_at(value, at) > value.size()) return false;
    }
    before = key;
    rest.remove_prefix(4 + length);
  }
  return true;
}

/// RFC 3123 section 4.
bool is_apl(std::string_view rest) noexcept {
  while (!rest.empty()) {
    if (rest.size() < 4) return false;
    const std::size_t length = byte_at(rest, 3) & 0x7f;
    if (rest.size() < 4 + length) return false;
    if (be16(rest) == 1 && (length > 4 || byte_at(rest, 2) > 32)) return false;
    if (be16(rest) == 2 && (length > 16 || byte_at(rest, 2) > 128)) return false;
    rest.remove_prefix(4 + length);
  }
  return true;
}

bool is_texts(std::string_view rest) noexcept {
  if (rest.empty()) return false;
  while (!rest.empty()) {
    const auto taken = sized8(rest, 0);
    if (!taken.has_value()) return false;
    rest.remove_prefix(*taken);
  }
  return true;
}

}  // namespace

std::optional<std::size_t> field_bytes(Field field, std::string_view rest) noexcept {
  const auto all_if = [&](bool ok) -> std::optional<std::size_t> {
    if (!ok) return std::nullopt;
    return rest.size();
  };
  switch (field) {
    case Field::End: return all_if(rest.empty());
    case Field::U8:
    case Field::Algorithm: return fixed(rest, 1);
    case Field::U16:
    case Field::TypeCode:
    case Field::CertType:
    case Field::Rcode16: return fixed(rest, 2);
    case Field::U32:
    case Field::Period:
    case Field::Time:
    case Field::A: return fixed(rest, 4);
    case Field::U48:
    case Field::Eui48: return fixed(rest, 6);
    case Field::Eui64:
    case Field::Node64: return fixed(rest, 8);
    case Field::Aaaa: return fixed(rest, 16);
    case Field::Name:
    case Field::NameSeldom:
    case Field::NamePlain: return name_bytes(rest);
    case Field::Text:
    case Field::Tag: return sized8(rest, 0);
    case Field::TextOpt: return rest.empty() ? std::optional<std::size_t>(0) : sized8(rest, 0);
    case Field::Texts: return all_if(is_texts(rest));
    case Field::RestText:
    case Field::Hex:
    case Field::Base64:
    case Field::Wks: return rest.size();
    case Field::Nsap: return all_if(!rest.empty());
    case Field::Sized16:
      if (rest.size() < 2) return std::nullopt;
      return fixed(rest, 2U + be16(rest));
    case Field::Salt: return sized8(rest, 0);
    case Field::Hash: return sized8(rest, 1);
    case Field::Bitmap: return all_if(is_bitmap(rest));
    case Field::SvcParams: return all_if(is_svc_params(rest));
    case Field::Apl: return all_if(is_apl(rest));
    case Field::Loc:
      // RFC 1876 section 2: version 0 has 16 bytes; its sizes are digits and powers of ten.
      if (rest.size() < 16 || rest[0] != '\0') return std::nullopt;
      for (std::size_t i = 1; i <= 3; ++i)
        if ((byte_at(rest, i) & 15) > 9 || byte_at(rest, i) >> 4 > 9) return std::nullopt;
      return 16;
  }
  return std::nullopt;
}

bool walk(const Form& form, std::string_view rdata,
          FunctionRef<void(Field, std::string_view)> see) {
  for (const Field field : form.fields) {
    const auto taken = field_bytes(field, rdata);
    if (!taken.has_value()) return false;
    if (field == Field::End) return true;
    see(field, rdata.substr(0, *taken));
    rdata.remove_prefix(*taken);
  }
  return rdata.empty();
}

}  // namespace detail

using detail::Field;

bool is_valid_rdata(Type type, std::string_view rdata) noexcept {
  const detail::Form* form = detail::form_of(type);
  return form == nullptr || detail::walk(*form, rdata, [](Field, std::string_view) {});
}

Result<std::string> decode_rdata(Type type, ByteSpan message, std::size_t offset,
                                 std::size_t length) {
  const std::size_t end = offset + length;
  if (end > message.size())
    return Error(Errc::Malformed, "the data of a record runs past the end", {.offset = offset});
  const ByteSpan within = message.first(end);
  std::string rdata;
  const detail::Form* form = detail::form_of(type);
  bool has_names = false;
  if (form != nullptr)
    for (const Field field : form->fields)
      has_names = has_names || field == Field::Name || field == Field::NameSeldom;
  if (!has_names) return std::string(as_text(within.subspan(offset)));
  // RFC 2136: data of no length says "none" or "any", whatever the type.
  if (length == 0) return rdata;
  for (const Field field : form->fields) {
    if (field == Field::End) break;
    if (detail::is_name(field)) {
      AVILA_TRY(const Name name, Name::decode(within, offset));
      rdata += name.wire();
      continue;
    }
    const std::string_view rest = as_text(within.subspan(offset));
    const auto taken = detail::field_bytes(field, rest);
    if (!taken.has_value())
      return Error(Errc::Malformed, "bad data of a " + to_string(type) + " record",
                   {.offset = offset});
    rdata += rest.substr(0, *taken);
    offset += *taken;
  }
  if (offset != end)
    return Error(Errc::Malformed, "bytes are left over in a " + to_string(type) + " record",
                 {.offset = offset});
  if (rdata.size() > kRdataBytesMax)
    return Error(Errc::Malformed, "the data of a record is too long", {.offset = offset});
  return rdata;
}

std::string canonical_rdata(Type type, std::string_view rdata) {
  const detail::Form* form = detail::form_of(type);
  if (form == nullptr || !form->lower_names) return std::string(rdata);
  std::string out;
  const bool fits = detail::walk(*form, rdata, [&](Field field, std::string_view bytes) {
    for (const char c : bytes)
      out.push_back(detail::is_name(field) && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  });
  return fits ? out : std::string(rdata);
}

void split_for_compression(Type type, std::string_view rdata,
                           void (*piece)(void* context, std::string_view bytes, bool is_name),
                           void* context) {
  const detail::Form* form = detail::form_of(type);
  if (form == nullptr || !is_valid_rdata(type, rdata)) return piece(context, rdata, false);
  (void)detail::walk(*form, rdata, [&](Field field, std::string_view bytes) {
    piece(context, bytes, field == Field::Name);
  });
}

}  // namespace avila::dns
