#include <algorithm>
#include <atomic>
#include <avila/async/transport.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/wait_queue.hpp>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

namespace avila::async {
namespace {

using future::CancelToken;
using future::Scheduler;
using future::Task;
using future::WaitList;
using future::WaitQueue;

struct Random {
  std::uint64_t state;
  std::uint64_t next() noexcept {  // SplitMix64 (Steele, Lea, Flood 2014)
    std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }
};

/// One direction. Bytes are in `bytes` once sent; those before `arrived` may be read.
struct Half {
  Half() : queue(readers, &writers) {}

  WaitList readers;
  WaitList writers;
  WaitQueue queue;
  std::vector<std::byte> bytes;
  std::size_t head = 0;  // read up to here
  struct Delivery {
    Instant when;
    std::size_t count;
  };
  std::deque<Delivery> in_flight;  // the tail of `bytes`, in order
  std::size_t flying = 0;
  bool write_ended = false;
  bool closed = false;  // either end closed: no more moves
  bool reset = false;
  bool timer_set = false;

  std::size_t stored() const noexcept { return bytes.size() - head; }
  std::size_t readable() const noexcept { return stored() - flying; }
};

struct Pipe {
  explicit Pipe(const PipeOptions& pipe_options)
      : options(pipe_options), random{pipe_options.seed} {}
  PipeOptions options;
  atom::SpinLock random_lock;
  Random random;
  Half halves[2];

  bool faulty() const noexcept { return options.seed != 0; }
  std::size_t cut(std::size_t size) noexcept {
    if (!faulty() || options.chunk_bytes_max == 0 || size == 0) return size;
    const atom::Guard guard(random_lock);
    return std::min(size, 1 + static_cast<std::size_t>(random.next() % options.chunk_bytes_max));
  }
  Duration delay() noexcept {
    if (!faulty() || options.delay_ns_max <= 0) return {};
    const atom::Guard guard(random_lock);
    return {static_cast<std::int64_t>(random.next() %
                                      (static_cast<std::uint64_t>(options.delay_ns_max) + 1))};
  }
  bool resets_now() noexcept {
    if (!faulty() || options.reset_probability <= 0) return false;
    const atom::Guard guard(random_lock);
    return random.unit() < options.reset_probability;
  }
  void reset_all() noexcept {
    for (Half& half : halves) half.queue.update([&] { half.reset = true; });
  }
};

Error closed_error() { return Error(Errc::Closed, "the stream was closed"); }
Error reset_error() { return Error(Errc::ConnectionReset, "the connection was reset"); }

class PipeEnd final : public Transport {
 public:
  PipeEnd(std::shared_ptr<Pipe> pipe, int side) noexcept
      : pipe_(std::move(pipe)), in_(pipe_->halves[side]), out_(pipe_->halves[1 - side]) {}
  ~PipeEnd() override { close(); }

  std::optional<Result<std::size_t>> try_read(MutableByteSpan buffer) override {
    if (pipe_->resets_now()) pipe_->reset_all();
    std::optional<Result<std::size_t>> result;
    in_.queue.update([&] { (void)read_locked(buffer, result); });
    return result;
  }

  std::optional<Result<std::size_t>> try_write(ByteSpan bytes) override {
    if (pipe_->resets_now()) pipe_->reset_all();
    std::optional<Result<std::size_t>> result;
    const Instant when = arrival();
    out_.queue.update([&] { (void)write_locked(bytes, when, result); });
    return result;
  }

  Task<Result<std::size_t>> read(MutableByteSpan buffer, CancelToken cancel) override {
    if (pipe_->resets_now()) pipe_->reset_all();
    for (;;) {
      std::optional<Result<std::size_t>> result;
      Instant next = Instant::max();
      const auto attempt = [&] {
        deliver_locked();
        if (in_.readable() == 0 && !in_.in_flight.empty() && !in_.closed && !in_.reset) {
          next = in_.in_flight.front().when;  // nothing to read now, but bytes are on their way
          return true;
        }
        return read_locked(buffer, result);
      };
      const bool done = co_await in_.queue.wait(in_.readers, attempt, cancel);
      if (!done) co_return future::cancelled_error("read");
      if (result.has_value()) co_return std::move(*result);
      const Duration wait = next - Scheduler::require().now();
      auto slept = co_await future::sleep(wait, cancel);
      if (!slept.has_value()) co_return future::cancelled_error("read");
    }
  }

