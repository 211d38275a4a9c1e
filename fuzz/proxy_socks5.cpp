// A message is read from no less than all of its bytes, and from no more than there may be; a
// datagram's head is what we would write.
#include <avila/error/assert.hpp>
#include <avila/proxy/socks5.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

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

void check_datagram(avila::ByteSpan input) {
  const auto parsed = avila::proxy::parse_socks_datagram(input);
  if (!parsed.has_value()) return;
  AVILA_ASSERT(parsed->data.size() < input.size());
  const std::size_t head_size = input.size() - parsed->data.size();
  AVILA_ASSERT(head_size <= 4 + 256 + 2);
  AVILA_ASSERT(parsed->data.data() == input.data() + head_size);
  AVILA_ASSERT(!avila::proxy::parse_socks_datagram(input.first(head_size - 1)).has_value());
  AVILA_ASSERT(parsed->address.has_value() == parsed->name.empty());
  if (!parsed->address.has_value() || parsed->fragment != 0) return;
  const std::string head = avila::proxy::socks_datagram_head({*parsed->address, parsed->port});
  AVILA_ASSERT(head == avila::as_text(input.first(head_size)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  check(input, avila::proxy::parse_socks_greeting);
  check(input, avila::proxy::parse_socks_credentials);
  check(input, avila::proxy::parse_socks_request);
  check_datagram(input);
  return 0;
}
