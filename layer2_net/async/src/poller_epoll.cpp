// Linux: epoll, edge-triggered.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "poller.hpp"

namespace avila::async {
namespace {

constexpr int kEventsPerPollMax = 128;
constexpr std::uint64_t kWakeTag = 0;

class EpollPoller final : public Poller {
 public:
  ~EpollPoller() override {
    if (wake_handle_ >= 0) ::close(wake_handle_);
    if (poll_handle_ >= 0) ::close(poll_handle_);
  }

  Result<void> open() override {
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

  Result<void> add(IoSource& source) override {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET;
    event.data.u64 = tag_of(source);
    if (::epoll_ctl(poll_handle_, EPOLL_CTL_ADD, source.handle(), &event) != 0)
      return Error::from_errno(errno, "epoll_ctl");
    return {};
  }

  void remove(IoSource& source) noexcept override {
    epoll_event event{};
    (void)::epoll_ctl(poll_handle_, EPOLL_CTL_DEL, source.handle(), &event);
  }

  Outcome poll(int timeout_ms) noexcept override {
    epoll_event events[kEventsPerPollMax];
    Outcome outcome;
    const int count = ::epoll_wait(poll_handle_, events, kEventsPerPollMax, timeout_ms);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t tag = events[i].data.u64;
      if (tag == kWakeTag) {
        outcome.woken = true;
        continue;
      }
      IoSource* const source = source_of(tag);
      if (source == nullptr) continue;
      const std::uint32_t bits = events[i].events;
      // Urgent data (EPOLLPRI) counts as a hang-up: recv() stops short of it though more lies
      // behind.
      source->on_event((bits & (EPOLLIN | EPOLLPRI)) != 0, (bits & EPOLLOUT) != 0,
                       (bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) != 0,
                       generation_of(tag));
      ++outcome.events;
    }
    return outcome;
  }

  void wake() noexcept override {
    const std::uint64_t one = 1;
    (void)!::write(wake_handle_, &one, sizeof one);
  }

  Backend backend() const noexcept override { return Backend::Epoll; }

 private:
  int poll_handle_ = -1;
  int wake_handle_ = -1;
};

}  // namespace

std::unique_ptr<Poller> make_epoll_poller() { return std::make_unique<EpollPoller>(); }

}  // namespace avila::async
