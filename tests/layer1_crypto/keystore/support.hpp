// A store on a disk in memory, with a clock and entropy that are the test's.
#pragma once
#include <gtest/gtest.h>

#include <avila/keystore/keystore.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/memory_file_system.hpp>

namespace keystore_test {

using namespace avila;
using namespace avila::keystore;

inline const Caller kCaller{"tester", "r-1"};
/// Cheap enough for tests, and weak.
inline const kdf::Argon2Parameters kWeak{.memory_kib = 8, .passes = 1, .lanes = 1};

template <class T>
T take(Result<T> result) {
  EXPECT_TRUE(result.has_value()) << (result.has_value() ? "" : result.error().to_string());
  if (!result.has_value()) std::abort();
  return std::move(result).value();
}
template <class R>
std::string_view code_of(const R& result) {
  return result.has_value() ? "ok" : to_string(result.error().code());
}
#define EXPECT_OK(...)                                                             \
  do {                                                                             \
    const auto expect_ok_ = (__VA_ARGS__);                                         \
    EXPECT_TRUE(expect_ok_.has_value())                                            \
        << (expect_ok_.has_value() ? "" : expect_ok_.error().to_string_verbose()); \
  } while (false)
#define EXPECT_CODE(kind, ...) EXPECT_EQ(code_of(__VA_ARGS__), to_string(Errc::kind))

inline std::string text(ByteSpan bytes) { return std::string(as_text(bytes)); }
inline std::string text(const SecretBytes& bytes) { return text(bytes.span()); }

struct World {
  explicit World(std::uint64_t seed = 1) : disk(seed), entropy(seed) {}
  os::MemoryFileSystem disk;
  os::ManualClock clock;
  os::SeededEntropy entropy;
  KeyProvider* provider = nullptr;

  KeystoreOptions options(os::FileSystem* other = nullptr) {
    return {.files = other == nullptr ? disk : *other,
            .clock = clock,
            .entropy = entropy,
            .folder = "/store",
            .memory = LockPolicy::BestEffort,
            .provider = provider};
  }
  void initialize() {
    const SealSpec seals[] = {PassphraseSeal{as_bytes("open sesame"), kWeak}};
    EXPECT_OK(Keystore::initialize(options(), seals));
  }
  Keystore open() {
    Keystore store = take(Keystore::open(options()));
    EXPECT_OK(store.unseal_with_passphrase(kCaller, as_bytes("open sesame")));
    return store;
  }
};

}  // namespace keystore_test
