// Linux, macOS, BSD.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#if defined(__linux__)
#include <linux/errqueue.h>
#include <netinet/udp.h>
#endif

#include <algorithm>
#include <avila/tcp/native.hpp>
#include <cerrno>
#include <cstring>

#include "native.hpp"

namespace avila::udp::native {
namespace {

namespace os = tcp::native;
using os::NativeAddress;

#if defined(MSG_NOSIGNAL)
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif
constexpr std::size_t kBatchMax = 64;  // of one system call; larger batches take several

/// Room for every control message we ask for.
struct Control {
  alignas(cmsghdr) std::byte bytes[256];
};

template <class T>
T read_as(const cmsghdr* header) noexcept {
  T value;
  std::memcpy(&value, CMSG_DATA(header), sizeof value);
  return value;
}

IpAddress to_ip(const in_addr& address) noexcept {
  std::uint8_t b[4];
  std::memcpy(b, &address, sizeof b);
  return IpAddress::v4(b[0], b[1], b[2], b[3]);
}

IpAddress to_ip(const in6_addr& address) noexcept {
  std::array<std::uint8_t, 16> b;
  std::memcpy(b.data(), &address, b.size());
  return IpAddress::v6(b).unmapped();
}

void read_control_v4(const cmsghdr* header, Datagram& out) {
  switch (header->cmsg_type) {
#if defined(IP_PKTINFO)
    case IP_PKTINFO: {
      const auto info = read_as<in_pktinfo>(header);
      out.destination = to_ip(info.ipi_addr);
      out.interface_index = static_cast<std::uint32_t>(info.ipi_ifindex);
      break;
    }
#endif
    // RFC 3168 §5: the two low bits. Linux sends the type it was asked by, BSD the option's name.
    case IP_TOS:
#if defined(IP_RECVTOS)
    case IP_RECVTOS:
#endif
      out.ecn = read_as<std::uint8_t>(header) & 3;
      break;
    case IP_TTL:
      out.ttl = header->cmsg_len >= CMSG_LEN(sizeof(int))
                    ? static_cast<std::int16_t>(read_as<int>(header))
                    : static_cast<std::int16_t>(read_as<std::uint8_t>(header));
      break;
    default: break;
  }
}

void read_control_v6(const cmsghdr* header, Datagram& out) {
  switch (header->cmsg_type) {
#if defined(IPV6_PKTINFO)
    case IPV6_PKTINFO: {
      const auto info = read_as<in6_pktinfo>(header);
      out.destination = to_ip(info.ipi6_addr);
      out.interface_index = static_cast<std::uint32_t>(info.ipi6_ifindex);
      break;
    }
#endif
#if defined(IPV6_TCLASS)
    case IPV6_TCLASS: out.ecn = static_cast<std::uint8_t>(read_as<int>(header) & 3); break;
#endif
#if defined(IPV6_HOPLIMIT)
    case IPV6_HOPLIMIT: out.ttl = static_cast<std::int16_t>(read_as<int>(header)); break;
#endif
    default: break;
  }
}

void read_control(msghdr& message, Datagram& out) {
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level == IPPROTO_IP) read_control_v4(at, out);
    if (at->cmsg_level == IPPROTO_IPV6) read_control_v6(at, out);
#if defined(UDP_GRO)
    if (at->cmsg_level == IPPROTO_UDP && at->cmsg_type == UDP_GRO)
      out.segment_bytes = static_cast<std::size_t>(std::max(read_as<int>(at), 0));
#endif
  }
}

/// One message to receive and all it points to.
struct ReceiveCall {
  NativeAddress address;
  Control control;
  iovec vector{};

  void prepare(msghdr& message, MutableByteSpan buffer) noexcept {
    vector = {buffer.data(), buffer.size()};
    message = {};
    message.msg_name = address.bytes;
    message.msg_namelen = NativeAddress::kBytesMax;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
  }
  void finish(msghdr& message, std::size_t size_bytes, Datagram& out) {
    out = {};
    out.size_bytes = size_bytes;
    out.truncated = (message.msg_flags & MSG_TRUNC) != 0;
    address.length = message.msg_namelen;
    out.source = os::from_native(address);
    read_control(message, out);
    if (out.segment_bytes >= out.size_bytes) out.segment_bytes = 0;  // a single one
  }
};

