#include <gtest/gtest.h>
#include <avila/kdf/password.hpp>
#include <avila/kdf/phc.hpp>
#include <avila/kdf/scrypt.hpp>

#include "hex.hpp"

namespace avila::kdf {
namespace {

constexpr PasswordParameters kQuick{.argon2 = {.memory_kib = 64, .passes = 1, .lanes = 2}};

Errc code_of(const Result<void>& result) {
  return result.has_value() ? Errc::Unknown : result.error().code();
}

TEST(Password, HashesAndVerifies) {
  for (const Argon2Type type : {Argon2Type::D, Argon2Type::I, Argon2Type::Id}) {
    PasswordParameters parameters = kQuick;
    parameters.argon2.type = type;
    const std::string stored = password_hash("correct horse", parameters).value();
    EXPECT_TRUE(password_verify("correct horse", stored).has_value());
    EXPECT_EQ(code_of(password_verify("correct horsf", stored)), Errc::Unauthenticated);
    EXPECT_EQ(code_of(password_verify("", stored)), Errc::Unauthenticated);
    EXPECT_TRUE(password_verify("correct horse", stored, {.threads = 2}).has_value());
  }
}

TEST(Password, DefaultIsRfc9106AndSaltsDiffer) {
  const std::string one = password_hash("").value(), two = password_hash("").value();
  EXPECT_TRUE(one.starts_with("$argon2id$v=19$m=65536,t=3,p=4$")) << one;
  EXPECT_NE(one, two);
  EXPECT_TRUE(password_verify("", one).has_value());
  EXPECT_FALSE(password_needs_rehash(one));
}

// From the tests of the reference implementation, with and without a version.
TEST(Password, VerifiesPublishedStrings) {
  EXPECT_TRUE(password_verify("password",
                              "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ"
                              "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")
                  .has_value());
  EXPECT_TRUE(password_verify("password",
                              "$argon2i$m=256,t=2,p=2$c29tZXNhbHQ"
                              "$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs")
                  .has_value());
}

TEST(Password, VerifiesScrypt) {
  std::string hash(32, '\0');
  ASSERT_TRUE(scrypt(as_bytes("password"), as_bytes("somesalt"), {.n = 1 << 10, .r = 8, .p = 2},
                     std::as_writable_bytes(std::span(hash)))
                  .has_value());
  const std::string stored = format_phc({.id = "scrypt",
                                         .version = {},
                                         .parameters = {{"ln", "10"}, {"r", "8"}, {"p", "2"}},
                                         .salt = "somesalt",
                                         .hash = hash});
  EXPECT_TRUE(password_verify("password", stored).has_value());
  EXPECT_EQ(code_of(password_verify("Password", stored)), Errc::Unauthenticated);
  EXPECT_TRUE(password_needs_rehash(stored));
}

TEST(Password, EveryFlippedByteIsRefused) {
  const std::string stored = password_hash("password", kQuick).value();
  for (std::size_t i = 0; i < stored.size(); ++i) {
    std::string other = stored;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(password_verify("password", other).has_value()) << other;
    EXPECT_FALSE(password_verify("password", stored.substr(0, i)).has_value()) << i;
  }
}

TEST(Password, HostileCostsAreRefusedBeforeTheWork) {
  const std::string end = "$c29tZXNhbHRzb21lc2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
  for (const char* asked :
       {"$argon2id$v=19$m=4294967295,t=1,p=1", "$argon2id$v=19$m=8,t=4294967295,p=1",
        "$argon2id$v=19$m=262144,t=5,p=1", "$argon2id$v=19$m=262144,t=1,p=65",
        "$argon2id$v=19$m=4294967295,t=4294967295,p=4294967295", "$scrypt$ln=31,r=8,p=1",
        "$scrypt$ln=32,r=8,p=1", "$scrypt$ln=1,r=1,p=4294967295", "$scrypt$ln=1,r=4294967295,p=1",
        "$scrypt$ln=1,r=1048576,p=64", "$scrypt$ln=17,r=8,p=9"})
    EXPECT_EQ(code_of(password_verify("password", asked + end)), Errc::LimitExceeded) << asked;
  EXPECT_EQ(code_of(password_verify("password", "$argon2id$v=19$m=16,t=1,p=1" + end,
                                    {.memory_kib_max = 15})),
            Errc::LimitExceeded);
}

TEST(Password, RefusesStringsOfNoHash) {
  const std::string salt = "$c29tZXNhbHQ", hash = "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
  const auto code = [](const std::string& stored) {
    EXPECT_TRUE(password_needs_rehash(stored));
    return code_of(password_verify("password", stored));
  };
  EXPECT_EQ(code("$bcrypt$v=19$m=8,t=1,p=1" + salt + hash), Errc::Unsupported);
  EXPECT_EQ(code("$argon2id$v=18$m=8,t=1,p=1" + salt + hash), Errc::Unsupported);
  EXPECT_EQ(code("$argon2id$v=19$t=1,m=8,p=1" + salt + hash), Errc::Malformed);
  EXPECT_EQ(code("$argon2id$v=19$m=8,t=1" + salt + hash), Errc::Malformed);
  EXPECT_EQ(code("$argon2id$v=19$m=8,t=1,p=1,keyid=a" + salt + hash), Errc::Malformed);
  EXPECT_EQ(code("$argon2id$v=19$m=08,t=1,p=1" + salt + hash), Errc::Malformed);
  EXPECT_EQ(code("$argon2id$v=19$m=4294967296,t=1,p=1" + salt + hash), Errc::Malformed);
  EXPECT_EQ(code("$argon2id$v=19$m=8,t=1,p=1$c2FsdA" + hash), Errc::Malformed);  // 4 bytes
  EXPECT_EQ(code("$argon2id$v=19$m=8,t=1,p=1" + salt + "$c2FsdA"), Errc::Malformed);
  EXPECT_EQ(code("$argon2id$v=19$m=8,t=1,p=1" + salt), Errc::Malformed);
  EXPECT_EQ(code("$scrypt$v=1$ln=10,r=8,p=1" + salt + hash), Errc::Malformed);
}

TEST(Password, NeedsRehashWhenAnythingDiffers) {
  const std::string stored = password_hash("password", kQuick).value();
  EXPECT_FALSE(password_needs_rehash(stored, kQuick));
  EXPECT_TRUE(password_needs_rehash(stored));
  const auto differs = [&](auto change) {
    PasswordParameters parameters = kQuick;
    change(parameters);
    return password_needs_rehash(stored, parameters);
  };
  EXPECT_TRUE(differs([](auto& p) { p.argon2.type = Argon2Type::I; }));
  EXPECT_TRUE(differs([](auto& p) { p.argon2.memory_kib = 128; }));
  EXPECT_TRUE(differs([](auto& p) { p.argon2.passes = 2; }));
  EXPECT_TRUE(differs([](auto& p) { p.argon2.lanes = 1; }));
  EXPECT_TRUE(differs([](auto& p) { p.salt_size = 17; }));
  EXPECT_TRUE(differs([](auto& p) { p.hash_size = 33; }));
  EXPECT_FALSE(differs([](auto& p) { p.argon2.threads = 2; }));
}

TEST(Password, RefusesBadParametersOfNewHashes) {
  const auto code = [](auto change) {
    PasswordParameters parameters = kQuick;
    change(parameters);
    const auto made = password_hash("password", parameters);
    return made.has_value() ? Errc::Unknown : made.error().code();
  };
  EXPECT_EQ(code([](auto& p) { p.salt_size = 7; }), Errc::InvalidArgument);
  EXPECT_EQ(code([](auto& p) { p.salt_size = 49; }), Errc::InvalidArgument);
  EXPECT_EQ(code([](auto& p) { p.hash_size = 11; }), Errc::InvalidArgument);
  EXPECT_EQ(code([](auto& p) { p.hash_size = 65; }), Errc::InvalidArgument);
  EXPECT_EQ(code([](auto& p) { p.argon2.version = Argon2Version::V10; }), Errc::InvalidArgument);
  EXPECT_EQ(code([](auto& p) { p.argon2.memory_kib = 15; }), Errc::InvalidArgument);
}

TEST(Phc, ReadsAndWritesTheSame) {
  for (const char* text :
       {"$a", "$a-1$v=0", "$a$v=4294967295", "$a$x=y", "$a$v=1$x=y,z=1.0+/-", "$a$c2FsdA",
        "$a$c2FsdA$aGFzaA", "$a$v=1$x=y$c2FsdA$aGFzaA", "$a$v=1,w=2", "$a$v=1$v=2"}) {
    const auto parts = parse_phc(text);
    ASSERT_TRUE(parts.has_value()) << text << ": " << parts.error().to_string();
    EXPECT_EQ(format_phc(*parts), text);
  }
  const auto parts = parse_phc("$a$v=1$x=y,z=2$c2FsdA$aGFzaA");
  EXPECT_EQ(parts->id, "a");
  EXPECT_EQ(parts->version, 1U);
  ASSERT_EQ(parts->parameters.size(), 2U);
  EXPECT_EQ(parts->parameters[1], std::pair(std::string("z"), std::string("2")));
  EXPECT_EQ(parts->salt, "salt");
  EXPECT_EQ(parts->hash, "hash");
}

TEST(Phc, RefusesOtherSpellings) {
  for (const char* text : {"",
                           "a",
                           "$",
                           "$A",
                           "$a$",
                           "$a$v=",
                           "$a$v=01",
                           "$a$v=-1",
                           "$a$v=+1",
                           "$a$v=4294967296",
                           "$a$v=x",
                           "$a$x=",
                           "$a$=x",
                           "$a$x=y,",
                           "$a$x=y,x=z",
                           "$a$x=y z",
                           "$a$X=y",
                           "$a$x=y$",
                           "$a$c2FsdA==",
                           "$a$c2FsdB",
                           "$a$c2Fsd",
                           "$a$c2FsdA$",
                           "$a$c2FsdA$aGFzaA$",
                           "$a$$aGFzaA",
                           "$a$c2FsdA$aGFzaA\n",
                           " $a",
                           "$a$c2FsdA$v=1",
                           "$a$x=y$v=1",
                           "$abcdefghijklmnopqrstuvwxyz0123456"}) {
    const auto parts = parse_phc(text);
    ASSERT_FALSE(parts.has_value()) << text;
    EXPECT_EQ(parts.error().code(), Errc::Malformed) << text;
  }
}

TEST(Phc, HasLimits) {
  std::string many = "$a$a0=0";
  for (std::size_t i = 1; i < kPhcParametersMax; ++i) many += ",a" + std::to_string(i) + "=0";
  EXPECT_TRUE(parse_phc(many).has_value());
  EXPECT_EQ(parse_phc(many + ",z=0").error().code(), Errc::LimitExceeded);
  std::string longest = "$a$x=";
  longest.resize(kPhcSizeMax, 'y');
  EXPECT_TRUE(parse_phc(longest).has_value());
  EXPECT_EQ(parse_phc(longest + 'y').error().code(), Errc::LimitExceeded);
}

}  // namespace
}  // namespace avila::kdf
