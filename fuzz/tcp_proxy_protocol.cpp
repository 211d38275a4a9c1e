// What is read can be written again; a header cut anywhere is never taken for a whole one.
#include <avila/error/assert.hpp>
#include <avila/error/span.hpp>
#include <avila/tcp/proxy_protocol.hpp>
#include <cstdint>
#include <span>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const avila::ByteSpan input = std::as_bytes(std::span{data, size});
  const auto result = avila::tcp::parse_proxy_header(input);
  if (!result.has_value() || !result->has_value()) return 0;
  const avila::tcp::ParsedProxyHeader& parsed = **result;
  AVILA_ASSERT(parsed.size_bytes <= size);
  for (std::size_t n = 0; n < parsed.size_bytes; ++n) {
    const auto cut = avila::tcp::parse_proxy_header(input.first(n));
    AVILA_ASSERT(cut.has_value());
    AVILA_ASSERT(!cut->has_value());
  }
  std::string written;
  AVILA_ASSERT(avila::tcp::append_proxy_v2(written, parsed.header).has_value());
  const auto again = avila::tcp::parse_proxy_header(avila::as_bytes(written));
  AVILA_ASSERT(again.has_value());
  AVILA_ASSERT(again->has_value());
  // The checksum covers what may be written in other ways than it was read.
  const auto without_checksum = [](avila::tcp::ProxyHeader header) {
    for (auto& tlv : header.tlvs)
      if (tlv.type == avila::tcp::ProxyHeader::kTlvCrc32c) tlv.value.clear();
    return header;
  };
  AVILA_ASSERT(without_checksum((*again)->header) == without_checksum(parsed.header));
  return 0;
}
