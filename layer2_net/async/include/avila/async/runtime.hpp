// The real executor: worker threads that steal from each other over one edge-triggered poller.
#pragma once
#include <avila/async/backend.hpp>
#include <avila/async/executor.hpp>
#include <cstddef>
#include <cstdint>

namespace avila::async {

struct RuntimeOptions {
  std::size_t threads = 0;               ///< workers; 0: one a core
  std::size_t blocking_threads = 256;    ///< limit of the pool behind spawn_blocking()
  Backend backend = Backend::Automatic;  ///< what the system lacks is replaced: see backend()
  const char* thread_name = "avila";     ///< as shown by ps and top; at most 10 characters count
};

/// Sums over all workers since the start; a moment's view.
struct RuntimeMetrics {
  std::size_t workers = 0;
  std::size_t blocking_threads = 0;
  std::size_t tasks_alive = 0;
  std::uint64_t tasks_spawned = 0;
  std::uint64_t resumes = 0;  ///< coroutines resumed by workers ("polls")
  std::uint64_t steals = 0;   ///< coroutines taken from another worker
  std::uint64_t parks = 0;    ///< times a worker slept in the poller
  std::uint64_t wakes = 0;    ///< sleeping workers woken by another thread
  std::uint64_t io_events = 0;
  std::uint64_t timers_fired = 0;
  std::uint64_t busy_ns = 0;        ///< time spent in coroutines, from a sample of 1 in 64
  std::uint64_t resume_ns_max = 0;  ///< longest sampled resume: who blocks a worker shows here
  std::uint64_t queued = 0;         ///< ready and not running now
};

/// Must outlive what its tasks use of it (sockets, timers). Any thread may spawn, post and cancel.
class Runtime final : public Executor {
 public:
  explicit Runtime(RuntimeOptions options = {});
  /// shutdown(Duration::zero()), unless it was shut down.
  ~Runtime() override;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Runs the task on the workers and blocks this thread, which must not be one of them.
  template <class T>
  T block_on(Task<T> task) {
    assert_outside();
    return spawn(std::move(task)).wait();
  }

  /// Cancels shutdown_token(), gives tasks until `deadline` to end, waits for the blocking jobs
  /// that were handed in (no new one begins), then stops the workers and destroys the tasks that
  /// are left. Returns how many those were. Once; not from a worker.
  std::size_t shutdown(Duration deadline);

  RuntimeMetrics metrics() const noexcept;
  Backend backend() const noexcept;  ///< the one in use
  /// The runtime whose worker this thread is, or null.
  static Runtime* current() noexcept;

  void post(std::coroutine_handle<> coroutine) noexcept override;
  void post_last(std::coroutine_handle<> coroutine) noexcept override;
  Instant now() noexcept override;
  Instant coarse_now() noexcept override;
  void add_timer(future::Timer& timer) noexcept override;
  bool remove_timer(future::Timer& timer) noexcept override;
  Result<IoSource*> register_io(int handle) override;
  void release_io(IoSource* source) noexcept override;
  void run_blocking(detail::BlockingJob& job) noexcept override;

  struct Impl;  ///< src/worker.hpp

 private:
  void assert_outside() const noexcept;
  Impl* impl_;
};

}  // namespace avila::async
