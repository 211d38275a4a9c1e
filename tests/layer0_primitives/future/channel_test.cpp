#include <gtest/gtest.h>

#include <avila/future/broadcast.hpp>
#include <avila/future/channel.hpp>
#include <avila/future/combine.hpp>
#include <avila/future/sync.hpp>
#include <avila/future/sync_wait.hpp>
#include <avila/future/task_group.hpp>
#include <memory>
#include <thread>

namespace avila::future {
namespace {

Task<int> send_all(Sender<std::unique_ptr<int>> sender, int count) {
  for (int i = 0; i < count; ++i) {
    auto sent = co_await sender.send(std::make_unique<int>(i));
    if (!sent.has_value()) co_return i;
  }
  co_return count;
}
Task<long> receive_all(Receiver<std::unique_ptr<int>>* receiver) {
  long sum = 0;
  for (;;) {
    auto value = co_await receiver->receive();
    if (!value.has_value()) co_return sum;
    sum += **value;
  }
}

Task<void> through_a_small_channel() {
  auto ends = mpsc<std::unique_ptr<int>>(2);
  Sender<std::unique_ptr<int>> other = ends.sender;
  const auto [a, b, sum] =
      co_await when_all(send_all(std::move(ends.sender), 100), send_all(std::move(other), 100),
                        receive_all(&ends.receiver));
  EXPECT_EQ(a + b, 200);
  EXPECT_EQ(sum, 2 * 99 * 100 / 2);
}
TEST(Mpsc, SendersWaitForRoomAndTheEndIsSeen) { sync_wait(through_a_small_channel()); }

Task<void> closed_by_receiver() {
  auto ends = mpsc<std::unique_ptr<int>>(1);
  auto first = co_await ends.sender.send(std::make_unique<int>(1));
  EXPECT_TRUE(first.has_value());
  EXPECT_TRUE(ends.sender.try_send(std::make_unique<int>(2)).error().is(Errc::WouldBlock));
  ends.receiver.close();
  auto second = co_await ends.sender.send(std::make_unique<int>(3));
  EXPECT_TRUE(second.error().is(Errc::Closed));
}
TEST(Mpsc, AClosedReceiverRefuses) { sync_wait(closed_by_receiver()); }

Task<void> cancelled_receive() {
  auto ends = mpsc<int>(1);
  const auto receive = [&](CancelToken token) { return ends.receiver.receive(token); };
  auto late = co_await timeout(milliseconds(2), CancelToken(), receive);
  EXPECT_TRUE(late.error().is(Errc::TimedOut));
  auto sent = co_await ends.sender.send(5);
  EXPECT_TRUE(sent.has_value());
  EXPECT_EQ(ends.receiver.try_receive(), 5);
  EXPECT_EQ(ends.receiver.try_receive(), std::nullopt);
}
TEST(Mpsc, ACancelledReceiveTakesNothing) { sync_wait(cancelled_receive()); }

Task<void> oneshots() {
  auto ends = oneshot<std::string>();
  EXPECT_TRUE(ends.sender.send("value").has_value());
  auto got = co_await ends.receiver.receive();
  EXPECT_EQ(*got, "value");
  auto dropped = oneshot<int>();
  {
    const auto gone = std::move(dropped.sender);
  }
  auto none = co_await dropped.receiver.receive();
  EXPECT_TRUE(none.error().is(Errc::Closed));
}
TEST(Oneshot, GivesTheValueOrClosed) { sync_wait(oneshots()); }

Task<void> broadcasts() {
  BroadcastSender<int> sender(4);
  auto a = sender.subscribe();
  auto b = sender.subscribe();
  for (int i = 0; i < 3; ++i) sender.send(i);
  for (int i = 0; i < 3; ++i) {
    auto value = co_await a.receive();
    EXPECT_EQ(*value, i);
  }
  for (int i = 3; i < 10; ++i) sender.send(i);
  auto missed = co_await b.receive();
  EXPECT_TRUE(missed.error().is(Errc::LimitExceeded));
  auto next = co_await b.receive();
  EXPECT_EQ(*next, 6);
  {
    const BroadcastSender<int> ended = std::move(sender);
  }
  for (int i = 7; i < 10; ++i) {
    auto value = co_await b.receive();
    EXPECT_EQ(*value, i);
  }
  auto end = co_await b.receive();
  EXPECT_TRUE(end.error().is(Errc::Closed));
}
TEST(Broadcast, EveryReceiverGetsAllOrIsToldWhatItMissed) { sync_wait(broadcasts()); }

Task<void> set_later(WatchSender<int>* sender) {
  co_await sleep(milliseconds(2));
  sender->set(3);
}
Task<void> watches() {
  WatchSender<int> sender(1);
  auto receiver = sender.subscribe();
  EXPECT_EQ(receiver.get(), 1);
  sender.set(2);
  auto value = co_await receiver.changed();
  EXPECT_EQ(*value, 2);
  auto [later, unit] = co_await when_all(receiver.changed(), set_later(&sender));
  EXPECT_EQ(*later, 3);
  (void)unit;
}
TEST(Watch, GivesTheLatestValue) { sync_wait(watches()); }

Task<int> guarded(AsyncMutex* mutex, int* inside) {
  auto lock = co_await mutex->lock();
  const int now = ++*inside;
  co_await yield();
  --*inside;
  co_return now;
}
Task<void> many_guarded() {
  AsyncMutex mutex;
  int inside = 0;
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back(guarded(&mutex, &inside));
  const std::vector<int> seen = co_await when_all(std::move(tasks));
  for (const int count : seen) EXPECT_EQ(count, 1);
}
TEST(AsyncMutex, LetsOneInAtATime) { sync_wait(many_guarded()); }

Task<int> take(Semaphore* semaphore, std::size_t count, std::vector<std::size_t>* order) {
  auto permit = co_await semaphore->acquire(count);
  order->push_back(count);
  co_return 0;
}
Task<void> release_later(Semaphore* semaphore) {
  co_await yield();
  semaphore->release(1);
}
Task<void> not_overtaken() {
  Semaphore semaphore(1);
  std::vector<std::size_t> order;
  // One permit is free, but the first in line wants two: the second, who wants one, waits too.
  const auto all = co_await when_all(take(&semaphore, 2, &order), take(&semaphore, 1, &order),
                                     release_later(&semaphore));
  (void)all;
  EXPECT_EQ(order, (std::vector<std::size_t>{2, 1}));
  EXPECT_EQ(semaphore.available(), 2U);
}
TEST(Semaphore, AWaiterForManyIsNotOvertaken) { sync_wait(not_overtaken()); }

TEST(Semaphore, PermitsComeBack) {
  Semaphore semaphore(2);
  auto held = semaphore.try_acquire(1);
  ASSERT_TRUE(held.has_value());
  EXPECT_FALSE(semaphore.try_acquire(2).has_value());
  held->release();
  EXPECT_EQ(semaphore.available(), 2U);
}

Task<void> set_event(Event* event) {
  co_await yield();
  event->set();
}
Task<void> wait_event() {
  Event event;
  const auto [a, b, c] = co_await when_all(event.wait(), event.wait(), set_event(&event));
  EXPECT_TRUE(a.has_value());
  EXPECT_TRUE(b.has_value());
  (void)c;
  auto again = co_await event.wait();
  EXPECT_TRUE(again.has_value());
}
Task<void> raise_signal(Signal* signal) {
  co_await yield();
  signal->raise();
}
Task<bool> wait_signal() {
  Signal signal;
  signal.raise();
  const std::uint64_t seen = signal.count();
  CancelSource stop;
  stop.cancel();
  auto cancelled = co_await signal.wait_past(seen, stop.token());
  TaskGroup group;
  group.spawn(raise_signal(&signal));
  auto raised = co_await signal.wait_past(seen);
  auto at_once = co_await signal.wait_past(seen);
  auto joined = co_await group.join();
  co_return !cancelled.has_value() && raised.has_value() && at_once.has_value() &&
      joined.has_value() && signal.count() == seen + 1;
}

TEST(Signal, EachWaitsForWhatComesAfterItLooked) { EXPECT_TRUE(sync_wait(wait_signal())); }

TEST(Event, ReleasesAllAndStaysSet) { sync_wait(wait_event()); }

Task<long> drain(Receiver<long>* receiver) {
  long sum = 0;
  for (;;) {
    auto value = co_await receiver->receive();
    if (!value.has_value()) co_return sum;
    sum += *value;
  }
}
TEST(MpscStress, ManyThreadsSendToOneReceiver) {
  auto ends = mpsc<long>(8);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([sender = ends.sender]() mutable {
      for (long i = 1; i <= 1000;) {
        if (sender.try_send(long{i}).has_value()) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  ends.sender.finish();
  EXPECT_EQ(sync_wait(drain(&ends.receiver)), 3 * 1000 * 1001 / 2);
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace avila::future
