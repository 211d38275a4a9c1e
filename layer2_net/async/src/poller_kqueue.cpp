// macOS, FreeBSD, NetBSD 10: kqueue, edge-triggered (EV_CLEAR). Source: kqueue(2) of FreeBSD
// and macOS. On Linux a test compiles this file against declarations of its own and a kqueue made
// of an array (kqueue_test.cpp).
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#if defined(AVILA_KQUEUE_DECLARATIONS)
#include AVILA_KQUEUE_DECLARATIONS
#else
#include <sys/event.h>
#endif

#include <cerrno>

#include "poller.hpp"

namespace avila::async {
namespace {

constexpr int kEventsPerPollMax = 128;
constexpr std::uintptr_t kWakeIdent = 0;  // of EVFILT_USER: a name space of its own

// NetBSD declares udata as an integer, the others as a pointer.
using UserData = decltype(std::declval<struct kevent>().udata);

struct kevent change_of(std::uintptr_t ident, int filter, unsigned flags, unsigned filter_flags,
                        std::uint64_t tag) noexcept {
  struct kevent change{};
  change.ident = ident;
  change.filter = static_cast<decltype(change.filter)>(filter);
  change.flags = static_cast<decltype(change.flags)>(flags);
  change.fflags = filter_flags;
  change.udata = (UserData)(static_cast<std::uintptr_t>(tag));  // NOLINT: pointer or integer
  return change;
}

class KqueuePoller final : public Poller {
 public:
  ~KqueuePoller() override {
    if (queue_ >= 0) ::close(queue_);
  }

  Result<void> open() override {
    queue_ = ::kqueue();
    if (queue_ < 0) return Error::from_errno(errno, "kqueue");
    const struct kevent wake = change_of(kWakeIdent, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0);
    return apply(&wake, 1, "kevent of the wake-up");
  }

  // Both filters, once; EV_CLEAR makes them edges: reported again only when the state changes.
  Result<void> add(IoSource& source) override {
    const auto ident = static_cast<std::uintptr_t>(source.handle());
    const std::uint64_t tag = tag_of(source);
    const struct kevent changes[2] = {change_of(ident, EVFILT_READ, EV_ADD | EV_CLEAR, 0, tag),
                                      change_of(ident, EVFILT_WRITE, EV_ADD | EV_CLEAR, 0, tag)};
    auto added = apply(changes, 2, "kevent");
    if (!added.has_value()) remove(source);  // the first may stand
    return added;
  }

  void remove(IoSource& source) noexcept override {
    const auto ident = static_cast<std::uintptr_t>(source.handle());
    for (const int filter : {EVFILT_READ, EVFILT_WRITE}) {
      const struct kevent change = change_of(ident, filter, EV_DELETE, 0, 0);
      (void)::kevent(queue_, &change, 1, nullptr, 0, nullptr);  // ENOENT: it was not there
    }
  }

  Outcome poll(int timeout_ms) noexcept override {
    struct kevent events[kEventsPerPollMax];
    timespec limit{};
    limit.tv_sec = timeout_ms / 1000;
    limit.tv_nsec = static_cast<long>(timeout_ms % 1000) * 1'000'000;
    const int count =
        ::kevent(queue_, nullptr, 0, events, kEventsPerPollMax, timeout_ms < 0 ? nullptr : &limit);
    Outcome outcome;
    for (int i = 0; i < count; ++i) {
      const struct kevent& event = events[i];
      if (event.filter == EVFILT_USER) {
        outcome.woken = true;
        continue;
      }
      const std::uint64_t tag = (std::uintptr_t)event.udata;  // NOLINT
      IoSource* const source = source_of(tag);
      if (source == nullptr) continue;
      // EV_EOF: the peer ended its side (read), or nobody reads any more (write); fflags then holds
      // the socket's error. Neither is reported twice, so it is kept as a hang-up; but a
      // half-closed connection still takes our writes, and its writer just looks in vain.
      const bool ended = (event.flags & EV_EOF) != 0 || (event.flags & EV_ERROR) != 0;
      source->on_event(event.filter == EVFILT_READ, event.filter == EVFILT_WRITE, ended,
                       generation_of(tag));
      ++outcome.events;
    }
    return outcome;
  }

  void wake() noexcept override {
    const struct kevent trigger = change_of(kWakeIdent, EVFILT_USER, 0, NOTE_TRIGGER, 0);
    (void)::kevent(queue_, &trigger, 1, nullptr, 0, nullptr);
  }

  Backend backend() const noexcept override { return Backend::Kqueue; }

 private:
  Result<void> apply(const struct kevent* changes, int count, const char* what) {
    while (::kevent(queue_, changes, count, nullptr, 0, nullptr) < 0)
      if (errno != EINTR) return Error::from_errno(errno, what);
    return {};
  }
  int queue_ = -1;
};

}  // namespace

std::unique_ptr<Poller> make_kqueue_poller() { return std::make_unique<KqueuePoller>(); }

}  // namespace avila::async
