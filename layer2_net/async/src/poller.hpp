// The readiness back-end of one platform. poller_epoll.cpp: Linux; poller_kqueue.cpp: macOS, BSD.
#pragma once
#include <avila/async/io_source.hpp>
#include <avila/error/result.hpp>
#include <cstdint>

namespace avila::async {

/// Shared by all workers: each event goes to one of the threads in poll(). Sources are never freed
/// while the poller lives, and an event carries the generation it was registered under, so a late
/// event of a closed handle finds memory, and at worst makes its slot's next user look in vain.
class Poller {
 public:
  Poller() = default;
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  Result<void> open();
  Result<void> add(IoSource& source);
  void remove(IoSource& source) noexcept;

  struct Outcome {
    int events = 0;
    bool woken = false;  ///< a wake() arrived
  };
  /// Waits up to timeout_ms (-1: for ever) and passes events on to their sources.
  Outcome poll(int timeout_ms) noexcept;
  /// Ends one poll(), now or the next.
  void wake() noexcept;

 private:
  int poll_handle_ = -1;
  int wake_handle_ = -1;
};

}  // namespace avila::async
