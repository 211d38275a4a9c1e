#include <algorithm>

#include "server_handshake.hpp"

namespace avila::tls {

namespace {

constexpr std::uint16_t kFallbackScsv = 0x5600;  // RFC 7507

std::string lower(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace

Result<std::unique_ptr<Handshake>> Handshake::server(std::shared_ptr<const ServerConfig> config,
                                                     ServerOptions options, HandshakeIo& io) {
  AVILA_TRY_VOID(check(*config));
  return std::unique_ptr<Handshake>(new ServerHandshake(std::move(config), std::move(options), io));
}

ServerHandshake::ServerHandshake(std::shared_ptr<const ServerConfig> config, ServerOptions options,
                                 HandshakeIo& io)
    : HandshakeBase(Role::Server, *config, io),
      config_(std::move(config)),
      options_(std::move(options)) {
  quic_ = !options_.quic_parameters.empty();
}

Result<void> ServerHandshake::receive(Level level, ByteSpan message) {
  AVILA_ASSERT(message.size() >= kHeadBytes);
  const auto type = static_cast<HandshakeType>(message[0]);
  const ByteSpan body = message.subspan(kHeadBytes);
  if (state_ >= State::Certificate12) return receive12(type, message);
  const Level wanted = state_ <= State::SecondHello      ? Level::Initial
                       : state_ == State::EndOfEarlyData ? Level::EarlyData
                       : state_ == State::Connected      ? Level::Application
                                                         : Level::Handshake;
  if (level != wanted) return unexpected(type);
  switch (state_) {
    case State::ClientHello:
    case State::SecondHello:
      if (type == HandshakeType::ClientHello) return on_client_hello(message);
      break;
    case State::EndOfEarlyData:
      if (type != HandshakeType::EndOfEarlyData) break;
      if (!body.empty()) return Error(Alert::DecodeError, "EndOfEarlyData is not empty");
      transcript_.add(message);
      state_ = ask_client_ ? State::Certificate : State::Finished;
      return use_secret(Role::Client, Level::Handshake, client_secret_.span());
    case State::Certificate:
      if (type != HandshakeType::Certificate) break;
      transcript_.add(message);
      return on_certificate13(body);
    case State::CertificateVerify:
      if (type != HandshakeType::CertificateVerify) break;
      AVILA_TRY_VOID(on_certificate_verify13(body));
      transcript_.add(message);
      return {};
    case State::Finished:
      if (type == HandshakeType::Finished) return on_finished13(message);
      break;
    case State::Connected:
      if (type == HandshakeType::KeyUpdate) return receive_key_update(body);
      break;
    default: break;
  }
  return unexpected(type);
}

void ServerHandshake::begin_server_hello(WireWriter& w, ByteSpan random,
                                         ByteSpan session_id) const {
  w.u16(0x0303);
  w.bytes(random);
  w.vector8(session_id);
  w.u16(static_cast<unsigned>(suite_->suite));
  w.u8(0);
}

Result<void> ServerHandshake::receive_ccs() {
  if (state_ != State::Ccs12)
    return Error(Alert::UnexpectedMessage, "ChangeCipherSpec at a point where it may not be");
  state_ = State::Finished12;
  return {};
}

Result<void> ServerHandshake::on_client_hello(ByteSpan message) {
  AVILA_TRY(const auto hello, ClientHello::parse(message.subspan(kHeadBytes)));
  if (state_ == State::ClientHello) {
    std::ranges::copy(hello.random, client_random_.begin());
    session_id_.assign(hello.session_id.begin(), hello.session_id.end());
    if (hello.server_name.has_value()) info_.server_name = lower(*hello.server_name);
    ocsp_wanted_ = hello.status_request;
  } else if (!std::ranges::equal(hello.random, client_random_) ||
             !std::ranges::equal(hello.session_id, session_id_) ||
             lower(hello.server_name.value_or("")) != info_.server_name) {
    return Error(Alert::IllegalParameter, "a second ClientHello that differs from the first");
  }

  // RFC 8446 section 4.2.1: supported_versions decides, and nothing else, where it is there.
  bool client13 = false, client12 = hello.legacy_version >= 0x0303;
  if (!hello.versions.empty()) {
    client13 = contains(hello.versions, 0x0304);
    client12 = contains(hello.versions, 0x0303);
  }
  if (client13 && offers(ProtocolVersion::Tls13)) return on_hello13(hello, message);
  if (state_ == State::SecondHello)
    return Error(Alert::IllegalParameter, "a second ClientHello without TLS 1.3");
  if (!client12 || !offers(ProtocolVersion::Tls12) || is_quic())
    return Error(Alert::ProtocolVersion, "the client's versions are not ours");
  if (hello.offers(kFallbackScsv) && offers(ProtocolVersion::Tls13))
    return Error(Alert::InappropriateFallback, "the client fell back, for no reason");
  return on_hello12(hello, message);
}

Result<void> ServerHandshake::choose_alpn(const ClientHello& hello) {
  if (config_->alpn.empty() || hello.alpn.empty()) return {};
  for (const std::string& protocol : config_->alpn)
    if (std::ranges::find(hello.alpn, protocol) != hello.alpn.end()) {
      info_.alpn = protocol;
      return {};
    }
  return Error(Alert::NoApplicationProtocol, "no application protocol in common");
}

Result<void> ServerHandshake::choose_suite(const ClientHello& hello, ProtocolVersion version) {
  const bool rsa = credential_ != nullptr && credential_->key.type() == crypto::KeyType::Rsa;
  for (const CipherSuite suite : config_->suites) {
    const SuiteInfo& info = info_of(suite);
    if (info.version != version || !hello.offers(static_cast<std::uint16_t>(suite))) continue;
    if (version == ProtocolVersion::Tls12 && info.rsa != rsa) continue;
    suite_ = &info;
    info_.suite = suite;
    info_.version = version;
    return {};
  }
  return Error(Alert::HandshakeFailure, "no cipher suite in common");
}

Result<void> ServerHandshake::choose_credential(const ClientHello& hello, ProtocolVersion version) {
  if (hello.signatures.empty())
    return version == ProtocolVersion::Tls13
               ? Error(Alert::MissingExtension, "ClientHello without signature_algorithms")
               : Error(Alert::HandshakeFailure, "ClientHello without signature_algorithms");
  const auto fits = [&](const Credential& credential) {
    const auto scheme =
        choose_scheme(config_->signatures, hello.signatures, credential.key, version);
    if (!scheme.has_value()) return false;
    if (version == ProtocolVersion::Tls12) {
      const bool rsa = credential.key.type() == crypto::KeyType::Rsa;
      const bool suite = std::ranges::any_of(config_->suites, [&](CipherSuite candidate) {
        const SuiteInfo& info = info_of(candidate);
        return info.version == version && info.rsa == rsa &&
               hello.offers(static_cast<std::uint16_t>(candidate));
      });
      if (!suite) return false;
      // RFC 8422 section 5.1: in TLS 1.2 the groups are those of certificates, too.
      const auto type = credential.key.type();
      const NamedGroup curve = type == crypto::KeyType::P521   ? NamedGroup::P521
                               : type == crypto::KeyType::P384 ? NamedGroup::P384
                                                               : NamedGroup::P256;
      if (is_nist_curve(type) && !contains(hello.groups, static_cast<std::uint16_t>(curve)))
        return false;
    }
    credential_ = &credential;
    scheme_ = *scheme;
    return true;
  };
  for (const auto& credential : config_->credentials)
    if (credential->serves(info_.server_name) && fits(*credential)) return {};
  for (const auto& credential : config_->credentials)
    if (fits(*credential)) return {};
  return Error(Alert::HandshakeFailure, "no certificate that the client could check");
}

Result<void> ServerHandshake::take_client_chain(const CertificateMessage& message) {
  if (message.entries.empty()) {
    if (config_->client_auth == ClientAuth::Require)
      return Error(info_.version == ProtocolVersion::Tls13 ? Alert::CertificateRequired
                                                           : Alert::HandshakeFailure,
                   "the client showed no certificate");
    return {};
  }
  client_chain_ = to_chain(message);
  auto key = public_key_of(client_chain_.front());
  if (!key.has_value())
    return Error(
        key.error().is(Errc::Unsupported) ? Alert::UnsupportedCertificate : Alert::BadCertificate,
        key.error().to_string());
  peer_key_.emplace(std::move(*key));
  return {};
}

Session ServerHandshake::new_session() const {
  Session session;
  session.version = info_.version;
  session.suite = suite_->suite;
  session.lifetime_s = config_->tickets->options().lifetime_s;
  session.issued = clock_.wall();
  session.server_name = info_.server_name;
  session.alpn = info_.alpn;
  session.peer_chain = client_chain_;
  return session;
}

}  // namespace avila::tls
