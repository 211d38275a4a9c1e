// SoftHSM as the hardware module, with a token of its own in a temporary folder; OpenSC's
// pkcs11-tool sees what was made and uses it.
#include <avila/keystore/keystore.hpp>
#include <avila/keystore/pkcs11.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila_test/tools.hpp>
#include <fstream>
#include <thread>

namespace {

using namespace avila;
using namespace avila::keystore;
using avila_test::run_command;

#define EXPECT_OK(...)                                                             \
  do {                                                                             \
    const auto expect_ok_ = (__VA_ARGS__);                                         \
    EXPECT_TRUE(expect_ok_.has_value())                                            \
        << (expect_ok_.has_value() ? "" : expect_ok_.error().to_string_verbose()); \
  } while (false)
#define EXPECT_CODE(kind, ...) EXPECT_EQ(code_of(__VA_ARGS__), to_string(Errc::kind))

template <class R>
std::string_view code_of(const R& result) {
  return result.has_value() ? "ok" : to_string(result.error().code());
}
template <class T>
T take(Result<T> result) {
  EXPECT_TRUE(result.has_value()) << (result.has_value() ? "" : result.error().to_string());
  if (!result.has_value()) std::abort();
  return std::move(result).value();
}

std::string module_path() {
  for (const char* path :
       {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so"})
    if (std::filesystem::exists(path)) return path;
  return {};
}

class Pkcs11 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (module_path().empty() || !avila_test::have_program("softhsm2-util")) {
      std::printf("SKIPPED: softhsm2 is not installed\n");
      GTEST_SKIP() << "softhsm2 is not installed";
    }
    std::filesystem::create_directory(folder_ / "tokens");
    std::ofstream(folder_ / "softhsm2.conf")
        << "directories.tokendir = " << (folder_ / "tokens") << "\nlog.level = ERROR\n";
    ::setenv("SOFTHSM2_CONF", (folder_ / "softhsm2.conf").c_str(), 1);
    const auto made = run_command(
        "softhsm2-util --init-token --free --label 'our token' --pin 1234 --so-pin 5678 2>&1");
    ASSERT_EQ(made.status, 0) << made.out;
  }
  std::unique_ptr<Pkcs11Provider> open() {
    return take(
        Pkcs11Provider::open({.module = module_path(), .token_label = "our token", .pin = "1234"}));
  }
  avila_test::TempDir folder_;
};

TEST_F(Pkcs11, OpensATokenByItsLabelAndPin) {
  const auto provider = open();
  EXPECT_EQ(provider->name(), "pkcs11:token=our token");
  bool listed = false;
  for (const auto& token : take(Pkcs11Provider::list_tokens(module_path())))
    listed = listed || (token.label == "our token" && token.manufacturer == "SoftHSM project");
  EXPECT_TRUE(listed);
  std::byte draw[2][16] = {};
  EXPECT_OK(provider->random(draw[0]));
  EXPECT_OK(provider->random(draw[1]));
  EXPECT_NE(std::memcmp(draw[0], draw[1], 16), 0);
}

TEST_F(Pkcs11, SaysWhatIsWrong) {
  const auto open = [](std::string module, std::string token, std::string pin) {
    return Pkcs11Provider::open({.module = module, .token_label = token, .pin = pin});
  };
  EXPECT_CODE(NotFound, open("/no/such/module.so", "our token", "1234"));
  EXPECT_CODE(NotFound, open(module_path(), "another token", "1234"));
  const auto wrong = open(module_path(), "our token", "4321");
  EXPECT_CODE(Unauthenticated, open(module_path(), "our token", "4321"));
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().message(), "C_Login: CKR_PIN_INCORRECT");
}

