// The system's datagram calls. Those that return a count return -1 for a failure, with its number
// in tcp::native::last_error().
#pragma once
#include <avila/udp/socket.hpp>

namespace avila::udp::native {

Result<void> apply(int fd, bool v6, const SocketOptions& options);
Result<void> join_or_leave(int fd, const Group& group, bool join);
Result<void> set_multicast_interface(int fd, bool v6, std::uint32_t interface_index);

/// After connect().
void connected(int fd) noexcept;
/// One datagram; fills in all of `incoming.datagram`. False: it failed.
bool receive(int fd, Incoming& incoming);
/// How many, at least one.
int receive_batch(int fd, std::span<Incoming> batch);
/// One datagram, or segments if the kernel cuts them.
bool send(int fd, const Outgoing& outgoing, bool to_peer);
int send_batch(int fd, std::span<const Outgoing> batch, const SocketAddress* peer);
/// False: this system's kernel never cuts.
bool cuts() noexcept;
/// True when a failure of send() says that the kernel, or the path, cannot cut.
bool cannot_cut(int number) noexcept;

std::optional<DeliveryError> take_error(int fd);

}  // namespace avila::udp::native
