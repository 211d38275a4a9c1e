#include "standard_input.hpp"

#include <cstdio>

#ifndef _WIN32
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace avila::cli {

#ifndef _WIN32
namespace {
constexpr int kLookMs = 50;  // how soon the reader of standard input sees that it is over
}
#endif

Result<std::string> next_input(const std::atomic<bool>& stop) {
  std::string text(64 * 1024, '\0');
#ifndef _WIN32
  while (!stop.load()) {
    pollfd wanted{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wanted, 1, kLookMs);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(STDIN_FILENO, text.data(), text.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::from_errno(errno, "standard input");
    text.resize(static_cast<std::size_t>(got));
    return text;
  }
  return std::string();
#else
  (void)stop;
  text.resize(std::fread(text.data(), 1, text.size(), stdin));
  return text;
#endif
}

}  // namespace avila::cli
