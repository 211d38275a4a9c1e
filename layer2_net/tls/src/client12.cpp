#include <algorithm>

#include "client_handshake.hpp"

namespace avila::tls {

Result<void> ClientHandshake::receive12(HandshakeType type, ByteSpan message) {
  const ByteSpan body = message.subspan(kHeadBytes);
  switch (state_) {
    case State::Certificate12:
      if (type != HandshakeType::Certificate) break;
      transcript_.add(message);
      return on_certificate12(body);
    case State::StatusOrKeyExchange12:
      if (type == HandshakeType::CertificateStatus && status_expected_) {
        status_expected_ = false;
        transcript_.add(message);
        AVILA_TRY(const ByteSpan response, parse_certificate_status(body));
        ocsp_response_.assign(response.begin(), response.end());
        return {};
      }
      if (type != HandshakeType::ServerKeyExchange) break;
      transcript_.add(message);
      return on_key_exchange12(body);
    case State::RequestOrDone12:
      if (type == HandshakeType::CertificateRequest) {
        transcript_.add(message);
        return on_request12(body);
      }
      [[fallthrough]];
    case State::Done12:
      if (type != HandshakeType::ServerHelloDone) break;
      transcript_.add(message);
      if (!body.empty()) return Error(Alert::DecodeError, "ServerHelloDone is not empty");
      return on_done12();
    case State::TicketOrCcs12:
      if (type != HandshakeType::NewSessionTicket || !ticket_expected_) break;
      transcript_.add(message);
      return on_ticket12(body);
    case State::Finished12:
      if (type == HandshakeType::Finished) return on_finished12(message);
      break;
    case State::Connected12:
      // RFC 5246 section 7.4.1.1: who does not want to renegotiate says so, and goes on.
      if (type == HandshakeType::HelloRequest && body.empty())
        return io_.send_warning(Alert::NoRenegotiation);
      break;
    default: break;
  }
  return unexpected(type);
}

Result<void> ClientHandshake::on_server_hello12(const ServerHello& hello, ByteSpan message) {
  // RFC 8446 section 4.1.3: a server that knows TLS 1.3 says so when it is made to speak less.
  const ByteSpan tail = hello.random.last(8);
  if (offers13() &&
      (std::ranges::equal(tail, kDowngradeTls12) || std::ranges::equal(tail, kDowngradeTls11)))
    return Error(Alert::IllegalParameter, "somebody downgraded this connection to TLS 1.2");
  AVILA_TRY_VOID(check_offered(hello.extensions));
  bool renegotiation = false, extended = false;
  for (const Extension& extension : hello.extensions) {
    WireReader reader(extension.body);
    switch (static_cast<ExtensionType>(extension.type)) {
      case ExtensionType::RenegotiationInfo:
        renegotiation = reader.u8() == 0 && reader.done();
        break;
      case ExtensionType::ExtendedMasterSecret: extended = reader.done(); break;
      case ExtensionType::SessionTicket: ticket_expected_ = true; break;
      case ExtensionType::StatusRequest: status_expected_ = true; break;
      case ExtensionType::Alpn: AVILA_TRY_VOID(take_alpn(extension.body)); break;
      case ExtensionType::ServerName:
      case ExtensionType::EcPointFormats: break;
      default:
        return Error(Alert::UnsupportedExtension,
                     "ServerHello with an extension that does not belong there");
    }
  }
  if (!renegotiation)
    return Error(Alert::HandshakeFailure, "the server has no secure renegotiation (RFC 5746)");
  if (!extended)
    return Error(Alert::HandshakeFailure, "the server has no extended master secret (RFC 7627)");
  std::ranges::copy(hello.random, server_random_.begin());
  version_known_ = true;
  keys_.clear();
  if (offers_early_data_)
    return Error(Alert::ProtocolVersion, "early data to a server that speaks TLS 1.2 now");
  transcript_.use(suite_->hash);
  transcript_.add(message);

  const bool resumed = session_ != nullptr && session_->version == ProtocolVersion::Tls12 &&
                       !session_id_.empty() && std::ranges::equal(hello.session_id, session_id_);
  if (!resumed) {
    // Nobody can know a session by the id that we drew just now.
    if (!session_id_.empty() && std::ranges::equal(hello.session_id, session_id_))
      return Error(Alert::IllegalParameter, "the server resumes what was not offered");
    state_ = State::Certificate12;
    return {};
  }
  if (session_->suite != suite_->suite)
    return Error(Alert::IllegalParameter, "the session is resumed with another cipher suite");
  if (status_expected_)
    return Error(Alert::UnsupportedExtension, "a stapled response without a certificate");
  info_.resumed = true;
  chain_ = session_->peer_chain;
  master_ = SecretBytes::copy_of(session_->secret.span());
  log_key("CLIENT_RANDOM", master_.span());
  transcript_.forget_raw();
  AVILA_TRY_VOID(use_keys12(Direction::Read));
  state_ = State::TicketOrCcs12;
  return {};
}

Result<void> ClientHandshake::on_certificate12(ByteSpan body) {
  AVILA_TRY(const auto message, CertificateMessage::parse12(body, config_->limits.certificates));
  if (message.entries.empty()) return Error(Alert::DecodeError, "the server sent no certificate");
  chain_ = to_chain(message);
  state_ = State::StatusOrKeyExchange12;
  return {};
}

Result<void> ClientHandshake::on_key_exchange12(ByteSpan body) {
  AVILA_TRY(const auto exchange, ServerKeyExchange::parse(body));
  if (!contains(config_->groups, exchange.group) ||
      exchange.group == static_cast<std::uint16_t>(NamedGroup::X25519MlKem768))
    return Error(Alert::IllegalParameter, "a group that was not offered");
  auto key = public_key_of(chain_.front());
  if (!key.has_value())
    return Error(
        key.error().is(Errc::Unsupported) ? Alert::UnsupportedCertificate : Alert::BadCertificate,
        key.error().to_string());
  if ((key->type() == crypto::KeyType::Rsa) != suite_->rsa)
    return Error(Alert::IllegalParameter, "a certificate that does not fit the cipher suite");
  std::vector<std::byte> content(client_random_.begin(), client_random_.end());
  content.insert(content.end(), server_random_.begin(), server_random_.end());
  content.insert(content.end(), exchange.params.begin(), exchange.params.end());
  AVILA_TRY_VOID(verify_signature(exchange.scheme, config_->signatures, *key,
                                  ProtocolVersion::Tls12, content, exchange.signature));
  AVILA_TRY_VOID(verify_peer(*config_->verifier, chain_, options_.server_name, ocsp_response_));
  info_.group = static_cast<NamedGroup>(exchange.group);
  info_.signature = static_cast<SignatureScheme>(exchange.scheme);
  exchange_.assign(exchange.key.begin(), exchange.key.end());
  state_ = State::RequestOrDone12;
  return {};
}

Result<void> ClientHandshake::on_request12(ByteSpan body) {
  AVILA_TRY(request_, CertificateRequest::parse12(body));
  state_ = State::Done12;
  return {};
}

Result<void> ClientHandshake::on_done12() {
  const Credential* credential = nullptr;
  std::optional<SignatureScheme> scheme;
  if (request_.has_value()) {
    credential = config_->credential.get();
    if (credential != nullptr)
      scheme = choose_scheme(config_->signatures, request_->signatures, credential->key,
                             ProtocolVersion::Tls12);
    if (!scheme.has_value()) credential = nullptr;
    AVILA_TRY_VOID(send(Level::Initial, HandshakeType::Certificate, [&](WireWriter& w) {
      const WireWriter::Length list(w, 3);
      if (credential == nullptr) return;
      for (const auto& der : credential->chain) w.vector24(der);
    }));
  }
  AVILA_TRY(const auto key, EphemeralKey::generate(info_.group, entropy_));
  AVILA_TRY(const SecretBytes premaster, key.agree(exchange_));
  AVILA_TRY_VOID(send(Level::Initial, HandshakeType::ClientKeyExchange,
                      [&](WireWriter& w) { w.vector8(key.share()); }));
  AVILA_TRY_VOID(make_master12(premaster.span()));
  log_key("CLIENT_RANDOM", master_.span());
  if (credential != nullptr) {
    AVILA_TRY(const auto signature,
              credential->key.sign(algorithm_of(*scheme), transcript_.raw(), entropy_));
    AVILA_TRY_VOID(send(Level::Initial, HandshakeType::CertificateVerify, [&](WireWriter& w) {
      w.u16(static_cast<unsigned>(*scheme));
      w.vector16(signature);
    }));
  }
  transcript_.forget_raw();
  AVILA_TRY_VOID(use_keys12(Direction::Read));
  AVILA_TRY_VOID(send_finished12());
  state_ = State::TicketOrCcs12;
  return {};
}

Result<void> ClientHandshake::on_ticket12(ByteSpan body) {
  AVILA_TRY(const auto ticket, NewSessionTicket::parse12(body));
  ticket_expected_ = false;
  state_ = State::Ccs12;
  if (config_->sessions == nullptr || ticket.ticket.empty() ||
      ticket.ticket.size() > config_->limits.ticket_bytes)
    return {};
  Session& session = new_session12_.emplace();
  // RFC 5077 section 3.3: a lifetime of 0 leaves it to us.
  session.lifetime_s =
      ticket.lifetime_s == 0 ? 3600 : std::min(ticket.lifetime_s, kTicketLifetimeMax);
  session.ticket.assign(ticket.ticket.begin(), ticket.ticket.end());
  return {};
}

void ClientHandshake::store_session12() {
  if (config_->sessions == nullptr) return;
  if (!new_session12_.has_value()) {
    // Resumed, and no new ticket: the old one serves again.
    if (session_ != nullptr && info_.resumed) config_->sessions->put(session_key(), session_);
    return;
  }
  auto session = std::make_shared<Session>(std::move(*new_session12_));
  session->version = ProtocolVersion::Tls12;
  session->suite = suite_->suite;
  session->secret = SecretBytes::copy_of(master_.span());
  session->issued = clock_.wall();
  session->server_name = options_.server_name;
  session->peer_chain = chain_;
  config_->sessions->put(session_key(), std::move(session));
}

Result<void> ClientHandshake::on_finished12(ByteSpan message) {
  AVILA_TRY_VOID(check_finished12(message.subspan(kHeadBytes)));
  transcript_.add(message);
  if (info_.resumed) AVILA_TRY_VOID(send_finished12());
  info_.peer_chain = chain_;
  store_session12();
  session_ = nullptr;
  state_ = State::Connected12;
  done_ = can_write_ = true;
  return {};
}

}  // namespace avila::tls
