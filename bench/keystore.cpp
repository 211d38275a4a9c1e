// keystore.*: operations by handle with their audit entries, on a disk in memory; splits of a root
// key.
#include <avila/keystore/keystore.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/memory_file_system.hpp>

#include "bench.hpp"

using namespace avila;
using namespace avila::keystore;

namespace {

template <class Run>
void each(const std::string& metric, Run run) {
  if (!bench::wanted(metric)) return;
  const auto time = bench::measure([&] { bench::need(run(), metric.c_str()); });
  bench::emit(metric, time.median * 1e6, "us", time.best * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  os::MemoryFileSystem disk;
  const KeystoreOptions options{.files = disk,
                                .clock = os::real_clock(),
                                .entropy = os::system_entropy(),
                                .folder = "/store",
                                .memory = LockPolicy::BestEffort};
  const std::string_view passphrase = "bench";
  const SealSpec seals[] = {PassphraseSeal{as_bytes(passphrase), {.memory_kib = 8, .lanes = 1}}};
  bench::need(Keystore::initialize(options, seals).has_value(), "initialize");
  const Caller caller{"bench"};
  Keystore store = Keystore::open(options).value();
  bench::need(store.unseal_with_passphrase(caller, as_bytes(passphrase)).has_value(), "unseal");

  const auto text_bytes = bench::random_bytes(1024, 301);
  const ByteSpan text = std::as_bytes(std::span(text_bytes));
  const auto context = Context::of("table=orders row=42");
  for (const KeyKind kind : {KeyKind::Aes256Gcm, KeyKind::XChaCha20Poly1305}) {
    const std::string prefix = "keystore." + std::string(name(kind));
    const KeyHandle key = store.create_key(caller, name(kind), kind).value();
    const auto sealed = store.encrypt(caller, key, text, context).value();
    each(prefix + ".encrypt.1KiB",
         [&] { return store.encrypt(caller, key, text, context).has_value(); });
    each(prefix + ".decrypt.1KiB",
         [&] { return store.decrypt(caller, key, sealed, context).has_value(); });
  }
  for (const KeyKind kind : {KeyKind::Ed25519, KeyKind::P256, KeyKind::Rsa2048}) {
    const KeyHandle key = store.create_key(caller, name(kind), kind).value();
    each("keystore." + std::string(name(kind)) + ".sign.1KiB",
         [&] { return store.sign(caller, key, text).has_value(); });
  }
  const KeyHandle hmac = store.create_key(caller, "hmac", KeyKind::HmacSha256).value();
  each("keystore.hmac-sha256.mac.1KiB", [&] { return store.mac(caller, hmac, text).has_value(); });
  each("keystore.rotate", [&] {
    const auto info = store.describe(hmac);
    if (info->current_version < 900) return store.rotate(caller, hmac).has_value();
    return store.rotate_store_key(caller).has_value();
  });

  const auto shares = split(text.first(32), 3, 5, os::system_entropy()).value();
  each("keystore.shamir.split.3of5.32B",
       [&] { return split(text.first(32), 3, 5, os::system_entropy()).has_value(); });
  each("keystore.shamir.combine.3of5.32B", [&] { return combine(std::span(shares)).has_value(); });
}
