// A registered handle: what the poller has seen of it, and who waits for it.
#pragma once
#include <atomic>
#include <avila/future/cancel.hpp>
#include <avila/future/scheduler.hpp>
#include <coroutine>
#include <cstdint>

namespace avila::async {

class Poller;

/// Edge-triggered readiness of one handle, for one reader and one writer at a time. Use:
///   for (;;) {
///     source.take_edge(Direction::Read);       // before the system call: no edge can be missed
///     …recv(fd)…                               // done, unless EAGAIN
///     const bool ready = co_await source.ready(Direction::Read, cancel);   // false: cancelled
///   }
/// Operations own their buffers until they complete: a completion port fits behind the same API.
class IoSource {
 public:
  enum class Direction : std::uint8_t { Read, Write };

  IoSource() noexcept = default;
  IoSource(const IoSource&) = delete;
  IoSource& operator=(const IoSource&) = delete;

  /// True when readiness was reported since the last call; forgets it.
  bool take_edge(Direction direction) noexcept {
    std::atomic<std::uintptr_t>& slot = slots_[static_cast<int>(direction)];
    if (slot.load(std::memory_order_relaxed) != kReady) return false;
    // acquire: pairs with on_event. Only the reader (or writer) itself takes kReady away.
    return slot.exchange(kIdle, std::memory_order_acquire) == kReady;
  }
  /// The peer has closed its side, an error is pending, or there was urgent data: reading never
  /// stops being worthwhile.
  bool hung_up() const noexcept {
    return hung_up_.load(std::memory_order_acquire) ==
           hang_up_of(generation.load(std::memory_order_relaxed));
  }

  class [[nodiscard]] Ready : private future::detail::CancelNode {
   public:
    Ready(IoSource& source, Direction direction, const future::CancelToken& cancel) noexcept
        : CancelNode([](CancelNode& node) noexcept { static_cast<Ready&>(node).on_cancel(); }),
          source_(source),
          cancel_(cancel),
          direction_(direction) {}
    ~Ready();
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) noexcept;
    bool await_resume() noexcept;

   private:
    friend class IoSource;
    enum : int { kArming, kArmed, kFired };
    void on_cancel() noexcept;
    void fire() noexcept;

    IoSource& source_;
    const future::CancelToken& cancel_;
    future::Waker waker_;
    std::atomic<int> state_{kArming};
    std::atomic<bool> cancelled_{false};
    Direction direction_;
    bool armed_ = false;
  };
  /// Waits for the next edge, or one already reported and not taken. False: cancelled.
  Ready ready(Direction direction, const future::CancelToken& cancel) noexcept {
    return Ready(*this, direction, cancel);
  }

  /// By pollers.
  void on_event(bool readable, bool writable, bool hang_up) noexcept {
    on_event(readable, writable, hang_up, generation.load(std::memory_order_relaxed));
  }
  /// Where another thread may give the source to the next handle meanwhile: an event of the
  /// generation given (its kGenerationBits), whose hang-up does not become the next handle's.
  void on_event(bool readable, bool writable, bool hang_up, std::uint32_t of_generation) noexcept;
  static constexpr int kGenerationBits = 22;  ///< as many as an event carries
  void reset(int handle) noexcept;
  int handle() const noexcept { return handle_; }
  /// Of pollers that report only what is waited for: called before each wait, with their own data.
  void set_asked(Poller* poller, void* data) noexcept {
    asked_ = poller;
    asked_data_ = data;
  }
  void* asked_data() const noexcept { return asked_data_; }
  IoSource* next_free = nullptr;  ///< the executor's free list
  std::atomic<std::uint32_t> generation{0};

 private:
  // A slot holds kIdle, kReady, or the Ready that waits.
  static constexpr std::uintptr_t kIdle = 0;
  static constexpr std::uintptr_t kReady = 1;
  void signal(std::atomic<std::uintptr_t>& slot) noexcept;
  /// What hung_up_ holds once the handle of that generation has hung up; never 0.
  static constexpr std::uint32_t hang_up_of(std::uint32_t of_generation) noexcept {
    constexpr std::uint32_t kFlag = std::uint32_t{1} << kGenerationBits;
    return (of_generation & (kFlag - 1)) | kFlag;
  }

  std::atomic<std::uintptr_t> slots_[2]{};
  std::atomic<std::uint32_t> hung_up_{0};
  int handle_ = -1;
  Poller* asked_ = nullptr;
  void* asked_data_ = nullptr;
};

}  // namespace avila::async
