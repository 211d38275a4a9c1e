// Every structure in every interleaving of a small case, under the C++ memory model; then the same
// cases with something taken away (acquire, release, seq_cst, fences), which must be found: so the
// orders in the code are needed, and the checker sees when they lack.
#include <avila_test/model.hpp>

#ifndef AVILA_MODEL_ABSENT
#include <gtest/gtest.h>

#include <avila/atom/epoch.hpp>
#include <avila/atom/hazard.hpp>
#include <avila/atom/lock_free_queue.hpp>
#include <avila/atom/lock_free_stack.hpp>
#include <avila/atom/mpmc_queue.hpp>
#include <avila/atom/seq_lock.hpp>
#include <avila/atom/spin_lock.hpp>
#include <avila/atom/spsc_ring.hpp>
#include <avila/atom/treiber_stack.hpp>
#include <avila/atom/work_stealing_deque.hpp>
#include <functional>
#include <optional>
#include <string>

namespace avila::atom {
namespace {

namespace model = avila_test::model;
using model::Plain;

/// A case is a function template over the platform: `template <class P> void case()`.
#define EXPECT_HOLDS(options, name)                                                       \
  do {                                                                                    \
    const model::Outcome outcome = model::explore(options, name<model::BasicPlatform<>>); \
    EXPECT_EQ(outcome.failure, "") << outcome.trace;                                      \
    EXPECT_TRUE(outcome.complete);                                                        \
    RecordProperty(#name, static_cast<int>(outcome.runs));                                \
  } while (false)
#define EXPECT_FOUND(options, name, mutation)                                                 \
  EXPECT_NE(model::explore(options, name<model::BasicPlatform<model::mutation>>).failure, "") \
      << #name " does not need what " #mutation " takes away"

constexpr model::Options kWide{.preemptions = 8, .stale_reads = 8};
constexpr model::Options kNarrow{.preemptions = 3, .stale_reads = 2};
constexpr model::Options kThreeThreads{.preemptions = 2, .stale_reads = 1};

// --- locks -------------------------------------------------------------------------------------
template <class P, template <class> class Lock>
void two_increments() {
  Lock<P> lock;
  Plain<int> counter(0);
  const auto increment = [&] {
    const Guard guard(lock);
    counter.set(counter.get() + 1);
  };
  model::spawn(increment);
  increment();
  if (lock.try_lock()) {
    counter.set(counter.get() + 1);
    lock.unlock();
  }
  model::join();
  model::check(counter.get() >= 2, "an increment is lost");
}
template <class P>
void spin_lock() {
  two_increments<P, BasicSpinLock>();
}
template <class P>
void ticket_lock() {
  two_increments<P, BasicTicketLock>();
}
TEST(LockModel, Exclude) {
  EXPECT_HOLDS(kWide, spin_lock);
  EXPECT_FOUND(kWide, spin_lock, NoAcquire);
  EXPECT_FOUND(kWide, spin_lock, NoRelease);
  EXPECT_HOLDS(kWide, ticket_lock);
  EXPECT_FOUND(kWide, ticket_lock, NoAcquire);
  EXPECT_FOUND(kWide, ticket_lock, NoRelease);
}

template <class P>
void seq_lock() {
  struct Pair {
    std::uint64_t a, b;
  };
  SeqLock<Pair, P> lock(Pair{0, 0});
  model::spawn([&] { lock.store({1, 1}); });
  const Pair seen = lock.load();
  model::check(seen.a == seen.b, "a torn value");
  model::join();
}
template <class P>
void seq_lock_writers() {  // the second sees the sequence that the first left
  SeqLock<std::uint64_t, P> lock(0);
  model::spawn([&] { lock.store(1); });
  lock.store(2);
  const std::uint64_t seen = lock.load();
  model::check(seen != 0, "a written value is undone");
  model::join();
}
TEST(SeqLockModel, NeverTears) {
  EXPECT_HOLDS(kWide, seq_lock_writers);
  EXPECT_HOLDS(kWide, seq_lock);
  EXPECT_FOUND(kWide, seq_lock, NoAcquire);
  EXPECT_FOUND(kWide, seq_lock, NoRelease);
}

// --- queues ------------------------------------------------------------------------------------
template <class P>
void spsc_ring() {
  SpscRing<Plain<int>, P> ring(2);
  model::spawn([&] {
    for (int i = 1; i <= 3; ++i)
      if (!ring.push(i)) break;
  });
  int last = 0;
  for (int i = 0; i < 3; ++i)
    if (auto value = ring.pop()) {
      model::check(value->get() == last + 1, "out of order");
      last = value->get();
    }
  model::join();
}
TEST(SpscRingModel, KeepsOrder) {
  EXPECT_HOLDS(kWide, spsc_ring);
  EXPECT_FOUND(kWide, spsc_ring, NoAcquire);
  EXPECT_FOUND(kWide, spsc_ring, NoRelease);
}

template <class P>
void mpmc_queue() {
  MpmcQueue<Plain<int>, P> queue(2);
  int sum = 0, other_sum = 0;
  model::spawn([&] {
    model::check(queue.push(1), "full with one value at most in it");
    if (auto value = queue.pop()) other_sum += value->get();
  });
  model::check(queue.push(2), "full with one value at most in it");
  if (auto value = queue.pop()) sum += value->get();
  model::join();
  while (auto value = queue.pop()) sum += value->get();
  model::check(sum + other_sum == 3, "a value is lost or comes twice");
}
template <class P>
void mpmc_queue_laps() {  // a slot is used again
  MpmcQueue<Plain<int>, P> queue(2);
  model::spawn([&] {
    for (int i = 1; i <= 3; ++i)
      if (!queue.push(i)) break;
  });
  int last = 0;
  for (int i = 0; i < 3; ++i)
    if (auto value = queue.pop()) {
      model::check(value->get() == last + 1, "out of order");
      last = value->get();
    }
  model::join();
}
TEST(MpmcQueueModel, EveryValueArrivesOnce) {
  EXPECT_HOLDS(kNarrow, mpmc_queue);
  EXPECT_FOUND(kNarrow, mpmc_queue, NoAcquire);
  EXPECT_FOUND(kNarrow, mpmc_queue, NoRelease);
  EXPECT_HOLDS(kNarrow, mpmc_queue_laps);
  EXPECT_FOUND(kNarrow, mpmc_queue_laps, NoAcquire);
  EXPECT_FOUND(kNarrow, mpmc_queue_laps, NoRelease);
}

// --- stacks ------------------------------------------------------------------------------------
template <class P>
struct Node {
  typename P::template Atomic<Node*> next{nullptr};
  Plain<int> value{0};
};
template <class P>
void treiber_stack() {
  Node<P> a, b;
  TreiberStack<Node<P>, P> stack;
  int taken = 0;
  model::spawn([&] {
    a.value.set(1);
    stack.push(&a);
    b.value.set(2);
    stack.push(&b);
  });
  const auto take = [&] {
    for (Node<P>* node = stack.take_all(); node != nullptr;
         node = node->next.load(std::memory_order_relaxed))
      taken += node->value.get();
  };
  take();
  take();
  model::join();
  take();
  model::check(taken == 3, "a node is lost or comes twice");
}
TEST(TreiberStackModel, EveryNodeIsTakenOnce) {
  EXPECT_HOLDS(kWide, treiber_stack);
  EXPECT_FOUND(kWide, treiber_stack, NoAcquire);
  EXPECT_FOUND(kWide, treiber_stack, NoRelease);
}

/// What TreiberStack leaves out: popping one node without protection.
template <class P>
void stack_with_aba() {
  Node<P> a, b;
  typename P::template Atomic<Node<P>*> head{nullptr};
  const auto push = [&](Node<P>* node) {
    Node<P>* top = head.load(std::memory_order_relaxed);
    do {
      node->next.store(top, std::memory_order_relaxed);
    } while (!head.compare_exchange_weak(top, node, std::memory_order_release));
  };
  const auto pop = [&]() -> Node<P>* {
    Node<P>* top = head.load(std::memory_order_acquire);
    while (top != nullptr) {
      Node<P>* const next = top->next.load(std::memory_order_relaxed);
      if (head.compare_exchange_weak(top, next, std::memory_order_acq_rel)) break;
    }
    return top;
  };
  push(&b);
  push(&a);
  Node<P>* kept = nullptr;
  model::spawn([&] {
    Node<P>* const first = pop();
    kept = pop();
    if (first != nullptr) push(first);
  });
  Node<P>* const mine = pop();
  model::join();
  for (const Node<P>* node = pop(); node != nullptr; node = pop())
    model::check(node != kept && node != mine, "a node that somebody holds is in the stack");
}
TEST(TreiberStackModel, PoppingOneNodeUnprotectedSuffersFromAba) {
  EXPECT_FOUND(kNarrow, stack_with_aba, Exact);
}

// --- the deque ---------------------------------------------------------------------------------
template <class P>
void deque_last_item() {  // the owner and a thief after the same item
  WorkStealingDeque<Plain<int>*, P> deque(1);
  Plain<int> items[2] = {1, 2};
  int taken = 0, stolen = 0;
  deque.push(&items[0]);
  deque.push(&items[1]);
  model::spawn([&] {
    for (int i = 0; i < 2; ++i)
      if (const auto item = deque.steal()) stolen += (*item)->get();
  });
  for (int i = 0; i < 2; ++i)
    if (const auto item = deque.pop()) taken += (*item)->get();
  model::join();
  while (const auto item = deque.pop()) taken += (*item)->get();
  model::check(taken + stolen == 3, "an item is lost or taken twice");
}
template <class P>
void deque_grows() {  // while a thief looks
  WorkStealingDeque<Plain<int>*, P> deque(0);
  Plain<int> items[3];
  int taken = 0, stolen = 0;
  model::spawn([&] {
    if (const auto item = deque.steal()) stolen += (*item)->get();
  });
  for (int i = 0; i < 3; ++i) {
    items[i].set(i + 1);
    deque.push(&items[i]);
  }
  model::join();
  while (const auto item = deque.pop()) taken += (*item)->get();
  model::check(taken + stolen == 6, "an item is lost or taken twice");
}
TEST(WorkStealingDequeModel, EveryItemIsTakenOnce) {
  EXPECT_HOLDS(kWide, deque_last_item);
  EXPECT_FOUND(kWide, deque_last_item, NoSeqCst);  // Chase-Lev without its fence
  EXPECT_HOLDS(kNarrow, deque_grows);
  EXPECT_FOUND(kNarrow, deque_grows, NoAcquire);
  EXPECT_FOUND(kNarrow, deque_grows, NoRelease);
}

// --- reclamation -------------------------------------------------------------------------------
template <class Domain, class P>
void reader_and_remover(Domain& domain) {
  struct Item {
    Plain<int> value{7};
  };
  typename P::template Atomic<Item*> place{new Item};
  const auto read = [&] {
    typename Domain::Guard guard(domain);
    if (Item* const item = guard.protect(place))
      model::check(item->value.get() == 7, "the object is not the one that was published");
  };
  model::spawn([&] {
    read();
    read();
  });
  Item* const old = place.load(std::memory_order_relaxed);
  place.store(nullptr, std::memory_order_release);
  domain.retire(old);
  for (int i = 0; i < 3; ++i) domain.collect();
  model::join();
}
/// The reader goes from one object to the next with the same guard.
template <class Domain, class P>
void reader_and_replacer(Domain& domain) {
  struct Item {
    Plain<int> value{7};
  };
  typename P::template Atomic<Item*> place{new Item};
  model::spawn([&] {
    typename Domain::Guard guard(domain);
    for (int i = 0; i < 2; ++i) (void)guard.protect(place)->value.get();
  });
  Item* const old = place.load(std::memory_order_relaxed);
  place.store(new Item, std::memory_order_release);
  domain.retire(old);
  for (int i = 0; i < 2; ++i) domain.collect();
  model::join();
  delete place.load(std::memory_order_relaxed);
}
template <class P>
void replace_with_hazard_pointers() {
  HazardDomain<P, 1> domain(1);
  reader_and_replacer<HazardDomain<P, 1>, P>(domain);
}
template <class P>
void replace_with_epochs() {
  EpochDomain<P> domain(1);
  reader_and_replacer<EpochDomain<P>, P>(domain);
}

/// The one that unlinks, the one that destroys and the reader are three.
template <class Domain, class P>
void reader_remover_and_collector(Domain& domain) {
  struct Item {
    Plain<int> value{7};
  };
  typename P::template Atomic<Item*> place{new Item};
  model::spawn([&] {
    typename Domain::Guard guard(domain);
    if (Item* const item = guard.protect(place)) (void)item->value.get();
  });
  model::spawn([&] {  // ends, and leaves what it could not destroy
    Item* const old = place.load(std::memory_order_relaxed);
    place.store(nullptr, std::memory_order_release);
    domain.retire(old);
  });
  domain.collect();
  domain.collect();
  model::join();
}
template <class P>
void three_with_hazard_pointers() {
  HazardDomain<P, 1> domain(1);
  reader_remover_and_collector<HazardDomain<P, 1>, P>(domain);
}
template <class P>
void three_with_epochs() {
  EpochDomain<P> domain(1);
  reader_remover_and_collector<EpochDomain<P>, P>(domain);
}
TEST(ReclamationModel, AThreadThatEndsLeavesItsGarbageToTheOthers) {
  EXPECT_HOLDS(kThreeThreads, three_with_hazard_pointers);
  EXPECT_FOUND(kThreeThreads, three_with_hazard_pointers, NoFences);
  EXPECT_FOUND(kThreeThreads, three_with_hazard_pointers, NoRelease);
  EXPECT_HOLDS(kThreeThreads, three_with_epochs);
  EXPECT_FOUND(kThreeThreads, three_with_epochs, NoFences);
  EXPECT_FOUND(kThreeThreads, three_with_epochs, NoRelease);
}

template <class P>
void hazard_pointers() {
  HazardDomain<P, 1> domain(1);
  reader_and_remover<HazardDomain<P, 1>, P>(domain);
}
template <class P>
void epochs() {
  EpochDomain<P> domain(1);
  reader_and_remover<EpochDomain<P>, P>(domain);
}
TEST(ReclamationModel, NobodyReadsADestroyedObject) {
  EXPECT_HOLDS(kNarrow, hazard_pointers);
  EXPECT_FOUND(kNarrow, hazard_pointers, NoAcquire);
  EXPECT_FOUND(kNarrow, hazard_pointers, NoRelease);
  EXPECT_FOUND(kNarrow, hazard_pointers, NoFences);
  EXPECT_HOLDS(kNarrow, epochs);
  EXPECT_FOUND(kNarrow, epochs, NoAcquire);
  EXPECT_FOUND(kNarrow, epochs, NoRelease);
  EXPECT_FOUND(kNarrow, epochs, NoFences);
}

template <class Domain, class P>
void push_and_pop_stack(Domain& domain) {
  LockFreeStack<Plain<int>, Domain> stack(domain);
  int sum = 0, other_sum = 0;
  stack.push(1);
  model::spawn([&] {
    if (auto value = stack.pop()) other_sum += value->get();
    stack.push(2);
  });
  if (auto value = stack.pop()) sum += value->get();
  model::join();
  while (auto value = stack.pop()) sum += value->get();
  model::check(sum + other_sum == 3, "a value is lost or comes twice");
}
template <class P>
void stack_with_hazard_pointers() {
  HazardDomain<P, 1> domain(1);
  push_and_pop_stack<HazardDomain<P, 1>, P>(domain);
}
template <class P>
void stack_with_epochs() {
  EpochDomain<P> domain(1);
  push_and_pop_stack<EpochDomain<P>, P>(domain);
}
TEST(LockFreeStackModel, EveryValueArrivesOnce) {
  EXPECT_HOLDS(kNarrow, stack_with_hazard_pointers);
  EXPECT_FOUND(kNarrow, stack_with_hazard_pointers, NoRelease);
  EXPECT_FOUND(kNarrow, stack_with_hazard_pointers, NoFences);
  EXPECT_HOLDS(kNarrow, stack_with_epochs);
  EXPECT_FOUND(kNarrow, stack_with_epochs, NoRelease);
}

template <class Domain, class P>
void push_and_pop_queue(Domain& domain) {
  LockFreeQueue<Plain<int>, Domain> queue(domain);
  int sum = 0, other_sum = 0;
  queue.push(1);
  model::spawn([&] {
    if (auto value = queue.pop()) other_sum += value->get();
    queue.push(2);
  });
  if (auto value = queue.pop()) sum += value->get();
  model::join();
  while (auto value = queue.pop()) sum += value->get();
  model::check(sum + other_sum == 3, "a value is lost or comes twice");
}
template <class P>
void queue_with_hazard_pointers() {
  HazardDomain<P, 2> domain(1);
  push_and_pop_queue<HazardDomain<P, 2>, P>(domain);
}
template <class P>
void queue_with_epochs() {
  EpochDomain<P> domain(1);
  push_and_pop_queue<EpochDomain<P>, P>(domain);
}
template <class P>
void queue_with_three() {  // one helps another, a third follows
  HazardDomain<P, 2> domain(8);
  LockFreeQueue<Plain<int>, HazardDomain<P, 2>> queue(domain);
  int sum = 0;
  model::spawn([&] { queue.push(1); });
  model::spawn([&] { queue.push(2); });
  queue.push(4);
  if (auto value = queue.pop()) sum += value->get();
  model::join();
  while (auto value = queue.pop()) sum += value->get();
  model::check(sum == 7, "a value is lost or comes twice");
}
TEST(LockFreeQueueModel, EveryValueArrivesOnce) {
  EXPECT_HOLDS(kThreeThreads, queue_with_three);
  EXPECT_HOLDS(kNarrow, queue_with_hazard_pointers);
  EXPECT_FOUND(kNarrow, queue_with_hazard_pointers, NoRelease);
  EXPECT_FOUND(kNarrow, queue_with_hazard_pointers, NoFences);
  EXPECT_HOLDS(kNarrow, queue_with_epochs);
  EXPECT_FOUND(kNarrow, queue_with_epochs, NoRelease);
}

// --- one order at a time -----------------------------------------------------------------------
/// Each order that the cases use made one step weaker, alone: what none of them notices.
template <class... Case>
std::string unneeded(const model::Options& options, Case... cases) {
  std::string out;
  for (const model::Weakening& each : model::unneeded_orders(options, {cases...})) {
    const std::string text = each.to_string();
    out += text.substr(text.find(' ') + 1) + "; ";  // without file and line
  }
  return out;
}
using P = model::Platform;
TEST(EachOrder, IsNeeded) {
  EXPECT_EQ(unneeded(kWide, spin_lock<P>, ticket_lock<P>), "");
  EXPECT_EQ(unneeded(kNarrow, seq_lock<P>, seq_lock_writers<P>), "");
  EXPECT_EQ(unneeded(kNarrow, spsc_ring<P>), "");
  EXPECT_EQ(unneeded(kNarrow, mpmc_queue<P>, mpmc_queue_laps<P>), "");
  EXPECT_EQ(unneeded(kWide, treiber_stack<P>), "");
  // In order: the load of top in push(), which keeps the owner's store to a slot behind a thief's
  // load of it (load buffering: the model has none); the exchange in pop(), seq_cst in the proof of
  // Lê et al.; the load of top in steal(), whose case needs a second thief.
  EXPECT_EQ(unneeded(kNarrow, deque_last_item<P>, deque_grows<P>),
            "acquire -> relaxed; seq_cst -> acq_rel; acquire -> relaxed; ");
}

}  // namespace
}  // namespace avila::atom
#endif  // AVILA_MODEL_ABSENT
