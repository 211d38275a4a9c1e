// Making certificates and revocation lists.
#pragma once
#include <avila/pki/crl.hpp>
#include <avila/pki/csr.hpp>

namespace avila::pki {

/// 20 bytes, positive, the first not zero: 158 random bits (RFC 5280 section 4.1.2.2 asks for less
/// than 2^159, the CA/Browser Forum for 64 random bits). Errors: those of the entropy.
Result<std::string> random_serial(os::Entropy& entropy);

/// A certificate to be signed. Key identifiers are put in by themselves; extensions that are empty
/// here are left out.
struct CertificateBuilder {
  std::string serial;  ///< two's complement, as random_serial makes it
  Name subject;
  WallTime not_before, not_after;
  std::optional<BasicConstraints> basic_constraints;  ///< critical when of a CA
  std::optional<KeyUsage> key_usage;                  ///< critical
  std::vector<asn1::Oid> extended_key_usage;
  std::vector<GeneralName> subject_alt_names;       ///< critical where the subject is empty
  std::optional<NameConstraints> name_constraints;  ///< critical
  std::vector<asn1::Oid> policies;
  std::vector<std::string> crl_urls, ocsp_urls, issuer_urls;
  bool must_staple = false;
  struct Raw {
    asn1::Oid oid;
    bool critical = false;
    std::vector<std::byte> value;
  };
  std::vector<Raw> more;  ///< any others

  /// Signed with its own key: a root. Errors: InvalidArgument, those of signing.
  Result<Certificate> self_sign(const crypto::PrivateKey& key, os::Entropy& entropy) const;
  /// For the holder of `key`, signed by a CA. Errors: as above.
  Result<Certificate> sign(const crypto::PublicKey& key, const Certificate& issuer,
                           const crypto::PrivateKey& issuer_key, os::Entropy& entropy) const;
};

/// A revocation list to be signed.
struct CrlBuilder {
  WallTime this_update;
  std::optional<WallTime> next_update;
  std::string number;  ///< two's complement; empty: no cRLNumber
  struct Entry {
    std::string serial;  ///< two's complement
    WallTime date;
    CrlReason reason = CrlReason::Unspecified;
  };
  std::vector<Entry> entries;

  Result<Crl> sign(const Certificate& issuer, const crypto::PrivateKey& issuer_key,
                   os::Entropy& entropy) const;
};

/// SHA-1 of the key's bits (RFC 5280 section 4.2.1.2, method 1): a name, not a proof.
std::array<std::byte, 20> key_identifier(ByteSpan key_bits);

}  // namespace avila::pki
