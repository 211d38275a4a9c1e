// One call of a client, over as many streams as it takes until a server has begun it.
#pragma once
#include <atomic>
#include <avila/future/sleep.hpp>

#include "channel_state.hpp"

namespace avila::grpc::detail {

class ClientCall {
 public:
  ClientCall(std::shared_ptr<ChannelState> channel, CallStart start, const CancelToken& cancel);
  ~ClientCall();
  ClientCall(const ClientCall&) = delete;
  ClientCall& operator=(const ClientCall&) = delete;

  /// Interceptors, deadline, connection, stream. `corked`: the head leaves with the first message.
  /// What goes wrong is the status.
  Task<void> begin(bool corked);
  Task<Result<void>> write(ByteSpan message, bool last);
  Task<Result<void>> half_close();
  Task<Result<void>> head();
  Task<Result<std::optional<std::string>>> read();
  Task<Reply> reply();
  void cancel() noexcept { stop_.cancel(); }
  /// Nobody wants it any more.
  void abandon();
  /// Ends it here.
  void refuse(Status status) { end(std::move(status)); }

  const Status& status() const noexcept { return status_; }
  const Metadata& initial() const noexcept { return initial_; }
  const Metadata& trailing() const noexcept { return trailing_; }

 private:
  struct Attempt {
    Picked picked;  // outlives the exchange
    http2::Exchange exchange;
  };
  struct ResetStream {
    ClientCall* call;
    void operator()() const noexcept { call->reset_stream(); }
  };

  std::shared_ptr<Attempt> attempt();
  CancelToken token() const noexcept;
  void reset_stream() noexcept;
  Task<Result<void>> open(bool corked);
  http2::RequestStart request_start() const;
  Task<bool> retry(std::shared_ptr<Attempt> failed);
  Status cancelled_status() const;
  Status status_of(Attempt& attempt, const Error& error) const;
  Result<void> take_head(const http2::Exchange& exchange);
  void take_trailers(const http::Headers& trailers);
  Error fail(Status status);
  void end(Status status);
  Error ended_error() const;

  const std::shared_ptr<ChannelState> channel_;
  CallStart start_;
  Encoding encoding_;
  std::uint64_t receive_bytes_;
  CancelSource stop_;
  Instant deadline_at_ = Instant::max();
  std::optional<future::Deadline> deadline_;
  std::optional<future::OnCancel<ResetStream>> on_cancel_;

  std::mutex mutex_;
  std::shared_ptr<Attempt> attempt_;    // under mutex_; shared with who uses the stream
  std::atomic<bool> over_{false};       // set after what is below, up to status_
  std::atomic<bool> committed_{false};  // a server has answered: no second try
  Metadata initial_, trailing_;
  Status status_;

  future::AsyncMutex writing_;  // of what follows
  int attempts_ = 0;
  std::string replay_;
  bool replayable_ = true;
  bool half_closed_ = false;

  // The reader's.
  bool head_taken_ = false;
  std::shared_ptr<Attempt> reading_;
  MessageReader messages_;
  Encoding response_encoding_ = Encoding::Identity;
  ByteSpan rest_;
};

}  // namespace avila::grpc::detail
