#include <avila/hash/crc32c.hpp>
#include <avila/hnsw/index.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila/primitives/endian.hpp>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace hnsw_test;

constexpr std::uint32_t kDimensions = 12;

Index sample(Quantization quantization = Quantization::None) {
  Index index = filled({.dimensions = kDimensions,
                        .m = 4,
                        .ef_construction = 30,
                        .quantization = quantization,
                        .subspaces = quantization == Quantization::Product ? 5U : 0U,
                        .training_size = 300},
                       points(400, kDimensions, 1));
  EXPECT_EQ(index.stats().trained, quantization == Quantization::Product);
  for (std::uint64_t i = 0; i < 30; ++i) EXPECT_TRUE(index.erase(i * 3));
  return index;
}

std::vector<std::byte> file_of(os::FileSystem& files, const std::string& path) {
  auto file = *files.open(path);
  std::vector<std::byte> bytes(*file->size());
  EXPECT_EQ(file->read_at(0, bytes)->size(), bytes.size());
  return bytes;
}

void put(os::FileSystem& files, const std::string& path, ByteSpan bytes) {
  auto file = *files.open(path, {.write = true, .create = true, .truncate = true});
  if (!bytes.empty()) {
    ASSERT_TRUE(file->append(bytes).has_value());
  }
}

TEST(HnswStorage, LoadGivesTheSameAnswersAndGoesOn) {
  for (const auto quantization : {Quantization::None, Quantization::Int8, Quantization::Product}) {
    os::MemoryFileSystem files;
    Index index = sample(quantization);
    ASSERT_TRUE(index.save(files, "/i").has_value());
    auto loaded = Index::load(files, "/i");
    ASSERT_TRUE(loaded.has_value()) << loaded.error().to_string();
    EXPECT_EQ(loaded->size(), index.size());
    const auto queries = points(30, kDimensions, 2);
    for (const auto& query : queries) {
      EXPECT_EQ(*loaded->search(query), *index.search(query));
      EXPECT_EQ(*loaded->search_exact(query), *index.search_exact(query));
    }
    // Both go on in the same way, and reclaim what was erased before.
    index.repair();
    loaded->repair();
    for (std::uint64_t i = 0; i < queries.size(); ++i) {
      ASSERT_TRUE(index.insert(1000 + i, queries[i]).has_value());
      ASSERT_TRUE(loaded->insert(1000 + i, queries[i]).has_value());
    }
    for (const auto& query : queries) EXPECT_EQ(*loaded->search(query), *index.search(query));
    ASSERT_TRUE(loaded->save(files, "/j").has_value());
    EXPECT_TRUE(Index::load(files, "/j").has_value());
  }
}

TEST(HnswStorage, EmptyIndex) {
  os::MemoryFileSystem files;
  auto index = Index::create({.dimensions = kDimensions});
  ASSERT_TRUE(index->save(files, "/i").has_value());
  auto loaded = Index::load(files, "/i");
  ASSERT_TRUE(loaded.has_value()) << loaded.error().to_string();
  EXPECT_EQ(loaded->size(), 0U);
  EXPECT_TRUE(loaded->insert(1, std::vector<float>(kDimensions, 1)).has_value());
}

TEST(HnswStorage, MappedIndexServesAndRefusesWrites) {
  for (const auto quantization : {Quantization::None, Quantization::Int8, Quantization::Product}) {
    os::MemoryFileSystem files;
    const Index index = sample(quantization);
    ASSERT_TRUE(index.save(files, "/i").has_value());
    auto mapped = Index::map(files, "/i");
    ASSERT_TRUE(mapped.has_value()) << mapped.error().to_string();
    EXPECT_TRUE(mapped->stats().read_only);
    for (const auto& query : points(30, kDimensions, 3))
      EXPECT_EQ(*mapped->search(query), *index.search(query));
    EXPECT_TRUE(mapped->insert(1, std::vector<float>(kDimensions)).error().is(Errc::Unsupported));
    EXPECT_FALSE(mapped->erase(1));
    mapped->repair();
    ASSERT_TRUE(mapped->save(files, "/j").has_value());
    EXPECT_TRUE(file_of(files, "/i") == file_of(files, "/j"));
  }
}

