// A chunked body decodes to the same in one piece and byte by byte.
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/http/parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

struct Decoded {
  std::string body;
  std::size_t used = 0;
  bool done = false, failed = false;
};

Decoded decode(avila::ByteSpan input, std::size_t step) {
  using namespace avila::http;
  ParseLimits limits;
  limits.body_bytes = 1 << 20;
  BodyDecoder decoder({Framing::Kind::Chunked, 0}, limits);
  Decoded out;
  while (!decoder.done() && out.used < input.size()) {
    const auto piece = input.subspan(out.used, std::min(step, input.size() - out.used));
    const auto took = decoder.next(piece);
    if (!took.has_value()) {
      out.failed = true;
      return out;
    }
    AVILA_ASSERT(took->consumed > 0 && took->consumed <= piece.size());
    out.body += avila::as_text(took->data);
    out.used += took->consumed;
  }
  out.done = decoder.done();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span{data, size});
  const Decoded whole = decode(input, size + 1);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
    const Decoded pieces = decode(input, step);
    AVILA_ASSERT(whole.failed == pieces.failed);
    if (!whole.failed) {
      AVILA_ASSERT(whole.done == pieces.done && whole.body == pieces.body);
      AVILA_ASSERT(whole.used == pieces.used);
    }
  }
  return 0;
}
