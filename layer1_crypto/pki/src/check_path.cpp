// Validating one path (RFC 5280 §6.1), but for signatures and revocation.
#include <avila/pki/host_name.hpp>
#include <avila/time/format.hpp>

#include <algorithm>

#include "path.hpp"

namespace avila::pki::detail {
namespace {

using asn1::Oid;

std::string_view purpose_name(Purpose purpose) noexcept {
  static constexpr std::string_view kNames[] = {"any purpose",  "TLS servers", "TLS clients",
                                                "code signing", "e-mail",      "time stamping",
                                                "signing OCSP"};
  return kNames[static_cast<std::size_t>(purpose)];
}

Oid purpose_oid(const VerifyOptions& options) noexcept {
  if (!options.extended_key_usage.empty()) return options.extended_key_usage;
  static constexpr Oid kOids[] = {Oid(),
                                  oids::kServerAuth,
                                  oids::kClientAuth,
                                  oids::kCodeSigning,
                                  oids::kEmailProtection,
                                  oids::kTimeStamping,
                                  oids::kOcspSigning};
  return kOids[static_cast<std::size_t>(options.purpose)];
}

/// §6.1.3 (a) (2)
Result<void> check_time(const Certificate& certificate, std::size_t index, WallTime time) {
  if (is_current(certificate, time)) return {};
  if (time < certificate.not_before())
    return chain_error(ChainError::NotYetValid, index, certificate,
                       "is not valid before " + time::format_rfc3339(certificate.not_before()));
  return chain_error(ChainError::Expired, index, certificate,
                     "expired at " + time::format_rfc3339(certificate.not_after()));
}

/// §6.1.4 (k) to (n): whether the certificate may have issued those below it.
Result<void> check_issuer(const Path& path, std::size_t index) {
  const Certificate& certificate = path.certificates[index];
  const Extensions& extensions = certificate.extensions();
  if (!path.counts(index)) return {};
  // An anchor without the extension (all were, before version 3) was made a CA by who trusts it.
  const bool exempt = path.is_anchor(index) && !extensions.basic_constraints.has_value();
  if (!exempt && !certificate.is_ca())
    return chain_error(ChainError::NotACa, index, certificate, "is not that of a CA");
  if (extensions.key_usage.has_value() && !has(*extensions.key_usage, KeyUsage::KeyCertSign))
    return chain_error(ChainError::NotACa, index, certificate,
                       "has a key usage that forbids signing certificates");
  if (extensions.basic_constraints.has_value() &&
      extensions.basic_constraints->path_length.has_value()) {
    std::size_t below = 0;  // the leaf is none of them, nor are those that CAs issue to themselves
    for (std::size_t i = 1; i < index; ++i)
      if (!path.certificates[i].is_self_issued()) ++below;
    if (below > *extensions.basic_constraints->path_length)
      return chain_error(ChainError::PathTooLong, index, certificate,
                         "allows fewer CAs below it than there are");
  }
  return {};
}

/// Everything that is critical is obeyed (§6.1.4 (o), §6.1.5 (f)).
Result<void> check_critical(const Certificate& certificate, std::size_t index) {
  // Microsoft's application policies repeat the extended key usage, where there is one.
  static constexpr Oid kApplicationPolicies = "1.3.6.1.4.1.311.21.10";
  const Extensions& extensions = certificate.extensions();
  for (const Extension& extension : extensions.all) {
    if (!extension.critical) continue;
    // Those two point to elsewhere, and nobody goes there during validation.
    const bool unused =
        extension.oid == oids::kAuthorityInfoAccess || extension.oid == oids::kFreshestCrl;
    if (is_known_extension(extension.oid) && !unused) continue;
    if (extension.oid == kApplicationPolicies && extensions.extended_key_usage.has_value())
      continue;
    return chain_error(
        ChainError::UnknownCriticalExtension, index, certificate,
        "has the critical extension " + extension.oid.to_string() + ", which is not known here");
  }
  // §4.2.1.4: a critical list of policies with a qualifier that cannot be processed is refused.
  const Extension* const policies = extensions.find(oids::kCertificatePolicies);
  if (policies != nullptr && policies->critical)
    for (const PolicyInformation& policy : *extensions.policies)
      if (policy.has_unknown_qualifier)
        return chain_error(ChainError::UnknownCriticalExtension, index, certificate,
                           "has critical policies with a qualifier that is not known here");
  return {};
}

Result<void> check_purpose(const Path& path, std::size_t index, const VerifyOptions& options) {
  const Oid wanted = purpose_oid(options);
  const Certificate& certificate = path.certificates[index];
  const auto& usage = certificate.extensions().extended_key_usage;
  if (wanted.empty() || (index != 0 && !path.counts(index))) return {};
  const bool may_be_absent = !options.strict_issuers || index == 0 || path.is_anchor(index);
  if (!usage.has_value() && may_be_absent) return {};
  for (const Oid& oid : usage.has_value() ? *usage : std::vector<Oid>())
    if (oid == wanted || (oid == oids::kAnyExtendedKeyUsage && !options.strict_purpose)) return {};
  return chain_error(
      ChainError::PurposeForbids, index, certificate,
      "is not for " + (options.extended_key_usage.empty()
                           ? std::string(purpose_name(options.purpose))
                           : "the purpose " + options.extended_key_usage.to_string()));
}

/// VerifyOptions::strict_purpose, for the leaf.
Result<void> check_strict(const Certificate& leaf, const VerifyOptions& options) {
  const Oid wanted = purpose_oid(options);
  if (!options.strict_purpose || wanted.empty()) return {};
  const auto& usage = leaf.extensions().extended_key_usage;
  bool good = usage.has_value() && !leaf.is_ca();
  if (good)
    for (const Oid& oid : *usage)
      for (const Oid& other : {oids::kCodeSigning, oids::kTimeStamping, oids::kOcspSigning})
        good = good && (oid != other || oid == wanted);
  if (good) return {};
  return chain_error(ChainError::PurposeForbids, 0, leaf, "is not for its purpose alone");
}

Result<void> check_leaf(const Certificate& leaf, const VerifyOptions& options) {
  const auto& usage = leaf.extensions().key_usage;
  if (options.key_usage != KeyUsage::None && usage.has_value() &&
      (static_cast<unsigned>(*usage) & static_cast<unsigned>(options.key_usage)) == 0)
    return chain_error(ChainError::KeyUsageForbids, 0, leaf,
                       "has a key usage that forbids what it is to be used for");
  if (!options.host.empty() && !matches_host(leaf, options.host))
    return chain_error(ChainError::HostNameMismatch, 0, leaf,
                       "is not for '" + std::string(options.host) + '\'');
  if (!options.email.empty() && !matches_email(leaf, options.email))
    return chain_error(ChainError::HostNameMismatch, 0, leaf,
                       "is not for '" + std::string(options.email) + '\'');
  return {};
}

}  // namespace

Error chain_error(ChainError code, std::size_t index, const Certificate& certificate,
                  std::string_view what) {
  std::string name = certificate.subject().to_string();
  if (name.empty() && certificate.extensions().subject_alt_name.has_value())
    name = certificate.extensions().subject_alt_name->front().to_string();
  return Error(code, "certificate " + std::to_string(index) + " of the path (" + name + ") " +
                         std::string(what));
}

bool is_current(const Certificate& certificate, WallTime time) noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (time < certificate.not_before()) return false;
  const std::int64_t end = certificate.not_after().ns;  // the whole last second is inside
  return time.ns <= end || (end < INT64_MAX - kSecond && time.ns < end + kSecond);
}

