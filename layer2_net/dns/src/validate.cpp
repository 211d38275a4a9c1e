// Validation of what was found (RFC 4035 section 5), from trust anchors down.
#include <algorithm>

#include "resolver_state.hpp"

namespace avila::dns {
namespace {

constexpr std::size_t kSignersMax = 2;  // zones that sign one set, as far as we try

WallTime now_of(os::Clock& clock) { return clock.wall(); }

/// Records of one owner and type.
std::vector<Record> set_of(const std::vector<Record>& records, const Name& owner, Type type) {
  std::vector<Record> set;
  for (const Record& record : records)
    if (record.type == type && record.owner == owner) set.push_back(record);
  return set;
}

std::vector<Record> signatures_in(const std::vector<Record>& records) {
  std::vector<Record> all;
  for (const Record& record : records)
    if (record.type == Type::RRSIG) all.push_back(record);
  return all;
}

/// Zones that say they signed the set, and may.
std::vector<Name> signers_of(const Name& owner, Type type, const std::vector<Record>& signatures) {
  std::vector<Name> signers;
  for (const Record& record : signatures) {
    if (!(record.owner == owner)) continue;
    const auto data = Rrsig::decode(record.rdata);
    if (!data.has_value() || data->covered != type || !owner.is_at_or_below(data->signer)) continue;
    // The parent signs DS (RFC 4035 section 2.4).
    if (type == Type::DS && data->signer == owner && !owner.is_root()) continue;
    if (std::find(signers.begin(), signers.end(), data->signer) == signers.end())
      signers.push_back(data->signer);
  }
  // The closest first.
  std::sort(signers.begin(), signers.end(),
            [](const Name& a, const Name& b) { return a.label_count() > b.label_count(); });
  if (signers.size() > kSignersMax) signers.resize(kSignersMax);
  return signers;
}

}  // namespace

std::optional<Name> Resolver::State::anchor_for(const Name& name, Type type) const {
  const Name below = type == Type::DS ? name.parent() : name;
  std::optional<Name> best;
  const Anchors all = State::anchors();
  for (const Record& record : *all)
    if (below.is_at_or_below(record.owner) &&
        (!best.has_value() || best->label_count() < record.owner.label_count()))
      best = record.owner;
  if (!best.has_value()) return best;
  for (const Name& name_without : options.insecure)
    if (below.is_at_or_below(name_without) && name_without.label_count() >= best->label_count())
      return std::nullopt;
  return best;
}

bool Resolver::State::any_supported(const std::vector<Record>& ds) const {
  return std::any_of(ds.begin(), ds.end(), [&](const Record& record) {
    const auto data = Ds::decode(record.rdata);
    return data.has_value() && is_supported_algorithm(data->algorithm, options.dnssec) &&
           is_supported_digest(data->digest_type, options.dnssec);
  });
}

Task<Resolver::State::SetCheck> Resolver::State::keys_of(Work& work, Name zone) {
  SetCheck check;
  check.zone = zone;
  const auto anchor = anchor_for(zone, Type::DNSKEY);
  if (!anchor.has_value()) {
    check.security = Security::Indeterminate;
    co_return std::move(check);
  }
  if (!(zone == *anchor)) {
    auto ds = co_await find(work, zone, Type::DS);
    if (!ds.has_value()) {
      check.error = Ede::DnskeyMissing;
      check.reason = "DS of " + zone.to_string() + ": " + ds.error().to_string();
      co_return std::move(check);
    }
    const Finding& finding = **ds;
    check.security = finding.security;
    check.error = finding.error.value_or(Ede::DnssecBogus);
    check.reason = finding.reason;
    if (finding.security != Security::Secure) co_return std::move(check);
    if (finding.outcome != Outcome::Records) {
      check.security = finding.unsigned_delegation ? Security::Insecure : Security::Bogus;
      check.error = Ede::DnskeyMissing;
      check.reason = zone.to_string() + " is no signed zone";
      co_return std::move(check);
    }
    if (!any_supported(finding.records)) {
      check.security = Security::Insecure;
      check.error = Ede::UnsupportedDsDigest;
      co_return std::move(check);
    }
  }
  auto keys = co_await find(work, zone, Type::DNSKEY);
  check.security = Security::Bogus;
  check.error = Ede::DnskeyMissing;
  check.reason = "no DNSKEY of " + zone.to_string();
  if (!keys.has_value() || (*keys)->outcome != Outcome::Records) co_return std::move(check);
  check.security = (*keys)->security;
  check.error = (*keys)->error.value_or(Ede::DnssecBogus);
  check.reason = (*keys)->reason;
  check.keys = (*keys)->records;
  co_return std::move(check);
}

/// A DNSKEY set is signed by a key of itself that DS records, or an anchor, name (RFC 4035 section
/// 5.2).
Task<void> Resolver::State::validate_keys(Work& work, const Name& zone, Finding& finding) {
  finding.security = Security::Bogus;
  finding.error = Ede::DnskeyMissing;
  finding.reason = "no key of " + zone.to_string() + " is vouched for";
  std::vector<Record> trusted;
  std::vector<Record> anchors;
  const Anchors all = State::anchors();
  for (const Record& record : *all)
    if (record.owner == zone) anchors.push_back(record);
  if (anchors.empty()) {
    auto ds = co_await find(work, zone, Type::DS);
    if (!ds.has_value()) {
      finding.reason = "DS of " + zone.to_string() + ": " + ds.error().to_string();
      co_return;
    }
    if ((*ds)->security != Security::Secure) {
      finding.security = (*ds)->security;
      finding.error = (*ds)->error;
      finding.reason = (*ds)->reason;
      co_return;
    }
    if ((*ds)->outcome != Outcome::Records) {
      if ((*ds)->unsigned_delegation) finding.security = Security::Insecure;
      co_return;
    }
    anchors = (*ds)->records;
    if (!any_supported(anchors)) {
      finding.security = Security::Insecure;
      finding.error = Ede::UnsupportedDsDigest;
      co_return;
    }
  }
  // Anchors of algorithms that we do not know vouch for nothing (RFC 4035 section 5.2).
  const bool usable = std::any_of(anchors.begin(), anchors.end(), [&](const Record& record) {
    if (record.type == Type::DS) return any_supported({record});
    const auto data = Dnskey::decode(record.rdata);
    return data.has_value() && is_supported_algorithm(data->algorithm, options.dnssec);
  });
  if (!usable) {
    finding.security = Security::Insecure;
    finding.error = Ede::UnsupportedDnskeyAlgorithm;
    co_return;
  }
  // RFC 4509 section 3: SHA-1 counts only where there is nothing better.
  bool better = false;
  for (const Record& record : anchors)
    if (const auto data = Ds::decode(record.rdata); record.type == Type::DS && data.has_value())
      better = better ||
               (data->digest_type != 1 && is_supported_digest(data->digest_type, options.dnssec));
  std::vector<Ds> digests;
  for (const Record& record : anchors)
    if (auto ds = Ds::decode(record.rdata); record.type == Type::DS && ds.has_value() &&
                                            is_supported_digest(ds->digest_type, options.dnssec) &&
                                            !(better && ds->digest_type == 1))
      digests.push_back(std::move(*ds));
  for (const Record& key : finding.records) {
    const auto data = Dnskey::decode(key.rdata);
    if (!data.has_value() || (data->flags & Dnskey::kRevoked) != 0 ||
        (data->flags & Dnskey::kZoneKey) == 0)
      continue;
    const std::uint16_t tag = key_tag(key.rdata);
    bool vouched = std::any_of(anchors.begin(), anchors.end(), [&](const Record& anchor) {
      return anchor.type == Type::DNSKEY && anchor.rdata == key.rdata;
    });
    // CVE-2023-50387 once more: many DS records and many keys of one tag.
    for (const Ds& ds : digests) {
      if (vouched) break;
      if (ds.key_tag != tag || ds.algorithm != data->algorithm) continue;
      if (work.dnssec.digests <= 0) break;
      --work.dnssec.digests;
      vouched = matches(ds, zone, key);
    }
    if (vouched) trusted.push_back(key);
  }
  if (trusted.empty()) co_return;
  const SetVerdict verdict = verify_set(finding.records, finding.signatures, zone, trusted,
                                        now_of(clock), options.dnssec, work.dnssec);
  if (!verdict.verified) {
    finding.error = verdict.error;
    finding.reason = "DNSKEY of " + zone.to_string() + " is not signed by what vouches for it";
    co_return;
  }
  finding.security = Security::Secure;
  finding.error.reset();
  finding.reason.clear();
  finding.ttl = std::min(finding.ttl, verdict.ttl_max);
}

/// Whether unsigned data may stand at a name: Insecure where a proof says so, else Secure.
Task<Resolver::State::SetCheck> Resolver::State::status_of(Work& work, Name name, Type type) {
  SetCheck check;
  const auto anchor = anchor_for(name, type);
  if (!anchor.has_value()) {
    check.security = Security::Indeterminate;
    co_return std::move(check);
  }
  const Name target = type == Type::DS ? name.parent() : name;
  check.security = Security::Secure;
  for (std::size_t labels = anchor->label_count() + 1; labels <= target.label_count(); ++labels) {
    const Name child = target.suffix(labels);
    auto ds = co_await find(work, child, Type::DS);
    if (!ds.has_value()) {
      check.security = Security::Bogus;
      check.error = Ede::NetworkError;
      check.reason = "DS of " + child.to_string() + ": " + ds.error().to_string();
      co_return std::move(check);
    }
    const Finding& finding = **ds;
    if (finding.security != Security::Secure) {
      check.security = finding.security;
      check.error = finding.error.value_or(Ede::DnssecBogus);
      check.reason = finding.reason;
      co_return std::move(check);
    }
    if (finding.outcome == Outcome::NameError) break;
    const bool insecure = finding.outcome == Outcome::Records ? !any_supported(finding.records)
                                                              : finding.unsigned_delegation;
    if (insecure) {
      check.security = Security::Insecure;
      if (finding.outcome == Outcome::Records) check.error = Ede::UnsupportedDsDigest;
      co_return std::move(check);
    }
  }
  co_return std::move(check);
}

Task<Resolver::State::SetCheck> Resolver::State::check_set(Work& work,
                                                           const std::vector<Record>& set,
                                                           const std::vector<Record>& signatures) {
  const Name owner = set[0].owner;
  const Type type = set[0].type;
  SetCheck last;
  last.error = Ede::RrsigsMissing;
  last.reason = "no signature of " + owner.to_string() + ' ' + to_string(type);
  const std::vector<Name> signers = signers_of(owner, type, signatures);
  for (const Name& signer : signers) {
    SetCheck keys = co_await keys_of(work, signer);
    if (keys.security != Security::Secure) {
      last = std::move(keys);
      if (last.security != Security::Bogus) co_return std::move(last);
      continue;
    }
    const SetVerdict verdict =
        verify_set(set, signatures, signer, keys.keys, now_of(clock), options.dnssec, work.dnssec);
    if (verdict.verified) {
      keys.labels = verdict.labels;
      keys.ttl_max = verdict.ttl_max;
      co_return std::move(keys);
    }
    last = SetCheck();
    last.error = verdict.error;
    last.reason = "no good signature of " + owner.to_string() + ' ' + to_string(type) + " by " +
                  signer.to_string();
  }
  if (!signers.empty()) co_return std::move(last);
  SetCheck status = co_await status_of(work, owner, type);
  if (status.security != Security::Secure) co_return std::move(status);
  co_return std::move(last);
}

/// Proofs whose signatures are good. The finding lives no longer than those.
std::vector<Record> Resolver::State::verified_proofs(Work& work, Finding& finding,
                                                     const SetCheck& keys) {
  const std::vector<Record> signatures = signatures_in(finding.authorities);
  std::vector<Record> verified;
  std::vector<std::pair<Name, Type>> seen;
  for (const Record& record : finding.authorities) {
    if (record.type != Type::NSEC && record.type != Type::NSEC3) continue;
    const std::pair<Name, Type> which{record.owner, record.type};
    if (std::find(seen.begin(), seen.end(), which) != seen.end()) continue;
    seen.push_back(which);
    const std::vector<Record> set = set_of(finding.authorities, record.owner, record.type);
    const SetVerdict verdict = verify_set(set, signatures, keys.zone, keys.keys, now_of(clock),
                                          options.dnssec, work.dnssec);
    // A proof is never made of a wildcard (RFC 4035 section 5.3.4 has no use for it).
    if (verdict.verified &&
        verdict.labels == record.owner.label_count() - (record.owner.is_wildcard() ? 1 : 0)) {
      verified.insert(verified.end(), set.begin(), set.end());
      finding.ttl = std::min(finding.ttl, verdict.ttl_max);
    }
  }
  return verified;
}

Task<void> Resolver::State::validate_negative(Work& work, const Name& name, Type type,
                                              Finding& finding) {
  const std::vector<Record> signatures = signatures_in(finding.authorities);
  // Who says so: the signer of the proofs, or of the SOA.
  std::vector<Name> signers;
  for (const Type wanted : {Type::NSEC, Type::NSEC3, Type::SOA})
    for (const Record& record : finding.authorities)
      if (record.type == wanted)
        for (const Name& signer : signers_of(record.owner, wanted, signatures))
          if (name.is_at_or_below(signer) &&
              !(type == Type::DS && signer == name && !name.is_root()) &&
              std::find(signers.begin(), signers.end(), signer) == signers.end())
            signers.push_back(signer);
  finding.security = Security::Bogus;
  finding.error = Ede::NsecMissing;
  finding.reason = "no proof that " + name.to_string() + ' ' + to_string(type) + " is absent";
  if (signers.size() > kSignersMax) signers.resize(kSignersMax);
  for (const Name& signer : signers) {
    const SetCheck keys = co_await keys_of(work, signer);
    if (keys.security != Security::Secure) {
      finding.security = keys.security;
      finding.error = keys.error;
      finding.reason = keys.reason;
      if (keys.security == Security::Bogus) continue;
      finding.error.reset();
      co_return;
    }
    const std::vector<Record> soa = set_of(finding.authorities, signer, Type::SOA);
    if (!soa.empty()) {
      const SetVerdict verdict = verify_set(soa, signatures, signer, keys.keys, now_of(clock),
                                            options.dnssec, work.dnssec);
      if (!verdict.verified) {
        finding.error = verdict.error;
        finding.reason = "no good signature of the SOA of " + signer.to_string();
        continue;
      }
      finding.ttl = std::min(finding.ttl, verdict.ttl_max);
    }
    const std::vector<Record> verified = verified_proofs(work, finding, keys);
    Denial denial(signer, verified, options.dnssec, work.dnssec);
    Proof proof = finding.outcome == Outcome::NameError ? denial.name_error(name)
                                                        : denial.no_data(name, type);
    if (type == Type::DS && finding.outcome == Outcome::NoData) {
      const Proof cut = denial.insecure_delegation(name);
      finding.unsigned_delegation = cut != Proof::None;
      if (proof == Proof::None) proof = cut;
    }
    // A server that calls an empty non-terminal absent: the proof says which it is.
    if (proof == Proof::None && finding.outcome == Outcome::NameError) {
      proof = denial.no_data(name, type);
      if (proof != Proof::None) finding.outcome = Outcome::NoData;
    }
    finding.proven = proof != Proof::None;
    // Below an unsigned delegation nothing needs a proof.
    for (Name above = name; proof == Proof::None && above.is_below(signer); above = above.parent())
      if (denial.insecure_delegation(above) != Proof::None) proof = Proof::OptOut;
    if (proof == Proof::None) {
      if (denial.too_many_iterations()) {
        finding.security = Security::Insecure;
        finding.error = Ede::UnsupportedNsec3Iterations;
        finding.reason.clear();
        co_return;
      }
      // What is asked for may still be below a delegation that others prove to be unsigned.
      SetCheck status = co_await status_of(work, name, type);
      if (status.security == Security::Insecure) {
        finding.security = Security::Insecure;
        finding.error.reset();
        finding.reason.clear();
        co_return;
      }
      const bool has_bad_proofs =
          verified.empty() && std::any_of(finding.authorities.begin(), finding.authorities.end(),
                                          [](const Record& record) {
                                            return record.type == Type::NSEC ||
                                                   record.type == Type::NSEC3;
                                          });
      finding.security = Security::Bogus;
      finding.error =
          has_bad_proofs || (finding.outcome == Outcome::NameError && denial.denies(name))
              ? Ede::DnssecBogus
              : Ede::NsecMissing;
      continue;
    }
    finding.security = proof == Proof::Proven ? Security::Secure : Security::Insecure;
    finding.error.reset();
    finding.reason.clear();
    if (finding.security == Security::Secure && options.aggressive_nsec)
      proofs.keep(signer, finding, verified,
                  clock.now() + seconds(std::min(finding.ttl, options.cache.negative_ttl_max)));
    co_return;
  }
  if (!signers.empty()) co_return;
  const SetCheck status = co_await status_of(work, name, type);
  if (status.security == Security::Secure) co_return;
  finding.security = status.security;
  finding.error.reset();
  if (status.security == Security::Bogus) finding.error = status.error;
  finding.reason = status.reason;
}

Task<void> Resolver::State::validate(Work& work, const Name& name, Type type, Finding& finding) {
  finding.error.reset();
  finding.reason.clear();
  if (!anchor_for(name, type).has_value()) {
    finding.security = Security::Indeterminate;
    co_return;
  }
  if (finding.outcome == Outcome::NoData || finding.outcome == Outcome::NameError) {
    co_await validate_negative(work, name, type, finding);
    co_return;
  }
  if (type == Type::DNSKEY && finding.outcome == Outcome::Records) {
    bool own = false;
    for (const Name& signer : signers_of(name, type, finding.signatures))
      own = own || signer == name;
    if (own) {
      co_await validate_keys(work, name, finding);
      co_return;
    }
  }
  std::vector<std::vector<Record>> sets;
  if (!finding.dname.empty()) {
    sets.push_back(finding.dname);
  } else {
    for (const Record& record : finding.records) {
      const bool known = std::any_of(sets.begin(), sets.end(),
                                     [&](const auto& set) { return set[0].type == record.type; });
      if (!known) sets.push_back(set_of(finding.records, record.owner, record.type));
    }
  }
  Security worst = Security::Secure;
  for (const std::vector<Record>& set : sets) {
    const SetCheck check = co_await check_set(work, set, finding.signatures);
    if (check.security != Security::Secure) {
      finding.security = check.security;
      if (check.security == Security::Bogus) finding.error = check.error;
      finding.reason = check.reason;
      co_return;
    }
    finding.ttl = std::min(finding.ttl, check.ttl_max);
    const Name& owner = set[0].owner;
    const std::size_t labels = owner.label_count() - (owner.is_wildcard() ? 1 : 0);
    if (check.labels >= labels) continue;
    // Made of a wildcard: nothing closer may be there (RFC 4035 section 5.3.4).
    const std::vector<Record> verified = verified_proofs(work, finding, check);
    Denial denial(check.zone, verified, options.dnssec, work.dnssec);
    const Proof proof = denial.wildcard_expansion(owner, owner.suffix(check.labels));
    if (proof == Proof::None && !denial.too_many_iterations()) {
      finding.security = Security::Bogus;
      finding.error = Ede::NsecMissing;
      finding.reason = "no proof that " + owner.to_string() + " comes from a wildcard";
      co_return;
    }
    if (proof != Proof::Proven) worst = Security::Insecure;
  }
  finding.security = worst;
}

}  // namespace avila::dns
