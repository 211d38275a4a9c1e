#include "xxh3_long.hpp"

#include <avila/primitives/endian.hpp>

namespace avila::hash::detail {
namespace {

void accumulate_portable(std::uint64_t acc[8], const std::byte* input,
                         const std::byte* secret) noexcept {
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint64_t data = load_le64(input + 8 * i);
    const std::uint64_t key = data ^ load_le64(secret + 8 * i);
    acc[i ^ 1] += data;
    acc[i] += (key & 0xFFFFFFFFU) * (key >> 32);
  }
}

void scramble_portable(std::uint64_t acc[8], const std::byte* secret) noexcept {
  for (std::size_t i = 0; i < 8; ++i)
    acc[i] = (acc[i] ^ (acc[i] >> 47) ^ load_le64(secret + 8 * i)) * kPrime32_1;
}

void xxh3_long_portable(std::uint64_t acc[8], const Xxh3Run& run) noexcept {
  const std::size_t stripes = run.stripes_per_block();
  const std::byte* in = run.input;
  for (std::size_t b = 0; b < run.blocks; ++b) {
    for (std::size_t i = 0; i < stripes; ++i, in += kStripe)
      accumulate_portable(acc, in, run.secret + i * kSecretStep);
    scramble_portable(acc, run.scramble_secret());
  }
  for (std::size_t i = 0; i < run.tail_stripes; ++i, in += kStripe)
    accumulate_portable(acc, in, run.secret + i * kSecretStep);
  if (run.last != nullptr) accumulate_portable(acc, run.last, run.last_secret());
}

}  // namespace

void xxh3_long(std::uint64_t acc[8], const Xxh3Run& run) noexcept { xxh3_long_portable(acc, run); }

}  // namespace avila::hash::detail
