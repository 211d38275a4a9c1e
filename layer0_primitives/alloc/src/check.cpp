#include "check.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "check_table.hpp"
#include "leaks.hpp"
#include "os_memory.hpp"

namespace avila::alloc::detail {

namespace {

constexpr std::size_t kRedZone = 32;              ///< bytes at least, before and behind a block
constexpr std::size_t kMaxQuarantine = 64 << 20;  ///< bytes of freed blocks kept from reuse
constexpr unsigned kMaxLeakGroups = 50;           ///< stacks in the report at exit
constexpr unsigned char kFresh = 0xCD, kFreed = 0xDD, kFront = 0xFA, kBehind = 0xFB;

constinit Lock g_lock;  // guards all below; taken before the locks of any Core
constinit CheckTable g_table;
constinit Core g_inside{};  ///< what reports themselves allocate (demangled names)
constinit Record* g_oldest = nullptr;
constinit Record* g_newest = nullptr;
constinit std::size_t g_quarantined = 0;
constinit std::uint64_t g_allocations = 0;
constinit std::uint64_t g_errors = 0;
constinit bool g_abort = false;
AVILA_INITIAL_EXEC constinit thread_local bool t_inside = false;

/// For the time of a report this thread's allocations are served by g_inside, unchecked.
class Inside {
 public:
  Inside() noexcept : before_(t_inside) { t_inside = true; }
  ~Inside() { t_inside = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  bool before_;
};

const char* face_name(Face face) noexcept {
  if (face == Face::New) return "operator new / delete";
  return face == Face::NewArray ? "operator new[] / delete[]" : "malloc / free";
}

void section(Message& out, const char* title, const Stack& stack) noexcept {
  out.text("  ").text(title).text(":\n");
  print_stack(out, stack);
}

/// "…of a block of N bytes at 0x…", and the end of the line.
Message& begin(Message& out, const char* what) noexcept {
  ++g_errors;
  return out.text("avila_malloc: error: ").text(what);
}
void describe(Message& out, const Record& record) noexcept {
  out.text(" block of ").number(record.size).text(" bytes at ").pointer(record.block).text("\n");
}
void finish(Message& out, const Record* record, const char* where, const Stack* here) noexcept {
  if (here != nullptr) {
    section(out, where, *here);
  } else if (*where != '\0') {
    out.text("  ").text(where).text("\n");
  }
  if (record != nullptr) {
    if (record->freed) section(out, "freed at", record->released);
    section(out, "allocated at", record->allocated);
  }
  out.flush();
  if (g_abort) std::abort();
}

/// The first byte of [from, to) that is not `value`, or null.
const char* first_other(const char* from, const char* to, unsigned char value) noexcept {
  for (; from < to; ++from)
    if (static_cast<unsigned char>(*from) != value) return from;
  return nullptr;
}

/// Both red zones; reports each block once. `here`: where the damage was noticed.
void check_zones(Record& record, const char* where, const Stack* here) noexcept {
  if (record.damaged) return;
  const char* end = record.block + record.size;
  if (const char* bad = first_other(end, record.base + record.total, kBehind)) {
    record.damaged = true;
    Message out;
    begin(out, "heap overflow: byte ").number(static_cast<std::uint64_t>(bad - end));
    describe(out.text(" behind the end was written,"), record);
    finish(out, &record, where, here);
  } else if (first_other(record.block - kRedZone, record.block, kFront) != nullptr) {
    record.damaged = true;
    Message out;
    describe(begin(out, "heap underflow: memory before the start was written,"), record);
    finish(out, &record, where, here);
  }
}

/// A block of the quarantine must look as it was left.
void check_poison(Record& record) noexcept {
  if (record.damaged) return;
  const char* bad = first_other(record.block, record.block + record.size, kFreed);
  if (bad == nullptr) return check_zones(record, "", nullptr);
  record.damaged = true;
  Message out;
  begin(out, "use after free: byte ").number(static_cast<std::uint64_t>(bad - record.block));
  describe(out.text(" was written after it was freed,"), record);
  finish(out, &record, "", nullptr);
}

void release_oldest() noexcept {
  Record* record = g_oldest;
  g_oldest = record->queue_next;
  if (g_oldest == nullptr) g_newest = nullptr;
  g_quarantined -= record->total;
  check_poison(*record);
  process_core().free_direct(record->base);
  g_table.erase(record);
}

void report_bad_free(const void* block, Record* known, const Stack& here) noexcept {
  Message out;
  if (known != nullptr) {
    describe(begin(out, "double free,"), *known);
    return finish(out, known, "freed again at", &here);
  }
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  g_table.for_each([&](Record& record) {
    const auto from = reinterpret_cast<std::uintptr_t>(record.base);
    if (address - from < record.total) known = &record;
  });
  begin(out, "invalid free of ").pointer(block);
  if (known == nullptr) {
    out.text(", which is no block of this heap\n");
  } else {
    describe(out.text(", which lies inside of a"), *known);
  }
  finish(out, known, "freed at", &here);
}

/// A free() of something else than a live block is told and otherwise left alone. Null then.
Record* take_live(void* block, Face face, const Stack& here) noexcept {
  Record* record = g_table.find(block);
  if (record == nullptr || record->freed) {
    report_bad_free(block, record, here);
    return nullptr;
  }
  if (face != record->face) {
    Message out;
    begin(out, "mismatch: allocated by ").text(face_name(record->face));
    describe(out.text(", freed by ").text(face_name(face)).text(","), *record);
    finish(out, record, "freed at", &here);
  }
  check_zones(*record, "noticed when it was freed at", &here);
  return record;
}

void quarantine(Record* record, const Stack& here) noexcept {
  record->freed = true;
  record->released = here;
  record->queue_next = nullptr;
  std::memset(record->block, kFreed, record->size);
  (g_newest != nullptr ? g_newest->queue_next : g_oldest) = record;
  g_newest = record;
  g_quarantined += record->total;
  while (g_quarantined > kMaxQuarantine) release_oldest();
}

}  // namespace

void check_abort_on_error() noexcept { g_abort = true; }

void check_lock() noexcept {
  g_lock.lock();
  g_inside.lock_all();
}
void check_unlock() noexcept {
  g_inside.unlock_all();
  g_lock.unlock();
}

void* check_allocate(std::size_t size, std::size_t align, Face face) noexcept {
  if (t_inside) return g_inside.allocate_direct(size, align);
  const std::size_t front = std::max(kRedZone, align);
  std::size_t total = 0;
  if (__builtin_add_overflow(size, front + kRedZone, &total)) return nullptr;
  char* base = static_cast<char*>(process_core().allocate_direct(total, align));
  if (base == nullptr) return nullptr;
  Stack stack;
  {
    const Inside inside;
    capture_stack(stack);
  }
  std::memset(base + front - kRedZone, kFront, kRedZone);  // all before that is only for `align`
  std::memset(base + front, kFresh, size);
  std::memset(base + front + size, kBehind, total - front - size);
  const LockGuard guard(g_lock);
  Record* record = g_table.make();
  if (record == nullptr) {
    process_core().free_direct(base);
    return nullptr;
  }
  record->block = base + front;
  record->base = base;
  record->size = size;
  record->total = total;
  record->number = ++g_allocations;
  record->face = face;
  record->allocated = stack;
  g_table.insert(record);
  return record->block;
}

void check_free(void* block, Face face) noexcept {
  if (t_inside || g_inside.contains(reinterpret_cast<std::uintptr_t>(block)))
    return g_inside.free_direct(block);
  const Inside inside;
  Stack here;
  capture_stack(here);
  const LockGuard guard(g_lock);
  if (Record* record = take_live(block, face, here)) quarantine(record, here);
}

void* check_reallocate(void* block, std::size_t size) noexcept {
  std::size_t old = check_usable_size(block);
  if (!t_inside) {
    const Inside inside;
    Stack here;
    capture_stack(here);
    const LockGuard guard(g_lock);
    const Record* record = take_live(block, Face::Malloc, here);
    if (record == nullptr) return nullptr;
    old = record->size;
  }
  void* moved =
      check_allocate(size, kMinAlign, Face::Malloc);  // always elsewhere: stale pointers show
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(old, size));
  check_free(block, Face::Malloc);
  return moved;
}

std::size_t check_usable_size(const void* block) noexcept {
  if (t_inside) return locate(block, &g_inside).usable;
  const LockGuard guard(g_lock);
  const Record* record = g_table.find(block);
  return record != nullptr ? record->size : 0;
}

void check_report_leaks() noexcept {
  const Inside inside;
  const LockGuard guard(g_lock);
  g_table.for_each([](Record& record) {
    if (record.freed) {
      check_poison(record);
    } else {
      check_zones(record, "noticed at exit", nullptr);
    }
  });
  mark_reachable(g_table, [](std::uintptr_t address) {
    return process_core().contains(address) || g_inside.contains(address);
  });
  std::uint64_t lost = 0, lost_bytes = 0, kept = 0, kept_bytes = 0;
  unsigned groups = 0;
  g_table.for_each([&](Record& record) {
    if (record.freed || record.told) return;
    if (record.reached) {
      ++kept;
      kept_bytes += record.size;
      return;
    }
    // All lost blocks of one stack are told together, at the first of them.
    std::uint64_t blocks = 0, bytes = 0;
    g_table.for_each([&](Record& other) {
      if (other.freed || other.reached || other.told ||
          other.allocated.count != record.allocated.count ||
          !std::equal(other.allocated.frames, other.allocated.frames + other.allocated.count,
                      record.allocated.frames))
        return;
      ++blocks;
      bytes += other.size;
      other.told = true;
    });
    lost += blocks;
    lost_bytes += bytes;
    if (++groups > kMaxLeakGroups) return;
    Message out;
    out.text("avila_malloc: leak: ").number(bytes).text(" bytes in ").number(blocks);
    section(out, blocks == 1 ? "block, allocated at" : "blocks, allocated at", record.allocated);
  });
  Message out;
  out.text("avila_malloc: ").number(g_errors).text(" errors; ").number(lost_bytes);
  out.text(" bytes lost in ").number(lost).text(" blocks; ").number(kept_bytes);
  out.text(" bytes still reachable in ").number(kept).text(" blocks\n");
}

}  // namespace avila::alloc::detail
