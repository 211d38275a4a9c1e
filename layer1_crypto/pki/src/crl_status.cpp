// What revocation lists say of a certificate (RFC 5280 §6.3.3). Letters are that section's.
#include <avila/time/format.hpp>

#include <algorithm>

#include "path.hpp"

namespace avila::pki {
namespace detail {
namespace {

/// A distribution point of the certificate, or the one that §6.3.3 assumes where it has none.
struct Point {
  const DistributionPoint* given = nullptr;
  ReasonMask reasons = kAllReasons;

  std::span<const GeneralName> crl_issuers() const noexcept {
    return given != nullptr ? std::span<const GeneralName>(given->crl_issuer)
                            : std::span<const GeneralName>();
  }
};

bool names_directory(std::span<const GeneralName> names, const Name& directory) noexcept {
  return std::any_of(names.begin(), names.end(), [&](const GeneralName& name) {
    return name.type == GeneralNameType::Directory && name.directory == directory;
  });
}

/// The full names of a point; a relative one is put behind the CRL issuer's name.
std::vector<GeneralName> full_names(const DistributionPointName& name, const Name& issuer) {
  if (name.relative_name.empty()) return name.full_name;
  asn1::Writer writer;
  asn1::Reader outer(issuer.der());
  const auto inside = outer.sequence();
  if (!inside.has_value()) return {};
  writer.sequence([&](asn1::Writer& rdns) {
    rdns.raw(inside->rest()).primitive(asn1::tags::kSet, name.relative_name);
  });
  auto made = Name::parse(writer.bytes());
  if (!made.has_value()) return {};
  return {GeneralName::directory_name(std::move(*made))};
}

bool have_common(std::span<const GeneralName> a, std::span<const GeneralName> b) noexcept {
  return std::any_of(a.begin(), a.end(), [&](const GeneralName& name) {
    return std::find(b.begin(), b.end(), name) != b.end();
  });
}

bool is_same(const std::optional<ByteSpan>& a, const std::optional<ByteSpan>& b) noexcept {
  return a.has_value() == b.has_value() && (!a.has_value() || std::ranges::equal(*a, *b));
}

/// Numbers as magnitudes without zeros before.
bool is_less(ByteSpan a, ByteSpan b) noexcept {
  return a.size() != b.size() ? a.size() < b.size() : as_text(a) < as_text(b);
}

const Extension* find(const Crl& crl, const asn1::Oid& oid) noexcept {
  const auto found = std::find_if(crl.extensions().begin(), crl.extensions().end(),
                                  [&](const Extension& extension) { return extension.oid == oid; });
  return found == crl.extensions().end() ? nullptr : &*found;
}

/// Whether more than `age` lies between `then` and `now`, without overflow.
bool is_older(WallTime then, Duration age, WallTime now) noexcept {
  std::int64_t span = 0;
  return __builtin_sub_overflow(now.ns, then.ns, &span) ? now > then : Duration{span} > age;
}

class Check {
 public:
  Check(const Certificate& certificate, std::span<const Crl> crls, const CrlCheck& check,
        CrlSigners& signers)
      : certificate_(certificate), crls_(crls), check_(check), signers_(signers) {}

  RevocationStatus run() {
    status_.why = "no revocation list covers it";
    const auto& points = certificate_.extensions().crl_distribution_points;
    bool delegated = false;
    if (points.has_value())
      for (const DistributionPoint& point : *points) {
        delegated = delegated || !point.crl_issuer.empty();
        try_point({&point, point.reasons.value_or(kAllReasons)});
        if (is_decided()) return decided();
      }
    // Lists that no point names, of the certificate's issuer; not where it left that to others.
    if (!delegated) try_point({});
    return decided();
  }

 private:
  bool is_decided() const noexcept {
    return status_.status == CertificateStatus::Revoked || (reasons_ & kAllReasons) == kAllReasons;
  }
  RevocationStatus decided() {
    if (status_.status != CertificateStatus::Revoked && (reasons_ & kAllReasons) == kAllReasons)
      status_.status = CertificateStatus::Good;
    return status_;
  }

  void try_point(const Point& point) {
    for (const Crl& crl : crls_) {
      if (crl.delta_base().has_value()) continue;
      const ReasonMask reasons = covered_reasons(crl, point);
      // (e): only lists that tell something new.
      if ((reasons & ~reasons_) == 0 || !is_usable(crl)) continue;
      look_up(crl);
      if (status_.status == CertificateStatus::Revoked) return;
      reasons_ = static_cast<ReasonMask>(reasons_ | reasons);  // (l)
      if (is_decided()) return;
    }
  }

  /// (b), (d): the reasons for which the list answers; none where it is not about this certificate.
  ReasonMask covered_reasons(const Crl& crl, const Point& point) const {
    const auto& scope = crl.issuing_distribution_point();
    const bool indirect = scope.has_value() && scope->indirect;
    if (!point.crl_issuers().empty()) {
      if (!names_directory(point.crl_issuers(), crl.issuer()) || !indirect) return 0;
    } else if (!(crl.issuer() == certificate_.issuer())) {
      return 0;
    }
    ReasonMask reasons = point.reasons;
    if (!scope.has_value()) return reasons;
    if (scope->name.has_value() && !matches_name(*scope->name, crl, point)) return 0;
    // Whether a certificate before version 3 is of a CA, nobody can tell.
    const bool known = certificate_.version() == 3;
    if (scope->only_user_certificates && (!known || certificate_.is_ca())) return 0;
    if (scope->only_ca_certificates && (!known || !certificate_.is_ca())) return 0;
    if (scope->only_attribute_certificates) return 0;
    if (scope->only_some_reasons.has_value()) reasons &= *scope->only_some_reasons;
    return reasons;
  }

