// Real sockets under an executor that takes single steps: a conversation (connect, accept, write,
// read, sleep) is cancelled, or destroyed, after its k-th step, for every k. No descriptor, no
// registration, no timer and no task is left.
#if defined(__linux__)
#include <gtest/gtest.h>

#include <avila/async/executor.hpp>
#include <avila/async/io_source.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/task_group.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/listener.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <set>
#include <vector>

#include <sys/epoll.h>
#include <unistd.h>

namespace avila::tcp {
namespace {

using async::CancelSource;
using async::Executor;
using async::IoSource;

/// One thread, one step at a time: resumes one coroutine, or waits for one event.
class StepExecutor final : public Executor {
 public:
  StepExecutor() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~StepExecutor() override {
    end_tasks();
    EXPECT_EQ(sources_.size(), 0U) << "a registration was left";
    EXPECT_TRUE(timers_.empty()) << "a timer was left";
    ::close(epoll_);
  }

  /// Destroys what is suspended.
  void end_tasks() {
    const EnterExecutor enter(this);
    destroy_tasks();
    ready_.clear();
  }
  void step() {
    const EnterExecutor enter(this);
    if (!ready_.empty()) {
      const auto coroutine = ready_.front();
      ready_.pop_front();
      future::refill_budget();
      coroutine.resume();
      return;
    }
    int limit_ms = 10'000;
    if (!timers_.empty())
      limit_ms = static_cast<int>(
          std::max<std::int64_t>(0, ((*timers_.begin())->when - now()).milliseconds() + 1));
    epoll_event event{};
    if (::epoll_wait(epoll_, &event, 1, std::min(limit_ms, 10'000)) == 1) {
      const auto bits = event.events;
      static_cast<IoSource*>(event.data.ptr)
          ->on_event((bits & EPOLLIN) != 0, (bits & EPOLLOUT) != 0,
                     (bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
    while (!timers_.empty() && (*timers_.begin())->when <= now()) {
      future::Timer& timer = **timers_.begin();
      (void)remove_timer(timer);
      timer.fire(timer);
    }
  }

  void post(std::coroutine_handle<> coroutine) noexcept override { ready_.push_back(coroutine); }
  Instant now() noexcept override {
    return {std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1)};
  }
  void add_timer(future::Timer& timer) noexcept override {
    timer.home = this;
    timers_.insert(&timer);
  }
  bool remove_timer(future::Timer& timer) noexcept override {
    timer.home = nullptr;
    return timers_.erase(&timer) != 0;
  }
  Result<IoSource*> register_io(int handle) override {
    auto source = std::make_unique<IoSource>();
    source->reset(handle);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = source.get();
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, handle, &event) != 0)
      return Error::from_errno(errno, "epoll_ctl");
    return sources_.insert(std::move(source)).first->get();
  }
  void release_io(IoSource* source) noexcept override {
    epoll_event event{};
    EXPECT_EQ(::epoll_ctl(epoll_, EPOLL_CTL_DEL, source->handle(), &event), 0)
        << "closed before it was released";
    source->reset(-1);
    for (auto at = sources_.begin(); at != sources_.end(); ++at) {
      if (at->get() != source) continue;
      sources_.erase(at);
      return;
    }
  }
  void run_blocking(async::detail::BlockingJob& job) noexcept override { job.run(job); }

 private:
  struct Sooner {
    bool operator()(const future::Timer* a, const future::Timer* b) const noexcept {
      return a->when != b->when ? a->when < b->when : a < b;
    }
  };
  int epoll_;
  std::deque<std::coroutine_handle<>> ready_;
  std::set<future::Timer*, Sooner> timers_;
  std::set<std::unique_ptr<IoSource>> sources_;
};

constexpr std::size_t kBytes = 400'000;  // more than the buffers below take at once

Task<Result<void>> serve(Listener* listener, CancelToken cancel) {
  auto accepted = co_await listener->accept(cancel);
  AVILA_CO_TRY(Stream stream, std::move(accepted));
  AVILA_CO_TRY_VOID(stream.set_send_buffer(32 * 1024));
  std::byte question[10];
  auto asked = co_await async::read_exact(stream, question, cancel);
  AVILA_CO_TRY_VOID(std::move(asked));
  const std::vector<std::byte> answer(kBytes, std::byte{5});
  const ByteSpan parts[2] = {ByteSpan(answer).first(1000), ByteSpan(answer).subspan(1000)};
  const std::span<const ByteSpan> all(parts);
  auto written = co_await stream.write_vectored(all, cancel);
  AVILA_CO_TRY_VOID(std::move(written));
  co_return co_await stream.shutdown_write();
}

Task<Result<void>> ask(Executor* executor, SocketAddress address, CancelToken cancel) {
  const ConnectOptions options;
  auto connected = co_await connect(*executor, std::move(address), options, cancel);
  AVILA_CO_TRY(Stream stream, std::move(connected));
  AVILA_CO_TRY_VOID(stream.set_receive_buffer(32 * 1024));
  auto slept = co_await future::sleep(microseconds(500), cancel);
  AVILA_CO_TRY_VOID(std::move(slept));
  const std::vector<std::byte> question(10);
  auto asked = co_await stream.write_all(question, cancel);
  AVILA_CO_TRY_VOID(std::move(asked));
  std::vector<std::byte> buffer(30'000);
  std::size_t total = 0;
  for (;;) {
    auto got = co_await stream.read(buffer, cancel);
    AVILA_CO_TRY(const std::size_t count, std::move(got));
    if (count == 0) break;
    total += count;
  }
  EXPECT_EQ(total, kBytes);
  co_return Result<void>();
}

Task<Result<void>> conversation(Executor* executor, Listener* listener, CancelToken cancel) {
  future::TaskGroup group(cancel);
  group.spawn(serve(listener, group.token()));
  group.spawn(ask(executor, listener->local_address(), group.token()));
  co_return co_await group.join();
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

enum class End { Cancel, Destroy };

/// True: it ended before the k-th step.
bool ended_after(int k, End how) {
  SCOPED_TRACE("step " + std::to_string(k));
  const std::size_t before = open_descriptors();
  bool over = false;
  {
    StepExecutor executor;
    auto bound = Listener::bind(executor, SocketAddress::loopback(0));
    EXPECT_TRUE(bound.has_value());
    CancelSource source;
    auto handle = executor.spawn(conversation(&executor, &*bound, source.token()));
    for (int i = 0; i < k && !handle.is_done(); ++i) executor.step();
    over = handle.is_done();
    if (how == End::Cancel) {
      source.cancel();
      for (int i = 0; i < 100 && !handle.is_done(); ++i) executor.step();
      EXPECT_TRUE(handle.is_done()) << "something waits for ever";
      if (!handle.is_done()) return true;
      const auto result = handle.wait();
      if (over) {
        EXPECT_TRUE(result.has_value()) << result.error().to_string();
      }
      if (!result.has_value()) {
        EXPECT_TRUE(result.error().is(Errc::Cancelled)) << result.error().to_string();
      }
      for (int i = 0; i < 100 && executor.live_tasks() != 0; ++i) executor.step();
      EXPECT_EQ(executor.live_tasks(), 0U);
    } else {
      handle.detach();
      executor.end_tasks();  // before the listener that one of them uses
    }
  }
  EXPECT_EQ(open_descriptors(), before);
  return over;
}

class TcpCancellation : public ::testing::TestWithParam<End> {};
INSTANTIATE_TEST_SUITE_P(All, TcpCancellation, ::testing::Values(End::Cancel, End::Destroy),
                         [](const auto& each) {
                           return each.param == End::Cancel ? "Cancelled" : "Destroyed";
                         });

TEST_P(TcpCancellation, AtEveryStepLeavesNothing) {
  int k = 0;
  while (!ended_after(k, GetParam())) {
    ++k;
    ASSERT_LT(k, 5'000);
    if (HasFailure()) return;
  }
  EXPECT_GT(k, 20) << "the conversation has more waits than that";
}

}  // namespace
}  // namespace avila::tcp
#endif
