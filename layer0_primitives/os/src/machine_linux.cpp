#include <sched.h>
#include <unistd.h>
#include <avila/os/process.hpp>

#include <cerrno>

namespace avila::os {

unsigned core_count() noexcept {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    const int count = CPU_COUNT(&set);
    if (count > 0) return static_cast<unsigned>(count);
  }
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<unsigned>(online) : 1;
}

Result<std::string> program_path() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length < 0) return Error::from_errno(errno, "path of the program");
  return std::string(path, static_cast<std::size_t>(length));
}

}  // namespace avila::os
