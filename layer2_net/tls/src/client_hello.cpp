#include <algorithm>

#include "client_handshake.hpp"

namespace avila::tls {

bool is_ip_address(std::string_view host) noexcept {
  if (host.find(':') != std::string_view::npos) return true;
  return !host.empty() &&
         std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

Result<std::unique_ptr<Handshake>> Handshake::client(std::shared_ptr<const ClientConfig> config,
                                                     ClientOptions options, HandshakeIo& io) {
  AVILA_TRY_VOID(check(*config));
  if (options.server_name.size() > 253)
    return Error(Errc::InvalidArgument, "tls: the server's name has more than 253 bytes");
  return std::unique_ptr<Handshake>(new ClientHandshake(std::move(config), std::move(options), io));
}

ClientHandshake::ClientHandshake(std::shared_ptr<const ClientConfig> config, ClientOptions options,
                                 HandshakeIo& io)
    : HandshakeBase(Role::Client, *config, io),
      config_(std::move(config)),
      options_(std::move(options)) {
  quic_ = !options_.quic_parameters.empty();
  info_.server_name = options_.server_name;
}

Result<void> ClientHandshake::choose_session() {
  if (config_->sessions == nullptr) return {};
  auto session = config_->sessions->take(session_key());
  if (session == nullptr || !offers(session->version) || session->secret.empty() ||
      (is_quic() && session->version != ProtocolVersion::Tls13) ||
      session->server_name != options_.server_name ||
      !contains(config_->suites, static_cast<std::uint16_t>(session->suite)))
    return {};
  const Duration age = clock_.wall() - session->issued;
  if (age < Duration::zero() || age > seconds(session->lifetime_s)) return {};
  // Trust may have ended since: a chain that would not be taken now is not resumed either.
  if (!verify_peer(*config_->verifier, session->peer_chain, options_.server_name, {}).has_value())
    return {};
  session_ = std::move(session);
  return {};
}

Result<void> ClientHandshake::start() {
  AVILA_ASSERT(state_ == State::Start);
  AVILA_TRY_VOID(entropy_.fill(client_random_));
  AVILA_TRY_VOID(choose_session());
  const bool ticket12 = session_ != nullptr && session_->version == ProtocolVersion::Tls12;
  if (ticket12 || (offers13() && config_->middlebox_compat && !is_quic())) {
    session_id_.resize(32);
    AVILA_TRY_VOID(entropy_.fill(session_id_));
  }
  if (offers13()) {
    for (const NamedGroup group : config_->groups) {
      if (keys_.size() == std::max<std::size_t>(config_->key_shares, 1)) break;
      AVILA_TRY(auto key, EphemeralKey::generate(group, entropy_));
      keys_.push_back(std::move(key));
    }
  }
  offers_early_data_ = session_ != nullptr && session_->version == ProtocolVersion::Tls13 &&
                       (is_quic() ? session_->early_data_bytes > 0
                                  : !options_.early_data.empty() &&
                                        options_.early_data.size() <= session_->early_data_bytes) &&
                       (session_->alpn.empty() ||
                        std::ranges::find(config_->alpn, session_->alpn) != config_->alpn.end());
  AVILA_TRY_VOID(send_hello({}));
  state_ = State::ServerHello;
  if (offers_early_data_) return begin_early_data();
  return {};
}

Result<void> ClientHandshake::send_hello(ByteSpan cookie) {
  std::vector<std::byte> message;
  begin_message(message, HandshakeType::ClientHello, [&](WireWriter& w) {
    w.u16(0x0303);
    w.bytes(client_random_);
    w.vector8(session_id_);
    {
      const WireWriter::Length suites(w, 2);
      for (const CipherSuite suite : config_->suites) {
        const auto version = info_of(suite).version;
        if (version == ProtocolVersion::Tls13 ? offers13() : offers12())
          w.u16(static_cast<unsigned>(suite));
      }
    }
    w.vector8(std::array<std::byte, 1>{});  // the null compression
    const WireWriter::Length extensions(w, 2);
    write_extensions(w, cookie);
  });
  const bool with_psk = session_ != nullptr && session_->version == ProtocolVersion::Tls13;
  if (with_psk) AVILA_TRY_VOID(put_binder(message));
  AVILA_TRY_VOID(send_message(Level::Initial, message));
  const auto sent = ClientHello::parse(ByteSpan(message).subspan(kHeadBytes));
  offered_.clear();
  if (!sent.has_value()) return {};  // a test made it so
  for (const Extension& extension : sent->extensions) offered_.push_back(extension.type);
  return {};
}

void ClientHandshake::write_extensions(WireWriter& w, ByteSpan cookie) {
  const auto extension = [&](ExtensionType type, auto&& write) {
    w.u16(static_cast<unsigned>(type));
    const WireWriter::Length body(w, 2);
    write();
  };
  const auto nothing = [] {};
  std::string_view host = options_.server_name;
  if (host.ends_with('.')) host.remove_suffix(1);  // RFC 6066 section 3: without the last dot
  if (!host.empty() && !is_ip_address(host)) {
    extension(ExtensionType::ServerName, [&] {
      const WireWriter::Length list(w, 2);
      w.u8(0);
      w.vector16(as_bytes(host));
    });
  }
  if (offers12()) {
    extension(ExtensionType::ExtendedMasterSecret, nothing);
    extension(ExtensionType::RenegotiationInfo, [&] { w.u8(0); });
    extension(ExtensionType::EcPointFormats, [&] { w.vector8(std::array<std::byte, 1>{}); });
    if (config_->sessions != nullptr)
      extension(ExtensionType::SessionTicket, [&] {
        if (session_ != nullptr && session_->version == ProtocolVersion::Tls12)
          w.bytes(session_->ticket);
      });
  }
  extension(ExtensionType::SupportedGroups, [&] {
    const WireWriter::Length list(w, 2);
    for (const NamedGroup group : config_->groups) {
      if (group == NamedGroup::X25519MlKem768 && !offers13()) continue;
      w.u16(static_cast<unsigned>(group));
    }
  });
  extension(ExtensionType::SignatureAlgorithms, [&] {
    const WireWriter::Length list(w, 2);
    for (const SignatureScheme scheme : config_->signatures) w.u16(static_cast<unsigned>(scheme));
  });
  if (!config_->alpn.empty()) {
    extension(ExtensionType::Alpn, [&] {
      const WireWriter::Length list(w, 2);
      for (const auto& protocol : config_->alpn) w.vector8(as_bytes(protocol));
    });
  }
  if (config_->request_ocsp) {
    extension(ExtensionType::StatusRequest, [&] {
      w.u8(1);
      w.u16(0);
      w.u16(0);
    });
  }
  if (!offers13()) return;
  extension(ExtensionType::SupportedVersions, [&] {
    const WireWriter::Length list(w, 1);
    w.u16(0x0304);
    if (offers12()) w.u16(0x0303);
  });
  extension(ExtensionType::KeyShare, [&] {
    const WireWriter::Length list(w, 2);
    for (const EphemeralKey& key : keys_) {
      w.u16(static_cast<unsigned>(key.group()));
      w.vector16(key.share());
    }
  });
  extension(ExtensionType::PskKeyExchangeModes, [&] {
    w.u8(1);
    w.u8(1);  // psk_dhe_ke
  });
  if (!cookie.empty()) extension(ExtensionType::Cookie, [&] { w.vector16(cookie); });
  if (is_quic())
    extension(ExtensionType::QuicTransportParameters, [&] { w.bytes(options_.quic_parameters); });
  if (offers_early_data_) extension(ExtensionType::EarlyData, nothing);
  if (session_ != nullptr && session_->version == ProtocolVersion::Tls13)
    extension(ExtensionType::PreSharedKey, [&] { write_psk(w); });
}

void ClientHandshake::write_psk(WireWriter& w) const {
  const auto age_ms = static_cast<std::uint32_t>((clock_.wall() - session_->issued).milliseconds());
  {
    const WireWriter::Length identities(w, 2);
    w.vector16(session_->ticket);
    w.u32(age_ms + session_->age_add);
  }
  const WireWriter::Length binders(w, 2);
  const std::vector<std::byte> place(digest_size(info_of(session_->suite).hash));
  w.vector8(place);
}

Result<void> ClientHandshake::put_binder(std::vector<std::byte>& message) const {
  // RFC 8446 section 4.2.11.2: over the hello up to its list of binders.
  const HashKind hash = info_of(session_->suite).hash;
  const std::size_t binder = digest_size(hash);
  const ByteSpan truncated = ByteSpan(message).first(message.size() - binder - 3);
  const DigestBytes transcript =
      info_.hello_retried ? transcript_.hash_with(truncated) : digest(hash, truncated);
  const KeySchedule early(hash, session_->secret.span());
  const SecretBytes key = early.binder_key(KeySchedule::PskKind::Resumption);
  const DigestBytes mac = finished_mac(hash, key.span(), transcript);
  std::copy_n(mac.bytes.begin(), binder, message.end() - static_cast<std::ptrdiff_t>(binder));
  return {};
}

// RFC 8446 appendix D.4: once, before our second flight or early data.
Result<void> ClientHandshake::compat_ccs() {
  if (session_id_.empty() || std::exchange(compat_sent_, true)) return {};
  return io_.send_compat_ccs();
}

Result<void> ClientHandshake::begin_early_data() {
  const SuiteInfo& suite = info_of(session_->suite);
  const KeySchedule early(suite.hash, session_->secret.span());
  const SecretBytes secret = early.client_early_traffic(digest(suite.hash, transcript_.raw()));
  log_key("CLIENT_EARLY_TRAFFIC_SECRET", secret.span());
  AVILA_TRY_VOID(compat_ccs());
  return io_.use_secret(Direction::Write, Level::EarlyData, suite, secret.span());
}

}  // namespace avila::tls
