#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "poller.hpp"

namespace avila::async {
namespace {

constexpr int kEventsPerPollMax = 128;
constexpr std::uint64_t kWakeTag = 0;

// A source's address is aligned to 64 (IoSource slabs), and user space has 47 or 48 bits of
// address: both ends of the word are free for 16 + 6 bits of the generation.
constexpr std::uint64_t kAddressMask = 0x0000'FFFF'FFFF'FFC0U;
std::uint64_t tag_of(const IoSource& source) noexcept {
  const std::uint64_t generation = source.generation.load(std::memory_order_relaxed);
  return (reinterpret_cast<std::uint64_t>(&source) & kAddressMask) | (generation & 0x3F) |
         (((generation >> 6) & 0xFFFF) << 48);
}

}  // namespace

Poller::~Poller() {
  if (wake_handle_ >= 0) ::close(wake_handle_);
  if (poll_handle_ >= 0) ::close(poll_handle_);
}

Result<void> Poller::open() {
  poll_handle_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (poll_handle_ < 0) return Error::from_errno(errno, "epoll_create1");
  wake_handle_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_handle_ < 0) return Error::from_errno(errno, "eventfd");
  // Edge-triggered: every write wakes one poller, and nobody has to read the counter down.
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = kWakeTag;
  if (::epoll_ctl(poll_handle_, EPOLL_CTL_ADD, wake_handle_, &event) != 0)
    return Error::from_errno(errno, "epoll_ctl of the eventfd");
  return {};
}

Result<void> Poller::add(IoSource& source) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET;
  event.data.u64 = tag_of(source);
  if (::epoll_ctl(poll_handle_, EPOLL_CTL_ADD, source.handle(), &event) != 0)
    return Error::from_errno(errno, "epoll_ctl");
  return {};
}

void Poller::remove(IoSource& source) noexcept {
  epoll_event event{};
  (void)::epoll_ctl(poll_handle_, EPOLL_CTL_DEL, source.handle(), &event);
}

Poller::Outcome Poller::poll(int timeout_ms) noexcept {
  epoll_event events[kEventsPerPollMax];
  Outcome outcome;
  const int count = ::epoll_wait(poll_handle_, events, kEventsPerPollMax, timeout_ms);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = events[i].data.u64;
    if (tag == kWakeTag) {
      outcome.woken = true;
      continue;
    }
    auto* const source = reinterpret_cast<IoSource*>(tag & kAddressMask);
    if (tag_of(*source) != tag) continue;  // an event of a handle closed meanwhile
    const std::uint32_t bits = events[i].events;
    // Urgent data (EPOLLPRI) counts as a hang-up: recv() stops short of it though more lies behind.
    source->on_event((bits & (EPOLLIN | EPOLLPRI)) != 0, (bits & EPOLLOUT) != 0,
                     (bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) != 0);
    ++outcome.events;
  }
  return outcome;
}

void Poller::wake() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(wake_handle_, &one, sizeof one);
}

}  // namespace avila::async
#endif
