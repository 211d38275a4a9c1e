// Channels: connecting, waiting, balancing, beginning anew.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <avila/async/runtime.hpp>
#include <avila/async/sim_executor.hpp>
#include <avila/grpc/channel.hpp>
#include <avila/grpc/server.hpp>
#include <avila_test/grpc_echo.hpp>

#include "scripted_peer.hpp"

namespace {

using namespace avila;
using namespace avila_test;
using grpc::Balancing;
using grpc::Code;

Task<Result<std::string>> tell(std::string name, grpc::ServerCall& call, std::string request) {
  if (request == "wait") {
    auto slept = co_await future::sleep(seconds(30), call.cancel());
    (void)slept;
  }
  co_return name;
}

/// A server that tells its name.
struct Named {
  Named(async::Runtime& on, std::string name, const std::string& address = "127.0.0.1:0")
      : runtime(on), server(on, dispatcher) {
    grpc::Service service("test.Name");
    service.unary("Tell", [name](grpc::ServerCall& call, std::string request) {
      return tell(name, call, std::move(request));
    });
    EXPECT_TRUE(dispatcher.add(std::move(service)).has_value());
    EXPECT_TRUE(dispatcher.add(echo_service()).has_value());
    EXPECT_TRUE(server.listen(address).has_value());
  }
  ~Named() { stop(); }
  void stop() {
    if (!std::exchange(stopped, true)) runtime.block_on(server.shutdown(milliseconds(50)));
  }
  async::Runtime& runtime;
  grpc::Dispatcher dispatcher;
  grpc::Server server;
  bool stopped = false;
};

class GrpcChannel : public ::testing::Test {
 protected:
  void TearDown() override {
    if (channel_.has_value()) runtime_.block_on(channel_->close(milliseconds(50)));
    channel_.reset();
  }
  void open(const std::string& target, grpc::ChannelOptions options = {}) {
    options.backoff.first = milliseconds(20);
    options.backoff.longest = milliseconds(100);
    auto made = grpc::Channel::make(runtime_, target, std::move(options));
    ASSERT_TRUE(made.has_value()) << made.error().to_string();
    channel_.emplace(std::move(*made));
  }
  grpc::Reply ask(std::string request = {}, grpc::CallOptions options = {}) {
    return runtime_.block_on(
        channel_->unary("/test.Name/Tell", std::move(request), std::move(options)));
  }
  template <class Condition>
  bool soon(Condition condition) {
    for (int i = 0; i < 2000 && !condition(); ++i)
      runtime_.block_on(runtime_.sleep(milliseconds(5)));
    return condition();
  }

  async::Runtime runtime_{{.threads = 2}};
  std::optional<grpc::Channel> channel_;
};

TEST_F(GrpcChannel, RoundRobinGoesToAllInTurn) {
  Named a(runtime_, "a"), b(runtime_, "b"), c(runtime_, "c");
  const std::string of_b = b.server.local_address();
  open("ipv4:" + a.server.local_address() + "," + of_b + "," + c.server.local_address(),
       {.balancing = Balancing::RoundRobin});
  std::map<std::string, int> seen;
  const auto all_seen = [&](std::size_t count) {
    seen.clear();
    for (int i = 0; i < 30; ++i) {
      const grpc::Reply reply = ask();
      EXPECT_TRUE(reply.status.ok() || reply.status.code == Code::Unavailable);
      if (reply.status.ok()) ++seen[reply.message];
    }
    return seen.size() == count && seen.begin()->second == 30 / static_cast<int>(count);
  };
  EXPECT_TRUE(soon([&] { return all_seen(3); }));
  b.stop();
  EXPECT_TRUE(soon([&] { return all_seen(2); })) << "the others serve on";
  Named again(runtime_, "b", of_b);
  EXPECT_TRUE(soon([&] { return all_seen(3); })) << "and it comes back";
}

TEST_F(GrpcChannel, LeastLoadedGoesWhereFewestCallsAre) {
  Named a(runtime_, "a"), b(runtime_, "b");
  open("ipv4:" + a.server.local_address() + "," + b.server.local_address(),
       {.balancing = Balancing::LeastLoaded});
  EXPECT_TRUE(soon([&] {
    const std::string one = ask().message, other = ask().message;
    return one != other;  // both are connected
  }));
  future::CancelSource stop;
  auto first = runtime_.spawn(channel_->unary("/test.Name/Tell", "wait", {}, stop.token()));
  runtime_.block_on(runtime_.sleep(milliseconds(20)));
  const std::string free = ask().message;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask().message, free);
  stop.cancel();
  EXPECT_EQ(first.wait().status.code, Code::Cancelled);
}

