// Threads for work that blocks.
#pragma once
#include <avila/async/executor.hpp>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace avila::async {

/// Grows by a thread when a job finds none idle, up to a limit; beyond it jobs queue in order.
/// Threads that are idle for kIdleSeconds end.
class BlockingPool {
 public:
  static constexpr int kIdleSeconds = 10;

  explicit BlockingPool(std::size_t threads_max) noexcept : threads_max_(threads_max) {}
  ~BlockingPool() { stop(); }
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// After stop() has begun the job is left alone: its coroutine waits until it is destroyed.
  void run(detail::BlockingJob& job) noexcept;
  /// Runs what is queued, then ends the threads.
  void stop() noexcept;
  std::size_t threads() const noexcept;

 private:
  void work() noexcept;

  const std::size_t threads_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  detail::BlockingJob* first_ = nullptr;
  detail::BlockingJob* last_ = nullptr;
  std::size_t queued_ = 0;
  std::size_t idle_ = 0;
  std::size_t alive_ = 0;
  bool stopping_ = false;
};

}  // namespace avila::async
