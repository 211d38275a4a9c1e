// The states of keys at trust points (RFC 5011 sections 2 and 4), and their file.
#include <algorithm>
#include <avila/cell/guarded.hpp>
#include <avila/dns/anchors.hpp>
#include <avila/dns/zone_file.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/os/file_system.hpp>
#include <avila/text/number.hpp>

namespace avila::dns {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kSetMax = 64;  // keys of a set that is looked at
constexpr std::string_view kHead = "avila trust anchors 1";
constexpr std::string_view kSum = "sum ";
constexpr std::string_view kStates[] = {"addpend", "valid", "missing", "revoked", "removed"};

WallTime whole_seconds(WallTime time) noexcept { return {time.ns / kSecond * kSecond}; }

unsigned flags_of(const Record& key) noexcept {
  const auto data = Dnskey::decode(key.rdata);
  return data.has_value() ? data->flags : 0U;
}

/// The same key, whether or not it is revoked: that bit is in the second byte.
Record without_revoke(Record key) {
  key.rdata[1] = static_cast<char>(static_cast<unsigned char>(key.rdata[1]) & ~Dnskey::kRevoked);
  return key;
}

/// Whether an anchor stands for a key that is not revoked.
bool stands_for(const Anchor& anchor, const Record& key, const AnchorOptions& options) {
  if (anchor.record.type == Type::DNSKEY) return anchor.record.rdata == key.rdata;
  const auto ds = Ds::decode(anchor.record.rdata);
  return ds.has_value() && is_supported_digest(ds->digest_type, options.dnssec) &&
         matches(*ds, key.owner, key);
}

/// Zone keys of the set, each once.
std::vector<Record> zone_keys(const Name& zone, std::span<const Record> dnskeys) {
  std::vector<Record> keys;
  for (const Record& key : dnskeys) {
    const auto data = Dnskey::decode(key.rdata);
    const bool fits =
        data.has_value() && data->protocol == 3 && (data->flags & Dnskey::kZoneKey) != 0;
    const bool known = std::any_of(keys.begin(), keys.end(),
                                   [&](const Record& each) { return each.rdata == key.rdata; });
    if (!fits || known) continue;
    keys.push_back(key);
    keys.back().owner = zone;  // in the letters of the configuration
  }
  return keys;
}

/// Several DS of one key have become the same.
void drop_duplicates(std::vector<Anchor>& anchors) {
  for (auto each = anchors.begin(); each != anchors.end();) {
    const bool known = std::any_of(anchors.begin(), each, [&](const Anchor& before) {
      return before.record.type == each->record.type && before.record.rdata == each->record.rdata;
    });
    each = known ? anchors.erase(each) : std::next(each);
  }
}

/// RFC 5011 section 2.1: a key that is revoked and signs the set that says so. It needs no other.
bool take_revocations(TrustPoint& point, const std::vector<Record>& keys,
                      std::span<const Record> set, std::span<const Record> signatures, WallTime now,
                      const AnchorOptions& options, DnssecBudget& budget) {
  bool changed = false;
  for (const Record& key : keys) {
    if ((flags_of(key) & Dnskey::kRevoked) == 0) continue;
    const Record plain = without_revoke(key);
    const auto stands = [&](const Anchor& each) {
      return each.is_trusted() && stands_for(each, plain, options);
    };
    if (std::none_of(point.anchors.begin(), point.anchors.end(), stands)) continue;
    if (!verify_set(set, signatures, point.zone, std::span(&key, 1), now, options.dnssec, budget)
             .verified)
      continue;
    for (Anchor& anchor : point.anchors)
      if (stands(anchor)) anchor = {plain, AnchorState::Revoked, whole_seconds(now), {}};
    changed = true;
  }
  drop_duplicates(point.anchors);
  return changed;
}

/// KeyRem, KeyPres, AddTime and RemTime of the keys that are kept (section 4.2).
bool take_steps(TrustPoint& point, const std::vector<Record>& keys, WallTime now,
                const AnchorOptions& options) {
  bool changed = false;
  const auto go = [&](Anchor& anchor, AnchorState state) {
    anchor.state = state;
    anchor.since = whole_seconds(now);
    anchor.hold_down = Duration::zero();
    changed = true;
  };
  std::vector<Anchor> kept;
  for (Anchor& anchor : point.anchors) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const Record& each) {
      return (flags_of(each) & Dnskey::kRevoked) == 0 && stands_for(anchor, each, options);
    });
    const bool present = key != keys.end();
    const Duration age = now - anchor.since;
    if (present && anchor.record.type == Type::DS) {
      anchor.record = *key;
      changed = true;
    }
    switch (anchor.state) {
      case AnchorState::AddPend:
        if (!present) {  // back to Start: seen again, it waits anew
          changed = true;
          continue;
        }
        if (age >= anchor.hold_down) go(anchor, AnchorState::Valid);
        break;
      case AnchorState::Valid:
        if (!present) go(anchor, AnchorState::Missing);
        break;
      case AnchorState::Missing:
        if (present) go(anchor, AnchorState::Valid);
        break;
      case AnchorState::Revoked:
        if (age >= options.remove_hold_down) go(anchor, AnchorState::Removed);
        break;
      case AnchorState::Removed: break;
    }
    kept.push_back(std::move(anchor));
  }
  point.anchors = std::move(kept);
  drop_duplicates(point.anchors);
  return changed;
}

