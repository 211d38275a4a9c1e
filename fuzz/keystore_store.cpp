// A store that is read is written the same, and so is a body.
#include <avila/hash/sha256.hpp>
#include <avila/keystore/keystore.hpp>
#include <cstdlib>
#include <cstring>

#include "../layer1_crypto/keystore/src/state.hpp"
#include "../layer1_crypto/keystore/src/store_file.hpp"

using namespace avila;
using namespace avila::keystore;

namespace {

bool same(ByteSpan a, ByteSpan b) { return as_text(a) == as_text(b); }

void read_store(ByteSpan bytes) {
  // The checksum is made good, or nothing would be read.
  std::vector<std::byte> whole(bytes.begin(), bytes.end());
  const auto sum = hash::sha256(whole);
  whole.insert(whole.end(), sum.begin(), sum.end());
  const auto file = StoreFile::decode(whole);
  if (file.has_value() && !same(file->encode(), whole)) std::abort();
}

void read_body(ByteSpan bytes) {
  static const auto arena = LockedArena::create(LockPolicy::BestEffort).value();
  const auto state = State::decode(bytes, *arena);
  if (!state.has_value()) return;
  const auto again = state->encode(*arena);
  const auto back = State::decode(again.value().span(), *arena);
  if (!back.has_value() || back->keys.size() != state->keys.size()) std::abort();
  if (!same(back->encode(*arena).value().span(), again->span())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  read_store(bytes);
  if (!bytes.empty()) read_body(bytes.subspan(1));
  (void)parse_ciphertext(bytes);
  return 0;
}
