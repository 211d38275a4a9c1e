// Versions, destruction, rotation by time and by use, rekeying, providers.
#include <avila/os/memory_file_system.hpp>
#include <set>
#include <thread>

#include "support.hpp"
#ifdef __linux__
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

using namespace keystore_test;

TEST(KeystoreLifecycle, DisabledVersionsDoNothing) {
  World world;
  world.initialize();
  Keystore store = world.open();
  const auto key = take(store.create_key(kCaller, "k", KeyKind::Aes256Gcm));
  const auto sealed = take(store.encrypt(kCaller, key, as_bytes("x")));
  EXPECT_CODE(NotFound, store.disable_version(kCaller, key, 2));
  EXPECT_CODE(NotFound, store.disable_version(kCaller, key, 0));
  EXPECT_OK(store.disable_version(kCaller, key, 1));
  EXPECT_CODE(PreconditionFailed, store.disable_version(kCaller, key, 1));
  EXPECT_CODE(PreconditionFailed, store.decrypt(kCaller, key, sealed));
  EXPECT_CODE(PreconditionFailed, store.encrypt(kCaller, key, as_bytes("x")));
  EXPECT_OK(store.enable_version(kCaller, key, 1));
  EXPECT_CODE(PreconditionFailed, store.enable_version(kCaller, key, 1));
  EXPECT_EQ(text(take(store.decrypt(kCaller, key, sealed))), "x");
}

TEST(KeystoreLifecycle, DestructionWaitsAndCanBeCancelled) {
  World world;
  world.initialize();
  Keystore store = world.open();
  const auto key = take(store.create_key(kCaller, "k", KeyKind::Aes256Gcm));
  const auto sealed = take(store.encrypt(kCaller, key, as_bytes("x")));
  EXPECT_CODE(PreconditionFailed, store.schedule_destruction(kCaller, key, 1));  // current
  EXPECT_EQ(take(store.rotate(kCaller, key)), 2U);
  EXPECT_CODE(InvalidArgument, store.schedule_destruction(kCaller, key, 1, days(6)));
  EXPECT_CODE(InvalidArgument, store.schedule_destruction(kCaller, key, 1, days(366)));
  EXPECT_CODE(PreconditionFailed, store.cancel_destruction(kCaller, key));
  EXPECT_OK(store.schedule_destruction(kCaller, key, 1, days(7)));
  EXPECT_CODE(PreconditionFailed, store.decrypt(kCaller, key, sealed));
  EXPECT_OK(store.cancel_destruction(kCaller, key));
  EXPECT_OK(store.enable_version(kCaller, key, 1));
  EXPECT_EQ(text(take(store.decrypt(kCaller, key, sealed))), "x");

  EXPECT_OK(store.schedule_destruction(kCaller, key, 1, days(7)));
  world.clock.advance(days(7) - seconds(1));
  EXPECT_EQ(take(store.maintain(kCaller)).destroyed, 0U);
  world.clock.advance(seconds(1));
  EXPECT_EQ(take(store.maintain(kCaller)).destroyed, 1U);
  const auto info = take(store.describe(key));
  EXPECT_EQ(info.versions[0].state, VersionState::Destroyed);
  EXPECT_CODE(PreconditionFailed, store.decrypt(kCaller, key, sealed));
  EXPECT_CODE(PreconditionFailed, store.cancel_destruction(kCaller, key));

  EXPECT_CODE(PreconditionFailed, store.remove_key(kCaller, key));
  EXPECT_OK(store.schedule_key_destruction(kCaller, key, days(7)));
  world.clock.advance(days(8));
  EXPECT_EQ(take(store.maintain(kCaller)).destroyed, 1U);
  EXPECT_OK(store.remove_key(kCaller, key));
  EXPECT_CODE(NotFound, store.describe(key));
  const auto again = take(store.create_key(kCaller, "k", KeyKind::Aes256Gcm));
  EXPECT_NE(again, key);
  EXPECT_CODE(NotFound, store.decrypt(kCaller, again, sealed));
}

