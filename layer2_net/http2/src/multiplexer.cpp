#include "multiplexer.hpp"

#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/future/scheduler.hpp>
#include <avila/future/sleep.hpp>

#include "request.hpp"

namespace avila::http2::detail {

// --- StreamIo ---

Error StreamIo::closed_error() const {
  if (closed_by_peer && closed_with == ErrorCode::RefusedStream)
    return Error(Errc::Unavailable, "the peer refused the stream; it was not begun");
  return Error(Errc::Closed,
               closed_by_peer ? "the peer reset the stream: " + std::string(to_string(closed_with))
                              : "the stream is closed");
}

Task<Result<ByteSpan>> StreamIo::receive(CancelToken cancel) {
  while (true) {
    bool credited = false, over = false;
    {
      const std::lock_guard lock(multiplexer_.mutex);
      if (!piece_.empty()) {
        multiplexer_.engine.credit(stream, piece_.size());
        piece_.clear();
        credited = true;
      }
      if (!arrived.empty()) {
        piece_.swap(arrived);
      } else if (!ended && stream == nullptr) {
        co_return closed_error();
      } else if (!ended) {
        readable.reset();
      } else {
        over = true;  // asked here: data and the end may come as soon as the lock is open
      }
    }
    if (credited) multiplexer_.kick();
    if (!piece_.empty()) co_return ByteSpan(as_bytes(piece_));
    if (over) co_return ByteSpan();
    auto waited = co_await readable.wait(cancel);
    if (!waited.has_value()) co_return std::move(waited).error();
  }
}

Task<Result<void>> StreamIo::send(ByteSpan bytes, bool end, CancelToken cancel) {
  {
    const std::lock_guard lock(multiplexer_.mutex);
    if (stream == nullptr) co_return closed_error();
    if (sending_stopped) co_return future::cancelled_error("send");
    taken.reset();
    multiplexer_.engine.submit(*stream, bytes, end);
    if (bytes.empty()) taken.set();
  }
  multiplexer_.kick();
  auto waited = co_await taken.wait(cancel);
  const std::lock_guard lock(multiplexer_.mutex);
  if (!waited.has_value()) {
    if (stream != nullptr) {
      stream->pending = {};  // the bytes are the caller's
      multiplexer_.engine.reset(*stream, ErrorCode::Cancel);
    }
    co_return std::move(waited).error();
  }
  // NO_ERROR of a peer, too: behind a complete response it is no fault (RFC 9113 section 8.1), but
  // the bytes have not gone.
  if (stream == nullptr && (closed_with != ErrorCode::NoError || closed_by_peer))
    co_return closed_error();
  if (sending_stopped) co_return future::cancelled_error("send");
  co_return Result<void>();
}

void StreamIo::stop_sending() {
  const std::lock_guard lock(multiplexer_.mutex);
  sending_stopped = true;
  if (stream != nullptr) stream->pending = {};
  taken.set();
}

void StreamIo::drop_unread() {
  multiplexer_.engine.credit(stream, arrived.size() + piece_.size());
  arrived.clear();
  piece_.clear();
  discard = true;
}

void StreamIo::reset(ErrorCode code) {
  {
    const std::lock_guard lock(multiplexer_.mutex);
    if (stream != nullptr) multiplexer_.engine.reset(*stream, code);
  }
  multiplexer_.kick();
}

std::size_t take_front(ByteSpan& rest, MutableByteSpan buffer) noexcept {
  const std::size_t n = std::min(buffer.size(), rest.size());
  std::copy_n(rest.begin(), n, buffer.begin());
  rest = rest.subspan(n);
  return n;
}

// --- Multiplexer ---

Multiplexer::Multiplexer(async::Transport& transport, Engine::Role role,
                         const EngineOptions& options, Timeouts timeouts, const CancelToken& stop)
    : engine(role, options, *this),
      transport_(transport),
      timeouts_(timeouts),
      stop_(stop),
      reading_(stop_.token()),
      watching_(stop_.token()),
      group_(stop_.token()) {}

Task<void> Multiplexer::run(std::string received) {
  future::Scheduler& scheduler = future::Scheduler::require();
  active_ns_ = idle_since_ns_ = scheduler.coarse_now().ns;
  group_.spawn(write_loop());
  group_.spawn(watch_loop());
  std::size_t capacity = kFirstInputBytes;
  std::unique_ptr<std::byte[]> buffer(new std::byte[capacity]);
  std::size_t got = 0;
  bool ok = true;
  if (!received.empty()) {
    const std::lock_guard lock(mutex);
    ok = engine.receive(as_bytes(received), active_ns_).has_value();
  }
  while (ok) {
    after_receive();
    kick();
    bool full = false;
    {
      const std::lock_guard lock(mutex);
      full = engine.output().size() > kOutputBytesMax;
      if (full) drained_.reset();
    }
    if (full) {  // the peer makes us answer and does not read: then we do not read either
      auto waited = co_await drained_.wait(stop_.token());
      if (!waited.has_value()) break;
    }
    if (got == capacity && capacity < kInputBytes) {
      capacity = kInputBytes;
      buffer.reset(new std::byte[capacity]);
    }
    const MutableByteSpan space(buffer.get(), capacity);
    std::optional<Result<std::size_t>> now = transport_.try_read(space);
    if (!now.has_value()) {
      auto later = co_await transport_.read(space, reading_.token());
      now.emplace(std::move(later));
    }
    if (!now->has_value() || **now == 0) break;
    got = **now;
    const std::lock_guard lock(mutex);
    active_ns_ = scheduler.coarse_now().ns;
    ok = engine.receive(space.first(got), active_ns_).has_value();
  }
  kick();  // GOAWAY, where there is one
  {
    const std::lock_guard lock(mutex);
    std::vector<Engine::Stream*> left;
    engine.for_each_stream([&](Engine::Stream& stream) { left.push_back(&stream); });
    for (Engine::Stream* stream : left) engine.reset(*stream, ErrorCode::Cancel);
    finished_ = true;
  }
  bury();
  over();
  writable_.set();
  watching_.cancel();
  auto joined = co_await group_.join();
  (void)joined;  // what a task had to say, it said to its own stream
  if (!stop_.cancelled()) co_await linger(MutableByteSpan(buffer.get(), capacity));
  // A client's exchanges outlive this, and one of them may be writing.
  while (!leave()) co_await future::yield();
  transport_.close();
}

/// Whether nobody uses the transport, nor will.
bool Multiplexer::leave() {
  const std::lock_guard lock(mutex);
  gone_ = !writing_ || handed_over_;
  return gone_;
}

/// Closing while the peer still sends makes a reset, which can overtake our GOAWAY.
Task<void> Multiplexer::linger(MutableByteSpan buffer) {
  auto shut = co_await transport_.shutdown_write();
  if (!shut.has_value()) co_return;
  const future::Deadline deadline(kLingerTime, stop_.token());
  std::size_t left = kLingerBytes;
  while (left > 0) {
    auto got = co_await transport_.read(buffer, deadline.token());
    if (!got.has_value() || *got == 0) co_return;
    left -= std::min(left, *got);
  }
}

/// Writes as long as the transport takes it at once, else leaves the rest to the write loop.
void Multiplexer::kick() {
  std::unique_lock lock(mutex);
  if (writing_ || broken_ || gone_) return;
  while (true) {
    engine.fill(kOutputBytes);
    if (engine.output().empty()) break;
    sending_.swap(engine.output());
    engine.output().clear();
    sent_ = 0;
    writing_ = true;
    drained_.set();
    lock.unlock();
    bool waits = false, failed = false;
    while (sent_ < sending_.size() && !waits && !failed) {
      const auto wrote = transport_.try_write(as_bytes(sending_).subspan(sent_));
      if (!wrote.has_value()) {
        waits = true;
      } else if (!wrote->has_value()) {
        failed = true;
      } else {
        sent_ += **wrote;
      }
    }
    lock.lock();
    if (waits) {
      handed_over_ = true;  // writing_ stays: sending_ is the write loop's now
      lock.unlock();
      writable_.set();
      return;
    }
    writing_ = false;
    sending_.clear();
    if (failed) {
      broken_ = true;
      break;
    }
  }
  const bool failed = broken_, over = finished_;
  lock.unlock();
  if (failed) stop_.cancel();
  if (over) writable_.set();  // the write loop may end
  bury();
}

Task<void> Multiplexer::write_loop() {
  while (true) {
    auto woken = co_await writable_.wait(stop_.token());
    if (!woken.has_value()) co_return;
    writable_.reset();
    {
      const std::lock_guard lock(mutex);
      if (!handed_over_ && finished_ && !writing_) co_return;
      if (!handed_over_) continue;  // somebody else writes, and sets it again
      handed_over_ = false;
    }
    const ByteSpan rest = as_bytes(sending_).subspan(sent_);
    future::Deadline deadline(timeouts_.write, stop_.token());
    auto written = co_await transport_.write_all(rest, deadline.token());
    bool over = false;
    {
      const std::lock_guard lock(mutex);
      writing_ = false;
      sending_.clear();
      if (sending_.capacity() > 2 * kOutputBytes) sending_.shrink_to_fit();
      broken_ = !written.has_value();
      over = finished_;
    }
    if (!written.has_value()) {
      stop_.cancel();
      co_return;
    }
    kick();
    if (over) writable_.set();
  }
}

Task<void> Multiplexer::watch_loop() {
  future::Scheduler& scheduler = future::Scheduler::require();
  const Duration shortest = std::min(std::min(timeouts_.frame, timeouts_.idle),
                                     std::min(timeouts_.body, timeouts_.write));
  const Duration tick = std::clamp(shortest / 4, milliseconds(5), seconds(1));
  const CancelToken token = watching_.token();
  while (true) {
    auto slept = co_await future::sleep(tick, token);
    if (!slept.has_value()) co_return;
    const std::int64_t now = scheduler.coarse_now().ns;
    bool end = false;
    {
      const std::lock_guard lock(mutex);
      check_streams(now);
      watch(now);
      end = is_slow(now);
      if (engine.stream_count() > 0) {
        idle_since_ns_ = now;
      } else if (!writing_ && engine.output().empty() && now - active_ns_ > kMemoryTime.ns) {
        sending_ = std::string();  // an idle connection keeps no buffers
        engine.output() = std::string();
      }
      if (engine.stream_count() == 0 && (draining_ || now - idle_since_ns_ > timeouts_.idle.ns))
        end = true;
      if (end && !engine.goaway_sent()) engine.goaway(ErrorCode::NoError);
    }
    kick();
    if (end) {
      reading_.cancel();
      co_return;
    }
  }
}

namespace {

/// What a peer earns by what it sends, as over HTTP/1.1: at less than this rate it is a slow loris.
constexpr std::int64_t kLeastBytesPerSecond = 1024;
std::int64_t earned_ns(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kEnough = std::uint64_t{1} << 32;
  return static_cast<std::int64_t>(std::min(bytes, kEnough)) *
         (1'000'000'000 / kLeastBytesPerSecond);
}

}  // namespace

/// A preface, frame or header block that takes too long, however often a byte of it comes.
bool Multiplexer::is_slow(std::int64_t now_ns) {
  const bool incomplete = engine.in_frame() || !engine.preface_done();
  if (!incomplete || engine.units_done() != watched_units_ || incomplete_since_ns_ == 0) {
    watched_units_ = engine.units_done();
    incomplete_since_ns_ = now_ns;
    return false;
  }
  return now_ns - incomplete_since_ns_ > timeouts_.frame.ns + earned_ns(engine.partial_bytes());
}

/// Streams whose peer neither takes nor gives: a window that stays shut, a body that stays away.
void Multiplexer::check_streams(std::int64_t now_ns) {
  std::vector<Engine::Stream*> stalled;
  engine.for_each_stream([&](Engine::Stream& stream) {
    StreamIo* io = io_of(stream);
    if (io == nullptr) return;
    if (stream.pending.empty() || stream.pending.size() != io->watched_pending) {
      io->watched_pending = stream.pending.size();
      io->pending_since_ns = now_ns;
    }
    const bool receiving = io->watch_receiving && !stream.remote_done && !io->held_back;
    if (!receiving || stream.received != io->watched_received || io->received_since_ns == 0) {
      io->watched_received = stream.received;
      io->received_since_ns = now_ns;
    }
    if (!receiving || io->receiving_since_ns == 0) io->receiving_since_ns = now_ns;
    if (now_ns - io->pending_since_ns > timeouts_.write.ns ||
        now_ns - io->received_since_ns > timeouts_.body.ns ||
        now_ns - io->receiving_since_ns > timeouts_.body.ns + earned_ns(stream.received))
      stalled.push_back(&stream);
  });
  for (Engine::Stream* stream : stalled) engine.reset(*stream, ErrorCode::Cancel);
}

void Multiplexer::drain() {
  {
    const std::lock_guard lock(mutex);
    if (draining_) return;
    draining_ = true;
    engine.goaway(ErrorCode::NoError);
    if (engine.stream_count() == 0) reading_.cancel();
  }
  kick();
}

void Multiplexer::bury() {
  std::vector<std::shared_ptr<void>> dead;
  const std::lock_guard lock(mutex);
  dead.swap(dead_);
}

void Multiplexer::data(Engine::Stream& stream, ByteSpan bytes) {
  StreamIo* io = io_of(stream);
  if (io == nullptr) {
    engine.credit(&stream, bytes.size());
    return;
  }
  if (io->discard) {
    engine.credit(&stream, bytes.size());
    // RFC 9113 section 8.1: once the response has left as a whole, and not before.
    if (stream.received > kDiscardBytes && stream.local_done)
      engine.reset(stream, ErrorCode::NoError);
    return;
  }
  io->arrived.append(as_text(bytes));
  io->readable.set();
}

void Multiplexer::trailers(Engine::Stream& stream, HeaderList& list) {
  StreamIo* io = io_of(stream);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const HeaderField field = list[i];
    // RFC 9113 sections 8.1 and 8.2: the rules of fields hold here, too; a ':' is in no token.
    // Space at an end is borne: a gRPC server's grpc-message may end with it.
    const HeaderField bare{field.name, http::trim_ows(field.value), field.sensitive};
    if (!is_well_formed(bare) || is_connection_field(field.name)) stream.malformed = true;
    if (io != nullptr && !stream.malformed) (void)io->trailers.try_add(field.name, field.value);
  }
}

void Multiplexer::end(Engine::Stream& stream) {
  StreamIo* io = io_of(stream);
  if (io == nullptr) return;
  io->ended = true;
  ended(*io);
  io->readable.set();
}

void Multiplexer::sent(Engine::Stream& stream) {
  if (StreamIo* io = io_of(stream)) io->taken.set();
}

void Multiplexer::closed(Engine::Stream& stream, ErrorCode code, bool by_peer) {
  StreamIo* io = io_of(stream);
  if (io == nullptr) return;
  io->stream = nullptr;
  io->closed_with = code;
  io->closed_by_peer = by_peer;
  io->readable.set();
  io->taken.set();
  forget(*io);
  if (draining_ && engine.stream_count() == 0) reading_.cancel();
}

}  // namespace avila::http2::detail
