// Any text: parses or is refused; what parses can be cloned and printed, and prints the same.
#include <avila/error/assert.hpp>
#include <avila/sql/parser.hpp>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = avila::sql::parse(text);
  if (query) {
    const auto copy = avila::sql::clone(**query);
    AVILA_ASSERT(copy->items.size() == (*query)->items.size());
  }
  const auto expression = avila::sql::parse_expression(text);
  if (expression) {
    const std::string printed = avila::sql::to_text(**expression);
    AVILA_ASSERT(avila::sql::to_text(*avila::sql::clone(**expression)) == printed);
  }
  return 0;
}
