// What both ends of a connection share: the engine behind a lock, the tasks that read and write the
// transport, time-outs, and streams as coroutines use them.
#pragma once
#include <avila/async/transport.hpp>
#include <avila/future/sync.hpp>
#include <avila/future/task_group.hpp>
#include <avila/http/headers.hpp>
#include <avila/http2/engine.hpp>
#include <avila/primitives/duration.hpp>
#include <memory>
#include <mutex>
#include <vector>

namespace avila::http2::detail {

using future::CancelSource;
using future::CancelToken;
using future::Task;

class Multiplexer;

/// One stream. Members are guarded by the multiplexer's mutex unless they say otherwise.
class StreamIo {
 public:
  StreamIo(Multiplexer& multiplexer, Engine::Stream& of) noexcept
      : stream(&of), multiplexer_(multiplexer) {}
  StreamIo(const StreamIo&) = delete;
  StreamIo& operator=(const StreamIo&) = delete;
  virtual ~StreamIo() = default;

  /// The next piece of the body, valid until the next call; empty at the end. Not under the mutex.
  Task<Result<ByteSpan>> receive(CancelToken cancel);
  /// DATA; returns when all of it is on its way. Not under the mutex. Errors: Closed, Cancelled (a
  /// part may have gone: the stream is reset).
  Task<Result<void>> send(ByteSpan bytes, bool end, CancelToken cancel);
  /// Not under the mutex.
  void reset(ErrorCode code);
  /// Ends a send() that waits, and those to come, with Cancelled; the stream goes on without the
  /// rest. Not under the mutex.
  void stop_sending();
  /// Nobody reads any more: what came, and what comes, goes back to the peer's window.
  void drop_unread();
  Error closed_error() const;

  Engine::Stream* stream;  ///< null: closed
  ErrorCode closed_with = ErrorCode::NoError;
  bool closed_by_peer = false;
  bool ended = false;  ///< END_STREAM came
  bool sending_stopped = false;
  bool discard = false;    ///< nobody wants the rest of the body
  std::string arrived;     ///< of the body, not read yet
  http::Headers trailers;  ///< received; complete when `ended`
  future::Event readable;  ///< something came, or it ended
  future::Event taken;     ///< what was submitted is in the output, or the stream is gone
  // Of the watch over stalled streams.
  std::size_t watched_pending = 0;
  std::uint64_t watched_received = 0;
  std::int64_t pending_since_ns = 0, received_since_ns = 0, receiving_since_ns = 0;
  bool watch_receiving = false;  ///< the body is waited for as a whole
  bool held_back = false;        ///< by us: the peer waits for its window

 private:
  Multiplexer& multiplexer_;
  std::string piece_;  // with the reader; the reader's
};

/// Moves as much as fits from the front of `rest` into `buffer`; how much.
std::size_t take_front(ByteSpan& rest, MutableByteSpan buffer) noexcept;

struct Timeouts {
  /// For the preface, and to complete a frame or a header block; what came of a frame earns more.
  Duration frame = seconds(10);
  Duration idle = seconds(60);  ///< without a stream
  /// Without a byte of a body that is waited for as a whole; and for all of it, beside what it
  /// earns.
  Duration body = seconds(10);
  Duration write = seconds(30);  ///< without a byte taken: of the connection, or of a stream
};

class Multiplexer : protected Engine::Events {
 public:
  Multiplexer(async::Transport& transport, Engine::Role role, const EngineOptions& options,
              Timeouts timeouts, const CancelToken& stop);

  /// Until the connection is over. `received`: bytes that came before.
  Task<void> run(std::string received);
  /// Sends what there is to send, without waiting. Not under the mutex.
  void kick();
  /// No new streams; the connection ends with the last one. Not under the mutex.
  void drain();
  /// At once. Not under the mutex.
  void stop() noexcept { stop_.cancel(); }
  CancelToken stop_token() const noexcept { return stop_.token(); }
  void spawn(Task<void> task) { group_.spawn(std::move(task)); }

  std::mutex mutex;
  Engine engine;  ///< under the mutex

 protected:
  static constexpr std::size_t kOutputBytes = 64 * 1024;      // gathered for one write
  static constexpr std::size_t kOutputBytesMax = 256 * 1024;  // then nothing more is read
  static constexpr std::size_t kFirstInputBytes = 4 * 1024;
  static constexpr std::size_t kInputBytes = 32 * 1024;  // from when more came at once
  static constexpr Duration kMemoryTime = seconds(1);    // then buffers that are not needed go
  static constexpr std::uint64_t kDiscardBytes = 64 * 1024;
  static constexpr std::size_t kLingerBytes = 256 * 1024;
  static constexpr Duration kLingerTime = seconds(1);

  /// What belongs to a stream; null where nothing does.
  virtual StreamIo* io_of(Engine::Stream& stream) noexcept = 0;
  /// The stream is gone: let go of it. Under the mutex.
  virtual void forget(StreamIo& io) = 0;
  /// Received bytes were worked off. Not under the mutex.
  virtual void after_receive() = 0;
  /// The connection is over: no stream is left. Not under the mutex.
  virtual void over() {}

  void data(Engine::Stream& stream, ByteSpan bytes) override;
  void trailers(Engine::Stream& stream, HeaderList& list) override;
  void end(Engine::Stream& stream) override;
  void sent(Engine::Stream& stream) override;
  void closed(Engine::Stream& stream, ErrorCode code, bool by_peer) override;
  virtual void ended(StreamIo& io) { (void)io; }
  /// Now and then, under the mutex.
  virtual void watch(std::int64_t now_ns) { (void)now_ns; }

  /// Things to destroy when the mutex is free again.
  std::vector<std::shared_ptr<void>> dead_;

 private:
  Task<void> write_loop();
  Task<void> watch_loop();
  Task<void> linger(MutableByteSpan buffer);
  bool leave();
  bool is_slow(std::int64_t now_ns);
  void check_streams(std::int64_t now_ns);
  void bury();

  async::Transport& transport_;
  const Timeouts timeouts_;
  CancelSource stop_;
  CancelSource reading_;
  CancelSource watching_;
  future::TaskGroup group_;
  future::Event writable_;  // the write loop has something to do
  future::Event drained_;   // the output was taken
  // Under the mutex.
  std::string sending_;
  std::size_t sent_ = 0;
  bool writing_ = false;      // somebody is: sending_ is theirs
  bool handed_over_ = false;  // to the write loop
  bool broken_ = false;
  bool draining_ = false;
  bool finished_ = false;       // no stream is left, and none comes
  bool gone_ = false;           // nor is the transport
  std::int64_t active_ns_ = 0;  // something came
  std::int64_t idle_since_ns_ = 0;
  std::uint64_t watched_units_ = 0;  // what was complete when the frame that is not had begun
  std::int64_t incomplete_since_ns_ = 0;
};

}  // namespace avila::http2::detail
