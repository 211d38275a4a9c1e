// A UDP socket.
#pragma once
#include <atomic>
#include <avila/async/io_source.hpp>
#include <avila/udp/transport.hpp>
#include <cstdint>
#include <string>
#include <utility>

namespace avila::udp {

struct SocketOptions {
  bool reuse_address = false;  ///< several sockets may bind the port: for multicast receivers
  bool reuse_port = false;     ///< several sockets share the port, datagrams are spread over them
  bool v6_only = false;        ///< [::] does not take IPv4 too
  bool broadcast = false;      ///< may send to broadcast addresses (SO_BROADCAST)
  bool packet_info = false;    ///< Datagram::destination and interface_index (RFC 3542 §6)
  bool ecn = false;            ///< Datagram::ecn
  bool ttl = false;            ///< Datagram::ttl
  bool gro = false;            ///< UDP_GRO: give buffers of 64 KiB, see Datagram::segment_bytes
  bool errors = false;         ///< keep what ICMP says, for take_error(): IP_RECVERR
  bool dont_fragment = false;  ///< datagrams beyond the path's MTU fail: Errc::InvalidArgument
  std::size_t receive_buffer_bytes = 0;  ///< 0: the system's default
  std::size_t send_buffer_bytes = 0;
};

/// A multicast group to be a member of (IGMP and MLD are spoken by the kernel).
struct Group {
  IpAddress address;
  std::uint32_t interface_index = 0;  ///< 0: the system chooses
  std::optional<IpAddress> source{};  ///< only datagrams of this sender (RFC 4607)
};

/// What an ICMP message, or the local stack, said of a datagram we had sent.
struct DeliveryError {
  Error error;
  SocketAddress destination;            ///< of the datagram
  std::optional<IpAddress> reporter{};  ///< who said so; nothing: our own system
  std::uint8_t type = 0;                ///< of ICMP or ICMPv6
  std::uint8_t code = 0;
  std::uint32_t mtu = 0;  ///< of the path, where the datagram was too large
};

/// Movable while no operation is pending. What a system lacks (Windows: packet_info, ecn, ttl, gro,
/// errors, batches in one call) is Errc::Unsupported when asked for, except batches and segments,
/// which are then sent one by one.
class Socket final : public DatagramTransport {
 public:
  Socket() noexcept = default;
  Socket(Socket&& other) noexcept { swap(other); }
  Socket& operator=(Socket&& other) noexcept {
    Socket(std::move(other)).swap(*this);
    return *this;
  }
  ~Socket() override;

  /// Port 0 lets the system choose: see local_address(). IP addresses only.
  static Result<Socket> bind(async::Executor& executor, const SocketAddress& local,
                             SocketOptions options = {});
  /// Takes over a datagram socket; closes it on failure too. Non-blocking from then on.
  static Result<Socket> adopt(async::Executor& executor, int descriptor,
                              SocketOptions options = {});

  Task<Result<Datagram>> receive(MutableByteSpan buffer, CancelToken cancel = {}) override;
  Task<Result<void>> send_to(ByteSpan bytes, SocketAddress to, CancelToken cancel = {}) override;
  Task<Result<std::size_t>> receive_batch(std::span<Incoming> batch,
                                          CancelToken cancel = {}) override;
  Task<Result<void>> send_batch(std::span<const Outgoing> batch, CancelToken cancel = {}) override;
  std::optional<Result<Datagram>> try_receive(MutableByteSpan buffer) override;
  std::optional<Result<void>> try_send_to(ByteSpan bytes, const SocketAddress& to) override;
  std::optional<Result<std::size_t>> try_receive_batch(std::span<Incoming> batch) override;
  std::optional<Result<std::size_t>> try_send_batch(std::span<const Outgoing> batch) override;

  Result<void> connect(const SocketAddress& peer) override;
  Result<SocketAddress> local_address() const override;
  Result<SocketAddress> peer_address() const;
  void close() noexcept override;

  /// The oldest that is kept; needs SocketOptions::errors. Receiving and sending also fail once for
  /// each, as the system does it.
  std::optional<DeliveryError> take_error();

  Result<void> join(const Group& group);
  Result<void> leave(const Group& group);
  Result<void> set_multicast_loop(bool on);  ///< our own hosts hear us too: the default
  Result<void> set_multicast_ttl(int hops);  ///< 1, this network only, is the default
  Result<void> set_multicast_interface(std::uint32_t interface_index);
  Result<void> set_ttl(int hops);
  Result<void> set_broadcast(bool on);
  /// What the kernel knows of the path to the connected peer (IP_MTU).
  Result<std::size_t> path_mtu() const;

  int native_handle() const noexcept { return fd_; }  ///< -1 when empty
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  void swap(Socket& other) noexcept;
  bool send_cut(const Outgoing& outgoing);
  int receive_of_peer(Incoming& incoming);
  Result<void> set_both(int name_v4, int name_v6, int value, const char* what);
  bool must_wait(async::IoSource::Direction direction, bool full) noexcept;

  async::Executor* executor_ = nullptr;
  async::IoSource* source_ = nullptr;
  std::optional<SocketAddress> peer_;
  int fd_ = -1;
  bool v6_ = false;
  bool segments_ = true;  // the kernel cuts (UDP_SEGMENT), until it refuses
  bool drained_ = false;  // the reader's
  bool filled_ = false;   // the writer's
  std::atomic<bool> closed_{false};
  std::atomic<bool> strangers_{false};  // the queue may hold what came before connect()
};

/// The system's sockets, behind the seam.
class SystemNetwork final : public Network {
 public:
  explicit SystemNetwork(async::Executor& executor, SocketOptions options = {}) noexcept
      : executor_(executor), options_(options) {}
  Result<std::unique_ptr<DatagramTransport>> bind(const SocketAddress& local) override;

 private:
  async::Executor& executor_;
  SocketOptions options_;
};

}  // namespace avila::udp
