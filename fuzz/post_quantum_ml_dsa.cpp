// Keys of ML-DSA that decode are encoded the same, and sign; of the mutations of a signature only
// the signature itself verifies.
#include <avila/post_quantum/ml_dsa.hpp>

#include <algorithm>
#include <cstdlib>

using namespace avila;
using namespace avila::post_quantum;

namespace {

void need(bool ok) {
  if (!ok) std::abort();
}

template <class Dsa>
void run(ByteSpan bytes) {
  static constexpr std::array<std::byte, 32> kSeed{};
  static const auto key = Dsa::PrivateKey::from_seed(kSeed);
  static const auto signature = key.sign_deterministic(kSeed).value();
  if (const auto pk = Dsa::PublicKey::decode(bytes); pk.has_value()) {
    need(std::ranges::equal(pk->bytes(), bytes));
    need(!pk->verify(kSeed, signature).has_value() ||
         std::ranges::equal(pk->bytes(), key.public_key().bytes()));
  }
  if (const auto sk = Dsa::PrivateKey::decode(bytes); sk.has_value()) {
    need(std::ranges::equal(*sk->bytes(), bytes));
    const auto made = sk->sign_deterministic(bytes);
    need(!made.has_value() || sk->public_key().verify(bytes, *made).has_value());
  }
  // The input lies over the end of the signature, where its hints are.
  auto damaged = signature;
  const std::size_t size = std::min(bytes.size(), damaged.size());
  std::copy_n(bytes.begin(), size, damaged.end() - static_cast<std::ptrdiff_t>(size));
  need(key.public_key().verify(kSeed, damaged).has_value() == (damaged == signature));
  (void)key.public_key().verify(kSeed, bytes);  // any verdict: it may be a signature
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  run<MlDsa44>(bytes);
  run<MlDsa65>(bytes);
  run<MlDsa87>(bytes);
  return 0;
}
