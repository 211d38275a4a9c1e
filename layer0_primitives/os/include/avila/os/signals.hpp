// Signals as data: caught ones are queued in a pipe, which a runtime waits on as on a socket.
#pragma once
#include <avila/error/result.hpp>
#include <avila/primitives/duration.hpp>
#include <initializer_list>
#include <optional>

namespace avila::os {

/// Catches these signals while it lives, then restores what was there. One set a signal: a second
/// one gives Errc::Busy.
class SignalSet {
 public:
  static Result<SignalSet> create(std::initializer_list<int> numbers);
  ~SignalSet();
  SignalSet(SignalSet&& other) noexcept;
  SignalSet& operator=(SignalSet&& other) noexcept;

  /// Readable (poll, epoll, kqueue) when a signal waits; non-blocking. Do not read it: call take().
  int descriptor() const noexcept { return read_end_; }
  /// The number of the next caught signal, if any.
  std::optional<int> take() noexcept;
  /// Waits for one; nothing after `timeout`.
  Result<std::optional<int>> wait(Duration timeout);

 private:
  SignalSet() = default;
  void restore() noexcept;
  int read_end_ = -1, write_end_ = -1;
  unsigned long long caught_ = 0;  // bit n: signal n
};

/// Writing to a closed pipe or socket gives an error instead of ending the process.
void ignore_broken_pipes() noexcept;

}  // namespace avila::os