class HnswDamage : public testing::TestWithParam<Quantization> {};
INSTANTIATE_TEST_SUITE_P(Rows, HnswDamage,
                         testing::Values(Quantization::None, Quantization::Product));

TEST_P(HnswDamage, EveryByteIsDetected) {
  os::MemoryFileSystem files;
  ASSERT_TRUE(sample(GetParam()).save(files, "/i").has_value());
  const auto bytes = file_of(files, "/i");
  std::size_t unseen = 0;
  for (std::size_t at = 0; at < bytes.size(); at += at < 512 ? 1 : 131) {
    auto damaged = bytes;
    damaged[at] ^= std::byte{0x20};
    put(files, "/d", damaged);
    const auto loaded = Index::load(files, "/d");
    if (loaded.has_value()) {
      ++unseen;  // padding between sections: nothing reads it
      EXPECT_EQ(loaded->size(), 370U);
    } else {
      EXPECT_FALSE(loaded.error().is(Errc::Unknown));
    }
  }
  EXPECT_LT(unseen, 70U);
}

TEST_P(HnswDamage, EveryTruncationIsDetected) {
  os::MemoryFileSystem files;
  ASSERT_TRUE(sample(GetParam()).save(files, "/i").has_value());
  const auto bytes = file_of(files, "/i");
  for (std::size_t size = 0; size < bytes.size(); size += size < 600 ? 1 : 977) {
    put(files, "/d", ByteSpan(bytes).first(size));
    EXPECT_FALSE(Index::load(files, "/d").has_value()) << size;
    EXPECT_FALSE(Index::map(files, "/d").has_value()) << size;
  }
}

// Checksums guard against accidents only: the checks behind them must hold alone.
void reseal(std::vector<std::byte>& file) {
  const std::size_t header = load_le32(file.data() + 8) == 1 || file.size() < 512 ? 256 : 512;
  for (std::size_t s = 0; s < (header == 256 ? 7 : 8); ++s) {
    std::byte* const at = file.data() + (s < 7 ? 80 + 24 * s : 256);
    const std::uint64_t offset = load_le64(at), size = load_le64(at + 8);
    if (offset <= file.size() && size <= file.size() - offset)
      store_le32(at + 16, hash::crc32c(ByteSpan(file).subspan(offset, size)));
  }
  store_le32(file.data() + 12, 0);
  store_le32(file.data() + 12, hash::crc32c(ByteSpan(file).first(header)));
}

TEST_P(HnswDamage, HostileFilesWithRightChecksumsAreSafe) {
  os::MemoryFileSystem files;
  ASSERT_TRUE(sample(GetParam()).save(files, "/i").has_value());
  const auto bytes = file_of(files, "/i");
  const auto query = points(1, kDimensions, 4)[0];
  Random random{5};
  std::size_t refused = 0;
  for (int round = 0; round < 400; ++round) {
    auto damaged = bytes;
    const bool in_header = round % 2 == 0;
    const std::size_t at =
        in_header ? 16 + random.next() % 272 : 4096 + random.next() % (bytes.size() - 4096);
    damaged[at] = static_cast<std::byte>(random.next());
    reseal(damaged);
    put(files, "/d", damaged);
    auto loaded = Index::load(files, "/d");
    if (!loaded.has_value()) {
      ++refused;
      continue;
    }
    if (loaded->options().dimensions == kDimensions) {
      (void)loaded->search(query);
      (void)loaded->insert(5, query);
    }
  }
  EXPECT_GT(refused, 100U);
}

TEST(HnswStorage, SaveIsAtomicAndReportsAFullDisk) {
  os::MemoryFileSystem files;
  ASSERT_TRUE(sample().save(files, "/i").has_value());
  const auto before = file_of(files, "/i");
  EXPECT_FALSE(sample().save(files, "/absent/folder/i").has_value());
  EXPECT_TRUE(file_of(files, "/i") == before);
  EXPECT_TRUE(Index::load(files, "/nothing").error().is(Errc::NotFound));
}

}  // namespace
