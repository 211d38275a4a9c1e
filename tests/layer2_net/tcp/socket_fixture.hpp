// Two connected streams, and what tests do with them.
#pragma once
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tcp/stream.hpp>
#include <string>
#include <utility>
#include <vector>

namespace avila::tcp {

using async::CancelSource;
using async::Runtime;
using future::Deadline;

struct Ends {
  Stream client, server;
};
inline Task<Result<Ends>> connected_pair(Runtime* runtime, Listener* listener) {
  auto first = co_await connect(*runtime, listener->local_address());
  AVILA_CO_TRY(Stream client, std::move(first));
  auto second = co_await listener->accept();
  AVILA_CO_TRY(Stream server, std::move(second));
  Ends ends{std::move(client), std::move(server)};
  co_return ends;
}

inline Task<Result<std::string>> read_all(Stream* stream) {
  std::string text;
  std::vector<std::byte> buffer(64 * 1024);
  for (;;) {
    auto got = co_await stream->read(buffer);
    AVILA_CO_TRY(const std::size_t count, std::move(got));
    if (count == 0) co_return text;
    text += as_text(ByteSpan(buffer).first(count));
  }
}

inline Task<Result<std::size_t>> read_some(Stream* stream, std::byte* to, std::size_t size,
                                           CancelToken cancel) {
  auto got = co_await stream->read(MutableByteSpan(to, size), cancel);
  co_return got;
}

inline Task<Result<Stream>> connect_within(Runtime* runtime, SocketAddress address,
                                           Duration limit) {
  const ConnectOptions options{.timeout = limit};
  auto stream = co_await connect(*runtime, address, options);
  co_return stream;
}

class SocketFixture : public ::testing::Test {
 protected:
  SocketFixture() : listener_(*Listener::bind(runtime_, SocketAddress::loopback(0))) {}
  Ends pair() {
    auto ends = runtime_.block_on(connected_pair(&runtime_, &listener_));
    EXPECT_TRUE(ends.has_value()) << ends.error().to_string();
    return std::move(*ends);
  }
  Runtime runtime_{{.threads = 2}};
  Listener listener_;
};

}  // namespace avila::tcp
