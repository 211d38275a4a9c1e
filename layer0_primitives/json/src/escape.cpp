#include "escape.hpp"

#include <array>
#include <avila/text/utf8.hpp>

#include "sink.hpp"
#include "string_scan.hpp"

namespace avila::json::detail {
namespace {

constexpr char kHex[] = "0123456789abcdef";

constexpr std::array<Escape, 256> make_escapes() {
  std::array<Escape, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    Escape& e = table[c];
    char name = 0;
    switch (c) {
      case '"': name = '"'; break;
      case '\\': name = '\\'; break;
      case '\b': name = 'b'; break;
      case '\f': name = 'f'; break;
      case '\n': name = 'n'; break;
      case '\r': name = 'r'; break;
      case '\t': name = 't'; break;
      default: break;
    }
    if (name != 0) {
      e = {{'\\', name}, 2};
    } else if (c < 0x20) {
      e = {{'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]}, 6};
    } else {
      e = {{static_cast<char>(c)}, 1};
    }
  }
  return table;
}

void put_unicode(Sink& out, std::uint32_t unit) {
  const char text[6] = {
      '\\',           'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15],
      kHex[unit & 15]};
  out.text({text, 6});
}

std::uint32_t decode(const char* p, std::size_t length) noexcept {
  const auto byte = [p](std::size_t i) { return static_cast<unsigned char>(p[i]) & 0x3FU; };
  if (length == 2) return (byte(0) & 0x1F) << 6 | byte(1);
  if (length == 3) return (byte(0) & 0x0F) << 12 | byte(1) << 6 | byte(2);
  return (byte(0) & 0x07) << 18 | byte(1) << 12 | byte(2) << 6 | byte(3);
}

// Character by character: text that is not UTF-8, or must become ASCII.
void put_quoted_slowly(Sink& out, std::string_view text, bool ascii_only) {
  const char* p = text.data();
  const char* const end = p + text.size();
  out.put('"');
  while (p != end) {
    const auto c = static_cast<unsigned char>(*p);
    const std::size_t length = utf8_length(p, end);
    if (length == 1) {
      out.text({kEscapes[c].text, kEscapes[c].size});
    } else if (length == 0) {
      ascii_only ? put_unicode(out, 0xFFFD) : out.text("\xEF\xBF\xBD");
    } else if (!ascii_only) {
      out.text({p, length});
    } else if (const std::uint32_t point = decode(p, length); point < 0x10000) {
      put_unicode(out, point);
    } else {
      put_unicode(out, 0xD800 + ((point - 0x10000) >> 10));
      put_unicode(out, 0xDC00 + ((point - 0x10000) & 0x3FF));
    }
    p += length == 0 ? 1 : length;
  }
  out.put('"');
}

}  // namespace

constinit const std::array<Escape, 256> kEscapes = make_escapes();

void put_quoted(Sink& out, std::string_view text, bool ascii_only) {
  if (text::is_ascii(text) || (!ascii_only && text::validate_utf8(text))) {
    out.quoted(text);
  } else {
    put_quoted_slowly(out, text, ascii_only);
  }
}

void append_quoted(std::string& out, std::string_view text, bool ascii_only) {
  Sink sink(out);
  put_quoted(sink, text, ascii_only);
}

}  // namespace avila::json::detail
