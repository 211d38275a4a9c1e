// A connected TCP or Unix stream socket.
#pragma once
#include <atomic>
#include <avila/async/executor.hpp>
#include <avila/async/io_source.hpp>
#include <avila/async/transport.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/tcp/address.hpp>
#include <cstdint>
#include <utility>

namespace avila::os {
class File;
}

namespace avila::tcp {

using async::CancelToken;
using async::Task;

struct KeepaliveOptions {
  Duration idle = seconds(60);      ///< silence before the first probe
  Duration interval = seconds(15);  ///< between probes
  int count = 4;                    ///< unanswered probes until the connection is dead
};

/// Movable while no operation is pending. close() shuts the connection down at once; the descriptor
/// goes with the object. A short read or write is taken as proof that the kernel's buffer is empty
/// or full: the next try_… then makes no system call before the poller reports an edge.
class Stream final : public async::Transport {
 public:
  Stream() noexcept = default;
  Stream(Stream&& other) noexcept { swap(other); }
  Stream& operator=(Stream&& other) noexcept {
    Stream(std::move(other)).swap(*this);
    return *this;
  }
  ~Stream() override;

  /// Takes over a connected, non-blocking descriptor; closes it on failure too.
  static Result<Stream> adopt(async::Executor& executor, int descriptor);

  Task<Result<std::size_t>> read(MutableByteSpan buffer, CancelToken cancel = {}) override;
  Task<Result<void>> write_all(ByteSpan bytes, CancelToken cancel = {}) override;
  Task<Result<void>> write_vectored(std::span<const ByteSpan> parts,
                                    CancelToken cancel = {}) override;
  Task<Result<void>> shutdown_write() override;
  void close() noexcept override;
  std::optional<Result<std::size_t>> try_read(MutableByteSpan buffer) override;
  std::optional<Result<std::size_t>> try_write(ByteSpan bytes) override;
  std::optional<Result<std::size_t>> try_write_vectored(std::span<const ByteSpan> parts) override;
  bool hung_up() const noexcept override { return source_ != nullptr && source_->hung_up(); }

  /// Sends count_bytes of a file from an offset: in the kernel where kSendsFiles and the file is
  /// the system's (sendfile), else through a buffer. The file outlives the call, and must not
  /// shrink meanwhile: Errc::OutOfRange.
  Task<Result<void>> send_file(os::File& file, std::uint64_t offset, std::uint64_t count_bytes,
                               CancelToken cancel = {});
#if defined(__linux__)
  static constexpr bool kSendsFiles = true;
#else
  static constexpr bool kSendsFiles = false;
#endif

  Result<SocketAddress> peer_address() const;
  Result<SocketAddress> local_address() const;
  int native_handle() const noexcept { return fd_; }  ///< -1 when empty
  explicit operator bool() const noexcept { return fd_ >= 0; }

  Result<void> set_no_delay(bool on);  ///< TCP_NODELAY
  Result<void> set_keepalive(const KeepaliveOptions& options);
  Result<void> set_send_buffer(std::size_t size_bytes);     ///< SO_SNDBUF
  Result<void> set_receive_buffer(std::size_t size_bytes);  ///< SO_RCVBUF
  /// Unacknowledged data for this long ends the connection (TCP_USER_TIMEOUT; RFC 5482).
  Result<void> set_user_timeout(Duration limit);
  /// Writes wait while more than this is in the kernel unsent (TCP_NOTSENT_LOWAT): back-pressure
  /// reaches the producer earlier, and less memory lies in socket buffers.
  Result<void> set_unsent_limit(std::size_t size_bytes);
  /// Closing discards unsent data and resets the connection (SO_LINGER with 0).
  Result<void> set_reset_on_close();

 private:
  struct Sent;
  void swap(Stream& other) noexcept;
  std::optional<Result<std::size_t>> after_send(std::ptrdiff_t result, std::size_t wanted);
  std::optional<Result<std::size_t>> send_parts(std::span<const ByteSpan> parts, std::size_t skip);
  std::optional<Result<std::size_t>> try_send_file(int file, std::uint64_t offset,
                                                   std::uint64_t count_bytes);
  Task<Result<void>> send_in_kernel(int file, std::uint64_t offset, std::uint64_t count_bytes,
                                    CancelToken cancel);
  bool write_must_wait() noexcept;

  async::Executor* executor_ = nullptr;
  async::IoSource* source_ = nullptr;
  int fd_ = -1;
  bool read_drained_ = false;  // the reader's
  bool write_filled_ = false;  // the writer's
  std::atomic<bool> closed_{false};
};

}  // namespace avila::tcp
