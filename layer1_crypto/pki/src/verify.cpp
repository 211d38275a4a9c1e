// Path building: a depth-first search over issuers, the likely ones first, with every signature
// checked once and the work bounded (RFC 4158 describes the field).
#include <avila/pki/verify.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "path.hpp"

namespace avila::pki {
namespace {

using detail::Path;

/// Certificates put on paths, and paths validated, in one verify_chain.
constexpr std::size_t kMaxSteps = 4'096;
constexpr std::size_t kMaxPaths = 64;
/// Certificates that sign revocation lists, whose own paths are built inside of others.
constexpr std::size_t kMaxNesting = 4;

/// All certificates that a call may use, by number; each once.
class Pool {
 public:

  std::size_t add(const Certificate& certificate, const TrustAnchor* anchor) {
    const auto [at, fresh] = by_bytes_.try_emplace(as_text(certificate.der()), members_.size());
    if (fresh) {
      members_.push_back({certificate, anchor});
      by_subject_.emplace(certificate.subject().canonical(), at->second);
    } else if (anchor != nullptr) {
      members_[at->second].anchor = anchor;
    }
    return at->second;
  }

  const Certificate& certificate(std::size_t id) const { return members_[id].certificate; }
  const TrustAnchor* anchor(std::size_t id) const { return members_[id].anchor; }
  std::vector<std::size_t> of_subject(const Name& subject) const {
    std::vector<std::size_t> found;
    const auto [first, last] = by_subject_.equal_range(subject.canonical());
    for (auto at = first; at != last; ++at) found.push_back(at->second);
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  struct Member {
    Certificate certificate;  // keeps the bytes that by_bytes_ points to
    const TrustAnchor* anchor;
  };
  std::vector<Member> members_;
  std::unordered_map<std::string_view, std::size_t> by_bytes_;
  std::unordered_multimap<std::string, std::size_t> by_subject_;
};

class Verifier;

/// One search: for a target, with options of its own.
class Search {
 public:
  Search(Verifier& verifier, const VerifyOptions& options, const Certificate* only_anchor)
      : verifier_(verifier), options_(options), only_anchor_(only_anchor) {}

  Result<VerifiedChain> run(std::size_t target);

 private:
  enum class Stage : int { Nothing, NoIssuer, Signature, Issuer, Whole };

  bool may_stand_alone(std::size_t leaf);
  bool extend();
  bool finish(const TrustAnchor& anchor);
  std::vector<std::size_t> issuers_of(const Certificate& certificate) const;
  int rank(const Certificate& certificate, std::size_t candidate) const;
  bool is_on_path(std::size_t candidate) const;
  Result<void> check_link(std::size_t issuer);
  void remember(Stage stage, Error error);

  Verifier& verifier_;
  const VerifyOptions& options_;
  const Certificate* only_anchor_;
  std::vector<std::size_t> path_;
  std::optional<VerifiedChain> found_;
  std::optional<Error> error_;
  Stage error_stage_ = Stage::Nothing;
  std::size_t error_depth_ = 0;
};

class Verifier {
 public:
  Verifier(std::span<const Certificate> intermediates, const TrustStore& store,
           const VerifyOptions& options)
      : store_(store), options_(options) {
    for (const Certificate& certificate : intermediates) pool_.add(certificate, nullptr);
  }

  Result<VerifiedChain> run(const Certificate& leaf) {
    return Search(*this, options_, nullptr).run(add(leaf));
  }

  std::size_t add(const Certificate& certificate) {
    return pool_.add(certificate, store_.find(certificate));
  }
  /// The pool, with the anchors of that name in it.
  Pool& pool_with(const Name& subject) {
    if (looked_up_.insert(subject.canonical()).second)
      for (const TrustAnchor* const anchor : store_.find(subject))
        pool_.add(anchor->certificate, anchor);
    return pool_;
  }
  Pool& pool() { return pool_; }

  bool spend_signature() { return signatures_++ < options_.max_signature_checks; }
  bool spend_step() { return steps_++ < kMaxSteps; }
  bool spend_path() { return paths_++ < kMaxPaths; }

