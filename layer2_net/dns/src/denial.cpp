// Proofs of absence: NSEC (RFC 4035 section 5.4) and NSEC3 (RFC 5155 section 8).
#include <algorithm>
#include <avila/dns/dnssec.hpp>
#include <avila/hash/sha1.hpp>
#include <avila/text/encoding.hpp>

namespace avila::dns {

Result<std::string> nsec3_hash(const Name& name, std::uint8_t algorithm, std::uint16_t iterations,
                               std::string_view salt) {
  if (algorithm != 1)
    return Error(Errc::Unsupported, "NSEC3 hash algorithm " + std::to_string(algorithm));
  hash::Sha1 sha;
  sha.update(as_bytes(name.lower().wire()));
  sha.update(as_bytes(salt));
  hash::Sha1::Digest digest = sha.finish();
  for (unsigned i = 0; i < iterations; ++i) {
    sha.update(digest);
    sha.update(as_bytes(salt));
    digest = sha.finish();
  }
  return std::string(as_text(digest));
}

Denial::Denial(const Name& zone, std::span<const Record> records, const DnssecOptions& options,
               DnssecBudget& budget)
    : zone_(zone), budget_(budget) {
  std::size_t too_many = 0;
  for (const Record& record : records) {
    if (!record.owner.is_at_or_below(zone)) continue;
    if (record.type == Type::NSEC) {
      auto data = Nsec::decode(record.rdata);
      if (data.has_value()) nsec_.push_back({record.owner, std::move(*data)});
    } else if (record.type == Type::NSEC3 && record.owner.parent() == zone) {
      auto data = Nsec3::decode(record.rdata);
      // RFC 5155 section 8.1 and 8.2: unknown algorithms and flags are ignored.
      if (!data.has_value() || data->algorithm != 1 || (data->flags & ~Nsec3::kOptOut) != 0)
        continue;
      auto hash = text::base32hex_decode(record.owner.first_label(), text::Padding::Optional);
      if (!hash.has_value() || hash->size() != data->next_hash.size()) continue;
      if (data->iterations > options.nsec3_iterations_max) {
        ++too_many;
        continue;
      }
      // All of one answer share their parameters.
      if (!nsec3_.empty() &&
          (nsec3_[0].data.iterations != data->iterations || nsec3_[0].data.salt != data->salt))
        continue;
      nsec3_.push_back({std::move(*hash), std::move(*data)});
    }
  }
  too_many_iterations_ = too_many > 0 && nsec3_.empty() && nsec_.empty();
}

const Denial::OneNsec* Denial::nsec_matching(const Name& name) const noexcept {
  for (const OneNsec& each : nsec_)
    if (each.owner == name) return &each;
  return nullptr;
}

const Denial::OneNsec* Denial::nsec_covering(const Name& name) const noexcept {
  for (const OneNsec& each : nsec_) {
    // An NSEC from above a zone cut, or at a DNAME, says nothing of what is below it
    // (RFC 6840 section 4.1, RFC 6672 section 5.3.4.1).
    if (name.is_below(each.owner) &&
        ((each.data.types.contains(Type::NS) && !each.data.types.contains(Type::SOA)) ||
         each.data.types.contains(Type::DNAME)))
      continue;
    const bool last = !(each.owner < each.data.next);  // the last one leads back to the apex
    if (last ? each.owner < name && each.data.next == zone_
             : each.owner < name && name < each.data.next)
      return &each;
  }
  return nullptr;
}

std::optional<std::string> Denial::hash(const Name& name) {
  for (const auto& [known, value] : hashed_)
    if (known == name) return value;
  if (nsec3_.empty() || budget_.nsec3_hashes-- <= 0) return std::nullopt;
  const Nsec3& first = nsec3_[0].data;
  auto value = nsec3_hash(name, first.algorithm, first.iterations, first.salt);
  if (!value.has_value()) return std::nullopt;
  hashed_.emplace_back(name, *value);
  return std::move(*value);
}

const Denial::OneNsec3* Denial::nsec3_matching(const Name& name) {
  const auto value = hash(name);
  if (!value.has_value()) return nullptr;
  for (const OneNsec3& each : nsec3_)
    if (each.owner_hash == *value) return &each;
  return nullptr;
}

const Denial::OneNsec3* Denial::nsec3_covering(const Name& name) {
  const auto value = hash(name);
  if (!value.has_value()) return nullptr;
  // Hashes compare as unsigned bytes, as std::string does.
  for (const OneNsec3& each : nsec3_) {
    const std::string &from = each.owner_hash, &to = each.data.next_hash;
    if (from < to ? from < *value && *value < to : from < *value || *value < to) return &each;
  }
  return nullptr;
}

/// RFC 5155 section 8.3.
std::optional<Denial::Closest> Denial::closest(const Name& name) {
  if (!name.is_at_or_below(zone_)) return std::nullopt;
  const std::size_t least = zone_.label_count();
  for (std::size_t labels = name.label_count(); labels-- > least;) {
    const Name encloser = name.suffix(labels);
    const OneNsec3* match = nsec3_matching(encloser);
    if (match == nullptr) continue;
    // Neither below a zone cut, nor below a DNAME.
    if (match->data.types.contains(Type::DNAME) ||
        (match->data.types.contains(Type::NS) && !match->data.types.contains(Type::SOA)))
      return std::nullopt;
    Closest found{encloser, name.suffix(labels + 1), nullptr};
    found.cover = nsec3_covering(found.next_closer);
    return found;
  }
  return std::nullopt;
}

Proof Denial::name_error(const Name& name) {
  if (const OneNsec* cover = nsec_covering(name); cover != nullptr) {
    // An empty non-terminal exists: the next name is below it.
    if (cover->data.next.is_below(name)) return Proof::None;
    // The closest encloser is the longer of what the name shares with both ends.
    const Name left = name.common_ancestor(cover->owner);
    const Name right = name.common_ancestor(cover->data.next);
    const Name& encloser = left.label_count() > right.label_count() ? left : right;
    const auto wildcard = encloser.wildcard();
    if (!wildcard.has_value()) return Proof::Proven;  // too long to exist
    return nsec_covering(*wildcard) != nullptr ? Proof::Proven : Proof::None;
  }
  const auto found = closest(name);
  if (!found.has_value() || found->cover == nullptr) return Proof::None;
  const auto wildcard = found->encloser.wildcard();
  if (wildcard.has_value() && nsec3_covering(*wildcard) == nullptr) return Proof::None;
  return (found->cover->data.flags & Nsec3::kOptOut) != 0 ? Proof::OptOut : Proof::Proven;
}

bool Denial::denies(const Name& name) {
  if (nsec_covering(name) != nullptr) return true;
  const auto found = closest(name);
  return found.has_value() && found->cover != nullptr;
}

Proof Denial::no_data(const Name& name, Type type) {
  const auto lacks = [&](const TypeBitmap& types, bool wildcard) {
    if (types.contains(type) || types.contains(Type::CNAME)) return false;
    const bool cut = types.contains(Type::NS) && !types.contains(Type::SOA);
    // RFC 6840 section 4.1: at a zone cut the parent speaks of DS only, the child of all else.
    if (type == Type::DS && !wildcard) return !types.contains(Type::SOA) || name.is_root();
    return !cut;
  };
  if (const OneNsec* match = nsec_matching(name); match != nullptr)
    return lacks(match->data.types, false) ? Proof::Proven : Proof::None;
  if (const OneNsec* cover = nsec_covering(name); cover != nullptr) {
    if (cover->data.next.is_below(name)) return Proof::Proven;  // an empty non-terminal
    const Name left = name.common_ancestor(cover->owner);
    const Name right = name.common_ancestor(cover->data.next);
    const auto wildcard = (left.label_count() > right.label_count() ? left : right).wildcard();
    if (!wildcard.has_value()) return Proof::None;
    const OneNsec* match = nsec_matching(*wildcard);
    return match != nullptr && lacks(match->data.types, true) ? Proof::Proven : Proof::None;
  }
  if (const OneNsec3* match = nsec3_matching(name); match != nullptr)
    return lacks(match->data.types, false) ? Proof::Proven : Proof::None;
  const auto found = closest(name);
  if (!found.has_value() || found->cover == nullptr) return Proof::None;
  const bool opt_out = (found->cover->data.flags & Nsec3::kOptOut) != 0;
  // RFC 5155 section 8.7: the wildcard is there, without the type.
  if (const auto wildcard = found->encloser.wildcard(); wildcard.has_value())
    if (const OneNsec3* match = nsec3_matching(*wildcard); match != nullptr) {
      if (!lacks(match->data.types, true)) return Proof::None;
      return opt_out ? Proof::OptOut : Proof::Proven;
    }
  // Section 8.6: an unsigned delegation within an opt-out span.
  return type == Type::DS && opt_out ? Proof::OptOut : Proof::None;
}

Proof Denial::wildcard_expansion(const Name& name, const Name& closest_encloser) {
  if (!name.is_below(closest_encloser)) return Proof::None;
  if (!nsec_.empty()) {
    const OneNsec* cover = nsec_covering(name);
    if (cover == nullptr || cover->data.next.is_below(name)) return Proof::None;
    // The next closer name must be absent too, else its own wildcard would count.
    const Name next_closer = name.suffix(closest_encloser.label_count() + 1);
    return cover->owner.is_at_or_below(next_closer) || cover->data.next.is_at_or_below(next_closer)
               ? Proof::None
               : Proof::Proven;
  }
  const OneNsec3* cover = nsec3_covering(name.suffix(closest_encloser.label_count() + 1));
  if (cover == nullptr) return Proof::None;
  return (cover->data.flags & Nsec3::kOptOut) != 0 ? Proof::OptOut : Proof::Proven;
}

Proof Denial::insecure_delegation(const Name& name) {
  const auto unsigned_cut = [](const TypeBitmap& types) {
    return types.contains(Type::NS) && !types.contains(Type::DS) && !types.contains(Type::SOA);
  };
  if (const OneNsec* match = nsec_matching(name); match != nullptr)
    return unsigned_cut(match->data.types) ? Proof::Proven : Proof::None;
  if (const OneNsec3* match = nsec3_matching(name); match != nullptr)
    return unsigned_cut(match->data.types) ? Proof::Proven : Proof::None;
  const auto found = closest(name);
  if (!found.has_value() || found->cover == nullptr) return Proof::None;
  return (found->cover->data.flags & Nsec3::kOptOut) != 0 ? Proof::OptOut : Proof::None;
}

}  // namespace avila::dns
