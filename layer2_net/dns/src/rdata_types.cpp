#include <avila/dns/rdata.hpp>

#include "rdata_walk.hpp"

namespace avila::dns {
namespace {

/// Over data that is_valid_rdata() has found good.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) noexcept : rest_(rest) {}
  void operator()(std::uint8_t& value) noexcept { value = detail::byte_at(take(1), 0); }
  void operator()(std::uint16_t& value) noexcept { value = detail::be16(take(2)); }
  void operator()(std::uint32_t& value) noexcept { value = detail::be32(take(4)); }
  void operator()(Type& value) noexcept { value = static_cast<Type>(detail::be16(take(2))); }
  void operator()(Name& name) {
    const auto size = detail::field_bytes(detail::Field::NamePlain, rest_);
    name = Name::from_wire(take(size.value())).value();
  }
  void rest(std::string& bytes) { bytes = take(rest_.size()); }
  void rest(TypeBitmap& types) { types = TypeBitmap(std::string(take(rest_.size()))); }
  void sized(std::string& bytes) { bytes = take(detail::byte_at(take(1), 0)); }
  bool empty() const noexcept { return rest_.empty(); }

 private:
  std::string_view take(std::size_t size) noexcept {
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  std::string_view rest_;
};

class Builder {
 public:
  void operator()(std::uint8_t value) { out.push_back(static_cast<char>(value)); }
  void operator()(std::uint16_t value) {
    (*this)(static_cast<std::uint8_t>(value >> 8));
    (*this)(static_cast<std::uint8_t>(value));
  }
  void operator()(std::uint32_t value) {
    (*this)(static_cast<std::uint16_t>(value >> 16));
    (*this)(static_cast<std::uint16_t>(value));
  }
  void operator()(Type value) { (*this)(static_cast<std::uint16_t>(value)); }
  void operator()(const Name& name) { out += name.wire(); }
  void rest(const std::string& bytes) { out += bytes; }
  void rest(const TypeBitmap& types) { out += types.wire(); }
  void sized(const std::string& bytes) {
    AVILA_ASSERT(bytes.size() <= 255);
    (*this)(static_cast<std::uint8_t>(bytes.size()));
    out += bytes;
  }
  std::string out;
};

// The fields of each type, in order; for reading and for writing.
template <class T, class Self>
void fields(T& io, Self& v, const Soa*) {
  io(v.primary), io(v.mailbox), io(v.serial), io(v.refresh), io(v.retry), io(v.expire);
  io(v.minimum);
}
template <class T, class Self>
void fields(T& io, Self& v, const Mx*) {
  io(v.preference), io(v.exchange);
}
template <class T, class Self>
void fields(T& io, Self& v, const Srv*) {
  io(v.priority), io(v.weight), io(v.port), io(v.target);
}
template <class T, class Self>
void fields(T& io, Self& v, const Caa*) {
  io(v.flags), io.sized(v.tag), io.rest(v.value);
}
template <class T, class Self>
void fields(T& io, Self& v, const Naptr*) {
  io(v.order), io(v.preference), io.sized(v.flags), io.sized(v.services), io.sized(v.regexp);
  io(v.replacement);
}
template <class T, class Self>
void fields(T& io, Self& v, const Tlsa*) {
  io(v.usage), io(v.selector), io(v.matching), io.rest(v.data);
}
template <class T, class Self>
void fields(T& io, Self& v, const Sshfp*) {
  io(v.algorithm), io(v.kind), io.rest(v.fingerprint);
}
template <class T, class Self>
void fields(T& io, Self& v, const Ds*) {
  io(v.key_tag), io(v.algorithm), io(v.digest_type), io.rest(v.digest);
}
template <class T, class Self>
void fields(T& io, Self& v, const Dnskey*) {
  io(v.flags), io(v.protocol), io(v.algorithm), io.rest(v.key);
}
template <class T, class Self>
void fields(T& io, Self& v, const Rrsig*) {
  io(v.covered), io(v.algorithm), io(v.labels), io(v.original_ttl), io(v.expiration);
  io(v.inception), io(v.key_tag), io(v.signer), io.rest(v.signature);
}
template <class T, class Self>
void fields(T& io, Self& v, const Nsec*) {
  io(v.next), io.rest(v.types);
}
template <class T, class Self>
void fields(T& io, Self& v, const Nsec3*) {
  io(v.algorithm), io(v.flags), io(v.iterations), io.sized(v.salt), io.sized(v.next_hash);
  io.rest(v.types);
}
template <class T, class Self>
void fields(T& io, Self& v, const Nsec3Param*) {
  io(v.algorithm), io(v.flags), io(v.iterations), io.sized(v.salt);
}

template <class V>
Result<V> decode_as(Type type, std::string_view rdata) {
  if (!is_valid_rdata(type, rdata))
    return Error(Errc::Malformed, "bad data of a " + to_string(type) + " record");
  V value;
  Cursor cursor(rdata);
  fields(cursor, value, static_cast<const V*>(nullptr));
  return value;
}

template <class V>
std::string encode_as(const V& value) {
  Builder builder;
  fields(builder, value, static_cast<const V*>(nullptr));
  return std::move(builder.out);
}

}  // namespace

#define AVILA_DNS_RDATA(V, kType)                                                          \
  Result<V> V::decode(std::string_view rdata) { return decode_as<V>(Type::kType, rdata); } \
  std::string V::encode() const { return encode_as(*this); }
AVILA_DNS_RDATA(Soa, SOA)
AVILA_DNS_RDATA(Mx, MX)
AVILA_DNS_RDATA(Srv, SRV)
AVILA_DNS_RDATA(Caa, CAA)
AVILA_DNS_RDATA(Naptr, NAPTR)
AVILA_DNS_RDATA(Tlsa, TLSA)
AVILA_DNS_RDATA(Sshfp, SSHFP)
AVILA_DNS_RDATA(Ds, DS)
AVILA_DNS_RDATA(Dnskey, DNSKEY)
AVILA_DNS_RDATA(Rrsig, RRSIG)
AVILA_DNS_RDATA(Nsec, NSEC)
AVILA_DNS_RDATA(Nsec3, NSEC3)
AVILA_DNS_RDATA(Nsec3Param, NSEC3PARAM)
#undef AVILA_DNS_RDATA

Result<Txt> Txt::decode(std::string_view rdata) {
  if (!is_valid_rdata(Type::TXT, rdata)) return Error(Errc::Malformed, "bad data of a TXT record");
  Txt value;
  Cursor cursor(rdata);
  while (!cursor.empty()) cursor.sized(value.texts.emplace_back());
  return value;
}
std::string Txt::encode() const {
  Builder builder;
  for (const std::string& text : texts) builder.sized(text);
  return std::move(builder.out);
}

Result<Svcb> Svcb::decode(std::string_view rdata) {
  if (!is_valid_rdata(Type::SVCB, rdata))
    return Error(Errc::Malformed, "bad data of an SVCB record");
  Svcb value;
  Cursor cursor(rdata);
  cursor(value.priority), cursor(value.target);
  std::string rest;
  cursor.rest(rest);
  for (std::string_view left = rest; !left.empty();) {
    const std::size_t size = detail::be16(left, 2);
    value.parameters.push_back({detail::be16(left), std::string(left.substr(4, size))});
    left.remove_prefix(4 + size);
  }
  return value;
}
std::string Svcb::encode() const {
  Builder builder;
  builder(priority), builder(target);
  for (const Parameter& each : parameters) {
    builder(each.key);
    builder(static_cast<std::uint16_t>(each.value.size()));
    builder.rest(each.value);
  }
  return std::move(builder.out);
}

bool TypeBitmap::contains(Type type) const noexcept {
  const unsigned value = static_cast<unsigned>(type);
  for (std::string_view rest = wire_; rest.size() >= 2;) {
    const std::size_t length = detail::byte_at(rest, 1);
    if (rest.size() < 2 + length) return false;
    const std::size_t byte = (value & 0xff) / 8;
    if (detail::byte_at(rest, 0) == value >> 8)
      return byte < length && (detail::byte_at(rest, 2 + byte) & (0x80U >> value % 8)) != 0;
    rest.remove_prefix(2 + length);
  }
  return false;
}

std::vector<Type> TypeBitmap::types() const {
  std::vector<Type> all;
  for (std::string_view rest = wire_; rest.size() >= 2;) {
    const unsigned window = detail::byte_at(rest, 0);
    const std::size_t length = detail::byte_at(rest, 1);
    if (rest.size() < 2 + length) break;
    for (unsigned bit = 0; bit < length * 8; ++bit)
      if ((detail::byte_at(rest, 2 + bit / 8) & (0x80U >> bit % 8)) != 0)
        all.push_back(static_cast<Type>(window * 256 + bit));
    rest.remove_prefix(2 + length);
  }
  return all;
}

std::optional<tcp::IpAddress> address_of(const Record& record) noexcept {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(record.rdata.data());
  if (record.type == Type::A && record.rdata.size() == 4)
    return tcp::IpAddress::v4(bytes[0], bytes[1], bytes[2], bytes[3]);
  if (record.type != Type::AAAA || record.rdata.size() != 16) return std::nullopt;
  std::array<std::uint8_t, 16> wide{};
  for (std::size_t i = 0; i < 16; ++i) wide[i] = bytes[i];
  return tcp::IpAddress::v6(wide);
}

Record address_record(Name owner, std::uint32_t ttl, const tcp::IpAddress& address) {
  const bool v4 = address.is_v4();
  return {std::move(owner), v4 ? Type::A : Type::AAAA, Class::IN, ttl,
          std::string(reinterpret_cast<const char*>(address.bytes().data()), v4 ? 4 : 16)};
}

Result<Name> name_of(const Record& record) { return Name::from_wire(record.rdata); }

}  // namespace avila::dns