TEST_F(GrpcChannel, PickFirstTakesTheFirstThatAnswers) {
  Named b(runtime_, "b");
  std::string refused;
  {
    Named a(runtime_, "a");
    refused = a.server.local_address();
  }
  open("ipv4:" + refused + "," + b.server.local_address());
  EXPECT_EQ(ask().message, "b");
  EXPECT_EQ(channel_->state(), grpc::Connectivity::Ready);
}

TEST_F(GrpcChannel, FailsFastOrWaitsAsToldAndBacksOff) {
  Named server(runtime_, "late");
  ScriptedConnector connector(std::vector<ScriptedConnector::Entry>{
      {.refuse = true}, {.refuse = true}, {.server = &server.server}});
  open("127.0.0.1:1", {.connector = &connector});
  EXPECT_EQ(channel_->state(), grpc::Connectivity::Idle);
  const grpc::Reply failed = ask();
  EXPECT_EQ(failed.status.code, Code::Unavailable);
  EXPECT_NE(failed.status.message.find("refused as told"), std::string::npos);
  EXPECT_EQ(connector.connections, 1U);
  EXPECT_EQ(channel_->state(), grpc::Connectivity::TransientFailure);
  EXPECT_EQ(ask("", {.wait_for_ready = true}).message, "late");
  EXPECT_EQ(connector.connections, 3U);
  TearDown();  // before what it uses
}

TEST_F(GrpcChannel, ADeadlineEndsTheWaitForAConnection) {
  ScriptedConnector refusing(std::vector<ScriptedConnector::Entry>{{.refuse = true}});
  open("127.0.0.1:1", {.connector = &refusing});
  EXPECT_EQ(ask("", {.timeout = milliseconds(60), .wait_for_ready = true}).status.code,
            Code::DeadlineExceeded);
  TearDown();
  ScriptedConnector silent(std::vector<ScriptedConnector::Entry>{{.first = ""}});
  open("127.0.0.1:1", {.connector = &silent, .connect_timeout = milliseconds(30)});
  const grpc::Reply reply = ask();
  EXPECT_EQ(reply.status.code, Code::Unavailable) << "no SETTINGS came";
  TearDown();  // before what it uses
}

std::string refused_stream() {
  return frame(FrameType::RstStream, 0, 1,
               u32(static_cast<std::uint32_t>(http2::ErrorCode::RefusedStream)));
}
std::string goaway_before_one() { return frame(FrameType::Goaway, 0, 0, u32(0) + u32(0)); }

std::string response_head() {
  return frame(FrameType::Headers, http2::flags::kEndHeaders, 1,
               block({{":status", "200"}, {"content-type", "application/grpc"}}));
}
std::string response_data(std::string_view message) {
  std::string bytes;
  EXPECT_TRUE(grpc::append_message(bytes, as_bytes(message)).has_value());
  return frame(FrameType::Data, 0, 1, bytes);
}
constexpr std::uint8_t kLast = http2::flags::kEndHeaders | http2::flags::kEndStream;
std::string response_end(const char* status) {
  return frame(FrameType::Headers, kLast, 1,
               block({{"grpc-status", status}, {"grpc-message", "gone%21"}, {"x-end", "1"}}));
}
std::string trailers_only(const char* status) {
  return frame(FrameType::Headers, kLast, 1,
               block({{":status", "200"},
                      {"content-type", "application/grpc"},
                      {"grpc-status", status},
                      {"grpc-message", "gone%21"},
                      {"x-end", "1"}}));
}