  /// Whether `issuer` signed `subject`: each pair is computed once.
  Result<bool> signed_by(std::size_t subject, std::size_t issuer) {
    const auto [at, fresh] = signatures_known_.try_emplace({subject, issuer}, false);
    if (fresh) {
      if (!spend_signature()) {
        signatures_known_.erase(at);
        return Error(ChainError::TooMuchWork, "more signatures than max_signature_checks");
      }
      at->second =
          pool_.certificate(subject).check_signature(pool_.certificate(issuer)).has_value();
    }
    return at->second;
  }

  Result<void> check_revocation(const Path& path, const VerifyOptions& options);
  RevocationStatus status_of(const Path& path, std::size_t index);
  /// Whether a signer of lists has a path to that anchor.
  bool trusts_signer(const Certificate& signer, const Certificate& anchor);

 private:
  const TrustStore& store_;
  const VerifyOptions& options_;
  Pool pool_;
  std::set<std::string> looked_up_;
  std::map<std::pair<std::size_t, std::size_t>, bool> signatures_known_;
  std::vector<std::size_t> signers_;  // whose paths are being built, outermost first
  std::size_t signatures_ = 0, steps_ = 0, paths_ = 0;
};

Result<VerifiedChain> Search::run(std::size_t target) {
  path_.push_back(target);
  (void)verifier_.pool_with(verifier_.pool().certificate(target).subject());
  const TrustAnchor* const own = verifier_.pool().anchor(target);
  const bool is_wanted =
      own != nullptr && (only_anchor_ == nullptr || own->certificate == *only_anchor_);
  if (is_wanted && options_.accept_trusted_leaf && may_stand_alone(target) && finish(*own))
    return std::move(*found_);
  if (extend()) return std::move(*found_);
  AVILA_ASSERT(error_.has_value());
  return std::move(*error_);
}

bool Search::may_stand_alone(std::size_t leaf) {
  if (!options_.trusted_leaf_is_self_signed) return true;
  const Certificate certificate = verifier_.pool().certificate(leaf);
  return certificate.subject() == certificate.issuer() &&
         verifier_.signed_by(leaf, leaf).value_or(false);
}

/// Tries every issuer of the path's last certificate; whether a valid path was found.
bool Search::extend() {
  const Certificate certificate = verifier_.pool().certificate(path_.back());
  const std::vector<std::size_t> issuers = issuers_of(certificate);
  if (issuers.empty()) {
    const bool self = certificate.subject() == certificate.issuer();
    remember(Stage::NoIssuer,
             detail::chain_error(self ? ChainError::NotTrusted : ChainError::NoIssuer,
                                 path_.size() - 1, certificate,
                                 self ? "signed itself and is not trusted"
                                      : "was issued by somebody who is not known here: " +
                                            certificate.issuer().to_string()));
  }
  for (const std::size_t issuer : issuers) {
    const TrustAnchor* const anchor = verifier_.pool().anchor(issuer);
    // The path is leaf, intermediates, anchor.
    if (anchor == nullptr && path_.size() > options_.max_depth) {
      remember(Stage::Issuer, detail::chain_error(ChainError::PathTooLong, path_.size() - 1,
                                                  certificate, "is at the end of max_depth"));
      continue;
    }
    if (!verifier_.spend_step()) {
      remember(Stage::Whole, Error(ChainError::TooMuchWork, "too many paths lead nowhere"));
      return false;
    }
    const auto link = check_link(issuer);
    if (!link.has_value()) {
      remember(link.error().is(ChainError::TooMuchWork) ? Stage::Whole : Stage::Signature,
               link.error().clone());
      continue;
    }
    path_.push_back(issuer);
    const bool wanted =
        anchor != nullptr && (only_anchor_ == nullptr || anchor->certificate == *only_anchor_);
    if (wanted ? finish(*anchor) : false) return true;
    // An anchor that is not fit may be cross-signed by one that is.
    if (path_.size() <= options_.max_depth + 1 && extend()) return true;
    path_.pop_back();
  }
  return false;
}

std::vector<std::size_t> Search::issuers_of(const Certificate& certificate) const {
  Pool& pool = verifier_.pool_with(certificate.issuer());
  std::vector<std::size_t> candidates = pool.of_subject(certificate.issuer());
  std::erase_if(candidates, [&](std::size_t candidate) { return is_on_path(candidate); });
  std::stable_sort(candidates.begin(), candidates.end(), [&](std::size_t a, std::size_t b) {
    return rank(certificate, a) > rank(certificate, b);
  });
  return candidates;
}

/// How likely a candidate is the right issuer.
int Search::rank(const Certificate& certificate, std::size_t id) const {
  const Certificate& candidate = verifier_.pool().certificate(id);
  int rank = verifier_.pool().anchor(id) != nullptr ? 8 : 0;
  const auto& wanted = certificate.extensions().authority_key_identifier;
  const auto& given = candidate.extensions().subject_key_identifier;
  if (wanted.has_value() && wanted->key_identifier.has_value() && given.has_value())
    rank += std::ranges::equal(*wanted->key_identifier, *given) ? 16 : -16;
  if (detail::is_current(candidate, options_.time)) rank += 4;
  if (candidate.is_ca()) rank += 2;
  return rank;
}

/// RFC 4158 §5.2: the same name with the same key, once more, brings nothing new.
bool Search::is_on_path(std::size_t candidate) const {
  const Certificate& certificate = verifier_.pool().certificate(candidate);
  return std::any_of(path_.begin(), path_.end(), [&](std::size_t id) {
    const Certificate& other = verifier_.pool().certificate(id);
    return id == candidate || (other.subject() == certificate.subject() &&
                               std::ranges::equal(other.spki(), certificate.spki()));
  });
}

Result<void> Search::check_link(std::size_t issuer) {
  const std::size_t index = path_.size() - 1;
  const Certificate& certificate = verifier_.pool().certificate(path_.back());
  const auto algorithm = certificate.signature_algorithm();
  if (!algorithm.has_value())
    return detail::chain_error(
        ChainError::UnsupportedAlgorithm, index, certificate,
        "has a signature that is not taken: " + std::string(algorithm.error().message()));
  if (is_weak(*algorithm) && !options_.allow_sha1)
    return detail::chain_error(ChainError::WeakSignature, index, certificate,
                               "is signed with SHA-1, which can be forged");
  AVILA_TRY_VOID(detail::check_key(verifier_.pool().certificate(issuer), index + 1, options_));
  AVILA_TRY(const bool good, verifier_.signed_by(path_.back(), issuer));
  if (!good)
    return detail::chain_error(ChainError::BadSignature, index, certificate,
                               "was not signed by the key of its issuer");
  return {};
}

/// The path is whole: is it valid?
bool Search::finish(const TrustAnchor& anchor) {
  if (!verifier_.spend_path()) {
    remember(Stage::Whole, Error(ChainError::TooMuchWork, "too many paths are not valid"));
    return false;
  }
  Path path;
  path.anchor = anchor.options;
  for (const std::size_t id : path_) path.certificates.push_back(verifier_.pool().certificate(id));
  auto policies = detail::check_path(path, options_);
  if (!policies.has_value()) {
    remember(Stage::Whole, std::move(policies).error());
    return false;
  }
  auto revocation = verifier_.check_revocation(path, options_);
  if (!revocation.has_value()) {
    remember(Stage::Whole, std::move(revocation).error());
    return false;
  }
  found_ = VerifiedChain{std::move(path.certificates), *std::move(policies)};
  return true;
}

void Search::remember(Stage stage, Error error) {
  if (error_.has_value() && std::pair(stage, path_.size()) <= std::pair(error_stage_, error_depth_))
    return;
  error_ = std::move(error);
  error_stage_ = stage;
  error_depth_ = path_.size();
}

/// Signers from the whole pool, proved by a path to the anchor of the path being validated.
class PoolSigners final : public detail::CrlSigners {
 public:
  PoolSigners(Verifier& verifier, const Path& path, std::size_t index)
      : verifier_(verifier), path_(path), index_(index) {}

