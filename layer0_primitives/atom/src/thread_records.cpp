#include <algorithm>
#include <avila/atom/thread_records.hpp>
#include <mutex>
#include <vector>

namespace avila::atom {
namespace {

struct Domain {
  std::uint64_t id;
  void* address;
  ThreadRecords::Release release;
};
struct Domains {
  std::mutex lock;
  std::vector<Domain> live;
  std::uint64_t last_id = 0;
};
// Never destroyed: threads may end after the statics are gone.
Domains& domains() {
  static Domains* const all = new Domains;
  return *all;
}

// Set once the thread's table is gone. A domain used after that, by a destructor of another
// thread-local, keeps the record until the domain itself ends: unpinned, so it holds up nobody.
thread_local constinit bool table_is_gone = false;

}  // namespace

struct ThreadRecords::Table {
  std::vector<Entry> entries;

  ~Table() {
    table_is_gone = true;
    last_ = {0, nullptr};
    // Under the lock, so that no domain goes while a record is being given back to it.
    const std::lock_guard guard(domains().lock);
    for (const Entry& entry : entries)
      for (const Domain& domain : domains().live)
        if (domain.id == entry.id) domain.release(domain.address, entry.record);
  }
  static Table& of_this_thread() {
    thread_local Table table;
    return table;
  }
};

std::uint64_t ThreadRecords::add_domain(void* domain, Release release) {
  const std::lock_guard guard(domains().lock);
  domains().live.push_back({++domains().last_id, domain, release});
  return domains().last_id;
}

void ThreadRecords::remove_domain(std::uint64_t id) noexcept {
  const std::lock_guard guard(domains().lock);
  std::erase_if(domains().live, [id](const Domain& domain) { return domain.id == id; });
}

void* ThreadRecords::find_slowly(std::uint64_t id) noexcept {
  if (table_is_gone) return nullptr;
  for (const Entry& entry : Table::of_this_thread().entries)
    if (entry.id == id) return (last_ = entry).record;
  return nullptr;
}

void ThreadRecords::set(std::uint64_t id, void* record) {
  last_ = {id, record};
  if (table_is_gone) return;
  auto& entries = Table::of_this_thread().entries;
  if (entries.size() % 16 == 15) {  // entries of dead domains would pile up in a long-lived thread
    const std::lock_guard guard(domains().lock);
    std::erase_if(entries, [](const Entry& entry) {
      return std::none_of(domains().live.begin(), domains().live.end(),
                          [&entry](const Domain& domain) { return domain.id == entry.id; });
    });
  }
  entries.push_back({id, record});
}

}  // namespace avila::atom
