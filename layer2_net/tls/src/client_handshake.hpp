#pragma once
#include <avila/tls/key_exchange.hpp>

#include "handshake_base.hpp"

namespace avila::tls {

class ClientHandshake final : public HandshakeBase {
 public:
  ClientHandshake(std::shared_ptr<const ClientConfig> config, ClientOptions options,
                  HandshakeIo& io);
  Result<void> start() override;
  Result<void> receive(Level level, ByteSpan message) override;
  Result<void> receive_ccs() override;

 private:
  /// What is awaited. Those ending in 12 are of TLS 1.2.
  enum class State : std::uint8_t {
    Start,
    ServerHello,
    EncryptedExtensions,
    CertificateOrRequest,
    Certificate,
    CertificateVerify,
    Finished,
    Connected,
    Certificate12,
    StatusOrKeyExchange12,
    RequestOrDone12,
    Done12,
    TicketOrCcs12,
    Ccs12,
    Finished12,
    Connected12,
  };

  // client_hello.cpp
  Result<void> choose_session();
  Result<void> send_hello(ByteSpan cookie);
  void write_extensions(WireWriter& writer, ByteSpan cookie);
  void write_psk(WireWriter& writer) const;
  Result<void> put_binder(std::vector<std::byte>& message) const;
  Result<void> begin_early_data();
  Result<void> compat_ccs();

  // client13.cpp
  Result<void> on_server_hello(ByteSpan message);
  Result<void> on_retry(const ServerHello& hello, ByteSpan message);
  Result<void> on_server_hello13(const ServerHello& hello, ByteSpan message);
  Result<void> on_encrypted_extensions(ByteSpan body);
  Result<void> on_certificate_request(ByteSpan body);
  Result<void> on_certificate13(ByteSpan body);
  Result<void> on_certificate_verify(ByteSpan body);
  Result<void> on_finished13(ByteSpan message);
  Result<void> on_ticket13(ByteSpan body);

  // client12.cpp
  Result<void> receive12(HandshakeType type, ByteSpan message);
  Result<void> on_server_hello12(const ServerHello& hello, ByteSpan message);
  Result<void> on_certificate12(ByteSpan body);
  Result<void> on_key_exchange12(ByteSpan body);
  Result<void> on_request12(ByteSpan body);
  Result<void> on_done12();
  Result<void> on_ticket12(ByteSpan body);
  Result<void> on_finished12(ByteSpan message);
  void store_session12();

  Result<void> take_alpn(ByteSpan body);
  Result<void> check_offered(const std::vector<Extension>& extensions) const;
  bool offers13() const noexcept { return offers(ProtocolVersion::Tls13); }
  bool offers12() const noexcept { return offers(ProtocolVersion::Tls12) && !is_quic(); }
  std::string_view session_key() const noexcept {
    return options_.session_key.empty() ? options_.server_name : options_.session_key;
  }

  std::shared_ptr<const ClientConfig> config_;
  ClientOptions options_;
  State state_ = State::Start;

  std::vector<std::byte> session_id_;
  std::vector<EphemeralKey> keys_;
  std::shared_ptr<const Session> session_;  // that we offer to resume
  std::vector<std::uint16_t> offered_;      // extensions of our hello
  std::uint16_t retry_suite_ = 0;

  CertificateChain chain_;
  std::vector<std::byte> ocsp_response_;
  std::optional<CertificateRequest> request_;  // without its context
  bool status_expected_ = false, ticket_expected_ = false;
  std::vector<std::byte> exchange_;  // the server's ServerKeyExchange, TLS 1.2
  bool compat_sent_ = false;
  std::size_t tickets_ = 0;
  std::optional<Session> new_session12_;
};

/// Whether it is an address in text: not sent as a name (RFC 6066 section 3).
bool is_ip_address(std::string_view host) noexcept;

}  // namespace avila::tls
