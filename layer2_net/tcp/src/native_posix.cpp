// Linux, macOS, BSD.
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/sendfile.h>
#endif

#include <algorithm>
#include <avila/tcp/native.hpp>
#include <cerrno>
#include <cstring>

namespace avila::tcp::native {
namespace {

static_assert(sizeof(sockaddr_storage) <= NativeAddress::kBytesMax);

#if defined(MSG_NOSIGNAL)
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;  // SO_NOSIGPIPE is set instead
#endif

template <class F>
auto uninterrupted(F call) noexcept {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

const sockaddr* as_sockaddr(const NativeAddress& address) noexcept {
  return reinterpret_cast<const sockaddr*>(address.bytes);
}

}  // namespace

NativeAddress to_native(const SocketAddress& address) noexcept {
  NativeAddress result;
  if (address.is_unix()) {
    auto& out = reinterpret_cast<sockaddr_un&>(result.bytes);
    out.sun_family = AF_UNIX;
    const std::string& path = address.path();
    std::memcpy(out.sun_path, path.data(), path.size());
    result.length = static_cast<std::uint32_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (path.starts_with('@')) {
      out.sun_path[0] = '\0';  // unix(7): the abstract name space; its length counts
    } else if (!path.empty()) {
      ++result.length;
    }
    return result;
  }
  const auto& bytes = address.ip().bytes();
  if (address.ip().is_v4()) {
    auto& out = reinterpret_cast<sockaddr_in&>(result.bytes);
    out.sin_family = AF_INET;
    out.sin_port = htons(address.port());
    std::memcpy(&out.sin_addr, bytes.data(), 4);
    result.length = sizeof out;
    return result;
  }
  auto& out = reinterpret_cast<sockaddr_in6&>(result.bytes);
  out.sin6_family = AF_INET6;
  out.sin6_port = htons(address.port());
  out.sin6_scope_id = address.scope_id();
  std::memcpy(&out.sin6_addr, bytes.data(), 16);
  result.length = sizeof out;
  return result;
}

SocketAddress from_native(const NativeAddress& address) {
  const auto family = as_sockaddr(address)->sa_family;
  if (family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address.bytes);
    std::uint8_t b[4];
    std::memcpy(b, &in.sin_addr, 4);
    return {IpAddress::v4(b[0], b[1], b[2], b[3]), ntohs(in.sin_port)};
  }
  if (family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address.bytes);
    std::array<std::uint8_t, 16> b{};
    std::memcpy(b.data(), &in.sin6_addr, 16);
    return {IpAddress::v6(b), ntohs(in.sin6_port), in.sin6_scope_id};
  }
  std::string path;
  if (family == AF_UNIX && address.length > offsetof(sockaddr_un, sun_path)) {
    const auto& in = reinterpret_cast<const sockaddr_un&>(address.bytes);
    path.assign(in.sun_path, address.length - offsetof(sockaddr_un, sun_path));
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

void start_sockets() noexcept {}

void close_socket(int fd) noexcept { ::close(fd); }

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> set_non_blocking(int fd) {
  if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 ||
      ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    return Error::from_errno(errno, "fcntl");
  return {};
}

Result<Descriptor> open_socket(const SocketAddress& address, Kind kind) {
  const int family = address.is_unix() ? AF_UNIX : address.ip().is_v4() ? AF_INET : AF_INET6;
  const int type = kind == Kind::Stream ? SOCK_STREAM : SOCK_DGRAM;
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
  Descriptor fd(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return Error::from_errno(errno, "socket");
#else
  Descriptor fd(::socket(family, type, 0));
  if (fd.get() < 0) return Error::from_errno(errno, "socket");
  AVILA_TRY_VOID(set_non_blocking(fd.get()));
#endif
  return fd;
}

Result<void> set_option(int fd, int level, int name, ByteSpan value, const char* what) {
  if (::setsockopt(fd, level, name, value.data(), static_cast<socklen_t>(value.size())) != 0)
    return Error::from_errno(errno, what);
  return {};
}

Result<void> set_option(int fd, int level, int name, int value, const char* what) {
  return set_option(fd, level, name, std::as_bytes(std::span(&value, 1)), what);
}

Result<int> get_option(int fd, int level, int name, const char* what) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(fd, level, name, &value, &length) != 0) return Error::from_errno(errno, what);
  return value;
}

Result<SocketAddress> local_address(int fd) {
  NativeAddress address;
  socklen_t length = NativeAddress::kBytesMax;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(address.bytes), &length) != 0)
    return Error::from_errno(errno, "getsockname");
  address.length = length;
  return from_native(address);
}

