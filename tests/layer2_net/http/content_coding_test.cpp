#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/compress/codec.hpp>
#include <avila/future/sync_wait.hpp>
#include <avila/http/client.hpp>
#include <avila/http/content_coding.hpp>
#include <avila/http/server.hpp>

#include <algorithm>

namespace {

using avila::as_bytes;
using avila::as_text;
using avila::ByteSpan;
using avila::Errc;
using avila::milliseconds;
using avila::Result;
using avila::future::sync_wait;
using avila::future::Task;
using namespace avila::http;

constexpr Coding kAll[] = {Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd};

std::string sample(std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; text.size() < bytes; ++i) text += "line " + std::to_string(i * i) + "\n";
  text.resize(bytes);
  return text;
}

/// The text, or why there is none.
std::string text_of(const Result<std::string>& result) {
  return result.has_value() ? *result : "error: " + result.error().to_string();
}

/// Gives a text in pieces.
class PieceReader final : public BodyReader {
 public:
  PieceReader(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Task<Result<ByteSpan>> read() override {
    const auto now = as_bytes(text_).subspan(at_, std::min(piece_, text_.size() - at_));
    at_ += now.size();
    co_return now;
  }
  const Headers& trailers() const noexcept override { return none_; }

 private:
  std::string text_;
  std::size_t piece_, at_ = 0;
  Headers none_;
};

Result<std::string> read_in_pieces(const std::string& packed, std::size_t piece,
                                   const std::vector<Coding>& codings,
                                   const DecodeLimits& limits = {}) {
  auto reader = decode_body(std::make_unique<PieceReader>(packed, piece), codings, limits);
  return sync_wait(reader->read_all(kUnlimited));
}

TEST(ContentCoding, ReadsBackWhatItWrites) {
  const std::string text = sample(200'000);
  for (const Coding coding : kAll) {
    SCOPED_TRACE(to_string(coding));
    const auto packed = encode_text(as_bytes(text), coding);
    ASSERT_TRUE(packed.has_value());
    EXPECT_LT(packed->size(), text.size() / 2);
    EXPECT_EQ(text_of(decode_text(*packed, {coding})), text);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, packed->size()})
      EXPECT_EQ(text_of(read_in_pieces(*packed, piece, {coding})), text);
  }
}

TEST(ContentCoding, InterruptsWhatItReadsFrom) {
  class Waiting final : public BodyReader {
   public:
    Task<Result<ByteSpan>> read() override { co_return avila::future::cancelled_error("read"); }
    const Headers& trailers() const noexcept override { return none_; }
    void interrupt() noexcept override { ++interrupted; }
    int interrupted = 0;

   private:
    Headers none_;
  };
  Waiting from;
  int times = 0;
  for (const std::vector<Coding>& codings :
       {std::vector<Coding>{}, {Coding::Gzip}, {Coding::Brotli, Coding::Gzip}}) {
    decode_body(from, codings)->interrupt();
    EXPECT_EQ(from.interrupted, ++times);
  }
}

