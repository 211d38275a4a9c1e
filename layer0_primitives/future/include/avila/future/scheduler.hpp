// Where coroutines go on after a wait: the Scheduler seam, the Waker that leads back to it, timers.
#pragma once
#include <atomic>
#include <avila/primitives/duration.hpp>
#include <coroutine>

namespace avila::future {

/// Something that happens at a time, once. Lives in its user (no allocation); must not be destroyed
/// while it is added: remove it first.
struct Timer {
  using Fire = void (*)(Timer&) noexcept;

  explicit Timer(Fire function) noexcept : fire(function) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  Fire fire;  ///< short, does not block; may add and remove timers
  Instant when{};

  // The scheduler's own.
  Timer* next = nullptr;
  Timer* previous = nullptr;
  std::atomic<void*> home{nullptr};  ///< where it is queued; null when it is not
  unsigned slot = 0;
};

/// Runs coroutines that became ready, and keeps the time. Implementations: async::Runtime,
/// async::SimExecutor, and the loop inside sync_wait().
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  /// Resumes the coroutine soon, never inside this call. Any thread.
  virtual void post(std::coroutine_handle<> coroutine) noexcept = 0;
  /// post(), behind everything that is ready now.
  virtual void post_last(std::coroutine_handle<> coroutine) noexcept { post(coroutine); }
  virtual Instant now() noexcept = 0;
  /// now() as of the scheduler's last look at the clock: cheap, and late by at most one turn.
  virtual Instant coarse_now() noexcept { return now(); }
  /// Calls timer.fire at timer.when or soon after. The timer is not added at present.
  virtual void add_timer(Timer& timer) noexcept = 0;
  /// True: it was removed before it fired. False: it was not added, or has fired. Either way fire()
  /// is not running any more, unless this is called from within it, and will not run: the timer may
  /// be destroyed or added again.
  virtual bool remove_timer(Timer& timer) noexcept = 0;

  /// The calling thread's, or null.
  static Scheduler* current() noexcept;
  /// The same, with an assertion that there is one.
  static Scheduler& require() noexcept;

  /// Makes a scheduler the thread's for a scope.
  class Enter {
   public:
    explicit Enter(Scheduler* scheduler) noexcept;
    ~Enter();
    Enter(const Enter&) = delete;
    Enter& operator=(const Enter&) = delete;

   private:
    Scheduler* before_;
  };
};

/// Resumes one suspended coroutine on the scheduler it was suspended on. wake() exactly once.
class Waker {
 public:
  Waker() noexcept = default;
  /// For await_suspend: the coroutine, and the scheduler it runs on.
  explicit Waker(std::coroutine_handle<> coroutine) noexcept
      : coroutine_(coroutine), scheduler_(&Scheduler::require()) {}
  Waker(std::coroutine_handle<> coroutine, Scheduler& scheduler) noexcept
      : coroutine_(coroutine), scheduler_(&scheduler) {}

  void wake() const noexcept { scheduler_->post(coroutine_); }
  explicit operator bool() const noexcept { return scheduler_ != nullptr; }
  Scheduler* scheduler() const noexcept { return scheduler_; }

 private:
  std::coroutine_handle<> coroutine_{};
  Scheduler* scheduler_ = nullptr;
};

/// The cooperative budget: what a coroutine may do without waiting before it lets others run. Each
/// operation that completes at once spends one; false: `co_await yield()` first. Schedulers refill
/// it before they resume a coroutine.
bool spend_budget() noexcept;
void refill_budget() noexcept;
inline constexpr int kBudget = 128;

/// co_await yield(); lets every other ready coroutine run first.
struct [[nodiscard]] yield {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const noexcept {
    Scheduler::require().post_last(coroutine);
  }
  void await_resume() const noexcept {}
};

}  // namespace avila::future
