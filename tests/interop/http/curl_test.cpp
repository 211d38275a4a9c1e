// curl against our server: every way it frames, continues, ranges and reuses connections.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/os/file_system.hpp>
#include <avila/web/compression.hpp>
#include <avila/web/router.hpp>
#include <avila/web/sse.hpp>
#include <avila/web/static_files.hpp>
#include <avila_test/tools.hpp>

#include <fstream>
#include <memory>

namespace {

using namespace avila;
using avila_test::run_command;
using future::Task;
using http::Request;
using http::Response;

Response echo(Request& request) {
  Response response = Response::text(200, std::string(request.body));
  response.headers.add("X-Method", request.method_text);
  return response;
}

Task<Response> count_bytes(Request& request) {
  std::uint64_t bytes = 0;
  while (true) {
    auto piece = co_await request.stream->read();
    if (!piece.has_value()) co_return web::error_response(piece.error());
    if (piece->empty()) break;
    bytes += piece->size();
  }
  co_return Response::text(200, std::to_string(bytes));
}

Task<Result<void>> three_events(web::EventStream stream) {
  for (int i = 1; i <= 3; ++i) {
    web::Event event;
    event.data = "event " + std::to_string(i);
    auto sent = co_await stream.send(std::move(event));
    AVILA_CO_TRY_VOID(std::move(sent));
  }
  co_return Result<void>();
}
Response events(Request&) { return web::event_stream(three_events); }

class Curl : public ::testing::Test {
 protected:
  void SetUp() override {
    AVILA_REQUIRE_PROGRAM("curl");
    std::ofstream(folder_ / "big.bin", std::ios::binary) << std::string(3'000'000, 'z') << "end";
    std::ofstream(folder_ / "small.txt") << "0123456789";
    router_.use_for("/coded", web::compress());
    router_.use_for("/coded", web::decompress());
    router_.get("/coded/events", events);
    router_.post("/coded/echo", echo);
    router_.post("/coded/count", count_bytes).stream_body();
    router_.post("/echo", echo);
    router_.put("/echo", echo);
    router_.post("/count", count_bytes).stream_body();
    router_.get("/events", events);
    router_.add(
        "GET", "/files/*path",
        std::make_unique<web::StaticFiles>(runtime_, os::real_file_system(), folder_.path()));
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
    base_ = "http://" + server_.local_address();
  }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(200))); }
  std::string curl(const std::string& arguments) {
    const auto result = run_command("curl -sS --max-time 10 " + arguments + " 2>&1");
    EXPECT_EQ(result.status, 0) << arguments << "\n" << result.out;
    return result.out;
  }

  avila_test::TempDir folder_;
  async::Runtime runtime_{{.threads = 2}};
  web::Router router_;
  http::Server server_{runtime_, router_};
  std::string base_;
};

TEST_F(Curl, SendsBodiesByLengthAndInChunks) {
  EXPECT_EQ(curl("-d hello " + base_ + "/echo"), "hello");
  EXPECT_EQ(curl("-H 'Transfer-Encoding: chunked' -d hello " + base_ + "/echo"), "hello");
  EXPECT_EQ(curl("-H 'Transfer-Encoding: chunked' -T " + folder_ / "big.bin" + " -X POST " + base_ +
                 "/count"),
            "3000003");
  EXPECT_EQ(
      curl("-H 'Expect: 100-continue' -T " + folder_ / "big.bin" + " -X POST " + base_ + "/count"),
      "3000003");
}

TEST_F(Curl, ReusesItsConnection) {
  const std::string url = base_ + "/files/small.txt ";
  EXPECT_EQ(curl(url + url + url), "012345678901234567890123456789");
  EXPECT_EQ(server_.metrics().connections_accepted, 1U);
  EXPECT_EQ(curl("--http1.0 " + url), "0123456789");
}

TEST_F(Curl, AsksForRangesAndHeads) {
  EXPECT_EQ(curl("-r 2-4 " + base_ + "/files/small.txt"), "234");
  EXPECT_EQ(curl("-r -3 " + base_ + "/files/big.bin"), "end");
  const std::string parts = curl("-r 0-1,8- " + base_ + "/files/small.txt");
  EXPECT_NE(parts.find("Content-Range: bytes 8-9/10"), std::string::npos) << parts;
  const std::string head = curl("-I " + base_ + "/files/big.bin");
  EXPECT_NE(head.find("Content-Length: 3000003"), std::string::npos) << head;
  EXPECT_EQ(curl("-o /dev/null -w '%{size_download}' " + base_ + "/files/big.bin"), "3000003");
}

TEST_F(Curl, RevalidatesByTag) {
  const std::string tags = folder_ / "tags";
  const std::string url = base_ + "/files/small.txt";
  curl("--etag-save " + tags + " " + url);
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' --etag-compare " + tags + " " + url), "304");
}

TEST_F(Curl, ReadsEventsAndErrors) {
  EXPECT_EQ(curl("-N " + base_ + "/events"), "data: event 1\n\ndata: event 2\n\ndata: event 3\n\n");
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' " + base_ + "/none"), "404");
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' -X DELETE " + base_ + "/echo"), "405");
  EXPECT_EQ(
      curl("-o /dev/null -w '%{http_code}' --path-as-is " + base_ + "/files/../../etc/passwd"),
      "404");
}

TEST_F(Curl, DecodesWhatWeCompress) {
  const std::string text(50'000, 'c');
  std::ofstream(folder_ / "c.txt") << text;
  const std::string send = "--data-binary @" + (folder_ / "c.txt") + " " + base_ + "/coded/echo ";
  EXPECT_EQ(curl("--compressed " + send), text);
  for (const std::string coding : {"gzip", "deflate", "br", "zstd"}) {
    if (curl("-V").find(coding == "br"     ? "brotli"
                        : coding == "zstd" ? "zstd"
                                           : "libz") == std::string::npos)
      continue;  // this curl was built without it
    SCOPED_TRACE(coding);
    const std::string ask = "--compressed -H 'Accept-Encoding: " + coding + "' ";
    EXPECT_EQ(curl(ask + send), text);
    const std::string head = curl("-D - -o /dev/null " + ask + send);
    EXPECT_NE(head.find("Content-Encoding: " + coding), std::string::npos) << head;
  }
  EXPECT_EQ(curl("-N --compressed " + base_ + "/coded/events"),
            "data: event 1\n\ndata: event 2\n\ndata: event 3\n\n");
}

TEST_F(Curl, SendsWhatGzipCompressed) {
  AVILA_REQUIRE_PROGRAM("gzip");
  const std::string pack = "gzip -c " + (folder_ / "big.bin") + " > " + (folder_ / "big.gz");
  ASSERT_EQ(run_command(pack).status, 0);
  EXPECT_EQ(curl("-H 'Content-Encoding: gzip' --data-binary @" + (folder_ / "big.gz") + " " +
                 base_ + "/coded/count"),
            "3000003");
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' -H 'Content-Encoding: compress' -d x " + base_ +
                 "/coded/echo"),
            "415");
}

}  // namespace
