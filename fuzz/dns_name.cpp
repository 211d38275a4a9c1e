// Names keep through text; their order is an order.
#include <avila/dns/name.hpp>
#include <avila/error/assert.hpp>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  using dns::Name;
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  std::size_t at = size == 0 ? 0 : data[0] % size;
  const auto wire = Name::decode(bytes, at);
  AVILA_ASSERT(at <= size);
  const auto text = Name::parse(as_text(bytes));
  for (const auto* name : {&wire, &text}) {
    if (!name->has_value()) continue;
    const Name& value = **name;
    AVILA_ASSERT(value.wire().size() <= Name::kWireBytesMax);
    const auto again = Name::parse(value.to_string());
    AVILA_ASSERT(again.has_value() && again->same_case(value));
    AVILA_ASSERT(value.lower() == value && value.lower().hash() == value.hash());
    AVILA_ASSERT(value.suffix(value.label_count()) == value);
    AVILA_ASSERT(value.is_root() || value.is_below(value.parent()));
    AVILA_ASSERT(value.is_root() || value.parent() < value);
  }
  if (wire.has_value() && text.has_value()) {
    AVILA_ASSERT((*wire < *text) == (*text > *wire));
    AVILA_ASSERT((*wire == *text) == ((*wire <=> *text) == 0));
    const Name common = wire->common_ancestor(*text);
    AVILA_ASSERT(wire->is_at_or_below(common) && text->is_at_or_below(common));
    const auto moved = wire->with_suffix(common, *text);
    AVILA_ASSERT(!moved.has_value() || moved->is_at_or_below(*text));
  }
  return 0;
}
