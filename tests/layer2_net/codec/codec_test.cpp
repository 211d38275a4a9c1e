// Every codec gets its bytes whole, one by one, and cut in two at every place: the same items, the
// same errors.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/async/transport.hpp>
#include <avila/codec/framed.hpp>
#include <avila/codec/json.hpp>
#include <avila/codec/length_delimited.hpp>
#include <avila/codec/lines.hpp>
#include <avila/codec/protobuf.hpp>
#include <avila/protobuf/wkt/timestamp.pb.hpp>

#include <string>
#include <vector>

namespace {

using namespace avila;
using codec::ByteOrder;
using codec::FramedReader;
using codec::FramedWriter;
using codec::JsonCodec;
using codec::JsonFraming;
using codec::LengthDelimitedCodec;
using codec::LinesCodec;
using codec::VarintCodec;
using future::Task;
using protobuf::wkt::Timestamp;
using TimestampCodec = codec::ProtobufCodec<Timestamp>;

std::string shown(const buffer::Bytes& bytes) { return std::string(bytes.text()); }
std::string shown(const std::string& text) { return text; }
std::string shown(const json::Value& value) { return json::to_string(value); }
std::string shown(const Timestamp& time) { return std::to_string(time.seconds); }

/// What comes out of the pieces: items as text, and "!" with the code of each error. A codec that
/// has stopped says so with every call: that is heard once.
template <class Codec>
std::vector<std::string> decoded(Codec codec, const std::vector<std::string>& pieces) {
  std::vector<std::string> out;
  buffer::BytesMut in;
  bool stopped = false;
  const auto take = [&](auto result) {  // true while there may be more
    if (!result.has_value()) {
      stopped = result.error().message().find("an earlier") != std::string_view::npos;
      if (!stopped) out.push_back('!' + std::string(to_string(result.error().code())));
      return !stopped;
    }
    if (!result->has_value()) return false;
    out.push_back(shown(**result));
    return true;
  };
  for (const std::string& piece : pieces) {
    in.append(piece);
    while (!stopped && take(codec.decode(in))) {
    }
  }
  while (!stopped && take(codec.decode_eof(in))) {
  }
  return out;
}

template <class Codec>
void expect_decoded(const Codec& codec, const std::string& bytes,
                    const std::vector<std::string>& wanted) {
  EXPECT_EQ(decoded(codec, {bytes}), wanted);
  std::vector<std::string> singles;
  for (const char c : bytes) singles.emplace_back(1, c);
  EXPECT_EQ(decoded(codec, singles), wanted) << "one byte at a time";
  for (std::size_t at = 0; at <= bytes.size(); ++at)
    EXPECT_EQ(decoded(codec, {bytes.substr(0, at), bytes.substr(at)}), wanted) << "cut at " << at;
}

template <class Codec, class Item>
std::string encoded(Codec codec, const Item& item) {
  buffer::BytesMut out;
  const auto done = codec.encode(item, out);
  return done.has_value() ? std::string(out.text())
                          : '!' + std::string(to_string(done.error().code()));
}

buffer::Bytes bytes(std::string_view text) { return buffer::Bytes::copy_of(text); }

TEST(LengthDelimited, EveryWidthAndOrder) {
  for (const std::size_t width : {1U, 2U, 4U, 8U})
    for (const ByteOrder order : {ByteOrder::Big, ByteOrder::Little}) {
      const LengthDelimitedCodec codec({.length_bytes = width, .order = order});
      const std::string wire =
          encoded(codec, bytes("abc")) + encoded(codec, bytes("")) + encoded(codec, bytes("z"));
      EXPECT_EQ(wire.size(), 3 * width + 4);
      EXPECT_EQ(wire[order == ByteOrder::Big ? width - 1 : 0], '\3');
      expect_decoded(codec, wire, {"abc", "", "z"});
    }
}

TEST(LengthDelimited, OffsetAdjustmentAndSkip) {
  // A type byte, a length of two bytes that counts itself and the type, the payload.
  const LengthDelimitedCodec codec({.length_bytes = 2,
                                    .length_offset = 1,
                                    .length_adjustment = -3,
                                    .skip_bytes = 0,
                                    .prefix = "T"});
  EXPECT_EQ(encoded(codec, bytes("hi")), std::string("T\0\5hi", 5));
  expect_decoded(codec, std::string("T\0\5hiU\0\3", 8),
                 {std::string("T\0\5hi", 5), std::string("U\0\3", 3)});
  expect_decoded(codec, std::string("T\0\2", 3), {"!malformed"});  // less than its own header
  // Two bytes behind the length that it does not count.
  const LengthDelimitedCodec trailer({.length_bytes = 1, .length_adjustment = 2});
  expect_decoded(trailer, std::string("\1abc\0de", 7), {"abc", "de"});
  EXPECT_EQ(encoded(trailer, bytes("a")), "!limit exceeded");
}

TEST(LengthDelimited, HostileLengthsAndEnds) {
  const LengthDelimitedCodec small({.payload_bytes_max = 3});
  expect_decoded(small, std::string("\0\0\0\3abc\0\0\0\4abcd", 15), {"abc", "!limit exceeded"});
  const LengthDelimitedCodec wide({.length_bytes = 8});
  expect_decoded(wide, std::string(8, '\xFF'), {"!limit exceeded"});
  expect_decoded(wide, "\x7F" + std::string(7, '\xFF'), {"!limit exceeded"});
  const LengthDelimitedCodec overflow({.length_bytes = 8, .length_adjustment = INT64_MAX});
  expect_decoded(overflow, "\x7F" + std::string(7, '\xFF'), {"!limit exceeded"});
  expect_decoded(LengthDelimitedCodec(), std::string("\0\0\0\3ab", 6), {"!malformed"});
  expect_decoded(LengthDelimitedCodec(), std::string("\0\0", 2), {"!malformed"});
  EXPECT_EQ(encoded(small, bytes("abcd")), "!limit exceeded");
  EXPECT_EQ(encoded(LengthDelimitedCodec({.length_bytes = 1}), bytes(std::string(256, 'x'))),
            "!limit exceeded");
}

TEST(LengthDelimited, ItemsShareTheBuffer) {
  LengthDelimitedCodec codec;
  buffer::BytesMut in;
  in.append(std::string_view("\0\0\0\1x\0\0\0\1y", 10));
  const auto* const memory = in.data();
  EXPECT_EQ(codec.decode(in).value()->data(), memory + 4);
  EXPECT_EQ(codec.decode(in).value()->data(), memory + 9);
}

TEST(Lines, BothEndsAndTheLastLine) {
  expect_decoded(LinesCodec(), "a\r\nb\n\n\r\nc\rd\nend", {"a", "b", "", "", "c\rd", "end"});
  expect_decoded(LinesCodec(), "", {});
  expect_decoded(LinesCodec(), "a\n", {"a"});
  expect_decoded(LinesCodec(), "a\r", {"a"});
  EXPECT_EQ(encoded(LinesCodec(), std::string("x")), "x\n");
  EXPECT_EQ(encoded(LinesCodec({.write_crlf = true}), std::string("x")), "x\r\n");
}

TEST(Lines, GoesOnBehindWhatIsWrong) {
  const LinesCodec short_lines({.line_bytes_max = 4});
  expect_decoded(short_lines, "abcd\nabcde\nab\n1234567890\r\nx\n1234567",
                 {"abcd", "!limit exceeded", "ab", "!limit exceeded", "x", "!limit exceeded"});
  expect_decoded(short_lines, "abcd\r\nabcde\r\n", {"abcd", "!limit exceeded"});
  expect_decoded(LinesCodec(), "a\n\xFF\xC0\nb\n", {"a", "!malformed", "b"});
  expect_decoded(LinesCodec({.check_utf8 = false}), "\xFF\n", {"\xFF"});
  EXPECT_EQ(encoded(LinesCodec(), std::string("a\nb")), "!invalid argument");
  EXPECT_EQ(encoded(LinesCodec(), std::string("a\r")), "!invalid argument");
  EXPECT_EQ(encoded(LinesCodec(), std::string("\xFF")), "!invalid argument");
  EXPECT_EQ(encoded(short_lines, std::string("abcde")), "!limit exceeded");
}

TEST(Lines, AnEndlessLineTakesNoMemory) {
  LinesCodec codec({.line_bytes_max = 100});
  buffer::BytesMut in;
  std::size_t errors = 0;
  for (int i = 0; i < 1000; ++i) {
    in.append(std::string(64, 'x'));
    if (!codec.decode(in).has_value()) ++errors;
    EXPECT_LE(in.size(), 200U);
  }
  EXPECT_EQ(errors, 1U);
}

TEST(Json, Lines) {
  expect_decoded(JsonCodec(), "{\"a\":1}\n\n [1] \r\n\"x\"\n5",
                 {R"({"a":1})", "[1]", "\"x\"", "5"});
  expect_decoded(JsonCodec(), "{\n1\n", {"!malformed", "1"});
  expect_decoded(JsonCodec({.value_bytes_max = 3}), "[1]\n[10]\n2\n",
                 {"[1]", "!limit exceeded", "2"});
  EXPECT_EQ(encoded(JsonCodec(), json::Value(5)), "5\n");
  EXPECT_EQ(encoded(JsonCodec({.value_bytes_max = 3}), json::Value("long")), "!limit exceeded");
}

TEST(Json, Concatenated) {
  const JsonCodec codec({.framing = JsonFraming::Concatenated});
  expect_decoded(
      codec, "{}{\"a\":\"}\\\"{\"}[1,[2]] 1 2\n\"x\"\"y\"true[]null",
      {"{}", R"({"a":"}\"{"})", "[1,[2]]", "1", "2", "\"x\"", "\"y\"", "true", "[]", "null"});
  expect_decoded(codec, " \n", {});
  expect_decoded(codec, "[1", {"!malformed"});
  expect_decoded(codec, "\"abc", {"!malformed"});
  expect_decoded(codec, "1 }", {"1", "!malformed"});
  expect_decoded(codec, "[}", {"!malformed"});
  expect_decoded(codec, ",1", {"!malformed"});
  expect_decoded(codec, "nope ", {"!malformed"});
  const JsonCodec small({.framing = JsonFraming::Concatenated, .value_bytes_max = 4});
  expect_decoded(small, "[12] [123]", {"[12]", "!limit exceeded"});
  expect_decoded(small, "123456", {"!limit exceeded"});
  const JsonCodec shallow({.framing = JsonFraming::Concatenated, .parse = {.max_depth = 2}});
  expect_decoded(shallow, "[[]][[[]]]", {"[[]]", "!limit exceeded"});
}

