#include <algorithm>
#include <avila/cipher/xts.hpp>
#include <avila/hash/secret.hpp>
#include <avila/primitives/endian.hpp>

#include "blocks.hpp"

namespace avila::cipher {
namespace {

constexpr std::size_t kBatch = 32;
using BlocksFn = void (*)(const detail::AesSchedule&, const std::byte*, std::byte*,
                          std::size_t) noexcept;

struct Tweak {
  std::uint64_t low, high;

  // Times x in GF(2^128), IEEE 1619 §5.2.
  void next() noexcept {
    const std::uint64_t carry = 0 - (high >> 63);
    high = high << 1 | low >> 63;
    low = low << 1 ^ (carry & 0x87);
  }
  void store(std::byte* to) const noexcept {
    store_le64(to, low);
    store_le64(to + 8, high);
  }
};

class Unit {
 public:
  Unit(const XtsKey& key, std::span<const std::byte, kAesBlock> tweak, BlocksFn blocks) noexcept
      : schedule_(key.data().schedule()), blocks_(blocks) {
    std::byte first[kAesBlock];
    detail::aes().encrypt(key.tweak().schedule(), tweak.data(), first, 1);
    tweak_ = {load_le64(first), load_le64(first + 8)};
    hash::wipe(first, sizeof first);
  }
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;
  ~Unit() { hash::wipe(&tweak_, sizeof tweak_); }

  Tweak& tweak() noexcept { return tweak_; }

  void run(const std::byte* in, std::byte* out, std::size_t blocks) noexcept {
    detail::Scratch<kBatch * kAesBlock> tweaks;
    while (blocks > 0) {
      const std::size_t count = std::min(blocks, kBatch), size = count * kAesBlock;
      for (std::size_t i = 0; i < size; i += kAesBlock) {
        tweak_.store(tweaks.bytes + i);
        tweak_.next();
        detail::xor_block(out + i, in + i, tweaks.bytes + i);
      }
      blocks_(schedule_, out, out, count);
      for (std::size_t i = 0; i < size; i += kAesBlock)
        detail::xor_block(out + i, out + i, tweaks.bytes + i);
      in += size, out += size, blocks -= count;
    }
  }

 private:
  const detail::AesSchedule& schedule_;
  BlocksFn blocks_;
  Tweak tweak_;
};

Result<void> check(ByteSpan in, MutableByteSpan out) {
  AVILA_ASSERT(in.size() == out.size());
  if (in.size() < kAesBlock)
    return Error(Errc::InvalidArgument, "a data unit of XTS has 16 bytes or more");
  if (in.size() > kXtsMaxBytes)
    return Error(Errc::LimitExceeded, "a data unit of XTS has 16 MiB at most");
  return {};
}

// The last whole block was made at `stolen` (its output stands there): its first bytes become the
// partial block, and the partial input with the rest of it takes its place (IEEE 1619 §5.3.2).
void steal(Unit& unit, std::byte* stolen, const std::byte* partial, std::size_t size) noexcept {
  detail::Scratch<kAesBlock> last;
  std::memcpy(last.bytes, stolen, kAesBlock);
  std::memcpy(last.bytes, partial, size);
  std::memcpy(stolen + kAesBlock, stolen, size);
  unit.run(last.bytes, stolen, 1);
}

}  // namespace

Result<XtsKey> XtsKey::create(ByteSpan key) {
  if (key.size() != 32 && key.size() != 48 && key.size() != 64)
    return Error(Errc::InvalidArgument, "an XTS key has 32, 48 or 64 bytes");
  const ByteSpan data = key.first(key.size() / 2), tweak = key.last(key.size() / 2);
  if (hash::equal_tags(data, tweak))
    return Error(Errc::InvalidArgument, "the two halves of an XTS key may not be equal");
  AVILA_TRY(Aes data_key, Aes::create(data));
  AVILA_TRY(Aes tweak_key, Aes::create(tweak));
  return XtsKey(std::move(data_key), std::move(tweak_key));
}

Result<void> xts_encrypt(const XtsKey& key, std::span<const std::byte, kAesBlock> tweak,
                         ByteSpan in, MutableByteSpan out) {
  AVILA_TRY_VOID(check(in, out));
  Unit unit(key, tweak, detail::aes().encrypt);
  const std::size_t rest = in.size() % kAesBlock, whole = in.size() - rest;
  unit.run(in.data(), out.data(), whole / kAesBlock);
  if (rest > 0) steal(unit, out.data() + whole - kAesBlock, in.data() + whole, rest);
  return {};
}

Result<void> xts_decrypt(const XtsKey& key, std::span<const std::byte, kAesBlock> tweak,
                         ByteSpan in, MutableByteSpan out) {
  AVILA_TRY_VOID(check(in, out));
  Unit unit(key, tweak, detail::aes().decrypt);
  const std::size_t rest = in.size() % kAesBlock, whole = in.size() - rest;
  if (rest == 0) {
    unit.run(in.data(), out.data(), whole / kAesBlock);
    return {};
  }
  // The last whole block of ciphertext was made with the last tweak.
  const std::size_t last = whole - kAesBlock;
  unit.run(in.data(), out.data(), last / kAesBlock);
  const Tweak before = unit.tweak();
  unit.tweak().next();
  unit.run(in.data() + last, out.data() + last, 1);
  unit.tweak() = before;
  steal(unit, out.data() + last, in.data() + whole, rest);
  return {};
}

std::array<std::byte, kAesBlock> xts_tweak(std::uint64_t number) noexcept {
  std::array<std::byte, kAesBlock> tweak{};
  store_le64(tweak.data(), number);
  return tweak;
}

}  // namespace avila::cipher
