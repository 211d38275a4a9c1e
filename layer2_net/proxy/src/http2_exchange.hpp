// HTTP/2 to an endpoint: a stream of a connection that others use too.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "alarm.hpp"
#include "endpoint.hpp"

namespace avila::proxy::detail {

class Http2Exchange final : public Exchange {
 public:
  Http2Exchange(EndpointPointer endpoint, std::shared_ptr<Http2Connection> connection, bool reused,
                const UpstreamOptions& options, Duration tick);
  ~Http2Exchange() override;

  Task<Result<void>> send_head(const OutgoingHead& head, ByteSpan body) override;
  Task<Result<void>> send_body(ByteSpan bytes) override;
  Task<Result<void>> send_end(const http::Headers& trailers) override;
  bool stop_sending() noexcept override { return false; }
  Task<Result<void>> receive_head() override;
  int status() const noexcept override {
    return interim_.has_value() ? interim_->status : exchange_->status();
  }
  void copy_headers(http::Headers& to) const override;
  std::optional<std::uint64_t> length() const noexcept override;
  std::optional<std::string> whole_body(std::size_t limit) override;
  std::optional<Result<ByteSpan>> receive_now() override;
  Task<Result<ByteSpan>> receive() override;
  bool has_piece() const noexcept override { return !exchange_->waits(); }
  const http::Headers& trailers() const noexcept override { return exchange_->trailers(); }
  std::unique_ptr<async::Transport> take_transport(std::string& received) override;
  bool sent_any() const noexcept override { return sent_any_; }
  bool reused() const noexcept override { return reused_; }
  void set_total(Duration limit) noexcept override { alarm_.set(Alarm::kTotal, limit); }
  void abort() noexcept override { alarm_.cancel(); }
  void follow(const CancelToken& cancel) override { follow_.emplace(cancel, CancelAlarm{&alarm_}); }

 protected:
  bool give_back(std::unique_ptr<Exchange>&) override { return false; }

 private:
  Error translate(Error error, std::string_view what);

  EndpointPointer endpoint_;
  std::shared_ptr<Http2Connection> connection_;
  const UpstreamOptions& options_;
  Alarm alarm_;
  std::optional<future::OnCancel<CancelAlarm>> follow_;
  std::optional<http2::Exchange> exchange_;
  std::optional<http2::Interim> interim_;  // what receive_head() has just given
  bool sent_any_ = false;
  const bool reused_;
};

}  // namespace avila::proxy::detail
