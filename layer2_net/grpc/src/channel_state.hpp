// Addresses, their connections, and which of them a call goes to.
#pragma once
#include <avila/future/sync.hpp>
#include <avila/grpc/channel.hpp>
#include <avila/http2/client.hpp>
#include <mutex>

namespace avila::grpc::detail {

using future::CancelSource;

/// One address. Guarded by the channel's mutex.
struct Subchannel {
  Subchannel(tcp::SocketAddress to, const CancelToken& parent)
      : address(std::move(to)), stop(parent) {}
  const tcp::SocketAddress address;
  CancelSource stop;
  Connectivity state = Connectivity::Idle;
  std::shared_ptr<http2::ClientConnection> connection;  // shared with calls
  std::size_t calls = 0;
  int failures = 0;  // in a row
  std::string error;
};

/// A call's hold on a connection.
class Picked {
 public:
  Picked(std::shared_ptr<ChannelState> channel, std::shared_ptr<Subchannel> subchannel);
  Picked(Picked&& other) noexcept = default;
  Picked& operator=(Picked&&) = delete;
  ~Picked();
  http2::ClientConnection& connection() const noexcept { return *connection_; }

 private:
  std::shared_ptr<ChannelState> channel_;
  std::shared_ptr<Subchannel> subchannel_;
  std::shared_ptr<http2::ClientConnection> connection_;
};

struct ChannelState : std::enable_shared_from_this<ChannelState> {
  ChannelState(async::Executor& runs_on, Target to, ChannelOptions given);

  /// Waits for a connection. Errors: Code::Unavailable, Cancelled.
  Task<Result<Picked>> pick(bool wait_for_ready, CancelToken cancel);
  Connectivity connectivity();
  /// Under the mutex.
  bool busy() const noexcept;

  async::Executor& executor;
  const Target target;
  const ChannelOptions options;
  const std::string authority;
  std::mutex mutex;
  future::Signal changed;
  CancelSource stop;
  // Under the mutex.
  std::vector<std::shared_ptr<Subchannel>> subchannels;
  bool closed = false;
  std::size_t calls = 0;
  std::size_t tasks = 0;
  bool resolving = false;
  int resolve_failures = 0;
  std::string resolve_error;
  Instant resolved_at{};
  std::size_t next = 0;  // of the round
  Duration keepalive_time;

 private:
  std::shared_ptr<Subchannel> choose();
  std::optional<Error> failure() const;
  void start(const std::shared_ptr<Subchannel>& subchannel);
  void start_resolving();
  void look_again();
  void take_addresses(std::vector<tcp::SocketAddress> addresses);
  Duration pause(int failures);
  void heed(const std::optional<http2::Goaway>& goaway);

  Task<void> live(std::shared_ptr<ChannelState> self, std::shared_ptr<Subchannel> subchannel);
  Task<Result<std::shared_ptr<http2::ClientConnection>>> establish(tcp::SocketAddress address,
                                                                   CancelToken cancel);
  Task<void> watch(std::shared_ptr<Subchannel> subchannel,
                   std::shared_ptr<http2::ClientConnection> connection);
  Task<void> resolve(std::shared_ptr<ChannelState> self);
};

}  // namespace avila::grpc::detail
