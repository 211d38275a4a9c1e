// Certificate signing requests (PKCS #10, RFC 2986).
#pragma once
#include <avila/pki/certificate.hpp>

namespace avila::pki {

inline constexpr std::size_t kMaxCsrBytes = 1 << 20;

namespace detail {
struct CsrBody;
}

/// Immutable; copies share it.
class Csr {
 public:
  /// Errors: Malformed with the offset, LimitExceeded.
  static Result<Csr> parse(ByteSpan der);
  /// "CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST". Errors: as above, NotFound.
  static Result<Csr> from_pem(std::string_view pem);
  std::string to_pem() const;

  ByteSpan der() const noexcept;
  const Name& subject() const noexcept;
  ByteSpan spki() const noexcept;
  Result<crypto::PublicKey> public_key() const;
  /// Those asked for (extensionRequest); empty where none are.
  const Extensions& extensions() const noexcept;
  std::string_view challenge_password() const noexcept;
  /// That who asks has the private key. Errors: as Certificate::check_signature.
  Result<void> check_signature() const;

 private:
  explicit Csr(std::shared_ptr<const detail::CsrBody> body) noexcept : body_(std::move(body)) {}
  std::shared_ptr<const detail::CsrBody> body_;  // shared by copies
};

/// What a request asks for.
struct CsrBuilder {
  Name subject;
  std::vector<GeneralName> subject_alt_names;
  std::optional<KeyUsage> key_usage;
  std::vector<asn1::Oid> extended_key_usage;
  bool must_staple = false;

  /// Signed by the key that it is for. Errors: those of signing.
  Result<Csr> sign(const crypto::PrivateKey& key, os::Entropy& entropy) const;
};

}  // namespace avila::pki
