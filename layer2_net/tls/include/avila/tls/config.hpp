// What clients and servers are told. A config is shared by connections and does not change: to
// reload certificates, put a new one into a ConfigSlot.
#pragma once
#include <avila/cell/guarded.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/tls/certificate.hpp>
#include <avila/tls/limits.hpp>
#include <avila/tls/session.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace avila::tls {

struct CommonConfig {
  ProtocolVersion version_min = ProtocolVersion::Tls12;
  ProtocolVersion version_max = ProtocolVersion::Tls13;
  /// In order of preference; a server's counts.
  std::vector<CipherSuite> suites = {
      CipherSuite::Aes128GcmSha256,
      CipherSuite::Aes256GcmSha384,
      CipherSuite::ChaCha20Poly1305Sha256,
      CipherSuite::EcdheEcdsaAes128GcmSha256,
      CipherSuite::EcdheRsaAes128GcmSha256,
      CipherSuite::EcdheEcdsaAes256GcmSha384,
      CipherSuite::EcdheRsaAes256GcmSha384,
      CipherSuite::EcdheEcdsaChaCha20Poly1305Sha256,
      CipherSuite::EcdheRsaChaCha20Poly1305Sha256,
  };
  std::vector<NamedGroup> groups = {NamedGroup::X25519MlKem768, NamedGroup::X25519,
                                    NamedGroup::P256, NamedGroup::P384, NamedGroup::P521};
  std::vector<SignatureScheme> signatures = {
      SignatureScheme::EcdsaP256Sha256, SignatureScheme::Ed25519,
      SignatureScheme::EcdsaP384Sha384, SignatureScheme::EcdsaP521Sha512,
      SignatureScheme::RsaPssSha256,    SignatureScheme::RsaPssSha384,
      SignatureScheme::RsaPssSha512,    SignatureScheme::RsaPkcs1Sha256,
      SignatureScheme::RsaPkcs1Sha384,  SignatureScheme::RsaPkcs1Sha512};
  /// Application protocols, "h2", in order of preference. A server that has some refuses a client
  /// that offers others only.
  std::vector<std::string> alpn;
  Limits limits;
  os::Entropy* entropy = nullptr;  ///< null: the system's
  os::Clock* clock = nullptr;      ///< null: the machine's
  /// One line in the format of SSLKEYLOGFILE, without its end, for each secret. Whoever reads them
  /// reads the traffic: for debugging only.
  std::function<void(std::string_view line)> key_log;
  /// For test vectors: sees each handshake message that we are about to send, and may change it.
  std::function<void(std::vector<std::byte>& message)> rewrite_for_tests;
};

struct ClientConfig : CommonConfig {
  std::shared_ptr<const CertificateVerifier> verifier;  ///< needed
  std::shared_ptr<const Credential> credential;         ///< shown to servers that ask
  std::shared_ptr<SessionStore> sessions;               ///< null: no resumption
  std::size_t key_shares = 2;    ///< of the first groups; of the others on request
  bool request_ocsp = true;      ///< a stapled response, for the verifier
  bool middlebox_compat = true;  ///< RFC 8446 appendix D.4
};

enum class ClientAuth : std::uint8_t { None, Request, Require };

struct ServerConfig : CommonConfig {
  /// The first that serves the client's name, and whose key the client can check; or else the first
  /// of those whose key it can check.
  std::vector<std::shared_ptr<const Credential>> credentials;
  ClientAuth client_auth = ClientAuth::None;
  std::shared_ptr<const CertificateVerifier> verifier;  ///< of clients, where they are asked
  std::shared_ptr<TicketKeys> tickets;                  ///< null: no resumption
  std::uint32_t tickets_sent = 2;                       ///< after a handshake of TLS 1.3
  /// Early data is off while this is 0. It may be replayed by anyone who saw it: `replay_guard`
  /// takes it once for this process; other processes with the same tickets would take it again.
  std::uint32_t early_data_bytes = 0;
  std::shared_ptr<ReplayGuard> replay_guard;  ///< needed for early data
  bool send_cookie = false;                   ///< in a HelloRetryRequest
};

/// Errors: InvalidArgument, with what is missing or does not fit.
Result<void> check(const ClientConfig& config);
Result<void> check(const ServerConfig& config);

/// A config that can be exchanged while connections are made: those that began keep the old one.
/// Threads share it.
template <class Config>
class ConfigSlot {
 public:
  explicit ConfigSlot(std::shared_ptr<const Config> config) : config_(std::move(config)) {}
  std::shared_ptr<const Config> get() const { return *config_.lock(); }
  /// Errors: InvalidArgument; the old one stays.
  Result<void> set(std::shared_ptr<const Config> config) {
    AVILA_TRY_VOID(check(*config));
    *config_.lock() = std::move(config);
    return {};
  }

 private:
  mutable cell::Guarded<std::shared_ptr<const Config>> config_;  // shared with connections
};
using ServerConfigSlot = ConfigSlot<ServerConfig>;
using ClientConfigSlot = ConfigSlot<ClientConfig>;

}  // namespace avila::tls
