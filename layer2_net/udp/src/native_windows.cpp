// Windows: Winsock 2.
#include <winsock2.h>
#include <ws2tcpip.h>
// After winsock2.h:
#include <mswsock.h>

#include <algorithm>
#include <avila/tcp/native.hpp>
#include <cstring>

#include "native.hpp"

#if !defined(SIO_UDP_CONNRESET)
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif

namespace avila::udp::native {
namespace {

namespace os = tcp::native;
using os::NativeAddress;

SOCKET handle(int fd) noexcept { return static_cast<SOCKET>(fd); }

Error unsupported(const char* what) {
  return Error(Errc::Unsupported, std::string(what) + " is not offered on Windows");
}

void report_resets(int fd, bool on) noexcept {
  BOOL value = on ? TRUE : FALSE;
  DWORD bytes = 0;
  (void)::WSAIoctl(handle(fd), SIO_UDP_CONNRESET, &value, sizeof value, nullptr, 0, &bytes, nullptr,
                   nullptr);
}

}  // namespace

Result<void> apply(int fd, bool v6, const SocketOptions& options) {
  if (options.packet_info) return unsupported("SocketOptions::packet_info");
  if (options.ecn) return unsupported("SocketOptions::ecn");
  if (options.ttl) return unsupported("SocketOptions::ttl");
  if (options.gro) return unsupported("SocketOptions::gro");
  if (options.errors) return unsupported("SocketOptions::errors");
  if (options.receive_buffer_bytes != 0)
    AVILA_TRY_VOID(os::set_option(fd, SOL_SOCKET, SO_RCVBUF,
                                  static_cast<int>(options.receive_buffer_bytes), "SO_RCVBUF"));
  if (options.send_buffer_bytes != 0)
    AVILA_TRY_VOID(os::set_option(fd, SOL_SOCKET, SO_SNDBUF,
                                  static_cast<int>(options.send_buffer_bytes), "SO_SNDBUF"));
  if (options.broadcast)
    AVILA_TRY_VOID(os::set_option(fd, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST"));
  if (options.dont_fragment) {
    if (v6) AVILA_TRY_VOID(os::set_option(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1, "IPV6_DONTFRAG"));
    if (!v6) AVILA_TRY_VOID(os::set_option(fd, IPPROTO_IP, IP_DONTFRAGMENT, 1, "IP_DONTFRAGMENT"));
  }
  // Else a receive fails because of an earlier send to a port where nobody listens.
  report_resets(fd, false);
  return {};
}

void connected(int fd) noexcept { report_resets(fd, true); }

Result<void> join_or_leave(int fd, const Group& group, bool join) {
  if (!group.address.is_multicast())
    return Error(Errc::InvalidArgument, group.address.to_string() + " is no multicast group");
  if (group.source.has_value() && group.source->is_v4() != group.address.is_v4())
    return Error(Errc::InvalidArgument, "group and source are of different families");
  const int level =
      group.address.is_v4() ? static_cast<int>(IPPROTO_IP) : static_cast<int>(IPPROTO_IPV6);
  const auto copy = [](const IpAddress& ip, sockaddr_storage& out) {
    const NativeAddress native = os::to_native(SocketAddress(ip, 0));
    std::memcpy(&out, native.bytes, native.length);
  };
  if (group.source.has_value()) {
    GROUP_SOURCE_REQ request{};
    request.gsr_interface = group.interface_index;
    copy(group.address, request.gsr_group);
    copy(*group.source, request.gsr_source);
    return os::set_option(fd, level, join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP,
                          std::as_bytes(std::span(&request, 1)), "MCAST_JOIN_SOURCE_GROUP");
  }
  GROUP_REQ request{};
  request.gr_interface = group.interface_index;
  copy(group.address, request.gr_group);
  return os::set_option(fd, level, join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP,
                        std::as_bytes(std::span(&request, 1)), "MCAST_JOIN_GROUP");
}

Result<void> set_multicast_interface(int fd, bool v6, std::uint32_t interface_index) {
  if (v6)
    return os::set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(interface_index),
                          "IPV6_MULTICAST_IF");
  // An address of 0.0.0.x names an interface by its index.
  return os::set_option(fd, IPPROTO_IP, IP_MULTICAST_IF, static_cast<int>(::htonl(interface_index)),
                        "IP_MULTICAST_IF");
}

bool receive(int fd, Incoming& incoming) {
  NativeAddress from;
  int length = NativeAddress::kBytesMax;
  WSABUF buffer{};
  buffer.len = static_cast<ULONG>(std::min<std::size_t>(incoming.buffer.size(), 0x7FFF'FFFF));
  buffer.buf = reinterpret_cast<char*>(incoming.buffer.data());
  DWORD got = 0;
  DWORD flags = 0;
  const int status =
      ::WSARecvFrom(handle(fd), &buffer, 1, &got, &flags, reinterpret_cast<sockaddr*>(from.bytes),
                    &length, nullptr, nullptr);
  const bool truncated = status != 0 && ::WSAGetLastError() == WSAEMSGSIZE;
  if (status != 0 && !truncated) return false;
  incoming.datagram = {};
  incoming.datagram.truncated = truncated;
  incoming.datagram.size_bytes = truncated ? incoming.buffer.size() : got;
  from.length = static_cast<std::uint32_t>(length);
  incoming.datagram.source = os::from_native(from);
  return true;
}

bool send(int fd, const Outgoing& outgoing, bool to_peer) {
  const NativeAddress to = os::to_native(outgoing.to);
  const auto* const bytes = reinterpret_cast<const char*>(outgoing.bytes.data());
  const auto size = static_cast<int>(outgoing.bytes.size());
  if (to_peer) return ::send(handle(fd), bytes, size, 0) >= 0;
  return ::sendto(handle(fd), bytes, size, 0, reinterpret_cast<const sockaddr*>(to.bytes),
                  static_cast<int>(to.length)) >= 0;
}

int receive_batch(int fd, std::span<Incoming> batch) {
  int count = 0;
  for (Incoming& incoming : batch) {
    if (!receive(fd, incoming)) break;
    ++count;
  }
  return count > 0 ? count : -1;
}

int send_batch(int fd, std::span<const Outgoing> batch, const SocketAddress* peer) {
  int count = 0;
  for (const Outgoing& outgoing : batch) {
    if (!send(fd, outgoing, peer != nullptr && *peer == outgoing.to)) break;
    ++count;
  }
  return count > 0 ? count : -1;
}

bool cuts() noexcept { return false; }
bool cannot_cut(int) noexcept { return true; }

std::optional<DeliveryError> take_error(int) { return std::nullopt; }

}  // namespace avila::udp::native
