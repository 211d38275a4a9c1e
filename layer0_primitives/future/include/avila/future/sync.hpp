// Waiting for each other: Semaphore, AsyncMutex, Event, Signal.
#pragma once
#include <avila/error/result.hpp>
#include <avila/future/task.hpp>
#include <avila/future/wait_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace avila::future {

/// A number of permits, given out in order of arrival: who asks for many is not overtaken.
class Semaphore {
 public:
  explicit Semaphore(std::size_t permits) noexcept : permits_(permits) {}

  /// Permits held; given back by the destructor.
  class [[nodiscard]] Permit {
   public:
    Permit() noexcept = default;
    Permit(Permit&& other) noexcept
        : semaphore_(std::exchange(other.semaphore_, nullptr)), count_(other.count_) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(semaphore_, other.semaphore_);
      std::swap(count_, other.count_);
      return *this;
    }
    ~Permit() { release(); }
    void release() noexcept {
      if (semaphore_ != nullptr) std::exchange(semaphore_, nullptr)->release(count_);
    }
    explicit operator bool() const noexcept { return semaphore_ != nullptr; }

   private:
    friend class Semaphore;
    Permit(Semaphore& semaphore, std::size_t count) noexcept
        : semaphore_(&semaphore), count_(count) {}
    Semaphore* semaphore_ = nullptr;
    std::size_t count_ = 0;
  };

  /// Errc::Cancelled when cancelled first: then it holds nothing.
  Task<Result<Permit>> acquire(std::size_t count = 1, CancelToken cancel = {});
  /// Nothing when fewer are free, or others wait.
  std::optional<Permit> try_acquire(std::size_t count = 1) noexcept;
  /// Gives permits back, or new ones.
  void release(std::size_t count = 1) noexcept;
  std::size_t available() noexcept;

 private:
  std::size_t permits_;
  WaitList waiters_;
  WaitQueue queue_{waiters_};
};

/// A mutex that may be held across co_await. First come, first served.
class AsyncMutex {
 public:
  using Lock = Semaphore::Permit;  ///< unlocks when it goes
  Task<Result<Lock>> lock(CancelToken cancel = {}) {
    return semaphore_.acquire(1, std::move(cancel));
  }
  std::optional<Lock> try_lock() noexcept { return semaphore_.try_acquire(1); }

 private:
  Semaphore semaphore_{1};
};

/// A flag to wait for: set() releases all who wait and those to come, until reset().
class Event {
 public:
  Task<Result<void>> wait(CancelToken cancel = {});
  void set() noexcept;
  void reset() noexcept;
  bool is_set() noexcept;

 private:
  bool set_ = false;
  WaitList waiters_{WaitList::Order::Any};
  WaitQueue queue_{waiters_};
};

/// A state has changed: for several who wait for different things in it. Each takes count(), looks
/// at the state, and waits for a change after that count; so none is missed in between.
class Signal {
 public:
  std::uint64_t count() noexcept;
  void raise() noexcept;
  Task<Result<void>> wait_past(std::uint64_t seen, CancelToken cancel = {});

 private:
  std::uint64_t count_ = 0;
  WaitList waiters_{WaitList::Order::Any};
  WaitQueue queue_{waiters_};
};

}  // namespace avila::future
