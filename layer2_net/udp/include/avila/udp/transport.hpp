// DatagramTransport: messages that arrive whole or not at all. The seam between protocols (DNS,
// QUIC) and UDP sockets, beside async::Transport.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/tcp/address.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace avila::udp {

using async::CancelToken;
using async::Task;
using tcp::IpAddress;
using tcp::SocketAddress;

/// What is known of a datagram that came in.
struct Datagram {
  std::size_t size_bytes = 0;  ///< in the buffer
  bool truncated = false;      ///< it was longer than the buffer, and the rest is lost
  SocketAddress source;
  // Where SocketOptions asked for it and the system knows it:
  std::optional<IpAddress> destination;  ///< which of our addresses, or which group, it was sent to
  std::uint32_t interface_index = 0;     ///< through which it came; 0: unknown
  std::uint8_t ecn = 0;   ///< RFC 3168 §5: 0 not capable, 1 and 2 capable, 3 congested
  std::int16_t ttl = -1;  ///< hops that were left; -1: unknown
  /// Not 0: the buffer holds several datagrams of this size each, the last may be shorter (GRO).
  std::size_t segment_bytes = 0;
};

/// One of a batch to receive: the buffer is the caller's, the datagram is filled in.
struct Incoming {
  MutableByteSpan buffer;
  Datagram datagram{};
};

/// One of a batch to send.
struct Outgoing {
  ByteSpan bytes;
  SocketAddress to;
  std::uint8_t ecn = 0;
  /// Not 0: cut into datagrams of this size, the last may be shorter; by the kernel where it can
  /// (GSO), at most kSegmentsMax.
  std::size_t segment_bytes = 0;
  std::optional<IpAddress> source{};  ///< the address to send from, where the socket has several

  static constexpr std::size_t kSegmentsMax = 64;
};

/// One reader and one writer at a time, which may be two tasks. Buffers belong to an operation
/// until it completes. A cancelled receive took nothing, a cancelled send sent nothing; the
/// transport stays usable after both, and after every error but Errc::Closed: what the network says
/// of one datagram (Errc::ConnectionRefused: nobody listens there) is no end of the socket.
class DatagramTransport {
 public:
  static constexpr std::size_t kPayloadBytesMax = 65'507;  ///< of UDP over IPv4 (RFC 768, RFC 791)

  virtual ~DatagramTransport() = default;

  virtual Task<Result<Datagram>> receive(MutableByteSpan buffer, CancelToken cancel = {}) = 0;
  /// Waits while the system's buffer is full. Errc::InvalidArgument for more than fits.
  virtual Task<Result<void>> send_to(ByteSpan bytes, SocketAddress to, CancelToken cancel = {}) = 0;
  /// At least one. Nobody waits for the batch to be full.
  virtual Task<Result<std::size_t>> receive_batch(std::span<Incoming> batch,
                                                  CancelToken cancel = {}) = 0;
  /// All of them, in order; ends with the first that fails.
  virtual Task<Result<void>> send_batch(std::span<const Outgoing> batch,
                                        CancelToken cancel = {}) = 0;

  /// The same as far as it completes at once, without a coroutine; nothing where it would wait.
  virtual std::optional<Result<Datagram>> try_receive(MutableByteSpan buffer) = 0;
  virtual std::optional<Result<void>> try_send_to(ByteSpan bytes, const SocketAddress& to) = 0;
  /// How many of the batch.
  virtual std::optional<Result<std::size_t>> try_receive_batch(std::span<Incoming> batch) = 0;
  virtual std::optional<Result<std::size_t>> try_send_batch(std::span<const Outgoing> batch) = 0;

  /// From now on only datagrams of this peer are received, not what others had sent before either,
  /// and errors about it are reported.
  virtual Result<void> connect(const SocketAddress& peer) = 0;
  virtual Result<SocketAddress> local_address() const = 0;
  /// At once. Pending operations complete with Errc::Closed. Idempotent.
  virtual void close() noexcept = 0;
};

/// receive() with a deadline of its own: Errc::TimedOut.
Task<Result<Datagram>> receive_within(DatagramTransport& transport, MutableByteSpan buffer,
                                      Duration limit, CancelToken cancel = {});

/// Where sockets come from: the system, or a simulation.
class Network {
 public:
  virtual ~Network() = default;
  /// Port 0: one that is free, hard to guess where the system makes it so.
  virtual Result<std::unique_ptr<DatagramTransport>> bind(const SocketAddress& local) = 0;
};

}  // namespace avila::udp
