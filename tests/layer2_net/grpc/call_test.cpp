// Our client and our server: the four kinds of call, and everything that can come with one.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/grpc/channel.hpp>
#include <avila/grpc/server.hpp>
#include <avila_test/grpc_echo.hpp>

namespace {

using namespace avila;
using namespace avila_test;
using grpc::Code;

class Grpc : public ::testing::Test {
 protected:
  void start(grpc::DispatcherOptions options = {}, grpc::ChannelOptions channel = {}) {
    dispatcher_ = std::make_unique<grpc::Dispatcher>(std::move(options));
    ASSERT_TRUE(dispatcher_->add(echo_service()).has_value());
    for (auto& interceptor : interceptors_) dispatcher_->intercept(interceptor);
    server_ = std::make_unique<grpc::Server>(runtime_, *dispatcher_);
    ASSERT_TRUE(server_->listen("127.0.0.1:0").has_value());
    channel_.emplace(
        grpc::Channel::make(runtime_, server_->local_address(), std::move(channel)).value());
  }
  void TearDown() override {
    if (channel_.has_value()) runtime_.block_on(channel_->close());
    channel_.reset();
    if (server_ != nullptr) runtime_.block_on(server_->shutdown(milliseconds(200)));
  }
  grpc::Reply echo(std::string request, grpc::CallOptions options = {}) {
    return runtime_.block_on(
        channel_->unary("/test.Echo/Echo", std::move(request), std::move(options)));
  }

