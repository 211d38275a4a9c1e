// The Linux-only calls of the POSIX file system.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "hooks.hpp"

namespace avila::os::detail {

int direct_open_flag() noexcept { return O_DIRECT; }
void set_direct(int) noexcept {}

int sync_data(int fd) noexcept { return ::fdatasync(fd); }
int sync_all(int fd) noexcept { return ::fsync(fd); }

int reserve(int fd, std::uint64_t size) noexcept {
  if (::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) == 0) return 0;
  return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -1;  // tmpfs of old, NFS, …
}

int lock_exclusive(int fd) noexcept {
  struct flock lock{};  // the whole file
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_SETLK, &lock);  // open file description lock: see fcntl(2)
}

void prefetch(int fd, std::uint64_t offset, std::uint64_t size) noexcept {
  (void)::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(size),
                        POSIX_FADV_WILLNEED);  // a hint
}

}  // namespace avila::os::detail