/// NewKey: a key for keys that is not known yet begins to wait.
bool take_new_keys(TrustPoint& point, const std::vector<Record>& keys, WallTime now,
                   Duration hold_down) {
  bool changed = false;
  for (const Record& key : keys) {
    const unsigned flags = flags_of(key);
    if ((flags & Dnskey::kSecureEntryPoint) == 0 || (flags & Dnskey::kRevoked) != 0) continue;
    const bool known =
        std::any_of(point.anchors.begin(), point.anchors.end(),
                    [&](const Anchor& each) { return each.record.rdata == key.rdata; });
    if (known) continue;
    if (point.anchors.size() >= TrustPoint::kAnchorsMax) {
      // The oldest of those that are only remembered makes room.
      const auto removed =
          std::find_if(point.anchors.begin(), point.anchors.end(),
                       [](const Anchor& each) { return each.state == AnchorState::Removed; });
      if (removed == point.anchors.end()) break;
      point.anchors.erase(removed);
    }
    point.anchors.push_back({key, AnchorState::AddPend, whole_seconds(now), hold_down});
    changed = true;
  }
  return changed;
}

bool is_deleted(const TrustPoint& point) {
  return std::none_of(point.anchors.begin(), point.anchors.end(),
                      [](const Anchor& each) { return each.is_trusted(); });
}

/// Section 2.3: between an hour and `most`, a part of the TTL and of the signature's life.
Duration pause(const TrustPoint& point, WallTime now, Duration most, std::int64_t divisor) {
  const Duration left = std::max(point.expires - now, Duration::zero());
  const Duration part{std::min(seconds(point.ttl).ns, left.ns) / divisor};
  return std::max(hours(1), std::min(most, part));
}

}  // namespace

std::string_view to_string(AnchorState state) noexcept {
  return kStates[static_cast<std::size_t>(state)];
}

AnchorRefresh refresh_trust_point(TrustPoint& point, std::span<const Record> dnskeys,
                                  std::span<const Record> signatures, WallTime now,
                                  const AnchorOptions& options) {
  AnchorRefresh result;
  const bool one_set = std::all_of(dnskeys.begin(), dnskeys.end(), [&](const Record& record) {
    return record.type == Type::DNSKEY && record.owner == point.zone;
  });
  if (!one_set || dnskeys.size() > kSetMax) return result;
  const std::vector<Record> keys = zone_keys(point.zone, dnskeys);
  DnssecBudget budget;
  result.changed = take_revocations(point, keys, dnskeys, signatures, now, options, budget);
  std::vector<Record> anchors;
  for (const Record& key : keys)
    if ((flags_of(key) & Dnskey::kRevoked) == 0 &&
        std::any_of(point.anchors.begin(), point.anchors.end(), [&](const Anchor& each) {
          return each.is_trusted() && stands_for(each, key, options);
        }))
      anchors.push_back(key);
  const SetVerdict verdict =
      verify_set(dnskeys, signatures, point.zone, anchors, now, options.dnssec, budget);
  if (!verdict.verified) return result;
  result.verified = true;
  point.ttl = verdict.original_ttl;
  point.expires = whole_seconds(now + seconds(verdict.expires_in));
  if (take_steps(point, keys, now, options)) result.changed = true;
  const Duration hold_down = std::max(options.add_hold_down, seconds(verdict.original_ttl));
  if (take_new_keys(point, keys, now, hold_down)) result.changed = true;
  point.next_refresh = whole_seconds(now + pause(point, now, days(15), 2));
  return result;
}

void delay_refresh(TrustPoint& point, WallTime now) {
  point.next_refresh = whole_seconds(now + pause(point, now, days(1), 10));
}

