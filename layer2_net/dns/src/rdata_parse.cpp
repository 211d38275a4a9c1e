// Records from text (RFC 1035 section 5.1, RFC 3597 section 5, and the RFC of each type).
#include <algorithm>
#include <avila/dns/record.hpp>
#include <avila/tcp/address.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/number.hpp>
#include <avila/time/civil.hpp>
#include <map>

#include "rdata_walk.hpp"

namespace avila::dns {
namespace {

using detail::Field;

constexpr std::size_t kTokenBytesMax = 256 * 1024;

void put8(std::string& out, std::uint64_t value) { out.push_back(static_cast<char>(value & 0xff)); }
void put16(std::string& out, std::uint64_t value) { put8(out, value >> 8), put8(out, value); }
void put32(std::string& out, std::uint64_t value) { put16(out, value >> 16), put16(out, value); }

Error expected(std::string_view what, std::string_view given) {
  return Error(Errc::Malformed, "expected " + std::string(what) + ", not '" +
                                    std::string(given.substr(0, 60)) + '\'');
}

Result<std::uint64_t> number(std::string_view text, std::uint64_t most, std::string_view what) {
  const auto value = text::parse_uint(text);
  if (!value.has_value() || text[0] == '+' || *value > most) return expected(what, text);
  return *value;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out.push_back(text[at]);
      continue;
    }
    if (++at == text.size()) return Error(Errc::Malformed, "a text ends in a backslash");
    if (text[at] < '0' || text[at] > '9') {
      out.push_back(text[at]);
      continue;
    }
    const auto code =
        at + 3 <= text.size() ? text::parse_uint(text.substr(at, 3)) : text::parse_uint("");
    if (!code.has_value() || *code > 255)
      return Error(Errc::Malformed, "an escape is not three digits up to 255");
    out.push_back(static_cast<char>(*code));
    at += 2;
  }
  return out;
}

Result<std::string> address(std::string_view text, bool v4) {
  const auto ip = tcp::IpAddress::parse(text);
  if (!ip.has_value() || ip->is_v4() != v4)
    return expected(v4 ? "an IPv4 address" : "an IPv6 address", text);
  return std::string(reinterpret_cast<const char*>(ip->bytes().data()), v4 ? 4 : 16);
}

class Parser {
 public:
  Parser(const std::vector<Token>& tokens, const Name& origin) : tokens_(tokens), origin_(origin) {}

  Result<void> field(Field kind);
  Result<void> end() const {
    if (at_ != tokens_.size()) return expected("the end of the record", tokens_[at_].text);
    return {};
  }
  std::string take() && { return std::move(out_); }

 private:
  bool more() const noexcept { return at_ < tokens_.size(); }
  Result<std::string_view> next(std::string_view what) {
    if (!more()) return Error(Errc::Malformed, "the record ends before " + std::string(what));
    return std::string_view(tokens_[at_++].text);
  }
  Result<void> integer(std::size_t bytes, std::string_view what) {
    AVILA_TRY(const std::string_view word, next(what));
    AVILA_TRY(const std::uint64_t value, number(word, (std::uint64_t{1} << bytes * 8) - 1, what));
    for (std::size_t i = bytes; i-- > 0;) put8(out_, value >> i * 8);
    return {};
  }
  std::string joined() {
    std::string all;
    while (more()) all += tokens_[at_++].text;
    return all;
  }
  Result<void> text() {
    AVILA_TRY(const std::string_view word, next("a text"));
    AVILA_TRY(const std::string bytes, unescape(word));
    if (bytes.size() > 255) return Error(Errc::Malformed, "a text is longer than 255 bytes");
    put8(out_, bytes.size());
    out_ += bytes;
    return {};
  }
  Result<void> sized(std::string_view bytes) {
    if (bytes.size() > 255) return Error(Errc::Malformed, "a value is longer than 255 bytes");
    put8(out_, bytes.size());
    out_ += bytes;
    return {};
  }
  Result<void> hex(std::string_view digits) {
    auto bytes = text::hex_decode(digits);
    if (!bytes.has_value()) return expected("hexadecimal digits", digits);
    out_ += *bytes;
    return {};
  }
  Result<void> base64(std::string_view digits) {
    if (digits == "0") return {};  // how some print an empty key
    auto bytes = text::base64_decode(digits);
    if (!bytes.has_value()) return expected("base64", digits);
    out_ += *bytes;
    return {};
  }
  Result<void> name();
  Result<void> time();
  Result<void> mnemonic(Field kind);
  Result<void> sized16();
  Result<void> bitmap();
  Result<void> wks();
  Result<void> apl();
  Result<void> loc();
  Result<void> svc_params();
  Result<void> node64();
  Result<void> eui(std::size_t bytes);