Result<void> check_key(const Certificate& certificate, std::size_t index,
                       const VerifyOptions& options) {
  const auto key = certificate.public_key();
  if (!key.has_value())
    return chain_error(key.error().is(Errc::LimitExceeded) ? ChainError::WeakKey
                                                           : ChainError::UnsupportedAlgorithm,
                       index, certificate,
                       "has a key that is not taken: " + std::string(key.error().message()));
  const auto* const rsa = key->as<crypto::RsaPublicKey>();
  if (rsa != nullptr && rsa->bits() < options.rsa_bits_min)
    return chain_error(ChainError::WeakKey, index, certificate,
                       "has an RSA key of " + std::to_string(rsa->bits()) + " bits; " +
                           std::to_string(options.rsa_bits_min) + " are asked for");
  return {};
}

Result<std::vector<Oid>> check_path(const Path& path, const VerifyOptions& options) {
  const std::vector<Certificate>& chain = path.certificates;
  for (std::size_t i = chain.size(); i-- > 0;) {
    // A trusted leaf is proved by being trusted; its dates and purpose still count.
    const bool leaf = i == 0;
    if (!path.is_anchor(i) || path.anchor.check_validity || leaf)
      AVILA_TRY_VOID(check_time(chain[i], i, options.time));
    if (path.counts(i)) AVILA_TRY_VOID(check_critical(chain[i], i));
    AVILA_TRY_VOID(check_key(chain[i], i, options));
    if (!leaf) AVILA_TRY_VOID(check_issuer(path, i));
    AVILA_TRY_VOID(check_purpose(path, i, options));
  }
  AVILA_TRY_VOID(check_name_constraints(path));
  AVILA_TRY(std::vector<Oid> policies, check_policies(path, options));
  AVILA_TRY_VOID(check_strict(chain[0], options));
  AVILA_TRY_VOID(check_leaf(chain[0], options));
  AVILA_TRY_VOID(check_profile(path, options));
  return policies;
}

}  // namespace avila::pki::detail
