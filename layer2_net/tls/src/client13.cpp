#include <algorithm>

#include "client_handshake.hpp"

namespace avila::tls {

Result<void> ClientHandshake::receive(Level level, ByteSpan message) {
  AVILA_ASSERT(message.size() >= kHeadBytes);
  const auto type = static_cast<HandshakeType>(message[0]);
  const ByteSpan body = message.subspan(kHeadBytes);
  if (state_ >= State::Certificate12) return receive12(type, message);
  const Level wanted = state_ <= State::ServerHello ? Level::Initial
                       : state_ == State::Connected ? Level::Application
                                                    : Level::Handshake;
  if (level != wanted) return unexpected(type);
  switch (state_) {
    case State::ServerHello:
      if (type == HandshakeType::ServerHello) return on_server_hello(message);
      break;
    case State::EncryptedExtensions:
      if (type != HandshakeType::EncryptedExtensions) break;
      transcript_.add(message);
      return on_encrypted_extensions(body);
    case State::CertificateOrRequest:
      if (type == HandshakeType::CertificateRequest) {
        transcript_.add(message);
        return on_certificate_request(body);
      }
      [[fallthrough]];
    case State::Certificate:
      if (type != HandshakeType::Certificate) break;
      transcript_.add(message);
      return on_certificate13(body);
    case State::CertificateVerify:
      if (type != HandshakeType::CertificateVerify) break;
      AVILA_TRY_VOID(on_certificate_verify(body));
      transcript_.add(message);
      return {};
    case State::Finished:
      if (type == HandshakeType::Finished) return on_finished13(message);
      break;
    case State::Connected:
      if (type == HandshakeType::NewSessionTicket) return on_ticket13(body);
      if (type == HandshakeType::KeyUpdate) return receive_key_update(body);
      // A CertificateRequest is refused too: we never offered post_handshake_auth.
      break;
    default: break;
  }
  return unexpected(type);
}

Result<void> ClientHandshake::receive_ccs() {
  if (state_ != State::Ccs12 && !(state_ == State::TicketOrCcs12 && !ticket_expected_))
    return Error(Alert::UnexpectedMessage, "ChangeCipherSpec at a point where it may not be");
  state_ = State::Finished12;
  return {};
}

Result<void> ClientHandshake::check_offered(const std::vector<Extension>& extensions) const {
  for (const Extension& extension : extensions)
    if (!contains(offered_, extension.type))
      return Error(Alert::UnsupportedExtension, "an extension that was not asked for");
  return {};
}

Result<void> ClientHandshake::take_alpn(ByteSpan body) {
  AVILA_TRY(const auto names, parse_alpn(body));
  if (names.size() != 1 || std::ranges::find(config_->alpn, names[0]) == config_->alpn.end())
    return Error(Alert::IllegalParameter, "an application protocol that was not offered");
  info_.alpn = names[0];
  return {};
}

Result<void> ClientHandshake::on_server_hello(ByteSpan message) {
  AVILA_TRY(const auto hello, ServerHello::parse(message.subspan(kHeadBytes)));
  AVILA_TRY(const std::uint16_t version, hello.version());
  const bool is13 = version == 0x0304;
  // supported_versions may say nothing else (RFC 8446 section 4.2.1), nor a retry be older.
  if (!is13 &&
      (find(hello.extensions, ExtensionType::SupportedVersions).has_value() || hello.is_retry()))
    return Error(Alert::IllegalParameter, "a version in supported_versions that is not TLS 1.3");
  if (is13 ? !offers13() || hello.legacy_version != 0x0303 : version != 0x0303 || !offers12())
    return Error(Alert::ProtocolVersion, "the server's version is not one of ours");
  const SuiteInfo* const suite = find_suite(hello.suite);
  if (suite == nullptr || !contains(config_->suites, hello.suite) ||
      suite->version != (is13 ? ProtocolVersion::Tls13 : ProtocolVersion::Tls12))
    return Error(Alert::IllegalParameter, "a cipher suite that was not offered");
  suite_ = suite;
  info_.suite = suite->suite;
  info_.version = suite->version;
  if (!is13) {
    if (info_.hello_retried)
      return Error(Alert::IllegalParameter, "another version than in the HelloRetryRequest");
    return on_server_hello12(hello, message);
  }
  if (!std::ranges::equal(hello.session_id, session_id_))
    return Error(Alert::IllegalParameter, "the session id was not echoed");
  version_known_ = true;
  return hello.is_retry() ? on_retry(hello, message) : on_server_hello13(hello, message);
}

// RFC 8446 section 4.1.4.
Result<void> ClientHandshake::on_retry(const ServerHello& hello, ByteSpan message) {
  if (info_.hello_retried) return Error(Alert::UnexpectedMessage, "a second HelloRetryRequest");
  info_.hello_retried = true;
  retry_suite_ = hello.suite;
  ByteSpan cookie;
  std::optional<std::uint16_t> group;
  for (const Extension& extension : hello.extensions) {
    switch (static_cast<ExtensionType>(extension.type)) {
      case ExtensionType::SupportedVersions: break;
      case ExtensionType::KeyShare: {
        AVILA_TRY(group, parse_retry_key_share(extension.body));
        break;
      }
      case ExtensionType::Cookie: {
        WireReader reader(extension.body);
        cookie = reader.vector16();
        if (!reader.done() || cookie.empty())
          return Error(Alert::DecodeError, "cookie cannot be read");
        break;
      }
      default:
        return Error(Alert::UnsupportedExtension, "HelloRetryRequest with another extension");
    }
  }
  if (group.has_value()) {
    if (!contains(config_->groups, *group) ||
        std::ranges::any_of(keys_, [&](const EphemeralKey& key) {
          return static_cast<std::uint16_t>(key.group()) == *group;
        }))
      return Error(Alert::IllegalParameter, "HelloRetryRequest for a group that makes no sense");
    AVILA_TRY(auto key, EphemeralKey::generate(static_cast<NamedGroup>(*group), entropy_));
    keys_.clear();
    keys_.push_back(std::move(key));
  } else if (cookie.empty()) {
    return Error(Alert::IllegalParameter, "HelloRetryRequest that changes nothing");
  }
  transcript_.use(suite_->hash);
  transcript_.replace_by_hash();
  transcript_.add(message);
  const bool early = offers_early_data_;
  offers_early_data_ = false;  // section 4.2.10: not after a retry
  // A PSK of another hash cannot be used any more (section 4.1.4).
  if (session_ != nullptr && session_->version == ProtocolVersion::Tls13 &&
      info_of(session_->suite).hash != suite_->hash)
    session_ = nullptr;
  // The second hello goes in the clear again.
  if (early) AVILA_TRY_VOID(io_.use_secret(Direction::Write, Level::Initial, *suite_, {}));
  AVILA_TRY_VOID(compat_ccs());
  const std::vector<std::byte> kept(cookie.begin(), cookie.end());
  return send_hello(kept);
}

Result<void> ClientHandshake::on_server_hello13(const ServerHello& hello, ByteSpan message) {
  if (info_.hello_retried && hello.suite != retry_suite_)
    return Error(Alert::IllegalParameter, "another cipher suite than in the HelloRetryRequest");
  std::optional<KeyShareEntry> share;
  bool psk = false;
  for (const Extension& extension : hello.extensions) {
    switch (static_cast<ExtensionType>(extension.type)) {
      case ExtensionType::SupportedVersions: break;
      case ExtensionType::KeyShare: {
        AVILA_TRY(share, parse_server_key_share(extension.body));
        break;
      }
      case ExtensionType::PreSharedKey: {
        WireReader reader(extension.body);
        const std::uint16_t selected = reader.u16();
        if (!reader.done()) return Error(Alert::DecodeError, "pre_shared_key cannot be read");
        if (session_ == nullptr || session_->version != ProtocolVersion::Tls13 || selected != 0 ||
            info_of(session_->suite).hash != suite_->hash)
          return Error(Alert::IllegalParameter, "a pre-shared key that was not offered");
        psk = true;
        break;
      }
      default:
        return Error(contains(offered_, extension.type) ? Alert::IllegalParameter
                                                        : Alert::UnsupportedExtension,
                     "ServerHello with an extension that does not belong there");
    }
  }
  if (!share.has_value()) return Error(Alert::MissingExtension, "ServerHello without key_share");
  const auto key = std::ranges::find_if(keys_, [&](const EphemeralKey& candidate) {
    return static_cast<std::uint16_t>(candidate.group()) == share->group;
  });
  if (key == keys_.end())
    return Error(Alert::IllegalParameter, "a key share of a group that we sent none of");
  info_.group = key->group();
  AVILA_TRY(const SecretBytes shared, key->agree(share->key));
  keys_.clear();
  if (!info_.hello_retried) transcript_.use(suite_->hash);
  transcript_.forget_raw();
  transcript_.add(message);

  info_.resumed = psk;
  if (psk) {
    chain_ = session_->peer_chain;
    schedule_.emplace(suite_->hash, session_->secret.span());
  } else {
    schedule_.emplace(suite_->hash, ByteSpan());
  }
  // With early data our keys change after EndOfEarlyData, or when the server refused it.
  AVILA_TRY_VOID(compat_ccs());
  state_ = State::EncryptedExtensions;
  return enter_handshake13(shared.span(), offers_early_data_ && !is_quic());
}

Result<void> ClientHandshake::on_encrypted_extensions(ByteSpan body) {
  WireReader reader(body);
  const ByteSpan block = reader.vector16();
  if (!reader.done()) return Error(Alert::DecodeError, "EncryptedExtensions cannot be read");
  AVILA_TRY(const auto extensions, parse_extensions(block));
  AVILA_TRY_VOID(check_offered(extensions));
  for (const Extension& extension : extensions) {
    switch (static_cast<ExtensionType>(extension.type)) {
      case ExtensionType::Alpn: AVILA_TRY_VOID(take_alpn(extension.body)); break;
      case ExtensionType::EarlyData:
        if (!extension.body.empty()) return Error(Alert::DecodeError, "early_data is not empty");
        if (!info_.resumed)
          return Error(Alert::IllegalParameter, "early data accepted without its session");
        info_.early_data_accepted = true;
        break;
      case ExtensionType::QuicTransportParameters:
        info_.quic_parameters.assign(extension.body.begin(), extension.body.end());
        break;
      case ExtensionType::ServerName:
        if (!extension.body.empty()) return Error(Alert::DecodeError, "server_name is not empty");
        break;
      case ExtensionType::KeyShare:
      case ExtensionType::PreSharedKey:
      case ExtensionType::SupportedVersions:
      case ExtensionType::Cookie:
      case ExtensionType::PskKeyExchangeModes:
      case ExtensionType::SignatureAlgorithms:
      case ExtensionType::StatusRequest:
      case ExtensionType::ExtendedMasterSecret:
      case ExtensionType::RenegotiationInfo:
      case ExtensionType::SessionTicket:
      case ExtensionType::EcPointFormats:
        return Error(Alert::IllegalParameter,
                     "EncryptedExtensions with an extension that does not belong there");
      default: break;
    }
  }
  if (is_quic() && info_.quic_parameters.empty())
    return Error(Alert::MissingExtension, "no QUIC transport parameters");
  // RFC 8446 section 4.2.10: early data was under the protocol and suite of its session.
  if (info_.early_data_accepted &&
      (info_.alpn != session_->alpn || suite_->suite != session_->suite))
    return Error(Alert::IllegalParameter, "early data accepted under another protocol");
  if (offers_early_data_ && !info_.early_data_accepted && !is_quic())
    AVILA_TRY_VOID(use_secret(Role::Client, Level::Handshake, client_secret_.span()));
  state_ = info_.resumed ? State::Finished : State::CertificateOrRequest;
  return {};
}

Result<void> ClientHandshake::on_certificate_request(ByteSpan body) {
  AVILA_TRY(request_, CertificateRequest::parse13(body));
  if (!request_->context.empty())
    return Error(Alert::IllegalParameter, "CertificateRequest with a context in the handshake");
  request_->context = {};
  state_ = State::Certificate;
  return {};
}

Result<void> ClientHandshake::on_certificate13(ByteSpan body) {
  AVILA_TRY(const auto message, CertificateMessage::parse13(body, config_->limits.certificates));
  if (!message.context.empty()) return Error(Alert::IllegalParameter, "Certificate with a context");
  if (message.entries.empty()) return Error(Alert::DecodeError, "the server sent no certificate");
  for (const CertificateEntry& entry : message.entries)
    AVILA_TRY_VOID(check_offered(entry.extensions));
  if (const auto status = find(message.entries[0].extensions, ExtensionType::StatusRequest)) {
    AVILA_TRY(const ByteSpan response, parse_certificate_status(*status));
    ocsp_response_.assign(response.begin(), response.end());
  }
  chain_ = to_chain(message);
  state_ = State::CertificateVerify;
  return {};
}

Result<void> ClientHandshake::on_certificate_verify(ByteSpan body) {
  AVILA_TRY(const auto verify, CertificateVerify::parse(body));
  auto key = public_key_of(chain_.front());
  if (!key.has_value())
    return Error(
        key.error().is(Errc::Unsupported) ? Alert::UnsupportedCertificate : Alert::BadCertificate,
        key.error().to_string());
  AVILA_TRY_VOID(verify_signature(verify.scheme, config_->signatures, *key, ProtocolVersion::Tls13,
                                  signed_content13(Role::Server, transcript_.hash()),
                                  verify.signature));
  AVILA_TRY_VOID(verify_peer(*config_->verifier, chain_, options_.server_name, ocsp_response_));
  info_.signature = static_cast<SignatureScheme>(verify.scheme);
  state_ = State::Finished;
  return {};
}

Result<void> ClientHandshake::on_finished13(ByteSpan message) {
  AVILA_TRY_VOID(check_finished13(message.subspan(kHeadBytes), server_secret_.span()));
  transcript_.add(message);
  derive_application13();
  info_.peer_chain = chain_;

  if (info_.early_data_accepted && !is_quic()) {
    AVILA_TRY_VOID(send(Level::EarlyData, HandshakeType::EndOfEarlyData, [](WireWriter&) {}));
    AVILA_TRY_VOID(use_secret(Role::Client, Level::Handshake, client_secret_.span()));
  }
  if (request_.has_value()) {
    const Credential* credential = config_->credential.get();
    std::optional<SignatureScheme> scheme;
    if (credential != nullptr)
      scheme = choose_scheme(config_->signatures, request_->signatures, credential->key,
                             ProtocolVersion::Tls13);
    if (!scheme.has_value()) credential = nullptr;  // an empty list: the server decides
    AVILA_TRY_VOID(send_certificate13({}, credential, false));
    if (credential != nullptr) AVILA_TRY_VOID(send_certificate_verify13(*credential, *scheme));
  }
  AVILA_TRY_VOID(send_finished13(client_secret_.span()));
  resumption_ = schedule_->resumption(transcript_.hash());
  AVILA_TRY_VOID(use_secret(Role::Server, Level::Application, server_application_.span()));
  AVILA_TRY_VOID(use_secret(Role::Client, Level::Application, client_application_.span()));
  client_secret_ = SecretBytes();
  server_secret_ = SecretBytes();
  session_ = nullptr;
  state_ = State::Connected;
  done_ = can_write_ = true;
  return {};
}

Result<void> ClientHandshake::on_ticket13(ByteSpan body) {
  AVILA_TRY(const auto ticket, NewSessionTicket::parse13(body));
  if (ticket.lifetime_s > kTicketLifetimeMax)
    return Error(Alert::IllegalParameter, "a ticket that lives for more than a week");
  // RFC 9001 section 4.6.1.
  if (is_quic() && ticket.early_data_bytes != 0 && ticket.early_data_bytes != 0xffffffff)
    return Error(Alert::IllegalParameter, "a ticket of QUIC with a limit of early data");
  if (config_->sessions == nullptr || ticket.lifetime_s == 0 ||
      ticket.ticket.size() > config_->limits.ticket_bytes ||
      ++tickets_ > config_->limits.tickets_received)
    return {};
  auto session = std::make_shared<Session>();
  session->version = ProtocolVersion::Tls13;
  session->suite = suite_->suite;
  session->secret = ticket_psk(suite_->hash, resumption_.span(), ticket.nonce);
  session->lifetime_s = ticket.lifetime_s;
  session->age_add = ticket.age_add;
  session->issued = clock_.wall();
  session->early_data_bytes = ticket.early_data_bytes;
  session->server_name = options_.server_name;
  session->alpn = info_.alpn;
  session->peer_chain = info_.peer_chain;
  session->ticket.assign(ticket.ticket.begin(), ticket.ticket.end());
  config_->sessions->put(session_key(), std::move(session));
  return {};
}

}  // namespace avila::tls