TEST(Varint, FramesAndHostileLengths) {
  const std::string big(300, 'x');
  const std::string wire = encoded(VarintCodec(), bytes("ab")) + encoded(VarintCodec(), bytes("")) +
                           encoded(VarintCodec(), bytes(big));
  EXPECT_EQ(wire.substr(0, 4), std::string("\2ab\0", 4));
  EXPECT_EQ(decoded(VarintCodec(), {wire}), (std::vector<std::string>{"ab", "", big}));
  std::vector<std::string> singles;
  for (const char c : wire) singles.emplace_back(1, c);
  EXPECT_EQ(decoded(VarintCodec(), singles), (std::vector<std::string>{"ab", "", big}));
  expect_decoded(VarintCodec(3), std::string("\3abc\4abcd"), {"abc", "!limit exceeded"});
  expect_decoded(VarintCodec(), std::string(10, '\xFF'), {"!malformed"});
  expect_decoded(VarintCodec(), std::string(9, '\xFF') + "\x01", {"!limit exceeded"});
  expect_decoded(VarintCodec(), "\x80", {"!malformed"});
  expect_decoded(VarintCodec(), "\5abc", {"!malformed"});
  EXPECT_EQ(encoded(VarintCodec(1), bytes("ab")), "!limit exceeded");
}

