#include "proofs.hpp"

#include <algorithm>

namespace avila::dns {
namespace {

/// The set at a name with its signatures.
std::vector<Record> with_signatures(const std::vector<Record>& records, const Name& owner,
                                    Type type) {
  std::vector<Record> set;
  for (const Record& record : records) {
    if (!(record.owner == owner)) continue;
    const auto signature = record.type == Type::RRSIG ? Rrsig::decode(record.rdata)
                                                      : Result<Rrsig>(Error(Errc::NotFound, ""));
    if (record.type == type || (signature.has_value() && signature->covered == type))
      set.push_back(record);
  }
  return set;
}

std::size_t bytes_of(const std::vector<Record>& records) noexcept {
  std::size_t sum = 0;
  for (const Record& record : records)
    sum += sizeof(Record) + record.owner.wire().size() + record.rdata.size();
  return sum;
}

}  // namespace

void Proofs::keep(const Name& zone, const Finding& finding, const std::vector<Record>& nsec,
                  Instant expires) {
  const bool has_nsec = std::any_of(nsec.begin(), nsec.end(),
                                    [](const Record& each) { return each.type == Type::NSEC; });
  Kept soa{with_signatures(finding.authorities, zone, Type::SOA), expires};
  if (!has_nsec || soa.records.size() < 2) return;  // answers are not complete without a SOA
  auto table = table_.lock();
  if (table->count + nsec.size() > kMax || table->bytes > kBytesMax) *table = {};
  const auto put = [&](Kept& slot, Kept fresh) {
    table->bytes += bytes_of(fresh.records);
    table->bytes -= bytes_of(slot.records);
    slot = std::move(fresh);
  };
  Zone& kept = table->zones[zone];
  put(kept.soa, std::move(soa));
  for (const Record& record : nsec) {
    if (record.type != Type::NSEC) continue;
    Kept& slot = kept.nsec[record.owner];
    table->count += slot.records.empty() ? 1 : 0;
    put(slot, {with_signatures(finding.authorities, record.owner, Type::NSEC), expires});
  }
}

std::optional<Finding> Proofs::deny(const Name& anchor, const Name& name, Type type, Instant now,
                                    const DnssecOptions& options, DnssecBudget& budget) {
  if (is_meta_type(type)) return std::nullopt;
  auto table = table_.lock();
  // The closest zone that is known; DS is its parent's.
  auto at = table->zones.end();
  Name apex = type == Type::DS ? name.parent() : name;
  for (; apex.is_at_or_below(anchor); apex = apex.parent()) {
    at = table->zones.find(apex);
    if (at != table->zones.end() || apex.is_root()) break;
  }
  if (at == table->zones.end() || at->second.soa.expires <= now) return std::nullopt;
  const Zone& zone = at->second;
  Finding finding;
  finding.authorities = zone.soa.records;
  finding.expires = zone.soa.expires;
  std::vector<Record> proofs;
  // The last record that is not after the name: it matches the name, covers it, or says nothing.
  const auto take = [&](const Name& what) -> const Record* {
    auto next = zone.nsec.upper_bound(what);
    if (next == zone.nsec.begin()) return nullptr;
    const Kept& kept = std::prev(next)->second;
    if (kept.expires <= now) return nullptr;
    const auto nsec = std::find_if(kept.records.begin(), kept.records.end(),
                                   [](const Record& each) { return each.type == Type::NSEC; });
    if (proofs.empty() || !(proofs[0].owner == nsec->owner)) {
      proofs.push_back(*nsec);
      finding.authorities.insert(finding.authorities.end(), kept.records.begin(),
                                 kept.records.end());
      finding.expires = std::min(finding.expires, kept.expires);
    }
    return &*nsec;
  };
  const Record* cover = take(name);
  const auto data =
      cover != nullptr ? Nsec::decode(cover->rdata) : Result<Nsec>(Error(Errc::NotFound, ""));
  if (!data.has_value()) return std::nullopt;
  if (!(cover->owner == name)) {
    const Name left = name.common_ancestor(cover->owner), right = name.common_ancestor(data->next);
    const Name& encloser = left.label_count() > right.label_count() ? left : right;
    if (const auto wildcard = encloser.wildcard(); wildcard.has_value()) (void)take(*wildcard);
  }
  Denial denial(apex, proofs, options, budget);
  if (denial.name_error(name) == Proof::Proven) {
    finding.outcome = Outcome::NameError;
  } else if (denial.no_data(name, type) == Proof::Proven) {
    finding.outcome = Outcome::NoData;
    finding.unsigned_delegation =
        type == Type::DS && denial.insecure_delegation(name) != Proof::None;
  } else {
    return std::nullopt;
  }
  finding.security = Security::Secure;
  finding.proven = true;
  finding.ttl = static_cast<std::uint32_t>((finding.expires - now).ns / 1'000'000'000);
  return finding;
}

}  // namespace avila::dns
