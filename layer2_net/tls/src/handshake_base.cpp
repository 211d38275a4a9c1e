#include "handshake_base.hpp"

#include <algorithm>
#include <avila/field/ct.hpp>

#include "record_key.hpp"

namespace avila::tls {

Error unexpected(HandshakeType type) {
  return Error(Alert::UnexpectedMessage,
               std::string(name(type)) + " at a point where it may not be");
}

bool equal_secret(ByteSpan a, ByteSpan b) noexcept { return field::ct::equal(a, b); }

CertificateChain to_chain(const CertificateMessage& message) {
  CertificateChain chain;
  for (const auto& entry : message.entries) chain.emplace_back(entry.der.begin(), entry.der.end());
  return chain;
}

Result<void> HandshakeBase::send_message(Level level, std::vector<std::byte>& message) {
  if (common_.rewrite_for_tests) common_.rewrite_for_tests(message);
  transcript_.add(message);
  return io_.send(level, message);
}

void HandshakeBase::log_key(std::string_view label, ByteSpan secret) const {
  if (!common_.key_log) return;
  std::string line(label);
  const auto hex = [&](ByteSpan bytes) {
    line += ' ';
    for (const std::byte b : bytes) {
      line += "0123456789abcdef"[static_cast<unsigned>(b) >> 4];
      line += "0123456789abcdef"[static_cast<unsigned>(b) & 15];
    }
  };
  hex(client_random_);
  hex(secret);
  common_.key_log(line);
}

Result<void> HandshakeBase::verify_peer(const CertificateVerifier& verifier,
                                        const CertificateChain& chain, std::string_view server_name,
                                        ByteSpan ocsp_response) const {
  auto verdict = verifier.verify({peer(), chain, server_name, ocsp_response, clock_.wall()});
  if (verdict.has_value()) return {};
  const Error& why = verdict.error();
  if (why.domain() == &avila_error_domain(Alert{})) return std::move(verdict).error();
  return Error(Alert::BadCertificate, why.to_string());
}

// ---- TLS 1.3

Result<void> HandshakeBase::use_secret(Role sender, Level level, ByteSpan secret) {
  return io_.use_secret(sender == role_ ? Direction::Write : Direction::Read, level, *suite_,
                        secret);
}

Result<void> HandshakeBase::enter_handshake13(ByteSpan shared, bool write_later) {
  schedule_->enter_handshake(shared);
  const DigestBytes hash = transcript_.hash();
  client_secret_ = schedule_->client_handshake_traffic(hash);
  server_secret_ = schedule_->server_handshake_traffic(hash);
  log_key("CLIENT_HANDSHAKE_TRAFFIC_SECRET", client_secret_.span());
  log_key("SERVER_HANDSHAKE_TRAFFIC_SECRET", server_secret_.span());
  AVILA_TRY_VOID(use_secret(Role::Server, Level::Handshake, server_secret_.span()));
  if (write_later) return {};
  return use_secret(Role::Client, Level::Handshake, client_secret_.span());
}

void HandshakeBase::derive_application13() {
  schedule_->enter_application();
  const DigestBytes hash = transcript_.hash();
  client_application_ = schedule_->client_application_traffic(hash);
  server_application_ = schedule_->server_application_traffic(hash);
  exporter_ = schedule_->exporter(hash);
  log_key("CLIENT_TRAFFIC_SECRET_0", client_application_.span());
  log_key("SERVER_TRAFFIC_SECRET_0", server_application_.span());
  log_key("EXPORTER_SECRET", exporter_.span());
}

Result<void> HandshakeBase::send_finished13(ByteSpan secret) {
  const DigestBytes mac = finished_mac(suite_->hash, secret, transcript_.hash());
  return send(Level::Handshake, HandshakeType::Finished, [&](WireWriter& w) { w.bytes(mac); });
}

Result<void> HandshakeBase::check_finished13(ByteSpan body, ByteSpan secret) const {
  const DigestBytes mac = finished_mac(suite_->hash, secret, transcript_.hash());
  if (body.size() != mac.size) return Error(Alert::DecodeError, "Finished of the wrong length");
  if (!equal_secret(body, mac))
    return Error(Alert::DecryptError, "Finished does not fit the handshake");
  return {};
}

Result<void> HandshakeBase::send_certificate13(ByteSpan context, const Credential* credential,
                                               bool with_ocsp) {
  return send(Level::Handshake, HandshakeType::Certificate, [&](WireWriter& w) {
    w.vector8(context);
    const WireWriter::Length list(w, 3);
    if (credential == nullptr) return;
    for (std::size_t i = 0; i < credential->chain.size(); ++i) {
      w.vector24(credential->chain[i]);
      const WireWriter::Length extensions(w, 2);
      if (i != 0 || !with_ocsp || credential->ocsp_response.empty()) continue;
      w.u16(static_cast<unsigned>(ExtensionType::StatusRequest));
      const WireWriter::Length body(w, 2);
      w.u8(1);
      w.vector24(credential->ocsp_response);
    }
  });
}

Result<void> HandshakeBase::send_certificate_verify13(const Credential& credential,
                                                      SignatureScheme scheme) {
  const auto content = signed_content13(role_, transcript_.hash());
  AVILA_TRY(const auto signature, credential.key.sign(algorithm_of(scheme), content, entropy_));
  return send(Level::Handshake, HandshakeType::CertificateVerify, [&](WireWriter& w) {
    w.u16(static_cast<unsigned>(scheme));
    w.vector16(signature);
  });
}

Result<void> HandshakeBase::update_secret(Role sender) {
  SecretBytes& secret = sender == Role::Client ? client_application_ : server_application_;
  secret = next_traffic_secret(suite_->hash, secret.span());
  return use_secret(sender, Level::Application, secret.span());
}

Result<void> HandshakeBase::update_keys(bool ask_peer) {
  if (!done_ || info_.version != ProtocolVersion::Tls13 || is_quic())
    return Error(Errc::PreconditionFailed, "keys are updated in a TLS 1.3 connection that stands");
  std::vector<std::byte> message;
  begin_message(message, HandshakeType::KeyUpdate, [&](WireWriter& w) { w.u8(ask_peer ? 1 : 0); });
  AVILA_TRY_VOID(io_.send(Level::Application, message));  // not part of the transcript
  return update_secret(role_);
}

Result<void> HandshakeBase::receive_key_update(ByteSpan body) {
  // RFC 9001 section 6: QUIC updates keys by itself.
  if (is_quic()) return unexpected(HandshakeType::KeyUpdate);
  if (body.size() != 1) return Error(Alert::DecodeError, "KeyUpdate of the wrong length");
  if (body[0] > std::byte{1})
    return Error(Alert::IllegalParameter, "KeyUpdate that asks for neither 0 nor 1");
  AVILA_TRY_VOID(update_secret(peer()));
  if (body[0] == std::byte{1}) return update_keys(false);
  return {};
}

// ---- TLS 1.2

Result<void> HandshakeBase::make_master12(ByteSpan premaster) {
  // RFC 7627 section 4: over the transcript up to ClientKeyExchange, instead of the two randoms.
  master_ = SecretBytes(48);
  prf12(suite_->hash, premaster, "extended master secret", transcript_.hash(), master_.span());
  return {};
}

Result<void> HandshakeBase::use_keys12(Direction direction) {
  const std::size_t key = suite_->key_bytes(), iv = RecordKey::iv_bytes12(*suite_);
  std::array<std::byte, 64> seed;
  std::ranges::copy(server_random_, seed.begin());
  std::ranges::copy(client_random_, seed.begin() + 32);
  SecretBytes block(2 * key + 2 * iv);
  prf12(suite_->hash, master_.span(), "key expansion", seed, block.span());
  const Role sender = direction == Direction::Write ? role_ : peer();
  const std::size_t which = sender == Role::Client ? 0 : 1;
  return io_.use_keys12(direction, *suite_, block.span().subspan(which * key, key),
                        block.span().subspan(2 * key + which * iv, iv));
}

std::array<std::byte, 12> HandshakeBase::finished12(Role sender) const {
  std::array<std::byte, 12> data;
  prf12(suite_->hash, master_.span(),
        sender == Role::Client ? "client finished" : "server finished", transcript_.hash(), data);
  return data;
}

Result<void> HandshakeBase::check_finished12(ByteSpan body) const {
  if (body.size() != 12) return Error(Alert::DecodeError, "Finished of the wrong length");
  if (!equal_secret(body, finished12(peer())))
    return Error(Alert::DecryptError, "Finished does not fit the handshake");
  return {};
}

Result<void> HandshakeBase::send_finished12() {
  AVILA_TRY_VOID(use_keys12(Direction::Write));
  const auto data = finished12(role_);
  return send(Level::Handshake, HandshakeType::Finished, [&](WireWriter& w) { w.bytes(data); });
}

Result<void> HandshakeBase::export_keying_material(std::string_view label, ByteSpan context,
                                                   MutableByteSpan out) const {
  if (!done_)
    return Error(Errc::PreconditionFailed, "keys are exported when the handshake is done");
  if (label.size() > 249 || context.size() > 0xffff || out.size() > 255 * 32)
    return Error(Errc::LimitExceeded, "a label, context or output that is too long");
  if (info_.version == ProtocolVersion::Tls13) {
    tls::export_keying_material(suite_->hash, exporter_.span(), label, context, out);
    return {};
  }
  std::vector<std::byte> seed;  // RFC 5705 section 4, with a context though it be empty
  WireWriter writer(seed);
  writer.bytes(client_random_);
  writer.bytes(server_random_);
  writer.vector16(context);
  prf12(suite_->hash, master_.span(), label, seed, out);
  return {};
}

}  // namespace avila::tls