Task<std::string> chat_three(grpc::Channel& channel) {
  grpc::CallOptions options;
  options.wait_for_ready = true;
  auto call = co_await channel.call("/test.Echo/Chat", std::move(options));
  std::string all;
  for (const std::string text : {"1", "2"}) {
    auto written = co_await call.write(text);
    if (!written.has_value()) co_return written.error().to_string();
  }
  for (int i = 0; i < 2; ++i) {
    auto message = co_await call.read();
    if (!message.has_value()) co_return all + message.error().to_string();
    all += message->value_or("?") + " ";
  }
  auto done = co_await call.writes_done();
  if (!done.has_value()) co_return done.error().to_string();
  auto status = co_await call.finish();
  co_return all + status.to_string();
}

TEST_F(GrpcChannel, CallsThatNoServerBeganBeginAnew) {
  Named server(runtime_, "second");
  for (const std::string& answer : {refused_stream() + goaway_before_one(), goaway_before_one()}) {
    ScriptedConnector connector(
        std::vector<ScriptedConnector::Entry>{{.answer = answer}, {.server = &server.server}});
    open("127.0.0.1:1", {.connector = &connector});
    EXPECT_EQ(ask("", {.wait_for_ready = true}).message, "second");
    TearDown();
    ScriptedConnector another(
        std::vector<ScriptedConnector::Entry>{{.answer = answer}, {.server = &server.server}});
    open("127.0.0.1:1", {.connector = &another});
    EXPECT_EQ(runtime_.block_on(chat_three(*channel_)), "re:1 re:2 OK");
    TearDown();
  }
  TearDown();  // before what it uses
}

TEST_F(GrpcChannel, ButNotForEver) {
  ScriptedConnector connector(
      std::vector<ScriptedConnector::Entry>{{.answer = refused_stream() + goaway_before_one()}});
  open("127.0.0.1:1", {.connector = &connector});
  EXPECT_EQ(ask("", {.wait_for_ready = true}).status.code, Code::Unavailable);
  EXPECT_EQ(connector.connections, 5U);
  TearDown();
  ScriptedConnector large(
      std::vector<ScriptedConnector::Entry>{{.answer = refused_stream() + goaway_before_one()}});
  open("127.0.0.1:1", {.connector = &large, .retry_bytes = 10});
  EXPECT_EQ(ask("more than ten bytes", {.wait_for_ready = true}).status.code, Code::Unavailable);
  EXPECT_EQ(large.connections, 1U);
  TearDown();  // before what it uses
}

TEST_F(GrpcChannel, ResetsAreMapped) {
  using http2::ErrorCode;
  const std::pair<ErrorCode, Code> cases[] = {
      {ErrorCode::NoError, Code::Internal},
      {ErrorCode::ProtocolError, Code::Internal},
      {ErrorCode::InternalError, Code::Internal},
      {ErrorCode::FlowControlError, Code::Internal},
      {ErrorCode::SettingsTimeout, Code::Internal},
      {ErrorCode::StreamClosed, Code::Unknown},
      {ErrorCode::FrameSizeError, Code::Internal},
      {ErrorCode::RefusedStream, Code::Unavailable},
      {ErrorCode::Cancel, Code::Cancelled},
      {ErrorCode::CompressionError, Code::Internal},
      {ErrorCode::ConnectError, Code::Internal},
      {ErrorCode::EnhanceYourCalm, Code::ResourceExhausted},
      {ErrorCode::InadequateSecurity, Code::PermissionDenied},
      {ErrorCode::Http11Required, Code::Unknown},
  };
  for (const auto& [reset, code] : cases) {
    const std::string said =
        frame(FrameType::RstStream, 0, 1, u32(static_cast<std::uint32_t>(reset)));
    for (const std::string& before : {std::string(), response_head() + response_data("ok")}) {
      ScriptedConnector connector(std::vector<ScriptedConnector::Entry>{{.answer = before + said}});
      open("127.0.0.1:1", {.connector = &connector, .attempts_max = 1});
      EXPECT_EQ(ask().status.code, code) << http2::to_string(reset) << before.size();
      TearDown();  // before what it uses
    }
  }
}

