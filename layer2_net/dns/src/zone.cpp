#include <algorithm>
#include <avila/dns/dnssec.hpp>
#include <avila/dns/zone.hpp>
#include <avila/dns/zone_file.hpp>
#include <avila/text/encoding.hpp>

namespace avila::dns {

Result<Zone> Zone::parse(std::string_view text, const Name& origin) {
  ZoneFileOptions options;
  options.origin = origin;
  AVILA_TRY(std::vector<Record> records, parse_zone_file(text, options));
  for (const Record& record : records)
    if (record.type == Type::SOA) {
      Name apex = record.owner;
      return create(std::move(apex), std::move(records));
    }
  return Error(Errc::Malformed, "the zone has no SOA record");
}

Result<Zone> Zone::create(Name apex, std::vector<Record> records) {
  Zone zone;
  zone.apex_ = std::move(apex);
  for (Record& record : records) {
    if (!record.owner.is_at_or_below(zone.apex_))
      return Error(Errc::Malformed,
                   record.owner.to_string() + " is not in the zone " + zone.apex_.to_string());
    if (is_meta_type(record.type) || record.record_class != Class::IN)
      return Error(Errc::Malformed, "a zone holds no " + record.to_string());
    if (record.type == Type::SOA && record.owner != zone.apex_)  // a transfer would end there
      return Error(Errc::Malformed, record.owner.to_string() + " has an SOA record below the apex");
    Name owner = record.owner;
    std::vector<Record>& set = zone.nodes_[std::move(owner)][record.type];
    if (std::any_of(set.begin(), set.end(),
                    [&](const Record& each) { return each.rdata == record.rdata; }))
      continue;  // RFC 2181 section 5
    set.push_back(std::move(record));
    ++zone.count_;
  }
  const Sets* top = zone.node(zone.apex_);
  if (top == nullptr || !top->contains(Type::SOA) || top->at(Type::SOA).size() != 1)
    return Error(Errc::Malformed, "the zone needs one SOA record at its apex");
  if (!is_valid_rdata(Type::SOA, top->at(Type::SOA)[0].rdata))
    return Error(Errc::Malformed, "the SOA record is damaged");
  zone.signed_ = top->contains(Type::RRSIG);
  if (const auto param = top->find(Type::NSEC3PARAM); param != top->end()) {
    AVILA_TRY(const Nsec3Param data, Nsec3Param::decode(param->second[0].rdata));
    zone.uses_nsec3_ = data.algorithm == 1;
    zone.nsec3_salt_ = data.salt;
    zone.nsec3_iterations_ = data.iterations;
  }
  for (const auto& [name, sets] : zone.nodes_) {
    // RFC 2181 section 10.1: a CNAME is alone, but for DNSSEC.
    if (const auto alias = sets.find(Type::CNAME); alias != sets.end()) {
      for (const auto& [type, set] : sets)
        if (type != Type::CNAME && type != Type::RRSIG && type != Type::NSEC)
          return Error(Errc::Malformed, name.to_string() + " has a CNAME and other data");
      if (alias->second.size() != 1)
        return Error(Errc::Malformed, name.to_string() + " has two CNAMEs");
    }
    if (!sets.contains(Type::NSEC3)) continue;
    auto hash = text::base32hex_decode(name.first_label(), text::Padding::Optional);
    if (hash.has_value()) zone.nsec3_.emplace(std::move(*hash), name);
  }
  return zone;
}

const Zone::Sets* Zone::node(const Name& name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

const std::vector<Record>* Zone::find(const Name& name, Type type) const {
  const Sets* sets = node(name);
  if (sets == nullptr) return nullptr;
  const auto found = sets->find(type);
  return found == sets->end() ? nullptr : &found->second;
}

bool Zone::exists(const Name& name) const {
  // What is below a name follows it in canonical order. Names of NSEC3 records do not count.
  for (auto at = nodes_.lower_bound(name); at != nodes_.end() && at->first.is_at_or_below(name);
       ++at) {
    const bool hashed = at->second.contains(Type::NSEC3);
    if (!hashed) return true;
  }
  return false;
}

Name Zone::closest_encloser(const Name& name) const {
  Name encloser = name;
  while (!(encloser == apex_) && !exists(encloser)) encloser = encloser.parent();
  return encloser;
}

void Zone::add_set(const Sets& sets, Type type, const Name* owner, bool dnssec_ok,
                   std::vector<Record>& to) const {
  const auto found = sets.find(type);
  if (found == sets.end()) return;
  const auto add = [&](const Record& record) {
    to.push_back(record);
    if (owner != nullptr) to.back().owner = *owner;
  };
  for (const Record& record : found->second) add(record);
  if (!dnssec_ok || type == Type::RRSIG) return;
  const auto signatures = sets.find(Type::RRSIG);
  if (signatures == sets.end()) return;
  for (const Record& record : signatures->second)
    if (const auto data = Rrsig::decode(record.rdata); data.has_value() && data->covered == type)
      add(record);
}

void Zone::add_soa(bool dnssec_ok, Message& into) const {
  const std::size_t first = into.authorities.size();
  add_set(*node(apex_), Type::SOA, nullptr, dnssec_ok, into.authorities);
  // RFC 2308 section 3: the negative TTL is the lesser of the SOA's own and its last field.
  const auto soa = Soa::decode(into.authorities[first].rdata);
  for (std::size_t i = first; soa.has_value() && i < into.authorities.size(); ++i)
    into.authorities[i].ttl = std::min(into.authorities[i].ttl, soa->minimum);
}

void Zone::add_glue(const std::vector<Record>& set, bool dnssec_ok, Message& into) const {
  for (const Record& record : set) {
    Name target;
    if (record.type == Type::NS) {
      auto name = name_of(record);
      if (!name.has_value()) continue;
      target = std::move(*name);
    } else if (record.type == Type::MX) {
      auto data = Mx::decode(record.rdata);
      if (!data.has_value()) continue;
      target = std::move(data->exchange);
    } else if (record.type == Type::SRV) {
      auto data = Srv::decode(record.rdata);
      if (!data.has_value()) continue;
      target = std::move(data->target);
    } else {
      return;
    }
    const Sets* sets = target.is_at_or_below(apex_) ? node(target) : nullptr;
    if (sets == nullptr) continue;
    add_set(*sets, Type::A, nullptr, dnssec_ok, into.additionals);
    add_set(*sets, Type::AAAA, nullptr, dnssec_ok, into.additionals);
  }
}

std::optional<std::string> Zone::hash(const Name& name) const {
  auto value = nsec3_hash(name, 1, nsec3_iterations_, nsec3_salt_);
  if (!value.has_value()) return std::nullopt;
  return std::move(*value);
}

/// Adds a set of the authority section once.
void Zone::add_nsec_for(const Name& name, Message& into) const {
  // The NSEC at or before the name, going back over names without one (glue, cuts' insides).
  auto at = nodes_.upper_bound(name);
  while (at != nodes_.begin()) {
    --at;
    if (!at->second.contains(Type::NSEC)) continue;
    for (const Record& record : into.authorities)
      if (record.type == Type::NSEC && record.owner == at->first) return;
    add_set(at->second, Type::NSEC, nullptr, true, into.authorities);
    return;
  }
}

void Zone::add_nsec3(std::string_view hash, bool cover, Message& into) const {
  if (nsec3_.empty()) return;
  auto at = nsec3_.lower_bound(hash);
  if (at == nsec3_.end() || at->first != hash) {
    if (!cover) return;
    if (at == nsec3_.begin()) at = nsec3_.end();
    --at;
  }
  for (const Record& record : into.authorities)
    if (record.type == Type::NSEC3 && record.owner == at->second) return;
  add_set(*node(at->second), Type::NSEC3, nullptr, true, into.authorities);
}

void Zone::prove_no_data(const Name& name, Message& into) const {
  if (!signed_) return;
  if (!uses_nsec3_) return add_nsec_for(name, into);
  const auto value = hash(name);
  if (!value.has_value()) return;
  if (nsec3_.contains(*value)) return add_nsec3(*value, false, into);
  // An unsigned delegation in an opt-out span (RFC 5155 section 7.2.4).
  Name encloser = name.parent();
  while (encloser.is_below(apex_) && !nsec3_.contains(hash(encloser).value_or("")))
    encloser = encloser.parent();
  prove_absent(name, encloser, false, into);
}

void Zone::prove_absent(const Name& name, const Name& encloser, bool wildcard_too,
                        Message& into) const {
  if (!signed_) return;
  const auto wildcard = encloser.wildcard();
  if (!uses_nsec3_) {
    add_nsec_for(name, into);
    if (wildcard_too && wildcard.has_value()) add_nsec_for(*wildcard, into);
    return;
  }
  if (const auto value = hash(encloser); value.has_value()) add_nsec3(*value, false, into);
  if (const auto value = hash(name.suffix(encloser.label_count() + 1)); value.has_value())
    add_nsec3(*value, true, into);
  if (!wildcard_too || !wildcard.has_value()) return;
  if (const auto value = hash(*wildcard); value.has_value()) add_nsec3(*value, true, into);
}

void Zone::add_referral(const Name& cut, const Sets& sets, bool dnssec_ok, Message& into) const {
  // NS records at a cut are not ours to sign.
  add_set(sets, Type::NS, nullptr, false, into.authorities);
  if (into.answers.empty()) into.authoritative = false;
  if (dnssec_ok && signed_) {
    if (sets.contains(Type::DS))
      add_set(sets, Type::DS, nullptr, true, into.authorities);
    else
      prove_no_data(cut, into);
  }
  add_glue(sets.at(Type::NS), false, into);
}

/// One name of the chain. True: go on with `name`.
bool Zone::step(Name& name, const Question& question, bool dnssec_ok, Message& into) const {
  // Cuts and DNAMEs between the apex and the name.
  const std::size_t depth = name.label_count();
  for (std::size_t labels = apex_.label_count(); labels <= depth; ++labels) {
    const Name above = name.suffix(labels);
    const Sets* sets = node(above);
    if (sets == nullptr) continue;
    if (labels > apex_.label_count() && sets->contains(Type::NS) &&
        !(labels == depth && question.type == Type::DS)) {
      add_referral(above, *sets, dnssec_ok, into);
      return false;
    }
    if (labels == depth || !sets->contains(Type::DNAME)) continue;
    // RFC 6672 section 3.2: the DNAME, and the CNAME that follows from it.
    add_set(*sets, Type::DNAME, nullptr, dnssec_ok, into.answers);
    const Record& dname = sets->at(Type::DNAME)[0];
    auto target = name_of(dname);
    if (!target.has_value()) return false;
    auto renamed = name.with_suffix(above, *target);
    if (!renamed.has_value()) {
      into.rcode = Rcode::YxDomain;
      return false;
    }
    into.answers.push_back({name, Type::CNAME, Class::IN, dname.ttl, renamed->wire()});
    name = std::move(*renamed);
    return name.is_at_or_below(apex_);
  }
  Name source = name;
  const Sets* sets = node(name);
  if (sets != nullptr && sets->contains(Type::NSEC3) && question.type != Type::NSEC3)
    sets = nullptr;
  bool wildcard = false;
  if (sets == nullptr && !exists(name)) {
    const Name encloser = closest_encloser(name);
    const auto star = encloser.wildcard();
    sets = star.has_value() ? node(*star) : nullptr;
    if (sets == nullptr) {
      // RFC 6604 section 3: the rcode is that of the last name of the chain.
      into.rcode = Rcode::NxDomain;
      add_soa(dnssec_ok, into);
      if (dnssec_ok) prove_absent(name, encloser, true, into);
      return false;
    }
    wildcard = true;
    source = *star;
    if (dnssec_ok) {
      // RFC 5155 section 7.2.6: of a wildcard answer only the next closer name is disproven.
      if (signed_ && uses_nsec3_) {
        if (const auto value = hash(name.suffix(encloser.label_count() + 1)); value.has_value())
          add_nsec3(*value, true, into);
      } else {
        prove_absent(name, encloser, false, into);
      }
    }
  }
  const Name* owner = wildcard ? &name : nullptr;
  if (sets != nullptr && sets->contains(Type::CNAME) && question.type != Type::CNAME &&
      question.type != Type::ANY && question.type != Type::NSEC && question.type != Type::RRSIG) {
    add_set(*sets, Type::CNAME, owner, dnssec_ok, into.answers);
    auto target = name_of(sets->at(Type::CNAME)[0]);
    if (!target.has_value()) return false;
    name = std::move(*target);
    return name.is_at_or_below(apex_);
  }
  if (sets != nullptr && question.type == Type::ANY) {
    // RFC 8482 section 4.1: one set is enough.
    for (const auto& [type, set] : *sets) {
      if (type == Type::RRSIG || type == Type::NSEC) continue;
      add_set(*sets, type, owner, dnssec_ok, into.answers);
      return false;
    }
  }
  if (sets != nullptr && sets->contains(question.type)) {
    add_set(*sets, question.type, owner, dnssec_ok, into.answers);
    add_glue(sets->at(question.type), dnssec_ok, into);
    return false;
  }
  add_soa(dnssec_ok, into);
  if (!dnssec_ok) return false;
  if (wildcard && uses_nsec3_) prove_absent(name, source.parent(), false, into);
  prove_no_data(source, into);
  return false;
}

void Zone::answer(const Question& question, bool dnssec_ok, Message& into) const {
  into.authoritative = true;
  into.rcode = Rcode::NoError;
  Name name = question.name;
  for (std::size_t i = 0; i <= kChainMax && step(name, question, dnssec_ok, into); ++i) {
    // A loop of aliases ends here with what was found.
    for (std::size_t k = 0; k + 1 < into.answers.size(); ++k)
      if (into.answers[k].owner == name && into.answers[k].type == Type::CNAME) return;
  }
}

std::vector<Record> Zone::transfer() const {
  std::vector<Record> all = {node(apex_)->at(Type::SOA)[0]};
  for (const auto& [name, sets] : nodes_)
    for (const auto& [type, set] : sets)
      if (type != Type::SOA) all.insert(all.end(), set.begin(), set.end());
  all.push_back(all.front());
  return all;
}

}  // namespace avila::dns
