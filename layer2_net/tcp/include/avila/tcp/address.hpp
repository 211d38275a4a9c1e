// Addresses: IPv4, IPv6, Unix sockets.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace avila::tcp {

/// An IPv4 or IPv6 address without a port.
class IpAddress {
 public:
  /// 0.0.0.0
  constexpr IpAddress() noexcept = default;
  static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c,
                                std::uint8_t d) noexcept {
    IpAddress address;
    address.bytes_ = {a, b, c, d};
    return address;
  }
  static constexpr IpAddress v6(const std::array<std::uint8_t, 16>& bytes) noexcept {
    IpAddress address;
    address.bytes_ = bytes;
    address.v6_ = true;
    return address;
  }
  /// Dotted decimal (four parts, no leading zeros: others read those as octal), or RFC 4291 §2.2.
  static Result<IpAddress> parse(std::string_view text);
  /// IPv6 as RFC 5952 recommends: lower case, the longest run of zeros shortened.
  std::string to_string() const;

  constexpr bool is_v4() const noexcept { return !v6_; }
  constexpr bool is_v6() const noexcept { return v6_; }
  bool is_loopback() const noexcept;     ///< 127/8, ::1, and ::ffff:127/104
  bool is_unspecified() const noexcept;  ///< 0.0.0.0, ::
  bool is_private() const noexcept;      ///< RFC 1918, RFC 4193, link-local
  bool is_multicast() const noexcept;
  /// ::ffff:a.b.c.d becomes a.b.c.d; all else stays.
  IpAddress unmapped() const noexcept;
  /// 4 or 16 bytes count, in network order.
  constexpr const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }

  friend constexpr bool operator==(const IpAddress&, const IpAddress&) noexcept = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool v6_ = false;
};

/// Where to listen or connect.
class SocketAddress {
 public:
  static constexpr std::size_t kUnixPathBytesMax = 107;  ///< sockaddr_un, without the final zero

  /// 0.0.0.0:0
  SocketAddress() noexcept = default;
  SocketAddress(IpAddress ip, std::uint16_t port, std::uint32_t scope_id = 0) noexcept
      : ip_(ip), scope_id_(scope_id), port_(port) {}
  /// A path, or "@name" for a name in Linux's abstract name space.
  static Result<SocketAddress> unix_socket(std::string_view path);
  /// As the system reports it: an unnamed end has no path.
  static SocketAddress unix_or_unnamed(std::string path) noexcept {
    SocketAddress address;
    address.is_unix_ = true;
    address.path_ = std::move(path);
    return address;
  }
  static SocketAddress loopback(std::uint16_t port) noexcept {
    return {IpAddress::v4(127, 0, 0, 1), port};
  }

  /// "127.0.0.1:80", "[::1]:80", "[fe80::1%3]:80" (a zone by number or interface name),
  /// "unix:/run/a.sock", "unix:@name". No host names: see resolve().
  static Result<SocketAddress> parse(std::string_view text);
  /// What parse() reads.
  std::string to_string() const;

  bool is_unix() const noexcept { return is_unix_; }
  const IpAddress& ip() const noexcept { return ip_; }   ///< not for Unix sockets
  std::uint16_t port() const noexcept { return port_; }  ///< 0 for Unix sockets
  std::uint32_t scope_id() const noexcept { return scope_id_; }
  const std::string& path() const noexcept { return path_; }  ///< empty: unnamed, or not Unix
  SocketAddress with_port(std::uint16_t port) const;

  friend bool operator==(const SocketAddress&, const SocketAddress&) noexcept = default;

 private:
  std::string path_;
  IpAddress ip_;
  std::uint32_t scope_id_ = 0;
  std::uint16_t port_ = 0;
  bool is_unix_ = false;
};

}  // namespace avila::tcp
