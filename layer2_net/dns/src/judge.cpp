// Reading a server's answer: the answer, a referral, or nothing of use (RFC 2181 section 5.4.1,
// RFC 2308 section 2, RFC 5452 section 6).
#include <algorithm>

#include "resolver_state.hpp"

namespace avila::dns {
namespace {

constexpr std::size_t kChainMax = 16;
constexpr std::size_t kSetMax = 1024;  // records of one set that are taken
// Of an answer, with their signatures. Four would do; all of a chain are compared with each other.
constexpr std::size_t kProofsMax = 64;
constexpr std::uint32_t kDelegationTtlMax = 86'400;

std::uint32_t plain_ttl(std::uint32_t ttl) noexcept { return ttl > kTtlMax ? 0 : ttl; }

/// Records of a section that the zone's servers have a say in.
std::vector<Record> within(const std::vector<Record>& section, const Name& zone) {
  std::vector<Record> kept;
  for (const Record& record : section)
    if (record.record_class == Class::IN && record.owner.is_at_or_below(zone) &&
        !is_meta_type(record.type) && is_valid_rdata(record.type, record.rdata)) {
      kept.push_back(record);
      kept.back().ttl = plain_ttl(record.ttl);
    }
  return kept;
}

Type covered_by(const Record& record) {
  const auto data = Rrsig::decode(record.rdata);
  return data.has_value() ? data->covered : Type{};
}

/// The set and its signatures; the least TTL (RFC 2181 section 5.2).
void take_set(const std::vector<Record>& from, const Name& owner, Type type,
              std::vector<Record>& set, std::vector<Record>& signatures, std::uint32_t& ttl) {
  for (const Record& record : from) {
    if (!(record.owner == owner)) continue;
    const bool any = type == Type::ANY && record.type != Type::RRSIG;
    if (record.type == type || any) {
      const bool known = std::any_of(set.begin(), set.end(), [&](const Record& each) {
        return each.type == record.type && each.rdata == record.rdata;
      });
      if (known || set.size() >= kSetMax) continue;
      set.push_back(record);
      ttl = std::min(ttl, record.ttl);
    } else if (record.type == Type::RRSIG && (covered_by(record) == type || type == Type::ANY)) {
      if (signatures.size() < kSetMax) signatures.push_back(record);
    }
  }
}

bool is_proof(const Record& record) {
  const Type type = record.type == Type::RRSIG ? covered_by(record) : record.type;
  return type == Type::NSEC || type == Type::NSEC3;
}

const Record* dname_above(const std::vector<Record>& answers, const Name& name) {
  for (const Record& record : answers)
    if (record.type == Type::DNAME && name.is_below(record.owner)) return &record;
  return nullptr;
}

/// The set at a name, or where it leads; false where the answers hold neither.
bool find_at(const std::vector<Record>& answers, const Name& name, Type type, Finding& finding) {
  finding.ttl = ~std::uint32_t{0};
  take_set(answers, name, type, finding.records, finding.signatures, finding.ttl);
  if (!finding.records.empty()) {
    finding.outcome = Outcome::Records;
    return true;
  }
  finding.signatures.clear();
  finding.ttl = ~std::uint32_t{0};
  if (type == Type::CNAME) return false;
  if (const Record* dname = dname_above(answers, name); dname != nullptr) {
    auto target = name_of(*dname);
    if (!target.has_value()) return false;
    auto renamed = name.with_suffix(dname->owner, *target);
    if (!renamed.has_value()) return false;
    take_set(answers, dname->owner, Type::DNAME, finding.dname, finding.signatures, finding.ttl);
    finding.dname.resize(1);
    // Made here: what the server made of it needs no belief (RFC 6672 section 3.4).
    finding.records = {{name, Type::CNAME, Class::IN, finding.ttl, renamed->wire()}};
    finding.alias = std::move(*renamed);
    finding.outcome = Outcome::Alias;
    return true;
  }
  take_set(answers, name, Type::CNAME, finding.records, finding.signatures, finding.ttl);
  if (finding.records.empty()) return false;
  finding.records.resize(1);
  auto target = name_of(finding.records[0]);
  if (!target.has_value()) return false;
  finding.alias = std::move(*target);
  finding.outcome = Outcome::Alias;
  return true;
}

void take_negative(const std::vector<Record>& authorities, const Name& name, Finding& finding) {
  finding.ttl = ~std::uint32_t{0};
  bool has_soa = false;
  for (const Record& record : authorities) {
    const bool soa = (record.type == Type::RRSIG ? covered_by(record) : record.type) == Type::SOA;
    if (soa && !name.is_at_or_below(record.owner)) continue;
    if ((!soa && !is_proof(record)) || finding.authorities.size() >= kProofsMax) continue;
    finding.authorities.push_back(record);
    finding.ttl = std::min(finding.ttl, record.ttl);
    if (record.type != Type::SOA) continue;
    has_soa = true;
    const auto data = Soa::decode(record.rdata);
    if (data.has_value()) finding.ttl = std::min(finding.ttl, data->minimum);
  }
  // RFC 2308 section 5: without a SOA it is not to be remembered; proofs alone will do for DS.
  if (!has_soa && finding.authorities.empty()) finding.ttl = 0;
}

void take_referral(const Message& message, const std::vector<Record>& authorities, const Name& cut,
                   const Name& zone, std::uint16_t port, Reply& reply) {
  Delegation& referral = reply.referral;
  referral.zone = cut;
  std::uint32_t ttl = kDelegationTtlMax;
  for (const Record& record : authorities) {
    if (record.type != Type::NS || !(record.owner == cut)) continue;
    auto target = name_of(record);
    if (!target.has_value() || referral.servers.size() >= Delegation::kServersMax) continue;
    ttl = std::min(ttl, record.ttl);
    referral.servers.push_back({std::move(*target), {}});
  }
  // Glue counts for servers of this cut, named within the zone of the server that says so.
  std::size_t addresses = 0;
  for (const Record& record : message.additionals) {
    const auto address = address_of(record);
    if (!address.has_value() || record.record_class != Class::IN ||
        !record.owner.is_at_or_below(zone) || address->is_multicast() || address->is_unspecified())
      continue;
    for (Delegation::Server& server : referral.servers)
      if (server.name == record.owner && addresses < Delegation::kAddressesMax) {
        server.addresses.emplace_back(*address, port);
        ++addresses;
      }
  }
  referral.ttl = ttl;
  // DS, or the proof that there is none: both are to be validated before they count.
  Finding ds;
  ds.ttl = ~std::uint32_t{0};
  take_set(authorities, cut, Type::DS, ds.records, ds.signatures, ds.ttl);
  if (!ds.records.empty()) {
    ds.outcome = Outcome::Records;
  } else {
    for (const Record& record : authorities)
      if (is_proof(record) && ds.authorities.size() < kProofsMax) {
        ds.authorities.push_back(record);
        ds.ttl = std::min(ds.ttl, record.ttl);
      }
    if (ds.authorities.empty()) return;
  }
  reply.extras.emplace_back(cut, Type::DS, std::move(ds));
}

}  // namespace

Reply judge(const Message& message, const Question& question, const Delegation& at,
            std::uint16_t port) {
  Reply reply;
  const Name& zone = at.zone;
  if (message.truncated) {  // over TCP too
    reply.why = "truncated";
    return reply;
  }
  if (message.rcode != Rcode::NoError && message.rcode != Rcode::NxDomain &&
      message.rcode != Rcode::YxDomain) {
    reply.why = to_string(message.rcode);
    return reply;
  }
  const std::vector<Record> answers = within(message.answers, zone);
  const std::vector<Record> authorities = within(message.authorities, zone);
  const bool scrubbed =
      std::any_of(message.answers.begin(), message.answers.end(),
                  [](const Record& record) { return !is_valid_rdata(record.type, record.rdata); });
  std::vector<Record> proofs;
  std::copy_if(authorities.begin(), authorities.end(), std::back_inserter(proofs), is_proof);
  if (proofs.size() > kProofsMax) proofs.resize(kProofsMax);

  Name name = question.name;
  bool first = true;
  for (std::size_t i = 0; i < kChainMax; ++i) {
    Finding finding;
    if (!find_at(answers, name, question.type, finding)) break;
    // A resolver, not a server of the zone: what it says is hearsay.
    if (first && !message.authoritative && message.recursion_available && !at.forward) {
      reply.why = "not authoritative";
      return reply;
    }
    finding.authorities = proofs;
    const bool alias = finding.outcome == Outcome::Alias;
    Name next = finding.alias;
    if (first) {
      reply.kind = Reply::Kind::Found;
      reply.finding = std::move(finding);
      reply.finding.scrubbed = scrubbed;
    } else {
      reply.extras.emplace_back(name, question.type, std::move(finding));
    }
    first = false;
    if (!alias || !next.is_at_or_below(zone)) return reply;
    name = std::move(next);
  }

  // The end of the chain is not in the answer section.
  const Record* soa = nullptr;
  const Record* ns = nullptr;
  for (const Record& record : authorities) {
    if (record.type == Type::SOA && name.is_at_or_below(record.owner)) soa = &record;
    if (record.type == Type::NS && name.is_at_or_below(record.owner) &&
        (ns == nullptr || ns->owner.label_count() < record.owner.label_count()))
      ns = &record;
  }
  if (first && soa == nullptr && ns != nullptr && ns->owner.is_below(zone) &&
      message.rcode == Rcode::NoError && !at.forward &&
      !(question.type == Type::DS && ns->owner == name)) {
    reply.kind = Reply::Kind::Referral;
    take_referral(message, authorities, ns->owner, zone, port, reply);
    return reply;
  }
  Finding finding;
  finding.outcome = message.rcode == Rcode::NxDomain ? Outcome::NameError : Outcome::NoData;
  take_negative(authorities, name, finding);
  if (!first) {
    // Only with what a negative answer has: else the target is asked for.
    finding.needs_proof = soa == nullptr;
    if (!proofs.empty() && question.type != Type::DS) {
      Finding ds;  // the target may be below an unsigned delegation that the same servers serve
      ds.authorities = proofs;
      ds.ttl = finding.ttl;
      ds.needs_proof = true;
      const bool cut = ns != nullptr && ns->owner.is_below(zone);
      reply.extras.emplace_back(cut ? ns->owner : name, Type::DS, std::move(ds));
    }
    if (soa != nullptr || !proofs.empty())
      reply.extras.emplace_back(name, question.type, std::move(finding));
    return reply;
  }
  // An answer without authority that says nothing: a lame server (RFC 4697 section 2.2).
  if (soa == nullptr && !message.authoritative && message.rcode == Rcode::NoError && !at.forward) {
    reply.why = "a lame server";
    return reply;
  }
  if (!message.authoritative && message.recursion_available && !at.forward && soa == nullptr) {
    reply.why = "not authoritative";
    return reply;
  }
  reply.kind = Reply::Kind::Found;
  reply.finding = std::move(finding);
  reply.finding.scrubbed = scrubbed;
  return reply;
}

}  // namespace avila::dns
