// What the handshakes of both roles share.
#pragma once
#include <avila/tls/handshake.hpp>
#include <avila/tls/key_schedule.hpp>
#include <avila/tls/wire.hpp>

#include "signatures.hpp"

namespace avila::tls {

inline constexpr std::size_t kHeadBytes = 4;  // of a handshake message

class HandshakeBase : public Handshake {
 public:
  Result<void> update_keys(bool ask_peer) override;
  Result<void> export_keying_material(std::string_view label, ByteSpan context,
                                      MutableByteSpan out) const override;

 protected:
  HandshakeBase(Role role, const CommonConfig& config, HandshakeIo& io) noexcept
      : role_(role),
        common_(config),
        io_(io),
        entropy_(config.entropy != nullptr ? *config.entropy : os::system_entropy()),
        clock_(config.clock != nullptr ? *config.clock : os::real_clock()) {}

  /// Builds a message by `write(writer)`, adds it to the transcript, sends it.
  template <class Write>
  Result<void> send(Level level, HandshakeType type, Write&& write) {
    std::vector<std::byte> message;
    begin_message(message, type, write);
    return send_message(level, message);
  }
  template <class Write>
  static void begin_message(std::vector<std::byte>& message, HandshakeType type, Write&& write) {
    WireWriter writer(message);
    writer.u8(static_cast<unsigned>(type));
    const WireWriter::Length length(writer, 3);
    write(writer);
  }
  Result<void> send_message(Level level, std::vector<std::byte>& message);

  // TLS 1.3. Secrets are named after whose traffic they are for.
  Result<void> use_secret(Role sender, Level level, ByteSpan secret);
  Result<void> enter_handshake13(ByteSpan shared, bool write_later);
  /// After the server's Finished: derives the traffic and exporter secrets.
  void derive_application13();
  Result<void> send_finished13(ByteSpan secret);
  Result<void> check_finished13(ByteSpan body, ByteSpan secret) const;
  Result<void> send_certificate13(ByteSpan context, const Credential* credential, bool with_ocsp);
  Result<void> send_certificate_verify13(const Credential& credential, SignatureScheme scheme);
  Result<void> receive_key_update(ByteSpan body);

  // TLS 1.2.
  Result<void> make_master12(ByteSpan premaster);
  Result<void> use_keys12(Direction direction);
  std::array<std::byte, 12> finished12(Role sender) const;
  Result<void> check_finished12(ByteSpan body) const;
  Result<void> send_finished12();

  Result<void> verify_peer(const CertificateVerifier& verifier, const CertificateChain& chain,
                           std::string_view server_name, ByteSpan ocsp_response) const;
  void log_key(std::string_view label, ByteSpan secret) const;
  bool offers(ProtocolVersion version) const noexcept {
    return common_.version_min <= version && version <= common_.version_max;
  }
  bool is_quic() const noexcept { return quic_; }
  Role peer() const noexcept { return role_ == Role::Client ? Role::Server : Role::Client; }

  Role role_;
  const CommonConfig& common_;  // outlived by the shared config of the class below
  HandshakeIo& io_;
  os::Entropy& entropy_;
  os::Clock& clock_;
  bool quic_ = false;

  Transcript transcript_;
  const SuiteInfo* suite_ = nullptr;
  std::array<std::byte, 32> client_random_{}, server_random_{};
  std::optional<crypto::PublicKey> peer_key_;

  std::optional<KeySchedule> schedule_;
  SecretBytes client_secret_, server_secret_;  // of the current level
  SecretBytes client_application_, server_application_, exporter_, resumption_;
  SecretBytes master_;  // TLS 1.2

 private:
  Result<void> update_secret(Role sender);
};

/// "An X was not expected now".
Error unexpected(HandshakeType type);
template <class Range>
bool contains(const Range& range, std::uint16_t number) noexcept {
  for (const auto& item : range)
    if (static_cast<std::uint16_t>(item) == number) return true;
  return false;
}
/// CT in the bytes.
bool equal_secret(ByteSpan a, ByteSpan b) noexcept;
CertificateChain to_chain(const CertificateMessage& message);

}  // namespace avila::tls
