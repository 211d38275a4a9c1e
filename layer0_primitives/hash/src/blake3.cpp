#include <algorithm>
#include <avila/hash/blake3.hpp>
#include <avila/hash/secret.hpp>
#include <avila/primitives/endian.hpp>
#include <bit>
#include <cstring>

#include "blake3_kernels.hpp"

namespace avila::hash {

using namespace detail;

namespace {

constexpr std::size_t kChunk = 1024;
constexpr std::size_t kBlock = 64;
// Chunks of one batch: chaining values of a batch stay in the first-level cache.
constexpr std::size_t kBatch = 256;

using Words = std::array<std::uint32_t, 8>;

Words initial_value() noexcept { return std::to_array(kBlake3Iv); }

void store_words(const std::uint32_t* words, std::size_t count, std::byte* to) noexcept {
  for (std::size_t i = 0; i < count; ++i) store_le32(to + 4 * i, words[i]);
}

// Chaining values of a row lie as they lie in a block: eight little-endian words each.
using Row = std::uint32_t[kBatch * 8];
const std::byte* in_bytes(Row& row, std::size_t count) noexcept {
  if constexpr (std::endian::native == std::endian::big)
    for (std::size_t i = 0; i < count * 8; ++i) row[i] = byteswap(row[i]);
  return reinterpret_cast<const std::byte*>(row);
}

// Halves a row: parents of neighbours. In place, for a value is written only where both of the pair
// at that place or before it have been read.
void make_parents(Row& row, std::size_t count, const Words& key, std::uint8_t flags) noexcept {
  const std::byte* inputs[kBatch / 2];
  const std::byte* const bytes = in_bytes(row, count);
  for (std::size_t i = 0; i < count / 2; ++i) inputs[i] = bytes + kBlock * i;
  const auto parent = static_cast<std::uint8_t>(flags | kParent);
  blake3_kernel().many({inputs, count / 2, 1, key.data(), 0, 0, parent, 0, 0}, row);
}

// Chaining values of `chunks` whole chunks (a power of two), reduced to `wanted` of them (1 or 2).
void subtree(const std::byte* in, std::size_t chunks, std::uint64_t counter, const Words& key,
             std::uint8_t flags, std::size_t wanted, std::uint32_t* values) noexcept {
  alignas(64) Row row;
  if (chunks > kBatch) {
    const std::size_t half = chunks / 2;
    subtree(in, half, counter, key, flags, 1, row);
    subtree(in + half * kChunk, half, counter + half, key, flags, 1, row + 8);
    chunks = 2;
  } else {
    const std::byte* inputs[kBatch];
    for (std::size_t i = 0; i < chunks; ++i) inputs[i] = in + i * kChunk;
    blake3_kernel().many(
        {inputs, chunks, kChunk / kBlock, key.data(), counter, 1, flags, kChunkStart, kChunkEnd},
        row);
  }
  for (; chunks > wanted; chunks /= 2) make_parents(row, chunks, key, flags);
  std::memcpy(values, row, wanted * 32);
}

Words load_words(const std::byte* from) noexcept {
  Words words;
  for (std::size_t i = 0; i < 8; ++i) words[i] = load_le32(from + 4 * i);
  return words;
}

}  // namespace

// A compression that has not been done yet: it may turn out to be the root.
struct Blake3::Node {
  Words chaining_value;
  std::array<std::byte, 64> block;
  std::uint64_t counter;
  std::uint32_t size;
  std::uint32_t flags;

