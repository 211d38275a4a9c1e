// JSON strings, for the few texts that this library writes itself.
#pragma once
#include <avila/text/utf8.hpp>
#include <string>
#include <string_view>

namespace avila::web::detail {

/// Appends a quoted, escaped JSON string (RFC 8259 §7); what is no UTF-8 becomes U+FFFD (§8.1).
inline void append_json_string(std::string& out, std::string_view value) {
  std::string mended;
  if (!text::validate_utf8(value)) value = mended = text::to_valid_utf8(value);
  out.push_back('"');
  for (const char c : value) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (u < 0x20) {
      out += "\\u00";
      out.push_back("0123456789abcdef"[u >> 4]);
      out.push_back("0123456789abcdef"[u & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

}  // namespace avila::web::detail
