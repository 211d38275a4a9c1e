#include <avila/cell/guarded.hpp>
#include <avila/cell/once.hpp>
#include <avila/cell/ref_cell.hpp>

#include <memory>
#include <stdexcept>
#include <thread>

namespace avila::cell {
namespace {

TEST(OnceCell, OneMakerAmongManyThreads) {
  for (int round = 0; round < 50; ++round) {
    OnceCell<std::string> cell;
    std::atomic<int> makers{0};
    std::vector<std::thread> threads;
    std::vector<const std::string*> seen(4);
    for (std::size_t i = 0; i < seen.size(); ++i)
      threads.emplace_back([&, i] {
        seen[i] = &cell.get_or_init([&] {
          ++makers;
          return std::string("made once, long enough for the heap");
        });
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(makers.load(), 1);
    for (const auto* value : seen) EXPECT_EQ(value, cell.get());
  }
}

TEST(OnceCell, FailureLeavesItEmptyForTheNext) {
  OnceCell<int> cell;
  const auto failed =
      cell.get_or_try_init([]() -> Result<int> { return Error(Errc::Io, "no luck"); });
  EXPECT_TRUE(failed.error().is(Errc::Io));
  EXPECT_THROW(cell.get_or_init([]() -> int { throw std::runtime_error("x"); }),
               std::runtime_error);
  EXPECT_EQ(cell.get(), nullptr);
  EXPECT_EQ(**cell.get_or_try_init([]() -> Result<int> { return 7; }), 7);
  EXPECT_FALSE(cell.set(8));
  EXPECT_EQ(*cell.get(), 7);
  EXPECT_EQ(cell.take(), 7);
  EXPECT_TRUE(cell.set(9));
}

TEST(OnceCell, DestroysItsValueOnce) {
  const auto shared = std::make_shared<int>(1);
  {
    OnceCell<std::shared_ptr<int>> cell;
    EXPECT_TRUE(cell.set(shared));
    EXPECT_EQ(shared.use_count(), 2);
  }
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(OnceCellDeathTest, MakerThatAsksForItsOwnCellIsStopped) {
  OnceCell<int> cell;
  EXPECT_DEATH(cell.get_or_init([&] { return cell.get_or_init([] { return 1; }); }), "maker_");
}

TEST(LazyCell, MakesItsValueAtFirstUse) {
  int calls = 0;
  LazyCell lazy([&] {
    ++calls;
    return std::string("abc");
  });
  EXPECT_EQ(lazy.peek(), nullptr);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(lazy->size(), 3U);
  EXPECT_EQ(*lazy, "abc");
  EXPECT_EQ(calls, 1);
}

TEST(RefCell, ManyReadersOrOneWriter) {
  RefCell<std::vector<int>> cell({1, 2});
  {
    const auto a = cell.borrow();
    const auto b = a;
    EXPECT_EQ(b->size(), 2U);
    EXPECT_FALSE(cell.try_borrow_mut().has_value());
  }
  {
    auto writer = cell.borrow_mut();
    writer->push_back(3);
    EXPECT_FALSE(cell.try_borrow().has_value());
    EXPECT_FALSE(cell.try_borrow_mut().has_value());
    const auto moved = std::move(writer);
    EXPECT_FALSE(cell.try_borrow().has_value());
  }
  EXPECT_EQ(cell.borrow()->size(), 3U);
  EXPECT_EQ(cell.replace({}).size(), 3U);
  EXPECT_TRUE(std::move(cell).into_inner().empty());
}

TEST(RefCellDeathTest, ConflictingBorrowIsStopped) {
  RefCell<int> cell(1);
  const auto reader = cell.borrow();
  EXPECT_DEATH((void)cell.borrow_mut(), "borrows_");
}

TEST(Guarded, CountsUnderContention) {
  Guarded<int> count;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) ++*count.lock();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count.with([](int value) { return value; }), 4000);
}

TEST(Guarded, TryLockFailsWhileHeldAndWaitSleeps) {
  Guarded<int> value(1);
  std::condition_variable ready;
  auto lock = value.lock();
  std::thread other([&] { EXPECT_FALSE(value.try_lock().has_value()); });
  other.join();
  lock.unlock();
  std::thread setter([&] {
    *value.lock() = 2;
    ready.notify_all();
  });
  auto again = value.lock();
  again.wait(ready, [](int now) { return now == 2; });
  EXPECT_EQ(*again, 2);
  again.unlock();
  setter.join();
}

TEST(SharedGuarded, ReadersShareWritersDoNot) {
  SharedGuarded<std::string> text("a");
  {
    const auto one = text.read();
    const auto two = text.read();
    EXPECT_EQ(*one, *two);
  }
  text.write()->append("b");
  EXPECT_EQ(*text.read(), "ab");
}

}  // namespace
}  // namespace avila::cell
