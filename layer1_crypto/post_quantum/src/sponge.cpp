#include "sponge.hpp"

#include <avila/field/ct.hpp>
#include <avila/hash/sha3.hpp>

namespace avila::post_quantum::detail {
namespace {

template <class State>
auto digest(Parts parts) noexcept {
  State state;
  const field::ct::Wiper wiper(state);
  for (const ByteSpan part : parts) state.update(part);
  return state.finish();
}

}  // namespace

void shake256(Parts parts, MutableByteSpan out) noexcept {
  hash::Shake256 state;
  const field::ct::Wiper wiper(state);
  for (const ByteSpan part : parts) state.update(part);
  state.squeeze(out);
}
std::array<std::byte, 32> sha3_256(Parts parts) noexcept { return digest<hash::Sha3_256>(parts); }
std::array<std::byte, 64> sha3_512(Parts parts) noexcept { return digest<hash::Sha3_512>(parts); }

}  // namespace avila::post_quantum::detail
