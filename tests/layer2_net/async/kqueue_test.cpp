// The kqueue back-end over a kqueue of the test's own.
#if defined(__linux__)
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>

#include "kqueue_declarations.hpp"
#define AVILA_KQUEUE_DECLARATIONS <cstdint>
#include "poller_kqueue.cpp"  // declared above

namespace {

struct FakeQueue {
  std::map<std::pair<std::uintptr_t, int>, struct kevent> filters;
  std::vector<struct kevent> ready;
  std::optional<timespec> limit;  // of the last wait
  int failures = 0;               // how many changes fail next, with `error`
  int error = 0;
  int fail_filter = 0;  // this filter cannot be added
};
FakeQueue fake;

}  // namespace

int kqueue() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

int kevent(int, const struct kevent* changes, int change_count, struct kevent* events,
           int event_count, const timespec* limit) {
  if (fake.failures > 0) {
    --fake.failures;
    errno = fake.error;
    return -1;
  }
  for (int i = 0; i < change_count; ++i) {
    const struct kevent& change = changes[i];
    const std::pair<std::uintptr_t, int> key(change.ident, change.filter);
    if ((change.flags & EV_ADD) != 0) {
      if (change.filter == fake.fail_filter) return errno = EPERM, -1;
      fake.filters[key] = change;
    }
    if ((change.flags & EV_DELETE) != 0 && fake.filters.erase(key) == 0) return errno = ENOENT, -1;
    if ((change.fflags & NOTE_TRIGGER) != 0) fake.ready.push_back(fake.filters.at(key));
  }
  if (events == nullptr) return 0;
  fake.limit.reset();
  if (limit != nullptr) fake.limit = *limit;
  const int count = std::min(event_count, static_cast<int>(fake.ready.size()));
  std::copy_n(fake.ready.begin(), count, events);
  fake.ready.erase(fake.ready.begin(), fake.ready.begin() + count);
  return count;
}

namespace avila::async {
namespace {

using Direction = IoSource::Direction;

class Kqueue : public ::testing::Test {
 protected:
  Kqueue() : poller_(make_kqueue_poller()) {
    fake = {};
    EXPECT_TRUE(poller_->open().has_value());
    source_.reset(7);
    source_.generation = 5;
  }
  void happen(int filter, unsigned flags = 0) {
    struct kevent event = fake.filters.at({7, filter});
    event.flags = static_cast<std::uint16_t>(event.flags | flags);
    fake.ready.push_back(event);
  }
  std::unique_ptr<Poller> poller_;
  alignas(64) IoSource source_;
};

TEST_F(Kqueue, RegistersBothDirectionsAsEdgesAndTakesThemBack) {
  ASSERT_TRUE(poller_->add(source_).has_value());
  ASSERT_EQ(fake.filters.size(), 3U) << "with the one that wakes";
  for (const int filter : {EVFILT_READ, EVFILT_WRITE})
    EXPECT_NE(fake.filters.at({7, filter}).flags & EV_CLEAR, 0U);
  poller_->remove(source_);
  EXPECT_EQ(fake.filters.size(), 1U);
  poller_->remove(source_);  // the system calls that an error; it changes nothing
  EXPECT_EQ(fake.filters.size(), 1U);
}

TEST_F(Kqueue, LeavesNothingWhereASourceIsRefused) {
  fake.fail_filter = EVFILT_WRITE;
  const auto added = poller_->add(source_);
  ASSERT_FALSE(added.has_value());
  EXPECT_TRUE(added.error().is(Errc::PermissionDenied));
  EXPECT_EQ(fake.filters.size(), 1U);
}

TEST_F(Kqueue, TriesAgainAfterASignal) {
  fake.failures = 2;
  fake.error = EINTR;
  EXPECT_TRUE(poller_->add(source_).has_value());
  fake.failures = 1;
  EXPECT_EQ(poller_->poll(0).events, 0) << "an interrupted wait is a wait that is over";
}

TEST_F(Kqueue, HandsEventsToTheirDirection) {
  ASSERT_TRUE(poller_->add(source_).has_value());
  happen(EVFILT_READ);
  EXPECT_EQ(poller_->poll(-1).events, 1);
  EXPECT_TRUE(source_.take_edge(Direction::Read));
  EXPECT_FALSE(source_.take_edge(Direction::Write));
  happen(EVFILT_WRITE);
  EXPECT_EQ(poller_->poll(-1).events, 1);
  EXPECT_TRUE(source_.take_edge(Direction::Write));
  EXPECT_FALSE(source_.hung_up());
  happen(EVFILT_READ, EV_EOF);
  EXPECT_EQ(poller_->poll(-1).events, 1);
  EXPECT_TRUE(source_.hung_up());
  EXPECT_TRUE(source_.take_edge(Direction::Read));
}

TEST_F(Kqueue, ForgetsEventsOfAHandleThatWasClosed) {
  ASSERT_TRUE(poller_->add(source_).has_value());
  happen(EVFILT_READ);
  ++source_.generation;
  EXPECT_EQ(poller_->poll(-1).events, 0);
  EXPECT_FALSE(source_.take_edge(Direction::Read));
}

TEST_F(Kqueue, AWakeUpEndsOnePoll) {
  poller_->wake();
  EXPECT_TRUE(poller_->poll(-1).woken);
  EXPECT_FALSE(poller_->poll(0).woken);
}

TEST_F(Kqueue, ConvertsTheTimeLimit) {
  (void)poller_->poll(-1);
  EXPECT_FALSE(fake.limit.has_value());
  (void)poller_->poll(1250);
  ASSERT_TRUE(fake.limit.has_value());
  EXPECT_EQ(fake.limit->tv_sec, 1);
  EXPECT_EQ(fake.limit->tv_nsec, 250'000'000);
  EXPECT_EQ(poller_->backend(), Backend::Kqueue);
}

}  // namespace
}  // namespace avila::async
#endif
