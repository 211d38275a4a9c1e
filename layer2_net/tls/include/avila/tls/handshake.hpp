// The handshake without records: messages in, messages and secrets out. Engine puts records around
// it; QUIC puts CRYPTO frames around it.
#pragma once
#include <avila/error/result.hpp>
#include <avila/tls/config.hpp>
#include <avila/tls/messages.hpp>
#include <avila/tls/types.hpp>
#include <memory>
#include <string>
#include <vector>

namespace avila::tls {

/// What carries a handshake. All spans live during the call only.
class HandshakeIo {
 public:
  virtual ~HandshakeIo() = default;
  /// A whole message, to be sent under the keys of that level.
  virtual Result<void> send(Level level, ByteSpan message) = 0;
  /// TLS 1.3: what is sent or received at that level from now on goes under this secret.
  /// Level::Initial: in the clear again.
  virtual Result<void> use_secret(Direction direction, Level level, const SuiteInfo& suite,
                                  ByteSpan secret) = 0;
  /// TLS 1.2: the keys that begin after the next ChangeCipherSpec in that direction. Writing: that
  /// is sent by this call.
  virtual Result<void> use_keys12(Direction direction, const SuiteInfo& suite, ByteSpan key,
                                  ByteSpan iv) = 0;
  /// TLS 1.3 over TCP: the ChangeCipherSpec of middlebox compatibility. Nothing in QUIC.
  virtual Result<void> send_compat_ccs() { return {}; }
  /// TLS 1.2: an alert that does not end the connection (no_renegotiation).
  virtual Result<void> send_warning(Alert alert) {
    (void)alert;
    return {};
  }
  /// The server refused early data: records that do not open are dropped, up to that many bytes.
  virtual void skip_early_data(std::size_t bytes_max) { (void)bytes_max; }
};

/// What was agreed upon.
struct ConnectionInfo {
  ProtocolVersion version = ProtocolVersion::Tls13;
  CipherSuite suite = CipherSuite::Aes128GcmSha256;
  NamedGroup group = NamedGroup::X25519;
  SignatureScheme signature{};  ///< by which the server showed its key; 0 when resumed
  std::string server_name;
  std::string alpn;
  CertificateChain peer_chain;
  bool resumed = false;
  bool hello_retried = false;
  bool early_data_accepted = false;
  std::vector<std::byte> quic_parameters;  ///< the peer's
};

struct ClientOptions {
  std::string server_name;  ///< a DNS name for SNI and the verifier; an IP address is not sent
  std::string session_key;  ///< of the session store; empty: server_name
  /// Sent with the first flight where a session allows it: it must be harmless when repeated.
  /// See Engine::early_data_accepted.
  std::vector<std::byte> early_data;
  std::vector<std::byte> quic_parameters;  ///< not empty: this is QUIC
};

struct ServerOptions {
  std::vector<std::byte> quic_parameters;  ///< not empty: this is QUIC
};

/// One side of one connection. Not synchronised. The HandshakeIo outlives it. After an error it is
/// over: alert_for(error) is what to tell the peer.
class Handshake {
 public:
  virtual ~Handshake() = default;

  /// Errors: InvalidArgument (the config).
  static Result<std::unique_ptr<Handshake>> client(std::shared_ptr<const ClientConfig> config,
                                                   ClientOptions options, HandshakeIo& io);
  static Result<std::unique_ptr<Handshake>> server(std::shared_ptr<const ServerConfig> config,
                                                   ServerOptions options, HandshakeIo& io);

  /// A client's first flight; nothing for a server.
  virtual Result<void> start() = 0;
  /// A whole message, its head of 4 bytes included, that came under the keys of that level.
  virtual Result<void> receive(Level level, ByteSpan message) = 0;
  /// TLS 1.2: a ChangeCipherSpec came.
  virtual Result<void> receive_ccs() = 0;
  /// TLS 1.3: new keys for what we send, and for what the peer sends if asked.
  virtual Result<void> update_keys(bool ask_peer) = 0;
  /// RFC 8446 section 7.5, RFC 5705. Errors: PreconditionFailed (before done()).
  virtual Result<void> export_keying_material(std::string_view label, ByteSpan context,
                                              MutableByteSpan out) const = 0;

  bool done() const noexcept { return done_; }
  /// Whether application data may be sent: a server of TLS 1.3 may before it is done().
  bool can_write() const noexcept { return can_write_; }
  const ConnectionInfo& info() const noexcept { return info_; }
  /// Whether the version is known, and so which rules records follow.
  bool version_known() const noexcept { return version_known_; }
  /// Client: early data may be sent under the keys that were given.
  bool offers_early_data() const noexcept { return offers_early_data_; }

 protected:
  bool done_ = false;
  bool can_write_ = false;
  bool version_known_ = false;
  bool offers_early_data_ = false;
  ConnectionInfo info_;
};

}  // namespace avila::tls
