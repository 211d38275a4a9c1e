// The cases of the Autobahn suite as our own: framing, pings, reserved bits, opcodes,
// fragmentation, UTF-8, closing, limits, compression; against our server's and our client's side.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/async/sim_executor.hpp>
#include <avila/future/sleep.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/websocket/connection.hpp>
#include <memory>

namespace {

using namespace avila;
using future::Task;
using websocket::CloseCode;
using websocket::Connection;
using websocket::Deflate;
using websocket::Kind;
using websocket::Message;
using websocket::Options;
using websocket::Role;
using websocket::WebSocketError;

/// A frame of a client (masked) or a server; `first` has FIN, the reserved bits and the opcode.
std::string frame(int first, std::string payload, bool masked = true) {
  std::string out(1, static_cast<char>(first));
  const int bit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(bit | static_cast<int>(payload.size()));
  } else if (payload.size() < 65'536) {
    out += static_cast<char>(bit | 126);
    out += {static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())};
  } else {
    out += static_cast<char>(bit | 127);
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> shift);
  }
  if (masked) {
    const char mask[] = {0x11, 0x22, 0x33, 0x44};
    out.append(mask, 4);
    for (std::size_t i = 0; i < payload.size(); ++i)
      payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
  }
  return out + payload;
}
std::string close_frame(int code, const std::string& reason = "") {
  return frame(0x88, std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + reason);
}

/// What a run gave: the messages, how it ended, and the frames that were answered.
struct Outcome {
  std::vector<Message> messages;
  std::string error;
  int error_value = -1;  // of WebSocketError
  std::string answers;   // unmasked payloads: "pong:x;", "close:1002;"
  websocket::Closed closed;
};

Task<void> feed(async::Transport& to, std::string bytes, std::size_t piece) {
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const ByteSpan part = as_bytes(std::string_view(bytes).substr(at, piece));
    auto written = co_await to.write_all(part);
    if (!written.has_value()) co_return;
  }
  auto shut = co_await to.shutdown_write();
  (void)shut;
}

Task<std::string> drain(async::Transport& from) {
  std::string all;
  std::byte buffer[4096];
  while (true) {
    auto got = co_await from.read(buffer);
    if (!got.has_value() || *got == 0) break;
    all += as_text(ByteSpan(buffer, *got));
  }
  co_return all;
}

Task<Outcome> receive_all(Connection& connection) {
  Outcome outcome;
  while (true) {
    auto got = co_await connection.receive();
    if (!got.has_value()) {
      outcome.error = got.error().to_string();
      if (got.error().domain() != nullptr) outcome.error_value = got.error().domain_value();
      break;
    }
    if (!got->has_value()) break;
    outcome.messages.push_back(std::move(**got));
  }
  outcome.closed = connection.closed();
  co_return outcome;
}

std::string describe(std::string_view frames) {
  std::string text;
  while (frames.size() >= 2) {
    const int opcode = frames[0] & 0x0F;
    std::size_t length = static_cast<unsigned char>(frames[1]) & 0x7F;
    std::size_t head = 2;
    if (length == 126) {
      length = load_be16(frames.data() + 2);
      head = 4;
    }
    const std::string_view payload = frames.substr(head, length);
    if (opcode == 10) text += "pong:" + std::string(payload) + ";";
    if (opcode == 9) text += "ping;";
    if (opcode == 8)
      text += "close:" +
              (payload.size() >= 2 ? std::to_string(load_be16(payload.data())) : std::string()) +
              ";";
    frames.remove_prefix(std::min(frames.size(), head + length));
  }
  return text;
}

Outcome run(const std::string& bytes, Options options = {}, Deflate deflate = {},
            std::size_t piece = 1 << 20) {
  async::Runtime runtime{{.threads = 1}};
  auto pipe = async::make_pipe({.capacity_bytes = 1 << 24});
  auto feeding = runtime.spawn(feed(*pipe.second, bytes, piece));
  Connection connection(*pipe.first, "", Role::Server, options, deflate);
  Outcome outcome = runtime.block_on(receive_all(connection));
  pipe.first->close();
  feeding.wait();
  outcome.answers = describe(runtime.block_on(drain(*pipe.second)));
  return outcome;
}

const std::string kEnd = close_frame(1000);

TEST(WebSocket, TakesMessagesOfEverySizeInEveryPiece) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 128U, 65'535U, 65'536U, 65'537U}) {
    for (const std::size_t piece : {1U << 20, 997U, 13U}) {
      const std::string text(size, '*'), binary(size, '\xfe');
      const Outcome outcome = run(frame(0x81, text) + frame(0x82, binary) + kEnd, {}, {}, piece);
      ASSERT_EQ(outcome.messages.size(), 2U) << size << " " << outcome.error;
      EXPECT_EQ(outcome.messages[0].kind, Kind::Text);
      EXPECT_EQ(outcome.messages[0].data, text);
      EXPECT_EQ(outcome.messages[1].kind, Kind::Binary);
      EXPECT_EQ(outcome.messages[1].data, binary);
      EXPECT_EQ(outcome.closed.code, CloseCode::Normal);
      EXPECT_EQ(outcome.answers, "close:1000;");
    }
  }
}

