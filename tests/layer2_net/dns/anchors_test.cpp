// Trust anchors that keep themselves up to date (RFC 5011): the states of keys, in simulated time.
#include <avila/dns/anchors.hpp>
#include <avila/os/memory_file_system.hpp>

#include "resolver_fixture.hpp"
#include "signer.hpp"

namespace {

using namespace dns_test;
using dns::Anchor;
using dns::AnchorRefresh;
using dns::AnchorState;
using dns::TrustPoint;

Name name(const std::string& text) { return Name::parse(text).value(); }

const Signer kA{Name(), 1}, kB{Name(), 2}, kC{Name(), 3}, kOther{Name(), 9};
const Signer kZoneSigning{Name(), 8, dns::Dnskey::kZoneKey};

/// A DNSKEY set and who signs it.
struct KeySet {
  std::vector<Record> keys, signatures;
};
KeySet key_set(const std::vector<Signer>& keys, const std::vector<Signer>& signers,
               std::uint32_t ttl = 172'800, std::uint32_t expiration = kExpiration) {
  KeySet set;
  for (const Signer& key : keys) {
    set.keys.push_back(key.dnskey());
    set.keys.back().ttl = ttl;
  }
  for (const Signer& signer : signers) set.signatures.push_back(signer.sign(set.keys, expiration));
  return set;
}

class DnsTrustPoint : public ::testing::Test {
 protected:
  DnsTrustPoint() { anchor(kA.ds()); }
  void anchor(const Record& record) { point_.anchors.emplace_back().record = record; }
  AnchorRefresh refresh(const KeySet& set) {
    return dns::refresh_trust_point(point_, set.keys, set.signatures, clock_.wall(), options_);
  }
  bool verified(const std::vector<Signer>& keys, const std::vector<Signer>& signers) {
    return refresh(key_set(keys, signers)).verified;
  }
  /// "valid", ..., or "start" for one that is not kept.
  std::string state(const Signer& signer) const {
    for (const Anchor& each : point_.anchors)
      if (each.record.rdata == signer.dnskey().rdata || each.record.rdata == signer.ds().rdata)
        return std::string(to_string(each.state));
    return "start";
  }
  bool trusts(const Signer& signer) const {
    return state(signer) == "valid" || state(signer) == "missing";
  }
  os::ManualClock clock_{kSignedTime};
  dns::AnchorOptions options_;
  TrustPoint point_;
};

TEST_F(DnsTrustPoint, DsBecomesTheKeyThatItNames) {
  anchor({Name(), Type::DS, dns::Class::IN, 0, dns::make_ds(Name(), kA.dnskey(), 4)->encode()});
  EXPECT_TRUE(verified({kA, kZoneSigning}, {kA}));
  ASSERT_EQ(point_.anchors.size(), 1U);
  EXPECT_EQ(point_.anchors[0].record.rdata, kA.dnskey().rdata);
  EXPECT_EQ(state(kA), "valid");
}

TEST_F(DnsTrustPoint, NewKeysWaitThirtyDays) {
  EXPECT_TRUE(verified({kA, kB, kZoneSigning}, {kA}));
  EXPECT_EQ(state(kB), "addpend");
  EXPECT_EQ(state(kZoneSigning), "start");  // no SEP flag
  clock_.advance(days(30) - seconds(1));
  EXPECT_TRUE(verified({kA, kB, kZoneSigning}, {kA}));
  EXPECT_EQ(state(kB), "addpend");
  EXPECT_FALSE(verified({kB}, {kB}));
  clock_.advance(seconds(1));
  EXPECT_TRUE(refresh(key_set({kA, kB}, {kA})).changed);
  EXPECT_EQ(state(kB), "valid");
  EXPECT_TRUE(verified({kB}, {kB}));
}

// It is not enough that time goes by: the key must be there when it has gone by.
TEST_F(DnsTrustPoint, NewKeysThatAreNotSeenAgainAreForgottenAndWaitAnew) {
  EXPECT_TRUE(verified({kA, kB}, {kA}));
  clock_.advance(days(29));
  EXPECT_TRUE(verified({kA}, {kA}));
  EXPECT_EQ(state(kB), "start");
  clock_.advance(days(2));
  EXPECT_TRUE(verified({kA, kB}, {kA}));
  EXPECT_EQ(state(kB), "addpend");
  clock_.advance(days(29));
  EXPECT_TRUE(verified({kA, kB}, {kA}));
  EXPECT_EQ(state(kB), "addpend");
  clock_.advance(days(1));
  EXPECT_TRUE(verified({kA, kB}, {kA}));
  EXPECT_EQ(state(kB), "valid");
}

TEST_F(DnsTrustPoint, LongTtlsMakeNewKeysWaitLonger) {
  const std::uint32_t ttl = 40 * 86'400;
  EXPECT_TRUE(refresh(key_set({kA, kB}, {kA}, ttl)).verified);
  clock_.advance(days(40) - seconds(1));
  EXPECT_TRUE(refresh(key_set({kA, kB}, {kA}, 300)).verified);
  EXPECT_EQ(state(kB), "addpend");
  clock_.advance(seconds(1));
  EXPECT_TRUE(refresh(key_set({kA, kB}, {kA}, 300)).verified);
  EXPECT_EQ(state(kB), "valid");
}

TEST_F(DnsTrustPoint, SetsThatNoAnchorSignsChangeNothing) {
  EXPECT_TRUE(verified({kA, kB}, {kA}));
  const TrustPoint before = point_;
  const auto ignored = [&](const KeySet& set) {
    const AnchorRefresh outcome = refresh(set);
    return !outcome.verified && !outcome.changed && point_ == before;
  };
  clock_.advance(days(31));
  EXPECT_TRUE(ignored(key_set({kA, kB, kC}, {kB})));  // by one that waits
  EXPECT_TRUE(ignored(key_set({kA, kB, kC}, {kOther})));
  EXPECT_TRUE(ignored(key_set({kA, kB, kC}, {})));
  EXPECT_TRUE(ignored(key_set({kB, kC}, {kA})));  // by one that is not in it
  EXPECT_TRUE(ignored(key_set({kA, kB, kC}, {kA}, 300, 1'600'000'000)));  // expired
  KeySet forged = key_set({kA, kB}, {kA});
  forged.keys.push_back(kC.dnskey());
  EXPECT_TRUE(ignored(forged));
  KeySet mixed = key_set({kA, kB}, {kA});
  mixed.keys.push_back(dns::parse_record(". 60 A 192.0.2.1").value());
  EXPECT_TRUE(ignored(mixed));
  EXPECT_TRUE(ignored({}));
}

TEST_F(DnsTrustPoint, MissingAnchorsStayAnchors) {
  anchor(kB.ds());
  EXPECT_TRUE(verified({kA}, {kA}));
  EXPECT_EQ(state(kB), "missing");
  clock_.advance(days(400));
  EXPECT_TRUE(verified({kB}, {kB}));
  EXPECT_EQ(state(kB), "valid");
  EXPECT_EQ(state(kA), "missing");
  EXPECT_TRUE(verified({kA, kB}, {kB}));
  EXPECT_EQ(state(kA), "valid");
}

TEST_F(DnsTrustPoint, RevokedKeysAreAnchorsNoLonger) {
  anchor(kB.ds());
  EXPECT_TRUE(verified({kA, kB}, {kA}));
  EXPECT_TRUE(verified({kA.revoked(), kB}, {kA.revoked(), kB}));
  EXPECT_EQ(state(kA), "revoked");
  // It signs again as if nothing had been: too late.
  EXPECT_FALSE(verified({kA, kC}, {kA}));
  EXPECT_TRUE(verified({kA, kB}, {kA, kB}));
  EXPECT_EQ(state(kA), "revoked");
}

TEST_F(DnsTrustPoint, MissingAnchorsAndDsAreRevokedToo) {
  anchor(kB.ds());
  EXPECT_TRUE(verified({kA}, {kA}));
  EXPECT_EQ(state(kB), "missing");
  EXPECT_TRUE(verified({kA, kB.revoked()}, {kA, kB.revoked()}));
  EXPECT_EQ(state(kB), "revoked");
}

// Others cannot revoke a key: the flag counts with its own signature only.
TEST_F(DnsTrustPoint, RevocationNeedsTheKeysOwnSignature) {
  anchor(kB.ds());
  EXPECT_TRUE(verified({kA, kB}, {kA}));
  EXPECT_TRUE(verified({kA, kB.revoked()}, {kA}));
  EXPECT_EQ(state(kB), "missing");  // as it was, it is not there
  KeySet forged = key_set({kA, kB.revoked()}, {kA, kB.revoked()});
  forged.signatures[1].rdata.back() ^= 1;
  EXPECT_TRUE(refresh(forged).verified);
  EXPECT_TRUE(trusts(kB));
  EXPECT_TRUE(verified({kA, kB}, {kA}));
  EXPECT_EQ(state(kB), "valid");
}

TEST_F(DnsTrustPoint, WaitingKeysThatAreRevokedAreForgotten) {
  EXPECT_TRUE(verified({kA, kB}, {kA}));
  EXPECT_EQ(state(kB), "addpend");
  EXPECT_TRUE(verified({kA, kB.revoked()}, {kA, kB.revoked()}));
  EXPECT_EQ(state(kB), "start");
}

TEST_F(DnsTrustPoint, RevokedKeysAreRemovedAfterThirtyDaysAndNeverNewAgain) {
  anchor(kB.ds());
  EXPECT_TRUE(verified({kA.revoked(), kB}, {kA.revoked(), kB}));
  clock_.advance(days(30) - seconds(1));
  EXPECT_TRUE(verified({kA.revoked(), kB}, {kA.revoked(), kB}));
  EXPECT_EQ(state(kA), "revoked");
  clock_.advance(seconds(1));
  EXPECT_TRUE(verified({kB}, {kB}));
  EXPECT_EQ(state(kA), "removed");
  EXPECT_TRUE(verified({kA, kB}, {kB}));
  EXPECT_EQ(state(kA), "removed");
}

// RFC 5011 section 5.
TEST_F(DnsTrustPoint, AllAnchorsRevokedDeleteThePoint) {
  const AnchorRefresh outcome = refresh(key_set({kA.revoked(), kB}, {kA.revoked()}));
  EXPECT_FALSE(outcome.verified);
  EXPECT_TRUE(outcome.changed);
  EXPECT_FALSE(trusts(kA));
  EXPECT_EQ(state(kB), "start");
  clock_.advance(days(60));
  EXPECT_FALSE(verified({kA, kB}, {kA, kB}));
  EXPECT_FALSE(trusts(kA));
}

TEST_F(DnsTrustPoint, ThirtyTwoKeysAreKept) {
  std::vector<Signer> keys{kA};
  for (std::uint8_t seed = 100; seed < 140; ++seed) keys.emplace_back(Name(), seed);
  EXPECT_TRUE(verified(keys, {kA}));
  EXPECT_EQ(point_.anchors.size(), 32U);
  EXPECT_EQ(state(kA), "valid");
  while (keys.size() < 64) keys.emplace_back(Name(), static_cast<std::uint8_t>(100 + keys.size()));
  EXPECT_TRUE(verified(keys, {kA}));
  keys.push_back(kOther);
  EXPECT_FALSE(verified(keys, {kA}));  // more than 64 keys are not looked at
  EXPECT_EQ(point_.anchors.size(), 32U);
  // What is only remembered makes room.
  point_.anchors[31].state = AnchorState::Removed;
  EXPECT_TRUE(verified({kA, kB}, {kA}));
  EXPECT_EQ(state(kB), "addpend");
}

TEST_F(DnsTrustPoint, IsAskedAgainInTime) {
  const auto after = [&](std::uint32_t ttl, std::uint32_t life) {
    const auto now = static_cast<std::uint32_t>(clock_.wall().ns / 1'000'000'000);
    EXPECT_TRUE(refresh(key_set({kA}, {kA}, ttl, now + life)).verified);
    const Duration good = point_.next_refresh - clock_.wall();
    dns::delay_refresh(point_, clock_.wall());
    const Duration bad = point_.next_refresh - clock_.wall();
    return std::pair(good.ns / 1'000'000'000, bad.ns / 1'000'000'000);
  };
  const std::uint32_t hour = 3600, day = 86'400;
  using Pair = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(after(300, 20 * day), Pair(hour, hour));
  EXPECT_EQ(after(2 * day, 20 * day), Pair(day, day / 5));
  EXPECT_EQ(after(20 * day, 4 * day), Pair(2 * day, 4 * day / 10));
  EXPECT_EQ(after(60 * day, 90 * day), Pair(15 * day, day));
}

std::vector<TrustPoint> some_points() {
  TrustPoint root;
  root.next_refresh = {1'700'086'400LL * 1'000'000'000};
  root.ttl = 172'800;
  root.expires = {1'701'000'000LL * 1'000'000'000};
  for (const Signer& signer : {kA, kB, kC, kOther}) {
    Anchor anchor{signer.dnskey(), static_cast<AnchorState>(root.anchors.size()), kSignedTime, {}};
    if (anchor.state == AnchorState::AddPend) anchor.hold_down = days(30);
    root.anchors.push_back(anchor);
  }
  root.anchors.push_back({Signer{Name(), 7}.dnskey(), AnchorState::Removed, kSignedTime, {}});
  TrustPoint other;
  other.zone = Name::parse("a\\ b\\.c.test").value();
  other.anchors.emplace_back().record = Signer{other.zone, 4}.ds();
  return {root, other};
}

TEST(DnsAnchorFile, KeepsEverything) {
  const std::vector<TrustPoint> points = some_points();
  const std::string text = dns::trust_points_to_text(points);
  const auto again = dns::parse_trust_points(text);
  ASSERT_TRUE(again.has_value()) << again.error().to_string() << text;
  EXPECT_EQ(*again, points);
  EXPECT_TRUE(dns::parse_trust_points(dns::trust_points_to_text({}))->empty());
}

TEST(DnsAnchorFile, DamageIsToldAndNeverRead) {
  const std::string text = dns::trust_points_to_text(some_points());
  for (std::size_t size = 0; size < text.size(); ++size)
    ASSERT_FALSE(dns::parse_trust_points(text.substr(0, size)).has_value()) << size;
  for (std::size_t at = 0; at < text.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit);
      ASSERT_FALSE(dns::parse_trust_points(flipped).has_value()) << at << ' ' << bit;
    }
  EXPECT_TRUE(dns::parse_trust_points(text.substr(0, 100)).error().is(Errc::Corrupted));
  EXPECT_FALSE(dns::parse_trust_points(text + "\n").has_value());
}

/// The lines with the checksum that they ask for.
std::string sealed(const std::string& lines) {
  const std::string whole = "avila trust anchors 1\n" + lines;
  static constexpr char kDigits[] = "0123456789abcdef";
  std::uint32_t crc = ~0U;
  for (const char c : whole) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (0x82F63B78U & (0U - (crc & 1)));
  }
  crc = ~crc;
  std::string sum;
  for (int shift = 28; shift >= 0; shift -= 4) sum.push_back(kDigits[crc >> shift & 15]);
  return whole + "sum " + sum + '\n';
}

TEST(DnsAnchorFile, LinesThatMakeNoSenseAreTold) {
  const auto error = [](const std::string& lines) {
    const auto points = dns::parse_trust_points(sealed(lines));
    return points.has_value() ? std::string() : points.error().to_string();
  };
  const std::string point = "point . 1700000000 172800 1700000000\n";
  const std::string key = kA.dnskey().to_string() + '\n', ds = kA.ds().to_string() + '\n';
  EXPECT_EQ(error(point + "valid 1700000000 0 " + key + "missing 1700000000 0 " + ds), "");
  const auto expect = [&](const std::string& lines, const char* part) {
    EXPECT_NE(error(lines).find(part), std::string::npos) << lines << error(lines);
  };
  expect(point + "valid x 0 " + key, "line 3");
  expect(point + "valid x 0 " + key, "seconds are expected");
  expect(point + "valid 9000000001 0 " + key, "seconds are expected");
  expect(point + "valid -1 0 " + key, "seconds are expected");
  expect(point + "start 1 0 " + key, "neither a point nor a state");
  expect("\n", "neither a point nor a state");
  expect("valid 1 0 " + key, "before the first trust point");
  expect(point + point, "twice");
  expect("point . 1 1 1 1\n", "left over");
  expect("point . 1 4294967296 1\n", "TTL");
  expect("point a..b 1 1 1\n", "line 2");
  expect(point + "valid 1 0 . 300 IN A 192.0.2.1\n", "no DS or DNSKEY");
  expect(point + "valid 1 0 . 300 CH DNSKEY 257 3 15 AAAA\n", "line 3");
  expect(point + "valid 1 0 " + kA.revoked().dnskey().to_string() + '\n', "is revoked");
  expect(point + "valid 1 0 test" + key, "not one of .");
  expect(point + "addpend 1 0 " + ds, "only valid or missing");
  expect(point + "valid 1 0 nonsense\n", "line 3");
  std::string many = point;
  for (int i = 0; i < 32; ++i) many += "valid 1 0 " + key;
  EXPECT_EQ(error(many), "");
  expect(many + "valid 1 0 " + key, "more than 32");
  many.clear();
  for (int i = 0; i < 64; ++i) many += "point z" + std::to_string(i) + ". 1 1 1\n";
  EXPECT_EQ(error(many), "");
  expect(many + point, "more than 64");
  EXPECT_TRUE(
      dns::parse_trust_points(std::string((1 << 20) + 1, 'x')).error().is(Errc::LimitExceeded));
}

class DnsManagedAnchors : public ::testing::Test {
 protected:
  Result<std::unique_ptr<dns::ManagedAnchors>> open(const std::vector<Record>& configured) {
    return dns::ManagedAnchors::open(files_, "/state/anchors", configured);
  }
  void SetUp() override { ASSERT_TRUE(files_.create_directories("/state").has_value()); }
  static AnchorRefresh refresh(dns::ManagedAnchors& anchors, const KeySet& set, WallTime now) {
    return anchors.refresh(Name(), set.keys, set.signatures, now);
  }
  os::MemoryFileSystem files_;
};

TEST_F(DnsManagedAnchors, RememberOverRestarts) {
  {
    auto anchors = open({kA.ds()}).value();
    EXPECT_EQ(anchors->due(kSignedTime).size(), 1U);
    EXPECT_TRUE(refresh(*anchors, key_set({kA, kB}, {kA}), kSignedTime).changed);
    ASSERT_TRUE(anchors->save().has_value());
    EXPECT_TRUE(anchors->due(kSignedTime).empty());
  }
  {
    auto anchors = open({kA.ds()}).value();
    EXPECT_EQ(anchors->points()[0].anchors.size(), 2U);
    EXPECT_EQ(anchors->trusted().size(), 1U);
    EXPECT_TRUE(refresh(*anchors, key_set({kA, kB}, {kA}), kSignedTime + days(30)).changed);
    EXPECT_TRUE(
        refresh(*anchors, key_set({kA.revoked(), kB}, {kA.revoked(), kB}), kSignedTime + days(31))
            .changed);
    ASSERT_TRUE(anchors->save().has_value());
  }
  // The configuration still names the key that is revoked.
  auto anchors = open({kA.ds()}).value();
  ASSERT_EQ(anchors->trusted().size(), 1U);
  EXPECT_EQ(anchors->trusted()[0].rdata, kB.dnskey().rdata);
  // Zones come and go with the configuration.
  const Name zone = name("b.test");
  anchors = open({kA.ds(), Signer{zone, 5}.dnskey()}).value();
  EXPECT_EQ(anchors->trusted().size(), 2U);
  anchors = open({Signer{zone, 5}.dnskey()}).value();
  ASSERT_EQ(anchors->points().size(), 1U);
  EXPECT_EQ(anchors->points()[0].zone, zone);
}

TEST_F(DnsManagedAnchors, PointsThatAreDeletedAreNotAskedFor) {
  auto anchors = open({kA.ds()}).value();
  EXPECT_TRUE(refresh(*anchors, key_set({kA.revoked()}, {kA.revoked()}), kSignedTime).changed);
  EXPECT_TRUE(anchors->trusted().empty());
  EXPECT_TRUE(anchors->due(kSignedTime + days(100)).empty());
  EXPECT_EQ(anchors->next_refresh(), WallTime{INT64_MAX});
  ASSERT_TRUE(anchors->save().has_value());
  EXPECT_TRUE(open({kA.ds()}).value()->trusted().empty());
}

TEST_F(DnsManagedAnchors, RefuseWhatIsNoAnchorAndDamagedFiles) {
  const auto code = [&](const std::vector<Record>& configured) {
    const auto anchors = open(configured);
    return anchors.has_value() ? std::optional<Errc>() : anchors.error().code();
  };
  EXPECT_EQ(code({dns::parse_record(". 60 A 192.0.2.1").value()}), Errc::InvalidArgument);
  EXPECT_EQ(code({kA.revoked().dnskey()}), Errc::InvalidArgument);
  EXPECT_EQ(code({Record{Name(), Type::DS, dns::Class::IN, 1, "x"}}), Errc::InvalidArgument);
  std::vector<Record> keys, zones;
  for (std::uint8_t i = 0; i < 32; ++i) keys.push_back(Signer{Name(), i}.dnskey());
  EXPECT_EQ(code(keys), std::nullopt);
  EXPECT_TRUE(files_.remove("/state/anchors").has_value());
  keys.push_back(Signer{Name(), 32}.dnskey());
  EXPECT_EQ(code(keys), Errc::InvalidArgument);
  for (int i = 0; i < 64; ++i) zones.push_back(Signer{name("z" + std::to_string(i))}.dnskey());
  EXPECT_EQ(code(zones), std::nullopt);
  zones.push_back(Signer{name("z64")}.dnskey());
  EXPECT_EQ(code(zones), Errc::InvalidArgument);
  ASSERT_TRUE(open({kA.ds()}).has_value());
  ASSERT_TRUE(files_.rot("/state/anchors", 1).has_value());
  const auto damaged = open({kA.ds()});
  ASSERT_FALSE(damaged.has_value());
  EXPECT_NE(damaged.error().to_string().find("/state/anchors"), std::string::npos);
  const auto nowhere = dns::ManagedAnchors::open(files_, "/elsewhere/anchors", {kA.ds()});
  EXPECT_FALSE(nowhere.has_value());
}

// Whenever power fails, the file is as it was before or as it should become.
TEST_F(DnsManagedAnchors, TheFileIsReplacedAtomically) {
  int old_ones = 0, new_ones = 0;
  for (std::uint64_t changes = 1; changes <= 12; ++changes)
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      os::MemoryFileSystem files(seed);
      ASSERT_TRUE(files.create_directories("/state").has_value());
      ASSERT_TRUE(files.sync_directory("/").has_value());
      auto anchors = dns::ManagedAnchors::open(files, "/state/anchors", {kA.ds()}).value();
      (void)refresh(*anchors, key_set({kA, kB}, {kA}), kSignedTime);
      files.lose_power_after(changes);
      const auto saved = anchors->save();
      files.crash();
      const auto text = files.read_text("/state/anchors");
      ASSERT_TRUE(text.has_value());
      const auto points = dns::parse_trust_points(*text);
      ASSERT_TRUE(points.has_value()) << points.error().to_string();
      const bool is_new = (*points)[0].anchors.size() == 2;
      (is_new ? new_ones : old_ones) += 1;
      EXPECT_TRUE(is_new || !saved.has_value()) << changes;
    }
  EXPECT_GT(old_ones, 0);
  EXPECT_GT(new_ones, 0);
}

/// A root whose key-signing keys change, a TLD below it.
class DnsRollover : public DnsResolver {
 protected:
  DnsRollover() {
    servers_.clear();
    servers_["192.0.2.1"].add(kZoneSigning.sign_zone(
        ". SOA a. b. 1 1 1 1 60\n. NS a.\na. A 192.0.2.1\ntest. 300 NS ns.test.\n"
        "ns.test. A 192.0.2.2\n" +
        tld_.ds().to_string() + "\n"));
    servers_["192.0.2.2"].add(
        tld_.sign_zone("test. SOA a. b. 1 1 1 1 60\ntest. NS ns.test.\nns.test. A 192.0.2.2\n"
                       "www.test. 60 A 203.0.113.1\n"));
    lie_ = [this](const tcp::SocketAddress& server, const Message& query, Message answer, bool) {
      if (query.questions[0].name.is_root() && query.questions[0].type == Type::DNSKEY) {
        ++key_queries_;
        if (silent_) return std::vector<Packet>();
        answer.authorities.clear();
        answer.answers = root_.keys;
        answer.answers.insert(answer.answers.end(), root_.signatures.begin(),
                              root_.signatures.end());
      }
      return std::vector<Packet>{{server, answer.encode().value()}};
    };
    clock_.set_wall(kSignedTime);
    EXPECT_TRUE(files_.create_directories("/state").has_value());
    options_.zones = {{Name(), {at("192.0.2.1", 0)}, false}};
    show({kA}, {kA});
  }
  void show(std::vector<Signer> keys, const std::vector<Signer>& signers) {
    keys.push_back(kZoneSigning);
    root_ = key_set(keys, signers, 86'400);
  }
  void start(const std::vector<Record>& configured) {
    resolver_ = nullptr;
    anchors_ = dns::ManagedAnchors::open(files_, "/state/anchors", configured).value();
    options_.managed_anchors = anchors_.get();
    network_ = std::make_unique<dns_test::FakeNetwork>(executor_, respond());
    resolver_ = std::make_unique<dns::Resolver>(*network_, options_);
  }
  Result<void> refresh() { return executor_.block_on(resolver_->refresh_anchors()); }
  std::string states() const {
    std::string all;
    const auto points = anchors_->points();
    for (const Anchor& each : points[0].anchors)
      all += (all.empty() ? "" : " ") + std::string(to_string(each.state));
    return all;
  }
  dns::Security asked() {
    resolver_->cache().clear();
    return ask("www.test").security;
  }
  const Signer tld_{name("test"), 20};
  KeySet root_;
  bool silent_ = false;
  int key_queries_ = 0;
  os::MemoryFileSystem files_;
  std::unique_ptr<dns::ManagedAnchors> anchors_;
};

TEST_F(DnsRollover, ResolversFollowARolloverOverARestart) {
  start({kA.ds()});
  EXPECT_EQ(asked(), dns::Security::Secure);  // before the first refresh too
  ASSERT_TRUE(refresh().has_value());
  EXPECT_EQ(states(), "valid");
  show({kA, kB}, {kA});
  for (int day = 0; day < 15; ++day) {
    ASSERT_TRUE(refresh().has_value()) << day;
    ASSERT_EQ(asked(), dns::Security::Secure) << day;
    clock_.advance(days(1));
  }
  EXPECT_EQ(states(), "valid addpend");
  start({kA.ds()});
  for (int day = 15; day < 32; ++day) {
    ASSERT_TRUE(refresh().has_value()) << day;
    clock_.advance(days(1));
  }
  EXPECT_EQ(states(), "valid valid");
  show({kA.revoked(), kB}, {kA.revoked(), kB});
  EXPECT_EQ(asked(), dns::Security::Secure);
  ASSERT_TRUE(refresh().has_value());
  EXPECT_EQ(states(), "revoked valid");
  show({kB}, {kB});
  clock_.advance(days(31));
  ASSERT_TRUE(refresh().has_value());
  EXPECT_EQ(states(), "removed valid");
  EXPECT_EQ(asked(), dns::Security::Secure);
  EXPECT_EQ(resolver_->metrics().anchor_failures, 0U);
  // The thief of the old key comes too late.
  show({kA}, {kA});
  EXPECT_EQ(asked(), dns::Security::Bogus);
  // Who has not followed is lost: the same, without.
  options_.managed_anchors = nullptr;
  options_.trust_anchors = {kA.ds()};
  resolver_ = nullptr;
  show({kB}, {kB});
  EXPECT_EQ(ask("www.test").security, dns::Security::Bogus);
}

TEST_F(DnsRollover, RevocationEndsWhatTheCacheBelieves) {
  start({kA.ds(), kB.ds()});
  ASSERT_TRUE(refresh().has_value());
  EXPECT_EQ(states(), "valid missing");
  EXPECT_EQ(asked(), dns::Security::Secure);
  // Only the thief still has the key: he cannot make it unrevoked.
  show({kA.revoked(), kB}, {kA.revoked(), kB});
  clock_.advance(days(1));
  ASSERT_TRUE(refresh().has_value());
  show({kA}, {kA});
  EXPECT_EQ(ask("other.test").security, dns::Security::Bogus);
}

TEST_F(DnsRollover, DeletedPointsLeaveDataUnvalidated) {
  start({kA.ds()});
  show({kA.revoked()}, {kA.revoked()});
  EXPECT_FALSE(refresh().has_value());
  EXPECT_EQ(states(), "revoked");
  EXPECT_EQ(asked(), dns::Security::Indeterminate);
}

TEST_F(DnsRollover, FailuresAreToldAndTriedAgain) {
  start({kA.ds()});
  silent_ = true;
  const auto failed = refresh();
  ASSERT_FALSE(failed.has_value());
  EXPECT_TRUE(failed.error().is(Errc::Unavailable)) << failed.error().to_string();
  EXPECT_EQ(resolver_->metrics().anchor_failures, 1U);
  silent_ = false;
  const int before = key_queries_;
  EXPECT_TRUE(refresh().has_value());  // not due
  EXPECT_EQ(key_queries_, before);
  clock_.advance(hours(1));
  show({kB}, {kB});
  EXPECT_FALSE(refresh().has_value());
  EXPECT_EQ(states(), "valid");
  EXPECT_EQ(resolver_->metrics().anchor_failures, 2U);
  clock_.advance(hours(1));
  show({kA}, {kA});
  EXPECT_TRUE(refresh().has_value());
  EXPECT_EQ(resolver_->metrics().anchor_refreshes, 3U);
  // A full disk: what was found out holds all the same.
  files_.fail_once(os::DiskOperation::Write, 1, Errc::NoSpace);
  clock_.advance(days(1));
  show({kA, kB}, {kA});
  EXPECT_FALSE(refresh().has_value());
  EXPECT_EQ(states(), "valid addpend");
  EXPECT_EQ(resolver_->metrics().anchor_failures, 3U);
}

/// A clock that goes with the simulation.
class SimClock final : public os::Clock {
 public:
  explicit SimClock(async::SimExecutor& executor) : executor_(executor) {}
  Instant now() override { return executor_.now(); }
  WallTime wall() override { return {kSignedTime.ns + executor_.now().ns}; }

 private:
  async::SimExecutor& executor_;
};

TEST_F(DnsRollover, FollowingAsksWheneverItIsDue) {
  SimClock clock(executor_);
  options_.clock = &clock;
  start({kA.ds()});
  show({kA, kB}, {kA});  // a TTL of a day: twice a day
  struct Run {
    static future::Task<void> follow(async::SimExecutor* executor, dns::Resolver* resolver) {
      future::CancelSource stop;
      auto following = executor->spawn(resolver->follow_anchors(stop.token()));
      const Duration long_enough = days(31) + hours(1);
      co_await future::sleep(long_enough);
      stop.cancel();
      co_await following;
    }
  };
  executor_.block_on(Run::follow(&executor_, resolver_.get()));
  EXPECT_EQ(states(), "valid valid");
  EXPECT_EQ(resolver_->metrics().anchor_refreshes, 63U);
  EXPECT_EQ(resolver_->metrics().anchor_failures, 0U);
}

}  // namespace
