// The client: a channel to all addresses of a target, and calls on it.
#pragma once
#include <avila/async/security.hpp>
#include <avila/grpc/metadata.hpp>
#include <avila/grpc/resolver.hpp>
#include <avila/grpc/status.hpp>
#include <avila/grpc/wire.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace avila::os {
class Entropy;
}

namespace avila::grpc {

class ServerCall;

namespace detail {
struct ChannelState;
class ClientCall;
}  // namespace detail

struct CallOptions {
  std::optional<Duration> timeout;  ///< until the deadline; told to the server
  Metadata metadata;
  bool wait_for_ready = false;       ///< do not fail where no address can be reached: wait
  std::optional<Encoding> encoding;  ///< of our messages; else the channel's
  std::optional<std::uint64_t> receive_bytes;  ///< of a message; else the channel's

  /// For a call made on behalf of another: its deadline. Its cancel() goes into the call's token.
  static CallOptions of(const ServerCall& call);
};

/// What a call is about to be, for interceptors.
struct CallStart {
  std::string method;  ///< "/pkg.Service/Method"
  CallOptions options;
};

/// Stands around the calls of a channel: credentials, logs, metrics. Used by many calls at once.
class ClientInterceptor {
 public:
  virtual ~ClientInterceptor() = default;
  /// May add metadata, change options, or refuse: then the call ends with that error.
  virtual Task<Result<void>> start(CallStart& call, CancelToken cancel);
  /// Sees, and may change or refuse, each message.
  virtual Result<void> sending(const CallStart& call, std::string& message);
  virtual Result<void> received(const CallStart& call, std::string& message);
  virtual void finished(const CallStart& call, const Status& status, const Metadata& trailing);
};

/// Everything about a call with one response.
struct Reply {
  Status status;
  std::string message;  ///< where the status is Ok
  Metadata initial_metadata, trailing_metadata;

  /// The message, or the status as an Error of its Code.
  Result<std::string> result() &&;
};

/// A call under way. One task writes, one reads; they may be two. Going away, which it does when
/// none of its functions runs, cancels it. The executor outlives it.
class Call {
 public:
  explicit Call(std::shared_ptr<detail::ClientCall> call) noexcept;
  ~Call();
  Call(Call&&) noexcept = default;
  Call& operator=(Call&&) = delete;

  /// Sends a message; waits while the server is slow. Errors: Closed (the call has ended: read()
  /// says how), Cancelled, Code::ResourceExhausted.
  Task<Result<void>> write(ByteSpan message);
  Task<Result<void>> write(std::string_view message) { return write(as_bytes(message)); }
  /// The last one.
  Task<Result<void>> write_last(ByteSpan message);
  /// No more messages.
  Task<Result<void>> writes_done();

  /// Waits for the server's initial metadata; views live as long as the call. Errors: as read().
  Task<Result<const Metadata*>> initial_metadata();
  /// The next message; nothing when the call has ended with Ok. Errors: the status, as an Error of
  /// its Code.
  Task<Result<std::optional<std::string>>> read();
  /// The status; drops messages that were not read.
  Task<Status> finish();
  /// The only message, and how it ended.
  Task<Reply> reply();

  const Status& status() const noexcept;               ///< after the end
  const Metadata& trailing_metadata() const noexcept;  ///< after the end
  /// Ends it with Code::Cancelled. Any thread.
  void cancel() noexcept;

 private:
  std::shared_ptr<detail::ClientCall> call_;  // shared with tasks within its functions
};

enum class Balancing : std::uint8_t {
  PickFirst,    ///< the first address that can be reached
  RoundRobin,   ///< all that can be reached, in turn
  LeastLoaded,  ///< of those, the one with the fewest calls of ours under way
};

/// connection-backoff.md of the gRPC project.
struct Backoff {
  Duration first = seconds(1);
  double factor = 1.6;
  double jitter = 0.2;
  Duration longest = seconds(120);
};

struct ChannelOptions {
  async::Security* security = nullptr;  ///< null: without TLS; outlives the channel
  std::string authority;                ///< else the target's
  Balancing balancing = Balancing::PickFirst;
  NameResolver* resolver = nullptr;  ///< null: the system's; outlives the channel
  Connector* connector = nullptr;    ///< null: TCP and Unix sockets; outlives the channel
  std::vector<std::shared_ptr<ClientInterceptor>> interceptors;  ///< the first sees calls first
  Encoding encoding = Encoding::Identity;
  std::uint64_t receive_bytes = kReceiveBytesMax;  ///< of a message, before and after decompression
  std::uint32_t metadata_bytes = 16 * 1024;        ///< of a server's head and of its trailers
  std::optional<Duration> timeout;                 ///< of calls that say none
  Duration connect_timeout = seconds(20);          ///< with TLS and the server's SETTINGS
  Backoff backoff;
  Duration resolve_interval = seconds(30);     ///< at least, between two look-ups of the name
  std::size_t addresses_max = 100;             ///< of a name; the rest is not used
  Duration keepalive_time = Duration::zero();  ///< between PINGs; zero: none
  Duration keepalive_timeout = seconds(20);    ///< without an answer the connection ends
  bool keepalive_without_calls = false;
  Duration idle_timeout = minutes(30);   ///< of a connection without calls
  Duration write_timeout = minutes(10);  ///< without a byte taken, by a connection or a call
  /// Of messages kept to begin a call anew that no server has begun; past it: no second try.
  std::size_t retry_bytes = 256 * 1024;
  int attempts_max = 5;  ///< of such a call
  std::string user_agent = "grpc-avila/1";
  os::Entropy* entropy = nullptr;  ///< of the jitter; null: the system's
};

enum class Connectivity : std::uint8_t { Idle, Connecting, Ready, TransientFailure, Shutdown };
std::string_view to_string(Connectivity state) noexcept;

/// Connects when it is needed, anew when it must, waiting longer each time. Thread-safe. The
/// executor outlives it.
class Channel {
 public:
  /// Errors: InvalidArgument, for the target.
  static Result<Channel> make(async::Executor& executor, std::string_view target,
                              ChannelOptions options = {});
  /// Cancels what runs.
  ~Channel();
  Channel(Channel&&) noexcept = default;
  Channel& operator=(Channel&&) = delete;

  /// One request, one response. `method`: "/pkg.Service/Method".
  Task<Reply> unary(std::string method, std::string request, CallOptions options = {},
                    CancelToken cancel = {});
  /// Begins a call of any kind. What goes wrong is its status.
  Task<Call> call(std::string method, CallOptions options = {}, CancelToken cancel = {});

  /// Waits until an address is connected. Errors: Unavailable, Cancelled.
  Task<Result<void>> connect(CancelToken cancel = {});
  Connectivity state() const noexcept;
  /// No new calls; waits for those that run, at most `drain`, then closes.
  Task<void> close(Duration drain = seconds(1));

 private:
  explicit Channel(std::shared_ptr<detail::ChannelState> state) noexcept;
  std::shared_ptr<detail::ChannelState> state_;  // shared with its tasks and calls
};

}  // namespace avila::grpc