TEST_F(Pkcs11, WrapsAndUnwraps) {
  const auto provider = open();
  EXPECT_OK(provider->generate("seal", ProviderKeyKind::Aes256));
  EXPECT_CODE(AlreadyExists, provider->generate("seal", ProviderKeyKind::P256));
  EXPECT_CODE(InvalidArgument, provider->generate("", ProviderKeyKind::Aes256));
  for (const std::size_t size : {0U, 1U, 32U, 4096U}) {
    const std::string plain(size, 'p');
    const auto wrapped = take(provider->wrap("seal", as_bytes(plain), as_bytes("aad")));
    EXPECT_EQ(as_text(take(provider->unwrap("seal", wrapped, as_bytes("aad"))).span()), plain);
  }
  const auto wrapped = take(provider->wrap("seal", as_bytes("secret"), as_bytes("aad")));
  EXPECT_CODE(Unauthenticated, provider->unwrap("seal", wrapped, as_bytes("other")));
  for (std::size_t i = 1; i < wrapped.size(); ++i) {
    auto bad = wrapped;
    bad[i] ^= std::byte{1};
    EXPECT_CODE(Unauthenticated, provider->unwrap("seal", bad, as_bytes("aad")));
  }
  EXPECT_CODE(Malformed, provider->unwrap("seal", ByteSpan(wrapped).first(28), as_bytes("aad")));
  EXPECT_CODE(NotFound, provider->wrap("no such key", as_bytes("x"), {}));
  EXPECT_CODE(LimitExceeded, provider->wrap("seal", std::vector<std::byte>(4097), {}));
  EXPECT_OK(provider->destroy("seal"));
  EXPECT_CODE(NotFound, provider->destroy("seal"));
  EXPECT_CODE(NotFound, provider->unwrap("seal", wrapped, as_bytes("aad")));
}

TEST_F(Pkcs11, SignsByEveryAlgorithm) {
  using enum crypto::SignatureAlgorithm;
  const auto provider = open();
  EXPECT_OK(provider->generate("rsa", ProviderKeyKind::Rsa2048));
  EXPECT_OK(provider->generate("p256", ProviderKeyKind::P256));
  EXPECT_OK(provider->generate("p384", ProviderKeyKind::P384));
  EXPECT_OK(provider->generate("p521", ProviderKeyKind::P521));
  const auto check = [&](std::string_view label, crypto::SignatureAlgorithm algorithm) {
    SCOPED_TRACE(std::string(label) + " " + std::string(crypto::name(algorithm)));
    const auto signature = take(provider->sign(label, algorithm, as_bytes("message")));
    const auto key = take(provider->public_key(label));
    EXPECT_OK(key.verify(algorithm, as_bytes("message"), signature));
    EXPECT_CODE(Unauthenticated, key.verify(algorithm, as_bytes("massage"), signature));
  };
  for (const auto algorithm :
       {RsaPkcs1Sha256, RsaPkcs1Sha384, RsaPkcs1Sha512, RsaPssSha256, RsaPssSha384, RsaPssSha512})
    check("rsa", algorithm);
  for (const auto algorithm : {EcdsaSha256, EcdsaSha384, EcdsaSha512}) {
    check("p256", algorithm);
    check("p384", algorithm);
    check("p521", algorithm);
  }
  EXPECT_CODE(InvalidArgument, provider->sign("rsa", EcdsaSha256, as_bytes("m")));
  EXPECT_CODE(InvalidArgument, provider->sign("p256", RsaPssSha256, as_bytes("m")));
  EXPECT_CODE(InvalidArgument, provider->sign("p256", Ed25519, as_bytes("m")));
}

