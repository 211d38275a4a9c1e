// The deterministic executor: one thread, virtual time, an order of execution drawn from a seed.
#pragma once
#include <avila/async/executor.hpp>
#include <cstdint>

namespace avila::async {

/// Runs whole programs of tasks in simulated time: when nothing is ready the clock jumps to the
/// next timer. Which of the ready coroutines runs next is drawn from the seed; the same seed and
/// program give the same run. Not thread-safe: everything happens in the calling thread. No sockets
/// (Errc::Unsupported): use make_pipe(). Blocking jobs run as events of their own, in this thread.
class SimExecutor final : public Executor {
 public:
  explicit SimExecutor(std::uint64_t seed);
  /// Destroys the tasks that are left.
  ~SimExecutor() override;
  SimExecutor(const SimExecutor&) = delete;
  SimExecutor& operator=(const SimExecutor&) = delete;

  /// Runs until the task ends; an assertion fails where it can never end (nothing is ready, no
  /// timer is set).
  template <class T>
  T block_on(Task<T> task) {
    JoinHandle<T> handle = spawn(std::move(task));
    run_until_over(handle);
    return handle.wait();
  }

  /// One event: a coroutine, a blocking job, or the next timer. False: there is nothing to do.
  bool step();
  /// Until there is nothing to do, timers included, or `steps_max` events; the number of events.
  std::uint64_t run(std::uint64_t steps_max = UINT64_MAX);
  /// All that happens within the next `duration` of virtual time, to which the clock then moves.
  void run_for(Duration duration);

  std::uint64_t steps() const noexcept;
  std::uint64_t seed() const noexcept;
  std::uint64_t random() noexcept;  ///< for the program's own choices: part of the run
  /// Hash of the order of events so far: equal for equal runs.
  std::uint64_t fingerprint() const noexcept;

  void post(std::coroutine_handle<> coroutine) noexcept override;
  void post_last(std::coroutine_handle<> coroutine) noexcept override { post(coroutine); }
  Instant now() noexcept override;
  void add_timer(future::Timer& timer) noexcept override;
  bool remove_timer(future::Timer& timer) noexcept override;
  Result<IoSource*> register_io(int handle) override;
  void release_io(IoSource* source) noexcept override;
  void run_blocking(detail::BlockingJob& job) noexcept override;

 private:
  template <class T>
  void run_until_over(JoinHandle<T>& handle) {
    while (!handle.is_done()) {
      const bool moved = step();
      AVILA_ASSERT(moved && "deadlock: the task waits, nothing is ready and no timer is set");
    }
  }
  bool run_ready();
  bool fire_next(Instant until);
  struct State;
  State* state_;
};

}  // namespace avila::async