  const std::vector<Token>& tokens_;
  const Name& origin_;
  std::size_t at_ = 0;
  std::string out_;
};

Result<void> Parser::name() {
  AVILA_TRY(const std::string_view word, next("a name"));
  AVILA_TRY(const Name parsed, Name::parse(word, origin_));
  out_ += parsed.wire();
  return {};
}

Result<void> Parser::time() {
  AVILA_TRY(const std::string_view word, next("a time"));
  const auto value = text::parse_uint(word);
  if (!value.has_value()) return expected("a time", word);
  if (word.size() != 14) {  // RFC 4034 section 3.2: seconds, or YYYYMMDDHHmmSS
    if (*value > 0xffffffff) return expected("a time", word);
    put32(out_, *value);
    return {};
  }
  const auto part = [&](std::size_t at, std::size_t size) {
    return static_cast<int>(text::parse_uint(word.substr(at, size)).value());
  };
  time::DateTime fields{};
  fields.date.year = part(0, 4);
  fields.date.month = static_cast<decltype(fields.date.month)>(part(4, 2));
  fields.date.day = static_cast<decltype(fields.date.day)>(part(6, 2));
  fields.hour = static_cast<decltype(fields.hour)>(part(8, 2));
  fields.minute = static_cast<decltype(fields.minute)>(part(10, 2));
  fields.second = static_cast<decltype(fields.second)>(part(12, 2));
  const auto wall = time::from_civil(fields);
  if (!wall.has_value()) return expected("a time as YYYYMMDDHHmmSS", word);
  put32(out_, static_cast<std::uint64_t>(time::unix_seconds(*wall)) & 0xffffffff);
  return {};
}

/// Numbers, or the names in common use (IANA, "DNS Security Algorithm Numbers"; RFC 4398).
Result<void> Parser::mnemonic(Field kind) {
  static constexpr struct {
    Field field;
    std::string_view name;
    std::uint16_t value;
  } kNames[] = {
      {Field::Algorithm, "RSAMD5", 1},
      {Field::Algorithm, "DH", 2},
      {Field::Algorithm, "DSA", 3},
      {Field::Algorithm, "RSASHA1", 5},
      {Field::Algorithm, "DSA-NSEC3-SHA1", 6},
      {Field::Algorithm, "RSASHA1-NSEC3-SHA1", 7},
      {Field::Algorithm, "NSEC3RSASHA1", 7},
      {Field::Algorithm, "RSASHA256", 8},
      {Field::Algorithm, "RSASHA512", 10},
      {Field::Algorithm, "ECC-GOST", 12},
      {Field::Algorithm, "ECDSAP256SHA256", 13},
      {Field::Algorithm, "ECDSAP384SHA384", 14},
      {Field::Algorithm, "ED25519", 15},
      {Field::Algorithm, "ED448", 16},
      {Field::Algorithm, "INDIRECT", 252},
      {Field::Algorithm, "PRIVATEDNS", 253},
      {Field::Algorithm, "PRIVATEOID", 254},
      {Field::CertType, "PKIX", 1},
      {Field::CertType, "SPKI", 2},
      {Field::CertType, "PGP", 3},
      {Field::CertType, "IPKIX", 4},
      {Field::CertType, "ISPKI", 5},
      {Field::CertType, "IPGP", 6},
      {Field::CertType, "ACPKIX", 7},
      {Field::CertType, "IACPKIX", 8},
      {Field::CertType, "URI", 253},
      {Field::CertType, "OID", 254},
      {Field::Rcode16, "NOERROR", 0},
      {Field::Rcode16, "FORMERR", 1},
      {Field::Rcode16, "SERVFAIL", 2},
      {Field::Rcode16, "NXDOMAIN", 3},
      {Field::Rcode16, "NOTIMP", 4},
      {Field::Rcode16, "REFUSED", 5},
      {Field::Rcode16, "NOTAUTH", 9},
      {Field::Rcode16, "BADSIG", 16},
      {Field::Rcode16, "BADVERS", 16},
      {Field::Rcode16, "BADKEY", 17},
      {Field::Rcode16, "BADTIME", 18},
      {Field::Rcode16, "BADTRUNC", 22},
  };
  if (!more()) return Error(Errc::Malformed, "the record ends before a number");
  for (const auto& entry : kNames) {
    if (entry.field != kind || entry.name != tokens_[at_].text) continue;
    ++at_;
    kind == Field::Algorithm ? put8(out_, entry.value) : put16(out_, entry.value);
    return {};
  }
  return integer(kind == Field::Algorithm ? 1 : 2, "a number or a known name");
}