TEST(Protobuf, MessagesAndDamagedOnes) {
  Timestamp time;
  time.seconds = 77;
  const std::string one = encoded(TimestampCodec(), time);
  EXPECT_EQ(one, "\2\x08\x4D");
  expect_decoded(TimestampCodec(), one + std::string("\0", 1) + one, {"77", "0", "77"});
  // A damaged message in a sound frame: the next one is read.
  EXPECT_EQ(decoded(TimestampCodec(), {"\1\x08" + one}),
            (std::vector<std::string>{"!malformed", "77"}));
  EXPECT_EQ(encoded(TimestampCodec(1), time), "!limit exceeded");
}

// --- over a transport ---

struct Heard {
  std::vector<std::string> items;
  std::string error;
};

Task<Heard> hear(async::Transport& transport) {
  FramedReader<LengthDelimitedCodec> reader(transport);
  Heard heard;
  for (;;) {
    auto item = co_await reader.next();
    if (!item.has_value()) {
      heard.error = item.error().to_string();
      co_return heard;
    }
    if (!item->has_value()) co_return heard;
    heard.items.push_back(shown(**item));
  }
}

Task<Result<void>> tell(async::Transport& transport, int count) {
  FramedWriter<LengthDelimitedCodec> writer(transport, LengthDelimitedCodec(),
                                            {.flush_bytes = 100});
  for (int i = 0; i < count; ++i) {
    const buffer::Bytes item = bytes(std::string(static_cast<std::size_t>(i), 'a'));
    auto fed = co_await writer.feed(item);
    if (!fed.has_value()) co_return fed;
  }
  auto done = co_await writer.finish();
  co_return done;
}

