// What stands in header fields: time-outs, content types, metadata, messages of statuses, targets.
// What is read is written again, and reads the same.
#include <avila/error/assert.hpp>
#include <avila/grpc/metadata.hpp>
#include <avila/grpc/resolver.hpp>
#include <avila/grpc/status.hpp>
#include <avila/grpc/web.hpp>
#include <avila/grpc/wire.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  using namespace avila::grpc;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  if (const auto timeout = parse_timeout(text); timeout.has_value()) {
    AVILA_ASSERT(timeout->ns >= 0);
    const auto again = parse_timeout(format_timeout(*timeout));
    AVILA_ASSERT(again.has_value() && *again >= *timeout);  // rounded up
    AVILA_ASSERT(timeout->ns > 99'999'999 || *again == *timeout);
  }

  if (const auto type = parse_content_type(text); type.has_value())
    AVILA_ASSERT(type->format.size() <= text.size() || type->format == "proto");

  const std::string encoded = encode_message(text);
  for (const char c : encoded) AVILA_ASSERT(c >= 0x20 && c < 0x7f);
  AVILA_ASSERT(encoded.empty() || (encoded.front() != ' ' && encoded.back() != ' '));
  AVILA_ASSERT(decode_message(encoded) == text);
  AVILA_ASSERT(decode_message(text).size() <= text.size());

  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view key = text.substr(0, colon), value = text.substr(colon + 1);
    Metadata given;
    if (given.try_add(key, value).has_value()) {
      http::Headers fields;
      given.write_to(fields);
      Metadata back;
      for (const http::Field& field : fields)
        AVILA_ASSERT(back.receive(field.name, field.value).has_value());
      AVILA_ASSERT(back == given);
    }
    Metadata received;
    if (received.receive(key, value).has_value())
      for (const Metadata::Entry& entry : received) AVILA_ASSERT(!is_reserved_name(entry.key));
  }

  if (const auto target = parse_target(text); target.has_value())
    AVILA_ASSERT(!target->addresses.empty() || !target->host.empty());
  return 0;
}