TEST(KeystoreLifecycle, RotatesByTime) {
  World world;
  world.initialize();
  Keystore store = world.open();
  CreateKeyOptions options;
  options.policy.rotate_every = days(90);
  const auto key = take(store.create_key(kCaller, "k", KeyKind::Aes256Gcm, options));
  EXPECT_EQ(take(store.maintain(kCaller)).rotated, 0U);
  world.clock.advance(days(90));
  EXPECT_EQ(take(store.maintain(kCaller)).rotated, 1U);
  EXPECT_EQ(take(store.maintain(kCaller)).rotated, 0U);
  EXPECT_EQ(take(store.describe(key)).current_version, 2U);
  options.policy.rotate_every = days(-1);
  EXPECT_CODE(InvalidArgument, store.create_key(kCaller, "l", KeyKind::Aes256Gcm, options));
}

TEST(KeystoreLifecycle, RotatesByUseAndNeverCountsTooFewAfterACrash) {
  World world;
  world.initialize();
  std::map<std::uint32_t, int> sealed_by;
  CreateKeyOptions options;
  options.policy.rotate_after_messages = 10;
  {
    Keystore store = world.open();
    EXPECT_OK(store.create_key(kCaller, "k", KeyKind::Aes256Gcm, options));
    options.policy.rotate_after_messages = (std::uint64_t{1} << 32) + 1;
    EXPECT_CODE(InvalidArgument, store.create_key(kCaller, "l", KeyKind::Aes256Gcm, options));
  }
  for (int run = 0; run < 12; ++run) {
    world.disk.crash();
    Keystore store = world.open();
    const auto key = take(store.find_key("k"));
    for (int i = 0; i < 7; ++i) {
      const auto sealed = take(store.encrypt(kCaller, key, as_bytes("m")));
      ++sealed_by[take(parse_ciphertext(sealed)).version];
    }
  }
  EXPECT_GE(sealed_by.size(), 9U);
  for (const auto& [version, count] : sealed_by) EXPECT_LE(count, 10) << version;
}

