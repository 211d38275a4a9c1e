// What decodes is written again by our encoder, and decodes to the same list. Two blocks share the
// tables, so that what the first leaves there is tried too.
#include <avila/error/assert.hpp>
#include <avila/http2/hpack.hpp>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  using namespace avila::http2;
  constexpr std::uint64_t kListBytes = 64 * 1024;
  if (size == 0) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t cut = bytes.size() * data[0] / 256;
  HpackDecoder decoder, own_decoder;
  HpackEncoder own_encoder;
  for (const ByteSpan block : {bytes.first(cut), bytes.subspan(cut)}) {
    HeaderList list, again;
    if (!decoder.decode(block, kListBytes, list).has_value()) return 0;
    AVILA_ASSERT(decoder.table_bytes() <= kDefaultTableBytes);
    AVILA_ASSERT(list.truncated() || list.list_bytes() <= kListBytes);
    std::string written;
    own_encoder.begin_block(written);
    for (std::size_t i = 0; i < list.size(); ++i)
      own_encoder.encode(written, list[i].name, list[i].value);
    AVILA_ASSERT(own_decoder.decode(as_bytes(written), kListBytes, again).has_value());
    AVILA_ASSERT(again.size() == list.size());
    for (std::size_t i = 0; i < list.size(); ++i)
      AVILA_ASSERT(again[i].name == list[i].name && again[i].value == list[i].value);
  }
  return 0;
}
