// A message is read from no less than all of its bytes, and from no more than there may be.
#include <avila/error/assert.hpp>
#include <avila/proxy/socks5.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace {

template <class Parse>
void check(avila::ByteSpan input, Parse parse) {
  const auto whole = parse(input);
  if (!whole.has_value() || !whole->has_value()) return;
  const std::size_t size = (*whole)->size_bytes;
  AVILA_ASSERT(size <= input.size() && size <= avila::proxy::kSocksMessageBytesMax);
  const auto less = parse(input.first(size - 1));
  AVILA_ASSERT(less.has_value() && !less->has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  check(input, avila::proxy::parse_socks_greeting);
  check(input, avila::proxy::parse_socks_credentials);
  check(input, avila::proxy::parse_socks_request);
  return 0;
}
