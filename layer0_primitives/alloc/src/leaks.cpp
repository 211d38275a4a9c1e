#include "leaks.hpp"

#include <algorithm>
#include <cstring>

#include "os_memory.hpp"

#if defined(__linux__)
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>
#endif

namespace avila::alloc::detail {

#if defined(__linux__)

namespace {

constexpr std::size_t kMaxRoot = std::size_t{1} << 30;  ///< bytes read of one mapping at most
constexpr std::size_t kWindow = os::kPage;  ///< neighbours share a mapping: each page is judged

struct Search {
  Record** sorted;  ///< live blocks by address
  std::size_t count;
  Record** todo;  ///< reached, not yet read
  std::size_t todo_count = 0;

  void visit(std::uintptr_t word) noexcept {
    Record** end = sorted + count;
    Record** at = std::upper_bound(sorted, end, word, [](std::uintptr_t value, const Record* r) {
      return value < reinterpret_cast<std::uintptr_t>(r->block);
    });
    if (at == sorted) return;
    Record* record = *--at;
    const auto offset = word - reinterpret_cast<std::uintptr_t>(record->block);
    if (offset > record->size || record->reached) return;  // one past the end counts, as in C
    record->reached = true;
    todo[todo_count++] = record;
  }
  void scan(const char* from, std::size_t size) noexcept {
    for (std::size_t i = 0; i + sizeof(std::uintptr_t) <= size; i += sizeof(std::uintptr_t)) {
      std::uintptr_t word = 0;
      std::memcpy(&word, from + i, sizeof word);
      visit(word);
    }
  }
  void follow() noexcept {
    while (todo_count > 0) {
      const Record* record = todo[--todo_count];
      scan(record->block, record->size);
    }
  }
};

/// Lines of /proc/self/maps: "from-to rw-p …".
class Maps {
 public:
  Maps() noexcept : fd_(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}
  ~Maps() {
    if (fd_ >= 0) ::close(fd_);
  }
  Maps(const Maps&) = delete;
  Maps& operator=(const Maps&) = delete;
  bool good() const noexcept { return fd_ >= 0; }

  /// The next private writable mapping.
  bool next(std::uintptr_t& from, std::uintptr_t& to) noexcept {
    while (true) {
      char c = 0;
      if (!number(from, '-') || !number(to, ' ')) return false;
      char mode[4];
      for (char& m : mode)
        if (!get(m)) return false;
      while (get(c) && c != '\n') {
      }
      if (mode[0] == 'r' && mode[1] == 'w' && mode[3] == 'p') return true;
    }
  }

 private:
  bool get(char& c) noexcept {
    if (at_ == used_) {
      const ssize_t n = ::read(fd_, buffer_, sizeof buffer_);
      if (n <= 0) return false;
      used_ = static_cast<std::size_t>(n);
      at_ = 0;
    }
    c = buffer_[at_++];
    return true;
  }
  bool number(std::uintptr_t& value, char end) noexcept {
    value = 0;
    for (char c = 0; get(c);) {
      if (c == end) return true;
      value = value * 16 + static_cast<std::uintptr_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return false;
  }

  int fd_;
  char buffer_[4096];
  std::size_t at_ = 0, used_ = 0;
};

}  // namespace

bool mark_reachable(CheckTable& table, bool (*is_heap)(std::uintptr_t address)) noexcept {
  const std::size_t bytes =
      (table.size() * 2 * sizeof(Record*) + kWindow + os::kPage) / os::kPage * os::kPage;
  void* memory = os::map(bytes);
  Maps maps;
  if (memory == nullptr || !maps.good()) {
    table.for_each([](Record& record) { record.reached = true; });
    return false;
  }
  Search search{static_cast<Record**>(memory), 0, static_cast<Record**>(memory) + table.size()};
  char* window = static_cast<char*>(memory) + table.size() * 2 * sizeof(Record*);
  table.for_each([&search](Record& record) {
    record.reached = false;
    if (!record.freed) search.sorted[search.count++] = &record;
  });
  std::sort(search.sorted, search.sorted + search.count,
            [](const Record* a, const Record* b) { return a->block < b->block; });
  std::uintptr_t from = 0, to = 0;
  while (maps.next(from, to)) {
    to = std::min(to, from + kMaxRoot);
    for (std::size_t n = 0; from < to; from += n) {
      n = std::min<std::size_t>(kWindow, to - from);
      const bool own = from - reinterpret_cast<std::uintptr_t>(memory) < bytes;
      if (own || is_heap(from) || table.owns(from)) continue;
      // Through the kernel, because a page may vanish or lie beyond the end of its file.
      const iovec local{window, n}, remote{reinterpret_cast<void*>(from), n};
      const ssize_t got = ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0);
      if (got > 0) search.scan(window, static_cast<std::size_t>(got));
    }
  }
  search.follow();
  os::unmap(memory, bytes);
  return true;
}

#else

bool mark_reachable(CheckTable& table, bool (*)(std::uintptr_t)) noexcept {
  table.for_each([](Record& record) { record.reached = false; });
  return true;
}

#endif

}  // namespace avila::alloc::detail