TEST_F(Pkcs11, KeysTravelWrapped) {
  using enum crypto::SignatureAlgorithm;
  const auto provider = open();
  EXPECT_OK(provider->generate_wrapping_key("kek"));
  EXPECT_CODE(AlreadyExists, provider->generate_wrapping_key("kek"));
  const Pkcs11KeyOptions leaves{.extractable = true};
  const std::tuple<const char*, ProviderKeyKind, crypto::SignatureAlgorithm> kPairs[] = {
      {"rsa", ProviderKeyKind::Rsa2048, RsaPssSha256},
      {"p256", ProviderKeyKind::P256, EcdsaSha256},
      {"p384", ProviderKeyKind::P384, EcdsaSha384},
      {"p521", ProviderKeyKind::P521, EcdsaSha512}};
  for (const auto& [name, kind, algorithm] : kPairs) {
    SCOPED_TRACE(name);
    const std::string label = name, copy = label + " copy";
    EXPECT_OK(provider->generate(label, kind, leaves));
    const auto key = take(provider->public_key(label));
    const auto wrapped = take(provider->wrap_key("kek", label));
    EXPECT_CODE(InvalidArgument, provider->unwrap_key("kek", wrapped, copy, kind));
    EXPECT_CODE(AlreadyExists, provider->unwrap_key("kek", wrapped, label, kind, &key));
    EXPECT_OK(provider->unwrap_key("kek", wrapped, copy, kind, &key));
    EXPECT_EQ(take(provider->public_key(copy)), key);
    EXPECT_OK(
        key.verify(algorithm, as_bytes("m"), take(provider->sign(copy, algorithm, as_bytes("m")))));
    EXPECT_CODE(PermissionDenied, provider->wrap_key("kek", copy));
    auto changed = wrapped;
    changed[9] ^= std::byte{1};
    EXPECT_CODE(Unauthenticated, provider->unwrap_key("kek", changed, "bad", kind, &key));
    EXPECT_CODE(NotFound, provider->public_key("bad"));
  }
  // Another key's public half: nothing of it stays.
  const auto wrapped = take(provider->wrap_key("kek", "p256"));
  EXPECT_OK(provider->generate("other", ProviderKeyKind::P256));
  const auto other = take(provider->public_key("other"));
  EXPECT_CODE(InvalidArgument,
              provider->unwrap_key("kek", wrapped, "mixed", ProviderKeyKind::P256, &other));
  EXPECT_CODE(NotFound, provider->public_key("mixed"));
  EXPECT_CODE(InvalidArgument,
              provider->unwrap_key("kek", wrapped, "mixed", ProviderKeyKind::P384, &other));
  EXPECT_CODE(NotFound, provider->wrap_key("no such key", "p256"));
  EXPECT_CODE(NotFound, provider->wrap_key("kek", "no such key"));
}

// What comes out is RFC 5649, and what goes in may be made by anybody who has the wrapping key.
TEST_F(Pkcs11, SymmetricKeysTravelWrapped) {
  const auto provider = open();
  EXPECT_OK(provider->generate_wrapping_key("kek"));
  EXPECT_OK(provider->generate("data", ProviderKeyKind::Aes256, {.extractable = true}));
  EXPECT_OK(provider->generate("stays", ProviderKeyKind::Aes256));
  const auto sealed = take(provider->wrap("data", as_bytes("secret"), as_bytes("aad")));
  const auto wrapped = take(provider->wrap_key("kek", "data"));
  EXPECT_EQ(wrapped.size(), 40U);
  EXPECT_CODE(PermissionDenied, provider->wrap_key("kek", "stays"));
  EXPECT_CODE(PermissionDenied, provider->wrap_key("data", "stays"));  // encrypts data, no keys
  EXPECT_OK(provider->destroy("data"));
  for (const std::size_t at : {std::size_t{0}, std::size_t{20}, wrapped.size() - 1}) {
    auto changed = wrapped;
    changed[at] ^= std::byte{0x80};
    EXPECT_CODE(Unauthenticated,
                provider->unwrap_key("kek", changed, "data", ProviderKeyKind::Aes256));
  }
  EXPECT_OK(provider->unwrap_key("kek", wrapped, "data", ProviderKeyKind::Aes256));
  EXPECT_EQ(as_text(take(provider->unwrap("data", sealed, as_bytes("aad"))).span()), "secret");
}

