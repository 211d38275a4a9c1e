// Windows: Winsock 2.
#include <winsock2.h>
#include <ws2tcpip.h>
// After winsock2.h:
#include <iphlpapi.h>
#include <windows.h>

#include <algorithm>
#include <avila/tcp/native.hpp>
#include <climits>
#include <cstring>

namespace avila::tcp::native {
namespace {

static_assert(sizeof(sockaddr_storage) <= NativeAddress::kBytesMax);

SOCKET handle(int fd) noexcept { return static_cast<SOCKET>(fd); }
int length_of(std::size_t size) noexcept {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}
const sockaddr* as_sockaddr(const NativeAddress& address) noexcept {
  return reinterpret_cast<const sockaddr*>(address.bytes);
}
Error last(const char* what) {
  return Error::from_windows(static_cast<unsigned long>(::WSAGetLastError()), what);
}

}  // namespace

void start_sockets() noexcept {
  static const int started = [] {
    WSADATA data;
    return ::WSAStartup(MAKEWORD(2, 2), &data);
  }();
  (void)started;  // where it failed every call says WSANOTINITIALISED
}

NativeAddress to_native(const SocketAddress& address) noexcept {
  NativeAddress result;
  if (address.is_unix()) {
    result.length = 0;  // open_socket() refused it before
    return result;
  }
  const auto& bytes = address.ip().bytes();
  if (address.ip().is_v4()) {
    auto& out = reinterpret_cast<sockaddr_in&>(result.bytes);
    out.sin_family = AF_INET;
    out.sin_port = ::htons(address.port());
    std::memcpy(&out.sin_addr, bytes.data(), 4);
    result.length = sizeof out;
    return result;
  }
  auto& out = reinterpret_cast<sockaddr_in6&>(result.bytes);
  out.sin6_family = AF_INET6;
  out.sin6_port = ::htons(address.port());
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
    return {IpAddress::v4(b[0], b[1], b[2], b[3]), ::ntohs(in.sin_port)};
  }
  if (family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address.bytes);
    std::array<std::uint8_t, 16> b{};
    std::memcpy(b.data(), &in.sin6_addr, 16);
    return {IpAddress::v6(b), ::ntohs(in.sin6_port), in.sin6_scope_id};
  }
  return SocketAddress::unix_or_unnamed({});
}

std::uint32_t interface_index(std::string_view name) {
  return ::if_nametoindex(std::string(name).c_str());
}

void close_socket(int fd) noexcept { ::closesocket(handle(fd)); }

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::closesocket(handle(fd_));
}

Result<void> set_non_blocking(int fd) {
  u_long on = 1;
  if (::ioctlsocket(handle(fd), FIONBIO, &on) != 0) return last("FIONBIO");
  (void)::SetHandleInformation(reinterpret_cast<HANDLE>(handle(fd)), HANDLE_FLAG_INHERIT, 0);
  return {};
}

Result<Descriptor> open_socket(const SocketAddress& address, Kind kind) {
  start_sockets();
  if (address.is_unix())
    return Error(Errc::Unsupported, "Unix sockets are not supported on Windows");
  const int family = address.ip().is_v4() ? AF_INET : AF_INET6;
  const int type = kind == Kind::Stream ? SOCK_STREAM : SOCK_DGRAM;
  const SOCKET made = ::WSASocketW(family, type, 0, nullptr, 0, WSA_FLAG_OVERLAPPED);
  if (made == INVALID_SOCKET) return last("socket");
  Descriptor fd(static_cast<int>(made));
  AVILA_TRY_VOID(set_non_blocking(fd.get()));
  return fd;
}

Result<void> set_option(int fd, int level, int name, ByteSpan value, const char* what) {
  if (::setsockopt(handle(fd), level, name, reinterpret_cast<const char*>(value.data()),
                   static_cast<int>(value.size())) != 0)
    return last(what);
  return {};
}

Result<void> set_option(int fd, int level, int name, int value, const char* what) {
  return set_option(fd, level, name, std::as_bytes(std::span(&value, 1)), what);
}

Result<int> get_option(int fd, int level, int name, const char* what) {
  int value = 0;
  int length = sizeof value;
  if (::getsockopt(handle(fd), level, name, reinterpret_cast<char*>(&value), &length) != 0)
    return last(what);
  return value;
}

