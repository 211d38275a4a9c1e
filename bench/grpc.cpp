// grpc.*: calls over loopback, client and server in this process on one worker thread, by CPU time
// of both sides together. Messages of 100 bytes.
#include <avila/async/runtime.hpp>
#include <avila/grpc/channel.hpp>
#include <avila/grpc/server.hpp>
#include <ctime>

#include "bench.hpp"

using namespace avila;
using future::Task;

namespace {

double process_cpu() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

Task<Result<std::string>> echo(grpc::ServerCall&, std::string request) { co_return request; }

Task<Result<void>> repeat(grpc::ServerCall& call, std::string request) {
  const int count = std::stoi(request);
  const std::string message(100, 'm');
  for (int i = 0; i < count; ++i) {
    auto written = co_await call.write(as_bytes(message));
    AVILA_CO_TRY_VOID(std::move(written));
  }
  co_return Result<void>();
}

Task<void> call_often(grpc::Channel& channel, int calls) {
  const std::string message(100, 'm');
  for (int i = 0; i < calls; ++i) {
    auto reply = co_await channel.unary("/bench.Echo/Echo", message);
    bench::need(reply.status.ok(), "unary");
  }
}

Task<void> read_stream(grpc::Channel& channel, int messages) {
  auto call = co_await channel.call("/bench.Echo/Repeat");
  const std::string count = std::to_string(messages);
  auto written = co_await call.write_last(as_bytes(count));
  bench::need(written.has_value(), "write");
  for (int i = 0; i < messages; ++i) {
    auto message = co_await call.read();
    bench::need(message.has_value() && message->has_value(), "read");
  }
  auto status = co_await call.finish();
  bench::need(status.ok(), "finish");
}

/// The best of five runs, as operations for each second of CPU.
template <class F>
void rate(const std::string& metric, double operations, F&& run) {
  if (!bench::wanted(metric)) return;
  double best = 1e300;
  for (int i = 0; i < 5; ++i) {
    const double before = process_cpu();
    run();
    best = std::min(best, process_cpu() - before);
  }
  bench::emit(metric, operations / best, "1/s");
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  async::Runtime runtime({.threads = 1});
  grpc::Service service("bench.Echo");
  service.unary("Echo", echo).server_streaming("Repeat", repeat);
  grpc::Dispatcher dispatcher;
  bench::need(dispatcher.add(std::move(service)).has_value(), "add");
  grpc::Server server(runtime, dispatcher);
  bench::need(server.listen("127.0.0.1:0").has_value(), "listen");
  {
    auto channel = grpc::Channel::make(runtime, server.local_address());
    bench::need(channel.has_value(), "channel");
    for (const int together : {1, 32}) {
      const int calls = 8'000 / together;
      rate("grpc.unary.100B.x" + std::to_string(together), calls * together, [&] {
        std::vector<async::JoinHandle<void>> running;
        for (int i = 0; i < together; ++i)
          running.push_back(runtime.spawn(call_often(*channel, calls)));
        for (auto& each : running) each.wait();
      });
    }
    rate("grpc.stream.100B", 50'000, [&] { runtime.block_on(read_stream(*channel, 50'000)); });
    runtime.block_on(channel->close());
  }
  runtime.block_on(server.shutdown());
}
