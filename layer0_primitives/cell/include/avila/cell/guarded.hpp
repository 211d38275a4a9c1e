// Guarded<T>: a mutex that owns its data, so that the data cannot be reached without the lock.
#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

namespace avila::cell {

/// `Guarded<Queue> queue; queue.lock()->push(x);`
template <class T, class Mutex = std::mutex>
class Guarded {
 public:
  /// The lock and the way to the data. Its `operator->` lasts as long as it does.
  class Lock {
   public:
    T& operator*() const noexcept { return *value_; }
    T* operator->() const noexcept { return value_; }
    /// Waits on `condition` until `ready(data)`; the lock is let go while asleep.
    template <class Ready>
    void wait(std::condition_variable& condition, Ready&& ready) {
      condition.wait(lock_, [&] { return ready(*value_); });
    }
    /// Ends the lock early; the data may not be used after.
    void unlock() noexcept {
      value_ = nullptr;
      lock_.unlock();
    }

   private:
    friend Guarded;
    Lock(std::unique_lock<Mutex> lock, T* value) noexcept : lock_(std::move(lock)), value_(value) {}
    std::unique_lock<Mutex> lock_;
    T* value_;
  };

  Guarded() = default;
  template <class... Args>
  explicit Guarded(std::in_place_t, Args&&... args) : value_(std::forward<Args>(args)...) {}
  explicit Guarded(T value) : value_(std::move(value)) {}

  [[nodiscard]] Lock lock() { return {std::unique_lock(mutex_), &value_}; }
  [[nodiscard]] std::optional<Lock> try_lock() {
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return std::nullopt;
    return Lock(std::move(lock), &value_);
  }
  /// Calls f(data) under the lock.
  template <class F>
  decltype(auto) with(F&& f) {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(f)(value_);
  }

 private:
  Mutex mutex_;
  T value_{};
};

/// The same with many readers or one writer.
template <class T>
class SharedGuarded {
 public:
  class ReadLock {
   public:
    const T& operator*() const noexcept { return *value_; }
    const T* operator->() const noexcept { return value_; }

   private:
    friend SharedGuarded;
    ReadLock(std::shared_lock<std::shared_mutex> lock, const T* value) noexcept
        : lock_(std::move(lock)), value_(value) {}
    std::shared_lock<std::shared_mutex> lock_;
    const T* value_;
  };
  class WriteLock {
   public:
    T& operator*() const noexcept { return *value_; }
    T* operator->() const noexcept { return value_; }

   private:
    friend SharedGuarded;
    WriteLock(std::unique_lock<std::shared_mutex> lock, T* value) noexcept
        : lock_(std::move(lock)), value_(value) {}
    std::unique_lock<std::shared_mutex> lock_;
    T* value_;
  };

  SharedGuarded() = default;
  template <class... Args>
  explicit SharedGuarded(std::in_place_t, Args&&... args) : value_(std::forward<Args>(args)...) {}
  explicit SharedGuarded(T value) : value_(std::move(value)) {}

  [[nodiscard]] ReadLock read() const { return {std::shared_lock(mutex_), &value_}; }
  [[nodiscard]] WriteLock write() { return {std::unique_lock(mutex_), &value_}; }

 private:
  mutable std::shared_mutex mutex_;
  T value_{};
};

}  // namespace avila::cell