Result<SocketAddress> local_address(int fd) {
  NativeAddress address;
  int length = NativeAddress::kBytesMax;
  if (::getsockname(handle(fd), reinterpret_cast<sockaddr*>(address.bytes), &length) != 0)
    return last("getsockname");
  address.length = static_cast<std::uint32_t>(length);
  return from_native(address);
}

Result<SocketAddress> peer_address(int fd) {
  NativeAddress address;
  int length = NativeAddress::kBytesMax;
  if (::getpeername(handle(fd), reinterpret_cast<sockaddr*>(address.bytes), &length) != 0)
    return last("getpeername");
  address.length = static_cast<std::uint32_t>(length);
  return from_native(address);
}

int last_error() noexcept { return ::WSAGetLastError(); }

Error to_error(int number, std::string_view what, const char* file, int line) {
  return Error::from_windows(static_cast<unsigned long>(number), what, file, line);
}

bool would_block(int number) noexcept { return number == WSAEWOULDBLOCK; }

int bind(int fd, const SocketAddress& address) noexcept {
  const NativeAddress to = to_native(address);
  return ::bind(handle(fd), as_sockaddr(to), static_cast<int>(to.length));
}

int listen(int fd, int backlog) noexcept { return ::listen(handle(fd), backlog); }

int connect(int fd, const SocketAddress& address) noexcept {
  const NativeAddress to = to_native(address);
  return ::connect(handle(fd), as_sockaddr(to), static_cast<int>(to.length));
}

bool connect_goes_on(int number) noexcept {
  return number == WSAEWOULDBLOCK || number == WSAEINPROGRESS;
}

int connect_status(int fd) noexcept {
  int error = 0;
  int length = sizeof error;
  if (::getsockopt(handle(fd), SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&error), &length) != 0)
    return ::WSAGetLastError();
  if (error != 0) return error;
  sockaddr_storage peer;
  int peer_length = sizeof peer;
  if (::getpeername(handle(fd), reinterpret_cast<sockaddr*>(&peer), &peer_length) == 0) return 0;
  return ::WSAGetLastError() == WSAENOTCONN ? -1 : ::WSAGetLastError();
}

int accept(int fd) noexcept {
  const SOCKET accepted = ::accept(handle(fd), nullptr, nullptr);
  if (accepted == INVALID_SOCKET) return -1;
  (void)set_non_blocking(static_cast<int>(accepted));
  return static_cast<int>(accepted);
}

bool is_exhaustion(int number) noexcept { return number == WSAEMFILE || number == WSAENOBUFS; }

bool is_of_the_connection(int number) noexcept {
  switch (number) {
    case WSAEINTR:
    case WSAECONNABORTED:
    case WSAECONNRESET:
    case WSAENETDOWN:
    case WSAEHOSTUNREACH:
    case WSAENETUNREACH: return true;
    default: return false;
  }
}

std::ptrdiff_t receive(int fd, MutableByteSpan buffer) noexcept {
  return ::recv(handle(fd), reinterpret_cast<char*>(buffer.data()), length_of(buffer.size()), 0);
}

std::ptrdiff_t send(int fd, ByteSpan bytes) noexcept {
  return ::send(handle(fd), reinterpret_cast<const char*>(bytes.data()), length_of(bytes.size()),
                0);
}

std::ptrdiff_t send_parts(int fd, std::span<const ByteSpan> parts) noexcept {
  WSABUF buffers[kPartsPerCallMax];
  const std::size_t count = std::min(parts.size(), kPartsPerCallMax);
  for (std::size_t i = 0; i < count; ++i) {
    buffers[i].len = static_cast<ULONG>(length_of(parts[i].size()));
    // Winsock only reads; WSABUF just has no const.
    buffers[i].buf = const_cast<char*>(reinterpret_cast<const char*>(parts[i].data()));
  }
  DWORD sent = 0;
  if (::WSASend(handle(fd), buffers, static_cast<DWORD>(count), &sent, 0, nullptr, nullptr) != 0)
    return -1;
  return static_cast<std::ptrdiff_t>(sent);
}

int shutdown(int fd, Shutdown how) noexcept {
  const int done = ::shutdown(handle(fd), how == Shutdown::Write ? SD_SEND : SD_BOTH);
  return done != 0 && ::WSAGetLastError() == WSAENOTCONN ? 0 : done;
}

}  // namespace avila::tcp::native
