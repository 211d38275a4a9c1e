// Any bytes as Brotli, and through its encoder.
#include <avila/compress/codec.hpp>

#include "compress_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const avila::ByteSpan in = std::as_bytes(std::span(data, size));
  fuzz::decoder(avila::compress::Format::Brotli, in);
  if (size % 64 == 0) fuzz::encoder(avila::compress::Format::Brotli, in);
  return 0;
}
