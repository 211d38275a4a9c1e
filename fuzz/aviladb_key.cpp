// Any bytes as an encoded key: decodes or is refused; what decodes encodes to the same order.
#include <avila/aviladb/json.hpp>
#include <avila/error/assert.hpp>
#include <avila/sql/key.hpp>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool descending : {false, true}) {
    const auto length = avila::sql::key_length(text, descending);
    avila::sql::Arena arena;
    std::string_view rest = text;
    const auto value = avila::sql::take_key(rest, arena, descending);
    AVILA_ASSERT(length.has_value() == value.has_value());
    if (!value) continue;
    AVILA_ASSERT(text.size() - rest.size() == *length);
    std::string again;
    avila::sql::append_key(again, *value, descending);
    std::string_view second = again;
    const auto back = avila::sql::take_key(second, arena, descending);
    AVILA_ASSERT(back.has_value());
    AVILA_ASSERT(avila::sql::compare(*back, *value) == 0);
  }
  // The forms of the catalogue are stored beside the keys.
  (void)avila::aviladb::parse_collection_spec(text);
  (void)avila::aviladb::parse_batch_request(text);
  (void)avila::aviladb::parse_query_request(text);
  return 0;
}
