// curl, nghttp and h2load against our server: one port, both versions, by prior knowledge.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/os/file_system.hpp>
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
  response.headers.add("X-Version", std::uint64_t{request.major_version});
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

Task<Result<void>> pieces(http::BodyWriter& writer) {
  for (int i = 0; i < 3; ++i) {
    const std::string text = "piece " + std::to_string(i) + "\n";
    auto written = co_await writer.write(as_bytes(text));
    AVILA_CO_TRY_VOID(std::move(written));
    auto flushed = co_await writer.flush();
    AVILA_CO_TRY_VOID(std::move(flushed));
  }
  writer.trailers().add("X-Sum", "abc");
  co_return Result<void>();
}
Response streamed(Request&) {
  return Response::streamed(200, "text/plain",
                            [](http::BodyWriter& writer) { return pieces(writer); });
}

class Http2Clients : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(folder_ / "big.bin", std::ios::binary) << std::string(3'000'000, 'z') << "end";
    std::ofstream(folder_ / "1k.bin") << std::string(1024, 'k');
    router_.post("/echo", echo);
    router_.post("/count", count_bytes).stream_body();
    router_.get("/streamed", streamed);
    router_.add(
        "GET", "/files/*path",
        std::make_unique<web::StaticFiles>(runtime_, os::real_file_system(), folder_.path()));
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
    base_ = "http://" + server_.local_address();
  }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(200))); }
  std::string run(const std::string& command) {
    const auto result = run_command("timeout 20 " + command + " 2>&1");
    EXPECT_EQ(result.status, 0) << command << "\n" << result.out.substr(0, 2000);
    return result.out;
  }
  std::string curl(const std::string& arguments) {
    return run("curl -sS --http2-prior-knowledge --max-time 10 " + arguments);
  }

  avila_test::TempDir folder_;
  async::Runtime runtime_{{.threads = 2}};
  web::Router router_;
  http2::Server http2_;
  http::Server server_{runtime_, router_, {.http2 = &http2_}};
  std::string base_;
};

TEST_F(Http2Clients, CurlSendsAndReadsBodies) {
  AVILA_REQUIRE_PROGRAM("curl");
  EXPECT_EQ(curl("-d hello " + base_ + "/echo"), "hello");
  EXPECT_NE(curl("-i -d hello " + base_ + "/echo").find("x-version: 2\r\n"), std::string::npos);
  EXPECT_EQ(curl("-T " + (folder_ / "big.bin") + " -X POST " + base_ + "/count"), "3000003");
  EXPECT_EQ(curl("-H 'Expect: 100-continue' -T " + (folder_ / "big.bin") + " -X POST " + base_ +
                 "/count"),
            "3000003");
  EXPECT_EQ(curl(base_ + "/streamed"), "piece 0\npiece 1\npiece 2\n");
  EXPECT_NE(curl("-v " + base_ + "/streamed").find("x-sum: abc"), std::string::npos);
  EXPECT_EQ(curl(base_ + "/files/big.bin | tail -c 3"), "end");
  EXPECT_EQ(curl("-r 3000000- " + base_ + "/files/big.bin"), "end");
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code} %{size_download}' -I " + base_ + "/files/1k.bin"),
            "200 0");
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' " + base_ + "/none"), "404");
}

TEST_F(Http2Clients, OnePortSpeaksBothVersions) {
  AVILA_REQUIRE_PROGRAM("curl");
  EXPECT_EQ(run("curl -sS --http1.1 -d one " + base_ + "/echo"), "one");
  EXPECT_EQ(curl("-d two " + base_ + "/echo"), "two");
}

TEST_F(Http2Clients, NghttpFetchesManyOverOneConnection) {
  AVILA_REQUIRE_PROGRAM("nghttp");
  const std::string out =
      run("nghttp -nv -m 20 --trailer 'x-t: 1' -d " + (folder_ / "1k.bin") + " " + base_ + "/echo");
  EXPECT_NE(out.find(":status: 200"), std::string::npos) << out;
  EXPECT_EQ(out.find("INVALID"), std::string::npos) << out;
  const std::string files = run("nghttp -ns -m 30 " + base_ + "/files/big.bin");
  EXPECT_NE(files.find("200"), std::string::npos) << files;
}

TEST_F(Http2Clients, H2loadSeesNoFailure) {
  AVILA_REQUIRE_PROGRAM("h2load");
  for (const char* path : {"/files/1k.bin", "/files/big.bin", "/streamed"}) {
    const std::string out = run("h2load -n 400 -c 4 -m 16 " + base_ + path);
    EXPECT_NE(out.find("400 succeeded, 0 failed, 0 errored, 0 timeout"), std::string::npos) << out;
  }
}

}  // namespace
