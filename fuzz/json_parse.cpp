// All parsers agree on what JSON is and what it says; what they accept prints and parses back.
#include <avila/error/assert.hpp>
#include <avila/json/document.hpp>
#include <avila/json/on_demand.hpp>
#include <avila/json/sax.hpp>
#include <avila/json/value.hpp>
#include <cstdint>

using namespace avila::json;

namespace {

void walk(const LazyValue& value, int depth) {  // only that nothing breaks
  std::string scratch;
  (void)value.get_string(scratch);
  (void)value.get_double();
  (void)value.get_int64();
  if (depth == 0) return;
  (void)value.for_each_element([&](LazyValue e) -> avila::Result<void> {
    return walk(e, depth - 1), avila::Result<void>();
  });
  (void)value.for_each_member([&](std::string_view, LazyValue e) -> avila::Result<void> {
    return walk(e, depth - 1), avila::Result<void>();
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 1 << 16) return 0;
  const ParseOptions options{
      .max_depth = 40,
      .duplicates = (data[0] & 1) != 0 ? Duplicates::Refuse : Duplicates::KeepLast,
      .big_numbers = (data[0] & 2) != 0 ? BigNumbers::KeepText : BigNumbers::ToDouble};
  // Space in front moves the text to every place of a block.
  std::string text(data[0] >> 2, ' ');
  text.append(reinterpret_cast<const char*>(data) + 1, size - 1);

  Parser parser(options);
  const auto element = parser.parse(text);
  const auto value = parse(text, options);
  Handler handler;
  const auto events = parse_events(text, handler, options);
  AVILA_ASSERT(element.has_value() == value.has_value());
  if (options.duplicates == Duplicates::KeepLast) {
    AVILA_ASSERT(events.has_value() == value.has_value());
  }
  if (const auto root = lazy(text, options); root.has_value()) walk(*root, 3);
  if (!value.has_value()) {
    AVILA_ASSERT(element.error().to_string() == value.error().to_string());
    return 0;
  }
  AVILA_ASSERT(to_value(*element) == *value);
  const std::string printed = to_string(*value);
  const auto again = parse(printed, options);
  AVILA_ASSERT(again.has_value());
  AVILA_ASSERT(*again == *value);
  AVILA_ASSERT(to_string(*again) == printed);
  AVILA_ASSERT(to_string(to_value(*element)) == printed);
  const auto pretty = parse(to_pretty_string(*value), options);
  AVILA_ASSERT(pretty.has_value() && *pretty == *value);
  return 0;
}
