// Streams fed in pieces of every size.
#pragma once
#include <algorithm>
#include <avila/compress/codec.hpp>

#include "support.hpp"

namespace compress_test {

using namespace avila;
using namespace avila::compress;

inline constexpr Format kFormats[] = {Format::Deflate, Format::Zlib,   Format::Gzip,  Format::Zstd,
                                      Format::Lz4,     Format::Snappy, Format::Brotli};

inline bool has(Format format) {
  return std::find(std::begin(kFormats), std::end(kFormats), format) != std::end(kFormats);
}

inline Result<Bytes> encode_in_pieces(Format format, ByteSpan in, const EncoderOptions& options,
                                      std::uint64_t seed) {
  Random random{seed};
  AVILA_TRY(const auto encoder, make_encoder(format, options));
  Bytes out;
  Bytes room(1 + random.below(5000));
  for (bool finished = false; !finished;) {
    const ByteSpan piece = in.first(std::min<std::size_t>(in.size(), random.below(90'000)));
    const bool last = piece.size() == in.size();
    const auto flush = last ? Flush::Finish : random.below(8) == 0 ? Flush::Block : Flush::No;
    AVILA_TRY(
        const auto step,
        encoder->encode(piece, MutableByteSpan(room).first(1 + random.below(room.size())), flush));
    in = in.subspan(step.consumed);
    out.insert(out.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(step.produced));
    finished = step.finished;
  }
  return out;
}

inline Result<Bytes> decode_in_pieces(Format format, ByteSpan in, const DecoderOptions& options,
                                      std::uint64_t seed) {
  Random random{seed};
  AVILA_TRY(const auto decoder, make_decoder(format, options));
  Bytes content, room(1 + random.below(30'000));
  const std::size_t most = 1 + random.below(random.below(2) == 0 ? 4 : 9000);
  bool finished = false;
  while (true) {
    const ByteSpan piece = in.first(std::min<std::size_t>(in.size(), random.below(most + 1)));
    const std::size_t size = 1 + random.below(room.size());
    AVILA_TRY(const auto step, decoder->decode(piece, MutableByteSpan(room).first(size)));
    in = in.subspan(step.consumed);
    content.insert(content.end(), room.begin(),
                   room.begin() + static_cast<std::ptrdiff_t>(step.produced));
    if (in.empty() && step.produced < size) break;
    if (finished && step.finished && step.consumed == 0 && !piece.empty())
      return Error(StreamError::Damaged, "bytes follow the end");
    finished = step.finished;
  }
  AVILA_TRY_VOID(decoder->end());
  return content;
}

}  // namespace compress_test
