// Epoch-based reclamation: what was unlinked two epochs ago is held by nobody.
#pragma once
#include <algorithm>
#include <atomic>
#include <avila/atom/cache_padded.hpp>
#include <avila/atom/record_list.hpp>
#include <avila/atom/treiber_stack.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace avila::atom {

/// Safe destruction for lock-free structures whose readers walk over many objects: one pin covers
/// them all, where hazard pointers cost a fence each. The price: a thread that stays pinned keeps
/// everything retired since then alive, so pin for the length of one operation.
///
///   const EpochDomain<>::Guard pin(domain);  // nothing reachable now is destroyed while it lives
///   …; domain.retire(unlinked);              // deleted two epochs later
///
/// At any time three epochs matter: the current one, the one before, in which threads may still be
/// pinned, and the one before that, whose garbage is being destroyed.
/// Source: Fraser, "Practical lock-freedom" (2004), section 5.2.3.
template <class Platform = StdPlatform>
class EpochDomain {
  template <class U>
  using Atomic = typename Platform::template Atomic<U>;
  struct Record;

 public:
  using PlatformType = Platform;
  static constexpr std::size_t kBagSize = 64;

  /// Garbage is sealed with its epoch, and an advance tried, every `bag_size` retirements.
  explicit EpochDomain(std::size_t bag_size = kBagSize)
      : bag_size_(bag_size < 1 ? 1 : bag_size), records_(this, leave) {}
  /// No thread may be pinned. Destroys everything still retired.
  ~EpochDomain() {
    records_.close();
    while (destroy_everything()) {  // a destructor may retire more
    }
  }
  EpochDomain(const EpochDomain&) = delete;
  EpochDomain& operator=(const EpochDomain&) = delete;

  /// For structures that are given none. Lives as long as the process.
  static EpochDomain& global() {
    static EpochDomain* const domain = new EpochDomain;
    return *domain;
  }

  /// The thread that made it is pinned until it goes; pins nest, the inner ones are free.
  class [[nodiscard]] Guard {
   public:
    explicit Guard(EpochDomain& domain) : record_(domain.records_.local()) {
      if (record_.depth++ != 0) return;
      // relaxed: a stale epoch only delays the next advance.
      const std::uint64_t epoch = domain.epoch_->load(std::memory_order_relaxed);
      // release: an advance that sees this pin knows that our earlier pins are over.
      record_.pinned.store(epoch << 1 | 1, std::memory_order_release);
      // The fence X. An advance has a fence Y before it looks at the pins. If X is before Y it sees
      // ours; if Y is before X, our loads see everything unlinked before the retirement's fence Z,
      // which is before Y for all that this advance lets go (see retire()).
      Platform::fence(std::memory_order_seq_cst);
    }
    ~Guard() {
      // release: our reads happen before the destruction by whoever sees us gone.
      if (--record_.depth == 0) record_.pinned.store(0, std::memory_order_release);
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    // The face of HazardDomain::Guard, so that a structure can take either domain.
    /// What `source` points to; stays whole while this guard lives.
    template <class T>
    T* protect(const Atomic<T*>& source) const noexcept {
      return source.load(std::memory_order_acquire);
    }
    template <class T>
    void announce(T*) const noexcept {}

   private:
    Record& record_;
  };

  /// Deletes `object` when no thread is pinned that was so while it could be reached. Nobody may be
  /// able to reach it from now on. The caller need not be pinned.
  template <class T>
  void retire(T* object) {
    retire(object, [](void* held) { delete static_cast<T*>(held); });
  }
  /// The same with `destroy(object)` in place of delete.
  void retire(void* object, void (*destroy)(void* object)) {
    Record& mine = records_.local();
    mine.open.push_back({object, destroy});
    if (mine.open.size() >= bag_size_) collect(mine);
  }
  /// Calls `action()` once, when everything that can be reached now is out of use.
  template <class Action>
  void defer(Action action) {
    retire(new Action(std::move(action)), [](void* held) {
      auto* const mine = static_cast<Action*>(held);
      (*mine)();
      delete mine;
    });
  }
  /// Tries to advance the epoch, and destroys what is old enough of this thread's and of ended
  /// threads' garbage. Three calls destroy everything when nobody is pinned.
  void collect() { collect(records_.local()); }
  /// How many objects this thread has retired that are not destroyed yet.
  std::size_t pending() {
    const Record& mine = records_.local();
    std::size_t count = mine.open.size();
    for (const Bag& bag : mine.sealed) count += bag.garbage.size();
    return count;
  }
  std::uint64_t epoch() const noexcept { return epoch_->load(std::memory_order_acquire); }

