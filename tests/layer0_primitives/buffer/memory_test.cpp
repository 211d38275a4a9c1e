#include <avila/buffer/mapped.hpp>
#include <avila/buffer/pool.hpp>
#include <avila/buffer/ring.hpp>
#include <avila/buffer/vectored.hpp>

#include <avila_test/tools.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <deque>
#include <fstream>
#include <optional>
#include <thread>

namespace avila::buffer {
namespace {

TEST(BufferPool, MemoryComesBackWithTheLastSlice) {
  BufferPool pool({.smallest = 1024, .largest = 4096});
  const std::byte* memory = nullptr;
  {
    BytesMut buffer = pool.acquire(1500);
    EXPECT_EQ(buffer.capacity(), 2048U);
    memory = buffer.data();
    buffer.append("abc");
    const Bytes slice = buffer.freeze().slice(1);
    EXPECT_EQ(pool.stats().idle_buffers, 0U);
    EXPECT_EQ(slice, "bc");
  }
  EXPECT_EQ(pool.stats().idle_bytes, 2048U);
  const BytesMut again = pool.acquire(2000);
  EXPECT_EQ(again.data(), memory);
  EXPECT_EQ(again.size(), 0U);
  EXPECT_EQ(pool.stats().reused, 1U);
  EXPECT_GE(pool.acquire(100000).capacity(), 100000U);
  EXPECT_EQ(pool.stats().oversized, 1U);
}

TEST(BufferPool, KeepsNoMoreThanItsLimitAndTrims) {
  BufferPool pool({.smallest = 1024, .largest = 1024, .max_idle_bytes = 2048});
  {
    const BytesMut a = pool.acquire(1), b = pool.acquire(1), c = pool.acquire(1);
  }
  EXPECT_EQ(pool.stats().idle_buffers, 2U);
  pool.trim();
  EXPECT_EQ(pool.stats().idle_bytes, 0U);
}

TEST(BufferPool, BuffersMayOutliveItAndCrossThreads) {
  std::optional<BufferPool> pool(std::in_place);
  Bytes kept;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&pool, t, &kept] {
      for (int i = 0; i < 500; ++i) {
        BytesMut buffer = pool->acquire(static_cast<std::size_t>(i * 7 + 1));
        buffer.append("outlives");
        if (t == 0 && i == 499) kept = buffer.freeze();
      }
    });
  for (auto& thread : threads) thread.join();
  pool.reset();
  EXPECT_EQ(kept, "outlives");
}

class RingBufferTest : public ::testing::TestWithParam<Mirror> {};

TEST_P(RingBufferTest, IsAQueueOfBytes) {
  auto ring = RingBuffer::create(4096, GetParam()).value();
  std::deque<std::byte> model;
  std::uint64_t state = 1;
  const auto next = [&state] { return (state = state * 6364136223846793005U + 1) >> 33; };
  std::vector<std::byte> block(3000), out(3000);
  for (int step = 0; step < 3000; ++step) {
    const std::size_t n = next() % block.size();
    for (std::size_t i = 0; i < n; ++i) block[i] = static_cast<std::byte>(next());
    const std::size_t put = ring.write(ByteSpan(block).first(n));
    ASSERT_EQ(put, std::min(n, ring.capacity() - model.size()));
    model.insert(model.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(put));
    if (ring.mirrored()) {
      ASSERT_EQ(ring.readable().size(), model.size());
      ASSERT_EQ(ring.writable().size(), ring.free_space());
    }
    const std::size_t got = ring.read(MutableByteSpan(out).first(next() % out.size()));
    ASSERT_TRUE(
        std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(got), model.begin()));
    model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(got));
    ASSERT_EQ(ring.size(), model.size());
  }
}

INSTANTIATE_TEST_SUITE_P(BothTwins, RingBufferTest,
                         ::testing::Values(Mirror::IfPossible, Mirror::Off));

TEST(RingBuffer, MirrorShowsTheWrappedPartInOneRange) {
  auto ring = RingBuffer::create(1, Mirror::Required).value();
  const std::size_t n = ring.capacity();
  ring.commit(n - 2);
  ring.consume(n - 2);
  EXPECT_EQ(ring.write(as_bytes("wrapped")), 7U);
  EXPECT_EQ(as_text(ring.readable()), "wrapped");
  RingBuffer moved = std::move(ring);
  EXPECT_EQ(as_text(moved.readable()), "wrapped");
  moved = RingBuffer::create(100, Mirror::Off).value();
  EXPECT_EQ(moved.capacity(), 100U);
  EXPECT_TRUE(RingBuffer::create(0).error().is(Errc::InvalidArgument));
}

TEST(GatherQueue, AdvancesThroughPartsByShortWrites) {
  GatherQueue queue;
  std::string all;
  for (int i = 0; i < 300; ++i) {
    const std::string part(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
    queue.push(Bytes::copy_of(part));
    all += part;
  }
  std::string seen;
  IoVec vectors[3];
  while (!queue.empty()) {
    const std::size_t count = queue.fill(vectors);
    ASSERT_GT(count, 0U);
    std::string front;
    for (std::size_t i = 0; i < count; ++i)
      front.append(static_cast<const char*>(vectors[i].base), vectors[i].length);
    const std::size_t n = front.size() / 2 + 1;
    seen += front.substr(0, n);
    queue.advance(n);
    ASSERT_EQ(queue.size_bytes(), all.size() - seen.size());
  }
  EXPECT_EQ(seen, all);
}

TEST(Vectored, WritesAndReadsAFileInParts) {
  const avila_test::TempDir dir;
  const int file = open((dir / "file").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_GE(file, 0);
  std::vector<ByteSpan> parts(3000, as_bytes("ab"));
  parts[1] = {};
  ASSERT_TRUE(write_all_vectored(file, parts).has_value());
  EXPECT_EQ(write_vectored(file, std::array{as_bytes("x"), as_bytes("yz")}).value(), 3U);
  lseek(file, 5990, SEEK_SET);
  std::array<std::byte, 6> a{};
  std::array<std::byte, 100> b{};
  const MutableByteSpan into[] = {a, b};
  EXPECT_EQ(read_vectored(file, into).value(), 11U);
  EXPECT_EQ(as_text(ByteSpan(b).first(5)), "abxyz");
  close(file);
  EXPECT_FALSE(write_all_vectored(-1, parts).has_value());
}

TEST(MapFile, ShowsTheFileAndLimitsItsSize) {
  const avila_test::TempDir dir;
  std::ofstream(dir / "file") << "mapped content";
  std::ofstream(dir / "empty").flush();
  Bytes tail;
  {
    const Bytes bytes = map_file(dir / "file").value();
    EXPECT_EQ(bytes, "mapped content");
    tail = bytes.slice(7);
  }
  EXPECT_EQ(tail, "content");
  EXPECT_TRUE(map_file(dir / "empty").value().empty());
  EXPECT_TRUE(map_file(dir / "file", 5).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(map_file(dir / "missing").error().is(Errc::NotFound));
}

TEST(MappedMemory, IsZeroedThenFrozen) {
  auto memory = MappedMemory::create(10000).value();
  EXPECT_EQ(memory.span()[9999], std::byte{0});
  memory.span()[0] = std::byte{'x'};
  const Bytes frozen = std::move(memory).freeze().value();
  EXPECT_EQ(frozen.size(), 10000U);
  EXPECT_EQ(frozen[0], std::byte{'x'});
  EXPECT_TRUE(MappedMemory::create(0).error().is(Errc::InvalidArgument));
}

}  // namespace
}  // namespace avila::buffer
