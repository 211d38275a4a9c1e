// Any bytes as LZ4 frames: memory and output stay bounded, and a decoder that is fed byte by byte
// gives what one that gets all at once gives.
#include <avila/compress/lz4_frame.hpp>
#include <avila/error/assert.hpp>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  const ByteSpan in = std::as_bytes(std::span(data, size));
  const compress::lz4::FrameLimits limits{.max_output = 1 << 20};
  const auto whole = compress::lz4::decompress_frames(in, limits);

  compress::lz4::FrameDecoder decoder(limits);
  std::vector<std::byte> content;
  std::byte room[1000];
  bool failed = size == 0;  // no frame at all
  for (ByteSpan rest = in; !failed;) {
    const auto step = decoder.decode(rest.first(rest.empty() ? 0 : 1), room);
    if (!step.has_value()) {
      failed = true;
      break;
    }
    content.insert(content.end(), room, room + step->produced);
    rest = rest.subspan(step->consumed);
    if (rest.empty() && step->produced < sizeof room) break;
  }
  failed = failed || !decoder.at_boundary();
  AVILA_ASSERT(content.size() <= limits.max_output);
  AVILA_ASSERT(whole.has_value() == !failed);
  if (whole.has_value()) AVILA_ASSERT(*whole == content);
  return 0;
}
