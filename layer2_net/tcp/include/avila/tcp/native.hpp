// Between our types and the system's socket calls, without its headers: for the libraries of
// sockets (tcp, udp) and for tests. A socket is an int everywhere: Windows' handles fit in 32 bits.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/tcp/address.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace avila::tcp::native {

/// A sockaddr_storage and how much of it counts.
struct NativeAddress {
  static constexpr std::uint32_t kBytesMax = 128;
  alignas(8) std::byte bytes[kBytesMax]{};
  std::uint32_t length = kBytesMax;
};
NativeAddress to_native(const SocketAddress& address) noexcept;
SocketAddress from_native(const NativeAddress& address);
std::uint32_t interface_index(std::string_view name);  ///< 0: there is none

/// Before the first call of a process, where the system asks for that; idempotent.
void start_sockets() noexcept;

/// Owns a socket.
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

enum class Kind : std::uint8_t { Stream, Datagram };
/// A non-blocking socket for the address's family, closed on exec.
Result<Descriptor> open_socket(const SocketAddress& address, Kind kind = Kind::Stream);
/// For descriptors made elsewhere, before they are adopted.
Result<void> set_non_blocking(int fd);
void close_socket(int fd) noexcept;

Result<void> set_option(int fd, int level, int name, int value, const char* what);
Result<void> set_option(int fd, int level, int name, ByteSpan value, const char* what);
Result<int> get_option(int fd, int level, int name, const char* what);
Result<SocketAddress> local_address(int fd);
Result<SocketAddress> peer_address(int fd);

// The calls below return -1 for a failure and leave its number, errno or WSAGetLastError(), in
// last_error(). They are tried again where a signal interrupted them.
int last_error() noexcept;
Error to_error(int number, std::string_view what, const char* file = __builtin_FILE(),
               int line = __builtin_LINE());
bool would_block(int number) noexcept;

int bind(int fd, const SocketAddress& address) noexcept;
int listen(int fd, int backlog) noexcept;
int connect(int fd, const SocketAddress& address) noexcept;
bool connect_goes_on(int number) noexcept;  ///< of a non-blocking connect()
/// Of a socket that connects: 0 for success, -1 while it goes on, else the failure's number.
int connect_status(int fd) noexcept;
int accept(int fd) noexcept;  ///< non-blocking, closed on exec
/// What accept() says of the connection, not of the listener (accept(2), "Error handling"); and of
/// a lack of descriptors.
bool is_of_the_connection(int number) noexcept;
bool is_exhaustion(int number) noexcept;

std::ptrdiff_t receive(int fd, MutableByteSpan buffer) noexcept;
std::ptrdiff_t send(int fd, ByteSpan bytes) noexcept;
inline constexpr std::size_t kPartsPerCallMax = 64;
/// At most kPartsPerCallMax parts, none of them empty.
std::ptrdiff_t send_parts(int fd, std::span<const ByteSpan> parts) noexcept;
#if defined(__linux__)
/// From a file at an offset, in the kernel.
std::ptrdiff_t send_file(int fd, int file, std::uint64_t offset, std::size_t count_bytes) noexcept;
#endif

enum class Shutdown : std::uint8_t { Write, Both };
int shutdown(int fd, Shutdown how) noexcept;

}  // namespace avila::tcp::native
