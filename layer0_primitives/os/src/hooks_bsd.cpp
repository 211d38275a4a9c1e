// macOS and the BSDs.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "hooks.hpp"

namespace avila::os::detail {

#ifdef __APPLE__
int direct_open_flag() noexcept { return 0; }
void set_direct(int fd) noexcept { (void)::fcntl(fd, F_NOCACHE, 1); }
// fsync(2) of macOS leaves data in the drive's cache; F_FULLFSYNC does not.
int sync_all(int fd) noexcept { return ::fcntl(fd, F_FULLFSYNC) == 0 ? 0 : ::fsync(fd); }
int sync_data(int fd) noexcept { return sync_all(fd); }

int reserve(int fd, std::uint64_t size) noexcept {
  struct stat now{};
  if (::fstat(fd, &now) != 0) return -1;
  const auto allocated = static_cast<std::uint64_t>(now.st_blocks) * 512;
  if (allocated >= size) return 0;
  fstore_t store{};
  store.fst_flags = F_ALLOCATEALL;
  store.fst_posmode = F_PEOFPOSMODE;
  store.fst_length = static_cast<off_t>(size - allocated);
  if (::fcntl(fd, F_PREALLOCATE, &store) == 0) return 0;
  return errno == ENOTSUP ? 0 : -1;
}

void prefetch(int fd, std::uint64_t offset, std::uint64_t size) noexcept {
  radvisory advice{static_cast<off_t>(offset), static_cast<int>(size)};
  (void)::fcntl(fd, F_RDADVISE, &advice);
}
#else
int direct_open_flag() noexcept {
#ifdef O_DIRECT
  return O_DIRECT;
#else
  return 0;
#endif
}
void set_direct(int) noexcept {}
int sync_data(int fd) noexcept { return ::fdatasync(fd); }
int sync_all(int fd) noexcept { return ::fsync(fd); }
int reserve(int, std::uint64_t) noexcept { return 0; }  // posix_fallocate would change the size
void prefetch(int fd, std::uint64_t offset, std::uint64_t size) noexcept {
#ifdef POSIX_FADV_WILLNEED
  (void)::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(size),
                        POSIX_FADV_WILLNEED);
#else
  (void)fd, (void)offset, (void)size;
#endif
}
#endif

int lock_exclusive(int fd) noexcept { return ::flock(fd, LOCK_EX | LOCK_NB); }

}  // namespace avila::os::detail
