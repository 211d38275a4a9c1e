// A share that is read is written the same, as bytes and as text.
#include <avila/hash/sha256.hpp>
#include <avila/keystore/shamir.hpp>
#include <cstdlib>
#include <vector>

using namespace avila;
using namespace avila::keystore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  const auto typed = Share::from_text(as_text(bytes));
  if (typed.has_value()) {
    const auto again = Share::from_text(as_text(typed->to_text().span()));
    if (!again.has_value() || again->index() != typed->index()) std::abort();
  }
  // The checksum is made good, or nothing would be read.
  std::vector<std::byte> whole(bytes.begin(), bytes.end());
  const auto sum = hash::sha256(whole);
  whole.insert(whole.end(), sum.begin(), sum.begin() + 4);
  const auto share = Share::decode(whole);
  if (!share.has_value()) return 0;
  const SecretBytes encoded = share->encode();
  if (as_text(encoded.span()) != as_text(whole)) std::abort();
  const Share* const one[] = {&*share};
  (void)combine(one);
  return 0;
}