TEST_F(GrpcChannel, AnswersOfOneFrameAndOfMany) {
  const struct {
    std::string answer;
    const char* says;
  } cases[] = {
      {response_head() + response_data("ok") + response_end("0"), "OK: gone! ok"},
      {response_head() + response_data("ok") + response_end("0") +
           frame(FrameType::RstStream, 0, 1, u32(0)),
       "OK: gone! ok"},  // RFC 9113 section 8.1: the server wants no more of the request
      {frame(FrameType::Goaway, 0, 0, u32(1) + u32(0)) + response_head() + response_data("ok") +
           response_end("0"),
       "OK: gone! ok"},  // it takes no new calls; this one it has begun
      {trailers_only("5"), "NOT_FOUND: gone! "},
      {trailers_only("0"), "UNIMPLEMENTED: the method gives one message, and none came "},
      {response_head() + response_data("ok") + response_end("14"), "UNAVAILABLE: gone! "},
  };
  for (const auto& one : cases) {
    ScriptedConnector connector(std::vector<ScriptedConnector::Entry>{{.answer = one.answer}});
    open("127.0.0.1:1", {.connector = &connector});
    const grpc::Reply reply = ask();
    EXPECT_EQ(reply.status.to_string() + " " + reply.message, one.says);
    EXPECT_EQ(reply.trailing_metadata.find("x-end"), "1");
    EXPECT_EQ(connector.connections, 1U);
    TearDown();  // before what it uses
  }
}

TEST_F(GrpcChannel, LostConnectionsEndCalls) {
  const std::string half = response_data("message").substr(0, 12);
  for (const std::string& answer :
       {std::string(), response_head(), response_head() + half,
        response_head() + response_data("ok"),
        frame(FrameType::Goaway, 0, 0, u32(1) + u32(0)) + response_head()}) {
    ScriptedConnector connector(
        std::vector<ScriptedConnector::Entry>{{.answer = answer, .hang_up = true}});
    open("127.0.0.1:1", {.connector = &connector});
    EXPECT_EQ(ask().status.code, Code::Unavailable) << answer.size();
    EXPECT_EQ(connector.connections, 1U) << "the server may have begun: it is not asked again";
    TearDown();  // before what it uses
  }
}

TEST_F(GrpcChannel, CallsBeyondTheServersLimitWait) {
  grpc::Dispatcher dispatcher;
  ASSERT_TRUE(dispatcher.add(echo_service()).has_value());
  grpc::Server server(runtime_, dispatcher, {.concurrent_streams = 2});
  ScriptedConnector connector(std::vector<ScriptedConnector::Entry>{{.server = &server}});
  open("127.0.0.1:1", {.connector = &connector});
  std::vector<async::JoinHandle<grpc::Reply>> running;
  for (int i = 0; i < 20; ++i)
    running.push_back(runtime_.spawn(channel_->unary("/test.Echo/Echo", std::to_string(i))));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(running[static_cast<std::size_t>(i)].wait().message, std::to_string(i));
  EXPECT_EQ(connector.connections, 1U);
  TearDown();  // before what it uses
  runtime_.block_on(server.shutdown());
}

