// Text as a JSON string literal.
#pragma once
#include <string>
#include <string_view>

namespace avila::json::detail {

class Sink;

/// The quoted text. Bytes that are no UTF-8 become U+FFFD.
void put_quoted(Sink& out, std::string_view text, bool ascii_only);
void append_quoted(std::string& out, std::string_view text, bool ascii_only);

}  // namespace avila::json::detail
