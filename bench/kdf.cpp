// kdf.*: one derivation, 16-byte password, 16-byte salt, 32 bytes out.
#include <avila/hash/sha256.hpp>
#include <avila/kdf/argon2.hpp>
#include <avila/kdf/hkdf.hpp>
#include <avila/kdf/pbkdf2.hpp>
#include <avila/kdf/scrypt.hpp>

#include "bench.hpp"

using namespace avila;
using namespace avila::kdf;

namespace {

template <class Derive>
void derive(const std::string& metric, double scale, const char* unit, Derive run) {
  if (!bench::wanted(metric)) return;
  std::byte out[32];
  const auto time = bench::measure([&] {
    bench::need(run(out).has_value(), metric.c_str());
    bench::keep(out[0]);
  });
  bench::emit(metric, time.median * scale, unit, time.best * scale);
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  const auto password_bytes = bench::random_bytes(16, 151),
             salt_bytes = bench::random_bytes(16, 152);
  const auto password = std::as_bytes(std::span(password_bytes));
  const auto salt = std::as_bytes(std::span(salt_bytes));
  derive("kdf.argon2id.t3-m64MiB-p1", 1e3, "ms", [&](MutableByteSpan out) {
    return argon2(password, salt, {.memory_kib = 65536, .passes = 3, .lanes = 1}, out);
  });
  derive("kdf.pbkdf2-sha256.100k", 1e3, "ms",
         [&](MutableByteSpan out) { return pbkdf2<hash::Sha256>(password, salt, 100'000, out); });
  derive("kdf.scrypt.N16384-r8-p1", 1e3, "ms", [&](MutableByteSpan out) {
    return scrypt(password, salt, {.n = 16384, .r = 8, .p = 1}, out);
  });
  derive("kdf.hkdf-sha256.32B", 1e9, "ns",
         [&](MutableByteSpan out) { return hkdf<hash::Sha256>(password, salt, salt, out); });
}
