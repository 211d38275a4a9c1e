// Any bytes as a Snappy stream and as a block, and through the encoders.
#include <avila/compress/codec.hpp>
#include <avila/compress/snappy.hpp>

#include "compress_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  namespace snappy = avila::compress::snappy;
  const ByteSpan in = std::as_bytes(std::span(data, size));
  fuzz::decoder(compress::Format::Snappy, in);
  fuzz::encoder(compress::Format::Snappy, in);
  const auto announced = snappy::uncompressed_size(in);
  if (announced.has_value() && *announced <= 1 << 20) {
    std::vector<std::byte> exact(*announced);
    const auto written = snappy::decompress(in, exact);
    AVILA_ASSERT(!written.has_value() || *written == exact.size());
  }
  std::vector<std::byte> packed(snappy::compress_bound(in.size())), back(in.size());
  packed.resize(snappy::compress(in, packed));
  AVILA_ASSERT(snappy::decompress(packed, back).has_value());
  AVILA_ASSERT(std::equal(back.begin(), back.end(), in.begin(), in.end()));
  return 0;
}
