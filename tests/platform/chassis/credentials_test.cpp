#include <gtest/gtest.h>
#include <avila/chassis/credentials.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/memory_file_system.hpp>

namespace avila::chassis {
namespace {

struct Fixture : ::testing::Test {
  os::MemoryFileSystem files;
  os::SeededEntropy entropy{7};
  void SetUp() override { ASSERT_TRUE(files.create_directories("data").has_value()); }
};
using CredentialsTest = Fixture;

TEST_F(CredentialsTest, TheKeyWorksAndOnlyItsHashIsStored) {
  const auto made = create_credentials(files, entropy, "data");
  ASSERT_TRUE(made.has_value()) << made.error().to_string();
  EXPECT_TRUE(made->api_key.starts_with("avl_"));
  EXPECT_GE(made->api_key.size(), 4U + 43U);
  const auto store = KeyStore::load(files, "data");
  ASSERT_TRUE(store.has_value()) << store.error().to_string();
  EXPECT_TRUE(store->accepts(made->api_key));
  EXPECT_FALSE(store->accepts(""));
  EXPECT_FALSE(store->accepts(made->api_key + "x"));
  std::string other = made->api_key;
  other.back() = other.back() == 'A' ? 'B' : 'A';
  EXPECT_FALSE(store->accepts(other));
  EXPECT_EQ(files.read_text("data/keys.toml")->find(made->api_key), std::string::npos);
}

TEST_F(CredentialsTest, FilesAreForTheOwnerOnly) {
  ASSERT_TRUE(create_credentials(files, entropy, "data").has_value());
  EXPECT_EQ(files.info("data/credentials.toml")->mode & 0777, 0600U);
  EXPECT_EQ(files.info("data/keys.toml")->mode & 0777, 0600U);
}

TEST_F(CredentialsTest, EndpointsAreReadBack) {
  auto made = create_credentials(files, entropy, "data");
  made->endpoints.emplace_back("aviladb", "http://127.0.0.1:7701");
  ASSERT_TRUE(write_credentials(files, "data", *made).has_value());
  const auto read = read_credentials(files, "data");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->api_key, made->api_key);
  ASSERT_EQ(read->endpoints.size(), 1U);
  EXPECT_EQ(read->endpoints[0].second, "http://127.0.0.1:7701");
}

TEST_F(CredentialsTest, DamageIsReported) {
  EXPECT_TRUE(KeyStore::load(files, "data").error().is(Errc::NotFound));
  ASSERT_TRUE(files.write_atomically("data/keys.toml", as_bytes("x = 1")).has_value());
  EXPECT_TRUE(KeyStore::load(files, "data").error().is(Errc::Corrupted));
  ASSERT_TRUE(
      files.write_atomically("data/keys.toml", as_bytes("[[key]]\nsha256 = \"00\"")).has_value());
  EXPECT_TRUE(KeyStore::load(files, "data").error().is(Errc::Corrupted));
  ASSERT_TRUE(files.write_atomically("data/credentials.toml", as_bytes("")).has_value());
  EXPECT_TRUE(read_credentials(files, "data").error().is(Errc::Malformed));
}

}  // namespace
}  // namespace avila::chassis
