#include <avila/http/structured_fields.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/utf8.hpp>
#include <cmath>

#include "structured_fields_chars.hpp"

namespace avila::http::structured {
namespace {

constexpr std::int64_t kMaxNumber = 999'999'999'999'999;  // §3.3.1; of thousandths too, §3.3.2

Error cannot(const char* what) {
  return Error(Errc::InvalidArgument, std::string("structured field: ") + what);
}

class Writer {
 public:
  std::string out;

  Result<void> key(const std::string& name) {  // §4.1.1.3
    if (name.empty() || !detail::is_key_start(name[0])) return cannot("a key begins with a-z or *");
    for (const char c : name)
      if (!detail::is_key_char(c)) return cannot("a key holds a-z, 0-9, '_', '-', '.' and '*'");
    out += name;
    return {};
  }

  Result<void> parameters(const Parameters& all) {  // §4.1.1.2
    for (const auto& [name, value] : all) {
      out += ';';
      AVILA_TRY_VOID(key(name));
      if (value == BareItem(true)) continue;
      out += '=';
      AVILA_TRY_VOID(std::visit([this](const auto& each) { return bare(each); }, value));
    }
    return {};
  }

  Result<void> item(const Item& one) {  // §4.1.3
    AVILA_TRY_VOID(std::visit([this](const auto& each) { return bare(each); }, one.value));
    return parameters(one.parameters);
  }

  Result<void> member(const Member& one) {
    if (const Item* const plain = std::get_if<Item>(&one)) return item(*plain);
    const InnerList& inner = std::get<InnerList>(one);  // §4.1.1.1
    out += '(';
    for (const Item& each : inner.items) {
      if (&each != inner.items.data()) out += ' ';
      AVILA_TRY_VOID(item(each));
    }
    out += ')';
    return parameters(inner.parameters);
  }

 private:
  Result<void> bare(std::int64_t value) {  // §4.1.4
    if (value > kMaxNumber || value < -kMaxNumber)
      return Error(Errc::OutOfRange, "structured field: integers have at most 15 digits");
    out += std::to_string(value);
    return {};
  }

  Result<void> bare(Decimal value) {  // §4.1.5
    if (value.thousandths > kMaxNumber || value.thousandths < -kMaxNumber)
      return Error(Errc::OutOfRange, "structured field: decimals have at most 12 whole digits");
    const std::int64_t size = value.thousandths < 0 ? -value.thousandths : value.thousandths;
    if (value.thousandths < 0) out += '-';
    out += std::to_string(size / 1000);
    std::string fraction = std::to_string(1000 + size % 1000);
    while (fraction.size() > 2 && fraction.back() == '0') fraction.pop_back();
    fraction[0] = '.';
    out += fraction;
    return {};
  }

  Result<void> bare(const std::string& text) {  // §4.1.6
    out += '"';
    for (const char c : text) {
      if (!detail::is_printable(c))
        return cannot("strings are printable ASCII: use a DisplayString");
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
    return {};
  }

  Result<void> bare(const Token& token) {  // §4.1.7
    if (token.text.empty() || !detail::is_token_start(token.text[0]))
      return cannot("a token begins with a letter or '*'");
    for (const char c : token.text)
      if (!detail::is_token_char(c)) return cannot("a token holds token characters, ':' and '/'");
    out += token.text;
    return {};
  }

  Result<void> bare(const Binary& binary) {  // §4.1.8
    out.append(":").append(text::base64_encode(binary.bytes)).append(":");
    return {};
  }

  Result<void> bare(bool value) {  // §4.1.9
    out += value ? "?1" : "?0";
    return {};
  }

  Result<void> bare(Date date) {  // §4.1.10
    out += '@';
    return bare(date.unix_seconds);
  }

  Result<void> bare(const DisplayString& display) {  // §4.1.11
    if (!text::validate_utf8(display.text)) return cannot("a display string is not UTF-8");
    out += "%\"";
    for (const char c : display.text) {
      if (c != '%' && c != '"' && detail::is_printable(c)) {
        out += c;
        continue;
      }
      static constexpr char kDigits[] = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
    out += '"';
    return {};
  }
};

}  // namespace

Result<Decimal> Decimal::from_double(double value) {
  const double thousandths = std::nearbyint(value * 1000);  // the default mode: halves to even
  if (!(std::abs(thousandths) <= static_cast<double>(kMaxNumber)))
    return Error(Errc::OutOfRange, "structured field: decimals have at most 12 whole digits");
  return Decimal{static_cast<std::int64_t>(thousandths)};
}

Result<std::string> serialize(const Item& item) {
  Writer writer;
  AVILA_TRY_VOID(writer.item(item));
  return std::move(writer.out);
}

Result<std::string> serialize(const List& list) {  // §4.1.1
  Writer writer;
  for (const Member& member : list) {
    if (&member != list.data()) writer.out += ", ";
    AVILA_TRY_VOID(writer.member(member));
  }
  return std::move(writer.out);
}

Result<std::string> serialize(const Dictionary& dictionary) {  // §4.1.2
  Writer writer;
  for (const auto& [name, member] : dictionary) {
    if (!writer.out.empty()) writer.out += ", ";
    AVILA_TRY_VOID(writer.key(name));
    const Item* const plain = std::get_if<Item>(&member);
    if (plain != nullptr && plain->value == BareItem(true)) {
      AVILA_TRY_VOID(writer.parameters(plain->parameters));
    } else {
      writer.out += '=';
      AVILA_TRY_VOID(writer.member(member));
    }
  }
  return std::move(writer.out);
}

}  // namespace avila::http::structured