template <class T>
void add_control(msghdr& message, int level, int type, const T& value) noexcept {
  auto* const header = reinterpret_cast<cmsghdr*>(static_cast<std::byte*>(message.msg_control) +
                                                  message.msg_controllen);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(header), &value, sizeof value);
  message.msg_controllen += CMSG_SPACE(sizeof value);
}

/// One message to send and all it points to.
struct SendCall {
  NativeAddress address;
  Control control{};
  iovec vector{};

  void prepare(msghdr& message, const Outgoing& outgoing, bool to_peer) noexcept {
    // The kernel only reads; iovec just has no const.
    vector = {const_cast<std::byte*>(outgoing.bytes.data()), outgoing.bytes.size()};
    message = {};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (!to_peer) {
      address = os::to_native(outgoing.to);
      message.msg_name = address.bytes;
      message.msg_namelen = address.length;
    }
    message.msg_control = control.bytes;
    const bool v6 = outgoing.to.ip().is_v6() && outgoing.to.ip().unmapped().is_v6();
    if (outgoing.ecn != 0) {
      const int bits = outgoing.ecn & 3;
      if (v6) {
#if defined(IPV6_TCLASS)
        add_control(message, IPPROTO_IPV6, IPV6_TCLASS, bits);
#endif
      } else {
        add_control(message, IPPROTO_IP, IP_TOS, bits);
      }
    }
    if (outgoing.source.has_value()) add_source(message, *outgoing.source);
#if defined(UDP_SEGMENT)
    if (outgoing.segment_bytes != 0 && outgoing.segment_bytes < outgoing.bytes.size())
      add_control(message, IPPROTO_UDP, UDP_SEGMENT,
                  static_cast<std::uint16_t>(outgoing.segment_bytes));
#endif
    if (message.msg_controllen == 0) message.msg_control = nullptr;
  }
  static void add_source(msghdr& message, const IpAddress& source) noexcept {
    if (source.is_v4()) {
#if defined(IP_PKTINFO) && defined(__linux__)
      in_pktinfo info{};
      std::memcpy(&info.ipi_spec_dst, source.bytes().data(), 4);
      add_control(message, IPPROTO_IP, IP_PKTINFO, info);
#endif
    } else {
#if defined(IPV6_PKTINFO)
      in6_pktinfo info{};
      std::memcpy(&info.ipi6_addr, source.bytes().data(), 16);
      add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
#endif
    }
  }
};

template <class F>
auto uninterrupted(F call) noexcept {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

Result<void> set_both(int fd, bool v6, int name_v4, int name_v6, const char* what) {
  if (!v6) return os::set_option(fd, IPPROTO_IP, name_v4, 1, what);
  // IPv4 through an IPv6 socket (RFC 3493 §3.7) has its own options; v6-only sockets refuse them.
  (void)os::set_option(fd, IPPROTO_IP, name_v4, 1, what);
  return os::set_option(fd, IPPROTO_IPV6, name_v6, 1, what);
}

#if !defined(__linux__)
Error unsupported(const char* what) {
  return Error(Errc::Unsupported, std::string(what) + " does not exist on this system");
}
#endif

Result<void> apply_queues(int fd, const SocketOptions& options) {
  if (options.receive_buffer_bytes != 0)
    AVILA_TRY_VOID(os::set_option(fd, SOL_SOCKET, SO_RCVBUF,
                                  static_cast<int>(options.receive_buffer_bytes), "SO_RCVBUF"));
  if (options.send_buffer_bytes != 0)
    AVILA_TRY_VOID(os::set_option(fd, SOL_SOCKET, SO_SNDBUF,
                                  static_cast<int>(options.send_buffer_bytes), "SO_SNDBUF"));
  if (options.broadcast)
    AVILA_TRY_VOID(os::set_option(fd, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST"));
  return {};
}

}  // namespace

Result<void> apply(int fd, bool v6, const SocketOptions& options) {
  AVILA_TRY_VOID(apply_queues(fd, options));
#if defined(__linux__)
  if (options.packet_info)
    AVILA_TRY_VOID(set_both(fd, v6, IP_PKTINFO, IPV6_RECVPKTINFO, "IP_PKTINFO"));
  if (options.ecn) AVILA_TRY_VOID(set_both(fd, v6, IP_RECVTOS, IPV6_RECVTCLASS, "IP_RECVTOS"));
  if (options.ttl) AVILA_TRY_VOID(set_both(fd, v6, IP_RECVTTL, IPV6_RECVHOPLIMIT, "IP_RECVTTL"));
  if (options.errors) AVILA_TRY_VOID(set_both(fd, v6, IP_RECVERR, IPV6_RECVERR, "IP_RECVERR"));
  if (options.gro) AVILA_TRY_VOID(os::set_option(fd, IPPROTO_UDP, UDP_GRO, 1, "UDP_GRO"));
  if (options.dont_fragment) {
    if (v6) {
      (void)os::set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, "IP_MTU_DISCOVER");
      return os::set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO,
                            "IPV6_MTU_DISCOVER");
    }
    return os::set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, "IP_MTU_DISCOVER");
  }
