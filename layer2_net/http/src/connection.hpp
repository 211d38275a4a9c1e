// One server connection: reads requests, has them handled, writes responses in their order.
#pragma once
#include <algorithm>
#include <atomic>
#include <avila/async/transport.hpp>
#include <avila/future/scheduler.hpp>
#include <avila/future/sync.hpp>
#include <avila/http/message.hpp>
#include <avila/http/server.hpp>
#include <memory>
#include <optional>
#include <string>

#include "response_writer.hpp"

namespace avila::tcp {
class Stream;
}

namespace avila::http {

/// Shared by a server and its connections.
struct Server::State {
  State(async::Executor& executor_value, Handler& handler_value, ServerOptions options_value)
      : executor(executor_value), handler(handler_value), options(std::move(options_value)) {}

  async::Executor& executor;
  Handler& handler;
  const ServerOptions options;
  std::atomic<bool> draining{false};
  future::CancelSource drain;  // idle connections and listeners
  future::CancelSource stop;   // everything
  std::atomic<std::uint64_t> accepted{0}, active{0}, refused{0}, requests{0};
  std::atomic<std::uint64_t> requests_refused{0}, timeouts{0}, handshakes_failed{0};
  std::atomic<std::uint32_t> accept_loops{0};
  std::string first_address;
  std::atomic<std::uint16_t> first_port{0};
};

namespace detail {

/// Cancels the connection when it lingers: a timer that looks at a deadline now and then, so that
/// moving the deadline costs a store.
class Watchdog {
 public:
  /// `watched`: whose hanging up cancels too, while watch_peer(true); may be null.
  Watchdog(const future::CancelToken& stop, Duration tick, const async::Transport* watched);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void start();
  /// No deadline: kNever.
  void set(std::int64_t when_ns) noexcept {
    deadline_ns_.store(when_ns, std::memory_order_relaxed);
  }
  /// Of a body that is read, perhaps beside the response: a deadline of its own.
  void set_body(std::int64_t when_ns) noexcept {
    body_deadline_ns_.store(when_ns, std::memory_order_relaxed);
  }
  void watch_body(bool on) noexcept { watching_body_.store(on, std::memory_order_relaxed); }
  void watch_peer(bool on) noexcept { watching_.store(on, std::memory_order_relaxed); }
  bool expired() const noexcept { return expired_.load(std::memory_order_acquire); }
  future::CancelToken token() const noexcept { return source_.token(); }
  void cancel() noexcept { source_.cancel(); }
  std::int64_t now_ns() const noexcept { return scheduler_.coarse_now().ns; }

  static constexpr std::int64_t kNever = INT64_MAX;

 private:
  struct Tick : future::Timer {
    explicit Tick(Watchdog& dog) noexcept : Timer(&fired), owner(dog) {}
    static void fired(future::Timer& timer) noexcept;
    Watchdog& owner;
  };
  void on_tick() noexcept;
  std::int64_t deadline_ns() const noexcept {
    const std::int64_t body = watching_body_.load(std::memory_order_relaxed)
                                  ? body_deadline_ns_.load(std::memory_order_relaxed)
                                  : kNever;
    return std::min(body, deadline_ns_.load(std::memory_order_relaxed));
  }

  future::Scheduler& scheduler_;
  future::CancelSource source_;
  const Duration tick_length_;
  const async::Transport* const watched_;
  std::atomic<bool> watching_{false};
  std::atomic<bool> watching_body_{true};
  std::atomic<std::int64_t> deadline_ns_{kNever}, body_deadline_ns_{kNever};
  std::atomic<bool> expired_{false};
  std::atomic<bool> ending_{false};
  bool started_ = false;
  Tick tick_;
};

class Connection;

/// The body of the request being handled, decoded as it comes.
class RequestBody final : public BodyReader {
 public:
  explicit RequestBody(Connection& connection) noexcept : connection_(connection) {}
  /// `received`: what came behind the head.
  void begin(Framing framing, const ParseLimits& limits, ByteSpan received, bool expect_continue);
  Task<Result<ByteSpan>> read() override;
  const Headers& trailers() const noexcept override { return decoder_.trailers(); }
  void interrupt() noexcept override { reading_->cancel(); }
  /// To be called before it is handed to a handler.
  void allow_interrupt();