  std::vector<Certificate> named(const Name& subject) override {
    std::vector<Certificate> found;
    Pool& pool = verifier_.pool_with(subject);
    for (const std::size_t id : pool.of_subject(subject)) found.push_back(pool.certificate(id));
    // The certificates of the path first: they are proved already.
    std::stable_partition(found.begin(), found.end(),
                          [&](const Certificate& certificate) { return is_above(certificate); });
    return found;
  }
  bool trusts(const Certificate& signer) override {
    return is_above(signer) || verifier_.trusts_signer(signer, path_.certificates.back());
  }
  bool spend() override { return verifier_.spend_signature(); }

 private:
  bool is_above(const Certificate& certificate) const {
    return std::find(path_.certificates.begin() + static_cast<std::ptrdiff_t>(index_) + 1,
                     path_.certificates.end(), certificate) != path_.certificates.end();
  }

  Verifier& verifier_;
  const Path& path_;
  std::size_t index_;
};

bool Verifier::trusts_signer(const Certificate& signer, const Certificate& anchor) {
  const std::size_t id = add(signer);
  // Its own path is being validated just now: the list may be about its signer too (a signer of
  // indirect lists has no other one).
  if (std::find(signers_.begin(), signers_.end(), id) != signers_.end()) return true;
  if (signers_.size() >= kMaxNesting) return false;
  VerifyOptions options = options_;
  options.purpose = Purpose::Any;
  options.extended_key_usage = {};
  options.key_usage = KeyUsage::CrlSign;
  options.host = {};
  options.email = {};
  options.policies.clear();
  options.require_explicit_policy = false;
  options.profile = Profile::Path;
  signers_.push_back(id);
  const bool good = Search(*this, options, &anchor).run(id).has_value();
  signers_.pop_back();
  return good;
}

RevocationStatus Verifier::status_of(const Path& path, std::size_t index) {
  const Certificate& certificate = path.certificates[index];
  const Certificate& issuer = path.certificates[index + 1];
  RevocationStatus unknown;
  unknown.why = "there is no revocation data";
  for (const OcspResponse& response : options_.ocsp) {
    if (!spend_signature()) break;
    auto status = response.status_of(certificate, issuer,
                                     {.time = options_.time,
                                      .allow_sha1 = options_.allow_sha1,
                                      .rsa_bits_min = options_.rsa_bits_min});
    if (!status.has_value()) {
      if (!status.error().is(Errc::NotFound)) unknown.why = status.error().to_string();
    } else if (status->status != CertificateStatus::Unknown) {
      return *std::move(status);
    }
  }
  if (options_.crls.empty()) return unknown;
  PoolSigners signers(*this, path, index);
  return detail::crl_status(certificate, options_.crls,
                            {.time = options_.time,
                             .age_max = options_.crl_age_max,
                             .allow_sha1 = options_.allow_sha1,
                             .rsa_bits_min = options_.rsa_bits_min},
                            signers);
}

Result<void> Verifier::check_revocation(const Path& path, const VerifyOptions& options) {
  if (options.revocation == RevocationMode::Off) return {};
  for (std::size_t i = path.certificates.size() - 1; i-- > 0;) {
    const RevocationStatus status = status_of(path, i);
    if (status.status == CertificateStatus::Revoked)
      return detail::chain_error(ChainError::Revoked, i, path.certificates[i],
                                 "was revoked: " + std::string(name(status.reason)));
    if (status.status == CertificateStatus::Unknown && options.revocation == RevocationMode::Hard)
      return detail::chain_error(ChainError::RevocationUnknown, i, path.certificates[i],
                                 "may be revoked: " + status.why);
  }
  return {};
}

}  // namespace

Result<VerifiedChain> verify_chain(const Certificate& leaf,
                                   std::span<const Certificate> intermediates,
                                   const TrustStore& store, const VerifyOptions& options) {
  return Verifier(intermediates, store, options).run(leaf);
}

}  // namespace avila::pki
