#include <avila/future/sleep.hpp>
#include <avila/udp/transport.hpp>

namespace avila::udp {

Task<Result<Datagram>> receive_within(DatagramTransport& transport, MutableByteSpan buffer,
                                      Duration limit, CancelToken cancel) {
  if (auto now = transport.try_receive(buffer); now.has_value()) co_return std::move(*now);
  future::Deadline deadline(limit, cancel);
  const CancelToken token = deadline.token();
  auto received = co_await transport.receive(buffer, token);
  if (!received.has_value())
    co_return deadline.translate(std::move(received).error(), "waiting for a datagram");
  co_return received;
}

}  // namespace avila::udp
