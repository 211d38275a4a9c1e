#include "blocking_pool.hpp"

#include <chrono>
#include <system_error>

namespace avila::async {

void BlockingPool::run(detail::BlockingJob& job) noexcept {
  const std::lock_guard lock(mutex_);
  // stop() would wait for ever for tasks that go from job to job, and once it is over they are
  // destroyed: none may point into them.
  if (stopping_) return;
  job.next = nullptr;
  (last_ != nullptr ? last_->next : first_) = &job;
  last_ = &job;
  ++queued_;
  if (queued_ <= idle_) {
    changed_.notify_one();
    return;
  }
  if (alive_ >= threads_max_) return;
  try {
    // Detached, but counted: stop() waits until the count is zero.
    std::thread([this] { work(); }).detach();
    ++alive_;
  } catch (const std::system_error&) {
    // The system has no thread left: those that exist will do it. There must be one.
    AVILA_ASSERT(alive_ > 0 && "the system refuses to start even one thread");
  }
}

void BlockingPool::work() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (first_ != nullptr) {
      detail::BlockingJob& job = *first_;
      first_ = job.next;
      if (first_ == nullptr) last_ = nullptr;
      --queued_;
      lock.unlock();
      job.run(job);  // wakes its coroutine: the job may be gone afterwards
      lock.lock();
      continue;
    }
    if (stopping_) break;
    ++idle_;
    const bool in_time = changed_.wait_for(lock, std::chrono::seconds(kIdleSeconds),
                                           [this] { return first_ != nullptr || stopping_; });
    --idle_;
    if (!in_time) break;
  }
  --alive_;
  changed_.notify_all();  // under the lock: after it is released the pool may be gone
}

void BlockingPool::stop() noexcept {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return alive_ == 0; });
}

std::size_t BlockingPool::threads() const noexcept {
  const std::lock_guard lock(mutex_);
  return alive_;
}

}  // namespace avila::async