TEST(KeystoreLifecycle, RekeyShutsOutTheOldSeals) {
  World world;
  world.initialize();
  std::vector<Share> shares;
  {
    Keystore store = world.open();
    EXPECT_OK(store.create_key(kCaller, "k", KeyKind::HmacSha256));
    const SealSpec seals[] = {ShamirSeal{2, 2}, PassphraseSeal{as_bytes("another"), kWeak}};
    auto made = take(store.rekey(kCaller, seals));
    shares = std::move(made.shares[0]);
    EXPECT_CODE(InvalidArgument, store.rekey(kCaller, {}));
    EXPECT_OK(store.list_keys());
    EXPECT_OK(store.rotate_store_key(kCaller));
  }
  Keystore store = take(Keystore::open(world.options()));
  EXPECT_CODE(Unauthenticated, store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
  EXPECT_OK(store.unseal_with_passphrase(kCaller, as_bytes("another")));
  EXPECT_EQ(take(store.list_keys()), std::vector<std::string>{"k"});
  EXPECT_OK(store.seal(kCaller));
  EXPECT_OK(store.submit_share(kCaller, shares[0]));
  EXPECT_FALSE(take(store.submit_share(kCaller, shares[1])).sealed);
  EXPECT_OK(store.find_key("k"));
}

TEST(KeystoreLifecycle, OneKeystoreSealsAnotherAndHoldsItsKeys) {
  World hsm_world(5), world;
  hsm_world.initialize();
  Keystore hsm = hsm_world.open();
  KeystoreProvider provider(hsm, "app-7");
  EXPECT_OK(provider.generate("root", ProviderKeyKind::Aes256));
  world.provider = &provider;
  const SealSpec seals[] = {ProviderSeal{&provider, "root"}};
  EXPECT_OK(Keystore::initialize(world.options(), seals));
  Keystore store = take(Keystore::open(world.options()));
  EXPECT_CODE(NotFound, store.unseal_with_passphrase(kCaller, as_bytes("x")));
  EXPECT_OK(store.unseal_with_provider(kCaller, provider));

  CreateKeyOptions options;
  options.in_provider = true;
  const auto aes = take(store.create_key(kCaller, "aes", KeyKind::Aes256Gcm, options));
  const auto context = Context::of("c");
  auto sealed = take(store.encrypt(kCaller, aes, as_bytes("by the module"), context));
  EXPECT_EQ(text(take(store.decrypt(kCaller, aes, sealed, context))), "by the module");
  EXPECT_CODE(Unauthenticated, store.decrypt(kCaller, aes, sealed));
  EXPECT_EQ(take(store.rotate(kCaller, aes)), 2U);
  EXPECT_EQ(text(take(store.decrypt(kCaller, aes, sealed, context))), "by the module");
  const auto signer = take(store.create_key(kCaller, "sign", KeyKind::P256, options));
  const auto signature = take(store.sign(kCaller, signer, as_bytes("m")));
  EXPECT_OK(store.verify(kCaller, signer, as_bytes("m"), signature));
  EXPECT_CODE(Unsupported, store.create_key(kCaller, "e", KeyKind::Ed25519, options));
  EXPECT_CODE(Unsupported, store.agree(kCaller, signer, 1, take(store.public_key(signer, 1)), {}));
  options.policy.exportable = true;
  EXPECT_CODE(InvalidArgument, store.create_key(kCaller, "e", KeyKind::P256, options));

  EXPECT_OK(store.seal(kCaller));
  EXPECT_OK(hsm.seal(kCaller));
  EXPECT_CODE(Unavailable, store.unseal_with_provider(kCaller, provider));
}

/// A provider whose keys are remembered only; generate() fails for a label that is there.
class Labels final : public KeyProvider {
 public:
  std::string name() const override { return "labels"; }
  Result<void> generate(std::string_view label, ProviderKeyKind) override {
    if (!there.insert(std::string(label)).second) return Error(Errc::AlreadyExists, "taken");
    return {};
  }
  Result<void> destroy(std::string_view label) override {
    if (there.erase(std::string(label)) == 0) return Error(Errc::NotFound, "not there");
    return {};
  }
  Result<std::vector<std::byte>> wrap(std::string_view, ByteSpan, ByteSpan) override {
    return Error(Errc::Unsupported, "labels only");
  }
  Result<SecretBytes> unwrap(std::string_view, ByteSpan, ByteSpan) override {
    return Error(Errc::Unsupported, "labels only");
  }
  Result<std::vector<std::byte>> sign(std::string_view, crypto::SignatureAlgorithm,
                                      ByteSpan) override {
    return Error(Errc::Unsupported, "labels only");
  }
  Result<crypto::PublicKey> public_key(std::string_view) override {
    return Error(Errc::Unsupported, "labels only");
  }
  std::set<std::string> there;
};

TEST(KeystoreLifecycle, ARotationThatWasNotWrittenCanBeRepeatedInAProvider) {
  World world;
  Labels labels;
  world.provider = &labels;
  world.initialize();
  Keystore store = world.open();
  CreateKeyOptions options;
  options.in_provider = true;
  const auto key = take(store.create_key(kCaller, "k", KeyKind::P256, options));
  os::FaultOptions faults;
  faults.directory_error = 1;
  world.disk.set_faults(faults);
  EXPECT_CODE(Io, store.rotate(kCaller, key));
  EXPECT_EQ(labels.there.size(), 2U);
  world.disk.set_faults({});
  EXPECT_OK(store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
  EXPECT_EQ(take(store.describe(key)).current_version, 1U);
  EXPECT_EQ(take(store.rotate(kCaller, key)), 2U);
  EXPECT_EQ(labels.there.size(), 2U);
}

#ifdef __linux__
TEST(KeystoreLifecycle, AForkedChildHasNoKeys) {
  World world;
  world.initialize();
  Keystore store = world.open();
  const auto key = take(store.create_key(kCaller, "k", KeyKind::Aes256Gcm));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto sealed = store.encrypt(kCaller, key, as_bytes("x"));
    ::_exit(!sealed.has_value() && sealed.error().is(Errc::Unavailable) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_OK(store.encrypt(kCaller, key, as_bytes("x")));
}
#endif

TEST(KeystoreLifecycle, ManyThreadsShareIt) {
  World world;
  world.initialize();
  Keystore store = world.open();
  CreateKeyOptions options;
  options.policy.rotate_after_messages = 40;
  const auto key = take(store.create_key(kCaller, "k", KeyKind::Aes256Gcm, options));
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string plain = std::to_string(t * 1000 + i);
        const auto sealed = store.encrypt(kCaller, key, as_bytes(plain));
        if (!sealed.has_value()) {
          ++failures;
          continue;
        }
        const auto opened = store.decrypt(kCaller, key, *sealed);
        if (!opened.has_value() || text(*opened) != plain) ++failures;
        if (i % 25 == t) (void)store.rotate(kCaller, key);
        (void)store.describe(key);
        (void)store.sealed();
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  const auto audit_key = take(store.audit_public_key());
  EXPECT_OK(store.seal(kCaller));
  EXPECT_OK(verify_audit(world.disk, "/store", audit_key));
}

}  // namespace
