// Any bytes as an LZ4 block: no access outside the buffers, the same answer whatever the room to
// spare, and what decodes survives a round trip.
#include <algorithm>
#include <avila/compress/lz4.hpp>
#include <avila/error/assert.hpp>
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  const ByteSpan in = std::as_bytes(std::span(data, size));
  std::vector<std::byte> roomy(1 << 16);
  const auto first = compress::lz4::decompress(in, roomy);
  if (first.has_value()) {
    // With no room to spare every copy takes the careful path.
    std::vector<std::byte> exact(*first);
    const auto second = compress::lz4::decompress(in, exact);
    AVILA_ASSERT(second.has_value());
    AVILA_ASSERT(*second == *first);
    AVILA_ASSERT(std::equal(exact.begin(), exact.end(), roomy.begin()));
    if (!exact.empty()) {
      exact.pop_back();
      AVILA_ASSERT(!compress::lz4::decompress(in, exact).has_value());
    }
  }
  const ByteSpan content = first.has_value() ? ByteSpan(roomy).first(*first) : in;
  for (const int level : {1, 4, 12}) {
    std::vector<std::byte> packed(compress::lz4::compress_bound(content.size()));
    packed.resize(level == 1 ? compress::lz4::compress(content, packed)
                             : compress::lz4::compress_hc(content, packed, level));
    AVILA_ASSERT(!packed.empty());
    std::vector<std::byte> back(content.size());
    const auto again = compress::lz4::decompress(packed, back);
    AVILA_ASSERT(again.has_value());
    AVILA_ASSERT(*again == content.size());
    AVILA_ASSERT(std::equal(back.begin(), back.end(), content.begin()));
  }
  return 0;
}
