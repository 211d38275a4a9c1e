#include <gtest/gtest.h>

#include <avila/http2/hpack.hpp>
#include <avila/text/encoding.hpp>
#include <utility>

namespace avila::http2 {
namespace {

constexpr std::uint64_t kMuch = 1 << 20;
using Fields = std::vector<std::pair<std::string, std::string>>;

std::string bytes_of(std::string_view hex) {
  auto bytes = text::hex_decode(hex);
  EXPECT_TRUE(bytes.has_value());
  return std::move(bytes).value_or("");
}

Fields decode(HpackDecoder& decoder, std::string_view hex) {
  HeaderList list;
  const std::string block = bytes_of(hex);
  const auto done = decoder.decode(as_bytes(block), kMuch, list);
  EXPECT_TRUE(done.has_value()) << (done.has_value() ? "" : done.error().to_string());
  Fields fields;
  for (std::size_t i = 0; i < list.size(); ++i) fields.emplace_back(list[i].name, list[i].value);
  return fields;
}

std::string error_of(std::string_view hex, HpackDecoder decoder = HpackDecoder()) {
  HeaderList list;
  const std::string block = bytes_of(hex);
  const auto done = decoder.decode(as_bytes(block), kMuch, list);
  return done.has_value() ? "" : done.error().to_string();
}

// RFC 7541 appendix C.4: three requests with Huffman coding over one connection.
TEST(HpackDecoder, ReadsTheRequestsOfAppendixC) {
  HpackDecoder decoder;
  EXPECT_EQ(decode(decoder, "828684418cf1e3c2e5f23a6ba0ab90f4ff"),
            (Fields{{":method", "GET"},
                    {":scheme", "http"},
                    {":path", "/"},
                    {":authority", "www.example.com"}}));
  EXPECT_EQ(decoder.table_bytes(), 57U);
  EXPECT_EQ(decode(decoder, "828684be5886a8eb10649cbf"), (Fields{{":method", "GET"},
                                                                 {":scheme", "http"},
                                                                 {":path", "/"},
                                                                 {":authority", "www.example.com"},
                                                                 {"cache-control", "no-cache"}}));
  EXPECT_EQ(decode(decoder, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"),
            (Fields{{":method", "GET"},
                    {":scheme", "https"},
                    {":path", "/index.html"},
                    {":authority", "www.example.com"},
                    {"custom-key", "custom-value"}}));
  EXPECT_EQ(decoder.table_bytes(), 164U);
}

// Appendix C.6: responses with a table of 256 bytes, so that entries are evicted.
TEST(HpackDecoder, EvictsAsAppendixCDoes) {
  HpackDecoder decoder(256);
  EXPECT_EQ(decode(decoder,
                   "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29"
                   "ad171863c78f0b97c8e9ae82ae43d3")
                .size(),
            4U);
  EXPECT_EQ(decode(decoder, "4883640effc1c0bf"), (Fields{{":status", "307"},
                                                         {"cache-control", "private"},
                                                         {"date", "Mon, 21 Oct 2013 20:13:21 GMT"},
                                                         {"location", "https://www.example.com"}}));
  EXPECT_EQ(decoder.table_bytes(), 222U);
}

TEST(HpackDecoder, RefusesWhatIsNoBlock) {
  EXPECT_NE(error_of("80"), "");            // index 0
  EXPECT_NE(error_of("be"), "");            // beyond an empty dynamic table
  EXPECT_NE(error_of("ff"), "");            // a number that is cut
  EXPECT_NE(error_of("ffffffffff7f"), "");  // a number above 2^32
  EXPECT_NE(error_of("ff8080808080808001"), "");
  EXPECT_NE(error_of("400161"), "");          // no value
  EXPECT_NE(error_of("40016105"), "");        // a value longer than the block
  EXPECT_NE(error_of("4084ffffffff00"), "");  // EOS
  EXPECT_NE(error_of("4081ff00"), "");        // eight bits of padding
  EXPECT_NE(error_of("40811800"), "");        // padding of zeros
  EXPECT_NE(error_of("3fe21f"), "");          // a table of 4,097
  EXPECT_NE(error_of("8220"), "");            // a size update behind a field
}

TEST(HpackDecoder, WantsTheTableShrunkWhenItMustBe) {
  HpackDecoder decoder;
  EXPECT_EQ(decode(decoder, "4001610162").size(), 1U);
  decoder.set_table_limit(0);
  EXPECT_NE(error_of("82", decoder), "");
  EXPECT_EQ(decode(decoder, "2082").size(), 1U);
  EXPECT_EQ(decoder.table_bytes(), 0U);
}

TEST(HpackDecoder, KeepsTheTableRightPastTheLimitOfTheList) {
  HpackDecoder decoder;
  HeaderList list;
  const std::string block = bytes_of("4001610162400163016440016501668286");
  ASSERT_TRUE(decoder.decode(as_bytes(block), 34 * 2, list).has_value());
  EXPECT_TRUE(list.truncated());
  EXPECT_EQ(list.size(), 2U);
  EXPECT_EQ(list.list_bytes(), 34U * 3 + 42 + 43);
  EXPECT_EQ(decode(decoder, "be"), (Fields{{"e", "f"}}));
}

TEST(Hpack, SecretsAreNeverIndexedAndStaySo) {
  HpackEncoder encoder;
  HpackDecoder decoder;
  for (int round = 0; round < 2; ++round) {
    std::string block;
    encoder.begin_block(block);
    encoder.encode(block, "authorization", "Bearer abc");
    encoder.encode(block, "x-plain", "yes");
    HeaderList list;
    ASSERT_TRUE(decoder.decode(as_bytes(block), kMuch, list).has_value());
    ASSERT_EQ(list.size(), 2U);
    EXPECT_TRUE(list[0].sensitive);
    EXPECT_FALSE(list[1].sensitive);
  }
  EXPECT_EQ(encoder.table_bytes(), 7U + 3 + 32);
}

TEST(Hpack, BothEndsFollowChangesOfTheTable) {
  HpackEncoder encoder(8192);
  HpackDecoder decoder(8192);
  const auto round = [&](std::string_view value) {
    std::string block;
    encoder.begin_block(block);
    for (int i = 0; i < 40; ++i)
      encoder.encode(block, "x-" + std::to_string(i), std::string(value) + std::to_string(i * 7));
    HeaderList list;
    const auto done = decoder.decode(as_bytes(block), kMuch, list);
    ASSERT_TRUE(done.has_value()) << done.error().to_string();
    ASSERT_EQ(list.size(), 40U);
    for (int i = 0; i < 40; ++i)
      EXPECT_EQ(list[static_cast<std::size_t>(i)].value,
                std::string(value) + std::to_string(i * 7));
    EXPECT_EQ(encoder.table_bytes(), decoder.table_bytes());
  };
  round("a");
  encoder.set_peer_limit(8192);
  round("a");
  encoder.set_peer_limit(0);
  encoder.set_peer_limit(300);
  decoder.set_table_limit(300);
  round("b");
  EXPECT_LE(encoder.table_bytes(), 300U);
  encoder.set_peer_limit(4096);
  decoder.set_table_limit(4096);
  for (int i = 0; i < 50; ++i) round(std::string(static_cast<std::size_t>(i), 'z'));
}

TEST(Huffman, EveryByteComesBack) {
  HpackEncoder encoder(0);
  HpackDecoder decoder(0);
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t i = 0; i <= all.size(); ++i) {
    const std::string value = all.substr(0, i) + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    std::string block;
    encoder.begin_block(block);
    encoder.encode(block, "n", value);
    HeaderList list;
    ASSERT_TRUE(decoder.decode(as_bytes(block), kMuch, list).has_value());
    EXPECT_EQ(list[0].value, value);
  }
}

}  // namespace
}  // namespace avila::http2