  bool done() const noexcept { return decoder_.done(); }
  /// Whether the peer still waits for 100 (Continue): then it has not sent the body.
  bool withheld() const noexcept { return expect_continue_; }
  bool interrupted() const noexcept { return reading_.has_value() && reading_->cancelled(); }
  /// Received, but not part of this body.
  ByteSpan left_over() const noexcept { return pending_; }
  BodyDecoder& decoder() noexcept { return decoder_; }
  /// All of it, into `to`.
  Task<Result<void>> read_whole(std::string& to);

 private:
  Task<Result<void>> fill();
  CancelToken token() const;
  std::int64_t allowance_ns() const noexcept;

  static constexpr std::size_t kScratchBytes = 16 * 1024;
  Connection& connection_;
  BodyDecoder decoder_;
  ByteSpan pending_;
  std::unique_ptr<std::byte[]> scratch_;
  bool expect_continue_ = false;
  std::int64_t waited_ns_ = 0;
  std::optional<future::CancelSource> reading_;  // where it may be interrupted
};

class Connection final : public InterimSink {
 public:
  Connection(Server::State& state, async::Transport& transport, std::string peer,
             std::string_view scheme = "http");
  Task<void> run();
  Task<Result<void>> send_interim(int status, Headers headers) override;

 private:
  friend class RequestBody;
  friend class ResponseWriter;

  /// What the loop does after a step.
  enum class Step : std::uint8_t { Next, Await, End };

  std::string_view received() const noexcept {
    return {reinterpret_cast<const char*>(in_.get()) + begin_, end_ - begin_};
  }
  /// Waits for bytes; false: the connection ends.
  Task<bool> read_more();
  /// Parses a head, and answers at once where no waiting is needed.
  Step begin_exchange(std::size_t head_bytes);
  /// The rest of an exchange that has to wait. False: the connection ends.
  Task<bool> finish_exchange();
  Task<bool> drop_body();
  bool small_body() const noexcept;  ///< append_response() is all that it takes
  void append_response(const SendPlan& plan);
  Task<bool> send(SendPlan plan);
  Task<bool> send_stream(SendPlan plan);
  bool decide_keep_alive() noexcept;
  void refuse(int status, std::string_view detail);
  void refuse(const Error& error);
  /// The current request is over: its bytes and views go.
  void release_request(std::size_t consumed);
  void recover_left_over();

  bool flush_now();                                ///< false: part of out_ is left, flush() waits
  Task<bool> flush();                              ///< false: the peer is gone
  Task<Result<void>> write_large(ByteSpan bytes);  ///< out_, then these
  /// 100 (Continue), unless the response has begun: by who reads the body, perhaps beside it.
  Task<Result<void>> send_continue(CancelToken cancel);
  /// From now on the output is the response's, and the body may take its time.
  Task<Result<void>> begin_duplex();
  Task<void> linger();
  void make_room();
  void grow(std::size_t bytes);
  void write_deadline() noexcept;

  static constexpr std::size_t kFirstBufferBytes = 8 * 1024;
  static constexpr std::size_t kInlineBodyBytes = 16 * 1024;  // copied behind the head
  static constexpr std::size_t kWriteBytes = 256 * 1024;      // under one deadline
  static constexpr std::size_t kLingerBytes = 256 * 1024;
  static constexpr int kExchangesWithoutYield = 64;

  Server::State& state_;
  async::Transport& transport_;
  tcp::Stream* const stream_;  // transport_ where it is a socket, for sendfile()
  const std::string peer_;
  Watchdog watchdog_;
  std::atomic<bool> idle_{false};

  std::unique_ptr<std::byte[]> in_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  std::int64_t head_began_ns_ = 0;
  HeadScanner scanner_;
  Request request_;
  Response response_;
  bool have_response_ = false;
  bool body_begun_ = false;    // body_ decodes what follows the head
  bool whole_wanted_ = false;  // into whole_body_, before the handler is called
  std::size_t head_bytes_ = 0;
  RequestBody body_;
  std::string whole_body_;
  std::string out_;
  bool broken_ = false;          // a write failed
  bool unread_ = false;          // the peer may still be sending: linger
  bool duplex_ = false;          // the request's body is read while the response is written
  future::AsyncMutex handover_;  // of the output: duplex_ is set, and 1xx are sent, under it
  std::uint32_t served_ = 0;
};

}  // namespace detail
}  // namespace avila::http
