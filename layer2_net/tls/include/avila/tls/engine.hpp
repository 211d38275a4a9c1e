// TLS without I/O: bytes of the network in and out, plaintext in and out.
#pragma once
#include <avila/buffer/bytes.hpp>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/tls/config.hpp>
#include <avila/tls/handshake.hpp>
#include <memory>

namespace avila::tls {

/// One side of one connection. Movable, not synchronised.
///
/// Whoever drives it sends output() whenever there is some, gives it what arrives, and reads and
/// writes when is_connected(). An error is the end: the alert that tells the peer is in output(),
/// to be sent before the transport is closed; further calls give the error again.
class Engine {
 public:
  /// The first flight is in output(). Errors: InvalidArgument (the config), those of the entropy.
  static Result<Engine> client(std::shared_ptr<const ClientConfig> config, ClientOptions options);
  static Result<Engine> server(std::shared_ptr<const ServerConfig> config);
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  // From the peer.
  /// Takes all of it. Errors: Alerts (ours), PeerAlerts (theirs), LimitExceeded (more than
  /// Limits::unread_bytes lie here unread).
  Result<void> receive(ByteSpan bytes);
  /// The same without a copy: receive into this (at least `wish` bytes), then say how many.
  MutableByteSpan receive_buffer(std::size_t wish);
  Result<void> received(std::size_t count);
  /// The transport ended. Errors: TransportFault::Truncated where no close_notify was before.
  Result<void> receive_end();

  // To the peer. The span is valid until the next call that is not const.
  ByteSpan output() const noexcept;
  void sent(std::size_t count) noexcept;
  /// The same by moving it behind what is in `into`, so that it stays put while it is sent.
  void take_output(buffer::BytesMut& into);

  // Plaintext.
  /// What came and was not read; valid until the next call that is not const.
  ByteSpan readable() const noexcept;
  /// Errors: as receive(), of the records behind.
  Result<void> consume(std::size_t count);
  /// Seals all of it into output(). Errors: PreconditionFailed (not connected), Closed (after
  /// close()), LimitExceeded (TLS 1.2: Limits::records_per_key).
  Result<void> write(ByteSpan bytes);
  /// close_notify: we send no more, and still read. Idempotent.
  Result<void> close();
  /// Gives up with an alert. output() holds it.
  void abort(Alert alert);
  /// TLS 1.3. Errors: PreconditionFailed.
  Result<void> update_keys(bool ask_peer = false);

  /// The handshake is done.
  bool is_connected() const noexcept;
  bool can_write() const noexcept;
  /// The peer sent close_notify: no more comes.
  bool is_read_closed() const noexcept;
  bool is_failed() const noexcept;
  const ConnectionInfo& info() const noexcept;
  /// Errors: PreconditionFailed (not connected), LimitExceeded.
  Result<void> export_keying_material(std::string_view label, ByteSpan context,
                                      MutableByteSpan out) const;

  /// Server: early data, apart from all that is sure not to be a replay. Complete when
  /// is_connected(). At most ServerConfig::early_data_bytes.
  ByteSpan early_data() const noexcept;
  /// Client, when is_connected(): whether the server took ClientOptions::early_data; if not, write
  /// it again.
  bool early_data_accepted() const noexcept;

  struct State;

 private:
  explicit Engine(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace avila::tls