TEST(Framed, ItemsArriveWholeHoweverTheNetworkCutsThem) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    async::Runtime runtime({.threads = 1});
    auto pipe = async::make_pipe({.capacity_bytes = 64, .seed = seed, .chunk_bytes_max = 7});
    auto listening = runtime.spawn(hear(*pipe.second));
    const auto told = runtime.block_on(tell(*pipe.first, 60));
    EXPECT_TRUE(told.has_value());
    const Heard heard = std::move(listening).wait();
    EXPECT_EQ(heard.error, "");
    ASSERT_EQ(heard.items.size(), 60U);
    EXPECT_EQ(heard.items[59].size(), 59U);
  }
}

Task<Result<void>> send_raw(async::Transport& transport, std::string raw) {
  const ByteSpan view = as_bytes(raw);
  auto sent = co_await transport.write_all(view);
  if (!sent.has_value()) co_return sent;
  auto ended = co_await transport.shutdown_write();
  co_return ended;
}

TEST(Framed, AnEndWithinAFrameIsAnError) {
  async::Runtime runtime({.threads = 1});
  auto pipe = async::make_pipe();
  EXPECT_TRUE(
      runtime.block_on(send_raw(*pipe.first, std::string("\0\0\0\1x\0\0\0\5ab", 11))).has_value());
  const Heard heard = runtime.block_on(hear(*pipe.second));
  EXPECT_EQ(heard.items, std::vector<std::string>{"x"});
  EXPECT_NE(heard.error.find("within a frame"), std::string::npos) << heard.error;
}

Task<std::string> hear_limited(async::Transport& transport) {
  const codec::FramedReaderOptions options{.read_bytes = 16, .buffer_bytes_max = 32};
  FramedReader<LinesCodec> reader(transport, LinesCodec(), options);
  auto item = co_await reader.next();
  co_return item.has_value() ? std::string("no error")
                             : std::string(to_string(item.error().code()));
}

TEST(Framed, TheBufferHasALimitOfItsOwn) {
  async::Runtime runtime({.threads = 1});
  auto pipe = async::make_pipe();
  EXPECT_TRUE(runtime.block_on(send_raw(*pipe.first, std::string(100, 'x'))).has_value());
  EXPECT_EQ(runtime.block_on(hear_limited(*pipe.second)), "limit exceeded");
}

Task<std::string> write_after_close(async::Transport& transport) {
  FramedWriter<LinesCodec> writer(transport);
  const std::string line = "x", bad = "a\nb";
  auto refused = co_await writer.send(bad);
  transport.close();
  auto first = co_await writer.send(line);
  auto second = co_await writer.send(line);
  auto fed = co_await writer.feed(line);  // not kept for a transport that takes no more
  if (fed.has_value() || writer.buffered_bytes() > 0) co_return "kept";
  std::string out = refused.has_value() ? "" : std::string(to_string(refused.error().code()));
  out += first.has_value() ? "" : " failed";
  out += second.has_value() ? "" : ' ' + std::string(to_string(second.error().code()));
  co_return out;
}

TEST(Framed, AWriterThatFailedStaysClosed) {
  async::Runtime runtime({.threads = 1});
  auto pipe = async::make_pipe();
  EXPECT_EQ(runtime.block_on(write_after_close(*pipe.first)), "invalid argument failed closed");
}

Task<std::string> cancel_and_go_on(async::Transport& writer, async::Transport& transport) {
  FramedReader<LinesCodec> reader(transport);
  future::CancelSource source;
  source.cancel();
  const auto token = source.token();
  auto none = co_await reader.next(token);
  std::string out = none.has_value() ? "" : std::string(to_string(none.error().code()));
  const std::string raw = "after\n";
  auto sent = co_await send_raw(writer, raw);
  auto line = co_await reader.next();
  if (sent.has_value() && line.has_value() && line->has_value()) out += ' ' + **line;
  co_return out;
}

TEST(Framed, ACancelledReadLosesNothing) {
  async::Runtime runtime({.threads = 1});
  auto pipe = async::make_pipe();
  EXPECT_EQ(runtime.block_on(cancel_and_go_on(*pipe.first, *pipe.second)), "cancelled after");
}

}  // namespace
