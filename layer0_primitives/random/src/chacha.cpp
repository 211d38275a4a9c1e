#include <avila/primitives/wipe.hpp>
#include <avila/random/chacha.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>
#include <avila/simd/target.hpp>

#include <bit>
#include <cstring>

#include "chacha_core.hpp"

namespace avila::random {
namespace {

std::uint32_t load_le32(const std::byte* from) noexcept {
  std::uint32_t word = 0;
  for (int i = 3; i >= 0; --i) word = word << 8 | static_cast<std::uint32_t>(from[i]);
  return word;
}
void store_le32(std::byte* to, std::uint32_t word) noexcept {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<std::byte>(word >> (8 * i));
}

/// "expand 32-byte k"
constexpr std::uint32_t kSigma[4] = {0x61707865, 0x3320646E, 0x79622D32, 0x6B206574};

/// RFC 8439 section 2.1, on one word or on a vector of the same word of several blocks.
template <class V>
AVILA_ALWAYS_INLINE void quarter_round(V& a, V& b, V& c, V& d) noexcept {
  a += b, d ^= a, d = d << 16 | d >> 16;
  c += d, b ^= c, b = b << 12 | b >> 20;
  a += b, d ^= a, d = d << 8 | d >> 24;
  c += d, b ^= c, b = b << 7 | b >> 25;
}
template <class V>
AVILA_ALWAYS_INLINE void twenty_rounds(V (&x)[16]) noexcept {
  for (int i = 0; i < 10; ++i) {
    quarter_round(x[0], x[4], x[8], x[12]);
    quarter_round(x[1], x[5], x[9], x[13]);
    quarter_round(x[2], x[6], x[10], x[14]);
    quarter_round(x[3], x[7], x[11], x[15]);
    quarter_round(x[0], x[5], x[10], x[15]);
    quarter_round(x[1], x[6], x[11], x[12]);
    quarter_round(x[2], x[7], x[8], x[13]);
    quarter_round(x[3], x[4], x[9], x[14]);
  }
}

/// kLanes blocks side by side: lane l of word w belongs to block l.
template <class V, unsigned kLanes>
AVILA_ALWAYS_INLINE void blocks(const std::uint32_t* key, std::uint64_t counter,
                                std::byte* out) noexcept {
  V start[16];
  for (unsigned w = 0; w < 4; ++w) start[w] = V{} + kSigma[w];
  for (unsigned w = 0; w < 8; ++w) start[4 + w] = V{} + key[w];
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    start[12][lane] = static_cast<std::uint32_t>(counter + lane);
    start[13][lane] = static_cast<std::uint32_t>((counter + lane) >> 32);
  }
  start[14] = start[15] = V{};
  V x[16];
  std::memcpy(x, start, sizeof x);
  twenty_rounds(x);
  for (unsigned w = 0; w < 16; ++w) x[w] += start[w];
  for (unsigned lane = 0; lane < kLanes; ++lane)
    for (unsigned w = 0; w < 16; ++w) store_le32(out + lane * 64 + w * 4, x[w][lane]);
}

using Lanes4 __attribute__((vector_size(16))) = std::uint32_t;
using Lanes8 __attribute__((vector_size(32))) = std::uint32_t;
using BatchFn = void (*)(const std::uint32_t*, std::uint64_t, std::byte*) noexcept;

#if AVILA_X86_64
AVILA_TARGET_AVX2 void batch_avx2(const std::uint32_t* key, std::uint64_t counter,
                                  std::byte* out) noexcept {
  blocks<Lanes8, 8>(key, counter, out);
}
#endif
void batch_portable(const std::uint32_t* key, std::uint64_t counter, std::byte* out) noexcept {
  blocks<Lanes4, 4>(key, counter, out);
  blocks<Lanes4, 4>(key, counter + 4, out + 256);
}

constexpr simd::Kernel<BatchFn> kKernels[] = {
#if AVILA_X86_64
    {"avx2", simd::has_avx2, batch_avx2},
#endif
    {"portable", simd::always, batch_portable},
};

}  // namespace

namespace detail {

void chacha20_batch(const std::uint32_t (&key)[8], std::uint64_t counter, std::byte* out) noexcept {
  static const BatchFn run = simd::select(kKernels);
  run(key, counter, out);
}

}  // namespace detail

void chacha20_block(ChaChaKey key, std::uint32_t counter, std::span<const std::byte, 12> nonce,
                    std::span<std::byte, kChaChaBlockBytes> out) noexcept {
  std::uint32_t start[16], x[16];
  for (unsigned w = 0; w < 4; ++w) start[w] = kSigma[w];
  for (unsigned w = 0; w < 8; ++w) start[4 + w] = load_le32(key.data() + 4 * w);
  start[12] = counter;
  for (unsigned w = 0; w < 3; ++w) start[13 + w] = load_le32(nonce.data() + 4 * w);
  std::memcpy(x, start, sizeof x);
  twenty_rounds(x);
  for (unsigned w = 0; w < 16; ++w) store_le32(out.data() + 4 * w, x[w] + start[w]);
  wipe(std::as_writable_bytes(std::span(start)));
  wipe(std::as_writable_bytes(std::span(x)));
}

ChaChaRandom::ChaChaRandom(ChaChaKey seed) noexcept {
  for (unsigned w = 0; w < 8; ++w) key_[w] = load_le32(seed.data() + 4 * w);
}

ChaChaRandom::~ChaChaRandom() {
  wipe(std::as_writable_bytes(std::span(key_)));
  wipe(buffer_);
}

void ChaChaRandom::refill() noexcept {
  static_assert(kBuffer == detail::kChaChaBatch);
  detail::chacha20_batch(key_, counter_, buffer_);
  counter_ += kBuffer / kChaChaBlockBytes;
  used_ = 0;
}

void ChaChaRandom::fill(MutableByteSpan into) noexcept {
  while (!into.empty()) {
    if (used_ == kBuffer) refill();
    const std::size_t n = into.size() < kBuffer - used_ ? into.size() : kBuffer - used_;
    std::memcpy(into.data(), buffer_ + used_, n);
    used_ += n;
    into = into.subspan(n);
  }
}

std::uint64_t ChaChaRandom::next() noexcept {
  std::byte bytes[8];
  fill(bytes);
  return std::uint64_t{load_le32(bytes + 4)} << 32 | load_le32(bytes);
}

void wipe(MutableByteSpan bytes) noexcept { wipe_memory(bytes.data(), bytes.size()); }

}  // namespace avila::random