#else
  if (options.gro) return unsupported("UDP_GRO");
  if (options.errors) return unsupported("IP_RECVERR");
  if (options.packet_info) {
#if defined(IP_PKTINFO) && defined(IPV6_RECVPKTINFO)
    AVILA_TRY_VOID(set_both(fd, v6, IP_PKTINFO, IPV6_RECVPKTINFO, "IP_PKTINFO"));
#else
    return unsupported("IP_PKTINFO");
#endif
  }
#if defined(IP_RECVTOS) && defined(IPV6_RECVTCLASS)
  if (options.ecn) AVILA_TRY_VOID(set_both(fd, v6, IP_RECVTOS, IPV6_RECVTCLASS, "IP_RECVTOS"));
#endif
#if defined(IP_RECVTTL) && defined(IPV6_RECVHOPLIMIT)
  if (options.ttl) AVILA_TRY_VOID(set_both(fd, v6, IP_RECVTTL, IPV6_RECVHOPLIMIT, "IP_RECVTTL"));
#endif
  if (options.dont_fragment) {
#if defined(IP_DONTFRAG) && defined(IPV6_DONTFRAG)
    AVILA_TRY_VOID(set_both(fd, v6, IP_DONTFRAG, IPV6_DONTFRAG, "IP_DONTFRAG"));
#else
    return unsupported("IP_DONTFRAG");
#endif
  }
#endif
  return {};
}

// RFC 3678 §5: the same calls for both families. 0 for the interface: the system's choice.
Result<void> join_or_leave(int fd, const Group& group, bool join) {
  if (!group.address.is_multicast())
    return Error(Errc::InvalidArgument, group.address.to_string() + " is no multicast group");
  if (group.source.has_value() && group.source->is_v4() != group.address.is_v4())
    return Error(Errc::InvalidArgument, "group and source are of different families");
  const int level = group.address.is_v4() ? IPPROTO_IP : IPPROTO_IPV6;
  const auto copy = [](const IpAddress& ip, sockaddr_storage& out) {
    const NativeAddress native = os::to_native(SocketAddress(ip, 0));
    std::memcpy(&out, native.bytes, native.length);
  };
  if (group.source.has_value()) {
    group_source_req request{};
    request.gsr_interface = group.interface_index;
    copy(group.address, request.gsr_group);
    copy(*group.source, request.gsr_source);
    return os::set_option(fd, level, join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP,
                          std::as_bytes(std::span(&request, 1)),
                          join ? "MCAST_JOIN_SOURCE_GROUP" : "MCAST_LEAVE_SOURCE_GROUP");
  }
  group_req request{};
  request.gr_interface = group.interface_index;
  copy(group.address, request.gr_group);
  return os::set_option(fd, level, join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP,
                        std::as_bytes(std::span(&request, 1)),
                        join ? "MCAST_JOIN_GROUP" : "MCAST_LEAVE_GROUP");
}

Result<void> set_multicast_interface(int fd, bool v6, std::uint32_t interface_index) {
  const auto index = static_cast<int>(interface_index);
  if (v6) return os::set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, index, "IPV6_MULTICAST_IF");
  ip_mreqn request{};
  request.imr_ifindex = index;
  return os::set_option(fd, IPPROTO_IP, IP_MULTICAST_IF, std::as_bytes(std::span(&request, 1)),
                        "IP_MULTICAST_IF");
}

void connected(int) noexcept {}

bool receive(int fd, Incoming& incoming) {
  ReceiveCall call;
  msghdr message;
  call.prepare(message, incoming.buffer);
  const ssize_t got = uninterrupted([&] { return ::recvmsg(fd, &message, 0); });
  if (got < 0) return false;
  call.finish(message, static_cast<std::size_t>(got), incoming.datagram);
  return true;
}

