#include <unistd.h>
#include <avila/os/process.hpp>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#else
#include <sys/sysctl.h>
#include <sys/types.h>
#endif
#include <cerrno>

namespace avila::os {

unsigned core_count() noexcept {
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<unsigned>(online) : 1;
}

Result<std::string> program_path() {
  char path[4096];
#ifdef __APPLE__
  std::uint32_t size = sizeof path;
  if (_NSGetExecutablePath(path, &size) != 0)
    return Error(Errc::LimitExceeded, "the program's path is longer than 4096 bytes");
#elif defined(KERN_PROC_PATHNAME)
  int what[] = {CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1};
  std::size_t size = sizeof path;
  if (::sysctl(what, 4, path, &size, nullptr, 0) != 0)
    return Error::from_errno(errno, "path of the program");
#else
  return Error(Errc::Unsupported, "this system does not tell a program its path");
#endif
  return std::string(path);
}

}  // namespace avila::os
