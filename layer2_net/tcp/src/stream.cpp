#include <algorithm>
#include <avila/os/file_system.hpp>
#include <avila/tcp/native.hpp>
#include <avila/tcp/stream.hpp>
#include <memory>

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
// After winsock2.h:
#include <mstcpip.h>
#else
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

namespace avila::tcp {
namespace {

using Direction = async::IoSource::Direction;
using Outcome = std::optional<Result<std::size_t>>;

constexpr std::uint64_t kFileBlockBytes = 64 * 1024;
#if defined(__linux__)
constexpr std::uint64_t kFileBytesPerCallMax = 512 * 1024;  // then others get their turn
#endif

Error file_ended(std::uint64_t offset) {
  return Error(Errc::OutOfRange, "the file ended before all of it was sent", {.offset = offset});
}
Error closed_error() { return Error(Errc::Closed, "the connection was closed on this side"); }

}  // namespace

Stream::~Stream() {
  if (fd_ < 0) return;
  executor_->release_io(source_);
  native::close_socket(fd_);
}

void Stream::swap(Stream& other) noexcept {
  std::swap(executor_, other.executor_);
  std::swap(source_, other.source_);
  std::swap(fd_, other.fd_);
  std::swap(read_drained_, other.read_drained_);
  std::swap(write_filled_, other.write_filled_);
  const bool mine = closed_.load(std::memory_order_relaxed);
  closed_.store(other.closed_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  other.closed_.store(mine, std::memory_order_relaxed);
}

Result<Stream> Stream::adopt(async::Executor& executor, int descriptor) {
  native::Descriptor fd(descriptor);
#if defined(SO_NOSIGPIPE)
  AVILA_TRY_VOID(native::set_option(descriptor, SOL_SOCKET, SO_NOSIGPIPE, 1, "SO_NOSIGPIPE"));
#endif
  AVILA_TRY(async::IoSource* const source, executor.register_io(descriptor));
  Stream stream;
  stream.executor_ = &executor;
  stream.source_ = source;
  stream.fd_ = fd.release();
  return stream;
}

Outcome Stream::try_read(MutableByteSpan buffer) {
  if (closed_.load(std::memory_order_relaxed) || fd_ < 0) return closed_error();
  // Taken before the call: an edge that comes during or after it is kept for the next wait.
  const bool edge = source_->take_edge(Direction::Read);
  if (read_drained_ && !edge && !source_->hung_up()) return std::nullopt;
  const std::ptrdiff_t got = native::receive(fd_, buffer);
  if (got >= 0) {
    const auto count = static_cast<std::size_t>(got);
    // Fewer bytes than asked for: nothing is left, and what comes next makes an edge. The end
    // of the stream was reported as a hang-up, or will be.
    read_drained_ = count < buffer.size() && count > 0;
    return Result<std::size_t>(count);
  }
  const int number = native::last_error();
  if (!native::would_block(number)) return native::to_error(number, "recv");
  read_drained_ = true;
  return std::nullopt;
}

Task<Result<std::size_t>> Stream::read(MutableByteSpan buffer, CancelToken cancel) {
  if (cancel.cancelled()) co_return future::cancelled_error("read");
  if (!future::spend_budget()) co_await future::yield();
  for (;;) {
    if (Outcome now = try_read(buffer); now.has_value()) co_return std::move(*now);
    const bool ready = co_await source_->ready(Direction::Read, cancel);
    if (!ready) co_return future::cancelled_error("read");
    read_drained_ = false;
  }
}

bool Stream::write_must_wait() noexcept {
  const bool edge = source_->take_edge(Direction::Write);
  return write_filled_ && !edge && !source_->hung_up();
}

Outcome Stream::after_send(std::ptrdiff_t result, std::size_t wanted) {
  if (result >= 0) {
    write_filled_ = static_cast<std::size_t>(result) < wanted;
    return Result<std::size_t>(static_cast<std::size_t>(result));
  }
  const int number = native::last_error();
  if (!native::would_block(number)) return native::to_error(number, "send");
  write_filled_ = true;
  return std::nullopt;
}

Outcome Stream::try_write(ByteSpan bytes) {
  if (closed_.load(std::memory_order_relaxed) || fd_ < 0) return closed_error();
  if (write_must_wait()) return std::nullopt;
  return after_send(native::send(fd_, bytes), bytes.size());
}

// The parts behind the first `skip` bytes.
Outcome Stream::send_parts(std::span<const ByteSpan> parts, std::size_t skip) {
  if (closed_.load(std::memory_order_relaxed) || fd_ < 0) return closed_error();
  if (write_must_wait()) return std::nullopt;
  ByteSpan rest[native::kPartsPerCallMax];
  std::size_t count = 0;
  std::size_t wanted = 0;
  for (const ByteSpan part : parts) {
    if (skip >= part.size()) {
      skip -= part.size();
      continue;
    }
    if (count == native::kPartsPerCallMax) break;
    rest[count] = part.subspan(std::exchange(skip, 0));
    wanted += rest[count++].size();
  }
  if (count == 0) return Result<std::size_t>(std::size_t{0});
  return after_send(native::send_parts(fd_, std::span(rest, count)), wanted);
}

Outcome Stream::try_write_vectored(std::span<const ByteSpan> parts) { return send_parts(parts, 0); }

Task<Result<void>> Stream::write_all(ByteSpan bytes, CancelToken cancel) {
  if (cancel.cancelled()) co_return future::cancelled_error("write");
  if (!future::spend_budget()) co_await future::yield();
  while (!bytes.empty()) {
    if (Outcome now = try_write(bytes); now.has_value()) {
      AVILA_CO_TRY(const std::size_t count, std::move(*now));
      bytes = bytes.subspan(count);
      continue;
    }
    const bool ready = co_await source_->ready(Direction::Write, cancel);
    if (!ready) co_return future::cancelled_error("write");
    write_filled_ = false;
  }
  co_return Result<void>();
}

Task<Result<void>> Stream::write_vectored(std::span<const ByteSpan> parts, CancelToken cancel) {
  if (cancel.cancelled()) co_return future::cancelled_error("write");
  if (!future::spend_budget()) co_await future::yield();
  std::size_t total = 0;
  for (const ByteSpan part : parts) total += part.size();
  for (std::size_t done = 0; done < total;) {
    if (Outcome now = send_parts(parts, done); now.has_value()) {
      AVILA_CO_TRY(const std::size_t count, std::move(*now));
      done += count;
      continue;
    }
    const bool ready = co_await source_->ready(Direction::Write, cancel);
    if (!ready) co_return future::cancelled_error("write");
    write_filled_ = false;
  }
  co_return Result<void>();
}

#if defined(__linux__)
Outcome Stream::try_send_file(int file, std::uint64_t offset, std::uint64_t count_bytes) {
  if (closed_.load(std::memory_order_relaxed) || fd_ < 0) return closed_error();
  if (write_must_wait()) return std::nullopt;
  const auto wanted = static_cast<std::size_t>(std::min(count_bytes, kFileBytesPerCallMax));
  const std::ptrdiff_t sent = native::send_file(fd_, file, offset, wanted);
  if (sent == 0 && wanted > 0) return file_ended(offset);
  // Fewer than wanted may mean that the file ended, not that the kernel's buffer is full.
  if (sent > 0) return Result<std::size_t>(static_cast<std::size_t>(sent));
  return after_send(sent, wanted);
}

Task<Result<void>> Stream::send_in_kernel(int file, std::uint64_t offset, std::uint64_t count_bytes,
                                          CancelToken cancel) {
  while (count_bytes > 0) {
    if (cancel.cancelled()) co_return future::cancelled_error("send_file");
    if (Outcome now = try_send_file(file, offset, count_bytes); now.has_value()) {
      AVILA_CO_TRY(const std::size_t count, std::move(*now));
      offset += count;
      count_bytes -= count;
      if (!future::spend_budget()) co_await future::yield();
      continue;
    }
    const bool ready = co_await source_->ready(Direction::Write, cancel);
    if (!ready) co_return future::cancelled_error("send_file");
    write_filled_ = false;
  }
  co_return Result<void>();
}
#endif

Task<Result<void>> Stream::send_file(os::File& file, std::uint64_t offset,
                                     std::uint64_t count_bytes, CancelToken cancel) {
#if defined(__linux__)
  if (file.native_handle() >= 0)
    co_return co_await send_in_kernel(file.native_handle(), offset, count_bytes, cancel);
#endif
  const std::unique_ptr<std::byte[]> room(new std::byte[kFileBlockBytes]);
  while (count_bytes > 0) {
    const std::size_t wanted = std::min<std::uint64_t>(count_bytes, kFileBlockBytes);
    AVILA_CO_TRY(const MutableByteSpan got, file.read_at(offset, {room.get(), wanted}));
    if (got.empty()) co_return file_ended(offset);
    auto written = co_await write_all(got, cancel);
    AVILA_CO_TRY_VOID(std::move(written));
    offset += got.size();
    count_bytes -= got.size();
  }
  co_return Result<void>();
}

Task<Result<void>> Stream::shutdown_write() {
  if (closed_.load(std::memory_order_relaxed) || fd_ < 0) co_return closed_error();
  if (native::shutdown(fd_, native::Shutdown::Write) != 0)
    co_return native::to_error(native::last_error(), "shutdown");
  co_return Result<void>();
}

void Stream::close() noexcept {
  if (fd_ < 0 || closed_.exchange(true, std::memory_order_acq_rel)) return;
  // The descriptor stays until the destructor: another task may be in a system call with it.
  (void)native::shutdown(fd_, native::Shutdown::Both);
  source_->on_event(true, true, true);  // those who wait see `closed_`
}

Result<SocketAddress> Stream::peer_address() const { return native::peer_address(fd_); }
Result<SocketAddress> Stream::local_address() const { return native::local_address(fd_); }

Result<void> Stream::set_no_delay(bool on) {
  AVILA_TRY(const SocketAddress local, local_address());
  if (local.is_unix()) return {};  // never delays
  return native::set_option(fd_, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0, "TCP_NODELAY");
}

Result<void> Stream::set_keepalive(const KeepaliveOptions& options) {
  const auto whole_seconds = [](Duration d) {
    return static_cast<int>(std::clamp<std::int64_t>(d.ns / 1'000'000'000, 1, 32'767));
  };
#if defined(_WIN32)
  tcp_keepalive values{1, static_cast<ULONG>(whole_seconds(options.idle)) * 1000,
                       static_cast<ULONG>(whole_seconds(options.interval)) * 1000};
  DWORD written = 0;  // the count of probes is the system's: ten
  if (::WSAIoctl(static_cast<SOCKET>(fd_), SIO_KEEPALIVE_VALS, &values, sizeof values, nullptr, 0,
                 &written, nullptr, nullptr) != 0)
    return native::to_error(native::last_error(), "SIO_KEEPALIVE_VALS");
  return {};
#else
  AVILA_TRY_VOID(native::set_option(fd_, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"));
#if defined(TCP_KEEPIDLE)
  AVILA_TRY_VOID(native::set_option(fd_, IPPROTO_TCP, TCP_KEEPIDLE, whole_seconds(options.idle),
                                    "TCP_KEEPIDLE"));
#elif defined(TCP_KEEPALIVE)
  AVILA_TRY_VOID(native::set_option(fd_, IPPROTO_TCP, TCP_KEEPALIVE, whole_seconds(options.idle),
                                    "TCP_KEEPALIVE"));
#endif
  AVILA_TRY_VOID(native::set_option(fd_, IPPROTO_TCP, TCP_KEEPINTVL,
                                    whole_seconds(options.interval), "TCP_KEEPINTVL"));
  return native::set_option(fd_, IPPROTO_TCP, TCP_KEEPCNT, options.count, "TCP_KEEPCNT");
#endif
}

Result<void> Stream::set_send_buffer(std::size_t size_bytes) {
  return native::set_option(fd_, SOL_SOCKET, SO_SNDBUF, static_cast<int>(size_bytes), "SO_SNDBUF");
}

Result<void> Stream::set_receive_buffer(std::size_t size_bytes) {
  return native::set_option(fd_, SOL_SOCKET, SO_RCVBUF, static_cast<int>(size_bytes), "SO_RCVBUF");
}

Result<void> Stream::set_user_timeout(Duration limit) {
#if defined(TCP_USER_TIMEOUT)
  return native::set_option(
      fd_, IPPROTO_TCP, TCP_USER_TIMEOUT,
      static_cast<int>(std::min<std::int64_t>(limit.milliseconds(), INT32_MAX)),
      "TCP_USER_TIMEOUT");
#else
  (void)limit;
  return Error(Errc::Unsupported, "TCP_USER_TIMEOUT does not exist on this system");
#endif
}

Result<void> Stream::set_unsent_limit(std::size_t size_bytes) {
#if defined(TCP_NOTSENT_LOWAT)
  return native::set_option(fd_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(size_bytes),
                            "TCP_NOTSENT_LOWAT");
#else
  (void)size_bytes;
  return Error(Errc::Unsupported, "TCP_NOTSENT_LOWAT does not exist on this system");
#endif
}

Result<void> Stream::set_reset_on_close() {
  const linger value{1, 0};
  return native::set_option(fd_, SOL_SOCKET, SO_LINGER, std::as_bytes(std::span(&value, 1)),
                            "SO_LINGER");
}

}  // namespace avila::tcp
