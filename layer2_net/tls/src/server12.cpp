#include <algorithm>

#include "server_handshake.hpp"

namespace avila::tls {

Result<void> ServerHandshake::receive12(HandshakeType type, ByteSpan message) {
  const ByteSpan body = message.subspan(kHeadBytes);
  switch (state_) {
    case State::Certificate12:
      if (type != HandshakeType::Certificate) break;
      transcript_.add(message);
      return on_certificate12(body);
    case State::KeyExchange12:
      if (type != HandshakeType::ClientKeyExchange) break;
      transcript_.add(message);
      return on_key_exchange12(body);
    case State::CertificateVerify12:
      if (type != HandshakeType::CertificateVerify) break;
      AVILA_TRY_VOID(on_certificate_verify12(body));
      transcript_.add(message);
      transcript_.forget_raw();
      return {};
    case State::Finished12:
      if (type == HandshakeType::Finished) return on_finished12(message);
      break;
    case State::Connected12:
      // RFC 5746 section 4.5: renegotiation is refused, the connection goes on.
      if (type == HandshakeType::ClientHello) return io_.send_warning(Alert::NoRenegotiation);
      break;
    default: break;
  }
  return unexpected(type);
}

Result<void> ServerHandshake::on_hello12(const ClientHello& hello, ByteSpan message) {
  version_known_ = true;
  info_.version = ProtocolVersion::Tls12;
  constexpr std::uint16_t kRenegotiationScsv = 0x00ff;  // RFC 5746 section 3.3
  if (hello.renegotiation_info.has_value() ? !hello.renegotiation_info->empty()
                                           : !hello.offers(kRenegotiationScsv))
    return Error(Alert::HandshakeFailure, "the client has no secure renegotiation (RFC 5746)");
  if (!hello.extended_master_secret)
    return Error(Alert::HandshakeFailure, "the client has no extended master secret (RFC 7627)");
  AVILA_TRY_VOID(choose_alpn(hello));
  AVILA_TRY_VOID(entropy_.fill(server_random_));
  // RFC 8446 section 4.1.3: tells a client that knows TLS 1.3 that somebody stands in between.
  if (offers(ProtocolVersion::Tls13)) std::ranges::copy(kDowngradeTls12, server_random_.end() - 8);
  tickets_wanted_ = config_->tickets != nullptr && hello.session_ticket.has_value();

  if (tickets_wanted_ && !hello.session_ticket->empty()) {
    auto session = config_->tickets->open(*hello.session_ticket);
    const bool fits =
        session.has_value() && session->version == ProtocolVersion::Tls12 &&
        session->server_name == info_.server_name &&
        hello.offers(static_cast<std::uint16_t>(session->suite)) &&
        contains(config_->suites, static_cast<std::uint16_t>(session->suite)) &&
        !session_id_.empty() &&
        (config_->client_auth != ClientAuth::Require || !session->peer_chain.empty()) &&
        (session->peer_chain.empty() || config_->verifier == nullptr ||
         verify_peer(*config_->verifier, session->peer_chain, {}, {}).has_value());
    if (fits) {
      session_ = std::move(session);
      suite_ = &info_of(session_->suite);
      info_.suite = suite_->suite;
      transcript_.use(suite_->hash);
      transcript_.add(message);
      return resume12();
    }
  }
  AVILA_TRY_VOID(choose_credential(hello, ProtocolVersion::Tls12));
  AVILA_TRY_VOID(choose_suite(hello, ProtocolVersion::Tls12));
  transcript_.use(suite_->hash);
  transcript_.add(message);
  return send_flight12(hello);
}

Result<void> ServerHandshake::send_hello12(ByteSpan session_id, bool status) {
  return send(Level::Initial, HandshakeType::ServerHello, [&](WireWriter& w) {
    begin_server_hello(w, server_random_, session_id);
    const WireWriter::Length extensions(w, 2);
    const auto empty = [&](ExtensionType type) {
      w.u16(static_cast<unsigned>(type));
      w.u16(0);
    };
    w.u16(static_cast<unsigned>(ExtensionType::RenegotiationInfo));
    w.u16(1);
    w.u8(0);
    empty(ExtensionType::ExtendedMasterSecret);
    if (tickets_wanted_) empty(ExtensionType::SessionTicket);
    if (status) empty(ExtensionType::StatusRequest);
    if (!info_.alpn.empty()) {
      w.u16(static_cast<unsigned>(ExtensionType::Alpn));
      const WireWriter::Length body(w, 2);
      const WireWriter::Length list(w, 2);
      w.vector8(as_bytes(info_.alpn));
    }
  });
}

Result<void> ServerHandshake::send_flight12(const ClientHello& hello) {
  const auto group = std::ranges::find_if(config_->groups, [&](NamedGroup candidate) {
    return candidate != NamedGroup::X25519MlKem768 &&
           contains(hello.groups, static_cast<std::uint16_t>(candidate));
  });
  if (group == config_->groups.end()) return Error(Alert::HandshakeFailure, "no group in common");
  info_.group = *group;
  AVILA_TRY(key_, EphemeralKey::generate(info_.group, entropy_));
  const bool status = ocsp_wanted_ && !credential_->ocsp_response.empty();
  AVILA_TRY_VOID(send_hello12({}, status));
  AVILA_TRY_VOID(send(Level::Initial, HandshakeType::Certificate, [&](WireWriter& w) {
    const WireWriter::Length list(w, 3);
    for (const auto& der : credential_->chain) w.vector24(der);
  }));
  if (status) {
    AVILA_TRY_VOID(send(Level::Initial, HandshakeType::CertificateStatus, [&](WireWriter& w) {
      w.u8(1);
      w.vector24(credential_->ocsp_response);
    }));
  }

  std::vector<std::byte> params;
  WireWriter writer(params);
  writer.u8(3);  // named_curve
  writer.u16(static_cast<unsigned>(info_.group));
  writer.vector8(key_->share());
  std::vector<std::byte> content(client_random_.begin(), client_random_.end());
  content.insert(content.end(), server_random_.begin(), server_random_.end());
  content.insert(content.end(), params.begin(), params.end());
  AVILA_TRY(const auto signature, credential_->key.sign(algorithm_of(scheme_), content, entropy_));
  info_.signature = scheme_;
  AVILA_TRY_VOID(send(Level::Initial, HandshakeType::ServerKeyExchange, [&](WireWriter& w) {
    w.bytes(params);
    w.u16(static_cast<unsigned>(scheme_));
    w.vector16(signature);
  }));
  ask_client_ = config_->client_auth != ClientAuth::None;
  if (ask_client_) {
    AVILA_TRY_VOID(send(Level::Initial, HandshakeType::CertificateRequest, [&](WireWriter& w) {
      w.vector8(std::array{std::byte{64}, std::byte{1}});  // ecdsa_sign, rsa_sign
      {
        const WireWriter::Length list(w, 2);
        for (const SignatureScheme scheme : config_->signatures)
          w.u16(static_cast<unsigned>(scheme));
      }
      w.u16(0);  // any authority
    }));
  }
  AVILA_TRY_VOID(send(Level::Initial, HandshakeType::ServerHelloDone, [](WireWriter&) {}));
  state_ = ask_client_ ? State::Certificate12 : State::KeyExchange12;
  return {};
}

Result<void> ServerHandshake::resume12() {
  info_.resumed = true;
  client_chain_ = session_->peer_chain;
  master_ = SecretBytes::copy_of(session_->secret.span());
  log_key("CLIENT_RANDOM", master_.span());
  AVILA_TRY_VOID(send_hello12(session_id_, false));
  if (tickets_wanted_) AVILA_TRY_VOID(send_ticket12());
  transcript_.forget_raw();
  AVILA_TRY_VOID(send_finished12());
  AVILA_TRY_VOID(use_keys12(Direction::Read));
  state_ = State::Ccs12;
  return {};
}

Result<void> ServerHandshake::on_certificate12(ByteSpan body) {
  AVILA_TRY(const auto message, CertificateMessage::parse12(body, config_->limits.certificates));
  AVILA_TRY_VOID(take_client_chain(message));
  state_ = State::KeyExchange12;
  return {};
}

Result<void> ServerHandshake::on_key_exchange12(ByteSpan body) {
  WireReader reader(body);
  const ByteSpan share = reader.vector8();
  if (!reader.done()) return Error(Alert::DecodeError, "ClientKeyExchange cannot be read");
  AVILA_TRY(const SecretBytes premaster, key_->agree(share));
  key_.reset();
  AVILA_TRY_VOID(make_master12(premaster.span()));
  log_key("CLIENT_RANDOM", master_.span());
  AVILA_TRY_VOID(use_keys12(Direction::Read));
  if (client_chain_.empty()) {
    transcript_.forget_raw();
    state_ = State::Ccs12;
  } else {
    state_ = State::CertificateVerify12;
  }
  return {};
}

Result<void> ServerHandshake::on_certificate_verify12(ByteSpan body) {
  AVILA_TRY(const auto verify, CertificateVerify::parse(body));
  AVILA_TRY_VOID(verify_signature(verify.scheme, config_->signatures, *peer_key_,
                                  ProtocolVersion::Tls12, transcript_.raw(), verify.signature));
  AVILA_TRY_VOID(verify_peer(*config_->verifier, client_chain_, {}, {}));
  state_ = State::Ccs12;
  return {};
}

Result<void> ServerHandshake::send_ticket12() {
  Session session = new_session();
  // A session resumed again and again does not live for ever.
  if (session_.has_value()) session.issued = session_->issued;
  session.secret = SecretBytes::copy_of(master_.span());
  auto ticket = config_->tickets->seal(session);
  if (!ticket.has_value()) ticket = std::vector<std::byte>();  // RFC 5077 section 3.3: none
  return send(Level::Initial, HandshakeType::NewSessionTicket, [&](WireWriter& w) {
    w.u32(session.lifetime_s);
    w.vector16(*ticket);
  });
}

Result<void> ServerHandshake::on_finished12(ByteSpan message) {
  AVILA_TRY_VOID(check_finished12(message.subspan(kHeadBytes)));
  transcript_.add(message);
  if (!info_.resumed) {
    if (tickets_wanted_) AVILA_TRY_VOID(send_ticket12());
    AVILA_TRY_VOID(send_finished12());
  }
  info_.peer_chain = client_chain_;
  session_.reset();
  state_ = State::Connected12;
  done_ = can_write_ = true;
  return {};
}

}  // namespace avila::tls