Result<SocketAddress> peer_address(int fd) {
  NativeAddress address;
  socklen_t length = NativeAddress::kBytesMax;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(address.bytes), &length) != 0)
    return Error::from_errno(errno, "getpeername");
  address.length = length;
  return from_native(address);
}

int last_error() noexcept { return errno; }

Error to_error(int number, std::string_view what, const char* file, int line) {
  return Error::from_errno(number, what, file, line);
}

bool would_block(int number) noexcept { return number == EAGAIN || number == EWOULDBLOCK; }

int bind(int fd, const SocketAddress& address) noexcept {
  const NativeAddress to = to_native(address);
  return ::bind(fd, as_sockaddr(to), to.length);
}

int listen(int fd, int backlog) noexcept { return ::listen(fd, backlog); }

int connect(int fd, const SocketAddress& address) noexcept {
  const NativeAddress to = to_native(address);
  return ::connect(fd, as_sockaddr(to), to.length);
}

bool connect_goes_on(int number) noexcept { return number == EINPROGRESS || number == EINTR; }

int connect_status(int fd) noexcept {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  if (error != 0) return error;
  sockaddr_storage peer;
  socklen_t peer_length = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_length) == 0) return 0;
  return errno == ENOTCONN ? -1 : errno;
}

int accept(int fd) noexcept {
#if defined(__linux__) || defined(__FreeBSD__)
  return ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
  const int accepted = ::accept(fd, nullptr, nullptr);
  if (accepted >= 0) {
    ::fcntl(accepted, F_SETFL, ::fcntl(accepted, F_GETFL) | O_NONBLOCK);
    ::fcntl(accepted, F_SETFD, FD_CLOEXEC);
  }
  return accepted;
#endif
}

bool is_exhaustion(int number) noexcept {
  return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

// accept(2), Linux: errors already pending on the new connection are reported here, and are to be
// treated like a connection that never came. So is what forbids one: EPERM of a firewall's rules,
// EACCES of a security module.
bool is_of_the_connection(int number) noexcept {
  switch (number) {
    case EINTR:
    case ECONNABORTED:
    case EPERM:
    case EACCES:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EOPNOTSUPP:
    // "Various Linux kernels can return other errors": these; and what other systems add.
    case ECONNRESET:
    case EPROTONOSUPPORT:
    case ETIMEDOUT:
#if defined(ENONET)
    case ENONET:
#endif
#if defined(ENOSR)
    case ENOSR:
#endif
#if defined(ESOCKTNOSUPPORT)
    case ESOCKTNOSUPPORT:
#endif
      return true;
    default: return false;
  }
}

std::ptrdiff_t receive(int fd, MutableByteSpan buffer) noexcept {
  return uninterrupted([&] { return ::recv(fd, buffer.data(), buffer.size(), 0); });
}

std::ptrdiff_t send(int fd, ByteSpan bytes) noexcept {
  return uninterrupted([&] { return ::send(fd, bytes.data(), bytes.size(), kSendFlags); });
}

std::ptrdiff_t send_parts(int fd, std::span<const ByteSpan> parts) noexcept {
  iovec vectors[kPartsPerCallMax];
  const std::size_t count = std::min(parts.size(), kPartsPerCallMax);
  for (std::size_t i = 0; i < count; ++i)  // the kernel only reads; iovec just has no const
    vectors[i] = {const_cast<std::byte*>(parts[i].data()), parts[i].size()};
  msghdr message{};
  message.msg_iov = vectors;
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);
  return uninterrupted([&] { return ::sendmsg(fd, &message, kSendFlags); });
}

#if defined(__linux__)
std::ptrdiff_t send_file(int fd, int file, std::uint64_t offset, std::size_t count_bytes) noexcept {
  // SIGPIPE is blocked in the threads of a Runtime: sendfile() has no MSG_NOSIGNAL.
  return uninterrupted([&] {
    auto at = static_cast<off_t>(offset);
    return ::sendfile(fd, file, &at, count_bytes);
  });
}
#endif

int shutdown(int fd, Shutdown how) noexcept {
  const int done = ::shutdown(fd, how == Shutdown::Write ? SHUT_WR : SHUT_RDWR);
  return done != 0 && errno == ENOTCONN ? 0 : done;
}

}  // namespace avila::tcp::native