TEST(WebSocket, AnswersPingsAmidFragments) {
  const Outcome outcome =
      run(frame(0x01, "fra") + frame(0x89, "one") + frame(0x00, "gmen") + frame(0x8A, "unasked") +
          frame(0x89, std::string(125, 'x')) + frame(0x80, "ted") + kEnd);
  ASSERT_EQ(outcome.messages.size(), 1U) << outcome.error;
  EXPECT_EQ(outcome.messages[0].data, "fragmented");
  EXPECT_EQ(outcome.answers, "pong:one;pong:" + std::string(125, 'x') + ";close:1000;");
}

TEST(WebSocket, RefusesWhatBreaksTheFraming) {
  const std::string cases[] = {
      frame(0x89, std::string(126, 'x')),  // a long ping
      frame(0x09, "x"),                    // a ping in fragments
      frame(0xC1, "x"),
      frame(0xA1, "x"),
      frame(0x91, "x"),
      frame(0xC9, "x"),  // reserved bits
      frame(0x83, ""),
      frame(0x84, ""),
      frame(0x85, ""),
      frame(0x86, ""),
      frame(0x87, ""),
      frame(0x8B, ""),
      frame(0x8C, ""),
      frame(0x8D, ""),
      frame(0x8E, ""),
      frame(0x8F, ""),
      frame(0x80, "x"),
      frame(0x00, "x"),                     // a continuation of nothing
      frame(0x01, "x") + frame(0x81, "y"),  // a message within a message
      frame(0x01, "x") + frame(0x80, "y") + frame(0x80, "z"),
      frame(0x81, "x", false),                           // not masked
      std::string("\x81\xFE\x00\x05", 4) + "maskhello",  // a length that is not the shortest
      std::string("\x81\xFF\0\0\0\0\0\0\0\x05", 10) + "maskhello",
      std::string("\x82\xFF\x80\0\0\0\0\0\0\0", 10) + "mask",
      frame(0x88, "x"),  // a Close of one byte
      close_frame(0),
      close_frame(999),
      close_frame(1004),
      close_frame(1005),
      close_frame(1006),
      close_frame(1015),
      close_frame(1016),
      close_frame(1100),
      close_frame(2000),
      close_frame(2999),
      close_frame(5000),
      close_frame(65535),
  };
  for (const std::string& bytes : cases) {
    const Outcome outcome = run(bytes + frame(0x81, "not seen"));
    EXPECT_EQ(outcome.error_value, static_cast<int>(WebSocketError::Protocol)) << outcome.error;
    EXPECT_EQ(outcome.answers, "close:1002;") << outcome.error;
  }
}

TEST(WebSocket, TakesTheCodesThatMayBeSent) {
  for (const int code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999}) {
    const Outcome outcome = run(close_frame(code, "why"));
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(static_cast<int>(outcome.closed.code), code);
    EXPECT_EQ(outcome.closed.reason, "why");
    EXPECT_EQ(outcome.answers, "close:" + std::to_string(code) + ";");
  }
  const Outcome empty = run(frame(0x88, ""));
  EXPECT_EQ(empty.closed.code, CloseCode::NoStatus);
  EXPECT_EQ(empty.answers, "close:;");
  EXPECT_EQ(run(frame(0x81, "a")).error.find("without a Close") == std::string::npos, false);
}

TEST(WebSocket, TextIsUtf8HoweverItIsCut) {
  const std::string good =
      "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf4\x8f\xbf\xbf \xed\x9f\xbf";
  for (std::size_t cut = 0; cut <= good.size(); ++cut) {
    const Outcome outcome =
        run(frame(0x01, good.substr(0, cut)) + frame(0x80, good.substr(cut)) + kEnd);
    ASSERT_EQ(outcome.messages.size(), 1U) << cut << outcome.error;
    EXPECT_EQ(outcome.messages[0].data, good);
  }
  for (const std::string& bad :
       {std::string("\xc0\xaf"), std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
        std::string("\x80"), std::string("\xf5"), std::string("a\xe1\xbd"),
        std::string("\xe0\x9f")}) {
    const Outcome outcome = run(frame(0x81, bad));
    EXPECT_EQ(outcome.error_value, static_cast<int>(WebSocketError::InvalidPayload));
    EXPECT_EQ(outcome.answers, "close:1007;");
  }
  // At once, not at the end of the message (6.4 of the suite).
  const Outcome early = run(frame(0x01, "\xce\xba\xe1\xbd\xb9\xcf\x83\xf4\x90"));
  EXPECT_EQ(early.error_value, static_cast<int>(WebSocketError::InvalidPayload));
  EXPECT_EQ(run(close_frame(1000, "\xff")).answers, "close:1007;");
}

