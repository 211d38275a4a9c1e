// The self-pipe: the handler writes the signal's number, and nothing else.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include <avila/os/signals.hpp>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <utility>

namespace avila::os {
namespace {

constexpr int kSignalsMax = 64;
constinit std::atomic<int> write_ends[kSignalsMax]{};  // descriptor + 1, 0 = nobody
struct sigaction before[kSignalsMax];                  // guarded by `installing`
std::mutex installing;

extern "C" void avila_on_signal(int number) {
  const int saved = errno;
  const int end = write_ends[number].load(std::memory_order_relaxed) - 1;
  const auto byte = static_cast<unsigned char>(number);
  // A full pipe holds thousands of signals already: one more may be dropped.
  if (end >= 0) (void)!::write(end, &byte, 1);
  errno = saved;
}

}  // namespace

Result<SignalSet> SignalSet::create(std::initializer_list<int> numbers) {
  SignalSet set;
  int ends[2];
  if (::pipe(ends) != 0) return Error::from_errno(errno, "pipe for signals");
  set.read_end_ = ends[0];
  set.write_end_ = ends[1];
  for (const int end : ends) {
    (void)::fcntl(end, F_SETFD, FD_CLOEXEC);
    (void)::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  for (const int number : numbers) {
    if (number <= 0 || number >= kSignalsMax)
      return Error(Errc::InvalidArgument, "no signal has that number");
    int nobody = 0;
    if (!write_ends[number].compare_exchange_strong(nobody, set.write_end_ + 1))
      return Error(Errc::Busy, "another SignalSet catches that signal");
    struct sigaction action{};
    action.sa_handler = avila_on_signal;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    const std::lock_guard guard(installing);
    if (::sigaction(number, &action, &before[number]) != 0) {
      const int error = errno;
      write_ends[number].store(0);
      return Error::from_errno(error, "catch signal " + std::to_string(number));
    }
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
    (void)::sigaction(number, &before[number], nullptr);
    write_ends[number].store(0);
  }
  caught_ = 0;
  if (read_end_ >= 0) (void)::close(read_end_);
  if (write_end_ >= 0) (void)::close(write_end_);
  read_end_ = write_end_ = -1;
}

std::optional<int> SignalSet::take() noexcept {
  unsigned char number = 0;
  ssize_t got = -1;
  do got = ::read(read_end_, &number, 1);
  while (got < 0 && errno == EINTR);
  if (got != 1) return std::nullopt;
  return number;
}

Result<std::optional<int>> SignalSet::wait(Duration timeout) {
  pollfd waiting{read_end_, POLLIN, 0};
  const std::int64_t ms = timeout.milliseconds();
  const int status = ::poll(&waiting, 1, ms > 2'000'000'000 ? -1 : static_cast<int>(ms));
  if (status < 0 && errno != EINTR) return Error::from_errno(errno, "wait for a signal");
  return take();
}

void ignore_broken_pipes() noexcept { (void)::signal(SIGPIPE, SIG_IGN); }

}  // namespace avila::os
