#include "native.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace avila::tcp::native {

socklen_t to_native(const SocketAddress& address, sockaddr_storage& storage) noexcept {
  std::memset(&storage, 0, sizeof storage);
  if (address.is_unix()) {
    auto& out = reinterpret_cast<sockaddr_un&>(storage);
    out.sun_family = AF_UNIX;
    const std::string& path = address.path();
    std::memcpy(out.sun_path, path.data(), path.size());
    auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (path.starts_with('@')) {
      out.sun_path[0] = '\0';  // unix(7): the abstract name space; its length counts
    } else if (!path.empty()) {
      ++length;
    }
    return length;
  }
  const auto& bytes = address.ip().bytes();
  if (address.ip().is_v4()) {
    auto& out = reinterpret_cast<sockaddr_in&>(storage);
    out.sin_family = AF_INET;
    out.sin_port = htons(address.port());
    std::memcpy(&out.sin_addr, bytes.data(), 4);
    return sizeof out;
  }
  auto& out = reinterpret_cast<sockaddr_in6&>(storage);
  out.sin6_family = AF_INET6;
  out.sin6_port = htons(address.port());
  out.sin6_scope_id = address.scope_id();
  std::memcpy(&out.sin6_addr, bytes.data(), 16);
  return sizeof out;
}

SocketAddress from_native(const sockaddr_storage& storage, socklen_t length) {
  if (storage.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
    std::uint8_t b[4];
    std::memcpy(b, &in.sin_addr, 4);
    return {IpAddress::v4(b[0], b[1], b[2], b[3]), ntohs(in.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(storage);
    std::array<std::uint8_t, 16> b{};
    std::memcpy(b.data(), &in.sin6_addr, 16);
    return {IpAddress::v6(b), ntohs(in.sin6_port), in.sin6_scope_id};
  }
  std::string path;
  if (storage.ss_family == AF_UNIX && length > offsetof(sockaddr_un, sun_path)) {
    const auto& in = reinterpret_cast<const sockaddr_un&>(storage);
    path.assign(in.sun_path, length - offsetof(sockaddr_un, sun_path));
    if (path.starts_with('\0')) {
      path.front() = '@';
    } else {
      path.resize(std::strlen(path.c_str()));
    }
  }
  return SocketAddress::unix_or_unnamed(std::move(path));
}

std::uint32_t interface_index(std::string_view name) {
  return ::if_nametoindex(std::string(name).c_str());
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Descriptor> open_socket(const SocketAddress& address) {
  const int family = address.is_unix() ? AF_UNIX : address.ip().is_v4() ? AF_INET : AF_INET6;
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
  Descriptor fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return Error::from_errno(errno, "socket");
#else
  Descriptor fd(::socket(family, SOCK_STREAM, 0));
  if (fd.get() < 0) return Error::from_errno(errno, "socket");
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
#endif
  return fd;
}

Result<void> set_option(int fd, int level, int name, int value, const char* what) {
  if (::setsockopt(fd, level, name, &value, sizeof value) != 0)
    return Error::from_errno(errno, what);
  return {};
}

Result<SocketAddress> local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0)
    return Error::from_errno(errno, "getsockname");
  return from_native(storage, length);
}

Result<SocketAddress> peer_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0)
    return Error::from_errno(errno, "getpeername");
  return from_native(storage, length);
}

}  // namespace avila::tcp::native
