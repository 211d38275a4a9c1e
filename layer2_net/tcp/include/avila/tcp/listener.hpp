// A listening socket.
#pragma once
#include <avila/tcp/stream.hpp>
#include <cstdint>
#include <optional>

namespace avila::tcp {

struct ListenOptions {
  int backlog = 4096;         ///< connections the kernel holds ready; it caps this (somaxconn)
  bool reuse_address = true;  ///< bind although old connections linger in TIME_WAIT
  bool reuse_port = false;    ///< several listeners on one port, connections are spread over them
  bool v6_only = false;       ///< [::] does not take IPv4 too
  bool no_delay = true;       ///< accepted connections send small segments at once
  unsigned unix_mode = 0600;  ///< permissions of a Unix socket's path
  bool unlink_stale = true;   ///< remove a Unix socket that nobody listens on any more
};

/// Accepts for one task at a time. A Unix socket's path is removed when the listener goes.
class Listener {
 public:
  Listener() noexcept = default;
  Listener(Listener&& other) noexcept { swap(other); }
  Listener& operator=(Listener&& other) noexcept {
    Listener(std::move(other)).swap(*this);
    return *this;
  }
  ~Listener();

  /// Port 0 lets the system choose: see local_address(). Errc::AddressInUse when it is taken.
  static Result<Listener> bind(async::Executor& executor, const SocketAddress& address,
                               ListenOptions options = {});
  /// Takes over a bound, listening descriptor (socket activation); closes it on failure too.
  static Result<Listener> adopt(async::Executor& executor, int descriptor,
                                ListenOptions options = {});

  /// Waits for a connection. Connections that died in the queue, or are forbidden, are passed over.
  /// When descriptors run out (EMFILE) it waits and tries again, for others to close theirs: see
  /// exhausted(). Errors: Cancelled, Closed, and what makes the socket unusable.
  Task<Result<Stream>> accept(CancelToken cancel = {});
  /// The same without waiting; nothing where none is ready. Errors are also the lack of
  /// descriptors, and what 64 connections in a row died of.
  std::optional<Result<Stream>> try_accept();

  const SocketAddress& local_address() const noexcept { return address_; }
  /// How often accept() had to wait because descriptors or memory ran out. From any thread.
  std::uint64_t exhausted() const noexcept { return exhausted_.load(std::memory_order_relaxed); }
  int native_handle() const noexcept { return fd_; }
  /// A pending accept() completes with Errc::Closed; new connections are refused (on Windows only
  /// once the object goes).
  void close() noexcept;

 private:
  void swap(Listener& other) noexcept;

  async::Executor* executor_ = nullptr;
  async::IoSource* source_ = nullptr;
  SocketAddress address_;
  ListenOptions options_;
  int fd_ = -1;
  bool drained_ = false;
  bool unlink_path_ = false;
  std::atomic<std::uint64_t> exhausted_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace avila::tcp
