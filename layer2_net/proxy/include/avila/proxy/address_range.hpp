// Ranges of addresses: who is trusted to say for whom it speaks, and where a forward proxy may not
// go.
#pragma once
#include <avila/error/result.hpp>
#include <avila/tcp/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::proxy {

/// "10.0.0.0/8", "fd00::/8", or one address.
class AddressRange {
 public:
  static Result<AddressRange> parse(std::string_view text);
  AddressRange(const tcp::IpAddress& address, unsigned prefix_bits) noexcept
      : address_(address), bits_(prefix_bits) {}
  /// IPv4 addresses within IPv6 (::ffff:a.b.c.d) count as IPv4.
  bool contains(const tcp::IpAddress& address) const noexcept;

 private:
  tcp::IpAddress address_;
  unsigned bits_;
};

class AddressSet {
 public:
  static Result<AddressSet> parse(const std::vector<std::string>& ranges);
  void add(AddressRange range) { ranges_.push_back(range); }
  bool contains(const tcp::IpAddress& address) const noexcept;
  bool empty() const noexcept { return ranges_.empty(); }

 private:
  std::vector<AddressRange> ranges_;
};

/// Whether the address is anything but one host of the public Internet: loopback, private, shared
/// (RFC 6598), link-local, multicast, reserved, for documentation, or one that leads to such an
/// IPv4 address (mapped, NAT64, 6to4, Teredo). Source: the IANA special-purpose address registries
/// (RFC 6890).
bool is_internal(const tcp::IpAddress& address) noexcept;

/// The address of a peer's text: "127.0.0.1:80", "[::1]:80", or without the port. Nothing for
/// names and Unix sockets.
std::optional<tcp::IpAddress> address_of_peer(std::string_view peer);

}  // namespace avila::proxy
