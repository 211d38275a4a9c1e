// Which of the system's interfaces tells a Runtime that sockets are ready.
#pragma once
#include <cstdint>
#include <string_view>

namespace avila::async {

enum class Backend : std::uint8_t {
  Automatic,       ///< $AVILA_ASYNC_BACKEND (epoll, io_uring), else the system's best
  Epoll,           ///< Linux
  IoUring,         ///< Linux 5.13; where the kernel refuses it, epoll
  Kqueue,          ///< macOS, BSD
  CompletionPort,  ///< Windows
};
std::string_view to_string(Backend backend) noexcept;

}  // namespace avila::async
