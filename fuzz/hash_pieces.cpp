// Any algorithm over pieces, and over a copy on the way, gives what it gives over the whole. The
// first bytes of the input choose the algorithm, the key's size and the pieces.
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hash/algorithm.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  if (size < 4 || size > 65'536) return 0;
  const auto all = hash::algorithms();
  const hash::Algorithm& algorithm = all[data[0] % all.size()];
  const ByteSpan message = std::as_bytes(std::span(data, size)).subspan(4);
  std::vector<std::byte> key;
  if (algorithm.key_use != hash::KeyUse::None)
    key.assign(std::clamp<std::size_t>(data[1], algorithm.key_min, algorithm.key_max),
               static_cast<std::byte>(data[1]));
  const std::size_t wanted = data[2] + std::size_t{1};
  auto whole = hash::Hasher::create(
      algorithm.name,
      {.key = key, .size = std::clamp(wanted, algorithm.size_min, algorithm.size_max)});
  AVILA_ASSERT(whole.has_value());
  hash::Hasher pieces = *whole;
  whole->update(message);
  std::size_t step = data[3] + std::size_t{1};
  for (ByteSpan rest = message; !rest.empty(); step = step * 5 % 4099 + 1) {
    const ByteSpan piece = rest.first(std::min(step, rest.size()));
    pieces.update(piece);
    rest = rest.subspan(piece.size());
    if (step % 3 == 0) pieces = hash::Hasher(pieces);
  }
  std::vector<std::byte> a(whole->size()), b(pieces.size());
  whole->finish(a);
  pieces.finish(b);
  AVILA_ASSERT(a == b);
  return 0;
}
