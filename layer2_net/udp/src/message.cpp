#include <algorithm>
#include <avila/future/scheduler.hpp>
#include <avila/udp/message.hpp>

namespace avila::udp {

MessageChannel::MessageChannel(DatagramTransport& transport, MessageOptions options)
    : transport_(transport),
      options_(options),
      reassembler_(options.limits),
      next_number_(options.first_number),
      buffer_(DatagramTransport::kPayloadBytesMax + 1) {}

Task<Result<void>> MessageChannel::send_to(ByteSpan message, SocketAddress to, CancelToken cancel) {
  if (message.size() > options_.limits.message_bytes_max)
    co_return Error(Errc::LimitExceeded, "a message of " + std::to_string(message.size()) +
                                             " bytes is beyond the limit");
  auto cut = cut_message(message, next_number_++, options_.datagram_bytes);
  AVILA_CO_TRY(const auto datagrams, std::move(cut));
  std::vector<Outgoing> batch;
  batch.reserve(datagrams.size());
  for (const auto& datagram : datagrams) batch.push_back({.bytes = datagram, .to = to});
  const std::span<const Outgoing> all(batch);
  co_return co_await transport_.send_batch(all, std::move(cancel));
}

Task<Result<Message>> MessageChannel::receive(CancelToken cancel) {
  for (;;) {
    auto received = co_await transport_.receive(buffer_, cancel);
    AVILA_CO_TRY(const Datagram datagram, std::move(received));
    if (datagram.truncated) continue;
    const ByteSpan bytes = ByteSpan(buffer_).first(datagram.size_bytes);
    const Instant now = future::Scheduler::require().now();
    auto added = reassembler_.add(datagram.source, bytes, now);
    if (!added.has_value() || !added->has_value()) continue;  // counted there
    Message message{std::move(**added), datagram.source};
    co_return message;
  }
}

}  // namespace avila::udp