  async::Runtime runtime_{{.threads = 2}};
  std::vector<std::shared_ptr<grpc::ServerInterceptor>> interceptors_;
  std::unique_ptr<grpc::Dispatcher> dispatcher_;
  std::unique_ptr<grpc::Server> server_;
  std::optional<grpc::Channel> channel_;
};

TEST_F(Grpc, UnaryCallsOfEverySize) {
  start();
  for (const std::size_t size : {0, 1, 100, 16'383, 16'384, 70'000, 4'000'000}) {
    const std::string text(size, 'q');
    const grpc::Reply reply = echo(text);
    ASSERT_TRUE(reply.status.ok()) << size << " " << reply.status.to_string();
    EXPECT_EQ(reply.message, text);
  }
}

TEST_F(Grpc, MetadataTravelsBothWays) {
  start();
  grpc::CallOptions options;
  options.metadata.add("X-Ask", "one").add("x-ask-bin", std::string("\0\xff,=", 4));
  const grpc::Reply reply = echo("m", std::move(options));
  ASSERT_TRUE(reply.status.ok()) << reply.status.to_string();
  const grpc::Metadata expected = {{"x-ask", "one"}, {"x-ask-bin", std::string("\0\xff,=", 4)}};
  EXPECT_EQ(reply.initial_metadata, expected);
  EXPECT_EQ(reply.trailing_metadata, expected);
}

TEST_F(Grpc, EveryStatusComesWithItsMessageAndDetails) {
  start();
  for (int code = 1; code <= 16; ++code) {
    grpc::CallOptions options;
    options.metadata.add("x-ask", "1");
    const grpc::Reply reply =
        echo("fail:" + std::string(to_string(static_cast<Code>(code))), std::move(options));
    EXPECT_EQ(static_cast<int>(reply.status.code), code);
    EXPECT_EQ(reply.status.message, "é failed as told: 100%");
    EXPECT_EQ(reply.status.details, "details\xff");
    EXPECT_EQ(reply.trailing_metadata.find("x-ask"), "1") << "of a response without messages";
  }
  const grpc::Reply none = runtime_.block_on(channel_->unary("/test.Echo/None", ""));
  EXPECT_EQ(none.status.code, Code::Unimplemented);
}

Task<std::string> stream_in(grpc::Channel& channel) {
  auto call = co_await channel.call("/test.Echo/Count");
  auto written = co_await call.write_last(as_bytes(std::string_view("5")));
  if (!written.has_value()) co_return written.error().to_string();
  std::string all;
  while (true) {
    auto message = co_await call.read();
    if (!message.has_value()) co_return message.error().to_string();
    if (!message->has_value()) co_return all + call.status().to_string();
    all += **message + ",";
  }
}

Task<grpc::Reply> stream_out(grpc::Channel& channel, int messages) {
  auto call = co_await channel.call("/test.Echo/Join");
  for (int i = 0; i < messages; ++i) {
    const std::string text = std::to_string(i);
    auto written = co_await call.write(text);
    (void)written;
  }
  auto done = co_await call.writes_done();
  (void)done;
  auto reply = co_await call.reply();
  co_return reply;
}

Task<std::string> talk(grpc::Channel& channel, std::string last) {
  auto call = co_await channel.call("/test.Echo/Chat");
  std::string all;
  for (int i = 0; i < 4; ++i) {
    const std::string text = i < 3 ? std::to_string(i) : last;
    auto written = co_await call.write(text);
    if (!written.has_value()) co_return written.error().to_string();
    auto message = co_await call.read();
    if (!message.has_value()) co_return all + message.error().to_string();
    all += message->value_or("?") + " ";
  }
  auto done = co_await call.writes_done();
  (void)done;
  auto status = co_await call.finish();
  co_return all + status.to_string();
}

TEST_F(Grpc, StreamsOfAllKinds) {
  start();
  EXPECT_EQ(runtime_.block_on(stream_in(*channel_)), "0,1,2,3,4,OK");
  const grpc::Reply joined = runtime_.block_on(stream_out(*channel_, 3));
  EXPECT_EQ(joined.message, "0;1;2;") << joined.status.to_string();
  EXPECT_EQ(runtime_.block_on(stream_out(*channel_, 0)).message, "");
  EXPECT_EQ(runtime_.block_on(talk(*channel_, "3")), "re:0 re:1 re:2 re:3 OK");
  EXPECT_EQ(runtime_.block_on(talk(*channel_, "stop")), "re:0 re:1 re:2 stopped");
}

TEST_F(Grpc, OneMessageMeansOne) {
  start();
  EXPECT_EQ(runtime_.block_on(channel_->unary("/test.Echo/Count", "2")).status.code,
            Code::Unimplemented);
  EXPECT_EQ(runtime_.block_on(channel_->unary("/test.Echo/Count", "0")).status.code,
            Code::Unimplemented);
  const auto many = [](grpc::Channel& channel, int count) -> Task<grpc::Status> {
    auto call = co_await channel.call("/test.Echo/Echo");
    for (int i = 0; i < count; ++i) {
      auto written = co_await call.write(std::string_view("x"));
      (void)written;
    }
    auto done = co_await call.writes_done();
    (void)done;
    auto status = co_await call.finish();
    co_return status;
  };
  EXPECT_EQ(runtime_.block_on(many(*channel_, 0)).code, Code::Unimplemented);
  EXPECT_EQ(runtime_.block_on(many(*channel_, 2)).code, Code::Unimplemented);
}

/// Remembers what became of a call.
class Watcher final : public grpc::ServerInterceptor {
 public:
  Task<grpc::Status> intercept(grpc::ServerCall& call, grpc::Next next) override {
    auto status = co_await next(call);
    cancelled = call.cancel().cancelled();
    code = static_cast<int>(status.code);
    ++calls;
    co_return status;
  }
  std::atomic<bool> cancelled{false};
  std::atomic<int> code{-1}, calls{0};
};

template <class Condition>
bool soon(async::Runtime& runtime, Condition condition) {
  for (int i = 0; i < 2000 && !condition(); ++i) runtime.block_on(runtime.sleep(milliseconds(5)));
  return condition();
}

TEST_F(Grpc, DeadlinesReachTheServerAndEndTheCall) {
  const auto watcher = std::make_shared<Watcher>();
  interceptors_.push_back(watcher);
  start();
  EXPECT_EQ(echo("time").message, "none");
  const int left = std::stoi(echo("time", {.timeout = seconds(100)}).message);
  EXPECT_GT(left, 50'000);
  EXPECT_LE(left, 100'000);
  EXPECT_EQ(echo("wait", {.timeout = milliseconds(50)}).status.code, Code::DeadlineExceeded);
  EXPECT_TRUE(soon(runtime_, [&] { return watcher->calls == 3; }));
  EXPECT_TRUE(watcher->cancelled);
  EXPECT_EQ(echo("x", {.timeout = Duration::zero()}).status.code, Code::DeadlineExceeded);
}

Task<grpc::Status> cancel_soon(grpc::Channel& channel, bool abandon) {
  future::CancelSource stop;
  grpc::CallOptions options;
  auto call = co_await channel.call("/test.Echo/Echo", std::move(options), stop.token());
  auto written = co_await call.write_last(as_bytes(std::string_view("wait")));
  (void)written;
  auto slept = co_await future::sleep(milliseconds(20), stop.token());
  (void)slept;
  if (abandon) co_return grpc::Status();
  stop.cancel();
  auto status = co_await call.finish();
  co_return status;
}

TEST_F(Grpc, CancellationReachesTheServer) {
  const auto watcher = std::make_shared<Watcher>();
  interceptors_.push_back(watcher);
  start();
  EXPECT_EQ(runtime_.block_on(cancel_soon(*channel_, false)).code, Code::Cancelled);
  EXPECT_TRUE(soon(runtime_, [&] { return watcher->calls == 1; }));
  EXPECT_TRUE(watcher->cancelled);
  watcher->cancelled = false;
  EXPECT_TRUE(runtime_.block_on(cancel_soon(*channel_, true)).ok());
  EXPECT_TRUE(soon(runtime_, [&] { return watcher->calls == 2; }));
  EXPECT_TRUE(watcher->cancelled);
}

TEST_F(Grpc, MessagesAreCompressedBothWays) {
  for (const grpc::Encoding encoding :
       {grpc::Encoding::Gzip, grpc::Encoding::Deflate, grpc::Encoding::Zstd}) {
    start({.encoding = encoding}, {.encoding = encoding});
    const std::string text(100'000, 'z');
    EXPECT_EQ(echo(text).message, text);
    EXPECT_EQ(echo("tiny").message, "tiny");
    EXPECT_EQ(runtime_.block_on(talk(*channel_, "3")), "re:0 re:1 re:2 re:3 OK");
    TearDown();
  }
}

TEST_F(Grpc, LimitsOfMessagesAndMetadata) {
  start({.receive_bytes = 1000, .metadata_bytes = 2000}, {.receive_bytes = 5000});
  EXPECT_TRUE(echo(std::string(1000, 'x')).status.ok());
  EXPECT_EQ(echo(std::string(1001, 'x')).status.code, Code::ResourceExhausted);
  EXPECT_EQ(echo(std::string(100'000, 'x'), {.encoding = grpc::Encoding::Gzip}).status.code,
            Code::ResourceExhausted)
      << "small on the way, large when decompressed";
  EXPECT_TRUE(echo("big:5000").status.ok());
  EXPECT_EQ(echo("big:5001").status.code, Code::ResourceExhausted);
  EXPECT_TRUE(echo("big:9000", {.receive_bytes = 9000}).status.ok());
  grpc::CallOptions options;
  options.metadata.add("x-long", std::string(2000, 'm'));
  EXPECT_EQ(echo("x", std::move(options)).status.code, Code::ResourceExhausted);
  TearDown();
  start({.send_bytes = 1000, .encoding = grpc::Encoding::Gzip}, {.receive_bytes = 900});
  EXPECT_TRUE(echo("big:900").status.ok());
  EXPECT_EQ(echo("big:901").status.code, Code::ResourceExhausted) << "when decompressed";
  EXPECT_TRUE(echo("big:1000", {.receive_bytes = 1000}).status.ok());
  EXPECT_EQ(echo("big:1001", {.receive_bytes = 9000}).status.code, Code::ResourceExhausted)
      << "the server does not send it";
}

TEST_F(Grpc, MethodsWithTheCallInHand) {
  start();
  const auto forward = [](grpc::ServerCall& call) -> Task<grpc::Status> {
    auto request = co_await call.read_only();
    if (!request.has_value()) co_return grpc::Status::from_error(request.error());
    const std::string answer = std::string(call.method()) + ":" + *request;
    const bool taken = call.set_encoding(grpc::Encoding::Zstd);
    auto written = co_await call.write(answer);
    const bool late = call.set_encoding(grpc::Encoding::Gzip);
    if (!written.has_value() || !taken || late) co_return grpc::Status{Code::Internal, "", {}};
    co_return grpc::Status{Code::Ok, "", {}};
  };
  grpc::Service service("test.Raw");
  service.method("Forward", forward);
  ASSERT_TRUE(dispatcher_->add(std::move(service)).has_value());
  dispatcher_->otherwise(forward);
  const std::string text(5000, 'x');
  EXPECT_EQ(runtime_.block_on(channel_->unary("/test.Raw/Forward", text)).message,
            "/test.Raw/Forward:" + text);
  EXPECT_EQ(runtime_.block_on(channel_->unary("/nobody.Has/This", "m")).message,
            "/nobody.Has/This:m");
  grpc::Service again("test.Raw");
  again.method("Other", forward);
  EXPECT_TRUE(dispatcher_->add(std::move(again)).error().is(Errc::AlreadyExists));
  grpc::Service twice("test.Twice");
  twice.method("A", forward).method("A", forward);
  EXPECT_TRUE(dispatcher_->add(std::move(twice)).error().is(Errc::AlreadyExists));
}

class Marker final : public grpc::ServerInterceptor {
 public:
  explicit Marker(std::string mark) : mark_(std::move(mark)) {}
  Task<grpc::Status> intercept(grpc::ServerCall& call, grpc::Next next) override {
    if (call.metadata().find("x-refuse") == mark_)
      co_return grpc::Status{Code::PermissionDenied, mark_ + " refuses", {}};
    call.initial_metadata().add("x-mark", mark_);
    auto status = co_await next(call);
    co_return status;
  }
  bool sees_messages() const noexcept override { return true; }
  Result<void> received(grpc::ServerCall&, std::string& message) override {
    if (message == "bad") return Error(Code::InvalidArgument, "a bad word");
    message += "<" + mark_;
    return {};
  }
  Result<void> sending(grpc::ServerCall&, std::string& message) override {
    message += ">" + mark_;
    return {};
  }

 private:
  const std::string mark_;
};

class ClientMarker final : public grpc::ClientInterceptor {
 public:
  Task<Result<void>> start(grpc::CallStart& call, future::CancelToken) override {
    if (call.method.ends_with("Forbidden")) co_return Error(Code::Unauthenticated, "no");
    call.options.metadata.add("x-ask", "by interceptor");
    co_return Result<void>();
  }
  Result<void> sending(const grpc::CallStart&, std::string& message) override {
    message += "!";
    return {};
  }
  Result<void> received(const grpc::CallStart&, std::string& message) override {
    message += "?";
    return {};
  }
  void finished(const grpc::CallStart&, const grpc::Status& status,
                const grpc::Metadata& trailing) override {
    log += status.to_string() + ":" + std::string(trailing.find("x-ask").value_or("-")) + ";";
  }
  std::string log;
};

TEST_F(Grpc, InterceptorsStandAroundCalls) {
  interceptors_ = {std::make_shared<Marker>("a"), std::make_shared<Marker>("b")};
  const auto client = std::make_shared<ClientMarker>();
  start({}, {.interceptors = {client}});
  const grpc::Reply reply = echo("m");
  EXPECT_EQ(reply.message, "m!<a<b>a>b?") << reply.status.to_string();
  EXPECT_EQ(reply.initial_metadata.all("x-mark"), (std::vector<std::string_view>{"a", "b"}));
  grpc::CallOptions options;
  options.metadata.add("x-refuse", "b");
  EXPECT_EQ(echo("m", std::move(options)).status.message, "b refuses");
  EXPECT_EQ(runtime_.block_on(channel_->unary("/test.Echo/Forbidden", "")).status.code,
            Code::Unauthenticated);
  EXPECT_EQ(client->log, "OK:by interceptor;PERMISSION_DENIED: b refuses:-;UNAUTHENTICATED: no:-;");
}

Task<int> count_all(grpc::Channel& channel, std::string count) {
  auto call = co_await channel.call("/test.Echo/Count");
  auto written = co_await call.write_last(as_bytes(count));
  (void)written;
  int seen = 0;
  while (true) {
    auto message = co_await call.read();
    if (!message.has_value() || !message->has_value()) break;
    ++seen;
  }
  co_return seen;
}

TEST_F(Grpc, ManyCallsShareAConnection) {
  start();
  std::vector<async::JoinHandle<int>> running;
  for (int i = 0; i < 200; ++i) running.push_back(runtime_.spawn(count_all(*channel_, "20")));
  for (auto& each : running) EXPECT_EQ(each.wait(), 20);
}

TEST_F(Grpc, AServerThatShutsDownLetsCallsEnd) {
  start();
  ASSERT_TRUE(echo("warm").status.ok());
  const auto chat_on = [](grpc::Channel& channel) -> Task<std::string> {
    auto call = co_await channel.call("/test.Echo/Chat");
    auto written = co_await call.write(std::string_view("a"));
    (void)written;
    auto first = co_await call.read();
    if (!first.has_value()) co_return first.error().to_string();
    co_await future::sleep(milliseconds(60));
    written = co_await call.write(std::string_view("b"));
    auto second = co_await call.read();
    if (!second.has_value()) co_return second.error().to_string();
    auto done = co_await call.writes_done();
    (void)done;
    auto status = co_await call.finish();
    co_return second->value_or("none") + " " + status.to_string();
  };
  auto chatting = runtime_.spawn(chat_on(*channel_));
  runtime_.block_on(runtime_.sleep(milliseconds(20)));
  auto stopping = runtime_.spawn(server_->shutdown(seconds(10)));
  EXPECT_EQ(chatting.wait(), "re:b OK");
  stopping.wait();
  EXPECT_EQ(echo("late").status.code, Code::Unavailable);
}

// A slow reader holds the writer back, and nothing is lost.
TEST_F(Grpc, FlowControlHoldsWritersBack) {
  start();
  const auto slow = [](grpc::Channel& channel) -> Task<std::size_t> {
    auto call = co_await channel.call("/test.Echo/Echo");
    const std::string want = "big:4000000";
    auto written = co_await call.write_last(as_bytes(want));
    (void)written;
    co_await future::sleep(milliseconds(50));
    auto reply = co_await call.reply();
    co_return reply.message.size();
  };
  EXPECT_EQ(runtime_.block_on(slow(*channel_)), 4'000'000U);
}

}  // namespace
