// Keys, digests and signatures.
#include <algorithm>
#include <avila/crypto/digest.hpp>
#include <avila/crypto/ec.hpp>
#include <avila/crypto/ed25519.hpp>
#include <avila/crypto/rsa.hpp>
#include <avila/dns/dnssec.hpp>
#include <avila/numeric/big_uint.hpp>
#include <avila/numeric/number_theory.hpp>

#include "rdata_walk.hpp"

namespace avila::dns {
namespace {

using crypto::DigestAlgorithm;

constexpr std::size_t kRsaBitsMin = 512;   // RFC 5702 section 2.1
constexpr std::size_t kRsaBitsMax = 4096;  // same
constexpr std::size_t kRsaBitsCrypto = crypto::RsaPublicKey::kBitsMin;

Error unauthenticated() { return Error(Errc::Unauthenticated, "the signature is wrong"); }

std::optional<DigestAlgorithm> digest_of(std::uint8_t algorithm) noexcept {
  switch (algorithm) {
    case 5:
    case 7: return DigestAlgorithm::Sha1;
    case 8:
    case 13: return DigestAlgorithm::Sha256;
    case 14: return DigestAlgorithm::Sha384;
    case 10: return DigestAlgorithm::Sha512;
    default: return std::nullopt;
  }
}

/// RFC 8017 section 8.2.2 for moduli of 512 to 1023 bits, which avila::crypto does not touch. All
/// values are public.
Result<void> verify_small_rsa(ByteSpan modulus, ByteSpan exponent, DigestAlgorithm algorithm,
                              ByteSpan message, ByteSpan signature) {
  using numeric::BigUint;
  // DigestInfo prefixes of RFC 8017 section 9.2, note 1.
  static constexpr std::string_view kSha1(
      "\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14", 15);
  static constexpr std::string_view kSha2(
      "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 19);
  std::string prefix(algorithm == DigestAlgorithm::Sha1 ? kSha1 : kSha2);
  if (algorithm == DigestAlgorithm::Sha512) {
    prefix[1] = '\x51', prefix[14] = '\x03', prefix[18] = '\x40';
  }
  const auto digest = crypto::digest(algorithm, message);
  const std::string tail = prefix + std::string(as_text(digest));
  if (signature.size() != modulus.size() || modulus.size() < tail.size() + 11)
    return unauthenticated();
  std::string expected("\0\1", 2);
  expected.append(modulus.size() - tail.size() - 3, '\xff');
  expected.push_back('\0');
  expected += tail;
  AVILA_TRY(const BigUint n, BigUint::from_bytes_be(modulus));
  AVILA_TRY(const BigUint e, BigUint::from_bytes_be(exponent));
  AVILA_TRY(const BigUint s, BigUint::from_bytes_be(signature));
  AVILA_TRY(const BigUint want, BigUint::from_bytes_be(as_bytes(expected)));
  if (n.is_even() || !(s < n)) return unauthenticated();
  AVILA_TRY(const BigUint got, numeric::mod_pow(s, e, n));
  if (!(got == want)) return unauthenticated();
  return {};
}

/// RFC 3110 section 2: the exponent's length in one byte or three, exponent, modulus.
Result<void> verify_rsa(std::string_view key, DigestAlgorithm algorithm, ByteSpan message,
                        ByteSpan signature, const DnssecOptions& options) {
  if (key.empty()) return Error(Errc::Malformed, "an RSA key is empty");
  std::size_t size = detail::byte_at(key, 0), at = 1;
  if (size == 0) {
    if (key.size() < 3) return Error(Errc::Malformed, "an RSA key is cut");
    size = detail::be16(key, 1), at = 3;
  }
  if (size == 0 || key.size() <= at + size) return Error(Errc::Malformed, "an RSA key is cut");
  std::string_view exponent = key.substr(at, size), modulus = key.substr(at + size);
  while (exponent.starts_with('\0')) exponent.remove_prefix(1);
  while (modulus.starts_with('\0')) modulus.remove_prefix(1);
  if (modulus.empty() || exponent.empty()) return Error(Errc::Malformed, "an RSA key is zero");
  const std::size_t bits =
      modulus.size() * 8 -
      static_cast<std::size_t>(__builtin_clz(detail::byte_at(modulus, 0)) - 24);
  if (bits < std::max(options.rsa_bits_min, kRsaBitsMin) || bits > kRsaBitsMax)
    return Error(Errc::Unsupported, "an RSA key of " + std::to_string(bits) + " bits");
  if (exponent.size() > 8) return Error(Errc::Unsupported, "an RSA exponent above 64 bits");
  if (bits < kRsaBitsCrypto)
    return verify_small_rsa(as_bytes(modulus), as_bytes(exponent), algorithm, message, signature);
  AVILA_TRY(const auto rsa, crypto::RsaPublicKey::create(as_bytes(modulus), as_bytes(exponent)));
  return rsa.verify_pkcs1(algorithm, message, signature);
}

/// RFC 6605 section 4: the point without its first byte; r and s.
template <class C>
Result<void> verify_ecdsa(std::string_view key, DigestAlgorithm algorithm, ByteSpan message,
                          ByteSpan signature) {
  AVILA_TRY(const auto point, crypto::EcPublicKey<C>::decode(as_bytes('\x04' + std::string(key))));
  AVILA_TRY(const auto value, crypto::EcdsaSignature<C>::decode(signature));
  return point.verify(algorithm, message, value);
}

Result<void> verify_bytes(const Dnskey& key, ByteSpan message, ByteSpan signature,
                          const DnssecOptions& options) {
  const auto digest = digest_of(key.algorithm);
  switch (key.algorithm) {
    case 5:
    case 7:
    case 8:
    case 10: return verify_rsa(key.key, *digest, message, signature, options);
    case 13: return verify_ecdsa<field::CurveP256>(key.key, *digest, message, signature);
    case 14: return verify_ecdsa<field::CurveP384>(key.key, *digest, message, signature);
    case 15: {
      AVILA_TRY(const auto point, crypto::Ed25519PublicKey::decode(as_bytes(key.key)));
      return point.verify(message, signature);
    }
    default: return Error(Errc::Unsupported, "DNSSEC algorithm " + std::to_string(key.algorithm));
  }
}

std::size_t labels_of(const Name& owner) noexcept {
  return owner.label_count() - (owner.is_wildcard() ? 1 : 0);
}

void put16(std::string& out, unsigned value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

/// RFC 4035 section 5.3.2.
Result<std::string> signed_data(std::span<const Record> set, const Rrsig& signature) {
  const Name& owner = set[0].owner;
  std::string out;
  {
    Rrsig head = signature;
    head.signature.clear();
    head.signer = head.signer.lower();
    out = head.encode();
  }
  Name name = owner.lower();
  if (labels_of(owner) > signature.labels) {
    AVILA_TRY(name, name.suffix(signature.labels).wildcard());
  }
  std::string start = name.wire();
  put16(start, static_cast<unsigned>(set[0].type));
  put16(start, static_cast<unsigned>(set[0].record_class));
  put16(start, signature.original_ttl >> 16);
  put16(start, signature.original_ttl & 0xffff);
  std::vector<std::string> data;
  data.reserve(set.size());
  for (const Record& record : set) data.push_back(canonical_rdata(record.type, record.rdata));
  // RFC 4034 section 6.3: by the data as left-justified unsigned octets, duplicates once.
  std::sort(data.begin(), data.end());
  data.erase(std::unique(data.begin(), data.end()), data.end());
  for (const std::string& each : data) {
    out += start;
    put16(out, static_cast<unsigned>(each.size()));
    out += each;
  }
  return out;
}

Result<void> check_times(const Rrsig& signature, WallTime now) {
  // RFC 4034 section 3.1.5: serial number arithmetic.
  const auto seconds = static_cast<std::uint32_t>(now.ns / 1'000'000'000);
  if (static_cast<std::int32_t>(signature.expiration - signature.inception) < 0)
    return Error(Errc::InvalidArgument, "the signature expires before it is valid");
  if (static_cast<std::int32_t>(signature.expiration - seconds) < 0)
    return Error(Errc::TimedOut, "the signature has expired");
  if (static_cast<std::int32_t>(seconds - signature.inception) < 0)
    return Error(Errc::PreconditionFailed, "the signature is not valid yet");
  return {};
}

}  // namespace

std::string_view to_string(Security security) noexcept {
  static constexpr std::string_view kNames[] = {"unchecked", "secure", "insecure", "bogus",
                                                "indeterminate"};
  return kNames[static_cast<std::size_t>(security)];
}

bool is_supported_algorithm(std::uint8_t algorithm, const DnssecOptions& options) noexcept {
  switch (algorithm) {
    case 5:
    case 7: return options.allow_sha1;
    case 8:
    case 10:
    case 13:
    case 14:
    case 15: return true;
    default: return false;
  }
}

bool is_supported_digest(std::uint8_t digest_type, const DnssecOptions& options) noexcept {
  return digest_type == 2 || digest_type == 4 || (digest_type == 1 && options.allow_sha1);
}

std::uint16_t key_tag(std::string_view rdata) noexcept {
  // Appendix B.1: for RSA/MD5 it is the modulus' next to last 16 bits.
  if (rdata.size() > 7 && detail::byte_at(rdata, 3) == 1)
    return detail::be16(rdata, rdata.size() - 3);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < rdata.size(); ++i)
    sum += (i & 1) != 0 ? detail::byte_at(rdata, i) : std::uint32_t{detail::byte_at(rdata, i)} << 8;
  return static_cast<std::uint16_t>(sum + (sum >> 16));
}

Result<Ds> make_ds(const Name& owner, const Record& dnskey, std::uint8_t digest_type) {
  AVILA_TRY(const Dnskey key, Dnskey::decode(dnskey.rdata));
  if (digest_type != 1 && digest_type != 2 && digest_type != 4)
    return Error(Errc::Unsupported, "DS digest type " + std::to_string(digest_type));
  const auto algorithm = digest_type == 1   ? DigestAlgorithm::Sha1
                         : digest_type == 2 ? DigestAlgorithm::Sha256
                                            : DigestAlgorithm::Sha384;
  const auto digest = crypto::digest(algorithm, as_bytes(owner.lower().wire() + dnskey.rdata));
  return Ds{key_tag(dnskey.rdata), key.algorithm, digest_type, std::string(as_text(digest))};
}

bool matches(const Ds& ds, const Name& owner, const Record& dnskey) {
  if (dnskey.rdata.size() < 4 || ds.algorithm != detail::byte_at(dnskey.rdata, 3) ||
      ds.key_tag != key_tag(dnskey.rdata))
    return false;
  const auto made = make_ds(owner, dnskey, ds.digest_type);
  return made.has_value() && made->digest == ds.digest;
}

Result<void> verify(std::span<const Record> set, const Rrsig& signature, const Record& dnskey,
                    WallTime now, const DnssecOptions& options) {
  if (set.empty()) return Error(Errc::InvalidArgument, "the set is empty");
  const Name& owner = set[0].owner;
  AVILA_TRY(const Dnskey key, Dnskey::decode(dnskey.rdata));
  if (signature.covered != set[0].type || signature.labels > labels_of(owner) ||
      !owner.is_at_or_below(signature.signer) || !(dnskey.owner == signature.signer))
    return Error(Errc::InvalidArgument, "the signature is not for this set");
  if (key.algorithm != signature.algorithm || key_tag(dnskey.rdata) != signature.key_tag ||
      key.protocol != 3 || (key.flags & Dnskey::kZoneKey) == 0)
    return Error(Errc::InvalidArgument, "the signature is not by this key");
  // RFC 5011 section 2.1: a revoked key signs its own set only.
  if ((key.flags & Dnskey::kRevoked) != 0 &&
      (set[0].type != Type::DNSKEY || !(owner == dnskey.owner)))
    return Error(Errc::InvalidArgument, "the key is revoked");
  if (!is_supported_algorithm(key.algorithm, options))
    return Error(Errc::Unsupported, "DNSSEC algorithm " + std::to_string(key.algorithm));
  AVILA_TRY_VOID(check_times(signature, now));
  AVILA_TRY(const std::string message, signed_data(set, signature));
  return verify_bytes(key, as_bytes(message), as_bytes(signature.signature), options);
}

SetVerdict verify_set(std::span<const Record> set, std::span<const Record> signatures,
                      const Name& zone, std::span<const Record> dnskeys, WallTime now,
                      const DnssecOptions& options, DnssecBudget& budget) {
  // CVE-2023-50387: many keys of one tag, many signatures. Few of each are tried.
  constexpr int kCollisionsMax = 4, kSignaturesMax = 8;
  SetVerdict verdict;
  verdict.error = Ede::RrsigsMissing;
  int seen = 0;
  for (const Record& record : signatures) {
    if (set.empty() || record.type != Type::RRSIG || !(record.owner == set[0].owner)) continue;
    const auto signature = Rrsig::decode(record.rdata);
    if (!signature.has_value() || signature->covered != set[0].type || !(signature->signer == zone))
      continue;
    if (++seen > kSignaturesMax) break;
    if (verdict.error == Ede::RrsigsMissing) verdict.error = Ede::DnskeyMissing;
    int tried = 0;
    for (const Record& key : dnskeys) {
      if (key.rdata.size() < 4 || key_tag(key.rdata) != signature->key_tag ||
          detail::byte_at(key.rdata, 3) != signature->algorithm)
        continue;
      if (++tried > kCollisionsMax || budget.signatures-- <= 0) {
        verdict.error = Ede::DnssecBogus;
        break;
      }
      auto good = verify(set, *signature, key, now, options);
      if (good.has_value()) {
        verdict.verified = true;
        verdict.labels = signature->labels;
        const auto seconds = static_cast<std::uint32_t>(now.ns / 1'000'000'000);
        verdict.original_ttl = signature->original_ttl;
        verdict.expires_in = signature->expiration - seconds;
        verdict.ttl_max = std::min(verdict.original_ttl, verdict.expires_in);
        return verdict;
      }
      const Errc code = good.error().code();
      verdict.error = code == Errc::TimedOut             ? Ede::SignatureExpired
                      : code == Errc::PreconditionFailed ? Ede::SignatureNotYetValid
                      : code == Errc::Unsupported        ? Ede::UnsupportedDnskeyAlgorithm
                                                         : Ede::DnssecBogus;
    }
  }
  return verdict;
}

}  // namespace avila::dns