Result<void> Parser::sized16() {
  AVILA_TRY(const std::string_view word, next("a length"));
  AVILA_TRY(const std::uint64_t length, number(word, 0xffff, "a length"));
  put16(out_, length);
  if (length == 0) return {};
  AVILA_TRY(const std::string_view digits, next("base64"));
  const std::size_t before = out_.size();
  AVILA_TRY_VOID(base64(digits));
  if (out_.size() - before != length)
    return Error(Errc::Malformed, "the length before base64 is not that of the bytes");
  return {};
}

Result<void> Parser::bitmap() {
  std::map<unsigned, std::string> windows;
  while (more()) {
    AVILA_TRY(const Type type, parse_type(tokens_[at_++].text));
    const unsigned value = static_cast<unsigned>(type);
    std::string& bits = windows[value >> 8];
    const std::size_t byte = (value & 0xff) / 8;
    if (bits.size() <= byte) bits.resize(byte + 1, '\0');
    bits[byte] = static_cast<char>(bits[byte] | (0x80 >> value % 8));
  }
  for (const auto& [window, bits] : windows) {
    put8(out_, window);
    put8(out_, bits.size());
    out_ += bits;
  }
  return {};
}

/// RFC 1035 section 3.4.2; the few service names that old zones use.
Result<void> Parser::wks() {
  static constexpr struct {
    std::string_view name;
    unsigned port;
  } kServices[] = {{"ftp-data", 20}, {"ftp", 21},    {"ssh", 22},    {"telnet", 23},
                   {"smtp", 25},     {"time", 37},   {"domain", 53}, {"tftp", 69},
                   {"gopher", 70},   {"finger", 79}, {"http", 80},   {"pop3", 110},
                   {"nntp", 119},    {"ntp", 123},   {"imap", 143},  {"https", 443}};
  AVILA_TRY(const std::string_view protocol, next("a protocol"));
  if (protocol == "tcp" || protocol == "TCP") {
    put8(out_, 6);
  } else if (protocol == "udp" || protocol == "UDP") {
    put8(out_, 17);
  } else {
    AVILA_TRY(const std::uint64_t value, number(protocol, 255, "a protocol"));
    put8(out_, value);
  }
  std::string bits;
  while (more()) {
    const std::string_view word = tokens_[at_++].text;
    std::uint64_t port = 65536;
    for (const auto& service : kServices)
      if (service.name == word) port = service.port;
    if (port == 65536) {
      AVILA_TRY(port, number(word, 65535, "a port"));
    }
    if (bits.size() <= port / 8) bits.resize(port / 8 + 1, '\0');
    bits[port / 8] = static_cast<char>(bits[port / 8] | (0x80 >> port % 8));
  }
  out_ += bits;
  return {};
}

