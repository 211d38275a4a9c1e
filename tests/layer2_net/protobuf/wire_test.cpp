// Vectors: Protocol Buffers documentation, "Encoding".
#include <gtest/gtest.h>
#include <avila/protobuf/wire.hpp>
#include <avila/text/encoding.hpp>

#include <limits>
#include <string>

namespace avila::protobuf {
namespace {

std::string bytes_of(std::string_view hex) {
  std::string digits;
  for (const char c : hex)
    if (c != ' ') digits += c;
  return text::hex_decode(digits).value();
}
template <class F>
std::string written(F&& write) {
  std::string out;
  Writer writer(out);
  write(writer);
  return text::hex_encode(out);
}

TEST(Wire, WritesTheVectorsOfTheEncodingGuide) {
  EXPECT_EQ(written([](Writer& w) { w.int32(1, 150); }), "089601");
  EXPECT_EQ(written([](Writer& w) { w.bytes(2, "testing"); }), "120774657374696e67");
  EXPECT_EQ(written([](Writer& w) { w.message(3, [](Writer& n) { n.int32(1, 150); }); }),
            "1a03089601");
  EXPECT_EQ(written([](Writer& w) { w.int32(1, -2); }), "08feffffffffffffffff01");
  EXPECT_EQ(written([](Writer& w) {
              w.message(6, [](Writer& n) {
                n.varint(3);
                n.varint(270);
                n.varint(86942);
              });
            }),
            "3206038e029ea705");
  EXPECT_EQ(written([](Writer& w) { w.sint32(1, -500); }), "08e707");
  EXPECT_EQ(written([](Writer& w) { w.sint32(1, INT32_MIN); }), "08ffffffff0f");
  EXPECT_EQ(written([](Writer& w) { w.fixed32(1, 1); }), "0d01000000");
  EXPECT_EQ(written([](Writer& w) { w.double_(1, 25.4); }), "096666666666663940");
}

TEST(Wire, LongNestedMessagesGetALongerPrefix) {
  std::string out;
  Writer writer(out);
  const std::string text(300, 'x');
  writer.message(1, [&](Writer& w) { w.bytes(2, text); });
  writer.int32(3, 7);
  Reader in(as_bytes(out));
  std::uint32_t tag = 0;
  std::string_view got;
  ASSERT_TRUE(in.next(tag));
  ASSERT_TRUE(in.nested([&](Reader& r) {
    std::uint32_t inner = 0;
    return r.next(inner) && r.bytes(got) && !r.next(inner);
  }));
  EXPECT_EQ(got, text);
  std::int32_t number = 0;
  ASSERT_TRUE(in.next(tag));
  ASSERT_TRUE(in.int32(number));
  EXPECT_EQ(number, 7);
  EXPECT_FALSE(in.next(tag));
  EXPECT_FALSE(in.failed());
}

TEST(Wire, BackwardWriterWritesWhatTheForwardOneDoes) {
  BackwardWriter out;
  const std::string text(5'000, 'y');
  const std::size_t end = out.size();
  out.fixed32(7);
  out.varint(make_tag(2, WireType::Fixed32));
  out.bytes(text);
  out.varint(make_tag(1, WireType::LengthDelimited));
  out.length_since(end);
  out.varint(make_tag(9, WireType::LengthDelimited));
  std::string forward;
  Writer writer(forward);
  writer.message(9, [&](Writer& w) {
    w.bytes(1, text);
    w.fixed32(2, 7);
  });
  EXPECT_EQ(out.finish().value(), forward);
}

TEST(Wire, SizesOfVarintsAreThoseWritten) {
  for (unsigned bit = 0; bit < 64; ++bit)
    for (const std::uint64_t value :
         {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit, ~std::uint64_t{0} >> bit}) {
      std::string out;
      append_varint(out, value);
      EXPECT_EQ(encoded_size(value), out.size()) << value;
    }
}

TEST(Wire, ReadsScalarsAndCutsThemToTheirType) {
  std::int32_t i32 = 0;
  const std::string kept = bytes_of("feffffffffffffffff01");
  Reader in(as_bytes(kept));
  ASSERT_TRUE(in.int32(i32));
  EXPECT_EQ(i32, -2);
  const std::string wide = bytes_of("ffffffffff01");
  std::uint32_t u32 = 0;
  Reader in2(as_bytes(wide));
  ASSERT_TRUE(in2.uint32(u32));
  EXPECT_EQ(u32, 0xFFFF'FFFF);
  bool flag = false;
  const std::string two = bytes_of("8002");
  Reader in3(as_bytes(two));
  ASSERT_TRUE(in3.boolean(flag));
  EXPECT_TRUE(flag);
  const std::string zigzag = bytes_of("ffffffff0f e707");
  Reader in4(as_bytes(zigzag));
  ASSERT_TRUE(in4.sint32(i32));
  EXPECT_EQ(i32, INT32_MIN);
  std::int64_t i64 = 0;
  ASSERT_TRUE(in4.sint64(i64));
  EXPECT_EQ(i64, -500);
}

WireFault fault_of(std::string_view hex, const ParseOptions& options = {}) {
  const std::string bytes = bytes_of(hex);
  Reader in(as_bytes(bytes), options);
  for (std::uint32_t tag = 0; in.next(tag);)
    if (!in.skip(tag)) break;
  if (in.failed()) {
    EXPECT_FALSE(in.error().to_string().empty());
  }
  return in.fault();
}

TEST(Wire, NamesEveryFault) {
  EXPECT_EQ(fault_of(""), WireFault::None);
  EXPECT_EQ(fault_of("089601"), WireFault::None);
  EXPECT_EQ(fault_of("0896"), WireFault::Truncated);
  EXPECT_EQ(fault_of("08"), WireFault::Truncated);
  EXPECT_EQ(fault_of("0d010000"), WireFault::Truncated);
  EXPECT_EQ(fault_of("0901000000000000"), WireFault::Truncated);
  EXPECT_EQ(fault_of("1205 61"), WireFault::Truncated);
  EXPECT_EQ(fault_of("12ffffffffffffffffff01"), WireFault::Truncated);
  EXPECT_EQ(fault_of("08ffffffffffffffffffff01"), WireFault::BadVarint);
  EXPECT_EQ(fault_of("08ffffffffffffffffff02"), WireFault::BadVarint);
  EXPECT_EQ(fault_of("0001"), WireFault::BadTag);
  EXPECT_EQ(fault_of("808080801001"), WireFault::BadTag);
  EXPECT_EQ(fault_of("0e"), WireFault::BadWireType);
  EXPECT_EQ(fault_of("0f"), WireFault::BadWireType);
  EXPECT_EQ(fault_of("0b 0c"), WireFault::None);
  EXPECT_EQ(fault_of("0c"), WireFault::UnmatchedGroup);
  EXPECT_EQ(fault_of("0b"), WireFault::UnmatchedGroup);
  EXPECT_EQ(fault_of("0b 14"), WireFault::UnmatchedGroup);
  EXPECT_EQ(fault_of("0b 130f 14 0c"), WireFault::BadWireType);
  EXPECT_EQ(fault_of("0b 13 0801 14 0c"), WireFault::None);
  EXPECT_EQ(fault_of("0801", {.size_max = 1}), WireFault::TooLarge);
}

TEST(Wire, LimitsTheDepth) {
  std::string groups;
  for (int i = 0; i < 100; ++i) groups += "0b";
  for (int i = 0; i < 100; ++i) groups += "0c";
  EXPECT_EQ(fault_of(groups), WireFault::None);
  EXPECT_EQ(fault_of("0b" + groups + "0c"), WireFault::TooDeep);
}

TEST(Wire, GroupEndsBelongToTheirMessage) {
  // Field 1, a message, holds the end of the group around it: an error, not the end of the group.
  const std::string bytes = bytes_of("0b 1201 0c 0c");
  Reader in(as_bytes(bytes));
  std::uint32_t tag = 0;
  ASSERT_TRUE(in.next(tag));
  Reader::Scope group, message;
  ASSERT_TRUE(in.enter_group(1, group));
  ASSERT_TRUE(in.next(tag));
  ASSERT_TRUE(in.enter(message));
  EXPECT_FALSE(in.next(tag));
  EXPECT_EQ(in.fault(), WireFault::UnmatchedGroup);
}

TEST(Wire, KeepsUnknownFieldsAsTheyCame) {
  const std::string bytes = bytes_of("0b 08968000 0c 1a0161 25 01020304");
  Reader in(as_bytes(bytes));
  std::string unknown;
  for (std::uint32_t tag = 0; in.next(tag);) ASSERT_TRUE(in.unknown(tag, unknown));
  EXPECT_FALSE(in.failed());
  EXPECT_EQ(unknown, bytes);
}

TEST(Wire, ChecksUtf8OfTexts) {
  for (const std::size_t length : {1U, 7U, 8U, 9U, 40U, 100U}) {
    std::string text(length, 'a');
    text += "\xC3\xA9";
    std::string out;
    Writer(out).bytes(1, text);
    Reader in(as_bytes(out));
    std::uint32_t tag = 0;
    std::string_view got;
    ASSERT_TRUE(in.next(tag) && in.text(got));
    EXPECT_EQ(got, text);
    out.back() = 'x';
    Reader bad(as_bytes(out));
    ASSERT_TRUE(bad.next(tag));
    EXPECT_FALSE(bad.text(got));
    EXPECT_EQ(bad.fault(), WireFault::BadUtf8);
  }
}

}  // namespace
}  // namespace avila::protobuf