namespace {

std::string in_seconds(std::int64_t ns) { return std::to_string(ns / kSecond); }

/// The next word of a line, and the rest of it.
std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

Result<std::int64_t> next_seconds(std::string_view& line) {
  constexpr std::uint64_t kMost = 9'000'000'000;  // within 64 bits of nanoseconds
  const std::string_view word = next_word(line);
  const auto value = text::parse_uint(word);
  if (!value.has_value() || *value > kMost)
    return Error(Errc::Malformed, "seconds are expected in place of '" + std::string(word) + '\'');
  return static_cast<std::int64_t>(*value) * kSecond;
}

/// A record that can be an anchor of its owner.
Result<void> check_anchor(const Record& record) {
  const bool fits = record.record_class == Class::IN &&
                    (record.type == Type::DS || record.type == Type::DNSKEY) &&
                    is_valid_rdata(record.type, record.rdata);
  if (!fits) return Error(Errc::InvalidArgument, "no DS or DNSKEY record: " + record.to_string());
  if (record.type == Type::DNSKEY && (flags_of(record) & Dnskey::kRevoked) != 0)
    return Error(Errc::InvalidArgument, "the key is revoked: " + record.to_string());
  return {};
}

Result<TrustPoint> parse_point(std::string_view line) {
  TrustPoint point;
  AVILA_TRY(point.zone, Name::parse(next_word(line)));
  AVILA_TRY(point.next_refresh.ns, next_seconds(line));
  AVILA_TRY(const std::int64_t ttl, next_seconds(line));
  AVILA_TRY(point.expires.ns, next_seconds(line));
  if (ttl / kSecond > std::int64_t{UINT32_MAX})
    return Error(Errc::Malformed, "the TTL is too long");
  point.ttl = static_cast<std::uint32_t>(ttl / kSecond);
  if (!line.empty()) return Error(Errc::Malformed, "words are left over");
  return point;
}

Result<Anchor> parse_anchor(AnchorState state, std::string_view line, const Name& zone) {
  Anchor anchor;
  anchor.state = state;
  AVILA_TRY(anchor.since.ns, next_seconds(line));
  AVILA_TRY(anchor.hold_down.ns, next_seconds(line));
  AVILA_TRY(anchor.record, parse_record(line));
  AVILA_TRY_VOID(check_anchor(anchor.record));
  if (!(anchor.record.owner == zone))
    return Error(Errc::Malformed, "the key is not one of " + zone.to_string());
  if (!anchor.is_trusted() && anchor.record.type == Type::DS)
    return Error(Errc::Malformed, "a DS record is only valid or missing");
  return anchor;
}

Result<void> parse_line(std::string_view line, std::vector<TrustPoint>& points) {
  const std::string_view word = next_word(line);
  if (word == "point") {
    AVILA_TRY(TrustPoint point, parse_point(line));
    if (points.size() >= ManagedAnchors::kPointsMax)
      return Error(Errc::LimitExceeded, "more than 64 trust points");
    for (const TrustPoint& each : points)
      if (each.zone == point.zone) return Error(Errc::Malformed, "the trust point is there twice");
    points.push_back(std::move(point));
    return {};
  }
  const auto state = std::find(std::begin(kStates), std::end(kStates), word);
  if (state == std::end(kStates))
    return Error(Errc::Malformed, "'" + std::string(word) + "' is neither a point nor a state");
  if (points.empty()) return Error(Errc::Malformed, "a key before the first trust point");
  TrustPoint& point = points.back();
  if (point.anchors.size() >= TrustPoint::kAnchorsMax)
    return Error(Errc::LimitExceeded, "more than 32 keys of a trust point");
  AVILA_TRY(Anchor anchor,
            parse_anchor(static_cast<AnchorState>(state - std::begin(kStates)), line, point.zone));
  point.anchors.push_back(std::move(anchor));
  return {};
}

std::string sum_of(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::uint32_t crc = hash::crc32c(as_bytes(text));
  std::string sum;
  for (int shift = 28; shift >= 0; shift -= 4) sum.push_back(kDigits[crc >> shift & 15]);
  return sum;
}

}  // namespace

std::string trust_points_to_text(const std::vector<TrustPoint>& points) {
  std::string text(kHead);
  text += '\n';
  for (const TrustPoint& point : points) {
    text += "point " + point.zone.to_string() + ' ' + in_seconds(point.next_refresh.ns) + ' ' +
            std::to_string(point.ttl) + ' ' + in_seconds(point.expires.ns) + '\n';
    for (const Anchor& anchor : point.anchors)
      text += std::string(to_string(anchor.state)) + ' ' + in_seconds(anchor.since.ns) + ' ' +
              in_seconds(anchor.hold_down.ns) + ' ' + anchor.record.to_string() + '\n';
  }
  text += std::string(kSum) + sum_of(text) + '\n';
  return text;
}

