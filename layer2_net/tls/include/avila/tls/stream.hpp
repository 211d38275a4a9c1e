// TLS over any Transport, as a Transport: what speaks to tcp::Stream speaks to this.
#pragma once
#include <avila/async/transport.hpp>
#include <avila/buffer/bytes.hpp>
#include <avila/future/sync.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/tls/engine.hpp>
#include <memory>
#include <mutex>

namespace avila::tls {

struct HandshakeOptions {
  Duration timeout = seconds(10);  ///< of the whole handshake
};

/// For what is left to send, and close_notify, to leave: of shutdown_write(), which nobody cancels.
inline constexpr Duration kEndTimeout = seconds(30);

/// A connection whose handshake is done; made by connect() and accept(). As Transport asks: one
/// reader and one writer at a time, which may be two tasks.
///
/// read() gives 0 after the peer's close_notify only; a transport that just ends is
/// TransportFault::Truncated. shutdown_write() sends our close_notify (Errc::TimedOut past
/// kEndTimeout); close() tries to.
/// Cancelled: a read leaves the stream usable but where it had to finish a write first; a write
/// leaves close() only.
class TlsStream final : public async::Transport {
 public:
  ~TlsStream() override;

  future::Task<Result<std::size_t>> read(MutableByteSpan buffer,
                                         future::CancelToken cancel = {}) override;
  future::Task<Result<void>> write_all(ByteSpan bytes, future::CancelToken cancel = {}) override;
  future::Task<Result<void>> write_vectored(std::span<const ByteSpan> parts,
                                            future::CancelToken cancel = {}) override;
  future::Task<Result<void>> shutdown_write() override;
  void close() noexcept override;
  std::optional<Result<std::size_t>> try_read(MutableByteSpan buffer) override;
  /// What the transport does not take at once is sent by the next write, shutdown_write() or read.
  std::optional<Result<std::size_t>> try_write(ByteSpan bytes) override;
  std::optional<Result<std::size_t>> try_write_vectored(std::span<const ByteSpan> parts) override;
  bool hung_up() const noexcept override { return transport_ != nullptr && transport_->hung_up(); }

  std::string_view application_protocol() const noexcept override { return engine_.info().alpn; }

  const ConnectionInfo& info() const noexcept { return engine_.info(); }
  /// As Engine's.
  ByteSpan early_data() const noexcept { return engine_.early_data(); }
  bool early_data_accepted() const noexcept { return engine_.early_data_accepted(); }
  Result<void> export_keying_material(std::string_view label, ByteSpan context,
                                      MutableByteSpan out) const;
  /// TLS 1.3: sent with the next write. Errors: PreconditionFailed.
  Result<void> update_keys(bool ask_peer = false);

 private:
  friend future::Task<Result<std::unique_ptr<TlsStream>>> shake_hands(
      std::unique_ptr<TlsStream> stream, Duration timeout, future::CancelToken cancel);
  friend future::Task<Result<std::unique_ptr<TlsStream>>> connect(
      std::unique_ptr<async::Transport> transport, std::shared_ptr<const ClientConfig> config,
      ClientOptions options, HandshakeOptions handshake, future::CancelToken cancel);
  friend future::Task<Result<std::unique_ptr<TlsStream>>> accept(
      std::unique_ptr<async::Transport> transport, std::shared_ptr<const ServerConfig> config,
      HandshakeOptions handshake, future::CancelToken cancel);

  TlsStream(Engine engine, std::unique_ptr<async::Transport> transport) noexcept
      : engine_(std::move(engine)), transport_(std::move(transport)) {}

  future::Task<Result<void>> run_handshake(future::CancelToken cancel);
  /// Writes what the engine has to say. The lock is held by the caller.
  future::Task<Result<void>> flush_locked(future::CancelToken cancel);
  future::Task<Result<void>> flush(future::CancelToken cancel);
  void collect_output();
  bool try_flush_locked();
  std::optional<Result<std::size_t>> read_now(MutableByteSpan buffer);
  MutableByteSpan room();
  void received(std::size_t count);

  mutable std::mutex mutex_;  // of engine_, never kept across a wait
  Engine engine_;
  std::unique_ptr<async::Transport> transport_;
  future::AsyncMutex writing_;  // of sending_ and the transport's writing side
  buffer::BytesMut sending_;
  bool broken_ = false;                   // a write ended in the middle
  std::size_t receive_bytes_ = 4 * 1024;  // asked of the transport
};

/// Shakes hands as a client. `config` is shared by connections. Errors: Alerts and PeerAlerts,
/// TransportFault, TimedOut, Cancelled, and those of the transport, which is closed then.
future::Task<Result<std::unique_ptr<TlsStream>>> connect(
    std::unique_ptr<async::Transport> transport, std::shared_ptr<const ClientConfig> config,
    ClientOptions options, HandshakeOptions handshake = {}, future::CancelToken cancel = {});

/// The same as a server.
future::Task<Result<std::unique_ptr<TlsStream>>> accept(std::unique_ptr<async::Transport> transport,
                                                        std::shared_ptr<const ServerConfig> config,
                                                        HandshakeOptions handshake = {},
                                                        future::CancelToken cancel = {});

}  // namespace avila::tls