Result<void> Parser::apl() {
  while (more()) {
    std::string_view word = tokens_[at_++].text;
    const std::string_view whole = word;
    const bool negative = word.starts_with('!');
    if (negative) word.remove_prefix(1);
    const std::size_t colon = word.find(':'), slash = word.rfind('/');
    if (colon == word.npos || slash == word.npos || slash < colon)
      return expected("[!]family:address/prefix", whole);
    const bool v4 = word.substr(0, colon) == "1";
    if (!v4 && word.substr(0, colon) != "2") return expected("an address family, 1 or 2", whole);
    AVILA_TRY(std::string bytes, address(word.substr(colon + 1, slash - colon - 1), v4));
    AVILA_TRY(const std::uint64_t prefix,
              number(word.substr(slash + 1), v4 ? 32 : 128, "a prefix length"));
    while (!bytes.empty() && bytes.back() == '\0') bytes.pop_back();
    put16(out_, v4 ? 1 : 2);
    put8(out_, prefix);
    put8(out_, bytes.size() | (negative ? 0x80U : 0U));
    out_ += bytes;
  }
  return {};
}

/// A decimal number of `places` places after the point, times 10^places. An `m` may follow.
Result<std::int64_t> scaled(std::string_view text, unsigned places, std::string_view what) {
  const std::string_view whole = text;
  if (text.ends_with('m') || text.ends_with('M')) text.remove_suffix(1);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::string digits;
  bool point = false;
  unsigned after = 0;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (c < '0' || c > '9' || (point && ++after > places) || digits.size() > 15) {
      return expected(what, whole);
    } else {
      digits.push_back(c);
    }
  }
  if (digits.empty()) return expected(what, whole);
  digits.append(places - after, '0');
  const auto value = static_cast<std::int64_t>(text::parse_uint(digits).value());
  return negative ? -value : value;
}

