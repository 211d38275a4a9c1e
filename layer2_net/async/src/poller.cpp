#include "poller.hpp"

#include <cstdlib>
#include <string_view>

namespace avila::async {
namespace {

Backend from_environment() noexcept {
  const char* const text = std::getenv("AVILA_ASYNC_BACKEND");
  const std::string_view name = text != nullptr ? text : "";
  if (name == "epoll") return Backend::Epoll;
  if (name == "io_uring") return Backend::IoUring;
  return Backend::Automatic;
}

Result<std::unique_ptr<Poller>> opened(std::unique_ptr<Poller> poller) {
  AVILA_TRY_VOID(poller->open());
  return poller;
}

}  // namespace

std::string_view to_string(Backend backend) noexcept {
  switch (backend) {
    case Backend::Automatic: return "automatic";
    case Backend::Epoll: return "epoll";
    case Backend::IoUring: return "io_uring";
    case Backend::Kqueue: return "kqueue";
    case Backend::CompletionPort: return "completion port";
  }
  return "unknown";
}

Result<std::unique_ptr<Poller>> open_poller(Backend wanted) {
  if (wanted == Backend::Automatic) wanted = from_environment();
#if defined(__linux__)
  if (wanted == Backend::IoUring) {
    // Old kernels, seccomp filters and kernel.io_uring_disabled refuse it: epoll is always there.
    if (auto poller = opened(make_io_uring_poller()); poller.has_value()) return poller;
  }
  return opened(make_epoll_poller());
#elif defined(_WIN32)
  return opened(make_completion_port_poller());
#else
  return opened(make_kqueue_poller());
#endif
}

}  // namespace avila::async
