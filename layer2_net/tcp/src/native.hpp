// Between our types and the socket API of POSIX systems.
#pragma once
#include <sys/socket.h>

#include <avila/tcp/address.hpp>
#include <utility>

namespace avila::tcp::native {

/// Fills `storage`; returns the length for bind() and connect().
socklen_t to_native(const SocketAddress& address, sockaddr_storage& storage) noexcept;
SocketAddress from_native(const sockaddr_storage& storage, socklen_t length);
std::uint32_t interface_index(std::string_view name);  ///< 0: there is none

/// Owns a descriptor.
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// A non-blocking stream socket for the address's family, closed on exec.
Result<Descriptor> open_socket(const SocketAddress& address);
Result<void> set_option(int fd, int level, int name, int value, const char* what);
Result<SocketAddress> local_address(int fd);
Result<SocketAddress> peer_address(int fd);

}  // namespace avila::tcp::native