  /// (b) (2) (i)
  bool matches_name(const DistributionPointName& scope, const Crl& crl, const Point& point) const {
    const std::vector<GeneralName> names = full_names(scope, crl.issuer());
    if (point.given == nullptr) return names_directory(names, certificate_.issuer());
    if (!point.given->name.has_value()) return have_common(names, point.crl_issuers());
    const Name* relative_to = &certificate_.issuer();
    for (const GeneralName& issuer : point.crl_issuers())
      if (issuer.type == GeneralNameType::Directory) relative_to = &issuer.directory;
    return have_common(names, full_names(*point.given->name, *relative_to));
  }

  /// (f), (g), and the dates: signed by somebody who may, understood, and of now.
  bool is_usable(const Crl& crl) {
    if (crl.has_unknown_critical()) return no("the list has a critical extension we do not know");
    if (check_.time < crl.this_update()) return no("the list is not valid yet");
    if (crl.next_update().has_value() && *crl.next_update() < check_.time)
      return no("the list should have been renewed by " + time::format_rfc3339(*crl.next_update()));
    if (check_.age_max.has_value() && is_older(crl.this_update(), *check_.age_max, check_.time))
      return no("the list is too old");
    const auto algorithm = signature_algorithm_of(crl.signed_data().algorithm);
    if (!algorithm.has_value()) return no("the list is signed by an algorithm we do not know");
    if (is_weak(*algorithm) && !check_.allow_sha1) return no("the list is signed with SHA-1");
    for (const Certificate& signer : signers_.named(crl.issuer())) {
      const auto& usage = signer.extensions().key_usage;
      if (usage.has_value() && !has(*usage, KeyUsage::CrlSign)) continue;
      const auto key = signer.public_key();
      if (!key.has_value()) continue;
      const auto* const rsa = key->as<crypto::RsaPublicKey>();
      if (rsa != nullptr && rsa->bits() < check_.rsa_bits_min) continue;
      if (!signers_.spend()) return no("too many signatures to check");
      if (crl.check_signature(*key).has_value() && signers_.trusts(signer)) return true;
    }
    return no("nobody who is trusted for it signed the list");
  }

  bool no(std::string why) {
    status_.why = std::move(why);
    return false;
  }

  /// (c), (h) to (k): the newest delta that belongs to the list, then the list.
  void look_up(const Crl& crl) {
    const Crl* newest = nullptr;
    for (const Crl& delta : crls_)
      if (is_delta_of(delta, crl) &&
          (newest == nullptr || is_less(*newest->number(), *delta.number())) && is_usable(delta))
        newest = &delta;
    const Name& issuer = certificate_.issuer();
    const RevokedCertificate* entry = nullptr;
    if (newest != nullptr) entry = newest->find(issuer, certificate_.serial());
    if (entry == nullptr) entry = crl.find(issuer, certificate_.serial());
    if (entry == nullptr || entry->reason == CrlReason::RemoveFromCrl) return;
    status_.status = CertificateStatus::Revoked;
    status_.reason = entry->reason;
    status_.revoked_at = entry->date;
    status_.why.clear();
  }

  /// (c) (1) to (3), and §5.2.4: of one issuer, scope and key, and the numbers overlap.
  static bool is_delta_of(const Crl& delta, const Crl& base) {
    if (!delta.delta_base().has_value() || !delta.number().has_value() ||
        !base.number().has_value() || !(delta.issuer() == base.issuer()))
      return false;
    const Extension* const scope = find(delta, oids::kIssuingDistributionPoint);
    const Extension* const other = find(base, oids::kIssuingDistributionPoint);
    if (!is_same(scope != nullptr ? std::optional(scope->value) : std::nullopt,
                 other != nullptr ? std::optional(other->value) : std::nullopt))
      return false;
    const auto& delta_key = delta.authority_key_identifier();
    const auto& base_key = base.authority_key_identifier();
    if (!is_same(delta_key.has_value() ? delta_key->key_identifier : std::nullopt,
                 base_key.has_value() ? base_key->key_identifier : std::nullopt))
      return false;
    return !is_less(*base.number(), *delta.delta_base()) &&
           is_less(*base.number(), *delta.number());
  }

  const Certificate& certificate_;
  std::span<const Crl> crls_;
  const CrlCheck& check_;
  CrlSigners& signers_;
  RevocationStatus status_;
  ReasonMask reasons_ = 0;
};

/// The certificates above one of a chain that was validated.
class ChainSigners final : public CrlSigners {
 public:
  explicit ChainSigners(std::span<const Certificate> above) : above_(above) {}
  std::vector<Certificate> named(const Name& subject) override {
    std::vector<Certificate> found;
    for (const Certificate& certificate : above_)
      if (certificate.subject() == subject) found.push_back(certificate);
    return found;
  }
  bool trusts(const Certificate&) override { return true; }
  bool spend() override { return checks_++ < kChecksMax; }

 private:
  static constexpr int kChecksMax = 128;
  std::span<const Certificate> above_;
  int checks_ = 0;
};

}  // namespace

RevocationStatus crl_status(const Certificate& certificate, std::span<const Crl> crls,
                            const CrlCheck& check, CrlSigners& signers) {
  return Check(certificate, crls, check, signers).run();
}

}  // namespace detail

RevocationStatus crl_status(std::span<const Certificate> chain, std::size_t index,
                            std::span<const Crl> crls, const CrlCheck& check) {
  AVILA_ASSERT(index < chain.size());
  detail::ChainSigners signers(chain.subspan(index + 1));
  return detail::crl_status(chain[index], crls, check, signers);
}

}  // namespace avila::pki
