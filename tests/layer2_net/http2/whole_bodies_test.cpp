// What the bodies that are read whole may take of a connection's memory: hostile peers, handlers
// that take their time, and honest uploads that are more than there is room for.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/future/sync.hpp>
#include <avila/http2/client.hpp>
#include <avila/http2/server.hpp>
#include <map>
#include <memory>

#include "frames.hpp"

namespace {

using namespace avila;
using avila_test::frame;
using future::Task;
using http::Request;
using http::Response;

constexpr std::size_t kKiB = 1024;

class Uploads final : public http::Handler {
 public:
  Task<Response> handle(Request& request) override {
    const std::size_t size = request.body.size();
    held += size;
    if (request.path == "/hold") {
      auto waited = co_await go.wait();
      (void)waited;
    } else {
      co_await future::yield();
    }
    held -= size;
    co_return Response::text(200, std::to_string(size));
  }
  future::Event go;
  std::atomic<std::size_t> held{0};
};

/// A peer of our own making, that keeps to the windows which it is given.
class Peer {
 public:
  explicit Peer(async::Transport& transport) : transport_(transport) {}

  void open(std::uint32_t id, const std::string& path) {
    windows[id] = stream_window;
    out_ += frame(
        http2::FrameType::Headers, http2::flags::kEndHeaders, id,
        avila_test::block(
            {{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", "a"}}));
  }
  /// As much of `bytes` as the windows let through; how much.
  std::size_t send(std::uint32_t id, std::size_t bytes) {
    std::size_t all = 0;
    while (all < bytes) {
      const std::int64_t window = std::min(windows[id], connection_window);
      if (window <= 0) break;
      const std::size_t n =
          std::min({bytes - all, static_cast<std::size_t>(window), std::size_t{16'384}});
      out_ += frame(http2::FrameType::Data, 0, id, std::string(n, 'd'));
      windows[id] -= static_cast<std::int64_t>(n);
      connection_window -= static_cast<std::int64_t>(n);
      all += n;
    }
    return all;
  }
  void end(std::uint32_t id) {
    out_ += frame(http2::FrameType::Data, http2::flags::kEndStream, id);
  }
  void reset(std::uint32_t id) {
    out_ += frame(http2::FrameType::RstStream, 0, id, avila_test::u32(8));
  }

  /// Sends what there is, and hears all that the server says to it.
  Task<bool> turn() {
    out_ += frame(http2::FrameType::Ping, 0, 0, "12345678");
    const std::string out = std::exchange(out_, std::string());
    auto written = co_await transport_.write_all(as_bytes(out));
    if (!written.has_value()) co_return false;
    bool answered = false;
    while (!answered) {
      auto heard = co_await hear();
      if (!heard.has_value()) co_return false;
      answered = *heard;
    }
    co_return true;
  }
  /// Until there is an answer on that stream.
  Task<bool> until_answered(std::uint32_t id) {
    while (answers.count(id) == 0) {
      auto heard = co_await hear();
      if (!heard.has_value()) co_return false;
    }
    co_return true;
  }

  static constexpr std::int64_t stream_window = 64 * kKiB;
  std::map<std::uint32_t, std::int64_t> windows;
  std::int64_t connection_window = 65'535;
  std::uint64_t connection_given = 65'535;
  std::map<std::uint32_t, std::string> answers;  // ":status", or "reset " and the code

 private:
  /// Whether the PING was answered.
  Task<Result<bool>> hear() {
    std::byte buffer[4096];
    future::Deadline deadline(seconds(30));
    auto got = co_await transport_.read(buffer, deadline.token());
    AVILA_CO_TRY(const std::size_t n, std::move(got));
    if (n == 0) co_return Error(Errc::Closed, "the server is gone");
    in_ += as_text(ByteSpan(buffer, n));
    bool answered = false;
    for (const auto& each : avila_test::parse_frames(in_)) {
      in_.erase(0, http2::kFrameHeaderBytes + each.payload.size());
      const std::uint32_t id = each.header.stream;
      switch (each.header.type) {
        case http2::FrameType::WindowUpdate:
          if (id == 0) {
            connection_window += each.number(0);
            connection_given += each.number(0);
          } else {
            windows[id] += each.number(0);
          }
          break;
        case http2::FrameType::Headers: {
          http2::HeaderList list;
          if (!decoder_.decode(as_bytes(each.payload), 65'536, list).has_value())
            co_return Error(Errc::Malformed, "the head");
          answers[id] = list[0].value;
          break;
        }
        case http2::FrameType::RstStream:
          if (answers.count(id) == 0) answers[id] = "reset " + std::to_string(each.number(0));
          break;
        case http2::FrameType::Ping: answered = true; break;
        default: break;
      }
    }
    co_return answered;
  }

  async::Transport& transport_;
  std::string out_ = avila_test::preface(), in_;
  http2::HpackDecoder decoder_{4096};
};

class WholeBodies : public ::testing::Test {
 protected:
  void serve(std::uint64_t body_bytes, std::uint64_t budget, std::uint32_t streams,
             Duration body_timeout = seconds(60)) {
    auto ends = async::make_pipe();
    transport_ = std::move(ends.first);
    client_end_ = std::move(ends.second);
    http2::ServerOptions options{
        .body_bytes = body_bytes, .connection_body_bytes = budget, .body_timeout = body_timeout};
    options.engine.concurrent_streams = streams;
    options.engine.stream_window_bytes = Peer::stream_window;
    server_ = std::make_unique<http2::Server>(options);
    served_ = runtime_.spawn(
        server_->serve(*transport_, "", "pipe", handler_, drain_.token(), stop_.token()));
  }
  void TearDown() override {
    handler_.go.set();
    stop_.cancel();
    served_.wait();
  }
  bool turn(Peer& peer) { return runtime_.block_on(peer.turn()); }
  /// Sends up to `bytes` of each, until the server lets nothing more through; what it let through.
  std::map<std::uint32_t, std::size_t> send_all(Peer& peer, std::vector<std::uint32_t> ids,
                                                std::size_t bytes) {
    std::map<std::uint32_t, std::size_t> sent;
    for (bool moved = true; moved;) {
      moved = false;
      for (const std::uint32_t id : ids) {
        const std::size_t n = peer.send(id, bytes - sent[id]);
        sent[id] += n;
        moved |= n > 0;
      }
      if (!turn(peer)) ADD_FAILURE() << "the connection broke off";
    }
    return sent;
  }

  async::Runtime runtime_{{.threads = 2}};
  Uploads handler_;
  future::CancelSource drain_, stop_;
  std::unique_ptr<async::Transport> transport_, client_end_;
  std::unique_ptr<http2::Server> server_;
  async::JoinHandle<void> served_;
};

std::vector<std::uint32_t> first_streams(std::uint32_t count) {
  std::vector<std::uint32_t> ids;
  for (std::uint32_t i = 0; i < count; ++i) ids.push_back(2 * i + 1);
  return ids;
}

TEST_F(WholeBodies, StreamsThatNeverEndTakeTheBudgetAndOneBody) {
  constexpr std::size_t kBody = 1024 * kKiB, kBudget = 2048 * kKiB;
  serve(kBody, kBudget, 16);
  Peer peer(*client_end_);
  const auto ids = first_streams(16);
  for (const std::uint32_t id : ids) peer.open(id, "/");
  ASSERT_TRUE(turn(peer));
  const auto sent = send_all(peer, ids, kBody);
  std::size_t all = 0;
  for (const auto& [id, bytes] : sent) all += bytes;
  EXPECT_LE(all, kBudget + kBody);  // of 16 MiB
  EXPECT_GE(all, kBudget);
  EXPECT_TRUE(peer.answers.empty());
  EXPECT_GT(peer.connection_window, 0);  // for others
  for (const std::uint32_t id : ids) {
    (void)send_all(peer, {id}, kBody - sent.at(id));
    peer.end(id);
    ASSERT_TRUE(turn(peer));
    ASSERT_TRUE(runtime_.block_on(peer.until_answered(id)));
    EXPECT_EQ(peer.answers[id], "200");
  }
}

TEST_F(WholeBodies, HandlersOfResetStreamsKeepToIt) {
  constexpr std::size_t kBody = 64 * kKiB, kBudget = 1024 * kKiB;
  serve(kBody, kBudget, 16);
  Peer peer(*client_end_);
  ASSERT_TRUE(turn(peer));
  std::size_t refused = 0;
  for (const std::uint32_t id : first_streams(30)) {  // 32 handlers there may be
    peer.open(id, "/hold");
    const auto sent = send_all(peer, {id}, kBody);
    EXPECT_EQ(sent.at(id), kBody);
    if (peer.answers.count(id) > 0) {
      EXPECT_EQ(peer.answers[id], "reset 7");  // REFUSED_STREAM
      ++refused;
      continue;
    }
    peer.end(id);
    peer.reset(id);
    ASSERT_TRUE(turn(peer));
  }
  EXPECT_LE(handler_.held.load(), kBudget);
  EXPECT_EQ(refused, 14U);
  handler_.go.set();
  while (handler_.held.load() > 0) std::this_thread::yield();
  peer.open(101, "/");
  (void)send_all(peer, {101}, 10);
  peer.end(101);
  ASSERT_TRUE(turn(peer));
  ASSERT_TRUE(runtime_.block_on(peer.until_answered(101)));
  EXPECT_EQ(peer.answers[101], "200");
}

// All wait for a handler that does not end: the newest that has taken of what the others want goes.
TEST_F(WholeBodies, WhereAHandlerKeepsWhatAllWaitForOneGoes) {
  constexpr std::size_t kBody = 160 * kKiB;
  serve(kBody, 256 * kKiB, 4, seconds(2));
  Peer peer(*client_end_);
  const auto ids = first_streams(4);
  for (const std::uint32_t id : ids) peer.open(id, id == 5 ? "/hold" : "/");
  ASSERT_TRUE(turn(peer));
  auto sent = send_all(peer, ids, kBody);
  EXPECT_EQ(sent[1], 128 * kKiB);
  EXPECT_EQ(sent[3], 128 * kKiB);
  EXPECT_EQ(sent[5], kBody);  // the one that goes on beyond the budget
  EXPECT_EQ(sent[7], 64 * kKiB);
  peer.end(5);
  ASSERT_TRUE(turn(peer));
  ASSERT_TRUE(runtime_.block_on(peer.until_answered(3)));
  EXPECT_EQ(peer.answers[3], "503");
  for (const std::uint32_t id : {1U, 7U}) {
    const std::size_t rest = kBody - sent[id];
    EXPECT_EQ(send_all(peer, {id}, rest).at(id), rest);
    peer.end(id);
    ASSERT_TRUE(turn(peer));
    ASSERT_TRUE(runtime_.block_on(peer.until_answered(id)));
    EXPECT_EQ(peer.answers[id], "200");
  }
  EXPECT_EQ(peer.answers.count(5), 0U);
  handler_.go.set();
  ASSERT_TRUE(runtime_.block_on(peer.until_answered(5)));
  EXPECT_EQ(peer.answers[5], "200");
}

// What was given back once is not given back again when the body is refused.
TEST_F(WholeBodies, ARefusedBodyLeavesTheConnectionsWindowAsItWas) {
  serve(500 * kKiB, 1024 * kKiB, 4);
  Peer peer(*client_end_);
  ASSERT_TRUE(turn(peer));
  const std::uint64_t begin = peer.connection_given;
  std::uint64_t sent = 0;
  for (const std::uint32_t id : first_streams(5)) {
    peer.open(id, "/");
    sent += send_all(peer, {id}, 520 * kKiB).at(id);
    EXPECT_EQ(peer.answers[id], "413");
    peer.reset(id);
    ASSERT_TRUE(turn(peer));
  }
  EXPECT_LE(peer.connection_given - begin, sent);
}

Task<std::string> upload(http2::ClientConnection& client, std::size_t bytes) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = "http://pipe/";
  request.body = std::string(bytes, 'u');
  auto response = co_await client.send(std::move(request));
  if (!response.has_value()) co_return response.error().to_string();
  co_return std::to_string(response->status) + " " + response->body;
}

TEST_F(WholeBodies, HonestUploadsAllSucceedWithinTheBudgetAndBeyondIt) {
  for (const std::uint64_t budget : {64 * 1024 * kKiB, 2 * 1024 * kKiB, kKiB}) {
    serve(1024 * kKiB, budget, 16);
    http2::ClientConnection client(runtime_, std::move(client_end_));
    std::vector<async::JoinHandle<std::string>> running;
    // With less than twice what 16 windows begin with, one that comes alone has its place.
    const std::size_t count = budget >= 2 * 1024 * kKiB ? 40 : 1;
    for (std::size_t i = 0; i < count; ++i)
      running.push_back(runtime_.spawn(upload(client, 1024 * kKiB - i)));
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(running[i].wait(), "200 " + std::to_string(1024 * kKiB - i)) << budget;
    runtime_.block_on(client.close());
    served_.wait();
  }
}

}  // namespace
