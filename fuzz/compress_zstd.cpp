// Any bytes as Zstandard frames, and through its encoder.
#include <avila/compress/codec.hpp>

#include "compress_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const avila::ByteSpan in = std::as_bytes(std::span(data, size));
  fuzz::decoder(avila::compress::Format::Zstd, in);
  // Two halves: a dictionary, and frames made with it.
  if (size >= 2)
    fuzz::decoder(avila::compress::Format::Zstd, in.subspan(size / 2), in.first(size / 2));
  return 0;
}
