// A server that says what a test tells it to, byte by byte; connections over pipes.
#pragma once
#include <atomic>
#include <avila/async/executor.hpp>
#include <avila/async/transport.hpp>
#include <avila/grpc/resolver.hpp>
#include <avila/grpc/server.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../http2/frames.hpp"

namespace avila_test {

using future::CancelToken;
using future::Task;

inline bool has_headers(std::string_view received) {
  if (received.size() < http2::kClientPreface.size()) return false;
  for (const auto& each : parse_frames(received.substr(http2::kClientPreface.size())))
    if (each.header.type == FrameType::Headers) return true;
  return false;
}

/// SETTINGS at once, `answer` when a request has come; then it hangs up, or says nothing until the
/// client leaves.
inline Task<void> play(std::unique_ptr<async::Transport> end, std::string first, std::string answer,
                       bool hang_up) {
  auto began = co_await end->write_all(as_bytes(first));
  std::string received;
  bool answered = !began.has_value();
  std::byte buffer[4096];
  while (true) {
    auto got = co_await end->read(buffer);
    if (!got.has_value() || *got == 0) co_return;
    received += as_text(ByteSpan(buffer, *got));
    if (answered || !has_headers(received)) continue;
    answered = true;
    auto written = co_await end->write_all(as_bytes(answer));
    if (!written.has_value() || hang_up) co_return;
  }
}

inline Task<void> serve_pipe(grpc::Server& server, std::unique_ptr<async::Transport> end) {
  co_await server.serve(std::move(end), "pipe");
}

/// Gives out connections in the order of its list; the last entry again and again.
class ScriptedConnector final : public grpc::Connector {
 public:
  struct Entry {
    bool refuse = false;
    grpc::Server* server = nullptr;  // or
    std::string answer;
    std::string first = frame(FrameType::Settings, 0, 0);
    bool hang_up = false;
  };
  explicit ScriptedConnector(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  Task<Result<std::unique_ptr<async::Transport>>> connect(async::Executor& executor,
                                                          tcp::SocketAddress,
                                                          CancelToken) override {
    const std::size_t index = std::min(connections.fetch_add(1), entries_.size() - 1);
    const Entry& entry = entries_[index];
    if (entry.refuse) co_return Error(Errc::ConnectionRefused, "refused as told");
    auto ends = async::make_pipe();
    if (entry.server != nullptr) {
      executor.spawn(serve_pipe(*entry.server, std::move(ends.second))).detach();
    } else {
      executor.spawn(play(std::move(ends.second), entry.first, entry.answer, entry.hang_up))
          .detach();
    }
    co_return std::move(ends.first);
  }
  std::atomic<std::size_t> connections{0};

 private:
  const std::vector<Entry> entries_;
};

}  // namespace avila_test