TEST_F(GrpcChannel, KeepaliveEndsAConnectionThatDoesNotAnswer) {
  ScriptedConnector silent(std::vector<ScriptedConnector::Entry>{{.answer = ""}});
  open("127.0.0.1:1", {.connector = &silent,
                       .keepalive_time = milliseconds(20),
                       .keepalive_timeout = milliseconds(30)});
  const grpc::Reply reply = ask();
  EXPECT_EQ(reply.status.code, Code::Unavailable) << reply.status.to_string();
  TearDown();
  Named server(runtime_, "alive");
  open(server.server.local_address(),
       {.keepalive_time = milliseconds(10), .keepalive_timeout = seconds(5)});
  EXPECT_EQ(ask("wait", {.timeout = milliseconds(100)}).status.code, Code::DeadlineExceeded)
      << "the server answers PINGs";
  TearDown();  // before what it uses
}

/// Serves each connection until the first PING, notes when that came, and ends it.
class Calming final : public grpc::Connector {
 public:
  explicit Calming(std::vector<std::string> endings) : endings_(std::move(endings)) {}
  Task<Result<std::unique_ptr<async::Transport>>> connect(async::Executor& executor,
                                                          tcp::SocketAddress,
                                                          CancelToken) override {
    auto ends = async::make_pipe();
    executor.spawn(serve(executor, std::move(ends.second))).detach();
    co_return std::move(ends.first);
  }
  std::vector<Duration> pings;

 private:
  Task<void> serve(async::Executor& executor, std::unique_ptr<async::Transport> end) {
    const std::string settings = frame(FrameType::Settings, 0, 0);
    auto began = co_await end->write_all(as_bytes(settings));
    const Instant start = executor.now();
    std::string received;
    std::byte buffer[4096];
    while (began.has_value()) {
      auto got = co_await end->read(buffer);
      if (!got.has_value() || *got == 0) co_return;
      received += as_text(ByteSpan(buffer, *got));
      if (received.size() < http2::kClientPreface.size()) continue;
      const auto frames = parse_frames(std::string_view(received).substr(24));
      if (std::none_of(frames.begin(), frames.end(), [](const ReceivedFrame& each) {
            return each.header.type == FrameType::Ping;
          }))
        continue;
      const std::string ending = endings_.at(pings.size());
      pings.push_back(executor.now() - start);
      auto written = co_await end->write_all(as_bytes(ending));
      if (written.has_value()) (void)co_await end->shutdown_write();
      co_return;
    }
  }
  const std::vector<std::string> endings_;
};

// keepalive.md: half as many PINGs to who calls them too many, and to nobody else.
TEST(GrpcKeepalive, IsSlowerAfterTooManyPings) {
  const auto goaway = [](http2::ErrorCode code, std::string_view debug) {
    return frame(FrameType::Goaway, 0, 0,
                 u32(0) + u32(static_cast<std::uint32_t>(code)) + std::string(debug));
  };
  async::SimExecutor executor(1);
  Calming server({goaway(http2::ErrorCode::EnhanceYourCalm, "too_many_pings"),
                  goaway(http2::ErrorCode::EnhanceYourCalm, "too_many_streams"),
                  goaway(http2::ErrorCode::NoError, "too_many_pings"),
                  goaway(http2::ErrorCode::EnhanceYourCalm, "too_many_pings"),
                  frame(FrameType::Goaway, 0, 0, u32(1) + u32(0))});
  grpc::ChannelOptions options;
  options.connector = &server;
  options.keepalive_time = seconds(10);
  auto channel = grpc::Channel::make(executor, "127.0.0.1:1", options);
  ASSERT_TRUE(channel.has_value());
  const grpc::Reply reply = executor.block_on(channel->unary("/test.Echo/Echo", "x"));
  EXPECT_EQ(reply.status.code, Code::Unavailable) << "the server may have begun with the last";
  executor.block_on(channel->close());
  ASSERT_EQ(server.pings.size(), 5U);
  const int wanted[] = {10, 20, 20, 20, 40};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(server.pings[i], seconds(wanted[i])) << i;
}

