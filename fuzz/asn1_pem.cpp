// Blocks that are read are written and read the same.
#include <avila/asn1/pem.hpp>

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto blocks = avila::asn1::parse_pem({reinterpret_cast<const char*>(data), size});
  if (!blocks.has_value()) return 0;
  for (const auto& block : *blocks) {
    const auto again = avila::asn1::parse_pem(avila::asn1::to_pem(block.label, block.bytes));
    if (!again.has_value() || again->size() != 1 || (*again)[0].bytes != block.bytes) std::abort();
  }
  return 0;
}