  Task<Result<void>> write_all(ByteSpan bytes, CancelToken cancel) override {
    while (!bytes.empty()) {
      if (pipe_->resets_now()) pipe_->reset_all();
      std::optional<Result<std::size_t>> result;
      const Instant when = arrival();
      const auto attempt = [&] { return write_locked(bytes, when, result); };
      const bool done = co_await out_.queue.wait(out_.writers, attempt, cancel);
      if (!done) co_return future::cancelled_error("write");
      AVILA_CO_TRY(const std::size_t count, std::move(*result));
      bytes = bytes.subspan(count);
    }
    co_return Result<void>();
  }

  Task<Result<void>> shutdown_write() override {
    out_.queue.update([&] { out_.write_ended = true; });
    co_return Result<void>();
  }

  void close() noexcept override {
    // The peer still reads what was sent, then the end; what it writes from now on fails.
    out_.queue.update([&] { out_.write_ended = true; });
    in_.queue.update([&] { in_.closed = true; });
    closed_here_.store(true, std::memory_order_release);
    out_.queue.update([&] {});  // our own writers that wait
  }

 private:
  Instant arrival() noexcept {
    if (!pipe_->faulty() || pipe_->options.delay_ns_max <= 0) return {};
    return Scheduler::require().now() + pipe_->delay();
  }

  void deliver_locked() noexcept {
    if (in_.in_flight.empty()) return;
    const Instant now = Scheduler::require().now();
    while (!in_.in_flight.empty() && in_.in_flight.front().when <= now) {
      in_.flying -= in_.in_flight.front().count;
      in_.in_flight.pop_front();
    }
  }

  /// True: `result` is set. False: wait.
  bool read_locked(MutableByteSpan buffer, std::optional<Result<std::size_t>>& result) noexcept {
    if (in_.reset) return result.emplace(reset_error()), true;
    if (closed_here_.load(std::memory_order_relaxed) || in_.closed)
      return result.emplace(closed_error()), true;
    if (buffer.empty()) return result.emplace(std::size_t{0}), true;
    deliver_locked();
    if (in_.readable() == 0) {
      if (!in_.write_ended || !in_.in_flight.empty()) return false;
      return result.emplace(std::size_t{0}), true;
    }
    const std::size_t count = pipe_->cut(std::min(buffer.size(), in_.readable()));
    std::memcpy(buffer.data(), in_.bytes.data() + in_.head, count);
    in_.head += count;
    if (in_.head == in_.bytes.size() || in_.head >= pipe_->options.capacity_bytes) {
      in_.bytes.erase(in_.bytes.begin(), in_.bytes.begin() + static_cast<std::ptrdiff_t>(in_.head));
      in_.head = 0;
    }
    return result.emplace(count), true;
  }

  bool write_locked(ByteSpan bytes, Instant when,
                    std::optional<Result<std::size_t>>& result) noexcept {
    if (out_.reset) return result.emplace(reset_error()), true;
    if (closed_here_.load(std::memory_order_relaxed) || out_.write_ended)
      return result.emplace(closed_error()), true;
    if (out_.closed)
      return result.emplace(Error(Errc::ConnectionReset, "the peer closed the stream")), true;
    if (bytes.empty()) return result.emplace(std::size_t{0}), true;
    const std::size_t room = pipe_->options.capacity_bytes - out_.stored();
    if (room == 0) return false;
    const std::size_t count = pipe_->cut(std::min(bytes.size(), room));
    out_.bytes.insert(out_.bytes.end(), bytes.begin(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(count));
    if (when.ns != 0) {
      // In order: never before what was sent earlier.
      if (!out_.in_flight.empty()) when = std::max(when, out_.in_flight.back().when);
      out_.in_flight.push_back({when, count});
      out_.flying += count;
    }
    return result.emplace(count), true;
  }

  std::shared_ptr<Pipe> pipe_;  // shared by the two ends
  Half& in_;
  Half& out_;
  std::atomic<bool> closed_here_{false};
};

}  // namespace

TransportPair make_pipe(PipeOptions options) {
  auto pipe = std::make_shared<Pipe>(options);
  return {std::make_unique<PipeEnd>(pipe, 0), std::make_unique<PipeEnd>(pipe, 1)};
}

}  // namespace avila::async
