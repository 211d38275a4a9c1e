#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hash/blake2.hpp>
#include <avila/hash/secret.hpp>
#include <avila/primitives/endian.hpp>
#include <cstring>

#include "blake2_kernels.hpp"

namespace avila::hash {
namespace {

template <class Word>
std::array<Word, 8> initial_state(const Blake2Options& options) noexcept {
  constexpr std::size_t kWord = sizeof(Word);
  // RFC 7693 §2.5 and, for salt and personalisation, the BLAKE2 paper §2.8: a sequential hash is a
  // tree of fanout and depth 1.
  std::array<std::byte, 8 * kWord> parameters{};
  parameters[0] = static_cast<std::byte>(options.size);
  parameters[1] = static_cast<std::byte>(options.key.size());
  parameters[2] = parameters[3] = std::byte{1};
  if (!options.salt.empty()) std::memcpy(&parameters[4 * kWord], options.salt.data(), 2 * kWord);
  if (!options.personal.empty())
    std::memcpy(&parameters[6 * kWord], options.personal.data(), 2 * kWord);
  std::array<Word, 8> state;
  for (std::size_t i = 0; i < 8; ++i)
    state[i] = detail::kBlake2Iv<Word>[i] ^ load_le<Word>(&parameters[i * kWord]);
  return state;
}

}  // namespace

template <class Word>
BasicBlake2<Word>::BasicBlake2() noexcept
    : state_(initial_state<Word>({.size = kSize})), start_(state_), size_(kSize) {}

template <class Word>
BasicBlake2<Word>::BasicBlake2(const Blake2Options& options) noexcept {
  Blake2Options whole = options;
  if (whole.size == 0) whole.size = kSize;
  AVILA_ASSERT(whole.size <= kSize);
  AVILA_ASSERT(whole.key.size() <= kKeySizeMax);
  AVILA_ASSERT(whole.salt.empty() || whole.salt.size() == kSaltSize);
  AVILA_ASSERT(whole.personal.empty() || whole.personal.size() == kSaltSize);
  start_ = initial_state<Word>(whole);
  size_ = static_cast<std::uint8_t>(whole.size);
  keyed_ = !whole.key.empty();
  if (keyed_) {
    key_.fill(std::byte{0});
    std::memcpy(key_.data(), whole.key.data(), whole.key.size());
  }
  reset();
}

template <class Word>
void BasicBlake2<Word>::reset() noexcept {
  state_ = start_;
  compressed_ = 0;
  buffered_ = 0;
  if (keyed_) {  // §3.3: the key is the first block
    std::memset(buffer_.data(), 0, kBlockSize);
    std::memcpy(buffer_.data(), key_.data(), kKeySizeMax);
    buffered_ = kBlockSize;
  }
}

template <class Word>
void BasicBlake2<Word>::forget() noexcept {
  wipe(this, sizeof *this);
}

template <class Word>
void BasicBlake2<Word>::update(ByteSpan bytes) noexcept {
  if (bytes.empty()) return;
  if (buffered_ != 0) {
    const std::size_t take = std::min(kBlockSize - buffered_, bytes.size());
    std::memcpy(buffer_.data() + buffered_, bytes.data(), take);
    buffered_ = static_cast<std::uint8_t>(buffered_ + take);
    bytes = bytes.subspan(take);
    if (bytes.empty()) return;
    compressed_ += kBlockSize;
    detail::blake2_blocks(state_.data(), buffer_.data(), 1, compressed_, Word{0});
    buffered_ = 0;
  }
  const std::size_t blocks = (bytes.size() - 1) / kBlockSize;
  if (blocks != 0) {
    detail::blake2_blocks(state_.data(), bytes.data(), blocks, compressed_ + kBlockSize, Word{0});
    compressed_ += blocks * kBlockSize;
    bytes = bytes.subspan(blocks * kBlockSize);
  }
  std::memcpy(buffer_.data(), bytes.data(), bytes.size());
  buffered_ = static_cast<std::uint8_t>(bytes.size());
}

template <class Word>
void BasicBlake2<Word>::finish_into(MutableByteSpan out) noexcept {
  AVILA_ASSERT(out.size() >= size_);
  std::memset(buffer_.data() + buffered_, 0, kBlockSize - buffered_);
  detail::blake2_blocks(state_.data(), buffer_.data(), 1, compressed_ + buffered_,
                        static_cast<Word>(~Word{0}));
  Digest whole;
  for (std::size_t i = 0; i < 8; ++i) store_le(&whole[i * sizeof(Word)], state_[i]);
  std::memcpy(out.data(), whole.data(), size_);
  reset();
}

template <class Word>
typename BasicBlake2<Word>::Digest BasicBlake2<Word>::finish() noexcept {
  AVILA_ASSERT(size_ == kSize);
  Digest digest;
  finish_into(digest);
  return digest;
}

template class BasicBlake2<std::uint64_t>;
template class BasicBlake2<std::uint32_t>;

namespace {

// One call of the kernel for all but the last block, one for that.
template <class Blake2, class Word>
typename Blake2::Digest one_shot(ByteSpan bytes) noexcept {
  constexpr std::size_t kBlock = Blake2::kBlockSize;
  std::array<Word, 8> state;
  std::memcpy(state.data(), detail::kBlake2Iv<Word>, sizeof state);
  state[0] ^= static_cast<Word>(0x01010000 | Blake2::kSize);
  const std::uint64_t total = bytes.size();
  if (total > kBlock) {
    const std::size_t blocks = (bytes.size() - 1) / kBlock;
    detail::blake2_blocks(state.data(), bytes.data(), blocks, kBlock, Word{0});
    bytes = bytes.subspan(blocks * kBlock);
  }
  std::array<std::byte, kBlock> last;
  const std::byte* block = bytes.data();
  if (bytes.size() != kBlock) {
    if (!bytes.empty()) std::memcpy(last.data(), bytes.data(), bytes.size());
    std::memset(last.data() + bytes.size(), 0, kBlock - bytes.size());
    block = last.data();
  }
  detail::blake2_blocks(state.data(), block, 1, total, static_cast<Word>(~Word{0}));
  typename Blake2::Digest digest;
  for (std::size_t i = 0; i < 8; ++i) store_le(&digest[i * sizeof(Word)], state[i]);
  return digest;
}

}  // namespace

Blake2b::Digest blake2b(ByteSpan bytes) noexcept { return one_shot<Blake2b, std::uint64_t>(bytes); }
Blake2s::Digest blake2s(ByteSpan bytes) noexcept { return one_shot<Blake2s, std::uint32_t>(bytes); }

}  // namespace avila::hash
