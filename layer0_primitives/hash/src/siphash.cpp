#include <algorithm>
#include <avila/hash/secret.hpp>
#include <avila/hash/siphash.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/simd/target.hpp>
#include <bit>
#include <cstring>

namespace avila::hash {
namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  explicit SipState(SipKey key) noexcept {
    const std::uint64_t k0 = load_le64(key.data()), k1 = load_le64(key.data() + 8);
    v0 = k0 ^ 0x736f6d6570736575U;  // "somepseudorandomlygeneratedbytes", as the paper has it
    v1 = k1 ^ 0x646f72616e646f6dU;
    v2 = k0 ^ 0x6c7967656e657261U;
    v3 = k1 ^ 0x7465646279746573U;
  }
  explicit SipState(const std::array<std::uint64_t, 4>& v) noexcept
      : v0(v[0]), v1(v[1]), v2(v[2]), v3(v[3]) {}

  // The half that a message word comes into goes first. The two halves fill the units nearly as
  // long as either waits for itself, and in this order they wait least: compilers choose others.
  AVILA_ALWAYS_INLINE void round() noexcept {
#if AVILA_X86_64 && defined(__GNUC__)
    asm("add %3, %2\n\trol $16, %3\n\t"
        "add %1, %0\n\trol $13, %1\n\t"
        "xor %2, %3\n\txor %0, %1\n\trol $32, %0\n\t"
        "add %1, %2\n\tadd %3, %0\n\t"
        "rol $17, %1\n\trol $21, %3\n\t"
        "xor %2, %1\n\txor %0, %3\n\trol $32, %2"
        : "+r"(v0), "+r"(v1), "+r"(v2), "+r"(v3)
        :
        : "cc");
#else
    v2 += v3, v0 += v1;
    v3 = std::rotl(v3, 16) ^ v2, v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v1, v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2, v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
#endif
  }
  template <int N>
  AVILA_ALWAYS_INLINE void rounds() noexcept {  // by recursion: a loop of two would stay a loop
    if constexpr (N > 0) {
      round();
      rounds<N - 1>();
    }
  }
  template <int C>
  AVILA_ALWAYS_INLINE void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    rounds<C>();
    v0 ^= word;
  }
  template <int C>
  AVILA_ALWAYS_INLINE void absorb_words(const std::byte* in, std::size_t words) noexcept {
    // By fours: the rounds of a word nearly fill the units, so that the loop's own work counts.
    for (; words >= 4; words -= 4, in += 32) {
      absorb<C>(load_le64(in));
      absorb<C>(load_le64(in + 8));
      absorb<C>(load_le64(in + 16));
      absorb<C>(load_le64(in + 24));
    }
    for (; words != 0; --words, in += 8) absorb<C>(load_le64(in));
  }
  std::uint64_t folded() const noexcept { return v0 ^ v1 ^ v2 ^ v3; }
};

// The last word: what is left below 8 bytes, and the length's low byte on top.
inline std::uint64_t last_word(const std::byte* tail, std::uint64_t total) noexcept {
  std::uint64_t word = total << 56;
  for (std::size_t i = 0; i < total % 8; ++i)
    word |= static_cast<std::uint64_t>(tail[i]) << (8 * i);
  return word;
}

// The end of both variants; `last` is absorbed first.
template <int C, int D>
AVILA_ALWAYS_INLINE std::uint64_t finish64(SipState s, std::uint64_t last) noexcept {
  s.absorb<C>(last);
  s.v2 ^= 0xff;
  s.rounds<D>();
  return s.folded();
}
template <int C, int D>
AVILA_ALWAYS_INLINE std::array<std::byte, 16> finish128(SipState s, std::uint64_t last) noexcept {
  s.absorb<C>(last);
  std::array<std::byte, 16> out;
  s.v2 ^= 0xee;
  s.rounds<D>();
  store_le64(out.data(), s.folded());
  s.v1 ^= 0xdd;
  s.rounds<D>();
  store_le64(out.data() + 8, s.folded());
  return out;
}

// The same of a message that is there at once: eight bytes are loaded that end with it.
inline std::uint64_t last_word_of(ByteSpan bytes) noexcept {
  const std::size_t left = bytes.size() % 8;
  if (left == 0) return std::uint64_t{bytes.size()} << 56;
  if (bytes.size() < 8) return last_word(bytes.data() + bytes.size() - left, bytes.size());
  return std::uint64_t{bytes.size()} << 56 |
         load_le64(bytes.data() + bytes.size() - 8) >> (64 - 8 * left);
}

template <int C, int D>
std::uint64_t sip64(SipKey key, ByteSpan bytes) noexcept {
  SipState s(key);
  s.absorb_words<C>(bytes.data(), bytes.size() / 8);
  return finish64<C, D>(s, last_word_of(bytes));
}
template <int C, int D>
std::array<std::byte, 16> sip128(SipKey key, ByteSpan bytes) noexcept {
  SipState s(key);
  s.v1 ^= 0xee;
  s.absorb_words<C>(bytes.data(), bytes.size() / 8);
  return finish128<C, D>(s, last_word_of(bytes));
}

}  // namespace

std::uint64_t siphash_2_4(SipKey key, ByteSpan bytes) noexcept { return sip64<2, 4>(key, bytes); }
std::uint64_t siphash_1_3(SipKey key, ByteSpan bytes) noexcept { return sip64<1, 3>(key, bytes); }
std::array<std::byte, 16> siphash_2_4_128(SipKey key, ByteSpan bytes) noexcept {
  return sip128<2, 4>(key, bytes);
}
std::array<std::byte, 16> siphash_1_3_128(SipKey key, ByteSpan bytes) noexcept {
  return sip128<1, 3>(key, bytes);
}

template <int C, int D, int Bits>
BasicSipHash<C, D, Bits>::BasicSipHash(SipKey key) noexcept {
  SipState s(key);
  if constexpr (Bits == 128) s.v1 ^= 0xee;
  v_ = {s.v0, s.v1, s.v2, s.v3};
}
template <int C, int D, int Bits>
BasicSipHash<C, D, Bits>::~BasicSipHash() {
  wipe(this, sizeof *this);
}

template <int C, int D, int Bits>
void BasicSipHash<C, D, Bits>::update(ByteSpan bytes) noexcept {
  if (bytes.empty()) return;
  const std::size_t held = total_ % 8;
  total_ += bytes.size();
  SipState s(v_);
  if (held != 0) {
    const std::size_t take = std::min(8 - held, bytes.size());
    std::memcpy(buffer_.data() + held, bytes.data(), take);
    bytes = bytes.subspan(take);
    if (held + take < 8) return;
    s.absorb<C>(load_le64(buffer_.data()));
  }
  s.absorb_words<C>(bytes.data(), bytes.size() / 8);
  const std::size_t left = bytes.size() % 8;
  if (left != 0) std::memcpy(buffer_.data(), bytes.data() + bytes.size() - left, left);
  v_ = {s.v0, s.v1, s.v2, s.v3};
}

template <int C, int D, int Bits>
typename BasicSipHash<C, D, Bits>::Digest BasicSipHash<C, D, Bits>::digest() const noexcept {
  const std::uint64_t last = last_word(buffer_.data(), total_);
  if constexpr (Bits == 64) {
    return finish64<C, D>(SipState(v_), last);
  } else {
    return finish128<C, D>(SipState(v_), last);
  }
}

template class BasicSipHash<2, 4>;
template class BasicSipHash<1, 3>;
template class BasicSipHash<2, 4, 128>;
template class BasicSipHash<1, 3, 128>;

}  // namespace avila::hash