 private:
  using Retired = detail::Retired;
  struct Bag {
    std::uint64_t epoch;
    std::vector<Retired> garbage;
  };
  struct Record : detail::RecordBase<Record, Platform> {
    Atomic<std::uint64_t> pinned{0};  // 0, or epoch * 2 + 1
    // The owner's alone:
    std::uint32_t depth = 0;
    bool collecting = false;
    std::vector<Retired> open;  // not sealed yet
    std::vector<Bag> sealed;    // by epoch, oldest first
  };
  struct Orphans {  // what an ended thread left
    Atomic<Orphans*> next{nullptr};
    std::vector<Bag> bags;
  };

  /// The epoch of everything in `open`: that of now, read after all of it was unlinked.
  void seal(Record& mine) {
    if (mine.open.empty()) return;
    // The fence Z: each object of the bag was unlinked before. If we read epoch r, the advance to
    // r + 1 comes after Z in the single order, and so does the fence Y of the advance to r + 2,
    // which acquires r + 1. Hence a pin that this last advance overlooks (Y before X) sees the
    // unlinking, and a pin that it sees is of epoch r + 1: taken after the advance to r + 1, so
    // after Z, it sees the unlinking too. Nobody holds the object at r + 2.
    Platform::fence(std::memory_order_seq_cst);
    const std::uint64_t epoch = epoch_->load(std::memory_order_relaxed);
    mine.sealed.push_back({epoch, std::exchange(mine.open, {})});
  }

  /// From e to e + 1, if every pinned thread is pinned at e.
  void try_advance() {
    // acquire: pairs with the release of the last advance, for the argument at Z.
    std::uint64_t epoch = epoch_->load(std::memory_order_acquire);
    Platform::fence(std::memory_order_seq_cst);  // the fence Y
    bool behind = false;
    records_.for_each([&](const Record& record) {
      // acquire: the reads of a thread that has left its pin happen before our advance.
      const std::uint64_t pinned = record.pinned.load(std::memory_order_acquire);
      behind = behind || (pinned != 0 && pinned >> 1 != epoch);
    });
    // seq_cst: part of the order that Z speaks of, and release: hands on what the loads acquired.
    if (!behind)
      epoch_->compare_exchange_strong(epoch, epoch + 1, std::memory_order_seq_cst,
                                      std::memory_order_relaxed);
  }

  void collect(Record& mine) {
    if (mine.collecting) return;  // a destructor retires more: the next call's
    mine.collecting = true;
    seal(mine);
    for (Orphans* left = orphans_.take_all(); left != nullptr;) {
      std::move(left->bags.begin(), left->bags.end(), std::back_inserter(mine.sealed));
      delete std::exchange(left, left->next.load(std::memory_order_relaxed));
    }
    try_advance();
    // acquire: every reader that the advances waited for is done with what we destroy. (Advances
    // are read-modify-writes, so each also hands on what those before it released.)
    const std::uint64_t now = epoch_->load(std::memory_order_acquire);
    std::vector<Bag> bags = std::exchange(mine.sealed, {});
    for (Bag& bag : bags) {
      if (bag.epoch + 2 > now) {
        mine.sealed.push_back(std::move(bag));
        continue;
      }
      for (const Retired& each : bag.garbage) each.destroy(each.object);
    }
    mine.collecting = false;
  }

  static void leave(void* domain, void* record) noexcept {
    auto& self = *static_cast<EpochDomain*>(domain);
    auto& mine = *static_cast<Record*>(record);
    self.collect(mine);
    self.seal(mine);  // what destructors have just retired
    if (!mine.sealed.empty()) {
      auto* const left = new Orphans;
      left->bags.swap(mine.sealed);
      self.orphans_.push(left);
    }
    RecordList::give_back(mine);
  }

  bool destroy_everything() {
    std::vector<Retired> batch;
    const auto take = [&batch](std::vector<Retired>& from) {
      batch.insert(batch.end(), from.begin(), from.end());
      from.clear();
    };
    const auto take_bags = [&take](std::vector<Bag>& bags) {
      for (Bag& bag : bags) take(bag.garbage);
      bags.clear();
    };
    records_.for_each([&](Record& record) {
      record.collecting = true;  // a destructor that retires more must not start another round
      take_bags(record.sealed);
      take(record.open);
    });
    for (Orphans* left = orphans_.take_all(); left != nullptr;) {
      take_bags(left->bags);
      delete std::exchange(left, left->next.load(std::memory_order_relaxed));
    }
    for (const Retired& each : batch) each.destroy(each.object);
    return !batch.empty();
  }

  using RecordList = detail::RecordList<Record, Platform>;
  const std::size_t bag_size_;
  CachePadded<Atomic<std::uint64_t>> epoch_;
  TreiberStack<Orphans, Platform> orphans_;
  RecordList records_;
};

}  // namespace avila::atom