/// Leads to one address, and when that fails to another.
class Moving final : public grpc::NameResolver {
 public:
  explicit Moving(std::vector<tcp::SocketAddress> addresses) : addresses_(std::move(addresses)) {}
  Task<Result<std::vector<tcp::SocketAddress>>> resolve(async::Executor&, grpc::Target target,
                                                        CancelToken) override {
    EXPECT_EQ(target.host, "service.test");
    const std::size_t index = std::min(asked.fetch_add(1), addresses_.size());
    if (index == 0) co_return Error(Errc::NotFound, "no such name yet");
    co_return std::vector<tcp::SocketAddress>(1, addresses_[index - 1]);
  }
  std::atomic<std::size_t> asked{0};

 private:
  const std::vector<tcp::SocketAddress> addresses_;
};

TEST_F(GrpcChannel, NamesAreLookedUpAgainWhenConnectionsFail) {
  Named a(runtime_, "a"), b(runtime_, "b");
  Moving resolver({tcp::SocketAddress::parse(a.server.local_address()).value(),
                   tcp::SocketAddress::parse(b.server.local_address()).value()});
  open("service.test:1", {.resolver = &resolver, .resolve_interval = Duration::zero()});
  EXPECT_EQ(ask().status.code, Code::Unavailable) << "the name is not known";
  EXPECT_EQ(ask("", {.wait_for_ready = true}).message, "a");
  a.stop();
  EXPECT_TRUE(soon([&] { return ask("", {.wait_for_ready = true}).message == "b"; }));
  EXPECT_EQ(resolver.asked, 3U);
  TearDown();  // before what it uses
}

TEST_F(GrpcChannel, TakesSoManyAddressesOfAName) {
  Named server(runtime_, "s");
  std::vector<tcp::SocketAddress> many;
  for (int port = 1; port < 20; ++port)
    many.push_back(tcp::SocketAddress::parse("127.0.0.1:" + std::to_string(port)).value());
  many.push_back(tcp::SocketAddress::parse(server.server.local_address()).value());
  class Many final : public grpc::NameResolver {
   public:
    explicit Many(std::vector<tcp::SocketAddress> all) : all_(std::move(all)) {}
    Task<Result<std::vector<tcp::SocketAddress>>> resolve(async::Executor&, grpc::Target,
                                                          CancelToken) override {
      co_return all_;
    }

   private:
    const std::vector<tcp::SocketAddress> all_;
  } resolver(std::move(many));
  ScriptedConnector refusing(std::vector<ScriptedConnector::Entry>{{.refuse = true}});
  open("service.test:1", {.resolver = &resolver, .connector = &refusing, .addresses_max = 7});
  EXPECT_EQ(ask().status.code, Code::Unavailable);
  EXPECT_EQ(refusing.connections, 7U);
  TearDown();  // before what it uses
}

TEST_F(GrpcChannel, ClosingLetsCallsEndAndTakesNoMore) {
  Named server(runtime_, "s");
  open(server.server.local_address());
  EXPECT_EQ(ask().message, "s");
  auto running = runtime_.spawn(channel_->unary("/test.Name/Tell", "wait"));
  runtime_.block_on(runtime_.sleep(milliseconds(20)));
  runtime_.block_on(channel_->close(milliseconds(20)));
  EXPECT_FALSE(running.wait().status.ok());
  EXPECT_EQ(ask().status.code, Code::Unavailable);
  EXPECT_EQ(channel_->state(), grpc::Connectivity::Shutdown);
}

TEST_F(GrpcChannel, GoingAwayEndsWhatRuns) {
  Named server(runtime_, "s");
  open(server.server.local_address());
  EXPECT_EQ(ask().message, "s");
  auto running = runtime_.spawn(channel_->unary("/test.Name/Tell", "wait"));
  runtime_.block_on(runtime_.sleep(milliseconds(20)));
  channel_.reset();
  EXPECT_EQ(running.wait().status.code, Code::Unavailable);
}

TEST_F(GrpcChannel, UnixSockets) {
  Named server(runtime_, "local", "unix:@avila-grpc-test-" + std::to_string(::getpid()));
  open("unix-abstract:avila-grpc-test-" + std::to_string(::getpid()));
  EXPECT_EQ(ask().message, "local");
}

}  // namespace
