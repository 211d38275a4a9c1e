#include "slh_hash.hpp"

#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hash/hmac.hpp>
#include <avila/primitives/endian.hpp>

#include "sponge.hpp"

namespace avila::post_quantum::detail {
namespace {

constexpr SlhParams kParams[] = {
    {16, 63, 7, 12, 14, 30, true},  {16, 66, 22, 6, 33, 34, true},  {24, 63, 7, 14, 17, 39, true},
    {24, 66, 22, 8, 33, 42, true},  {32, 64, 8, 14, 22, 47, true},  {32, 68, 17, 9, 35, 49, true},
    {16, 63, 7, 12, 14, 30, false}, {16, 66, 22, 6, 33, 34, false}, {24, 63, 7, 14, 17, 39, false},
    {24, 66, 22, 8, 33, 42, false}, {32, 64, 8, 14, 22, 47, false}, {32, 68, 17, 9, 35, 49, false},
};

template <class Hash>
typename Hash::Digest hash_of(Hash state, Parts parts) noexcept {
  for (const ByteSpan part : parts) state.update(part);
  const auto digest = state.finish();
  hash::wipe(&state, sizeof state);
  return digest;
}

template <class Hash>
void hmac(ByteSpan key, Parts parts, std::byte* out, std::size_t size) noexcept {
  hash::Hmac<Hash> mac(key);
  for (const ByteSpan part : parts) mac.update(part);
  const auto tag = mac.finish();
  std::copy_n(tag.begin(), size, out);
}

// MGF1 of RFC 8017 §B.2.1 over randomizer || PK.seed || inner.
template <class Hash>
void mask_generation(ByteSpan randomizer, ByteSpan seed, ByteSpan inner,
                     MutableByteSpan out) noexcept {
  for (std::uint32_t counter = 0; !out.empty(); ++counter) {
    std::byte last[4];
    store_be32(last, counter);
    const auto block = hash_of(Hash(), {randomizer, seed, inner, last});
    const std::size_t take = std::min(block.size(), out.size());
    std::copy_n(block.begin(), take, out.begin());
    out = out.subspan(take);
  }
}

}  // namespace

const SlhParams& slh_params(SlhDsaSet set) noexcept {
  const auto index = static_cast<std::size_t>(set);
  AVILA_ASSERT(index < std::size(kParams));
  return kParams[index];
}

void SlhAddress::set_word(std::size_t at, std::size_t value) noexcept {
  store_be32(&bytes_[at], static_cast<std::uint32_t>(value));
}
void SlhAddress::set_tree(std::uint64_t tree) noexcept { store_be64(&bytes_[8], tree); }
void SlhAddress::set_type(Type type) noexcept {
  set_word(16, type);
  std::fill(bytes_.begin() + 20, bytes_.end(), std::byte{0});
}
std::array<std::byte, 22> SlhAddress::compressed() const noexcept {
  std::array<std::byte, 22> out;
  out[0] = bytes_[3];
  std::copy_n(&bytes_[8], 8, &out[1]);
  out[9] = bytes_[19];
  std::copy_n(&bytes_[20], 12, &out[10]);
  return out;
}

SlhHash::SlhHash(const SlhParams& params, ByteSpan public_seed) noexcept
    : params_(params), seed_(public_seed) {
  constexpr std::byte kZeros[128] = {};
  sha256_.update(seed_);
  sha256_.update(std::span(kZeros).first(64 - params.n));
  sha512_.update(seed_);
  sha512_.update(std::span(kZeros).first(128 - params.n));
}

void SlhHash::f(const SlhAddress& address, ByteSpan in, std::byte* out) const noexcept {
  if (params_.sha2) {
    const auto digest = hash_of(sha256_, {address.compressed(), in});
    std::copy_n(digest.begin(), params_.n, out);
  } else {
    shake256({seed_, address.bytes(), in}, {out, params_.n});
  }
}

void SlhHash::h(const SlhAddress& address, ByteSpan in, std::byte* out) const noexcept {
  if (!params_.sha2 || params_.n == 16) return f(address, in, out);
  const auto digest = hash_of(sha512_, {address.compressed(), in});
  std::copy_n(digest.begin(), params_.n, out);
}

void SlhHash::randomizer(ByteSpan prf_key, ByteSpan random, ByteSpan prefix, ByteSpan message,
                         std::byte* out) const noexcept {
  if (!params_.sha2) {
    shake256({prf_key, random, prefix, message}, {out, params_.n});
  } else if (params_.n == 16) {
    hmac<hash::Sha256>(prf_key, {random, prefix, message}, out, params_.n);
  } else {
    hmac<hash::Sha512>(prf_key, {random, prefix, message}, out, params_.n);
  }
}

void SlhHash::message_digest(ByteSpan randomizer, ByteSpan root, ByteSpan prefix, ByteSpan message,
                             MutableByteSpan out) const noexcept {
  const Parts parts = {randomizer, seed_, root, prefix, message};
  if (!params_.sha2) {
    shake256(parts, out);
  } else if (params_.n == 16) {
    mask_generation<hash::Sha256>(randomizer, seed_, hash_of(hash::Sha256(), parts), out);
  } else {
    mask_generation<hash::Sha512>(randomizer, seed_, hash_of(hash::Sha512(), parts), out);
  }
}

}  // namespace avila::post_quantum::detail
