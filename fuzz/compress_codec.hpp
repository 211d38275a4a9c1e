// What the fuzz targets of every format check: memory and output stay bounded, a decoder that is
// fed in small pieces gives what one that gets all at once gives, and every encoder round-trips.
#pragma once
#include <algorithm>
#include <avila/compress/codec.hpp>
#include <avila/error/assert.hpp>
#include <cstdint>
#include <vector>

namespace fuzz {

using namespace avila;

inline void decoder(compress::Format format, ByteSpan in, ByteSpan dictionary = {}) {
  const compress::DecoderOptions options{
      .max_output = 1 << 18, .max_window = 1 << 20, .dictionary = dictionary};
  const auto whole = compress::decompress(format, in, options);
  auto made = compress::make_decoder(format, options);
  if (!made.has_value()) {
    AVILA_ASSERT(!whole.has_value());
    return;
  }
  const auto decoder = std::move(made).value();
  std::vector<std::byte> content;
  std::byte room[1000];
  bool failed = false;
  for (ByteSpan rest = in; !failed;) {
    const auto step = decoder->decode(rest.first(std::min<std::size_t>(rest.size(), 3)), room);
    if (!step.has_value()) {
      failed = true;
      break;
    }
    content.insert(content.end(), room, room + step->produced);
    failed = step->finished && step->consumed == 0 && step->produced == 0 && !rest.empty();
    rest = rest.subspan(step->consumed);
    if (rest.empty() && step->produced < sizeof room) break;
  }
  failed = failed || !decoder->at_boundary();
  AVILA_ASSERT(content.size() <= options.max_output);
  AVILA_ASSERT(whole.has_value() == !failed);
  if (whole.has_value()) {
    AVILA_ASSERT(*whole == content);
    std::vector<std::byte> exact(content.size());
    const auto size = compress::decompress(format, in, exact, options);
    AVILA_ASSERT(size.has_value());
    AVILA_ASSERT(*size == content.size() && exact == content);
  }
}

inline void encoder(compress::Format format, ByteSpan content) {
  const auto range = compress::levels(format);
  if (content.size() > 1 << 14) content = content.first(1 << 14);
  for (const int level : {range.min, range.standard, range.max}) {
    const auto packed = compress::compress(format, content, {.level = level});
    AVILA_ASSERT(packed.has_value());
    const auto back = compress::decompress(format, *packed);
    AVILA_ASSERT(back.has_value());
    AVILA_ASSERT(std::equal(back->begin(), back->end(), content.begin(), content.end()));
  }
}

}  // namespace fuzz
