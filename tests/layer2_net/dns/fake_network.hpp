// A network that tests make up: what each server answers is a function.
#pragma once
#include <avila/async/sim_executor.hpp>
#include <avila/dns/network.hpp>
#include <deque>
#include <functional>

namespace dns_test {

using namespace avila;

struct Packet {
  tcp::SocketAddress source;
  std::string bytes;
};

/// Asked for each query; gives the packets that come back, in order.
using Respond = std::function<std::vector<Packet>(const tcp::SocketAddress& server,
                                                  const std::string& query, bool stream)>;

class FakeSocket final : public udp::DatagramTransport {
 public:
  explicit FakeSocket(const Respond& respond) : respond_(respond) {}
  future::Task<Result<udp::Datagram>> receive(MutableByteSpan buffer,
                                              future::CancelToken cancel) override {
    if (inbox_.empty()) {
      const Duration forever = hours(1000);
      auto slept = co_await future::sleep(forever, cancel);
      if (!slept.has_value()) co_return std::move(slept).error();
      co_return Error(Errc::Closed, "nothing ever came");
    }
    const Packet packet = std::move(inbox_.front());
    inbox_.pop_front();
    udp::Datagram datagram;
    datagram.source = packet.source;
    datagram.size_bytes = std::min(buffer.size(), packet.bytes.size());
    datagram.truncated = datagram.size_bytes < packet.bytes.size();
    std::copy_n(reinterpret_cast<const std::byte*>(packet.bytes.data()), datagram.size_bytes,
                buffer.data());
    co_return std::move(datagram);
  }
  future::Task<Result<void>> send_to(ByteSpan bytes, tcp::SocketAddress to,
                                     future::CancelToken) override {
    for (Packet& packet : respond_(to, std::string(as_text(bytes)), false))
      inbox_.push_back(std::move(packet));
    co_return Result<void>();
  }
  future::Task<Result<std::size_t>> receive_batch(std::span<udp::Incoming>,
                                                  future::CancelToken) override {
    co_return std::size_t{0};
  }
  future::Task<Result<void>> send_batch(std::span<const udp::Outgoing>,
                                        future::CancelToken) override {
    co_return Result<void>();
  }
  std::optional<Result<udp::Datagram>> try_receive(MutableByteSpan) override { return {}; }
  std::optional<Result<void>> try_send_to(ByteSpan, const tcp::SocketAddress&) override {
    return {};
  }
  std::optional<Result<std::size_t>> try_receive_batch(std::span<udp::Incoming>) override {
    return {};
  }
  std::optional<Result<std::size_t>> try_send_batch(std::span<const udp::Outgoing>) override {
    return {};
  }
  Result<void> connect(const tcp::SocketAddress&) override { return {}; }
  Result<tcp::SocketAddress> local_address() const override { return tcp::SocketAddress(); }
  void close() noexcept override {}

 private:
  const Respond& respond_;
  std::deque<Packet> inbox_;
};

class FakeNetwork final : public dns::Network {
 public:
  FakeNetwork(async::Executor& executor, Respond respond)
      : executor_(executor), respond_(std::move(respond)) {}
  Socket open_udp(const tcp::SocketAddress&) override {
    return std::unique_ptr<udp::DatagramTransport>(std::make_unique<FakeSocket>(respond_));
  }
  future::Task<Stream> connect(tcp::SocketAddress server, future::CancelToken) override {
    auto pair = async::make_pipe();
    (void)executor_.spawn(serve(this, server, std::move(pair.second)));
    co_return std::move(pair.first);
  }

 private:
  static future::Task<void> serve(FakeNetwork* self, tcp::SocketAddress server,
                                  std::unique_ptr<async::Transport> stream) {
    for (;;) {
      auto query = co_await dns::read_framed(*stream);
      if (!query.has_value() || query->empty()) co_return;
      for (Packet& packet : self->respond_(server, *query, true)) {
        auto written = co_await dns::write_framed(*stream, std::move(packet.bytes));
        if (!written.has_value()) co_return;
      }
    }
  }
  async::Executor& executor_;
  const Respond respond_;
};

}  // namespace dns_test