TEST(ContentCoding, UndoesSeveralCodingsFromTheLastOne) {
  const std::string text = sample(10'000);
  const std::string inner = *encode_text(as_bytes(text), Coding::Deflate);
  const std::string outer = *encode_text(as_bytes(inner), Coding::Brotli);
  const auto codings = parse_content_encoding("deflate, identity , BR");
  ASSERT_TRUE(codings.has_value());
  EXPECT_EQ(text_of(decode_text(outer, *codings)), text);
  EXPECT_EQ(text_of(read_in_pieces(outer, 7, *codings)), text);
}

TEST(ContentCoding, RefusesCodingsItDoesNotKnowAndTooMany) {
  EXPECT_TRUE(parse_content_encoding("compress").error().is(Errc::Unsupported));
  EXPECT_TRUE(parse_content_encoding("gzip, aes128gcm").error().is(Errc::Unsupported));
  EXPECT_TRUE(parse_content_encoding("gzip,gzip,gzip").error().is(Errc::LimitExceeded));
  EXPECT_EQ(parse_content_encoding("X-GZIP")->size(), 1U);
  EXPECT_TRUE(parse_content_encoding(" , ")->empty());
}

TEST(ContentCoding, ReadsRawDeflateToo) {
  const std::string text = sample(5'000);
  const auto raw = avila::compress::compress(avila::compress::Format::Deflate, as_bytes(text));
  ASSERT_TRUE(raw.has_value());
  EXPECT_EQ(text_of(decode_text(as_text(*raw), {Coding::Deflate})), text);
}

TEST(ContentCoding, StopsBombsAtTheLimit) {
  const std::string zeros(20'000'000, '\0');
  for (const Coding coding : kAll) {
    SCOPED_TRACE(to_string(coding));
    const std::string bomb = *encode_text(as_bytes(zeros), coding);
    EXPECT_LT(bomb.size(), 100'000U);
    const DecodeLimits limits{.body_bytes = 1'000'000};
    const auto whole = decode_text(bomb, {coding}, limits);
    ASSERT_FALSE(whole.has_value());
    EXPECT_TRUE(whole.error().is(HttpError::BodyTooLarge)) << whole.error().to_string();
    const auto streamed = read_in_pieces(bomb, 4096, {coding}, limits);
    ASSERT_FALSE(streamed.has_value());
    EXPECT_TRUE(streamed.error().is(HttpError::BodyTooLarge));
  }
}

TEST(ContentCoding, NoticesEveryCutAndWhatFollowsTheEnd) {
  const std::string text = sample(600);
  for (const Coding coding : kAll) {
    SCOPED_TRACE(to_string(coding));
    const std::string packed = *encode_text(as_bytes(text), coding);
    for (std::size_t size = 1; size < packed.size(); ++size)
      EXPECT_FALSE(decode_text(packed.substr(0, size), {coding}).has_value()) << size;
    EXPECT_FALSE(decode_text(packed + "more than that", {coding}).has_value());
    EXPECT_EQ(text_of(decode_text("", {coding})), "");  // answers to HEAD, 304, and empty ones
  }
}

/// Collects, and remembers what was there at each flush.
class Collector final : public BodyWriter {
 public:
  Task<Result<void>> write(ByteSpan bytes) override {
    text += as_text(bytes);
    co_return Result<void>();
  }
  Task<Result<void>> flush() override {
    flushed.push_back(text.size());
    co_return Result<void>();
  }
  Headers& trailers() noexcept override { return headers_; }
  CancelToken cancel_token() const noexcept override { return {}; }

  std::string text;
  std::vector<std::size_t> flushed;

 private:
  using Error = avila::Error;
  Headers headers_;
};

TEST(ContentCoding, FlushMakesAllOfItReadable) {
  for (const Coding coding : kAll) {
    SCOPED_TRACE(to_string(coding));
    Collector collector;
    EncodingWriter writer(collector, coding);
    std::string sent;
    for (int i = 0; i < 5; ++i) {
      const std::string event = "data: " + std::to_string(i) + "\n\n";
      ASSERT_TRUE(sync_wait(writer.write(as_bytes(event))).has_value());
      ASSERT_TRUE(sync_wait(writer.flush()).has_value());
      sent += event;
      // A decoder that has only what came until now.
      auto reader = decode_body(std::make_unique<PieceReader>(collector.text, 100), {coding});
      std::string seen;
      while (true) {
        auto piece = sync_wait(reader->read());
        if (!piece.has_value() || piece->empty()) break;
        seen += as_text(*piece);
      }
      EXPECT_EQ(seen, sent);
    }
    ASSERT_TRUE(sync_wait(writer.finish()).has_value());
    EXPECT_EQ(text_of(decode_text(collector.text, {coding})), sent);
    EXPECT_EQ(collector.flushed.size(), 5U);
  }
}

class CodedSite final : public Handler {
 public:
  bool handle_now(Request& request, Response& response) override {
    const std::string accepted(request.header("accept-encoding").value_or("none"));
    if (request.path == "/asked") {
      response = Response::text(200, accepted);
    } else if (request.path == "/bomb") {
      response = Response(200, "text/plain", Body(bomb));
      response.headers.add("Content-Encoding", "gzip");
    } else if (request.path == "/unknown") {
      response = Response(200, "text/plain", Body("as it is"));
      response.headers.add("Content-Encoding", "compress");
    } else if (request.path == "/cut") {
      response = Response(200, "text/plain", Body(packed.substr(0, packed.size() / 2)));
      response.headers.add("Content-Encoding", "br");
    } else {
      response = Response(200, "text/plain", Body(packed));
      response.headers.add("Content-Encoding", "br");
    }
    return true;
  }
  Task<Response> handle(Request&) override { co_return Response(500); }

  std::string packed = *encode_text(as_bytes(sample(300'000)), Coding::Brotli);
  std::string bomb = *encode_text(as_bytes(std::string(4'000'000, '\0')), Coding::Gzip);
};

class ClientCoding : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value()); }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(100))); }
  Result<ClientResponse> get(Client& client, const std::string& path, Headers headers = {},
                             std::string method = "GET") {
    ClientRequest request;
    request.url = "http://" + server_.local_address() + path;
    request.method = std::move(method);
    request.headers = std::move(headers);
    return runtime_.block_on(client.send(std::move(request)));
  }

  avila::async::Runtime runtime_{{.threads = 1}};
  CodedSite site_;
  Server server_{runtime_, site_};
};

