// The records of the threads that use a domain: found, reused, never freed while the domain lives.
#pragma once
#include <avila/atom/platform.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace avila::atom::detail {

/// An object that waits until nobody can hold it.
struct Retired {
  void* object;
  void (*destroy)(void* object);
};

/// Record derives from RecordBase. The list only grows, to the highest number of threads that used
/// the domain at one time; a thread that ends leaves its record to the next that comes.
template <class Record, class Platform>
struct RecordBase {
  typename Platform::template Atomic<bool> taken{true};
  Record* next = nullptr;  // set before the record is published, never changed after
};

template <class Record, class Platform>
class RecordList {
 public:
  RecordList(void* domain, ThreadRecords::Release leave)
      : id_(Platform::ThreadRecords::add_domain(domain, leave)) {}
  RecordList(const RecordList&) = delete;
  RecordList& operator=(const RecordList&) = delete;
  ~RecordList() {
    // relaxed: whoever destroys the domain has it for itself.
    for (Record* record = head_.load(std::memory_order_relaxed); record != nullptr;)
      delete std::exchange(record, record->next);
  }
  /// The domain's destructor calls it first: from here on no ending thread gives a record back.
  void close() noexcept { Platform::ThreadRecords::remove_domain(id_); }

  /// The calling thread's record.
  Record& local() {
    if (void* const mine = Platform::ThreadRecords::find(id_)) return *static_cast<Record*>(mine);
    Record& mine = acquire();
    Platform::ThreadRecords::set(id_, &mine);
    return mine;
  }
  /// Gives a record back; the caller has emptied it.
  static void give_back(Record& record) noexcept {
    // release: the next owner, who takes it with acquire, sees what this one left in it.
    record.taken.store(false, std::memory_order_release);
  }
  template <class F>
  void for_each(F&& visit) const {
    // acquire: pairs with the release CASes that published the newest record and those behind it.
    for (Record* record = head_.load(std::memory_order_acquire); record != nullptr;
         record = record->next)
      visit(*record);
  }

 private:
  Record& acquire() {
    for (Record* record = head_.load(std::memory_order_acquire); record != nullptr;
         record = record->next) {
      bool taken = false;
      if (!record->taken.load(std::memory_order_relaxed) &&
          record->taken.compare_exchange_strong(taken, true, std::memory_order_acquire,
                                                std::memory_order_relaxed))
        return *record;
    }
    Record* const fresh = new Record;
    Record* head = head_.load(std::memory_order_relaxed);
    do {
      fresh->next = head;
      // release: publishes this record. Those behind it need no acquire here: head_ changes by
      // read-modify-writes only, so who acquires this one acquires their releases too.
    } while (!head_.compare_exchange_weak(head, fresh, std::memory_order_release,
                                          std::memory_order_relaxed));
    return *fresh;
  }

  typename Platform::template Atomic<Record*> head_{nullptr};
  const std::uint64_t id_;
};

}  // namespace avila::atom::detail
