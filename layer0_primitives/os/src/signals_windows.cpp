// The C runtime's signals (Ctrl-C and Ctrl-Break among them) through a pipe, as on POSIX.
#include <fcntl.h>
#include <io.h>
#include <avila/os/signals.hpp>

#include <atomic>
#include <csignal>
#include <mutex>
#include <utility>

#include "windows_strings.hpp"

namespace avila::os {
namespace {

constexpr int kSignalsMax = 64;
constexpr DWORD kNapMs = 5;
constinit std::atomic<int> write_ends[kSignalsMax]{};  // descriptor + 1, 0 = nobody
using Handler = void (*)(int);
Handler before[kSignalsMax];  // guarded by `installing`
std::mutex installing;

extern "C" void avila_on_signal(int number) {
  (void)std::signal(number, avila_on_signal);  // the runtime resets it at each delivery
  const auto byte = static_cast<unsigned char>(number);
  const int end = write_ends[number].load(std::memory_order_relaxed) - 1;
  if (end >= 0) (void)!_write(end, &byte, 1);
}

bool known(int number) {
  return number == SIGINT || number == SIGTERM || number == SIGBREAK || number == SIGABRT;
}

}  // namespace

Result<SignalSet> SignalSet::create(std::initializer_list<int> numbers) {
  SignalSet set;
  int ends[2];
  if (_pipe(ends, 4096, _O_BINARY | _O_NOINHERIT) != 0)
    return Error::from_errno(errno, "pipe for signals");
  set.read_end_ = ends[0];
  set.write_end_ = ends[1];
  for (const int number : numbers) {
    if (!known(number)) return Error(Errc::InvalidArgument, "no signal has that number");
    int nobody = 0;
    if (!write_ends[number].compare_exchange_strong(nobody, set.write_end_ + 1))
      return Error(Errc::Busy, "another SignalSet catches that signal");
    const std::lock_guard guard(installing);
    before[number] = std::signal(number, avila_on_signal);
    set.caught_ |= 1ULL << number;
  }
  return set;
}

SignalSet::SignalSet(SignalSet&& other) noexcept
    : read_end_(std::exchange(other.read_end_, -1)),
      write_end_(std::exchange(other.write_end_, -1)),
      caught_(std::exchange(other.caught_, 0)) {}
SignalSet& SignalSet::operator=(SignalSet&& other) noexcept {
  std::swap(read_end_, other.read_end_);
  std::swap(write_end_, other.write_end_);
  std::swap(caught_, other.caught_);
  return *this;
}
SignalSet::~SignalSet() { restore(); }

void SignalSet::restore() noexcept {
  for (int number = 1; number < kSignalsMax; ++number) {
    if ((caught_ >> number & 1) == 0) continue;
    const std::lock_guard guard(installing);
    (void)std::signal(number, before[number]);
    write_ends[number].store(0);
  }
  caught_ = 0;
  if (read_end_ >= 0) (void)_close(read_end_);
  if (write_end_ >= 0) (void)_close(write_end_);
  read_end_ = write_end_ = -1;
}

std::optional<int> SignalSet::take() noexcept {
  DWORD waiting = 0;
  auto* const pipe = reinterpret_cast<HANDLE>(_get_osfhandle(read_end_));
  if (!PeekNamedPipe(pipe, nullptr, 0, nullptr, &waiting, nullptr) || waiting == 0)
    return std::nullopt;
  unsigned char number = 0;
  if (_read(read_end_, &number, 1) != 1) return std::nullopt;
  return number;
}

Result<std::optional<int>> SignalSet::wait(Duration timeout) {
  // Windows cannot wait for a pipe with a deadline: look again.
  const ULONGLONG begin = GetTickCount64();
  for (;;) {
    if (const auto number = take(); number.has_value()) return number;
    const auto waited = static_cast<std::int64_t>(GetTickCount64() - begin);
    if (waited >= timeout.milliseconds()) return std::optional<int>();
    Sleep(kNapMs);
  }
}

void ignore_broken_pipes() noexcept {}  // Windows has no SIGPIPE

}  // namespace avila::os
