// HTTP/1.1 to an endpoint: one connection, one request at a time, then back to the pool.
#pragma once
#include <avila/http/parser.hpp>
#include <memory>
#include <optional>
#include <string>

#include "alarm.hpp"
#include "exchange.hpp"

namespace avila::proxy::detail {

struct Endpoint;

class Http1Exchange final : public Exchange {
 public:
  Http1Exchange(std::unique_ptr<async::Transport> transport, const UpstreamOptions& options,
                Duration tick);
  ~Http1Exchange() override;

  /// To be called for each request.
  void begin(std::shared_ptr<Endpoint> endpoint, bool reused);
  /// An idle connection: still open, and nothing came that nobody asked for.
  bool alive();
  Instant idle_since{};

  Task<Result<void>> send_head(const OutgoingHead& head, ByteSpan body) override;
  Task<Result<void>> send_body(ByteSpan bytes) override;
  Task<Result<void>> send_end(const http::Headers& trailers) override;
  bool stop_sending() noexcept override {
    if (writing_.has_value()) writing_->cancel();
    return true;
  }
  Task<Result<void>> receive_head() override;
  int status() const noexcept override { return head_.status; }
  void copy_headers(http::Headers& to) const override;
  std::optional<std::uint64_t> length() const noexcept override;
  std::optional<std::string> whole_body(std::size_t limit) override;
  std::optional<Result<ByteSpan>> receive_now() override;
  Task<Result<ByteSpan>> receive() override;
  bool has_piece() const noexcept override { return false; }
  const http::Headers& trailers() const noexcept override { return decoder_.trailers(); }
  std::unique_ptr<async::Transport> take_transport(std::string& received) override;
  bool sent_any() const noexcept override { return sent_any_; }
  bool reused() const noexcept override { return reused_; }
  void set_total(Duration limit) noexcept override { alarm_.set(Alarm::kTotal, limit); }
  void abort() noexcept override { alarm_.cancel(); }
  void follow(const CancelToken& cancel) override { follow_.emplace(cancel, CancelAlarm{&alarm_}); }

 protected:
  bool give_back(std::unique_ptr<Exchange>& self) override;

 private:
  static constexpr int kInterimMax = 100;
  static constexpr std::size_t kFirstBytes = 16 * 1024;
  static constexpr std::size_t kStreamBytes = 128 * 1024;  // where a large body comes
  static constexpr std::size_t kKeptBytes = 16 * 1024;     // of the buffers of an idle connection

  std::string_view received() const noexcept {
    return {reinterpret_cast<const char*>(in_.get()) + begin_, end_ - begin_};
  }
  MutableByteSpan room(std::size_t capacity);
  Result<bool> write_now(ByteSpan& bytes);
  Task<Result<void>> write(ByteSpan bytes);
  Error translate(Error error, std::string_view what) const;
  std::optional<Result<ByteSpan>> decode();
  Result<void> took(std::size_t count);

  std::unique_ptr<async::Transport> transport_;
  std::shared_ptr<Endpoint> endpoint_;  // while a request is under way
  const UpstreamOptions& options_;      // the endpoint's upstream holds them
  Alarm alarm_;
  std::optional<future::OnCancel<CancelAlarm>> follow_;
  std::string out_;
  http::Framing sending_;
  std::optional<future::CancelSource> writing_;  // where a body is streamed
  bool sent_any_ = false;
  bool sent_all_ = false;
  bool reused_ = false;
  http::Method method_ = http::Method::Get;
  bool expect_continue_ = false;
  int interim_count_ = 0;

  std::unique_ptr<std::byte[]> in_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  http::HeadScanner scanner_;
  http::ResponseHead head_;  // its views are into the buffer until the body is read
  bool have_head_ = false;
  bool filled_ = false;  // the last read took all that there was room for
  http::BodyDecoder decoder_;
};

}  // namespace avila::proxy::detail