TEST_F(ClientCoding, AsksForCodingsAndDecodes) {
  Client client(runtime_);
  EXPECT_EQ(get(client, "/asked")->body, kAcceptEncoding);
  const auto got = get(client, "/");
  ASSERT_TRUE(got.has_value()) << got.error().to_string();
  EXPECT_EQ(got->body, sample(300'000));
  EXPECT_FALSE(got->headers.contains("content-encoding"));
  EXPECT_FALSE(got->headers.contains("content-length"));
  EXPECT_EQ(client.idle_connections(), 1U);
  const auto head = get(client, "/", {}, "HEAD");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->headers.find("content-encoding"), "br");
}

TEST_F(ClientCoding, LeavesAloneWhatTheRequestAskedFor) {
  Client client(runtime_);
  Headers headers;
  headers.add("Accept-Encoding", "br");
  EXPECT_EQ(get(client, "/", headers)->body, site_.packed);
  Headers range;
  range.add("Range", "bytes=0-9");
  EXPECT_EQ(get(client, "/asked", range)->body, "none");
  Client plain(runtime_, {.decompress = false});
  EXPECT_EQ(get(plain, "/asked")->body, "none");
  EXPECT_EQ(get(client, "/unknown")->body, "as it is");
}

TEST_F(ClientCoding, RefusesBombsAndCutBodies) {
  ClientOptions options;
  options.limits.body_bytes = 1'000'000;
  Client client(runtime_, options);
  const auto bomb = get(client, "/bomb");
  ASSERT_FALSE(bomb.has_value());
  EXPECT_TRUE(bomb.error().is(HttpError::BodyTooLarge)) << bomb.error().to_string();
  const auto cut = get(client, "/cut");
  ASSERT_FALSE(cut.has_value());
  EXPECT_TRUE(cut.error().is(Errc::Malformed)) << cut.error().to_string();
  options.decompressed_bytes = 1'000'000;
  Client streaming(runtime_, options);
  ClientRequest request;
  request.url = "http://" + server_.local_address() + "/bomb";
  auto opened = runtime_.block_on(streaming.open(std::move(request)));
  ASSERT_TRUE(opened.has_value());
  const auto all = runtime_.block_on(opened->body->read_all(kUnlimited));
  ASSERT_FALSE(all.has_value());
  EXPECT_TRUE(all.error().is(HttpError::BodyTooLarge));
}

}  // namespace
