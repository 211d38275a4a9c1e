// Sealing, messages, policies.
#include <avila/hash/sha256.hpp>
#include <avila/os/memory_file_system.hpp>

#include "support.hpp"

namespace {

using namespace keystore_test;

std::vector<Share> initialize_shamir(World& world, unsigned threshold, unsigned count) {
  const SealSpec seals[] = {ShamirSeal{threshold, count}};
  auto made = take(Keystore::initialize(world.options(), seals));
  EXPECT_EQ(made.shares.size(), 1U);
  return std::move(made.shares[0]);
}

TEST(Keystore, SharesOpenItOneByOne) {
  World world;
  const auto shares = initialize_shamir(world, 3, 5);
  ASSERT_EQ(shares.size(), 5U);
  Keystore store = take(Keystore::open(world.options()));
  EXPECT_TRUE(store.sealed());
  EXPECT_CODE(Unavailable, store.list_keys());
  EXPECT_CODE(Unavailable, store.create_key(kCaller, "a", KeyKind::Aes256Gcm));
  EXPECT_CODE(Unavailable, store.rekey(kCaller, {}));
  EXPECT_CODE(Unavailable, store.rotate_store_key(kCaller));
  EXPECT_CODE(Unavailable, store.audit_public_key());
  EXPECT_CODE(Unavailable, store.maintain(kCaller));
  EXPECT_CODE(Unavailable, store.encrypt(kCaller, KeyHandle(KeyHandle::Bytes{}), {}));

  auto progress = take(store.submit_share(kCaller, shares[4]));
  EXPECT_TRUE(progress.sealed);
  EXPECT_EQ(progress.have, 1U);
  EXPECT_EQ(progress.need, 3U);
  EXPECT_CODE(AlreadyExists, store.submit_share(kCaller, shares[4]));
  EXPECT_EQ(store.progress().have, 1U);
  progress = take(store.submit_share(kCaller, shares[0]));
  EXPECT_EQ(progress.have, 2U);
  progress = take(store.submit_share(kCaller, shares[2]));
  EXPECT_FALSE(progress.sealed);
  EXPECT_FALSE(store.sealed());
  EXPECT_OK(store.list_keys());
  EXPECT_OK(store.seal(kCaller));
  EXPECT_TRUE(store.sealed());
  EXPECT_CODE(Unavailable, store.list_keys());
  EXPECT_EQ(store.progress().have, 0U);
}

TEST(Keystore, SharesOfAnotherStoreAndForgedOnesAreRefused) {
  World world, other(2);
  const auto shares = initialize_shamir(world, 2, 3), foreign = initialize_shamir(other, 2, 3);
  Keystore store = take(Keystore::open(world.options()));
  EXPECT_OK(store.submit_share(kCaller, shares[0]));
  EXPECT_CODE(InvalidArgument, store.submit_share(kCaller, foreign[1]));
  EXPECT_EQ(store.progress().have, 1U);  // what was given stays
  std::string bytes = text(shares[1].encode());
  bytes[12] ^= 1;
  const auto sum = hash::sha256(as_bytes(bytes).first(bytes.size() - 4));
  std::memcpy(bytes.data() + bytes.size() - 4, sum.data(), 4);
  EXPECT_CODE(Unauthenticated, store.submit_share(kCaller, take(Share::decode(as_bytes(bytes)))));
  EXPECT_EQ(store.progress().have, 0U);  // all forgotten
  EXPECT_OK(store.submit_share(kCaller, shares[0]));
  store.forget_shares();
  EXPECT_EQ(store.progress().have, 0U);
  EXPECT_OK(store.submit_share(kCaller, shares[1]));
  EXPECT_FALSE(take(store.submit_share(kCaller, shares[2])).sealed);
}

TEST(Keystore, PassphraseOpensIt) {
  World world;
  world.initialize();
  Keystore store = take(Keystore::open(world.options()));
  EXPECT_CODE(Unauthenticated, store.unseal_with_passphrase(kCaller, as_bytes("open sesam")));
  EXPECT_TRUE(store.sealed());
  EXPECT_OK(store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
  EXPECT_FALSE(store.sealed());
}

TEST(Keystore, RefusesToBeMadeTwiceOrWrongly) {
  World world;
  EXPECT_CODE(NotFound, Keystore::open(world.options()));
  EXPECT_CODE(InvalidArgument, Keystore::initialize(world.options(), {}));
  const SealSpec bad[] = {ShamirSeal{4, 3}};
  EXPECT_CODE(InvalidArgument, Keystore::initialize(world.options(), bad));
  const SealSpec empty[] = {PassphraseSeal{{}, kWeak}};
  EXPECT_CODE(InvalidArgument, Keystore::initialize(world.options(), empty));
  world.initialize();
  const SealSpec good[] = {ShamirSeal{2, 3}};
  EXPECT_CODE(AlreadyExists, Keystore::initialize(world.options(), good));
  const Keystore store = take(Keystore::open(world.options()));
  EXPECT_CODE(Busy, Keystore::open(world.options()));  // one process at a time
}

TEST(Keystore, MessagesComeBackWithTheirContextOnly) {
  World world;
  world.initialize();
  Keystore store = world.open();
  for (const KeyKind kind :
       {KeyKind::Aes256Gcm, KeyKind::Aes256GcmSiv, KeyKind::XChaCha20Poly1305, KeyKind::Rsa2048}) {
    SCOPED_TRACE(std::string(name(kind)));
    const auto key = take(store.create_key(kCaller, name(kind), kind));
    const auto context = Context::of_pairs({{"table", "users"}, {"row", "7"}});
    const auto same = Context::of_pairs({{"row", "7"}, {"table", "users"}});
    const auto sealed = take(store.encrypt(kCaller, key, as_bytes("attack at dawn"), context));
    EXPECT_EQ(text(take(store.decrypt(kCaller, key, sealed, same))), "attack at dawn");
    EXPECT_CODE(Unauthenticated, store.decrypt(kCaller, key, sealed));
    EXPECT_CODE(Unauthenticated, store.decrypt(kCaller, key, sealed, Context::of("row7")));
    const auto info = take(parse_ciphertext(sealed));
    EXPECT_EQ(info.key, key);
    EXPECT_EQ(info.version, 1U);
    EXPECT_FALSE(info.wrapped_key);
    const auto again = take(store.encrypt(kCaller, key, as_bytes("attack at dawn"), context));
    EXPECT_NE(sealed, again);
    if (kind == KeyKind::Rsa2048) continue;
    const auto empty = take(store.encrypt(kCaller, key, {}));
    EXPECT_EQ(take(store.decrypt(kCaller, key, empty)).size(), 0U);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      auto bad = sealed;
      bad[i] ^= std::byte{4};
      EXPECT_FALSE(store.decrypt(kCaller, key, bad, context).has_value()) << i;
      EXPECT_FALSE(store.decrypt(kCaller, key, ByteSpan(sealed).first(i), context).has_value());
    }
  }
}

TEST(Keystore, DataKeysAreNotMessages) {
  World world;
  world.initialize();
  Keystore store = world.open();
  const auto key = take(store.create_key(kCaller, "k", KeyKind::Aes256Gcm));
  const auto context = Context::of("bucket");
  const auto data_key = take(store.generate_data_key(kCaller, key, context));
  EXPECT_EQ(data_key.plaintext.size(), 32U);
  EXPECT_EQ(text(take(store.unwrap(kCaller, key, data_key.wrapped, context))),
            text(data_key.plaintext));
  EXPECT_CODE(Unauthenticated, store.decrypt(kCaller, key, data_key.wrapped, context));
  auto disguised = data_key.wrapped;
  disguised[3] = std::byte{1};  // the purpose is authenticated
  EXPECT_CODE(Unauthenticated, store.decrypt(kCaller, key, disguised, context));
  const auto message = take(store.encrypt(kCaller, key, as_bytes("hello"), context));
  EXPECT_CODE(Unauthenticated, store.unwrap(kCaller, key, message, context));
  const auto mine = take(store.wrap(kCaller, key, as_bytes("0123456789abcdef")));
  EXPECT_EQ(text(take(store.unwrap(kCaller, key, mine))), "0123456789abcdef");
  EXPECT_CODE(InvalidArgument, store.generate_data_key(kCaller, key, {}, 8));
  EXPECT_CODE(LimitExceeded, store.wrap(kCaller, key, std::vector<std::byte>(kMaxDataKey + 1)));
  EXPECT_CODE(LimitExceeded, store.encrypt(kCaller, key, std::vector<std::byte>(kMaxMessage + 1)));
  const auto long_context = Context::of(std::string(kMaxContext + 1, 'c'));
  EXPECT_CODE(LimitExceeded, store.encrypt(kCaller, key, as_bytes("x"), long_context));
}

TEST(Keystore, RotationKeepsOldCiphertextsAndRewrapRenewsThem) {
  World world;
  world.initialize();
  Keystore store = world.open();
  const auto key = take(store.create_key(kCaller, "k", KeyKind::Aes256GcmSiv));
  const auto old = take(store.encrypt(kCaller, key, as_bytes("one")));
  const auto wrapped = take(store.wrap(kCaller, key, as_bytes("0123456789abcdef")));
  EXPECT_EQ(take(store.rotate(kCaller, key)), 2U);
  EXPECT_EQ(take(parse_ciphertext(take(store.encrypt(kCaller, key, as_bytes("two"))))).version, 2U);
  EXPECT_EQ(text(take(store.decrypt(kCaller, key, old))), "one");
  const auto renewed = take(store.rewrap(kCaller, key, old));
  EXPECT_EQ(take(parse_ciphertext(renewed)).version, 2U);
  EXPECT_EQ(text(take(store.decrypt(kCaller, key, renewed))), "one");
  const auto rewrapped = take(store.rewrap(kCaller, key, wrapped));
  EXPECT_TRUE(take(parse_ciphertext(rewrapped)).wrapped_key);
  EXPECT_EQ(text(take(store.unwrap(kCaller, key, rewrapped))), "0123456789abcdef");

  KeyPolicy policy = take(store.describe(key)).policy;
  policy.min_decrypt_version = 2;
  EXPECT_OK(store.set_policy(kCaller, key, policy));
  EXPECT_CODE(PreconditionFailed, store.decrypt(kCaller, key, old));
  EXPECT_EQ(text(take(store.decrypt(kCaller, key, renewed))), "one");
  policy.min_decrypt_version = 3;
  EXPECT_CODE(InvalidArgument, store.set_policy(kCaller, key, policy));
}

TEST(Keystore, ADecryptionByAnotherKeyIsRefused) {
  World world;
  world.initialize();
  Keystore store = world.open();
  const auto a = take(store.create_key(kCaller, "a", KeyKind::Aes256Gcm));
  const auto b = take(store.create_key(kCaller, "b", KeyKind::Aes256Gcm));
  const auto sealed = take(store.encrypt(kCaller, a, as_bytes("x")));
  EXPECT_CODE(NotFound, store.decrypt(kCaller, b, sealed));
  EXPECT_CODE(Malformed, store.decrypt(kCaller, a, as_bytes("no ciphertext")));
  EXPECT_CODE(NotFound, store.find_key("c"));
  EXPECT_EQ(take(store.find_key("b")), b);
  EXPECT_CODE(NotFound, store.encrypt(kCaller, KeyHandle(KeyHandle::Bytes{}), as_bytes("x")));
}

TEST(Keystore, PolicyIsKept) {
  World world;
  world.initialize();
  Keystore store = world.open();
  CreateKeyOptions options;
  options.policy.uses = KeyUses{KeyUse::Encrypt};
  const auto key = take(store.create_key(kCaller, "drop-box", KeyKind::Aes256Gcm, options));
  const auto sealed = take(store.encrypt(kCaller, key, as_bytes("x")));
  EXPECT_CODE(PermissionDenied, store.decrypt(kCaller, key, sealed));
  EXPECT_CODE(PermissionDenied, store.generate_data_key(kCaller, key));
  EXPECT_CODE(PermissionDenied, store.export_key(kCaller, key, 1));
  EXPECT_CODE(PermissionDenied, store.sign(kCaller, key, as_bytes("x")));
  EXPECT_OK(store.rewrap(kCaller, key, sealed));

  options.policy.uses = KeyUses{KeyUse::Sign};
  EXPECT_CODE(InvalidArgument, store.create_key(kCaller, "y", KeyKind::Aes256Gcm, options));
  options.policy.uses = KeyUses{};
  EXPECT_CODE(InvalidArgument, store.create_key(kCaller, "y", KeyKind::Aes256Gcm, options));
  for (const std::string_view name : {"", "a b", "a\n", "\xc3\xa9", "a:b"})
    EXPECT_CODE(InvalidArgument, store.create_key(kCaller, name, KeyKind::Aes256Gcm));
  const std::string long_name(129, 'a');
  EXPECT_CODE(InvalidArgument, store.create_key(kCaller, long_name, KeyKind::Aes256Gcm));
  EXPECT_CODE(AlreadyExists, store.create_key(kCaller, "drop-box", KeyKind::Ed25519));

  KeyPolicy policy = take(store.describe(key)).policy;
  policy.exportable = true;
  EXPECT_CODE(PermissionDenied, store.set_policy(kCaller, key, policy));
  options.policy = {};
  options.policy.exportable = true;
  options.policy.deletable = false;
  const auto open = take(store.create_key(kCaller, "open", KeyKind::XChaCha20Poly1305, options));
  EXPECT_EQ(take(store.export_key(kCaller, open, 1)).size(), 32U);
  EXPECT_CODE(PermissionDenied, store.schedule_key_destruction(kCaller, open));
  policy = take(store.describe(open)).policy;
  policy.exportable = false;
  EXPECT_CODE(PermissionDenied, store.set_policy(kCaller, open, policy));
  policy.exportable = true;
  policy.deletable = true;
  EXPECT_CODE(PermissionDenied, store.set_policy(kCaller, open, policy));
}

TEST(Keystore, ImportedKeysWorkAndWrongOnesAreRefused) {
  World world;
  world.initialize();
  Keystore store = world.open();
  const std::string material(32, 'k');
  KeyPolicy exportable;
  exportable.exportable = true;
  const auto key =
      take(store.import_key(kCaller, "in", KeyKind::Aes256Gcm, as_bytes(material), exportable));
  EXPECT_EQ(text(take(store.export_key(kCaller, key, 1))), material);
  const auto sealed = take(store.encrypt(kCaller, key, as_bytes("m")));
  EXPECT_EQ(text(take(store.decrypt(kCaller, key, sealed))), "m");
  EXPECT_CODE(Malformed, store.import_key(kCaller, "x", KeyKind::Aes256Gcm, as_bytes("short")));
  EXPECT_CODE(Malformed, store.import_key(kCaller, "x", KeyKind::HmacSha256, as_bytes("short")));
  EXPECT_FALSE(store.import_key(kCaller, "x", KeyKind::P256, as_bytes(material)).has_value());
  const auto pair = take(crypto::PrivateKey::generate(crypto::KeyType::P256, world.entropy));
  const auto der = pair.to_pkcs8();
  EXPECT_CODE(Malformed, store.import_key(kCaller, "x", KeyKind::P384, der.span()));
  const auto signer = take(store.import_key(kCaller, "signer", KeyKind::P256, der.span()));
  const auto signature = take(store.sign(kCaller, signer, as_bytes("m")));
  EXPECT_OK(pair.public_key().verify(crypto::SignatureAlgorithm::EcdsaSha256, as_bytes("m"),
                                     signature.bytes));
}

TEST(Keystore, SignaturesOfEveryKind) {
  using enum crypto::SignatureAlgorithm;
  const std::pair<KeyKind, crypto::SignatureAlgorithm> kinds[] = {{KeyKind::Ed25519, Ed25519},
                                                                  {KeyKind::P256, EcdsaSha256},
                                                                  {KeyKind::P384, EcdsaSha384},
                                                                  {KeyKind::P521, EcdsaSha512},
                                                                  {KeyKind::Rsa2048, RsaPssSha256}};
  World world;
  world.initialize();
  Keystore store = world.open();
  for (const auto& [kind, algorithm] : kinds) {
    SCOPED_TRACE(std::string(name(kind)));
    const auto key = take(store.create_key(kCaller, name(kind), kind));
    const auto first = take(store.sign(kCaller, key, as_bytes("message")));
    EXPECT_EQ(first.version, 1U);
    EXPECT_OK(store.verify(kCaller, key, as_bytes("message"), first));
    EXPECT_CODE(Unauthenticated, store.verify(kCaller, key, as_bytes("massage"), first));
    EXPECT_OK(take(store.public_key(key, 1)).verify(algorithm, as_bytes("message"), first.bytes));
    const auto misfit = kind == KeyKind::Ed25519 ? EcdsaSha256 : Ed25519;
    EXPECT_CODE(InvalidArgument, store.sign(kCaller, key, as_bytes("m"), misfit));
    EXPECT_CODE(InvalidArgument, store.verify(kCaller, key, as_bytes("m"), first, misfit));
    if (kind == KeyKind::Rsa2048) continue;  // seconds of primes
    EXPECT_EQ(take(store.rotate(kCaller, key)), 2U);
    EXPECT_OK(store.verify(kCaller, key, as_bytes("message"), first));
    Signature second = take(store.sign(kCaller, key, as_bytes("message")));
    EXPECT_EQ(second.version, 2U);
    second.version = 1;
    EXPECT_CODE(Unauthenticated, store.verify(kCaller, key, as_bytes("message"), second));
    second.version = 3;
    EXPECT_CODE(NotFound, store.verify(kCaller, key, as_bytes("message"), second));
  }
  const auto aes = take(store.create_key(kCaller, "aes", KeyKind::Aes256Gcm));
  EXPECT_CODE(InvalidArgument, store.public_key(aes, 1));
}

TEST(Keystore, OaepOfWhoHasThePublicKeyOnly) {
  World world;
  world.initialize();
  Keystore store = world.open();
  const auto key = take(store.create_key(kCaller, "rsa", KeyKind::Rsa2048));
  const auto open = take(store.public_key(key, 1));
  const auto sealed = take(
      open.as<crypto::RsaPublicKey>()->encrypt_oaep({}, as_bytes("from outside"), world.entropy));
  EXPECT_EQ(text(take(store.decrypt_oaep(kCaller, key, 1, sealed))), "from outside");
  EXPECT_CODE(Unauthenticated, store.decrypt_oaep(kCaller, key, 1, ByteSpan(sealed).first(255)));
}

TEST(Keystore, MacsAndAgreement) {
  World world;
  world.initialize();
  Keystore store = world.open();
  for (const KeyKind kind : {KeyKind::HmacSha256, KeyKind::HmacSha512}) {
    const auto key = take(store.create_key(kCaller, name(kind), kind));
    auto tag = take(store.mac(kCaller, key, as_bytes("m")));
    EXPECT_EQ(tag.bytes.size(), kind == KeyKind::HmacSha256 ? 32U : 64U);
    EXPECT_OK(store.verify_mac(kCaller, key, as_bytes("m"), tag));
    EXPECT_CODE(Unauthenticated, store.verify_mac(kCaller, key, as_bytes("n"), tag));
    tag.bytes.pop_back();
    EXPECT_CODE(Unauthenticated, store.verify_mac(kCaller, key, as_bytes("m"), tag));
  }
  for (const KeyKind kind : {KeyKind::X25519, KeyKind::P256, KeyKind::P384, KeyKind::P521}) {
    const std::string prefix(name(kind));
    const auto a = take(store.create_key(kCaller, prefix + "-a", kind));
    const auto b = take(store.create_key(kCaller, prefix + "-b", kind));
    const auto pa = take(store.public_key(a, 1)), pb = take(store.public_key(b, 1));
    const auto ab = take(store.agree(kCaller, a, 1, pb, as_bytes("info")));
    EXPECT_EQ(ab.size(), 32U);
    EXPECT_EQ(text(ab), text(take(store.agree(kCaller, b, 1, pa, as_bytes("info")))));
    EXPECT_NE(text(ab), text(take(store.agree(kCaller, a, 1, pb, as_bytes("other")))));
  }
  const auto x = take(store.find_key("x25519-a")), p = take(store.find_key("p256-a"));
  const auto misfit = take(store.public_key(p, 1));
  EXPECT_CODE(InvalidArgument, store.agree(kCaller, x, 1, misfit, {}));
}

}  // namespace
