// A PROXY header is read in steps that never take a byte of what follows it.
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/error/span.hpp>
#include <avila/proxy/proxy_protocol.hpp>
#include <avila/tcp/proxy_protocol.hpp>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::size_t got = 0;
  while (true) {
    const std::string_view begun = input.substr(0, got);
    const auto parsed = avila::tcp::parse_proxy_header(avila::as_bytes(begun));
    if (!parsed.has_value()) return 0;
    if (parsed->has_value()) {
      AVILA_ASSERT((*parsed)->size_bytes == got);
      return 0;
    }
    const std::size_t missing = avila::proxy::detail::proxy_header_missing(begun);
    AVILA_ASSERT(missing > 0);
    if (missing > size - got) return 0;
    got += missing;
    AVILA_ASSERT(got <= avila::tcp::ProxyHeader::kV2BytesMax);
  }
}