/// RFC 1876 section 3.
Result<void> Parser::loc() {
  std::uint32_t angles[2] = {};
  for (std::size_t i = 0; i < 2; ++i) {
    std::int64_t parts[3] = {};
    std::size_t count = 0;
    const std::string_view plus = i == 0 ? "N" : "E", minus = i == 0 ? "S" : "W";
    std::int64_t total = -1;
    while (total < 0) {
      AVILA_TRY(const std::string_view word, next("a direction"));
      if (count > 0 && (word == plus || word == minus)) {
        total = parts[0] * 3'600'000 + parts[1] * 60'000 + parts[2];
        const std::int64_t most = (i == 0 ? 90 : 180) * std::int64_t{3'600'000};
        if (total > most) return expected("an angle of the globe", word);
        if (word == minus) angles[i] = static_cast<std::uint32_t>(0x80000000 - total);
        if (word == plus) angles[i] = static_cast<std::uint32_t>(0x80000000 + total);
      } else if (count < 3) {
        AVILA_TRY(parts[count], scaled(word, count == 2 ? 3 : 0, "degrees, minutes or seconds"));
        if (parts[count] < 0 || parts[count] > (count == 2 ? 59'999 : count == 1 ? 59 : 180))
          return expected("degrees, minutes or seconds", word);
        ++count;
      } else {
        return expected(i == 0 ? "N or S" : "E or W", word);
      }
    }
  }
  AVILA_TRY(const std::string_view height, next("an altitude"));
  AVILA_TRY(const std::int64_t altitude, scaled(height, 2, "an altitude"));
  if (altitude < -10'000'000 || altitude > 4'284'967'295) return expected("an altitude", height);
  put8(out_, 0);
  for (const std::int64_t fallback : {100, 1'000'000, 1'000}) {
    std::int64_t value = fallback;
    if (more()) {
      const std::string_view word = tokens_[at_++].text;
      AVILA_TRY(value, scaled(word, 2, "a size"));
      if (value < 0 || value > 9'000'000'000) return expected("a size up to 90000000m", word);
    }
    unsigned power = 0;
    while (value > 9) value /= 10, ++power;
    put8(out_, static_cast<std::uint64_t>(value) << 4 | power);
  }
  put32(out_, angles[0]);
  put32(out_, angles[1]);
  put32(out_, static_cast<std::uint64_t>(altitude + 10'000'000));
  return {};
}

/// Splits at commas that no backslash escapes (RFC 9460 appendix A.1); takes the escapes off.
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',')
      items.emplace_back();
    else
      items.back().push_back(text[i] == '\\' && i + 1 < text.size() ? text[++i] : text[i]);
  }
  return items;
}

Result<unsigned> svc_key(std::string_view text) {
  static constexpr std::string_view kKeys[] = {"mandatory", "alpn",     "no-default-alpn",
                                               "port",      "ipv4hint", "ech",
                                               "ipv6hint",  "dohpath",  "ohttp"};
  for (unsigned i = 0; i < std::size(kKeys); ++i)
    if (kKeys[i] == text) return i;
  if (text.starts_with("key")) {
    AVILA_TRY(const std::uint64_t value, number(text.substr(3), 65535, "a service key"));
    return static_cast<unsigned>(value);
  }
  return expected("a service key", text);
}

Result<std::string> svc_value(unsigned key, const std::string& raw, bool present) {
  std::string out;
  if (key == 2 && present && !raw.empty()) return expected("no value", raw);
  if (key <= 6 && key != 2 && raw.empty())
    return Error(Errc::Malformed, "a service key needs a value");
  switch (key) {
    case 0: {
      std::vector<unsigned> keys;
      for (const std::string& item : split_list(raw)) {
        AVILA_TRY(const unsigned each, svc_key(item));
        keys.push_back(each);
      }
      std::sort(keys.begin(), keys.end());
      for (const unsigned each : keys) put16(out, each);
      return out;
    }
    case 1:
      for (const std::string& item : split_list(raw)) {
        if (item.empty() || item.size() > 255)
          return expected("a protocol of 1 to 255 bytes", item);
        put8(out, item.size());
        out += item;
      }
      return out;
    case 3: {
      AVILA_TRY(const std::uint64_t port, number(raw, 65535, "a port"));
      put16(out, port);
      return out;
    }
    case 4:
    case 6:
      for (const std::string& item : split_list(raw)) {
        AVILA_TRY(const std::string bytes, address(item, key == 4));
        out += bytes;
      }
      return out;
    case 5: {
      auto bytes = text::base64_decode(raw);
      if (!bytes.has_value()) return expected("base64", raw);
      return std::move(*bytes);
    }
    default: return raw;
  }
}

Result<void> Parser::svc_params() {
  std::map<unsigned, std::string> values;
  while (more()) {
    std::string word = tokens_[at_++].text;
    std::string value;
    const std::size_t equals = word.find('=');
    if (equals != word.npos) {
      value = word.substr(equals + 1);
      word.resize(equals);
      if (value.empty() && more() && tokens_[at_].quoted && tokens_[at_].glued)
        value = tokens_[at_++].text;
    }
    AVILA_TRY(const unsigned key, svc_key(word));
    AVILA_TRY(const std::string raw, unescape(value));
    AVILA_TRY(std::string bytes, svc_value(key, raw, equals != word.npos));
    if (bytes.size() > 0xffff) return Error(Errc::Malformed, "a service value is too long");
    if (!values.emplace(key, std::move(bytes)).second)
      return expected("each service key once", word);
  }
  for (const auto& [key, bytes] : values) {
    put16(out_, key);
    put16(out_, bytes.size());
    out_ += bytes;
  }
  return {};
}

Result<void> Parser::node64() {
  AVILA_TRY(const std::string_view word, next("a node identifier"));
  std::size_t begin = 0;
  for (int group = 0; group < 4; ++group) {
    const std::size_t end = group == 3 ? word.size() : word.find(':', begin);
    if (end == word.npos || end == begin || end - begin > 4)
      return expected("four groups of hexadecimal digits", word);
    std::string digits(word.substr(begin, end - begin));
    digits.insert(0, 4 - digits.size(), '0');
    AVILA_TRY_VOID(hex(digits));
    begin = end + 1;
  }
  return {};
}

Result<void> Parser::eui(std::size_t bytes) {
  AVILA_TRY(const std::string_view word, next("an address"));
  if (word.size() != bytes * 3 - 1) return expected("pairs of hexadecimal digits", word);
  for (std::size_t i = 0; i < bytes; ++i) {
    if (i + 1 < bytes && word[i * 3 + 2] != '-')
      return expected("pairs of hexadecimal digits", word);
    AVILA_TRY_VOID(hex(word.substr(i * 3, 2)));
  }
  return {};
}

Result<void> Parser::field(Field kind) {
  switch (kind) {
    case Field::End: return {};
    case Field::U8: return integer(1, "a number up to 255");
    case Field::U16: return integer(2, "a number up to 65535");
    case Field::U32: return integer(4, "a number of 32 bits");
    case Field::U48: return integer(6, "a number of 48 bits");
    case Field::Period: {
      AVILA_TRY(const std::string_view word, next("a duration"));
      AVILA_TRY(const std::uint32_t value, parse_ttl(word));
      put32(out_, value);
      return {};
    }
    case Field::Time: return time();
    case Field::TypeCode: {
      AVILA_TRY(const std::string_view word, next("a type"));
      AVILA_TRY(const Type type, parse_type(word));
      put16(out_, static_cast<std::uint16_t>(type));
      return {};
    }
    case Field::Algorithm:
    case Field::CertType:
    case Field::Rcode16: return mnemonic(kind);
    case Field::Name:
    case Field::NameSeldom:
    case Field::NamePlain: return name();
    case Field::A:
    case Field::Aaaa: {
      AVILA_TRY(const std::string_view word, next("an address"));
      AVILA_TRY(const std::string bytes, address(word, kind == Field::A));
      out_ += bytes;
      return {};
    }
    case Field::Text:
    case Field::Tag: return text();
    case Field::TextOpt:
      if (!more()) return {};
      return text();
    case Field::Texts: do { AVILA_TRY_VOID(text());
      } while (more());
      return {};
    case Field::RestText: {
      AVILA_TRY(const std::string_view word, next("a text"));
      AVILA_TRY(const std::string bytes, unescape(word));
      out_ += bytes;
      return {};
    }
    case Field::Hex: return hex(joined());
    case Field::Base64: return base64(joined());
    case Field::Sized16: return sized16();
    case Field::Salt: {
      AVILA_TRY(const std::string_view word, next("a salt"));
      if (word == "-") return sized("");
      const auto bytes = text::hex_decode(word);
      if (!bytes.has_value()) return expected("a salt of hexadecimal digits, or -", word);
      return sized(*bytes);
    }
    case Field::Hash: {
      AVILA_TRY(const std::string_view word, next("a hash"));
      const auto bytes = text::base32hex_decode(word, text::Padding::Optional);
      if (!bytes.has_value() || bytes->empty()) return expected("a hash in base32", word);
      return sized(*bytes);
    }
    case Field::Bitmap: return bitmap();
    case Field::SvcParams: return svc_params();
    case Field::Wks: return wks();
    case Field::Apl: return apl();
    case Field::Loc: return loc();
    case Field::Nsap: {
      std::string digits = joined();
      if (!digits.starts_with("0x") && !digits.starts_with("0X"))
        return expected("0x and hexadecimal digits", digits);
      digits.erase(0, 2);
      std::erase(digits, '.');
      return hex(digits);
    }
    case Field::Eui48: return eui(6);
    case Field::Eui64: return eui(8);
    case Field::Node64: return node64();
  }
  return {};
}

/// "\# 3 abcdef".
Result<std::string> parse_generic(const std::vector<Token>& tokens) {
  if (tokens.size() < 2) return Error(Errc::Malformed, "\\# is followed by a length");
  AVILA_TRY(const std::uint64_t length, number(tokens[1].text, kRdataBytesMax, "a length"));
  std::string digits;
  for (std::size_t i = 2; i < tokens.size(); ++i) digits += tokens[i].text;
  auto bytes = text::hex_decode(digits);
  if (!bytes.has_value()) return expected("hexadecimal digits", digits);
  if (bytes->size() != length)
    return Error(Errc::Malformed, "the length after \\# is not that of the data");
  return std::move(*bytes);
}

}  // namespace

Result<std::string> parse_rdata(Type type, const std::vector<Token>& tokens, const Name& origin) {
  if (!tokens.empty() && tokens[0].text == "\\#" && !tokens[0].quoted) {
    AVILA_TRY(std::string rdata, parse_generic(tokens));
    if (!is_valid_rdata(type, rdata))
      return Error(Errc::Malformed, "the data is not that of " + to_string(type));
    return rdata;
  }
  const detail::Form* form = detail::form_of(type);
  if (form == nullptr)
    return Error(Errc::Malformed,
                 "the data of " + to_string(type) + " is written as \\# LENGTH HEX");
  Parser parser(tokens, origin);
  for (const Field field : form->fields) {
    if (field == Field::End) break;
    AVILA_TRY_VOID(parser.field(field).context(to_string(type)));
  }
  AVILA_TRY_VOID(parser.end().context(to_string(type)));
  std::string rdata = std::move(parser).take();
  if (rdata.size() > kRdataBytesMax)
    return Error(Errc::LimitExceeded, "the data of a record is longer than 65535 bytes");
  if (!is_valid_rdata(type, rdata))
    return Error(Errc::Malformed, "the data is not that of " + to_string(type));
  return rdata;
}

Result<std::string> parse_rdata(Type type, std::string_view text, const Name& origin) {
  AVILA_TRY(const std::vector<Token> tokens, tokenize(text));
  return parse_rdata(type, tokens, origin);
}

Result<std::uint32_t> parse_ttl(std::string_view text) {
  std::uint64_t total = 0, value = 0;
  bool digits = false, units = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      value = value * 10 + static_cast<unsigned>(c - '0');
      digits = true;
      if (value > 0xffffffff) return expected("a duration in seconds", text);
      continue;
    }
    static constexpr std::string_view kUnits = "smhdwSMHDW";
    static constexpr std::uint32_t kSeconds[] = {1, 60, 3600, 86400, 604800};
    const std::size_t unit = kUnits.find(c);
    if (unit == kUnits.npos || !digits) return expected("a duration in seconds", text);
    total += value * kSeconds[unit % 5];
    value = 0;
    digits = false;
    units = true;
  }
  total += value;
  if ((!digits && !units) || total > 0xffffffff) return expected("a duration in seconds", text);
  return static_cast<std::uint32_t>(total);
}

