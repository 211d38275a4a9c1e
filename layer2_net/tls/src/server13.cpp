#include <algorithm>

#include "server_handshake.hpp"

namespace avila::tls {

namespace {

constexpr std::size_t kCookieBytes = 32;
/// Identities of pre-shared keys that are tried.
constexpr std::size_t kIdentitiesMax = 4;

const KeyShareEntry* find_share(const ClientHello& hello, NamedGroup group) noexcept {
  const auto found = std::ranges::find(*hello.key_shares, static_cast<std::uint16_t>(group),
                                       &KeyShareEntry::group);
  return found == hello.key_shares->end() ? nullptr : &*found;
}

}  // namespace

Result<void> ServerHandshake::on_hello13(const ClientHello& hello, ByteSpan message) {
  version_known_ = true;
  const bool second = state_ == State::SecondHello;
  // RFC 8446 section 9.2.
  if (!hello.key_shares.has_value() || hello.groups.empty())
    return Error(Alert::MissingExtension, "ClientHello without key_share or supported_groups");
  if (is_quic() && !hello.quic_parameters.has_value())
    return Error(Alert::MissingExtension, "no QUIC transport parameters");
  if (hello.psk.has_value() && hello.psk_modes.empty())
    return Error(Alert::MissingExtension, "pre_shared_key without psk_key_exchange_modes");
  if (second && hello.early_data)
    return Error(Alert::IllegalParameter, "early data after a HelloRetryRequest");
  if (hello.quic_parameters.has_value() && is_quic())
    info_.quic_parameters.assign(hello.quic_parameters->begin(), hello.quic_parameters->end());

  const SuiteInfo* const before = suite_;
  AVILA_TRY_VOID(choose_suite(hello, ProtocolVersion::Tls13));
  if (second && before != suite_)
    return Error(Alert::IllegalParameter, "a second ClientHello with other cipher suites");
  if (!second) AVILA_TRY_VOID(choose_alpn(hello));

  // Our preference among the shares that are there; a retry only where there is none of ours.
  const KeyShareEntry* share = nullptr;
  for (const NamedGroup group : config_->groups) {
    if (!contains(hello.groups, static_cast<std::uint16_t>(group))) continue;
    share = find_share(hello, group);
    if (share != nullptr) break;
  }
  for (const KeyShareEntry& entry : *hello.key_shares)
    if (!contains(hello.groups, entry.group))
      return Error(Alert::IllegalParameter, "a key share of a group that is not supported");
  if (second) {
    if (hello.cookie.has_value() != !cookie_.empty() ||
        (hello.cookie.has_value() && !std::ranges::equal(*hello.cookie, cookie_)))
      return Error(Alert::IllegalParameter, "the cookie was not echoed");
    if (hello.key_shares->size() != 1 || share == nullptr ||
        share->group != static_cast<std::uint16_t>(retry_group_))
      return Error(Alert::IllegalParameter, "a key share that was not asked for");
  } else {
    transcript_.use(suite_->hash);
    if (share == nullptr) {
      const auto group = std::ranges::find_if(config_->groups, [&](NamedGroup candidate) {
        return contains(hello.groups, static_cast<std::uint16_t>(candidate));
      });
      if (group == config_->groups.end())
        return Error(Alert::HandshakeFailure, "no group in common");
      transcript_.add(message);
      return send_retry(hello, *group);
    }
  }
  info_.group = static_cast<NamedGroup>(share->group);

  AVILA_TRY(const bool resumed, choose_psk(hello, message));
  transcript_.add(message);
  transcript_.forget_raw();
  info_.resumed = resumed;
  // Only who can use tickets gets some.
  tickets_wanted_ = config_->tickets != nullptr && contains(hello.psk_modes, 1);
  if (!resumed) {
    AVILA_TRY_VOID(choose_credential(hello, ProtocolVersion::Tls13));
    schedule_.emplace(suite_->hash, ByteSpan());
    ask_client_ = config_->client_auth != ClientAuth::None;
  } else {
    client_chain_ = session_->peer_chain;
  }
  if (hello.early_data) {
    info_.early_data_accepted = resumed && fresh_early_data(hello);
    early_refused_ = !info_.early_data_accepted;
  }
  return send_first_flight13(hello, share->key);
}

Result<void> ServerHandshake::send_retry(const ClientHello& hello, NamedGroup group) {
  retry_group_ = group;
  info_.hello_retried = true;
  if (config_->send_cookie) {
    cookie_.resize(kCookieBytes);
    AVILA_TRY_VOID(entropy_.fill(cookie_));
  }
  transcript_.replace_by_hash();
  AVILA_TRY_VOID(send(Level::Initial, HandshakeType::ServerHello, [&](WireWriter& w) {
    begin_server_hello(w, kRetryRandom, session_id_);
    const WireWriter::Length extensions(w, 2);
    w.u16(static_cast<unsigned>(ExtensionType::KeyShare));
    w.u16(2);
    w.u16(static_cast<unsigned>(group));
    if (!cookie_.empty()) {
      w.u16(static_cast<unsigned>(ExtensionType::Cookie));
      const WireWriter::Length body(w, 2);
      w.vector16(cookie_);
    }
    w.u16(static_cast<unsigned>(ExtensionType::SupportedVersions));
    w.u16(2);
    w.u16(0x0304);
  }));
  if (!session_id_.empty()) AVILA_TRY_VOID(io_.send_compat_ccs());
  if (hello.early_data) io_.skip_early_data(kEarlySkipMax);
  state_ = State::SecondHello;
  return {};
}

Result<bool> ServerHandshake::choose_psk(const ClientHello& hello, ByteSpan message) {
  if (!hello.psk.has_value() || config_->tickets == nullptr || !contains(hello.psk_modes, 1))
    return false;
  const PskOffer& offer = *hello.psk;
  // One identity is what clients send; of a long list only the first few are tried.
  for (std::size_t i = 0; i < std::min(offer.identities.size(), kIdentitiesMax); ++i) {
    auto session = config_->tickets->open(offer.identities[i].identity);
    if (!session.has_value() || session->version != ProtocolVersion::Tls13 ||
        info_of(session->suite).hash != suite_->hash || session->server_name != info_.server_name)
      continue;
    if (config_->client_auth != ClientAuth::None) {
      if (session->peer_chain.empty()) {
        if (config_->client_auth == ClientAuth::Require) continue;
      } else if (!verify_peer(*config_->verifier, session->peer_chain, {}, {}).has_value()) {
        continue;  // no longer trusted: a full handshake will say why
      }
    }
    schedule_.emplace(suite_->hash, session->secret.span());
    const SecretBytes key = schedule_->binder_key(KeySchedule::PskKind::Resumption);
    const ByteSpan truncated = message.first(message.size() - offer.binders_bytes);
    const DigestBytes mac =
        finished_mac(suite_->hash, key.span(), transcript_.hash_with(truncated));
    if (offer.binders[i].size() != mac.size || !equal_secret(offer.binders[i], mac))
      return Error(Alert::DecryptError, "the binder of a pre-shared key is wrong");
    if (i != 0) session->early_data_bytes = 0;  // RFC 8446 section 4.2.10: of the first only
    session_ = std::move(session);
    psk_index_ = i;
    return true;
  }
  schedule_.reset();
  return false;
}

// RFC 8446 sections 4.2.10 and 8: early data is taken only where the session fits, the hello is
// fresh, and its binder was not seen before.
bool ServerHandshake::fresh_early_data(const ClientHello& hello) const {
  if (config_->early_data_bytes == 0 || session_->early_data_bytes == 0 || psk_index_ != 0 ||
      info_.hello_retried || session_->suite != suite_->suite || session_->alpn != info_.alpn)
    return false;
  const WallTime now = clock_.wall();
  const std::uint32_t client_ms = hello.psk->identities[0].obfuscated_age - session_->age_add;
  const Duration difference = (now - session_->issued) - milliseconds(client_ms);
  const Duration window = config_->replay_guard->window();
  if (difference > window || difference < Duration::zero() - window) return false;
  return config_->replay_guard->accept(hello.psk->binders[0], now);
}

Result<void> ServerHandshake::send_first_flight13(const ClientHello& hello, ByteSpan share) {
  if (info_.early_data_accepted) {
    const DigestBytes hash = transcript_.hash();
    const SecretBytes secret = schedule_->client_early_traffic(hash);
    log_key("CLIENT_EARLY_TRAFFIC_SECRET", secret.span());
    AVILA_TRY_VOID(use_secret(Role::Client, Level::EarlyData, secret.span()));
  }
  AVILA_TRY_VOID(entropy_.fill(server_random_));
  AVILA_TRY(auto response, respond_to_share(info_.group, share, entropy_));
  AVILA_TRY_VOID(send(Level::Initial, HandshakeType::ServerHello, [&](WireWriter& w) {
    begin_server_hello(w, server_random_, session_id_);
    const WireWriter::Length extensions(w, 2);
    if (info_.resumed) {
      w.u16(static_cast<unsigned>(ExtensionType::PreSharedKey));
      w.u16(2);
      w.u16(static_cast<unsigned>(psk_index_));
    }
    {
      w.u16(static_cast<unsigned>(ExtensionType::KeyShare));
      const WireWriter::Length body(w, 2);
      w.u16(static_cast<unsigned>(info_.group));
      w.vector16(response.share);
    }
    w.u16(static_cast<unsigned>(ExtensionType::SupportedVersions));
    w.u16(2);
    w.u16(0x0304);
  }));
  if (!session_id_.empty() && !info_.hello_retried)
    AVILA_TRY_VOID(io_.send_compat_ccs());  // or else it went behind the HelloRetryRequest
  AVILA_TRY_VOID(
      enter_handshake13(response.secret.span(), info_.early_data_accepted && !is_quic()));

  AVILA_TRY_VOID(send(Level::Handshake, HandshakeType::EncryptedExtensions, [&](WireWriter& w) {
    const WireWriter::Length extensions(w, 2);
    if (hello.server_name.has_value() && !info_.resumed) {
      w.u16(static_cast<unsigned>(ExtensionType::ServerName));
      w.u16(0);
    }
    if (!info_.alpn.empty()) {
      w.u16(static_cast<unsigned>(ExtensionType::Alpn));
      const WireWriter::Length body(w, 2);
      const WireWriter::Length list(w, 2);
      w.vector8(as_bytes(info_.alpn));
    }
    if (info_.early_data_accepted) {
      w.u16(static_cast<unsigned>(ExtensionType::EarlyData));
      w.u16(0);
    }
    if (is_quic()) {
      w.u16(static_cast<unsigned>(ExtensionType::QuicTransportParameters));
      w.vector16(options_.quic_parameters);
    }
  }));
  if (ask_client_) {
    AVILA_TRY_VOID(send(Level::Handshake, HandshakeType::CertificateRequest, [&](WireWriter& w) {
      w.u8(0);
      const WireWriter::Length extensions(w, 2);
      w.u16(static_cast<unsigned>(ExtensionType::SignatureAlgorithms));
      const WireWriter::Length body(w, 2);
      const WireWriter::Length list(w, 2);
      for (const SignatureScheme scheme : config_->signatures) w.u16(static_cast<unsigned>(scheme));
    }));
  }
  if (!info_.resumed) {
    AVILA_TRY_VOID(send_certificate13({}, credential_, ocsp_wanted_));
    AVILA_TRY_VOID(send_certificate_verify13(*credential_, scheme_));
    info_.signature = scheme_;
  }
  AVILA_TRY_VOID(send_finished13(server_secret_.span()));
  derive_application13();
  AVILA_TRY_VOID(use_secret(Role::Server, Level::Application, server_application_.span()));
  // Half-RTT data goes to a client that has not proved anything yet: not where we ask it to.
  can_write_ = !ask_client_;
  if (early_refused_) io_.skip_early_data(kEarlySkipMax);
  state_ = info_.early_data_accepted && !is_quic() ? State::EndOfEarlyData
           : ask_client_                           ? State::Certificate
                                                   : State::Finished;
  return {};
}

Result<void> ServerHandshake::on_certificate13(ByteSpan body) {
  AVILA_TRY(const auto message, CertificateMessage::parse13(body, config_->limits.certificates));
  if (!message.context.empty()) return Error(Alert::IllegalParameter, "Certificate with a context");
  AVILA_TRY_VOID(take_client_chain(message));
  state_ = client_chain_.empty() ? State::Finished : State::CertificateVerify;
  return {};
}

Result<void> ServerHandshake::on_certificate_verify13(ByteSpan body) {
  AVILA_TRY(const auto verify, CertificateVerify::parse(body));
  AVILA_TRY_VOID(
      verify_signature(verify.scheme, config_->signatures, *peer_key_, ProtocolVersion::Tls13,
                       signed_content13(Role::Client, transcript_.hash()), verify.signature));
  AVILA_TRY_VOID(verify_peer(*config_->verifier, client_chain_, {}, {}));
  state_ = State::Finished;
  return {};
}

Result<void> ServerHandshake::on_finished13(ByteSpan message) {
  AVILA_TRY_VOID(check_finished13(message.subspan(kHeadBytes), client_secret_.span()));
  transcript_.add(message);
  resumption_ = schedule_->resumption(transcript_.hash());
  AVILA_TRY_VOID(use_secret(Role::Client, Level::Application, client_application_.span()));
  client_secret_ = SecretBytes();
  server_secret_ = SecretBytes();
  info_.peer_chain = client_chain_;
  session_.reset();
  state_ = State::Connected;
  done_ = can_write_ = true;
  return send_tickets13();
}

Result<void> ServerHandshake::send_tickets13() {
  if (!tickets_wanted_) return {};
  for (std::uint32_t i = 0; i < config_->tickets_sent; ++i) {
    Session session = new_session();
    std::array<std::byte, 4> age_add;
    AVILA_TRY_VOID(entropy_.fill(age_add));
    session.age_add = load_be32(age_add.data());
    session.early_data_bytes =
        is_quic() && config_->early_data_bytes > 0 ? 0xffffffff : config_->early_data_bytes;
    const std::array<std::byte, 1> nonce = {static_cast<std::byte>(i)};
    session.secret = ticket_psk(suite_->hash, resumption_.span(), nonce);
    auto ticket = config_->tickets->seal(session);
    if (!ticket.has_value()) return {};  // no resumption is no failure
    std::vector<std::byte> message;
    begin_message(message, HandshakeType::NewSessionTicket, [&](WireWriter& w) {
      w.u32(session.lifetime_s);
      w.u32(session.age_add);
      w.vector8(nonce);
      w.vector16(*ticket);
      const WireWriter::Length extensions(w, 2);
      if (session.early_data_bytes == 0) return;
      w.u16(static_cast<unsigned>(ExtensionType::EarlyData));
      w.u16(4);
      w.u32(session.early_data_bytes);
    });
    AVILA_TRY_VOID(io_.send(Level::Application, message));
  }
  return {};
}

}  // namespace avila::tls