  Words value() const noexcept {
    std::uint32_t out[16];
    blake3_kernel().compress({chaining_value.data(), block.data(), counter, size, flags}, out);
    Words words;
    std::copy_n(out, 8, words.begin());
    return words;
  }
  void root_block(std::uint64_t index, std::byte to[64]) const noexcept {
    std::uint32_t out[16];
    blake3_kernel().compress({chaining_value.data(), block.data(), index, size, flags | kRoot},
                             out);
    store_words(out, 16, to);
  }
};

Blake3::Blake3(const Words& key, std::uint8_t flags) noexcept : key_(key), flags_(flags) {
  chunk_ = key;
}
Blake3::Blake3() noexcept : Blake3(initial_value(), 0) {}
Blake3 Blake3::keyed(std::span<const std::byte, kKeySize> key) noexcept {
  return Blake3(load_words(key.data()), kKeyedHash);
}
Blake3 Blake3::derive_key(std::string_view context) noexcept {
  Blake3 context_hash(initial_value(), kDeriveKeyContext);
  context_hash.update(as_bytes(context));
  const Digest key = context_hash.finish();
  return Blake3(load_words(key.data()), kDeriveKeyMaterial);
}

void Blake3::forget() noexcept { wipe(this, sizeof *this); }

void Blake3::reset() noexcept {
  chunks_ = 0;
  stack_size_ = 0;
  start_chunk();
}

void Blake3::start_chunk() noexcept {
  chunk_ = key_;
  buffered_ = 0;
  blocks_ = 0;
}

// Up to the end of the chunk. The last block stays in the buffer: it is flagged as the end.
void Blake3::feed_chunk(ByteSpan bytes) noexcept {
  const auto chain = [this](const std::byte* in, std::size_t blocks) {
    const std::uint32_t first = blocks_ == 0 ? std::uint32_t{kChunkStart} : 0U;
    blake3_kernel().chain(chunk_.data(), {in, blocks, chunks_, flags_, first});
    blocks_ = static_cast<std::uint8_t>(blocks_ + blocks);
  };
  if (bytes.empty()) return;
  if (buffered_ != 0) {
    const std::size_t take = std::min(kBlock - buffered_, bytes.size());
    std::memcpy(buffer_.data() + buffered_, bytes.data(), take);
    buffered_ = static_cast<std::uint8_t>(buffered_ + take);
    bytes = bytes.subspan(take);
    if (bytes.empty()) return;
    chain(buffer_.data(), 1);
  }
  const std::size_t blocks = (bytes.size() - 1) / kBlock;
  if (blocks != 0) chain(bytes.data(), blocks);
  bytes = bytes.subspan(blocks * kBlock);
  std::memcpy(buffer_.data(), bytes.data(), bytes.size());
  buffered_ = static_cast<std::uint8_t>(bytes.size());
}

// Subtrees of equal size are merged, but only when more input is known to follow: the last merge
// is the root. After n chunks as many subtrees are left as n has one bits.
void Blake3::merge(std::uint64_t chunks) noexcept {
  while (stack_size_ > std::popcount(chunks)) {
    Node parent{key_, {}, 0, kBlock, static_cast<std::uint32_t>(flags_ | kParent)};
    store_words(stack_[stack_size_ - 2U].data(), 8, parent.block.data());
    store_words(stack_[stack_size_ - 1U].data(), 8, parent.block.data() + 32);
    stack_[stack_size_ - 2U] = parent.value();
    --stack_size_;
  }
}

void Blake3::push(const Words& chaining_value, std::uint64_t chunks_before) noexcept {
  merge(chunks_before);
  stack_[stack_size_++] = chaining_value;
}

void Blake3::update(ByteSpan bytes) noexcept {
  if (bytes.empty()) return;
  const std::size_t held = blocks_ * kBlock + buffered_;
  if (held > 0) {
    const std::size_t take = std::min(kChunk - held, bytes.size());
    feed_chunk(bytes.first(take));
    bytes = bytes.subspan(take);
    if (bytes.empty()) return;
    push(chunk_node().value(), chunks_);
    ++chunks_;
    start_chunk();
  }
  while (bytes.size() > kChunk) {
    // The largest whole subtree that begins here: a power of two that divides the position.
    std::uint64_t chunks = std::bit_floor(bytes.size() / kChunk);
    while ((chunks_ & (chunks - 1)) != 0) chunks /= 2;
    const std::size_t size = static_cast<std::size_t>(chunks) * kChunk;
    if (chunks == 1) {
      feed_chunk(bytes.first(size));
      push(chunk_node().value(), chunks_);
      start_chunk();
    } else {
      Words pair[2];
      subtree(bytes.data(), static_cast<std::size_t>(chunks), chunks_, key_, flags_, 2,
              pair[0].data());
      push(pair[0], chunks_);
      push(pair[1], chunks_ + chunks / 2);
    }
    chunks_ += chunks;
    bytes = bytes.subspan(size);
  }
  if (!bytes.empty()) {
    feed_chunk(bytes);
    merge(chunks_);
  }
}

Blake3::Node Blake3::chunk_node() const noexcept {
  Node node{chunk_,
            {},
            chunks_,
            buffered_,
            static_cast<std::uint32_t>(flags_ | kChunkEnd | (blocks_ == 0 ? kChunkStart : 0))};
  std::memcpy(node.block.data(), buffer_.data(), buffered_);
  return node;
}

Blake3::Node Blake3::root() const noexcept {
  std::size_t left = stack_size_;
  // A whole chunk at the very end lies on the stack already.
  const bool open_chunk = buffered_ != 0 || left == 0;
  Words right{};
  if (open_chunk) {
    if (left == 0) return chunk_node();
    right = chunk_node().value();
  } else {
    right = stack_[--left];
  }
  while (true) {
    Node parent{key_, {}, 0, kBlock, static_cast<std::uint32_t>(flags_ | kParent)};
    store_words(stack_[--left].data(), 8, parent.block.data());
    store_words(right.data(), 8, parent.block.data() + 32);
    if (left == 0) return parent;
    right = parent.value();
  }
}

void Blake3::finish_into(MutableByteSpan out, std::uint64_t offset) const noexcept {
  const Node node = root();
  std::byte block[64];
  while (!out.empty()) {
    node.root_block(offset / kBlock, block);
    const std::size_t skip = offset % kBlock;
    const std::size_t take = std::min(kBlock - skip, out.size());
    std::memcpy(out.data(), block + skip, take);
    out = out.subspan(take);
    offset += take;
  }
}

Blake3::Digest Blake3::finish() const noexcept {
  Digest digest;
  finish_into(digest);
  return digest;
}

bool Blake3::verify(std::span<const std::byte, kSize> tag) const noexcept {
  return equal_tags(finish(), tag);
}

Blake3::Digest blake3(ByteSpan bytes) noexcept {
  if (bytes.size() > kChunk) {
    Blake3 state;
    state.update(bytes);
    return state.finish();
  }
  // One chunk is the root itself.
  const Blake3Kernel& kernel = blake3_kernel();
  std::uint32_t out[16];
  std::copy_n(kBlake3Iv, 8, out);
  std::uint32_t flags = kChunkStart;
  if (bytes.size() > kBlock) {
    const std::size_t blocks = (bytes.size() - 1) / kBlock;
    kernel.chain(out, {bytes.data(), blocks, 0, 0, kChunkStart});
    bytes = bytes.subspan(blocks * kBlock);
    flags = 0;
  }
  std::byte last[kBlock] = {};
  const std::byte* block = bytes.data();
  if (bytes.size() < kBlock) {
    if (!bytes.empty()) std::memcpy(last, bytes.data(), bytes.size());
    block = last;
  }
  const auto size = static_cast<std::uint32_t>(bytes.size());
  kernel.compress({out, block, 0, size, flags | kChunkEnd | kRoot}, out);
  Blake3::Digest digest;
  store_words(out, 8, digest.data());
  return digest;
}

}  // namespace avila::hash
