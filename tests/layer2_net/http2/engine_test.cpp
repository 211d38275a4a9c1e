// The engine against peers that do what they may not, and the floods that are known by name.
#include <gtest/gtest.h>

#include <avila/http2/engine.hpp>
#include <memory>

#include "frames.hpp"

namespace {

using namespace avila_test;
using http2::Engine;
using http2::EngineOptions;
using http2::ErrorCode;
namespace flags = http2::flags;

/// Notes what happens; answers nothing by itself.
class Recorder final : public Engine::Events {
 public:
  void headers(Engine::Stream& stream, http2::HeaderList& list, bool end_stream) override {
    log += "headers " + std::to_string(stream.id) + (end_stream ? " end;" : ";");
    truncated = list.truncated();
    stream.malformed = refuse;
    stream.head_received = true;
    stream.announced = announced;
  }
  void trailers(Engine::Stream& stream, http2::HeaderList&) override {
    log += "trailers " + std::to_string(stream.id) + ";";
  }
  void data(Engine::Stream& stream, ByteSpan bytes) override {
    log += "data " + std::to_string(stream.id) + " " + std::to_string(bytes.size()) + ";";
    if (engine != nullptr) engine->credit(&stream, bytes.size());
  }
  void end(Engine::Stream& stream) override { log += "end " + std::to_string(stream.id) + ";"; }
  void sent(Engine::Stream& stream) override { log += "sent " + std::to_string(stream.id) + ";"; }
  void closed(Engine::Stream& stream, ErrorCode code, bool by_peer) override {
    log += "closed " + std::to_string(stream.id) + " " + std::string(to_string(code)) +
           (by_peer ? " by peer;" : ";");
  }
  void goaway(std::uint32_t last, ErrorCode code, std::string_view debug) override {
    log += "goaway " + std::to_string(last) + " " + std::string(to_string(code)) + " " +
           std::string(debug) + ";";
  }

  std::string log;
  bool truncated = false, refuse = false;
  std::uint64_t announced = Engine::kUnknownLength;
  Engine* engine = nullptr;
};

struct Fixture {
  explicit Fixture(EngineOptions options = {}) : engine(Engine::Role::Server, options, events) {
    (void)engine.receive(as_bytes(preface()), 1);
    engine.output().clear();
  }
  Result<void> feed(std::string_view bytes, std::int64_t now_ns = 1) {
    return engine.receive(as_bytes(bytes), now_ns);
  }
  /// The code of the GOAWAY or, for `stream`, of the RST_STREAM in the output; nothing is -1.
  std::int64_t code(std::uint32_t stream = 0) {
    for (const ReceivedFrame& each : parse_frames(engine.output())) {
      if (stream == 0 && each.header.type == FrameType::Goaway) return each.number(4);
      if (each.header.type == FrameType::RstStream && each.header.stream == stream)
        return each.number(0);
    }
    return -1;
  }
  std::vector<ReceivedFrame> take() {
    auto frames = parse_frames(engine.output());
    engine.output().clear();
    return frames;
  }

