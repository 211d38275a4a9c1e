#include <avila/buffer/bytes.hpp>

#include <thread>

namespace avila::buffer {
namespace {

TEST(Bytes, SlicesShareAndOutliveTheWhole) {
  Bytes part;
  {
    const Bytes whole = Bytes::copy_of("hello, world");
    part = whole.slice(7, 5);
    EXPECT_EQ(part.data(), whole.data() + 7);
    EXPECT_FALSE(whole.is_unique());
  }
  EXPECT_TRUE(part.is_unique());
  EXPECT_EQ(part, "world");
  EXPECT_EQ(part[0], std::byte{'w'});
}

TEST(Bytes, SplitsAndConsumes) {
  Bytes bytes = Bytes::from(std::string("key=value; a text that is on the heap"));
  EXPECT_EQ(bytes.split_to(3), "key");
  bytes.consume(1);
  EXPECT_EQ(bytes.split_off(5), "; a text that is on the heap");
  EXPECT_EQ(bytes, "value");
  EXPECT_EQ(bytes.slice_of(bytes.span().subspan(1, 2)), "al");
  bytes.truncate(2);
  EXPECT_EQ(bytes, Bytes::from_static("va"));
  EXPECT_LT(Bytes::copy_of("a"), Bytes::copy_of("b"));
  EXPECT_TRUE(Bytes().empty());
}

TEST(Bytes, TakesStringsOfEverySizeOver) {
  for (std::size_t n = 0; n < 40; ++n) {
    const Bytes bytes = Bytes::from(std::string(n, 'x'));
    const Bytes moved = bytes;
    EXPECT_EQ(moved, std::string(n, 'x'));
  }
  EXPECT_EQ(Bytes::from(std::vector<std::byte>(3, std::byte{'y'})), "yyy");
}

TEST(Bytes, ForeignMemoryIsReleasedOnceByTheLastSlice) {
  int released = 0;
  {
    Bytes a = Bytes::from_foreign(
        as_bytes("abc"), [](void* count) noexcept { ++*static_cast<int*>(count); }, &released);
    const Bytes b = a.slice(1);
    a = {};
    EXPECT_EQ(released, 0);
    EXPECT_EQ(b, "bc");
  }
  EXPECT_EQ(released, 1);
}

TEST(Bytes, CountsReferencesAcrossThreads) {
  const Bytes shared = Bytes::copy_of(std::string(1000, 'z'));
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([copy = shared] {
      for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(copy.slice(i)[0], std::byte{'z'});
    });
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(shared.is_unique());
}

TEST(BytesDeathTest, SliceOutOfRangeIsStopped) {
  const Bytes bytes = Bytes::copy_of("abc");
  EXPECT_DEATH((void)bytes.slice(2, 2), "length");
}

TEST(BytesMut, AppendsFreezesAndSplitsWithoutCopies) {
  BytesMut buffer;
  buffer.append("HEADER");
  buffer.append("body");
  const std::byte* start = buffer.data();
  const Bytes head = buffer.split_to(6);
  EXPECT_EQ(head.data(), start);
  buffer.append(" and more");
  const Bytes body = buffer.freeze();
  EXPECT_EQ(body.data(), start + 6);
  EXPECT_EQ(head, "HEADER");
  EXPECT_EQ(body, "body and more");
  EXPECT_TRUE(buffer.empty());
  buffer.append("again");
  EXPECT_EQ(buffer.text(), "again");
}

TEST(BytesMut, GrowthNeverTouchesFrozenParts) {
  BytesMut buffer;
  std::string expected;
  std::vector<Bytes> frozen;
  std::vector<std::string> copies;
  for (int i = 0; i < 500; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 37), static_cast<char>('a' + i % 26));
    buffer.append(piece);
    expected += piece;
    if (i % 5 == 4) {
      const std::size_t n = expected.size() / 2;
      frozen.push_back(buffer.split_to(n));
      copies.push_back(expected.substr(0, n));
      expected.erase(0, n);
    }
    if (i % 11 == 10) {
      const std::size_t n = expected.size() / 3;
      buffer.consume(n);
      expected.erase(0, n);
    }
    ASSERT_EQ(buffer.text(), expected);
  }
  for (std::size_t i = 0; i < frozen.size(); ++i) EXPECT_EQ(frozen[i], copies[i]);
}

TEST(BytesMut, ConsumedRoomIsUsedAgain) {
  BytesMut buffer(1000);
  const std::byte* memory = buffer.data();
  for (int i = 0; i < 100; ++i) {
    buffer.append(std::string(400, 'x'));
    buffer.consume(300);
    buffer.consume(100);
  }
  EXPECT_EQ(buffer.data(), memory);
  EXPECT_EQ(buffer.capacity(), 1000U);
}

TEST(BytesMut, AppendsAPartOfItself) {
  BytesMut buffer(3);
  buffer.append("abc");
  for (int i = 0; i < 8; ++i) buffer.append(buffer.span());
  EXPECT_EQ(buffer.size(), 3U * 256);
  EXPECT_EQ(buffer.text().substr(765), "abc");
}

TEST(BytesMut, SpareIsWrittenThenCommitted) {
  BytesMut buffer;
  const auto room = buffer.spare(10);
  EXPECT_GE(room.size(), 10U);
  room[0] = std::byte{'q'};
  buffer.commit(1);
  buffer.append_byte(std::byte{'r'});
  buffer.resize(4);
  EXPECT_EQ(buffer.text(), std::string_view("qr\0\0", 4));
  buffer.truncate(2);
  EXPECT_EQ(buffer.text(), "qr");
}

}  // namespace
}  // namespace avila::buffer