TEST_F(Pkcs11, OtherToolsSeeTheKeysAndCannotTakeThem) {
  AVILA_REQUIRE_PROGRAM("pkcs11-tool");
  const auto provider = open();
  EXPECT_OK(provider->generate("rsa", ProviderKeyKind::Rsa2048));
  EXPECT_OK(provider->generate("aes", ProviderKeyKind::Aes256));
  const std::string tool =
      "pkcs11-tool --module " + module_path() + " --token-label 'our token' --login --pin 1234 ";
  const auto list = run_command(tool + "--list-objects 2>&1");
  EXPECT_NE(list.out.find("Private Key Object; RSA"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find("Secret Key Object; AES"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find("never extractable"), std::string::npos) << list.out;
  std::ofstream(folder_ / "message") << "message";
  const auto made = run_command(tool + "--sign --mechanism SHA256-RSA-PKCS --label rsa -i " +
                                (folder_ / "message") + " -o " + (folder_ / "signature") + " 2>&1");
  ASSERT_EQ(made.status, 0) << made.out;
  std::ifstream file(folder_ / "signature", std::ios::binary);
  const std::string signature((std::istreambuf_iterator<char>(file)), {});
  EXPECT_OK(take(provider->public_key("rsa"))
                .verify(crypto::SignatureAlgorithm::RsaPkcs1Sha256, as_bytes("message"),
                        as_bytes(signature)));
}

TEST_F(Pkcs11, ThreadsShareAFewSessions) {
  const auto provider = take(Pkcs11Provider::open(
      {.module = module_path(), .token_label = "our token", .pin = "1234", .sessions_max = 2}));
  EXPECT_OK(provider->generate("k", ProviderKeyKind::Aes256));
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string plain = std::to_string(t) + "." + std::to_string(i);
        const auto wrapped = provider->wrap("k", as_bytes(plain), {});
        if (!wrapped.has_value()) continue;
        const auto back = provider->unwrap("k", *wrapped, {});
        if (back.has_value() && as_text(back->span()) == plain) ++good;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 120);
}

TEST_F(Pkcs11, SealsAKeystoreAndHoldsItsKeys) {
  const auto provider = open();
  EXPECT_OK(provider->generate("root", ProviderKeyKind::Aes256));
  os::MemoryFileSystem disk;
  os::ManualClock clock;
  const KeystoreOptions options{.files = disk,
                                .clock = clock,
                                .entropy = os::system_entropy(),
                                .folder = "/store",
                                .memory = LockPolicy::BestEffort,
                                .provider = provider.get()};
  const SealSpec seals[] = {ProviderSeal{provider.get(), "root"}};
  EXPECT_OK(Keystore::initialize(options, seals));
  Keystore store = take(Keystore::open(options));
  const Caller caller{"tester"};
  EXPECT_OK(store.unseal_with_provider(caller, *provider));
  CreateKeyOptions held;
  held.in_provider = true;
  const auto key = take(store.create_key(caller, "orders", KeyKind::Aes256Gcm, held));
  const auto sealed = take(store.encrypt(caller, key, as_bytes("by the module")));
  EXPECT_EQ(as_text(take(store.decrypt(caller, key, sealed)).span()), "by the module");
  const auto signer = take(store.create_key(caller, "signer", KeyKind::P384, held));
  const auto signature = take(store.sign(caller, signer, as_bytes("m")));
  EXPECT_OK(store.verify(caller, signer, as_bytes("m"), signature));
  EXPECT_OK(store.rotate(caller, signer));
  EXPECT_OK(store.verify(caller, signer, as_bytes("m"), signature));

  // Destroyed in the store, destroyed in the module.
  const std::string label = take(store.describe(signer)).provider_label + "-v1";
  EXPECT_OK(provider->public_key(label));
  EXPECT_OK(store.schedule_destruction(caller, signer, 1, days(7)));
  clock.advance(days(8));
  EXPECT_EQ(take(store.maintain(caller)).destroyed, 1U);
  EXPECT_CODE(NotFound, provider->public_key(label));

  EXPECT_OK(store.seal(caller));
  EXPECT_OK(provider->destroy("root"));  // the module's key is what opens it
  EXPECT_CODE(NotFound, store.unseal_with_provider(caller, *provider));
}

}  // namespace