  Recorder events;
  Engine engine;
};

constexpr auto code_of = [](ErrorCode code) { return static_cast<std::int64_t>(code); };

TEST(Engine, TakesARequestInPiecesOfAnySize) {
  const std::string whole =
      preface() + get(1) + frame(FrameType::Headers, flags::kEndHeaders, 3, block(kGet)) +
      frame(FrameType::Data, flags::kPadded, 3, std::string("\x02hello\0\0", 8)) +
      frame(FrameType::Data, flags::kEndStream, 3, "!") +
      frame(static_cast<FrameType>(99), 0xff, 7, "ignored");
  for (std::size_t piece = 1; piece < whole.size(); piece += piece < 40 ? 1 : 37) {
    Recorder events;
    Engine engine(Engine::Role::Server, {}, events);
    for (std::size_t at = 0; at < whole.size(); at += piece)
      ASSERT_TRUE(
          engine.receive(as_bytes(std::string_view(whole).substr(at, piece)), 1).has_value());
    EXPECT_EQ(events.log, "headers 1 end;end 1;headers 3;data 3 5;data 3 1;end 3;") << piece;
    EXPECT_FALSE(engine.in_frame());
  }
}

struct Bad {
  const char* what;
  std::string bytes;
  ErrorCode code;
};

TEST(Engine, EndsTheConnectionForWhatBreaksIt) {
  const std::string head = block(kGet);
  const std::uint8_t whole = flags::kEndHeaders | flags::kEndStream;
  const Bad cases[] = {
      {"DATA without a stream", frame(FrameType::Data, 0, 0, "x"), ErrorCode::ProtocolError},
      {"DATA on an idle stream", frame(FrameType::Data, 0, 1, "x"), ErrorCode::ProtocolError},
      {"padding beyond the frame",
       frame(FrameType::Headers, flags::kEndHeaders, 1, head) + frame(FrameType::Data,
                                                                      flags::kPadded, 1,
                                                                      std::string("\x05"
                                                                                  "abc")),
       ErrorCode::ProtocolError},
      {"HEADERS without a stream", frame(FrameType::Headers, whole, 0, head),
       ErrorCode::ProtocolError},
      {"an even stream", frame(FrameType::Headers, whole, 2, head), ErrorCode::ProtocolError},
      {"a stream number that goes back", get(5) + get(3), ErrorCode::StreamClosed},
      {"HPACK that is none", frame(FrameType::Headers, whole, 1, "\x80"),
       ErrorCode::CompressionError},
      {"HEADERS cut in its priority", frame(FrameType::Headers, whole | flags::kPriority, 1, "abc"),
       ErrorCode::FrameSizeError},
      {"CONTINUATION alone", frame(FrameType::Continuation, flags::kEndHeaders, 1, head),
       ErrorCode::ProtocolError},
      {"a block interrupted",
       frame(FrameType::Headers, 0, 1, head) + frame(FrameType::Ping, 0, 0, "12345678"),
       ErrorCode::ProtocolError},
      {"a block continued elsewhere",
       frame(FrameType::Headers, 0, 1, head) + frame(FrameType::Continuation, 0, 3, ""),
       ErrorCode::ProtocolError},
      {"RST_STREAM of 3 bytes", get(1) + frame(FrameType::RstStream, 0, 1, "abc"),
       ErrorCode::FrameSizeError},
      {"RST_STREAM on an idle stream", frame(FrameType::RstStream, 0, 1, u32(8)),
       ErrorCode::ProtocolError},
      {"SETTINGS on a stream", frame(FrameType::Settings, 0, 1), ErrorCode::ProtocolError},
      {"SETTINGS of 5 bytes", frame(FrameType::Settings, 0, 0, "abcde"), ErrorCode::FrameSizeError},
      {"an acknowledgement with settings",
       frame(FrameType::Settings, flags::kAck, 0, setting(3, 1)), ErrorCode::FrameSizeError},
      {"push of 2", frame(FrameType::Settings, 0, 0, setting(2, 2)), ErrorCode::ProtocolError},
      {"a window of 2^31", frame(FrameType::Settings, 0, 0, setting(4, 1U << 31)),
       ErrorCode::FlowControlError},
      {"frames of 16,383 bytes", frame(FrameType::Settings, 0, 0, setting(5, 16'383)),
       ErrorCode::ProtocolError},
      {"frames of 2^24 bytes", frame(FrameType::Settings, 0, 0, setting(5, 1U << 24)),
       ErrorCode::ProtocolError},
      {"PUSH_PROMISE", frame(FrameType::PushPromise, flags::kEndHeaders, 1, u32(2) + head),
       ErrorCode::ProtocolError},
      {"PING on a stream", frame(FrameType::Ping, 0, 1, "12345678"), ErrorCode::ProtocolError},
      {"PING of 7 bytes", frame(FrameType::Ping, 0, 0, "1234567"), ErrorCode::FrameSizeError},
      {"GOAWAY of 7 bytes", frame(FrameType::Goaway, 0, 0, "1234567"), ErrorCode::FrameSizeError},
      {"WINDOW_UPDATE of 3 bytes", frame(FrameType::WindowUpdate, 0, 0, "abc"),
       ErrorCode::FrameSizeError},
      {"WINDOW_UPDATE by zero", frame(FrameType::WindowUpdate, 0, 0, u32(0)),
       ErrorCode::ProtocolError},
      {"WINDOW_UPDATE on an idle stream", frame(FrameType::WindowUpdate, 0, 1, u32(1)),
       ErrorCode::ProtocolError},
      {"a window above 2^31 - 1", frame(FrameType::WindowUpdate, 0, 0, u32(0x7fffffff)),
       ErrorCode::FlowControlError},
      {"a frame above the limit",
       frame(FrameType::Data, 0, 1, std::string(http2::kDefaultFrameBytes + 1, 'x')),
       ErrorCode::FrameSizeError},
      {"PRIORITY_UPDATE of stream 0", frame(FrameType::PriorityUpdate, 0, 0, u32(0) + "u=1"),
       ErrorCode::ProtocolError},
  };
  for (const Bad& each : cases) {
    Fixture fixture;
    EXPECT_FALSE(fixture.feed(each.bytes).has_value()) << each.what;
    EXPECT_EQ(fixture.code(), code_of(each.code)) << each.what;
    EXPECT_FALSE(fixture.feed(get(101)).has_value()) << each.what;
  }
}

TEST(Engine, EndsTheStreamForWhatConcernsItAlone) {
  const std::uint8_t open = flags::kEndHeaders;
  const std::string head = frame(FrameType::Headers, open, 1, block(kGet));
  const Bad cases[] = {
      {"DATA behind the end", get(1) + frame(FrameType::Data, 0, 1, "x"), ErrorCode::StreamClosed},
      {"HEADERS behind the end", get(1) + get(1), ErrorCode::StreamClosed},
      {"trailers without the end", head + frame(FrameType::Headers, open, 1, block({{"a", "b"}})),
       ErrorCode::ProtocolError},
      {"WINDOW_UPDATE by zero", head + frame(FrameType::WindowUpdate, 0, 1, u32(0)),
       ErrorCode::ProtocolError},
      {"a window above 2^31 - 1", head + frame(FrameType::WindowUpdate, 0, 1, u32(0x7fffffff)),
       ErrorCode::FlowControlError},
      {"PRIORITY of 4 bytes", head + frame(FrameType::Priority, 0, 1, "abcd"),
       ErrorCode::FrameSizeError},
  };
  for (const Bad& each : cases) {
    Fixture fixture;
    EXPECT_TRUE(fixture.feed(each.bytes).has_value()) << each.what;
    EXPECT_EQ(fixture.code(1), code_of(each.code)) << each.what;
    EXPECT_TRUE(fixture.feed(get(101)).has_value()) << each.what;
  }
}

TEST(Engine, HoldsBodiesToWhatWasAnnounced) {
  for (const std::string& body :
       {frame(FrameType::Data, flags::kEndStream, 1, "abc"), frame(FrameType::Data, 0, 1, "abcde"),
        frame(FrameType::Headers, flags::kEndHeaders | flags::kEndStream, 1,
              block({{"t", "1"}}))}) {
    Fixture fixture;
    fixture.events.announced = 4;
    EXPECT_TRUE(fixture.feed(frame(FrameType::Headers, flags::kEndHeaders, 1, block(kGet)) + body)
                    .has_value());
    EXPECT_EQ(fixture.code(1), code_of(ErrorCode::ProtocolError));
  }
}

TEST(Engine, HoldsThePeerToItsWindows) {
  Fixture fixture({.stream_window_bytes = 10'000, .connection_window_bytes = 65'535});
  ASSERT_TRUE(
      fixture.feed(frame(FrameType::Headers, flags::kEndHeaders, 1, block(kGet))).has_value());
  const std::string piece(10'000, 'x');
  ASSERT_TRUE(fixture.feed(frame(FrameType::Data, 0, 1, piece)).has_value());
  EXPECT_EQ(fixture.code(1), -1);
  ASSERT_TRUE(fixture.feed(frame(FrameType::Data, 0, 1, "x")).has_value());
  EXPECT_EQ(fixture.code(1), code_of(ErrorCode::FlowControlError));
  for (std::uint32_t id = 3; id < 13; id += 2)
    ASSERT_TRUE(fixture
                    .feed(frame(FrameType::Headers, flags::kEndHeaders, id, block(kGet)) +
                          frame(FrameType::Data, 0, id, piece))
                    .has_value());
  EXPECT_FALSE(fixture
                   .feed(frame(FrameType::Headers, flags::kEndHeaders, 13, block(kGet)) +
                         frame(FrameType::Data, 0, 13, piece))
                   .has_value());
  EXPECT_EQ(fixture.code(), code_of(ErrorCode::FlowControlError));
}

TEST(Engine, GivesCreditForWhatWasRead) {
  Fixture fixture({.stream_window_bytes = 40'000, .connection_window_bytes = 80'000});
  fixture.events.engine = &fixture.engine;
  ASSERT_TRUE(
      fixture.feed(frame(FrameType::Headers, flags::kEndHeaders, 1, block(kGet))).has_value());
  const std::string piece = frame(FrameType::Data, 0, 1, std::string(10'000, 'x'));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(fixture.feed(piece).has_value()) << i;
  EXPECT_EQ(fixture.code(1), -1);
}

TEST(Engine, SendsWithinTheWindowsAndByPriority) {
  Fixture fixture;
  std::string requests;
  for (std::uint32_t id = 1; id <= 7; id += 2) requests += get(id);
  ASSERT_TRUE(fixture.feed(requests).has_value());
  const std::string body(50'000, 'b');
  const int urgencies[] = {3, 0, 3, 3};
  for (std::uint32_t id = 1; id <= 7; id += 2) {
    Engine::Stream* stream = fixture.engine.find(id);
    ASSERT_NE(stream, nullptr);
    stream->priority = {static_cast<std::uint8_t>(urgencies[id / 2]), id != 1};
    fixture.engine.submit(*stream, as_bytes(body), true);
  }
  fixture.engine.fill(1 << 20);
  std::string order;
  std::size_t bytes = 0;
  for (const ReceivedFrame& each : fixture.take()) {
    EXPECT_EQ(each.header.type, FrameType::Data);
    bytes += each.payload.size();
    order += std::to_string(each.header.stream);
  }
  EXPECT_EQ(bytes, 65'535U);  // the connection's window
  EXPECT_EQ(order, "33331");  // urgency 0 first; then what is not incremental
  fixture.engine.fill(1 << 20);
  EXPECT_TRUE(fixture.take().empty());
  ASSERT_TRUE(fixture.feed(frame(FrameType::WindowUpdate, 0, 0, u32(1 << 20))).has_value());
  fixture.engine.fill(1 << 20);
  order.clear();
  for (const ReceivedFrame& each : fixture.take())
    if (each.header.stream != 1) order += std::to_string(each.header.stream);
  EXPECT_EQ(order, "57575757");  // incremental ones in turn
  EXPECT_EQ(fixture.engine.stream_count(), 0U);
}

TEST(Engine, AWindowMayFallBelowZero) {
  Fixture fixture;
  ASSERT_TRUE(fixture.feed(get(1)).has_value());
  Engine::Stream* stream = fixture.engine.find(1);
  const std::string body(1000, 'b');
  fixture.engine.submit(*stream, as_bytes(body).first(600), false);
  fixture.engine.fill(1 << 20);
  (void)fixture.take();
  ASSERT_TRUE(fixture.feed(frame(FrameType::Settings, 0, 0, setting(4, 100))).has_value());
  EXPECT_EQ(stream->send_window, -500);
  fixture.engine.submit(*stream, as_bytes(body).first(10), true);
  fixture.engine.fill(1 << 20);
  for (const ReceivedFrame& each : fixture.take()) EXPECT_NE(each.header.type, FrameType::Data);
  ASSERT_TRUE(fixture.feed(frame(FrameType::WindowUpdate, 0, 1, u32(505))).has_value());
  fixture.engine.fill(1 << 20);
  ASSERT_EQ(fixture.take().front().payload.size(), 5U);
}

TEST(Engine, RefusesStreamsPastTheLimit) {
  Fixture fixture({.concurrent_streams = 2});
  ASSERT_TRUE(fixture.feed(get(1) + get(3) + get(5)).has_value());
  EXPECT_EQ(fixture.code(5), code_of(ErrorCode::RefusedStream));
  EXPECT_EQ(fixture.engine.stream_count(), 2U);
}

// CVE-2023-44487: requests that are cancelled at once cost the server, not the client.
TEST(Floods, RapidReset) {
  Fixture fixture;
  std::uint32_t id = 1;
  while (fixture.feed(get(id) + frame(FrameType::RstStream, 0, id, u32(8))).has_value()) {
    ASSERT_LT(id, 1000U);
    id += 2;
  }
  EXPECT_EQ(fixture.code(), code_of(ErrorCode::EnhanceYourCalm));
  EXPECT_GT(id, 300U);  // a page that is left with its images under way
}

// The same by mistakes that make the server reset ("MadeYouReset", CVE-2025-8671).
TEST(Floods, StreamErrors) {
  Fixture fixture;
  std::uint32_t id = 1;
  while (fixture.feed(get(id) + frame(FrameType::WindowUpdate, 0, id, u32(0))).has_value()) {
    ASSERT_LT(id, 1000U);
    fixture.engine.output().clear();
    id += 2;
  }
  EXPECT_EQ(fixture.code(), code_of(ErrorCode::EnhanceYourCalm));
}

TEST(Floods, ResetsOverTimeAreBorne) {
  Fixture fixture;
  std::int64_t now = 1;
  for (std::uint32_t id = 1; id < 4000; id += 2, now += 25'000'000)
    ASSERT_TRUE(
        fixture.feed(get(id) + frame(FrameType::RstStream, 0, id, u32(8)), now).has_value());
}

// CVE-2024-27316 and its kin.
TEST(Floods, Continuation) {
  for (const std::string& piece : {std::string(), std::string(4000, '\x82')}) {
    Fixture fixture;
    ASSERT_TRUE(fixture.feed(frame(FrameType::Headers, 0, 1, block(kGet))).has_value());
    int frames = 0;
    while (fixture.feed(frame(FrameType::Continuation, 0, 1, piece)).has_value())
      ASSERT_LT(++frames, 100);
    EXPECT_EQ(fixture.code(), code_of(ErrorCode::EnhanceYourCalm));
  }
}

TEST(Floods, ControlFrames) {
  for (const std::string& each :
       {frame(FrameType::Ping, 0, 0, "12345678"), frame(FrameType::Settings, 0, 0),
        frame(FrameType::Priority, 0, 1, "abcde"), frame(static_cast<FrameType>(77), 0, 0),
        frame(FrameType::WindowUpdate, 0, 0, u32(1))}) {
    Fixture fixture;
    int frames = 0;
    while (fixture.feed(each).has_value()) ASSERT_LT(++frames, 3000);
    EXPECT_EQ(fixture.code(), code_of(ErrorCode::EnhanceYourCalm));
    EXPECT_GT(frames, 500);
    EXPECT_LT(fixture.engine.output().size(), 64U * 1024);
  }
}

TEST(Floods, EmptyData) {
  Fixture fixture;
  ASSERT_TRUE(
      fixture.feed(frame(FrameType::Headers, flags::kEndHeaders, 1, block(kGet))).has_value());
  int frames = 0;
  while (fixture.feed(frame(FrameType::Data, 0, 1)).has_value()) ASSERT_LT(++frames, 3000);
  EXPECT_EQ(fixture.code(), code_of(ErrorCode::EnhanceYourCalm));
}

// CVE-2016-1544 and its kin: one entry of the table, named again and again by a byte each.
TEST(Floods, HpackBomb) {
  Fixture fixture;
  http2::HpackEncoder encoder;
  std::string bomb;
  encoder.begin_block(bomb);
  for (const auto& [name, value] : kGet) encoder.encode(bomb, name, value);
  encoder.encode(bomb, "x", std::string(3000, 'v'), http2::Indexing::Incremental);
  std::string some = bomb + std::string(100, '\xbe');
  ASSERT_TRUE(
      fixture.feed(frame(FrameType::Headers, flags::kEndHeaders | flags::kEndStream, 1, some))
          .has_value());
  EXPECT_TRUE(fixture.events.truncated);
  const std::string many(10'000, '\xbe');  // 30 MB
  EXPECT_FALSE(
      fixture.feed(frame(FrameType::Headers, flags::kEndHeaders | flags::kEndStream, 3, many))
          .has_value());
  EXPECT_EQ(fixture.code(), code_of(ErrorCode::EnhanceYourCalm));
}

TEST(Engine, AfterGoawayNewStreamsAreRefusedAndOldOnesEnd) {
  Fixture fixture;
  ASSERT_TRUE(fixture.feed(get(1)).has_value());
  fixture.engine.goaway(ErrorCode::NoError);
  ASSERT_TRUE(fixture.feed(get(3)).has_value());
  EXPECT_EQ(fixture.code(3), code_of(ErrorCode::RefusedStream));
  // RFC 9113 section 6.8: the last stream that a GOAWAY names never grows.
  fixture.engine.goaway(ErrorCode::NoError);
  for (const ReceivedFrame& each : parse_frames(fixture.engine.output())) {
    if (each.header.type == FrameType::Goaway) {
      EXPECT_EQ(each.number(0), 1U);
    }
  }
  fixture.engine.begin_block();
  fixture.engine.field(":status", "204");
  fixture.engine.end_block(*fixture.engine.find(1), true);
  EXPECT_EQ(fixture.engine.stream_count(), 0U);
}

TEST(Engine, AClientLearnsWhatTheServerDidNotBegin) {
  Recorder events;
  Engine client(Engine::Role::Client, {}, events);
  ASSERT_TRUE(
      client.receive(as_bytes(frame(FrameType::Settings, 0, 0, setting(3, 2))), 1).has_value());
  Engine::Stream* one = client.open();
  Engine::Stream* three = client.open();
  ASSERT_TRUE(one != nullptr && three != nullptr);
  EXPECT_EQ(client.open(), nullptr);  // two at once
  const std::string goaway = frame(FrameType::Goaway, 0, 0, u32(1) + u32(11) + "slower");
  ASSERT_TRUE(client.receive(as_bytes(goaway), 1).has_value());
  EXPECT_EQ(events.log, "closed 3 REFUSED_STREAM by peer;goaway 1 ENHANCE_YOUR_CALM slower;");
  EXPECT_TRUE(client.exhausted());
}

}  // namespace
