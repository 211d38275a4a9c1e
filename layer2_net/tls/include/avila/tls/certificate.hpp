// Certificates as TLS sees them: chains of DER that are sent, and a judge of those received.
#pragma once
#include <avila/crypto/key.hpp>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/tls/types.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace avila::tls {

using CertificateChain = std::vector<std::vector<std::byte>>;  ///< DER, the owner's first

/// A chain and the private key of its first certificate. Shared and immutable.
struct Credential {
  CertificateChain chain;
  crypto::PrivateKey key;
  std::vector<std::byte> ocsp_response;  ///< stapled where the client asks; empty: none
  /// Names that this one is for, "example.com" or "*.example.com"; empty: for any.
  std::vector<std::string> names;

  /// Of PEM texts: "CERTIFICATE" blocks in order, and any private key that crypto reads. Errors:
  /// Malformed, NotFound, Unsupported, InvalidArgument (the key is not the certificate's).
  static Result<std::shared_ptr<const Credential>> from_pem(std::string_view certificates,
                                                            std::string_view key);
  /// Whether one of `names` is that of the host, or there are none.
  bool serves(std::string_view host) const noexcept;
};

/// What a peer showed. Views that live during the call.
struct PeerIdentity {
  Role role = Role::Server;  ///< of the peer
  const CertificateChain& chain;
  std::string_view server_name;  ///< that the client wanted; empty where it named none
  ByteSpan ocsp_response;        ///< empty: none was stapled
  WallTime now;
};

/// Says whether a chain is to be trusted. Errors that are an Alert (UnknownCa, CertificateExpired,
/// CertificateRevoked, …) reach the peer as such, others as bad_certificate. Threads share it.
class CertificateVerifier {
 public:
  virtual ~CertificateVerifier() = default;
  virtual Result<void> verify(const PeerIdentity& peer) const = 0;
};

/// Trusts first certificates by their SHA-256, and nothing else of them: no names, no dates.
class PinnedVerifier final : public CertificateVerifier {
 public:
  void add(ByteSpan der);  ///< before it is shared
  Result<void> verify(const PeerIdentity& peer) const override;

 private:
  std::vector<std::array<std::byte, 32>> pins_;
};

/// The public key of an X.509 certificate; nothing else of it is judged. Errors: Malformed,
/// Unsupported.
Result<crypto::PublicKey> public_key_of(ByteSpan certificate_der);

}  // namespace avila::tls
