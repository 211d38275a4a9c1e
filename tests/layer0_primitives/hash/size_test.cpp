// One-shot functions against states at every small length, and inputs above 4 GiB.
#include <avila/hash/adler32.hpp>
#include <avila/hash/algorithm.hpp>
#include <avila/hash/blake2.hpp>
#include <avila/hash/blake3.hpp>
#include <avila/hash/crc32.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/hash/crc64nvme.hpp>
#include <avila/hash/md5.hpp>
#include <avila/hash/sha1.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/hash/sha512.hpp>
#include <avila/hash/xxh3.hpp>
#include <avila/hash/xxh64.hpp>
#include <avila/primitives/endian.hpp>

#include "block_buffer.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define AVILA_HASH_SANITIZED true
#elif defined(__has_feature)
#define AVILA_HASH_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define AVILA_HASH_SANITIZED false
#endif

namespace {

using namespace avila;
using namespace avila::hash;
using hash_test::hex;
using hash_test::random_bytes;

TEST(HashSizes, OneShotIsTheStateAtEveryLength) {
  const auto bytes = random_bytes(2200, 1);
  const auto of_state = [](std::string_view name, ByteSpan in) {
    auto hasher = Hasher::create(name);
    std::vector<std::byte> out(hasher->size());
    hasher->update(in);
    hasher->finish(out);
    return hex(out);
  };
  for (std::size_t size = 0; size <= bytes.size(); size += size < 700 ? 1 : 37) {
    SCOPED_TRACE(size);
    const ByteSpan in = ByteSpan(bytes).first(size);
    ASSERT_EQ(hex(md5(in)), of_state("md5", in));
    ASSERT_EQ(hex(sha1(in)), of_state("sha1", in));
    ASSERT_EQ(hex(sha224(in)), of_state("sha224", in));
    ASSERT_EQ(hex(sha256(in)), of_state("sha256", in));
    ASSERT_EQ(hex(sha384(in)), of_state("sha384", in));
    ASSERT_EQ(hex(sha512(in)), of_state("sha512", in));
    ASSERT_EQ(hex(sha3_256(in)), of_state("sha3-256", in));
    ASSERT_EQ(hex(sha3_512(in)), of_state("sha3-512", in));
    ASSERT_EQ(hex(blake2b(in)), of_state("blake2b", in));
    ASSERT_EQ(hex(blake2s(in)), of_state("blake2s", in));
    ASSERT_EQ(hex(blake3(in)), of_state("blake3", in));
    ASSERT_EQ(hex(xxh3_128(in).canonical()), of_state("xxh128", in));
    std::array<std::byte, 8> eight;
    store_be64(eight.data(), xxh3_64(in));
    ASSERT_EQ(hex(eight), of_state("xxh3", in));
    store_be64(eight.data(), xxh64(in));
    ASSERT_EQ(hex(eight), of_state("xxh64", in));
  }
}

// The length of a message above 4 GiB, as the padding of SHA-2 writes it: by handing the count over
// in place of the bytes.
TEST(HashSizes, PaddingCountsAboveFourGiB) {
  std::array<std::byte, 64> buffer{};
  for (const std::uint64_t total : {(1ULL << 32) + 5, (1ULL << 32) + 57, (1ULL << 61) - 1}) {
    std::vector<std::byte> padded;
    hash::detail::pad_blocks<8>(
        buffer, total,
        [&](const std::byte* in, std::size_t blocks) { padded.assign(in, in + 64 * blocks); },
        [](std::byte* to, std::uint64_t bits) { store_be64(to, bits); });
    ASSERT_EQ(padded.size(), total % 64 < 56 ? 64U : 128U);
    EXPECT_EQ(padded[total % 64], std::byte{0x80});
    EXPECT_EQ(load_be64(&padded[padded.size() - 8]), total * 8);
  }
  // A partial block held across 2^32.
  std::uint64_t total = (1ULL << 32) - 10;  // 54 bytes held
  std::size_t blocks = 0;
  hash::detail::feed_blocks(buffer, total, std::vector<std::byte>(20),
                            [&](const std::byte*, std::size_t count) { blocks += count; });
  EXPECT_EQ(blocks, 1U);
  EXPECT_EQ(total, (1ULL << 32) + 10);
}

#if defined(__linux__)

// One MiB of memory, mapped 4,097 times side by side: an input of 4 GiB + 1 MiB that takes one.
class FourGiB {
 public:
  static constexpr std::size_t kPiece = 1 << 20, kPieces = 4097;
  FourGiB() {
    const int file = memfd_create("hash_test", 0);
    if (file < 0 || ftruncate(file, kPiece) != 0) return;
    void* const room = mmap(nullptr, kPiece * kPieces, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) return;
    start_ = static_cast<std::byte*>(room);
    for (std::size_t i = 0; i < kPieces; ++i)
      if (mmap(start_ + i * kPiece, kPiece, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
               0) == MAP_FAILED)
        return;
    close(file);
    const auto random = random_bytes(kPiece, 5);
    std::copy(random.begin(), random.end(), start_);
    ok_ = true;
  }
  FourGiB(const FourGiB&) = delete;
  FourGiB& operator=(const FourGiB&) = delete;
  ~FourGiB() {
    if (start_ != nullptr) munmap(start_, kPiece * kPieces);
  }
  bool ok() const { return ok_; }
  ByteSpan piece() const { return {start_, kPiece}; }
  ByteSpan whole() const { return {start_, kPiece * kPieces}; }

 private:
  std::byte* start_ = nullptr;
  bool ok_ = false;
};

TEST(HashSizes, InputsAboveFourGiB) {
  // 30 GiB are hashed in all: 2 s by the best kernels, 15 s by others and under sanitizers.
  if (std::getenv("AVILA_KERNEL") != nullptr || AVILA_HASH_SANITIZED) GTEST_SKIP() << "too slow";
  const FourGiB memory;
  if (!memory.ok()) GTEST_SKIP() << "no room for the mapping";
  // CRCs: by combining the piece's, which takes no length above 4 GiB through the kernels.
  std::uint32_t crc = 0, crc_c = 0, adler = 1;
  std::uint64_t crc64 = 0;
  const std::uint32_t piece = crc32(memory.piece()), piece_c = crc32c(memory.piece());
  const std::uint64_t piece64 = crc64nvme(memory.piece());
  Xxh3 xxh;
  for (std::size_t i = 0; i < FourGiB::kPieces; ++i) {
    crc = crc32_combine(crc, piece, FourGiB::kPiece);
    crc_c = crc32c_combine(crc_c, piece_c, FourGiB::kPiece);
    crc64 = crc64nvme_combine(crc64, piece64, FourGiB::kPiece);
    adler = adler32(memory.piece(), adler);
    xxh.update(memory.piece());
  }
  EXPECT_EQ(crc32(memory.whole()), crc);
  EXPECT_EQ(crc32c(memory.whole()), crc_c);
  EXPECT_EQ(crc64nvme(memory.whole()), crc64);
  EXPECT_EQ(adler32(memory.whole()), adler);
  EXPECT_EQ(xxh3_64(memory.whole()), xxh.digest64());
  EXPECT_EQ(xxh3_128(memory.whole()), xxh.digest128());
}

#endif

}  // namespace
