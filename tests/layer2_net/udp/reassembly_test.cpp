#include <gtest/gtest.h>

#include <algorithm>
#include <avila/udp/reassembly.hpp>
#include <random>
#include <string>
#include <vector>

namespace avila::udp {
namespace {

using Bytes = std::vector<std::byte>;
using tcp::IpAddress;
using tcp::SocketAddress;

const SocketAddress kPeer(IpAddress::v4(192, 0, 2, 1), 4000);
const SocketAddress kOther(IpAddress::v4(192, 0, 2, 2), 4000);

Bytes message_of(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

std::vector<Bytes> cut(const Bytes& message, std::uint64_t number = 1, std::size_t size = 300) {
  return *cut_message(message, number, size);
}

/// One fragment, with whatever header.
Bytes fragment(std::uint64_t number, std::uint32_t total, std::uint32_t offset, std::size_t size,
               char fill = 'f', std::uint32_t crc = 0) {
  Fragment header;
  header.message = number;
  header.message_bytes = total;
  header.offset = offset;
  header.crc = crc;
  Bytes bytes(Fragment::kHeaderBytes + size, static_cast<std::byte>(fill));
  header.write_header(std::span(bytes).first<Fragment::kHeaderBytes>());
  return bytes;
}

TEST(Reassembler, PutsTogetherWhatWasCutInAnyOrder) {
  std::mt19937 random(7);
  Reassembler reassembler;
  for (const std::size_t size : {0U, 1U, 275U, 276U, 277U, 552U, 5000U, 100'000U}) {
    SCOPED_TRACE(size);
    const Bytes message = message_of(size, static_cast<unsigned>(size));
    auto datagrams = cut(message, size);
    EXPECT_EQ(datagrams.size(), std::max<std::size_t>(1, (size + 275) / 276));
    std::shuffle(datagrams.begin(), datagrams.end(), random);
    for (std::size_t i = 0; i < datagrams.size(); ++i) {
      const auto added = reassembler.add(kPeer, datagrams[i], {});
      ASSERT_TRUE(added.has_value()) << added.error().to_string();
      ASSERT_EQ(added->has_value(), i + 1 == datagrams.size());
      if (added->has_value()) {
        EXPECT_EQ(**added, message);
      }
    }
    EXPECT_EQ(reassembler.memory_bytes(), 0U);
    EXPECT_EQ(reassembler.pending(), 0U);
  }
  EXPECT_EQ(reassembler.metrics().completed, 8U);
}

TEST(Reassembler, KeepsMessagesAndPeersApart) {
  Reassembler reassembler;
  const Bytes a = message_of(1000, 1), b = message_of(1000, 2), c = message_of(1000, 3);
  const auto from_a = cut(a, 1), from_b = cut(b, 2), from_c = cut(c, 1);
  std::vector<Bytes> whole;
  for (std::size_t i = 0; i < from_a.size(); ++i) {
    auto one = reassembler.add(kPeer, from_a[i], {});
    auto two = reassembler.add(kPeer, from_b[i], {});
    auto three = reassembler.add(kOther, from_c[i], {});
    for (auto* result : {&one, &two, &three})
      if (result->has_value() && (*result)->has_value()) whole.push_back(***result);
  }
  EXPECT_EQ(whole, (std::vector<Bytes>{a, b, c}));
}

TEST(Reassembler, CountsDuplicatesAndGoesOn) {
  Reassembler reassembler;
  const Bytes message = message_of(1000);
  const auto datagrams = cut(message);
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(reassembler.add(kPeer, datagrams[0], {}).value().has_value());
  EXPECT_EQ(reassembler.metrics().duplicates, 2U);
  EXPECT_FALSE(reassembler.add(kPeer, datagrams[2], {}).value().has_value());
  EXPECT_FALSE(reassembler.add(kPeer, datagrams[1], {}).value().has_value());
  EXPECT_EQ(reassembler.add(kPeer, datagrams[3], {}).value().value(), message);
}

TEST(Reassembler, GivesAMessageUpForOverlaps) {
  struct Case {
    std::uint32_t offset;
    std::size_t size;
    char fill;
  };
  // Against bytes 1000 to 1299: other bytes, a longer one, into the front, into the back, around.
  for (const Case& c : {Case{1000, 300, 'x'}, Case{1000, 400, 'f'}, Case{900, 300, 'f'},
                        Case{1299, 300, 'f'}, Case{800, 900, 'f'}}) {
    SCOPED_TRACE(c.offset);
    Reassembler reassembler;
    ASSERT_TRUE(reassembler.add(kPeer, fragment(1, 5000, 1000, 300), {}).has_value());
    const auto overlap = reassembler.add(kPeer, fragment(1, 5000, c.offset, c.size, c.fill), {});
    ASSERT_FALSE(overlap.has_value());
    EXPECT_TRUE(overlap.error().is(Errc::Corrupted));
    EXPECT_EQ(reassembler.metrics().overlaps, 1U);
    EXPECT_EQ(reassembler.pending(), 0U);
    EXPECT_EQ(reassembler.memory_bytes(), 0U);
  }
}

TEST(Reassembler, RefusesFragmentsAtOddsWithTheirMessage) {
  Reassembler reassembler;
  ASSERT_TRUE(reassembler.add(kPeer, fragment(1, 5000, 0, 300), {}).has_value());
  EXPECT_FALSE(reassembler.add(kPeer, fragment(1, 6000, 300, 300), {}).has_value());
  EXPECT_FALSE(reassembler.add(kPeer, fragment(1, 5000, 300, 300, 'f', 9), {}).has_value());
  EXPECT_EQ(reassembler.metrics().refused, 2U);
  EXPECT_EQ(reassembler.pending(), 1U);
}

TEST(Reassembler, RefusesDamage) {
  Reassembler reassembler;
  const Bytes message = message_of(1000);
  auto datagrams = cut(message);
  for (std::size_t size = 0; size < Fragment::kHeaderBytes; ++size)
    EXPECT_FALSE(reassembler.add(kPeer, ByteSpan(datagrams[0]).first(size), {}).has_value());
  for (const std::size_t at : {0U, 1U, 2U, 3U}) {
    Bytes damaged = datagrams[0];
    damaged[at] ^= std::byte{1};
    EXPECT_TRUE(reassembler.add(kPeer, damaged, {}).error().is(Errc::Malformed)) << at;
  }
  EXPECT_EQ(reassembler.metrics().malformed, 28U);
  // A bit of the content: found when the message is whole.
  datagrams[1].back() ^= std::byte{4};
  for (std::size_t i = 0; i + 1 < datagrams.size(); ++i)
    EXPECT_TRUE(reassembler.add(kPeer, datagrams[i], {}).has_value());
  EXPECT_TRUE(reassembler.add(kPeer, datagrams.back(), {}).error().is(Errc::Corrupted));
  auto small = cut(message_of(10));
  small[0].back() ^= std::byte{1};
  EXPECT_TRUE(reassembler.add(kPeer, small[0], {}).error().is(Errc::Corrupted));
  EXPECT_EQ(reassembler.metrics().corrupted, 2U);
  EXPECT_EQ(reassembler.memory_bytes(), 0U);
}

TEST(Reassembler, RefusesHostileHeaders) {
  Reassembler reassembler;
  for (const Bytes& datagram : {fragment(1, 100, 101, 0), fragment(1, 1000, 900, 101),
                                fragment(1, 1000, 0, 255), fragment(1, 1000, 1000, 0),
                                fragment(1, 1000, 0, 0), fragment(1, UINT32_MAX, UINT32_MAX, 1)})
    EXPECT_TRUE(reassembler.add(kPeer, datagram, {}).error().is(Errc::Malformed));
  EXPECT_TRUE(
      reassembler.add(kPeer, fragment(1, UINT32_MAX, 0, 300), {}).error().is(Errc::LimitExceeded))
      << "a size that is claimed is not allocated";
  EXPECT_EQ(reassembler.memory_bytes(), 0U);
}

TEST(Reassembler, GivesUpWhatIsTooOld) {
  Reassembler reassembler({.timeout = seconds(10)});
  ASSERT_TRUE(reassembler.add(kPeer, fragment(1, 5000, 0, 300), Instant{0}).has_value());
  const Instant later = Instant{0} + seconds(9);
  ASSERT_TRUE(reassembler.add(kPeer, fragment(2, 5000, 0, 300), later).has_value());
  // A fragment that follows does not prolong it.
  ASSERT_TRUE(reassembler.add(kPeer, fragment(1, 5000, 300, 300), later).has_value());
  EXPECT_EQ(reassembler.pending(), 2U);
  reassembler.expire(Instant{0} + seconds(10));
  EXPECT_EQ(reassembler.pending(), 1U);
  reassembler.expire(Instant{0} + seconds(19));
  EXPECT_EQ(reassembler.pending(), 0U);
  EXPECT_EQ(reassembler.metrics().timed_out, 2U);
}

TEST(Reassembler, BoundsMessagesMemoryAndFragments) {
  const ReassemblyLimits limits{.message_bytes_max = 1'000'000,
                                .messages_max = 50,
                                .messages_per_peer_max = 8,
                                .memory_bytes_max = 40'000,
                                .fragments_max = 20};
  Reassembler reassembler(limits);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const SocketAddress peer(IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i % 97)), 1);
    (void)reassembler.add(peer, fragment(i, 900'000, 0, 256 + i % 500), {});
    ASSERT_LE(reassembler.pending(), limits.messages_max);
    ASSERT_LE(reassembler.memory_bytes(), limits.memory_bytes_max);
  }
  EXPECT_GT(reassembler.metrics().evicted, 900U);
  Reassembler one_peer(limits);
  for (std::uint64_t i = 0; i < 100; ++i)
    (void)one_peer.add(kPeer, fragment(i, 900'000, 0, 256), {});
  EXPECT_EQ(one_peer.pending(), limits.messages_per_peer_max);
  Reassembler many_parts(limits);
  for (std::uint32_t i = 0; i < 21; ++i)
    (void)many_parts.add(kPeer, fragment(1, 900'000, i * 256, 256), {});
  EXPECT_EQ(many_parts.pending(), 0U);
  EXPECT_EQ(many_parts.metrics().refused, 1U);
  Reassembler tiny({.memory_bytes_max = 600});
  EXPECT_TRUE(tiny.add(kPeer, fragment(1, 5000, 0, 300), {}).error().is(Errc::LimitExceeded));
}

TEST(CutMessage, RefusesDatagramsThatAreTooSmall) {
  EXPECT_FALSE(cut_message(message_of(10), 1, 279).has_value());
  EXPECT_TRUE(cut_message(message_of(10), 1, 280).has_value());
}

}  // namespace
}  // namespace avila::udp
