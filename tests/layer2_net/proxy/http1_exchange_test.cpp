// Exchanges of HTTP/1.1 over pipes, in virtual time.
#include "http1_exchange.hpp"

#include <gtest/gtest.h>
#include <avila/async/sim_executor.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/task_group.hpp>

#include <string>

namespace {

using namespace avila;
using future::Task;

/// The wait for a head begins with the last byte that was sent, in virtual time.
struct Upload {
  static Task<void> send(proxy::detail::Http1Exchange& exchange) {
    for (int i = 0; i < 5; ++i) {
      co_await future::sleep(milliseconds(700));
      auto sent = co_await exchange.send_body(as_bytes(std::string_view("x")));
      EXPECT_TRUE(sent.has_value());
    }
    co_await future::sleep(milliseconds(700));
    const http::Headers none;
    auto ended = co_await exchange.send_end(none);
    EXPECT_TRUE(ended.has_value());
  }
  static Task<void> answer(async::Transport& endpoint, Duration after) {
    std::string got;
    std::byte buffer[512];
    while (!got.ends_with("\r\n\r\nxxxxx")) {
      auto count = co_await endpoint.read(buffer);
      if (!count.has_value() || *count == 0) co_return;
      got.append(as_text(ByteSpan(buffer).first(*count)));
    }
    co_await future::sleep(after);
    auto sent =
        co_await endpoint.write_all(as_bytes(std::string_view("HTTP/1.1 204 No Content\r\n\r\n")));
    (void)sent;
  }
  static Task<Result<void>> run(Duration after) {
    proxy::UpstreamOptions options;
    options.timeouts.first_byte = seconds(1);
    auto pipe = async::make_pipe();
    proxy::detail::Http1Exchange exchange(std::move(pipe.first), options, milliseconds(10));
    exchange.begin(nullptr, false);
    proxy::detail::OutgoingHead head;
    head.method = "POST";
    head.target = "/";
    head.authority = "a";
    head.framing.kind = http::Framing::Kind::Length;
    head.framing.length = 5;
    const ByteSpan nothing;
    auto sent = co_await exchange.send_head(head, nothing);
    AVILA_CO_TRY_VOID(std::move(sent));
    future::TaskGroup group;
    group.spawn(send(exchange));
    group.spawn(answer(*pipe.second, after));
    auto answered = co_await exchange.receive_head();
    pipe.second->close();
    auto joined = co_await group.join();
    (void)joined;
    co_return answered;
  }
};

TEST(Http1Exchange, ASlowUploadIsNoSlowAnswer) {
  async::SimExecutor sim(1);
  EXPECT_TRUE(sim.block_on(Upload::run(milliseconds(900))).has_value());
  const auto late = sim.block_on(Upload::run(seconds(3)));
  ASSERT_FALSE(late.has_value());
  EXPECT_TRUE(late.error().is(Errc::TimedOut)) << late.error().to_string();
}

}  // namespace
