#include <gtest/gtest.h>

#include <atomic>
#include <avila/future/cancel.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

namespace avila::future {
namespace {

TEST(CancelToken, ADefaultTokenIsNeverCancelled) {
  const CancelToken never;
  EXPECT_FALSE(never.cancelled());
  EXPECT_FALSE(never.can_be_cancelled());
  bool called = false;
  const auto watch = never.on_cancel([&] { called = true; });
  EXPECT_FALSE(called);
}

TEST(CancelToken, CallsBackOnceOnCancel) {
  CancelSource source;
  int calls = 0;
  const auto watch = source.token().on_cancel([&] { ++calls; });
  EXPECT_FALSE(source.cancelled());
  source.cancel();
  source.cancel();
  EXPECT_TRUE(source.token().cancelled());
  EXPECT_EQ(calls, 1);
}

TEST(CancelToken, CallsBackAtOnceWhenCancelledAlready) {
  CancelSource source;
  source.cancel();
  int calls = 0;
  const auto watch = source.token().on_cancel([&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(CancelToken, AnEndedRegistrationIsNotCalled) {
  CancelSource source;
  int calls = 0;
  {
    const auto watch = source.token().on_cancel([&] { ++calls; });
  }
  source.cancel();
  EXPECT_EQ(calls, 0);
}

TEST(CancelToken, ACallbackMayEndItsOwnAndOtherRegistrations) {
  CancelSource source;
  int calls = 0;
  struct Holder {
    int* calls;
    std::optional<OnCancel<std::function<void()>>> first, second;
  } holder{&calls, {}, {}};
  const auto drop_both = [&holder] {
    ++*holder.calls;
    holder.first.reset();
    holder.second.reset();
  };
  holder.first.emplace(source.token(), std::function<void()>(drop_both));
  holder.second.emplace(source.token(), std::function<void()>(drop_both));
  source.cancel();
  EXPECT_EQ(calls, 1);
}

TEST(CancelSource, FollowsItsParent) {
  CancelSource parent;
  CancelSource child(parent.token());
  CancelSource grandchild(child.token());
  int calls = 0;
  const auto watch = grandchild.token().on_cancel([&] { ++calls; });
  parent.cancel();
  EXPECT_TRUE(child.cancelled());
  EXPECT_TRUE(grandchild.cancelled());
  EXPECT_EQ(calls, 1);
}

TEST(CancelSource, DoesNotCancelItsParent) {
  CancelSource parent;
  CancelSource child(parent.token());
  child.cancel();
  EXPECT_FALSE(parent.cancelled());
}

TEST(CancelSource, AChildMadeOfACancelledParentIsCancelled) {
  CancelSource parent;
  parent.cancel();
  EXPECT_TRUE(CancelSource(parent.token()).cancelled());
}

TEST(CancelSource, ATokenOutlivesItsSourceAndHearsTheGrandparent) {
  CancelSource parent;
  CancelToken token;
  {
    const CancelSource child(parent.token());
    token = child.token();
  }
  parent.cancel();
  EXPECT_TRUE(token.cancelled());
}

// The registration's end and the cancel race: after the end, the callback is not running.
TEST(CancelStress, UnregisteringRacesWithCancelling) {
  for (int round = 0; round < 300; ++round) {
    CancelSource source;
    std::atomic<int> started{0};
    const auto work = [&started, token = source.token()] {
      for (int i = 0; i < 20; ++i) {
        auto alive = std::make_unique<int>(0);
        const auto watch = token.on_cancel([&alive] { ++*alive; });
        started.fetch_add(1);
      }
    };
    std::thread a(work), b(work);
    while (started.load() < 10) std::this_thread::yield();
    source.cancel();
    a.join();
    b.join();
  }
}

TEST(CancelStress, ChildrenDieWhileTheParentCancels) {
  for (int round = 0; round < 300; ++round) {
    CancelSource parent;
    std::atomic<bool> go{false};
    std::thread maker([&go, token = parent.token()] {
      go = true;
      for (int i = 0; i < 50; ++i) {
        const CancelSource child(token);
        const CancelSource grandchild(child.token());
      }
    });
    while (!go) std::this_thread::yield();
    parent.cancel();
    maker.join();
  }
}

}  // namespace
}  // namespace avila::future
