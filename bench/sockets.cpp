// sockets.*: round trips of 64 bytes over 64 loopback connections, client and server in one runtime
// of two workers, per back-end; and datagrams of 1,200 bytes over loopback, one by one, in batches
// and as segments. What the back-ends of async are chosen by.
#include <algorithm>
#include <avila/async/runtime.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/udp/socket.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "bench.hpp"

using namespace avila;
using async::Backend;
using async::Task;

namespace {

constexpr int kConnections = 64;
constexpr int kRounds = 1000;
constexpr int kDatagrams = 32;

Task<void> echo(tcp::Stream stream) {
  std::byte buffer[64];
  for (;;) {
    auto got = co_await async::read_exact(stream, buffer);
    if (!got.has_value()) co_return;
    auto put = co_await stream.write_all(buffer);
    if (!put.has_value()) co_return;
  }
}
Task<void> serve(async::Runtime* runtime, tcp::Listener* listener) {
  for (int i = 0; i < kConnections; ++i) {
    auto accepted = co_await listener->accept();
    bench::need(accepted.has_value(), "accept");
    runtime->spawn(echo(std::move(*accepted))).detach();
  }
}
Task<void> ask(async::Runtime* runtime, tcp::SocketAddress address) {
  auto connected = co_await tcp::connect(*runtime, std::move(address));
  bench::need(connected.has_value(), "connect");
  std::byte buffer[64]{};
  for (int i = 0; i < kRounds; ++i) {
    auto put = co_await connected->write_all(buffer);
    auto got = co_await async::read_exact(*connected, buffer);
    bench::need(put.has_value() && got.has_value(), "a round trip");
  }
}
Task<void> converse(async::Runtime* runtime, tcp::Listener* listener) {
  auto serving = runtime->spawn(serve(runtime, listener));
  std::vector<async::JoinHandle<void>> clients;
  for (int i = 0; i < kConnections; ++i)
    clients.push_back(runtime->spawn(ask(runtime, listener->local_address())));
  co_await serving;
  for (auto& client : clients) co_await client;
}

void round_trips(Backend backend) {
  const std::string name = "sockets.echo.64B." + std::string(to_string(backend));
  if (!bench::wanted(name) && !bench::wanted(name + ".cpu")) return;
  async::Runtime runtime({.threads = 2, .backend = backend});
  if (runtime.backend() != backend) return;
  auto listener = tcp::Listener::bind(runtime, tcp::SocketAddress::loopback(0));
  bench::need(listener.has_value(), "listen");
  std::vector<double> rates, cpu;
  for (int run = 0; run < 5; ++run) {
    const double cpu_before = bench::cpu_now();
    const auto start = std::chrono::steady_clock::now();
    runtime.block_on(converse(&runtime, &*listener));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    rates.push_back(kConnections * kRounds / took.count());
    cpu.push_back((bench::cpu_now() - cpu_before) / (kConnections * kRounds) * 1e6);
  }
  std::sort(rates.begin(), rates.end());
  std::sort(cpu.begin(), cpu.end());
  bench::emit(name, rates[2], "ops/s");
  bench::emit(name + ".cpu", cpu[2], "us");
}

enum class Way { Single, Batch, Segments };

void datagrams(const char* name, Way way) {
  async::Runtime runtime({.threads = 1});
  udp::SocketOptions options{.gro = way == Way::Segments, .receive_buffer_bytes = 4 << 20};
  auto from = udp::Socket::bind(runtime, tcp::SocketAddress::loopback(0));
  auto at = udp::Socket::bind(runtime, tcp::SocketAddress::loopback(0), options);
  bench::need(from.has_value() && at.has_value(), "bind");
  const tcp::SocketAddress to = *at->local_address();
  const std::vector<std::byte> content(1200 * kDatagrams);
  std::vector<udp::Outgoing> batch;
  for (int i = 0; i < kDatagrams; ++i)
    batch.push_back({.bytes = ByteSpan(content).first(1200), .to = to});
  const udp::Outgoing segments{.bytes = content, .to = to, .segment_bytes = 1200};
  std::vector<std::vector<std::byte>> buffers(kDatagrams, std::vector<std::byte>(65'536));
  std::vector<udp::Incoming> incoming;
  for (auto& buffer : buffers) incoming.push_back({buffer});
  bench::gbs(name, 1200.0 * kDatagrams, [&] {
    if (way == Way::Batch) bench::need(from->try_send_batch(batch).has_value(), "send");
    if (way == Way::Segments) bench::need(from->try_send_batch({&segments, 1}).has_value(), "send");
    if (way == Way::Single)
      for (const auto& each : batch)
        bench::need(from->try_send_to(each.bytes, to).has_value(), "send");
    for (std::size_t got = 0; got < content.size();) {
      const std::size_t wanted = way == Way::Single ? 1 : incoming.size();
      auto count = at->try_receive_batch(std::span(incoming).first(wanted));
      if (!count.has_value()) continue;
      for (std::size_t i = 0; i < **count; ++i) got += incoming[i].datagram.size_bytes;
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  round_trips(Backend::Epoll);
  round_trips(Backend::IoUring);
  datagrams("sockets.udp.1200B.single", Way::Single);
  datagrams("sockets.udp.1200B.batch", Way::Batch);
  datagrams("sockets.udp.1200B.segments", Way::Segments);
}
