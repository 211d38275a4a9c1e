#pragma once
#include <avila/tls/key_exchange.hpp>

#include "handshake_base.hpp"

namespace avila::tls {

/// Early data that was refused is passed over, up to this much: what a ticket of another server of
/// the same name may have allowed.
inline constexpr std::size_t kEarlySkipMax = 64 * 1024;

class ServerHandshake final : public HandshakeBase {
 public:
  ServerHandshake(std::shared_ptr<const ServerConfig> config, ServerOptions options,
                  HandshakeIo& io);
  Result<void> start() override { return {}; }
  Result<void> receive(Level level, ByteSpan message) override;
  Result<void> receive_ccs() override;

 private:
  /// What is awaited. Those ending in 12 are of TLS 1.2.
  enum class State : std::uint8_t {
    ClientHello,
    SecondHello,
    EndOfEarlyData,
    Certificate,
    CertificateVerify,
    Finished,
    Connected,
    Certificate12,
    KeyExchange12,
    CertificateVerify12,
    Ccs12,
    Finished12,
    Connected12,
  };

  // server_hello.cpp
  Result<void> on_client_hello(ByteSpan message);
  Result<void> choose_alpn(const ClientHello& hello);
  Result<void> choose_suite(const ClientHello& hello, ProtocolVersion version);
  Result<void> choose_credential(const ClientHello& hello, ProtocolVersion version);

  // server13.cpp
  Result<void> on_hello13(const ClientHello& hello, ByteSpan message);
  Result<void> send_retry(const ClientHello& hello, NamedGroup group);
  Result<bool> choose_psk(const ClientHello& hello, ByteSpan message);
  bool fresh_early_data(const ClientHello& hello) const;
  Result<void> send_first_flight13(const ClientHello& hello, ByteSpan share);
  Result<void> on_certificate13(ByteSpan body);
  Result<void> on_certificate_verify13(ByteSpan body);
  Result<void> on_finished13(ByteSpan message);
  Result<void> send_tickets13();

  // server12.cpp
  Result<void> receive12(HandshakeType type, ByteSpan message);
  Result<void> on_hello12(const ClientHello& hello, ByteSpan message);
  Result<void> send_hello12(ByteSpan session_id, bool status);
  /// A ServerHello up to its extensions (RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3).
  void begin_server_hello(WireWriter& w, ByteSpan random, ByteSpan session_id) const;
  Result<void> send_flight12(const ClientHello& hello);
  Result<void> resume12();
  Result<void> on_certificate12(ByteSpan body);
  Result<void> on_key_exchange12(ByteSpan body);
  Result<void> on_certificate_verify12(ByteSpan body);
  Result<void> on_finished12(ByteSpan message);
  Result<void> send_ticket12();

  Result<void> take_client_chain(const CertificateMessage& message);
  Session new_session() const;

  std::shared_ptr<const ServerConfig> config_;
  ServerOptions options_;
  State state_ = State::ClientHello;

  const Credential* credential_ = nullptr;
  SignatureScheme scheme_{};
  std::vector<std::byte> session_id_;
  std::vector<std::byte> cookie_;  // that we sent
  NamedGroup retry_group_{};
  std::optional<Session> session_;  // that is resumed
  std::size_t psk_index_ = 0;
  bool ocsp_wanted_ = false, tickets_wanted_ = false, early_refused_ = false;
  bool ask_client_ = false;
  CertificateChain client_chain_;
  std::optional<EphemeralKey> key_;  // TLS 1.2
};

}  // namespace avila::tls