TEST(WebSocket, HoldsMessagesToTheirLimits) {
  const Options small{.message_bytes = 1000, .fragments = 5};
  EXPECT_EQ(run(frame(0x82, std::string(1000, 'x')) + kEnd, small).messages.size(), 1U);
  std::string many = frame(0x02, "a");
  for (int i = 0; i < 5; ++i) many += frame(0x00, "a");
  for (const std::string& bytes :
       {frame(0x82, std::string(1001, 'x')),
        frame(0x02, std::string(900, 'x')) + frame(0x80, std::string(101, 'x')), many,
        std::string("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10) + "mask"}) {
    const Outcome outcome = run(bytes, small);
    EXPECT_EQ(outcome.error_value, static_cast<int>(WebSocketError::TooBig)) << outcome.error;
    EXPECT_EQ(outcome.answers, "close:1009;");
  }
}

// RFC 7692 section 7.2.3: the examples.
TEST(WebSocket, InflatesTheExamplesOfTheRfc) {
  const Deflate on{.on = true};
  const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  const std::string again("\xf2\x00\x11\x00\x00", 5);  // with the window kept
  const std::string stored("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11);
  const std::string final_block("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8);
  const std::string two_blocks("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13);
  const Outcome outcome =
      run(frame(0xC1, hello) + frame(0xC1, again) + frame(0x41, hello.substr(0, 3)) +
              frame(0x80, hello.substr(3)) + frame(0xC1, stored) + frame(0xC1, two_blocks) +
              frame(0xC1, final_block) + frame(0xC1, hello) + frame(0x81, "Hello") + kEnd,
          {}, on);
  ASSERT_EQ(outcome.messages.size(), 8U) << outcome.error;
  for (const Message& message : outcome.messages) EXPECT_EQ(message.data, "Hello");
  EXPECT_EQ(run(frame(0xC1, "\xff\xff\xff"), {}, on).answers, "close:1007;");
  EXPECT_EQ(run(frame(0x41, hello) + frame(0xC0, ""), {}, on).answers, "close:1002;");
}

TEST(WebSocket, ABombHitsTheLimit) {
  // A megabyte of zeros: a block of 15-bit codes that repeat 258 bytes.
  async::Runtime runtime{{.threads = 1}};
  auto pipe = async::make_pipe({.capacity_bytes = 1 << 24});
  const Deflate on{.on = true};
  Connection sender(*pipe.second, "", Role::Client, {}, on);
  const auto send = [](Connection& from) -> Task<void> {
    auto sent = co_await from.send(Kind::Binary, std::string(8'000'000, '\0'));
    EXPECT_TRUE(sent.has_value());
  };
  runtime.block_on(send(sender));
  Connection receiver(*pipe.first, "", Role::Server, {.message_bytes = 1'000'000}, on);
  const Outcome outcome = runtime.block_on(receive_all(receiver));
  EXPECT_EQ(outcome.error_value, static_cast<int>(WebSocketError::TooBig)) << outcome.error;
}

Task<void> echo_all(Connection& connection) {
  while (true) {
    auto got = co_await connection.receive();
    if (!got.has_value() || !got->has_value()) co_return;
    auto sent = co_await connection.send((*got)->kind, std::move((*got)->data));
    if (!sent.has_value()) co_return;
  }
}

Task<std::string> converse(Connection& connection) {
  std::string log;
  for (int i = 0; i < 20; ++i) {
    const std::string text(static_cast<std::size_t>(i * i * 700), static_cast<char>('a' + i));
    const Kind kind = i % 2 == 0 ? Kind::Text : Kind::Binary;
    auto sent = co_await connection.send(kind, text);
    if (!sent.has_value()) co_return sent.error().to_string();
    auto got = co_await connection.receive();
    if (!got.has_value()) co_return got.error().to_string();
    if (!got->has_value() || (*got)->data != text || (*got)->kind != kind) co_return "differs";
  }
  auto pinged = co_await connection.ping("there?");
  if (!pinged.has_value()) co_return pinged.error().to_string();
  auto closed = co_await connection.close(static_cast<CloseCode>(4000), "done");
  if (!closed.has_value()) co_return closed.error().to_string();
  auto end = co_await connection.receive();
  if (!end.has_value()) co_return end.error().to_string();
  if (end->has_value()) co_return "a message after the close";
  co_return "closed " + std::to_string(static_cast<int>(connection.closed().code));
}

TEST(WebSocket, BothSidesConverseWithAndWithoutCompression) {
  for (const Deflate& deflate :
       {Deflate{}, Deflate{.on = true}, Deflate{.on = true, .own_takeover = false},
        Deflate{.on = true, .own_takeover = false, .peer_takeover = false}}) {
    async::Runtime runtime{{.threads = 2}};
    auto pipe = async::make_pipe({.seed = 3, .chunk_bytes_max = 5000});
    Deflate mirrored = deflate;
    std::swap(mirrored.own_takeover, mirrored.peer_takeover);
    Connection server(*pipe.first, "", Role::Server, {}, deflate);
    Connection client(*pipe.second, "", Role::Client, {}, mirrored);
    auto echoing = runtime.spawn(echo_all(server));
    EXPECT_EQ(runtime.block_on(converse(client)), "closed 4000");
    echoing.wait();
  }
}

TEST(WebSocket, ASilentPeerIsPingedAndThenLetGo) {
  async::Runtime runtime{{.threads = 1}};
  auto pipe = async::make_pipe();
  Connection connection(*pipe.first, "", Role::Server,
                        {.ping_interval = milliseconds(30), .close_timeout = milliseconds(30)});
  const Outcome outcome = runtime.block_on(receive_all(connection));
  EXPECT_NE(outcome.error.find("silent"), std::string::npos) << outcome.error;
  pipe.first->close();
  EXPECT_EQ(describe(runtime.block_on(drain(*pipe.second))), "ping;close:1001;");
}

/// Pings on and on, and never closes.
Task<void> ping_for(async::Transport& to, Duration all) {
  for (Duration gone; gone < all; gone = gone + seconds(1)) {
    auto written = co_await to.write_all(as_bytes(frame(0x89, "still here")));
    if (!written.has_value()) co_return;
    co_await future::sleep(seconds(1));
  }
}
Task<Duration> close_and_wait(async::SimExecutor& executor, Connection& connection,
                              async::Transport& peer) {
  auto pinging = executor.spawn(ping_for(peer, seconds(60)));
  const Instant began = executor.now();
  auto closed = co_await connection.close();
  EXPECT_TRUE(closed.has_value());
  auto outcome = co_await receive_all(connection);
  const Duration waited = executor.now() - began;
  EXPECT_NE(outcome.error.find("answer our Close"), std::string::npos) << outcome.error;
  peer.close();
  co_await std::move(pinging);
  co_return waited;
}

TEST(WebSocket, APeerThatTalksOnInsteadOfClosingIsLetGo) {
  async::SimExecutor executor(1);
  auto pipe = async::make_pipe();
  Connection connection(*pipe.first, "", Role::Server, {.close_timeout = seconds(5)});
  const Duration waited = executor.block_on(close_and_wait(executor, connection, *pipe.second));
  EXPECT_GE(waited, seconds(5));
  EXPECT_LE(waited, seconds(6));
}

TEST(WebSocket, ACancelledReceiveLosesNothing) {
  async::Runtime runtime{{.threads = 1}};
  auto pipe = async::make_pipe();
  Connection connection(*pipe.first, "", Role::Server);
  const std::string bytes = frame(0x81, "whole");
  const auto attempt = [](Connection& from) -> Task<bool> {
    const future::Deadline deadline(milliseconds(10));
    auto got = co_await from.receive(deadline.token());
    co_return !got.has_value() && got.error().is(Errc::Cancelled);
  };
  const auto write = [](async::Transport& to, std::string part) -> Task<void> {
    auto written = co_await to.write_all(as_bytes(part));
    EXPECT_TRUE(written.has_value());
  };
  for (std::size_t i = 0; i < bytes.size() - 1; ++i) {
    runtime.block_on(write(*pipe.second, bytes.substr(i, 1)));
    EXPECT_TRUE(runtime.block_on(attempt(connection)));
  }
  runtime.block_on(write(*pipe.second, bytes.substr(bytes.size() - 1) + kEnd));
  const Outcome outcome = runtime.block_on(receive_all(connection));
  ASSERT_EQ(outcome.messages.size(), 1U);
  EXPECT_EQ(outcome.messages[0].data, "whole");
}

TEST(WebSocket, TextToSendIsUtf8) {
  async::Runtime runtime{{.threads = 1}};
  auto pipe = async::make_pipe();
  Connection connection(*pipe.first, "", Role::Server);
  const auto send = [](Connection& to) -> Task<bool> {
    auto bad = co_await to.send_text("\xff");
    auto reason = co_await to.close(CloseCode::Normal, std::string(124, 'x'));
    auto code = co_await to.close(CloseCode::NoStatus);
    co_return !bad.has_value() && !reason.has_value() && !code.has_value();
  };
  EXPECT_TRUE(runtime.block_on(send(connection)));
}

}  // namespace
