#include <avila/hash/sha512.hpp>
#include <avila/primitives/endian.hpp>
#include <bit>

#include "block_buffer.hpp"
#include "sha512_kernels.hpp"

namespace avila::hash {
namespace detail {

void Sha512Core::update(ByteSpan bytes) noexcept {
  feed_blocks(buffer_, total_, bytes, [this](const std::byte* in, std::size_t blocks) {
    sha512_blocks(state_.data(), in, blocks);
  });
}

std::array<std::byte, 64> Sha512Core::finish() noexcept {
  // FIPS 180-4 §5.1.2: the length takes 128 bits; ours stays below 2^64.
  pad_blocks<16>(
      buffer_, total_,
      [this](const std::byte* in, std::size_t blocks) { sha512_blocks(state_.data(), in, blocks); },
      [](std::byte* to, std::uint64_t bits) { store_be64(to + 8, bits); });
  std::array<std::byte, 64> digest;
  for (std::size_t i = 0; i < 8; ++i) store_be64(digest.data() + 8 * i, state_[i]);
  return digest;
}

}  // namespace detail

namespace {

// FIPS 180-4 §5.3.4 to §5.3.6.
template <std::size_t Size>
constexpr std::array<std::uint64_t, 8> kInitial{};
template <>
constexpr std::array<std::uint64_t, 8> kInitial<64> = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
template <>
constexpr std::array<std::uint64_t, 8> kInitial<48> = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4};
template <>
constexpr std::array<std::uint64_t, 8> kInitial<32> = {
    0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
    0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2};
template <>
constexpr std::array<std::uint64_t, 8> kInitial<28> = {
    0x8c3d37c819544da2, 0x73e1996689dcd4d6, 0x1dfab7ae32ff9c82, 0x679dd514582f9fcf,
    0x0f6d2b697bd44da8, 0x77e36f7304c48942, 0x3f9d85a86a1d36c8, 0x1112e6ad91d692a1};

}  // namespace

template <std::size_t Size>
BasicSha512<Size>::BasicSha512() noexcept : core_(kInitial<Size>) {}

template <std::size_t Size>
typename BasicSha512<Size>::Digest BasicSha512<Size>::finish() noexcept {
  const auto whole = core_.finish();
  reset();
  Digest digest;
  std::copy_n(whole.begin(), Size, digest.begin());
  return digest;
}

template class BasicSha512<64>;
template class BasicSha512<48>;
template class BasicSha512<32>;
template class BasicSha512<28>;

namespace {

template <std::size_t Size>
std::array<std::byte, Size> one_shot(ByteSpan bytes) noexcept {
  std::array<std::uint64_t, 8> state = kInitial<Size>;
  detail::run_whole<128, 16>(
      bytes,
      [&state](const std::byte* in, std::size_t blocks) {
        detail::sha512_blocks(state.data(), in, blocks);
      },
      [](std::byte* to, std::uint64_t bits) { store_be64(to + 8, bits); });
  std::array<std::byte, Size> digest;
  for (std::size_t i = 0; i < Size / 8; ++i) store_be64(digest.data() + 8 * i, state[i]);
  return digest;
}

}  // namespace

Sha512::Digest sha512(ByteSpan bytes) noexcept { return one_shot<64>(bytes); }
Sha384::Digest sha384(ByteSpan bytes) noexcept { return one_shot<48>(bytes); }

}  // namespace avila::hash
