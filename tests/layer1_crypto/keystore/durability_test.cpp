// What is on the disk: power cuts, rot, rollback, and the audit log.
#include <avila/os/memory_file_system.hpp>

#include "audit_chain.hpp"
#include "store_file.hpp"
#include "support.hpp"

namespace {

using namespace keystore_test;

const std::string kStore = "/store/store.avk", kLog = "/store/audit-000001.log";

TEST(KeystoreDurability, EveryPowerCutLeavesTheOldStoreOrTheNewOne) {
  bool finished = false;
  for (std::uint64_t at = 1; !finished && at < 200; ++at) {
    SCOPED_TRACE("power lost at change " + std::to_string(at));
    World world(at);
    world.initialize();
    std::vector<std::string> acknowledged;
    std::string unknown;
    {
      Keystore store = world.open();
      world.disk.lose_power_after(at);
      for (int i = 0; i < 4; ++i) {
        const std::string name = "key-" + std::to_string(i);
        const auto made = store.create_key(kCaller, name, KeyKind::Aes256Gcm);
        if (made.has_value() && store.encrypt(kCaller, *made, as_bytes("x")).has_value()) {
          acknowledged.push_back(name);
        } else {
          unknown = name;
          break;
        }
      }
      finished = !world.disk.power_lost();
    }
    world.disk.crash();
    Keystore store = world.open();
    auto names = take(store.list_keys());
    if (names.size() > acknowledged.size()) {
      EXPECT_EQ(names.back(), unknown);
      names.pop_back();
    }
    EXPECT_EQ(names, acknowledged);
    EXPECT_OK(store.create_key(kCaller, "after", KeyKind::Aes256Gcm));
    const auto key = take(store.audit_public_key());
    EXPECT_OK(store.seal(kCaller));
    EXPECT_OK(verify_audit(world.disk, "/store", key));
  }
  EXPECT_TRUE(finished);
}

TEST(KeystoreDurability, AStoreThatCouldNotBeWrittenSealsItself) {
  World world;
  world.initialize();
  Keystore store = world.open();
  EXPECT_OK(store.create_key(kCaller, "a", KeyKind::Aes256Gcm));
  os::FaultOptions faults;
  faults.directory_error = 1;  // the rename of the new file
  world.disk.set_faults(faults);
  EXPECT_CODE(Io, store.create_key(kCaller, "b", KeyKind::Aes256Gcm));
  EXPECT_TRUE(store.sealed());
  world.disk.set_faults({});
  EXPECT_OK(store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
  EXPECT_EQ(take(store.list_keys()), std::vector<std::string>{"a"});
  EXPECT_OK(store.create_key(kCaller, "b", KeyKind::Aes256Gcm));
}

TEST(KeystoreDurability, NothingIsGivenOutThatTheLogCannotTell) {
  World world;
  world.initialize();
  Keystore store = world.open();
  const auto key = take(store.create_key(kCaller, "k", KeyKind::Aes256Gcm));
  const auto sealed = take(store.encrypt(kCaller, key, as_bytes("x")));
  os::FaultOptions faults;
  faults.write_error = 1;
  world.disk.set_faults(faults);
  EXPECT_CODE(Io, store.decrypt(kCaller, key, sealed));
  EXPECT_CODE(Io, store.encrypt(kCaller, key, as_bytes("x")));
  world.disk.set_faults({});
  EXPECT_EQ(text(take(store.decrypt(kCaller, key, sealed))), "x");
  const auto audit_key = take(store.audit_public_key());
  EXPECT_OK(store.seal(kCaller));
  EXPECT_OK(verify_audit(world.disk, "/store", audit_key));
}

TEST(KeystoreDurability, EveryFlippedBitAndEveryCutIsSeen) {
  World world;
  world.initialize();
  world.open();
  const std::string good = take(world.disk.read_text(kStore));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
    EXPECT_FALSE(StoreFile::decode(as_bytes(bad)).has_value()) << i;
    EXPECT_FALSE(StoreFile::decode(as_bytes(good).first(i)).has_value()) << i;
  }
  EXPECT_CODE(Corrupted, StoreFile::decode(as_bytes(good + "x")));
}

TEST(KeystoreDurability, AChangeWithItsChecksumMadeGoodIsSeenWhenUnsealed) {
  World world;
  world.initialize();
  world.open();
  const StoreFile good = take(StoreFile::decode(as_bytes(take(world.disk.read_text(kStore)))));
  const auto attempt = [&](auto&& change) {
    StoreFile bad = good;
    change(bad);
    EXPECT_OK(world.disk.write_atomically(kStore, bad.encode()));
    Keystore store = take(Keystore::open(world.options()));
    const auto opened = store.unseal_with_passphrase(kCaller, as_bytes("open sesame"));
    EXPECT_TRUE(store.sealed());
    return std::string(code_of(opened));
  };
  EXPECT_EQ(attempt([](StoreFile& f) { f.generation += 1; }), to_string(Errc::Corrupted));
  EXPECT_EQ(attempt([](StoreFile& f) { f.sealed_body[0] ^= std::byte{1}; }),
            to_string(Errc::Corrupted));
  EXPECT_EQ(attempt([](StoreFile& f) { f.sealed_body.clear(); }), to_string(Errc::Corrupted));
  EXPECT_EQ(attempt([](StoreFile& f) { f.body_nonce[0] ^= std::byte{1}; }),
            to_string(Errc::Corrupted));
  EXPECT_EQ(attempt([](StoreFile& f) { f.sealed_key[0] ^= std::byte{1}; }),
            to_string(Errc::Corrupted));
  EXPECT_EQ(attempt([](StoreFile& f) { f.seals[0].sealed_root[60] ^= std::byte{1}; }),
            to_string(Errc::Unauthenticated));
  EXPECT_EQ(attempt([](StoreFile& f) { f.id[0] ^= std::byte{1}; }),
            to_string(Errc::Unauthenticated));
  EXPECT_EQ(attempt([](StoreFile& f) { f.seals.push_back(f.seals[0]); }),
            to_string(Errc::Corrupted));
  EXPECT_OK(world.disk.write_atomically(kStore, good.encode()));
  world.open();
}

TEST(KeystoreDurability, AnOlderStorePutBackIsSeen) {
  World world;
  world.initialize();
  std::string old;
  std::uint64_t generation = 0;
  {
    Keystore store = world.open();
    EXPECT_OK(store.create_key(kCaller, "k", KeyKind::Aes256Gcm));
    old = take(world.disk.read_text(kStore));
    EXPECT_OK(store.schedule_key_destruction(kCaller, take(store.find_key("k"))));
    generation = store.generation();
    EXPECT_OK(store.seal(kCaller));
  }
  EXPECT_OK(world.disk.write_atomically(kStore, as_bytes(old)));
  {
    Keystore store = take(Keystore::open(world.options()));
    EXPECT_CODE(Corrupted, store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
  }
  auto options = world.options();
  options.accept_older_store = true;
  {
    Keystore store = take(Keystore::open(options));
    EXPECT_OK(store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
  }
  options.generation_min = generation;
  Keystore store = take(Keystore::open(options));
  EXPECT_CODE(Corrupted, store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
}

TEST(KeystoreDurability, ALogThatWasCutOrIsGoneKeepsTheStoreSealed) {
  World world;
  world.initialize();
  const std::string early = take(world.disk.read_text(kLog));
  {
    Keystore store = world.open();
    EXPECT_OK(store.create_key(kCaller, "k", KeyKind::Aes256Gcm));
  }
  const std::string whole = take(world.disk.read_text(kLog));
  EXPECT_OK(world.disk.write_atomically(kLog, as_bytes(early)));
  {
    Keystore store = take(Keystore::open(world.options()));
    EXPECT_CODE(Corrupted, store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
  }
  EXPECT_OK(world.disk.remove(kLog));
  EXPECT_CODE(Corrupted, Keystore::open(world.options()));
  EXPECT_OK(world.disk.write_atomically(kLog, as_bytes(whole)));
  world.open();
}

TEST(KeystoreDurability, WhatACrashLeftBehindTheLogIsPutAwayAndTold) {
  World world;
  world.initialize();
  world.open();
  const std::string whole = take(world.disk.read_text(kLog));
  EXPECT_OK(world.disk.write_atomically(kLog, as_bytes(whole + "{\"seq\":99,\"torn")));
  Keystore store = world.open();
  const auto key = take(store.audit_public_key());
  EXPECT_OK(store.seal(kCaller));
  EXPECT_OK(verify_audit(world.disk, "/store", key));
  EXPECT_NE(take(world.disk.read_text(kLog)).find("audit-recovered"), std::string::npos);
  bool kept = false;
  for (const auto& entry : take(world.disk.list("/store")))
    kept = kept || entry.name.ends_with(".damaged");
  EXPECT_TRUE(kept);
}

struct Logged {
  World world;
  crypto::Ed25519PublicKey key;
  std::string log;
  static Logged make() {
    World world;
    world.initialize();
    Keystore store = world.open();
    const auto handle = take(store.create_key({"al\"ice\x01", "id"}, "k", KeyKind::Aes256Gcm));
    for (int i = 0; i < 5; ++i)
      EXPECT_OK(store.encrypt(kCaller, handle, as_bytes("x"), Context::of("row")));
    EXPECT_CODE(PermissionDenied, store.export_key(kCaller, handle, 1));
    EXPECT_OK(store.audit(kCaller, "login", "by password"));
    const auto log_has = take(store.audit_hash(Context::of("row")));
    const auto key = take(store.audit_public_key());
    EXPECT_OK(store.seal(kCaller));
    std::string log = take(world.disk.read_text(kLog));
    EXPECT_NE(log.find(log_has), std::string::npos);
    return {World(), key, std::move(log)};
  }
  Result<AuditReport> verify(const std::string& text) {
    EXPECT_OK(world.disk.create_directories("/store"));
    EXPECT_OK(world.disk.write_atomically(kLog, as_bytes(text)));
    return verify_audit(world.disk, "/store", key);
  }
};

TEST(KeystoreAudit, AWholeLogIsAttested) {
  Logged logged = Logged::make();
  const auto report = take(logged.verify(logged.log));
  EXPECT_EQ(report.first_sequence, 1U);
  EXPECT_EQ(report.entries, report.last_sequence);
  EXPECT_EQ(report.attested_sequence, report.last_sequence);  // seal() signs
  EXPECT_EQ(report.generation, 3U);  // made, a key, a reservation of its count
  for (const char* part : {"\"op\":\"initialize\"", "\"op\":\"encrypt\"", "\"op\":\"app.login\"",
                           "\"outcome\":\"permission denied\"", "\"op\":\"checkpoint\"",
                           "\"actor\":\"al\\\"ice\\u0001\"", "\"request\":\"r-1\""})
    EXPECT_NE(logged.log.find(part), std::string::npos) << part;
}

TEST(KeystoreAudit, EveryChangeOfALogIsSeen) {
  Logged logged = Logged::make();
  for (std::size_t i = 0; i < logged.log.size(); i += 3) {
    std::string bad = logged.log;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(logged.verify(bad).has_value()) << i << bad.substr(i > 20 ? i - 20 : 0, 40);
  }
  std::vector<std::string> lines;
  for (std::string_view rest = logged.log; !rest.empty();) {
    lines.emplace_back(rest.substr(0, rest.find('\n') + 1));
    rest.remove_prefix(lines.back().size());
  }
  const auto joined = [](const std::vector<std::string>& parts) {
    std::string out;
    for (const auto& part : parts) out += part;
    return out;
  };
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    auto bad = lines;
    bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(logged.verify(joined(bad)).has_value()) << "left out " << i;
    bad = lines;
    std::swap(bad[i], bad[i + 1]);
    EXPECT_FALSE(logged.verify(joined(bad)).has_value()) << "swapped " << i;
    bad = lines;
    bad.insert(bad.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_FALSE(logged.verify(joined(bad)).has_value()) << "twice " << i;
  }
  EXPECT_FALSE(logged.verify(logged.log.substr(0, logged.log.size() - 1)).has_value());
  EXPECT_CODE(NotFound, verify_audit(logged.world.disk, "/store/..", logged.key));
}

/// Whoever can write the file can make a chain that fits, but no checkpoint.
TEST(KeystoreAudit, AChainMadeAnewDoesNotHaveTheSignature) {
  Logged logged = Logged::make();
  std::string forged;
  ChainHash head{};
  for (std::string_view rest = logged.log; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const AuditLine entry = take(parse_audit_line(line));
    std::string hashed(entry.hashed);
    if (const auto at = hashed.find("tester"); at != std::string::npos)
      hashed.replace(at, 6, "nobody");
    head = chain(head, hashed);
    forged += hashed + ",\"hash\":\"";
    for (const std::byte b : head) {
      forged += "0123456789abcdef"[static_cast<unsigned>(b) >> 4];
      forged += "0123456789abcdef"[static_cast<unsigned>(b) & 15];
    }
    forged += "\"}\n";
  }
  EXPECT_CODE(Unauthenticated, logged.verify(forged));
  os::SeededEntropy entropy(99);
  logged.key = take(crypto::Ed25519PrivateKey::generate(entropy)).public_key();
  EXPECT_CODE(Unauthenticated, logged.verify(logged.log));
}

TEST(KeystoreAudit, GoesOnInFurtherFilesAndOldOnesMayBePutAway) {
  World world;
  world.initialize();
  auto options = world.options();
  options.audit_segment_bytes = 4000;
  options.checkpoint_every = 8;
  Keystore store = take(Keystore::open(options));
  EXPECT_OK(store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
  const auto handle = take(store.create_key(kCaller, "k", KeyKind::HmacSha256));
  for (int i = 0; i < 100; ++i) EXPECT_OK(store.mac(kCaller, handle, as_bytes("x")));
  const auto key = take(store.audit_public_key());
  EXPECT_OK(store.rotate(kCaller, handle));
  EXPECT_OK(store.seal(kCaller));
  const auto segments = take(audit_segments(world.disk, "/store"));
  ASSERT_GE(segments.size(), 5U);
  const auto report = take(verify_audit(world.disk, "/store", key));
  EXPECT_GT(report.checkpoints, 10U);
  EXPECT_OK(store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
  EXPECT_OK(store.seal(kCaller));

  EXPECT_OK(world.disk.remove("/store/" + audit_file_name(2)));
  EXPECT_CODE(Corrupted, verify_audit(world.disk, "/store", key));  // a gap
  EXPECT_OK(world.disk.remove("/store/" + audit_file_name(1)));
  EXPECT_GT(take(verify_audit(world.disk, "/store", key)).first_sequence, 10U);
  EXPECT_OK(store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
}

}  // namespace
