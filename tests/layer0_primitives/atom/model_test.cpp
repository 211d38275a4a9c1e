// The model checker checked: it must allow what the C++ memory model allows (litmus tests), forbid
// what it forbids, and find each kind of fault.
#include <avila_test/model.hpp>

#ifndef AVILA_MODEL_ABSENT
#include <gtest/gtest.h>

#include <avila_test/model_run.hpp>

namespace model = avila_test::model;
namespace {

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;
template <class T>
using Atomic = model::Atomic<T>;

constexpr model::Options kAll{.preemptions = 100, .stale_reads = 100};

/// Can the body end with check() failed? (The bodies check that the odd outcome does not happen.)
bool allowed(const std::function<void()>& body) {
  const model::Outcome outcome = model::explore(kAll, body);
  EXPECT_EQ(outcome.complete, outcome.failure.empty());
  return outcome.failure == "odd";
}
std::string failure(const std::function<void()>& body) {
  return model::explore(kAll, body).failure;
}

bool store_buffering(std::memory_order store, std::memory_order load, bool fence) {
  return allowed([=] {
    Atomic<int> x, y;
    int a = 0, b = 0;
    model::spawn([&] {
      x.store(1, store);
      if (fence) model::Platform::fence(memory_order_seq_cst);
      a = y.load(load);
    });
    y.store(1, store);
    if (fence) model::Platform::fence(memory_order_seq_cst);
    b = x.load(load);
    model::join();
    model::check(a == 1 || b == 1, "odd");
  });
}
TEST(ModelLitmus, StoreBuffering) {
  EXPECT_TRUE(store_buffering(memory_order_relaxed, memory_order_relaxed, false));
  EXPECT_TRUE(store_buffering(memory_order_release, memory_order_acquire, false));
  EXPECT_TRUE(store_buffering(memory_order_seq_cst, memory_order_acquire, false));
  EXPECT_FALSE(store_buffering(memory_order_seq_cst, memory_order_seq_cst, false));
  EXPECT_FALSE(store_buffering(memory_order_relaxed, memory_order_relaxed, true));
}

bool message_passing(std::memory_order store, std::memory_order load) {
  return allowed([=] {
    Atomic<int> data, flag;
    model::spawn([&] {
      data.store(1, memory_order_relaxed);
      flag.store(1, store);
    });
    if (flag.load(load) == 1) model::check(data.load(memory_order_relaxed) == 1, "odd");
    model::join();
  });
}
TEST(ModelLitmus, MessagePassing) {
  EXPECT_TRUE(message_passing(memory_order_relaxed, memory_order_relaxed));
  EXPECT_TRUE(message_passing(memory_order_release, memory_order_relaxed));
  EXPECT_TRUE(message_passing(memory_order_relaxed, memory_order_acquire));
  EXPECT_FALSE(message_passing(memory_order_release, memory_order_acquire));
}

bool message_passing_by_fences(bool releases, bool acquires) {
  return allowed([=] {
    Atomic<int> data, flag;
    model::spawn([&] {
      data.store(1, memory_order_relaxed);
      if (releases) model::Platform::fence(memory_order_release);
      flag.store(1, memory_order_relaxed);
    });
    if (flag.load(memory_order_relaxed) == 1) {
      if (acquires) model::Platform::fence(memory_order_acquire);
      model::check(data.load(memory_order_relaxed) == 1, "odd");
    }
    model::join();
  });
}
TEST(ModelLitmus, MessagePassingByFences) {
  EXPECT_TRUE(message_passing_by_fences(false, true));
  EXPECT_TRUE(message_passing_by_fences(true, false));
  EXPECT_FALSE(message_passing_by_fences(true, true));
}

TEST(ModelLitmus, CoherenceOfOneLocation) {
  EXPECT_FALSE(allowed([] {
    Atomic<int> x;
    model::spawn([&] {
      x.store(1, memory_order_relaxed);
      x.store(2, memory_order_relaxed);
    });
    const int first = x.load(memory_order_relaxed);
    const int second = x.load(memory_order_relaxed);
    model::join();
    model::check(first <= second, "odd");
  }));
}

bool independent_reads(std::memory_order order) {
  return allowed([=] {
    Atomic<int> x, y;
    int a = 0, b = 0, c = 0, d = 0;
    model::spawn([&] { y.store(1, order); });
    model::spawn([&] {
      a = x.load(order == memory_order_relaxed ? order : memory_order_acquire);
      if (order == memory_order_seq_cst) a = x.load(order);
      b = y.load(order == memory_order_seq_cst ? order : memory_order_acquire);
    });
    model::spawn([&] {
      c = y.load(order == memory_order_seq_cst ? order : memory_order_acquire);
      d = x.load(order == memory_order_seq_cst ? order : memory_order_acquire);
    });
    x.store(1, order);
    model::join();
    model::check(!(a == 1 && b == 0 && c == 1 && d == 0), "odd");
  });
}
TEST(ModelLitmus, IndependentReadsOfIndependentWrites) {
  EXPECT_TRUE(independent_reads(memory_order_release));
  EXPECT_FALSE(independent_reads(memory_order_seq_cst));
}

bool release_sequence(bool by_read_modify_write) {
  return allowed([=] {
    Atomic<int> data, flag;
    model::spawn([&] {
      data.store(1, memory_order_relaxed);
      flag.store(1, memory_order_release);
    });
    model::spawn([&] {
      if (by_read_modify_write) {
        int one = 1;
        flag.compare_exchange_strong(one, 2, memory_order_relaxed);
      } else if (flag.load(memory_order_relaxed) == 1) {
        flag.store(2, memory_order_relaxed);
      }
    });
    if (flag.load(memory_order_acquire) == 2)
      model::check(data.load(memory_order_relaxed) == 1, "odd");
    model::join();
  });
}
TEST(ModelLitmus, ReleaseSequencesGoThroughReadModifyWritesOnly) {
  EXPECT_FALSE(release_sequence(true));
  EXPECT_TRUE(release_sequence(false));
}

TEST(ModelLitmus, ReadModifyWritesLoseNothing) {
  EXPECT_FALSE(allowed([] {
    Atomic<int> x;
    model::spawn([&] { x.fetch_add(1, memory_order_relaxed); });
    model::spawn([&] { x.fetch_add(1, memory_order_relaxed); });
    model::join();
    model::check(x.load(memory_order_relaxed) == 2, "odd");
  }));
  EXPECT_TRUE(allowed([] {
    Atomic<int> x;
    const auto add = [&] { x.store(x.load(memory_order_seq_cst) + 1, memory_order_seq_cst); };
    model::spawn(add);
    model::spawn(add);
    model::join();
    model::check(x.load(memory_order_relaxed) == 2, "odd");
  }));
}

TEST(ModelExploration, CountsTheInterleavings) {
  // Two threads of two operations each: 4! / (2! 2!) = 6 orders. The body waits meanwhile, the two
  // destructions at the end have no choice left.
  const auto body = [] {
    Atomic<int> x, y;
    model::spawn([&] { x.store(1, memory_order_relaxed), x.store(2, memory_order_relaxed); });
    model::spawn([&] { y.store(1, memory_order_relaxed), y.store(2, memory_order_relaxed); });
    model::join();
  };
  const model::Outcome all = model::explore(kAll, body);
  EXPECT_TRUE(all.complete);
  EXPECT_EQ(all.runs, 6U);
  EXPECT_EQ(model::explore({.preemptions = 0, .stale_reads = 0}, body).runs, 2U);
}

TEST(ModelFaults, AreFound) {
  EXPECT_EQ(failure([] {
              model::Plain<int> x;
              model::spawn([&] { x.set(1); });
              x.set(2);
              model::join();
            }),
            "data race: a write after a write of another thread");
  EXPECT_EQ(failure([] {
              model::Plain<int> x;
              Atomic<bool> ready;
              model::spawn([&] {
                x.set(1);
                ready.store(true, memory_order_relaxed);
              });
              if (ready.load(memory_order_acquire)) (void)x.get();
              model::join();
            }),
            "data race: a read after a write of another thread");
  EXPECT_EQ(failure([] {
              auto* const x = new Atomic<int>(1);
              Atomic<int> gone;
              model::spawn([&] {
                delete x;
                gone.store(1, memory_order_release);
              });
              if (gone.load(memory_order_acquire) == 1) x->store(2);
              model::join();
            }),
            "store of an atomic that is destroyed");
  EXPECT_EQ(failure([] {
              Atomic<Atomic<int>*> place{nullptr};
              model::spawn([&] { place.store(new Atomic<int>(1), memory_order_relaxed); });
              if (auto* const x = place.load(memory_order_acquire)) (void)x->load();
              model::join();
              delete place.load();
            }),
            "load of an atomic races with its initialisation");
  EXPECT_EQ(failure([] { new Atomic<int>(1); }), "an atomic is never destroyed");
  EXPECT_EQ(failure([] {
              Atomic<int> x;
              model::Backoff backoff;
              while (x.load() == 0) backoff.pause();
            }),
            "deadlock or livelock: every thread waits");
}

TEST(ModelFaults, AWaitForAnotherThreadIsNone) {
  EXPECT_EQ(failure([] {
              Atomic<int> x;
              model::spawn([&] { x.store(1, memory_order_relaxed); });
              model::Backoff backoff;
              while (x.load(memory_order_relaxed) == 0) backoff.pause();
              model::join();
            }),
            "");
}

TEST(ModelFaults, TheTraceTellsTheStory) {
  const model::Outcome outcome = model::explore(kAll, [] {
    Atomic<int> x;
    model::spawn([&] { x.store(7, memory_order_relaxed); });
    model::check(x.load(memory_order_relaxed) == 0, "saw it");
    model::join();
  });
  EXPECT_EQ(outcome.failure, "saw it");
  EXPECT_EQ(outcome.trace,
            "thread 1: store            #0   0x7\nthread 0: load             #0   0x7\n");
}

}  // namespace
#endif  // AVILA_MODEL_ABSENT