bool send(int fd, const Outgoing& outgoing, bool to_peer) {
  SendCall call;
  msghdr message;
  call.prepare(message, outgoing, to_peer);
  return uninterrupted([&] { return ::sendmsg(fd, &message, kSendFlags); }) >= 0;
}

#if defined(__linux__)

int receive_batch(int fd, std::span<Incoming> batch) {
  ReceiveCall calls[kBatchMax];
  mmsghdr messages[kBatchMax];
  const std::size_t wanted = std::min(batch.size(), kBatchMax);
  for (std::size_t i = 0; i < wanted; ++i) calls[i].prepare(messages[i].msg_hdr, batch[i].buffer);
  const int count = uninterrupted(
      [&] { return ::recvmmsg(fd, messages, static_cast<unsigned>(wanted), 0, nullptr); });
  for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i)
    calls[i].finish(messages[i].msg_hdr, messages[i].msg_len, batch[i].datagram);
  return count;
}

int send_batch(int fd, std::span<const Outgoing> batch, const SocketAddress* peer) {
  SendCall calls[kBatchMax];
  mmsghdr messages[kBatchMax];
  const std::size_t wanted = std::min(batch.size(), kBatchMax);
  for (std::size_t i = 0; i < wanted; ++i)
    calls[i].prepare(messages[i].msg_hdr, batch[i], peer != nullptr && *peer == batch[i].to);
  return uninterrupted(
      [&] { return ::sendmmsg(fd, messages, static_cast<unsigned>(wanted), kSendFlags); });
}

bool cuts() noexcept { return true; }

// UDP_SEGMENT: an old kernel calls the control message invalid; a device or a route (IPsec, a
// segment above the MTU) says EIO, EINVAL or EMSGSIZE.
bool cannot_cut(int number) noexcept {
  return number == EINVAL || number == EIO || number == EMSGSIZE || number == ENOPROTOOPT;
}

std::optional<DeliveryError> take_error(int fd) {
  ReceiveCall call;
  msghdr message;
  std::byte nothing[1];
  call.prepare(message, nothing);
  if (uninterrupted([&] { return ::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT); }) < 0)
    return std::nullopt;
  call.address.length = message.msg_namelen;
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    const bool v4 = at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_RECVERR;
    const bool v6 = at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    const auto error = read_as<sock_extended_err>(at);
    DeliveryError result{
        .error = Error::from_errno(static_cast<int>(error.ee_errno), "delivering a datagram"),
        .destination = os::from_native(call.address)};
    result.type = error.ee_type;
    result.code = error.ee_code;
    if (error.ee_errno == EMSGSIZE) result.mtu = error.ee_info;
    if (error.ee_origin != SO_EE_ORIGIN_LOCAL) {
      NativeAddress reporter;  // the offender's address follows the structure: ip(7)
      const auto* const data = CMSG_DATA(at) + sizeof error;
      const std::size_t size = at->cmsg_len - CMSG_LEN(sizeof error);
      reporter.length = static_cast<std::uint32_t>(std::min<std::size_t>(size, 28));
      std::memcpy(reporter.bytes, data, reporter.length);
      const SocketAddress address = os::from_native(reporter);
      if (!address.is_unix()) result.reporter = address.ip();
    }
    return result;
  }
  return std::nullopt;
}

#else

int receive_batch(int fd, std::span<Incoming> batch) {
  int count = 0;
  while (static_cast<std::size_t>(count) < std::min(batch.size(), kBatchMax) &&
         receive(fd, batch[static_cast<std::size_t>(count)]))
    ++count;
  return count > 0 ? count : -1;
}

int send_batch(int fd, std::span<const Outgoing> batch, const SocketAddress* peer) {
  int count = 0;
  for (const Outgoing& outgoing : batch.first(std::min(batch.size(), kBatchMax))) {
    if (!send(fd, outgoing, peer != nullptr && *peer == outgoing.to)) break;
    ++count;
  }
  return count > 0 ? count : -1;
}

bool cuts() noexcept { return false; }
bool cannot_cut(int) noexcept { return true; }

std::optional<DeliveryError> take_error(int) { return std::nullopt; }

#endif

}  // namespace avila::udp::native