Result<std::vector<Token>> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  int depth = 0;
  std::size_t end_of_last = ~std::size_t{0};
  while (at < text.size()) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++at;
      continue;
    }
    if (c == ';') {
      while (at < text.size() && text[at] != '\n') ++at;
      continue;
    }
    if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : -1;
      if (depth < 0 || depth > 1)
        return Error(Errc::Malformed, "a parenthesis too many", {.offset = at});
      ++at;
      continue;
    }
    Token token;
    token.glued = at == end_of_last;
    token.quoted = c == '"';
    if (token.quoted) ++at;
    const std::size_t start = at;
    bool closed = false;
    while (at < text.size()) {
      const char d = text[at];
      if (d == '\\' && at + 1 < text.size()) {
        at += 2;
        continue;
      }
      if (token.quoted ? d == '"'
                       : std::string_view(" \t\r\n;()\"").find(d) != std::string_view::npos) {
        closed = true;
        break;
      }
      ++at;
    }
    if (token.quoted && !closed)
      return Error(Errc::Malformed, "a quote is not closed", {.offset = start});
    if (at - start > kTokenBytesMax)
      return Error(Errc::LimitExceeded, "a word is longer than 256 KiB", {.offset = start});
    token.text = text.substr(start, at - start);
    if (token.quoted) ++at;
    end_of_last = at;
    tokens.push_back(std::move(token));
  }
  if (depth != 0) return Error(Errc::Malformed, "a parenthesis is not closed");
  return tokens;
}

}  // namespace avila::dns
