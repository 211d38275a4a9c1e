#include <avila/hash/blake2.hpp>
#include <avila/hash/secret.hpp>
#include <avila/kdf/argon2.hpp>
#include <avila/primitives/endian.hpp>

#include <algorithm>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

#include "argon2_kernels.hpp"
#include "secret_memory.hpp"

namespace avila::kdf {
namespace {

using detail::Argon2Block;
constexpr std::uint32_t kSlices = 4;  // RFC 9106 §3.4: synchronization points of a pass
constexpr std::size_t kDigest = hash::Blake2b::kSize;

Result<void> check(ByteSpan password, ByteSpan salt, const Argon2Parameters& parameters,
                   ByteSpan out, const Argon2Extra& extra) {
  if (parameters.lanes == 0 || parameters.passes == 0)
    return Error(Errc::InvalidArgument, "Argon2: lanes and passes start at 1");
  if (parameters.lanes > kArgon2LanesMax)
    return Error(Errc::LimitExceeded, "Argon2: lanes above 2^24 - 1");
  if (parameters.memory_kib / kArgon2MemoryPerLaneMin < parameters.lanes)
    return Error(Errc::InvalidArgument, "Argon2: memory below 8 KiB a lane");
  if (salt.size() < kArgon2SaltMin)
    return Error(Errc::InvalidArgument, "Argon2: salt below 8 bytes");
  if (out.size() < kArgon2TagMin) return Error(Errc::InvalidArgument, "Argon2: tag below 4 bytes");
  for (const std::size_t size : {password.size(), salt.size(), out.size(), extra.secret.size(),
                                 extra.associated_data.size()})
    if (size > kArgon2InputMax)
      return Error(Errc::LimitExceeded, "Argon2: an input above 2^32 - 1 bytes");
  return {};
}

void add_u32(hash::Blake2b& hash, std::uint64_t value) noexcept {
  std::byte bytes[4];
  store_le32(bytes, static_cast<std::uint32_t>(value));
  hash.update(bytes);
}

/// The variable-length hash H' of RFC 9106 section 3.3.
void hash_long(ByteSpan in, MutableByteSpan out) noexcept {
  hash::Blake2b hash({.size = std::min(out.size(), kDigest)});
  add_u32(hash, out.size());
  hash.update(in);
  std::byte v[kDigest];
  const MutableByteSpan digest(v);
  hash.finish_into(digest);
  while (out.size() > kDigest) {  // half of each digest goes out, the last one whole
    std::memcpy(out.data(), v, kDigest / 2);
    out = out.subspan(kDigest / 2);
    hash::Blake2b next({.size = std::min(out.size(), kDigest)});
    next.update(digest);
    next.finish_into(digest);
    hash::wipe(&next, sizeof next);
  }
  std::memcpy(out.data(), v, out.size());
  hash::wipe(v, sizeof v);
  hash::wipe(&hash, sizeof hash);
}

/// The memory, and where in it the work is.
class Filling {
 public:
  Filling(Argon2Block* blocks, const Argon2Parameters& parameters, std::uint32_t segment) noexcept
      : blocks_(blocks), parameters_(parameters), segment_(segment), lane_(segment * kSlices) {}

  /// One segment (RFC 9106 §3.4): needs all segments of the slices before it.
  void fill(std::uint32_t pass, std::uint32_t slice, std::uint32_t lane) const noexcept;

 private:
  Argon2Block* lane_blocks(std::uint32_t lane) const noexcept {
    return blocks_ + std::size_t{lane} * lane_;
  }
  const Argon2Block& reference(std::uint32_t pass, std::uint32_t slice, std::uint32_t lane,
                               std::uint32_t index, std::uint64_t j) const noexcept;

