#include <avila/pki/algorithm.hpp>

#include <algorithm>
#include <optional>

namespace avila::pki {
namespace {

using asn1::Oid;
using asn1::Reader;
using asn1::Writer;
using crypto::SignatureAlgorithm;

enum class Parameters : std::uint8_t {
  Absent,  ///< RFC 5758 §3.2, RFC 8410 §3, RFC 9881 §2, RFC 9909 §3
  Null,    ///< RFC 4055 §5 says NULL, and that absent ones are taken too
  Pss,
};
struct Known {
  Oid oid;
  Parameters parameters;
  SignatureAlgorithm algorithm;
};
constexpr Known kKnown[] = {
    {"1.2.840.113549.1.1.5", Parameters::Null, SignatureAlgorithm::RsaPkcs1Sha1},
    {"1.3.14.3.2.29", Parameters::Null, SignatureAlgorithm::RsaPkcs1Sha1},  // OIW's name for it
    {"1.2.840.113549.1.1.11", Parameters::Null, SignatureAlgorithm::RsaPkcs1Sha256},
    {"1.2.840.113549.1.1.12", Parameters::Null, SignatureAlgorithm::RsaPkcs1Sha384},
    {"1.2.840.113549.1.1.13", Parameters::Null, SignatureAlgorithm::RsaPkcs1Sha512},
    {"1.2.840.10045.4.1", Parameters::Absent, SignatureAlgorithm::EcdsaSha1},
    {"1.2.840.10045.4.3.2", Parameters::Absent, SignatureAlgorithm::EcdsaSha256},
    {"1.2.840.10045.4.3.3", Parameters::Absent, SignatureAlgorithm::EcdsaSha384},
    {"1.2.840.10045.4.3.4", Parameters::Absent, SignatureAlgorithm::EcdsaSha512},
    {"1.3.101.112", Parameters::Absent, SignatureAlgorithm::Ed25519},
    {"2.16.840.1.101.3.4.3.17", Parameters::Absent, SignatureAlgorithm::MlDsa44},
    {"2.16.840.1.101.3.4.3.18", Parameters::Absent, SignatureAlgorithm::MlDsa65},
    {"2.16.840.1.101.3.4.3.19", Parameters::Absent, SignatureAlgorithm::MlDsa87},
    {"2.16.840.1.101.3.4.3.20", Parameters::Absent, SignatureAlgorithm::SlhDsaSha2_128s},
    {"2.16.840.1.101.3.4.3.21", Parameters::Absent, SignatureAlgorithm::SlhDsaSha2_128f},
    {"2.16.840.1.101.3.4.3.22", Parameters::Absent, SignatureAlgorithm::SlhDsaSha2_192s},
    {"2.16.840.1.101.3.4.3.23", Parameters::Absent, SignatureAlgorithm::SlhDsaSha2_192f},
    {"2.16.840.1.101.3.4.3.24", Parameters::Absent, SignatureAlgorithm::SlhDsaSha2_256s},
    {"2.16.840.1.101.3.4.3.25", Parameters::Absent, SignatureAlgorithm::SlhDsaSha2_256f},
    {"2.16.840.1.101.3.4.3.26", Parameters::Absent, SignatureAlgorithm::SlhDsaShake_128s},
    {"2.16.840.1.101.3.4.3.27", Parameters::Absent, SignatureAlgorithm::SlhDsaShake_128f},
    {"2.16.840.1.101.3.4.3.28", Parameters::Absent, SignatureAlgorithm::SlhDsaShake_192s},
    {"2.16.840.1.101.3.4.3.29", Parameters::Absent, SignatureAlgorithm::SlhDsaShake_192f},
    {"2.16.840.1.101.3.4.3.30", Parameters::Absent, SignatureAlgorithm::SlhDsaShake_256s},
    {"2.16.840.1.101.3.4.3.31", Parameters::Absent, SignatureAlgorithm::SlhDsaShake_256f},
};
constexpr Oid kPss = "1.2.840.113549.1.1.10", kMgf1 = "1.2.840.113549.1.1.8";

struct PssKind {
  Oid digest;
  std::int64_t salt;
  SignatureAlgorithm algorithm;
};
constexpr PssKind kPssKinds[] = {
    {"2.16.840.1.101.3.4.2.1", 32, SignatureAlgorithm::RsaPssSha256},
    {"2.16.840.1.101.3.4.2.2", 48, SignatureAlgorithm::RsaPssSha384},
    {"2.16.840.1.101.3.4.2.3", 64, SignatureAlgorithm::RsaPssSha512},
};

/// A digest's AlgorithmIdentifier: NULL or nothing behind the OID.
Result<Oid> parse_digest(Reader& reader) {
  AVILA_TRY(Reader inside, reader.sequence());
  AVILA_TRY(const Oid oid, inside.oid());
  if (!inside.empty()) AVILA_TRY_VOID(inside.null());
  AVILA_TRY_VOID(inside.finish());
  return oid;
}

/// RSASSA-PSS-params (RFC 4055 §3.1). What is left out is SHA-1, which we do not take.
Result<SignatureAlgorithm> pss_of(ByteSpan parameters) {
  const auto unsupported = [] {
    return Error(Errc::Unsupported,
                 "PSS parameters other than SHA-2 with its own MGF1 and a salt of its length");
  };
  if (parameters.empty()) return Error(Errc::Malformed, "PSS without parameters");
  Reader outer(parameters);
  AVILA_TRY(Reader inside, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  std::optional<Oid> digest, mgf_digest;
  std::int64_t salt = 20, trailer = 1;
  AVILA_TRY(auto digest_field, inside.optional_enter(asn1::context(0)));
  if (digest_field.has_value()) {
    AVILA_TRY(digest, parse_digest(*digest_field));
    AVILA_TRY_VOID(digest_field->finish());
  }
  AVILA_TRY(auto mgf_field, inside.optional_enter(asn1::context(1)));
  if (mgf_field.has_value()) {
    AVILA_TRY(Reader mgf, mgf_field->sequence());
    AVILA_TRY(const Oid function, mgf.oid());
    if (function != kMgf1) return unsupported();
    AVILA_TRY(mgf_digest, parse_digest(mgf));
    AVILA_TRY_VOID(mgf.finish());
    AVILA_TRY_VOID(mgf_field->finish());
  }
  AVILA_TRY(auto salt_field, inside.optional_enter(asn1::context(2)));
  if (salt_field.has_value()) {
    AVILA_TRY(salt, salt_field->int64());
    AVILA_TRY_VOID(salt_field->finish());
  }
  AVILA_TRY(auto trailer_field, inside.optional_enter(asn1::context(3)));
  if (trailer_field.has_value()) {
    AVILA_TRY(trailer, trailer_field->int64());
    AVILA_TRY_VOID(trailer_field->finish());
  }
  AVILA_TRY_VOID(inside.finish());
  if (!digest.has_value() || digest != mgf_digest || trailer != 1) return unsupported();
  for (const PssKind& kind : kPssKinds)
    if (kind.digest == *digest && kind.salt == salt) return kind.algorithm;
  return unsupported();
}

}  // namespace

Result<AlgorithmIdentifier> parse_algorithm(Reader& reader) {
  AVILA_TRY(const asn1::Element element, reader.next(asn1::tags::kSequence));
  AlgorithmIdentifier identifier;
  identifier.encoded = element.encoded;
  Reader inside(element.content);
  AVILA_TRY(identifier.oid, inside.oid());
  identifier.parameters = inside.rest();
  if (!inside.empty()) AVILA_TRY_VOID(inside.next());
  AVILA_TRY_VOID(inside.finish());
  return identifier;
}

Result<SignatureAlgorithm> signature_algorithm_of(const AlgorithmIdentifier& identifier) {
  if (identifier.oid == kPss) return pss_of(identifier.parameters);
  for (const Known& known : kKnown) {
    if (known.oid != identifier.oid) continue;
    if (identifier.parameters.empty()) return known.algorithm;
    Reader parameters(identifier.parameters);
    if (known.parameters == Parameters::Absent || !parameters.null().has_value())
      return Error(Errc::Malformed, "parameters that the signature algorithm does not have");
    return known.algorithm;
  }
  return Error(Errc::Unsupported, "the signature algorithm " + identifier.oid.to_string());
}

void write_algorithm(Writer& writer, SignatureAlgorithm algorithm) {
  for (const PssKind& kind : kPssKinds) {
    if (kind.algorithm != algorithm) continue;
    const auto digest = [&](Writer& w) {
      w.sequence([&](Writer& s) { s.oid(kind.digest).null(); });
    };
    writer.sequence([&](Writer& identifier) {
      identifier.oid(kPss).sequence([&](Writer& parameters) {
        parameters.constructed(asn1::context(0), digest);
        parameters.constructed(asn1::context(1), [&](Writer& mgf) {
          mgf.sequence([&](Writer& s) {
            s.oid(kMgf1);
            digest(s);
          });
        });
        parameters.constructed(asn1::context(2), [&](Writer& salt) { salt.int64(kind.salt); });
      });
    });
    return;
  }
  const auto* const known = std::find_if(std::begin(kKnown), std::end(kKnown),
                                         [&](const Known& k) { return k.algorithm == algorithm; });
  AVILA_ASSERT(known != std::end(kKnown));
  writer.sequence([&](Writer& identifier) {
    identifier.oid(known->oid);
    if (known->parameters == Parameters::Null) identifier.null();
  });
}

bool is_weak(SignatureAlgorithm algorithm) noexcept {
  return algorithm == SignatureAlgorithm::RsaPkcs1Sha1 ||
         algorithm == SignatureAlgorithm::EcdsaSha1;
}

Result<void> verify_signed(const SignedData& data, const crypto::PublicKey& key) {
  AVILA_TRY(const SignatureAlgorithm algorithm, signature_algorithm_of(data.algorithm));
  if (!crypto::fits(algorithm, key.type()))
    return Error(Errc::Unauthenticated, "the signature is of another kind than the signer's key");
  return key.verify(algorithm, data.signed_bytes, data.signature);
}

Result<std::vector<std::byte>> sign_der(ByteSpan to_be_signed, const crypto::PrivateKey& key,
                                        SignatureAlgorithm algorithm, os::Entropy& entropy) {
  AVILA_TRY(const std::vector<std::byte> signature, key.sign(algorithm, to_be_signed, entropy));
  Writer writer;
  writer.sequence([&](Writer& outer) {
    outer.raw(to_be_signed);
    write_algorithm(outer, algorithm);
    outer.bit_string(signature);
  });
  return writer.take();
}

}  // namespace avila::pki
