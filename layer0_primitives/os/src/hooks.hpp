// What differs among the POSIX systems; one hooks_*.cpp is compiled.
#pragma once
#include <cstdint>

namespace avila::os::detail {

/// Flag for open(2) that bypasses the page cache, or 0.
int direct_open_flag() noexcept;
/// After open: bypass the cache on systems that do it by fcntl.
void set_direct(int fd) noexcept;
/// These return 0 or -1 with errno.
int sync_data(int fd) noexcept;
int sync_all(int fd) noexcept;
int reserve(int fd, std::uint64_t size) noexcept;  ///< 0 too where there is no such call
/// An exclusive lock without waiting; EAGAIN or EWOULDBLOCK when somebody holds it. Belongs to the
/// open file, so two opens within one process exclude each other as well.
int lock_exclusive(int fd) noexcept;
void prefetch(int fd, std::uint64_t offset, std::uint64_t size) noexcept;

}  // namespace avila::os::detail
