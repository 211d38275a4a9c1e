// Frames in one piece and in many give the same; what comes out is within the limits, and text is
// UTF-8.
#include <algorithm>
#include <avila/async/transport.hpp>
#include <avila/error/assert.hpp>
#include <avila/future/sync_wait.hpp>
#include <avila/text/utf8.hpp>
#include <avila/websocket/connection.hpp>
#include <cstddef>
#include <cstdint>

namespace {

using namespace avila;

/// Gives its bytes in pieces, and takes whatever is written.
class Replay final : public async::Transport {
 public:
  Replay(ByteSpan bytes, std::size_t piece) : rest_(bytes), piece_(piece) {}
  std::optional<Result<std::size_t>> try_read(MutableByteSpan buffer) override {
    const std::size_t n = std::min({buffer.size(), rest_.size(), piece_});
    std::copy_n(rest_.begin(), n, buffer.begin());
    rest_ = rest_.subspan(n);
    return Result<std::size_t>(n);
  }
  std::optional<Result<std::size_t>> try_write(ByteSpan bytes) override {
    written += as_text(bytes);
    return Result<std::size_t>(bytes.size());
  }
  future::Task<Result<std::size_t>> read(MutableByteSpan buffer, future::CancelToken) override {
    co_return *try_read(buffer);
  }
  future::Task<Result<void>> write_all(ByteSpan bytes, future::CancelToken) override {
    (void)try_write(bytes);
    co_return Result<void>();
  }
  future::Task<Result<void>> shutdown_write() override { co_return Result<void>(); }
  void close() noexcept override {}

  std::string written;

 private:
  ByteSpan rest_;
  std::size_t piece_;
};

future::Task<std::string> run(ByteSpan bytes, std::size_t piece, bool deflate) {
  constexpr std::size_t kMessageBytes = 4096;
  Replay transport(bytes, piece);
  websocket::Connection connection(transport, "", websocket::Role::Server,
                                   {.message_bytes = kMessageBytes, .fragments = 64},
                                   {.on = deflate});
  std::string log;
  while (true) {
    auto got = co_await connection.receive();
    if (!got.has_value()) {
      log += std::string(got.error().message());
      break;
    }
    if (!got->has_value()) break;
    AVILA_ASSERT((*got)->data.size() <= kMessageBytes);
    if ((*got)->kind == websocket::Kind::Text) AVILA_ASSERT(text::validate_utf8((*got)->data));
    log += (*got)->data + ";";
  }
  co_return log + transport.written;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const bool deflate = (data[0] & 1) != 0;
  const std::string whole = future::sync_wait(run(bytes, bytes.size() + 1, deflate));
  AVILA_ASSERT(future::sync_wait(run(bytes, 1 + data[0] / 2 % 20, deflate)) == whole);
  return 0;
}
