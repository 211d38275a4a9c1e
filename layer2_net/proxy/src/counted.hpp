// What is under way at present.
#pragma once
#include <atomic>
#include <cstdint>
#include <utility>

namespace avila::proxy::detail {

/// A count that goes down again.
class Counted {
 public:
  Counted() noexcept = default;
  template <class Counter>
  explicit Counted(std::atomic<Counter>& counter) noexcept
      : counter_(&counter), down_([](void* at) noexcept {
          static_cast<std::atomic<Counter>*>(at)->fetch_sub(1, std::memory_order_relaxed);
        }) {
    before_ = counter.fetch_add(1, std::memory_order_relaxed);
  }
  Counted(Counted&& other) noexcept
      : counter_(std::exchange(other.counter_, nullptr)),
        down_(other.down_),
        before_(other.before_) {}
  Counted& operator=(Counted&& other) noexcept {
    std::swap(counter_, other.counter_);
    std::swap(down_, other.down_);
    std::swap(before_, other.before_);
    return *this;
  }
  ~Counted() {
    if (counter_ != nullptr) down_(counter_);
  }
  std::uint64_t before() const noexcept { return before_; }

 private:
  void* counter_ = nullptr;
  void (*down_)(void*) noexcept = nullptr;
  std::uint64_t before_ = 0;
};

}  // namespace avila::proxy::detail
