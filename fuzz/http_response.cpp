// A response that parses can be written and parsed again to the same fields.
#include <avila/error/assert.hpp>
#include <avila/http/parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila::http;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const ParseLimits limits;
  HeadScanner scanner;
  const auto length = scanner.scan(input, limits);
  if (!length.has_value() || !length->has_value()) return 0;
  ResponseHead head;
  if (!parse_response_head(input.substr(0, **length), limits, Method::Get, head).has_value())
    return 0;
  std::string text = head.facts.minor_version == 1 ? "HTTP/1.1 " : "HTTP/1.0 ";
  text += std::to_string(head.status) + " " + std::string(head.reason) + "\r\n";
  Headers headers;
  for (const Field& field : head.fields) headers.add(field.name, field.value);
  text.append(headers.wire()).append("\r\n");
  ResponseHead again;
  AVILA_ASSERT(parse_response_head(text, limits, Method::Get, again).has_value());
  AVILA_ASSERT(again.status == head.status && again.fields.size() == head.fields.size());
  AVILA_ASSERT(again.facts.framing.kind == head.facts.framing.kind);
  AVILA_ASSERT(again.facts.framing.length == head.facts.framing.length);
  return 0;
}
