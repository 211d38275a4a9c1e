// The wheel against a plain list of timers: the same timers fire in the same call, whatever is
// added, removed, re-added from within fire(), and however far the time jumps.
#include "timer_wheel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace avila::async {
namespace {

constexpr std::int64_t kTick = TimerWheel::kTickNs;
const Instant kStart{1'234'567'891};  // no multiple of a tick

/// The tick in which a timer is due, and the last tick that has passed.
std::int64_t due_tick(Instant when) {
  const std::int64_t delta = when.ns - kStart.ns;
  return delta <= 0 ? 0 : (delta + kTick - 1) / kTick;
}
std::int64_t passed_tick(Instant now) { return (now.ns - kStart.ns) / kTick; }

struct World {
  TimerWheel wheel{kStart};
  std::mt19937_64 random;
  Instant now = kStart;
  int calls = 0;  // of fire_due()
  std::vector<std::unique_ptr<struct TestTimer>> timers;
  explicit World(std::uint64_t seed) : random(seed) {}
  /// From nanoseconds to years: each level of the wheel gets its share.
  Duration any_duration() {
    const auto bits = static_cast<int>(random() % 56);
    return Duration{static_cast<std::int64_t>(random() & ((std::uint64_t{1} << bits) - 1))};
  }
};

struct TestTimer : future::Timer {
  explicit TestTimer(World& the_world)
      : Timer([](Timer& timer) noexcept { static_cast<TestTimer&>(timer).on_fire(); }),
        world(the_world) {}

  void add(Instant at) {
    when = at;
    added_in_call = world.calls;
    queued = true;
    world.wheel.add(*this);
  }
  void on_fire() noexcept {
    EXPECT_TRUE(queued) << "fired without being added, or twice";
    EXPECT_LE(when, world.now) << "early";
    queued = false;
    // Now and then as users do: again, at once or later; or the end of some other wait.
    const auto dice = world.random() % 8;
    if (dice == 0) add(world.now + world.any_duration());
    if (dice == 1) add(world.now);
    if (dice == 2) {
      TestTimer& other = *world.timers[world.random() % world.timers.size()];
      EXPECT_EQ(world.wheel.remove(other), other.queued);
      other.queued = false;
    }
  }

  World& world;
  bool queued = false;
  int added_in_call = 0;
};

void run_world(std::uint64_t seed) {
  World world(seed);
  for (int i = 0; i < 60; ++i) world.timers.push_back(std::make_unique<TestTimer>(world));
  for (int step = 0; step < 300; ++step) {
    for (int i = 0; i < 4; ++i) {
      TestTimer& timer = *world.timers[world.random() % world.timers.size()];
      if (timer.queued) {
        ASSERT_TRUE(world.wheel.remove(timer));
        timer.queued = false;
      } else {
        ASSERT_FALSE(world.wheel.remove(timer));
        timer.add(world.now + world.any_duration());
      }
    }
    // next() may be early (somebody looks in vain once), never late.
    Instant first = Instant::max();
    for (const auto& timer : world.timers)
      if (timer->queued)
        first = std::min(first, Instant{kStart.ns + due_tick(timer->when) * kTick});
    ASSERT_LE(world.wheel.next(), first);
    world.now = world.random() % 4 == 0 && first < Instant::max()
                    ? std::max(world.now, first)
                    : world.now + world.any_duration();
    ++world.calls;
    world.wheel.fire_due(world.now);
    // What was due has fired; what fire() itself added for at once waits for the next call.
    for (const auto& timer : world.timers) {
      const bool late = timer->queued && due_tick(timer->when) <= passed_tick(world.now) &&
                        timer->added_in_call != world.calls;
      ASSERT_FALSE(late) << "step " << step;
    }
  }
  // A last jump beyond everything: each call fires what is due, until nothing is left.
  world.now = Instant{INT64_MAX / 2};
  for (int i = 0; i < 1000 && world.wheel.next() <= world.now; ++i) world.wheel.fire_due(world.now);
  for (const auto& timer : world.timers) {
    if (timer->queued) {
      EXPECT_GT(due_tick(timer->when), passed_tick(world.now));
    }
    world.wheel.remove(*timer);
  }
}

TEST(TimerWheel, AgreesWithAListOverManySeeds) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    run_world(seed);
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

/// Fires into a list, once.
struct Recorder : future::Timer {
  explicit Recorder(std::vector<Instant>& to)
      : Timer(
            [](Timer& timer) noexcept { static_cast<Recorder&>(timer).log.push_back(timer.when); }),
        log(to) {}
  std::vector<Instant>& log;
};

TEST(TimerWheel, FiresEachInItsOwnTickAndInOrder) {
  // Every distance around the edges of each level, one tick at a time where that is possible.
  TimerWheel wheel(kStart);
  std::vector<Instant> fired;
  std::vector<std::unique_ptr<Recorder>> timers;
  std::vector<Instant> expected;
  for (std::int64_t ticks : {1, 2, 62, 63, 64, 65, 127, 128, 4095, 4096, 4097, 262'143, 262'144}) {
    timers.push_back(std::make_unique<Recorder>(fired));
    timers.back()->when = Instant{kStart.ns + ticks * kTick};
    expected.push_back(timers.back()->when);
    wheel.add(*timers.back());
  }
  while (wheel.next() < Instant::max()) {
    const Instant next = wheel.next();
    const std::size_t before = fired.size();
    wheel.fire_due(Instant{next.ns - 1});
    EXPECT_EQ(fired.size(), before) << "a tick early";
    wheel.fire_due(next);
    for (std::size_t i = before; i < fired.size(); ++i) EXPECT_EQ(fired[i], next);
  }
  EXPECT_EQ(fired, expected);
}

TEST(TimerWheel, TimersBeyondItsRangeWaitForTheirTime) {
  TimerWheel wheel(kStart);
  std::vector<Instant> fired;
  Recorder timer(fired);
  timer.when = kStart + hours(24 * 365 * 10);  // the wheel holds 2.2 years
  wheel.add(timer);
  for (Instant now = kStart; now < timer.when; now = now + hours(24 * 30)) {
    wheel.fire_due(now);
    ASSERT_TRUE(fired.empty());
  }
  wheel.fire_due(timer.when + milliseconds(1));
  EXPECT_EQ(fired.size(), 1U);
}

TEST(TimerWheel, ATimerBeyondTheRangeHidesNoneThatComesBefore) {
  TimerWheel wheel(kStart);
  std::vector<Instant> fired;
  Recorder now(fired), never(fired), weeks(fired);
  now.when = Instant{kStart.ns + 5 * kTick};
  wheel.add(now);
  ASSERT_EQ(wheel.fire_due(now.when), 1U);  // the wheel has begun to turn
  never.when = Instant::max();              // a full turn of the last level ahead
  wheel.add(never);
  weeks.when = now.when + hours(24 * 20);  // in the last level, too
  wheel.add(weeks);
  EXPECT_LE(wheel.next(), weeks.when);
  EXPECT_EQ(wheel.fire_due(weeks.when + Duration{kTick}), 1U);
  EXPECT_EQ(fired.back(), weeks.when);
  wheel.remove(never);
}

}  // namespace
}  // namespace avila::async