  Argon2Block* const blocks_;
  const Argon2Parameters& parameters_;
  const std::uint32_t segment_, lane_;  // lengths, in blocks
  const detail::Argon2Fn compress_ = detail::argon2_compress();
};

/// RFC 9106 §3.4.2: the block that the pseudorandom j picks for block `index` of the segment.
const Argon2Block& Filling::reference(std::uint32_t pass, std::uint32_t slice, std::uint32_t lane,
                                      std::uint32_t index, std::uint64_t j) const noexcept {
  std::uint32_t from = lane;
  if (pass > 0 || slice > 0) from = static_cast<std::uint32_t>(j >> 32) % parameters_.lanes;
  // What may be picked: the finished segments of the last pass around; of our own lane also this
  // segment, but the block before. Of others not the last block while ours is the first.
  const std::uint32_t finished = (pass == 0 ? slice : kSlices - 1) * segment_;
  const std::uint32_t size = from == lane ? finished + index - 1 : finished - (index == 0);
  const std::uint64_t x = (j & 0xffffffffU) * (j & 0xffffffffU) >> 32;
  const std::uint64_t z = size - 1 - (size * x >> 32);
  const std::uint64_t start = pass == 0 ? 0 : (slice + 1) % kSlices * std::uint64_t{segment_};
  return lane_blocks(from)[(start + z) % lane_];
}

void Filling::fill(std::uint32_t pass, std::uint32_t slice, std::uint32_t lane) const noexcept {
  const bool independent = parameters_.type == Argon2Type::I ||
                           (parameters_.type == Argon2Type::Id && pass == 0 && slice < kSlices / 2);
  const bool with_xor = pass > 0 && parameters_.version == Argon2Version::V13;
  const std::uint32_t first = pass == 0 && slice == 0 ? 2 : 0;
  // RFC 9106 §3.4.1.2: the input that counts, and 128 addresses made of it.
  const std::uint64_t total = std::uint64_t{lane_} * parameters_.lanes;
  Argon2Block counter{
      {pass, lane, slice, total, parameters_.passes, static_cast<std::uint64_t>(parameters_.type)}};
  Argon2Block addresses;
  const Argon2Block zero{};
  Argon2Block* const blocks = lane_blocks(lane);
  for (std::uint32_t i = first; i < segment_; ++i) {
    if (independent && (i == first || i % Argon2Block::kWords == 0)) {
      ++counter.words[6];
      compress_(zero, counter, addresses, false);
      compress_(zero, addresses, addresses, false);
    }
    const std::uint32_t column = slice * segment_ + i;
    const Argon2Block& previous = blocks[(column == 0 ? lane_ : column) - 1];
    const std::uint64_t j =
        independent ? addresses.words[i % Argon2Block::kWords] : previous.words[0];
    compress_(previous, reference(pass, slice, lane, i, j), blocks[column], with_xor);
  }
}

/// The lanes of one slice, `threads` at a time. A thread that the system does not give is done
/// without.
void fill_slice(const Filling& filling, std::uint32_t pass, std::uint32_t slice,
                std::uint32_t lanes, std::uint32_t threads) {
  const auto work = [&](std::uint32_t first) {
    for (std::uint32_t lane = first; lane < lanes; lane += threads) filling.fill(pass, slice, lane);
  };
  std::vector<std::thread> helpers;
  std::uint32_t started = 1;
  try {
    helpers.reserve(threads - 1);
    for (; started < threads; ++started) helpers.emplace_back(work, started);
  } catch (const std::system_error&) {
    // no more threads: the rest is ours, below
  }
  work(0);
  for (; started < threads; ++started) work(started);
  for (std::thread& helper : helpers) helper.join();
}

}  // namespace

Result<void> argon2(ByteSpan password, ByteSpan salt, const Argon2Parameters& parameters,
                    MutableByteSpan out, const Argon2Extra& extra) {
  AVILA_TRY_VOID(check(password, salt, parameters, out, extra));
  const std::uint32_t lanes = parameters.lanes;
  const std::uint32_t segment = parameters.memory_kib / (kSlices * lanes), lane = segment * kSlices;
  AVILA_TRY(const auto memory,
            detail::SecretMemory::map(std::size_t{lane} * lanes * sizeof(Argon2Block)));
  auto* const blocks = memory.as<Argon2Block>();

  // RFC 9106 §3.2 steps 1 to 4.
  std::byte seed[kDigest + 8];  // H0, and room for two numbers
  hash::Blake2b h0;
  for (const std::uint64_t number :
       {std::uint64_t{lanes}, std::uint64_t{out.size()}, std::uint64_t{parameters.memory_kib},
        std::uint64_t{parameters.passes}, static_cast<std::uint64_t>(parameters.version),
        static_cast<std::uint64_t>(parameters.type)})
    add_u32(h0, number);
  for (const ByteSpan input : {password, salt, extra.secret, extra.associated_data}) {
    add_u32(h0, input.size());
    h0.update(input);
  }
  h0.finish_into(seed);
  hash::wipe(&h0, sizeof h0);
  for (std::uint32_t i = 0; i < lanes; ++i) {
    for (std::uint32_t k = 0; k < 2; ++k) {
      Argon2Block& block = blocks[std::size_t{i} * lane + k];
      store_le32(seed + kDigest, k);
      store_le32(seed + kDigest + 4, i);
      hash_long(seed, std::as_writable_bytes(std::span(block.words)));
      for (std::uint64_t& word : block.words) word = load_le64(&word);
    }
  }
  hash::wipe(seed, sizeof seed);

  // Steps 5 and 6.
  const std::uint32_t threads =
      std::clamp(parameters.threads, 1U, std::min(lanes, kArgon2ThreadsMax));
  const Filling filling(blocks, parameters, segment);
  for (std::uint32_t pass = 0; pass < parameters.passes; ++pass)
    for (std::uint32_t slice = 0; slice < kSlices; ++slice)
      fill_slice(filling, pass, slice, lanes, threads);

  // Steps 7 and 8: the xor of the last blocks of the lanes, hashed.
  Argon2Block& last = blocks[lane - 1];
  for (std::uint32_t i = 1; i < lanes; ++i)
    for (std::size_t k = 0; k < Argon2Block::kWords; ++k)
      last.words[k] ^= blocks[std::size_t{i} * lane + lane - 1].words[k];
  for (std::uint64_t& word : last.words) store_le64(&word, word);
  hash_long(std::as_bytes(std::span(last.words)), out);
  return {};
}

}  // namespace avila::kdf