Result<std::vector<TrustPoint>> parse_trust_points(std::string_view text) {
  if (text.size() > ManagedAnchors::kFileBytesMax)
    return Error(Errc::LimitExceeded, "the trust anchors are longer than 1 MiB");
  if (!text.starts_with(kHead))
    return Error(Errc::Malformed, "the first line is not '" + std::string(kHead) + '\'');
  const std::size_t size_of_sum = kSum.size() + 8 + 1;
  const std::size_t body = text.size() - std::min(text.size(), size_of_sum);
  if (text.substr(body) != std::string(kSum) + sum_of(text.substr(0, body)) + '\n')
    return Error(Errc::Corrupted, "the last line is not the checksum of those before");
  std::vector<TrustPoint> points;
  std::size_t number = 0;
  for (std::string_view left = text.substr(0, body); !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::string_view line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    if (++number == 1 && line == kHead) continue;
    AVILA_TRY_VOID(parse_line(line, points).context("line " + std::to_string(number)));
  }
  return points;
}

struct ManagedAnchors::State {
  State(os::FileSystem& system, std::string name, AnchorOptions chosen)
      : files(system), path(std::move(name)), options(chosen) {}
  os::FileSystem& files;
  const std::string path;
  const AnchorOptions options;
  cell::Guarded<std::vector<TrustPoint>> points;
  cell::Guarded<bool> saving;  // the newest is written last
};

ManagedAnchors::ManagedAnchors() = default;
ManagedAnchors::~ManagedAnchors() = default;

Result<std::unique_ptr<ManagedAnchors>> ManagedAnchors::open(os::FileSystem& files,
                                                             std::string path,
                                                             const std::vector<Record>& configured,
                                                             AnchorOptions options) {
  std::vector<TrustPoint> known;
  auto text = files.read_text(path, kFileBytesMax);
  if (text.has_value()) {
    AVILA_TRY(known, parse_trust_points(*text).context("trust anchors of " + path));
  } else if (!text.error().is(Errc::NotFound)) {
    return std::move(text).error().context("trust anchors");
  }
  std::vector<TrustPoint> points;
  const auto find = [](std::vector<TrustPoint>& all, const Name& zone) {
    return std::find_if(all.begin(), all.end(),
                        [&](const TrustPoint& each) { return each.zone == zone; });
  };
  for (const Record& record : configured) {
    AVILA_TRY_VOID(check_anchor(record));
    if (find(known, record.owner) != known.end()) {
      if (find(points, record.owner) == points.end()) points.push_back(*find(known, record.owner));
      continue;
    }
    auto point = find(points, record.owner);
    if (point == points.end()) {
      points.emplace_back().zone = record.owner;
      point = std::prev(points.end());
    }
    Anchor& anchor = point->anchors.emplace_back();
    anchor.record = record;
    if (point->anchors.size() > TrustPoint::kAnchorsMax)
      return Error(Errc::InvalidArgument,
                   "more than 32 anchors of " + point->zone.to_string() + " are configured");
  }
  if (points.size() > kPointsMax)
    return Error(Errc::InvalidArgument, "anchors of more than 64 zones are configured");
  std::unique_ptr<ManagedAnchors> anchors(new ManagedAnchors());
  anchors->state_ = std::make_unique<State>(files, std::move(path), options);
  *anchors->state_->points.lock() = std::move(points);
  AVILA_TRY_VOID(anchors->save());
  return anchors;
}

std::vector<TrustPoint> ManagedAnchors::points() const { return *state_->points.lock(); }

std::vector<Record> ManagedAnchors::trusted() const {
  std::vector<Record> all;
  const auto points = state_->points.lock();
  for (const TrustPoint& point : *points)
    for (const Anchor& anchor : point.anchors)
      if (anchor.is_trusted()) all.push_back(anchor.record);
  return all;
}

std::vector<Name> ManagedAnchors::due(WallTime now) const {
  std::vector<Name> zones;
  const auto points = state_->points.lock();
  for (const TrustPoint& point : *points)
    if (point.next_refresh <= now && !is_deleted(point)) zones.push_back(point.zone);
  return zones;
}

WallTime ManagedAnchors::next_refresh() const {
  WallTime next{INT64_MAX};
  const auto points = state_->points.lock();
  for (const TrustPoint& point : *points)
    if (!is_deleted(point)) next = std::min(next, point.next_refresh);
  return next;
}

AnchorRefresh ManagedAnchors::refresh(const Name& zone, std::span<const Record> dnskeys,
                                      std::span<const Record> signatures, WallTime now) {
  const auto points = state_->points.lock();
  for (TrustPoint& point : *points)
    if (point.zone == zone)
      return refresh_trust_point(point, dnskeys, signatures, now, state_->options);
  return {};
}

void ManagedAnchors::delay(const Name& zone, WallTime now) {
  const auto points = state_->points.lock();
  for (TrustPoint& point : *points)
    if (point.zone == zone) delay_refresh(point, now);
}

Result<void> ManagedAnchors::save() {
  const auto turn = state_->saving.lock();
  const std::string text = trust_points_to_text(points());
  return state_->files.write_atomically(state_->path, as_bytes(text)).context("trust anchors");
}

}  // namespace avila::dns
