#include "os_memory.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

namespace avila::alloc::detail::os {

namespace {

constinit int g_stderr = STDERR_FILENO;

class KeepErrno {
 public:
  KeepErrno() noexcept : saved_(errno) {}
  ~KeepErrno() { errno = saved_; }
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  int saved_;
};

char* reserve(std::size_t size, int protection) noexcept {
  void* at = ::mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : static_cast<char*>(at);
}

std::size_t misalignment(const char* at, std::size_t align, std::size_t offset) noexcept {
  return (reinterpret_cast<std::uintptr_t>(at) + offset) & (align - 1);
}

/// `size` bytes at the right place inside a larger reservation; the rest is given back.
char* reserve_aligned(std::size_t size, std::size_t align, std::size_t offset,
                      int protection) noexcept {
  if (char* lucky = reserve(size, protection)) {
    if (misalignment(lucky, align, offset) == 0) return lucky;
    ::munmap(lucky, size);
  }
  if (size > SIZE_MAX - align) return nullptr;
  char* raw = reserve(size + align, protection);
  if (raw == nullptr) return nullptr;
  const std::size_t off = misalignment(raw, align, offset);
  const std::size_t head = off == 0 ? 0 : align - off;
  if (head > 0) ::munmap(raw, head);
  if (head < align) ::munmap(raw + head + size, align - head);
  return raw + head;
}

}  // namespace

void* map(std::size_t size) noexcept {
  const KeepErrno keep;
  return reserve(size, PROT_READ | PROT_WRITE);
}

void* map_aligned(std::size_t size, std::size_t align, std::size_t offset) noexcept {
  const KeepErrno keep;
  return reserve_aligned(size, align, offset, PROT_READ | PROT_WRITE);
}

void unmap(void* address, std::size_t size) noexcept {
  const KeepErrno keep;
  ::munmap(address, size);
}

bool discard(void* address, std::size_t size) noexcept {
  const KeepErrno keep;
  return ::madvise(address, size, MADV_DONTNEED) == 0;
}

void prefer_huge_pages([[maybe_unused]] void* address, [[maybe_unused]] std::size_t size) noexcept {
#ifdef MADV_HUGEPAGE
  const KeepErrno keep;
  ::madvise(address, size, MADV_HUGEPAGE);
#endif
}

void* remap([[maybe_unused]] void* address, [[maybe_unused]] std::size_t old_size,
            [[maybe_unused]] std::size_t new_size, [[maybe_unused]] std::size_t align,
            [[maybe_unused]] std::size_t offset) noexcept {
#ifdef MREMAP_MAYMOVE
  const KeepErrno keep;
  if (::mremap(address, old_size, new_size, 0) != MAP_FAILED) return address;
  char* target = reserve_aligned(new_size, align, offset, PROT_NONE);
  if (target == nullptr) return nullptr;
  if (::mremap(address, old_size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED, target) != MAP_FAILED)
    return target;
  ::munmap(target, new_size);
#endif
  return nullptr;
}

std::uint64_t now_ms() noexcept {
  timespec t{};
#ifdef CLOCK_MONOTONIC_COARSE
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
#else
  ::clock_gettime(CLOCK_MONOTONIC, &t);
#endif
  return static_cast<std::uint64_t>(t.tv_sec) * 1000 +
         static_cast<std::uint64_t>(t.tv_nsec) / 1'000'000;
}

void keep_stderr() noexcept {
  const KeepErrno keep;
  constexpr int kOutOfTheWay = 100;  // programs count on the low numbers being free
  const int fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, kOutOfTheWay);
  if (fd >= 0) g_stderr = fd;
}

void write_stderr(const char* text, std::size_t size) noexcept {
  const KeepErrno keep;
  while (size > 0) {
    const ssize_t n = ::write(g_stderr, text, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EBADF && g_stderr != STDERR_FILENO) {
      g_stderr = STDERR_FILENO;
      continue;
    }
    if (n <= 0) return;
    text += n;
    size -= static_cast<std::size_t>(n);
  }
}

}  // namespace avila::alloc::detail::os
