// Messages of any size over datagrams: cut, sent, and put together.
#pragma once
#include <avila/udp/reassembly.hpp>
#include <avila/udp/transport.hpp>

namespace avila::udp {

struct MessageOptions {
  /// Of one datagram, headers of ours included. 1,200 passes nearly every path (RFC 9000 §14);
  /// the local network's MTU less 28 (IPv4) or 48 (IPv6) where that is known.
  std::size_t datagram_bytes = 1200;
  /// The first message's number; from os::Entropy, so that strangers cannot guess which messages
  /// are under way, and that a program that starts anew repeats none.
  std::uint64_t first_number = 0;
  ReassemblyLimits limits{};
};

struct Message {
  std::vector<std::byte> bytes;
  SocketAddress source;
};

/// Over a transport that outlives it, that nobody else reads, and that does not coalesce (gro). One
/// reader and one writer at a time. Nothing is sent again: a message of which one fragment is lost
/// is lost, as with IP's own fragmentation; unlike there, lost messages do not mix (a number of 64
/// bits and a checksum).
class MessageChannel {
 public:
  explicit MessageChannel(DatagramTransport& transport, MessageOptions options = {});

  /// Waits while the system's buffer is full; so a large message goes out as fast as the interface
  /// takes it. Errc::LimitExceeded beyond limits.message_bytes_max.
  Task<Result<void>> send_to(ByteSpan message, SocketAddress to, CancelToken cancel = {});
  /// The next whole message. What is no fragment, or breaks a limit, is dropped and counted. Errors
  /// are the transport's; the channel stays usable as the transport does.
  Task<Result<Message>> receive(CancelToken cancel = {});

  const ReassemblyMetrics& metrics() const noexcept { return reassembler_.metrics(); }
  std::size_t memory_bytes() const noexcept { return reassembler_.memory_bytes(); }

 private:
  DatagramTransport& transport_;
  MessageOptions options_;
  Reassembler reassembler_;
  std::uint64_t next_number_;
  std::vector<std::byte> buffer_;
};

}  // namespace avila::udp
