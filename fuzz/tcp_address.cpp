// What parse() accepts it writes in a form that it accepts, with the same meaning.
#include <avila/error/assert.hpp>
#include <avila/tcp/address.hpp>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto ip = avila::tcp::IpAddress::parse(text); ip.has_value()) {
    const auto again = avila::tcp::IpAddress::parse(ip->to_string());
    AVILA_ASSERT(again.has_value());
    AVILA_ASSERT(*again == *ip);
  }
  if (auto address = avila::tcp::SocketAddress::parse(text); address.has_value()) {
    const auto again = avila::tcp::SocketAddress::parse(address->to_string());
    AVILA_ASSERT(again.has_value());
    AVILA_ASSERT(*again == *address);
  }
  return 0;
}
