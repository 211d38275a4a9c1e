#include <gtest/gtest.h>
#include <unistd.h>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/sync_wait.hpp>
#include <avila/http/server.hpp>
#include <avila/json/value.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila/web/extract.hpp>
#include <avila/web/openapi.hpp>
#include <avila/web/router.hpp>
#include <avila/web/sse.hpp>
#include <avila/web/standard.hpp>
#include <avila/web/static_files.hpp>
#include <avila/web/template.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

namespace web_test {

struct Place {
  std::string city;
  std::optional<std::uint16_t> zip;
};

struct NewItem {
  std::string name;
  std::int32_t price = 0;
  double weight = 0;
  bool sold = false;
  std::vector<std::string> tags;
  std::optional<Place> place;
};

struct Page {
  std::uint32_t limit = 0;
  std::vector<std::string> sort;
  std::optional<bool> all;
};

}  // namespace web_test

namespace {

using namespace avila;
using future::Task;
using http::Method;
using http::Request;
using http::Response;
using web::Next;
using web::Router;

TEST(Extract, ReadsJsonIntoStructs) {
  Request request(Method::Post, "/",
                  R"({"name":"a","price":-3,"weight":1.5,"sold":true,"tags":["x","y"],
                      "place":{"city":"Lisboa","zip":1000},"other":1})");
  request.fields.add("Content-Type", "application/json; charset=utf-8");
  const auto item = web::from_json<web_test::NewItem>(request);
  ASSERT_TRUE(item.has_value()) << item.error().to_string();
  EXPECT_EQ(item->name, "a");
  EXPECT_EQ(item->price, -3);
  EXPECT_TRUE(item->sold);
  EXPECT_EQ(item->tags.size(), 2U);
  EXPECT_EQ(item->place->city, "Lisboa");
  EXPECT_EQ(item->place->zip, 1000);
}

TEST(Extract, ErrorsNameEveryField) {
  const auto value = json::parse(
      R"({"price":3000000000,"weight":"x","sold":1,"tags":["a",2],"place":{"zip":-1}})");
  const auto item = web::from_value<web_test::NewItem>(*value);
  ASSERT_FALSE(item.has_value());
  EXPECT_EQ(item.error().message(),
            "name: is missing; price: must be an integer in range; weight: must be a number; "
            "sold: must be true or false; tags[1]: must be a string; place.city: is missing; "
            "place.zip: must be a non-negative integer in range");
  Request text(Method::Post, "/", "{}");
  text.fields.add("Content-Type", "text/plain");
  EXPECT_FALSE(web::json_body(text).has_value());
  const Request broken(Method::Post, "/", "{");
  EXPECT_TRUE(web::json_body(broken).error().is(Errc::Malformed));
}

TEST(Extract, ReadsQueriesFormsAndPaths) {
  Request request(Method::Get, "/?limit=20&sort=a&sort=b&all=true");
  const auto page = web::from_query<web_test::Page>(request);
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->limit, 20U);
  EXPECT_EQ(page->sort, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(page->all, true);
  const Request bad(Method::Get, "/?limit=4294967296&all=maybe");
  EXPECT_EQ(web::from_query<web_test::Page>(bad).error().message(),
            "limit: must be a non-negative integer in range; all: must be true or false");
  Request form(Method::Post, "/", "limit=1&sort=x+y");
  EXPECT_FALSE(web::from_form<web_test::Page>(form).has_value());
  form.fields.add("Content-Type", "application/x-www-form-urlencoded");
  EXPECT_EQ(web::from_form<web_test::Page>(form)->sort[0], "x y");
  form.parameters.push_back({"id", "17"});
  form.parameters.push_back({"bad", "1x"});
  EXPECT_EQ(*web::path_value<std::uint64_t>(form, "id"), 17U);
  EXPECT_FALSE(web::path_value<int>(form, "bad").has_value());
}

TEST(Sse, FormatsEvents) {
  EXPECT_EQ(
      web::format_event({.data = "a\r\nb\nc", .event = "x\ny", .id = "7", .retry = seconds(2)}),
      "event: xy\nid: 7\nretry: 2000\ndata: a\ndata: b\ndata: c\n\n");
  EXPECT_EQ(web::format_event({.data = ""}), "data: \n\n");
}

TEST(Template, EscapesAndRepeats) {
  const auto page = web::Template::parse(
      "<h1>{{title}}</h1>{{! note }}{{#items}}<li a=\"{{name}}\">{{n}} of {{title}}</li>{{/items}}"
      "{{^items}}none{{/items}}{{{html}}}{{a.b}}{{missing}}{{#tags}}{{.}},{{/tags}}");
  ASSERT_TRUE(page.has_value()) << page.error().to_string();
  const auto values = json::parse(
      R"({"title":"<&\"'>","items":[{"name":"x\"","n":1},{"name":"y","n":2.5}],"html":"<b>",
          "a":{"b":true},"tags":["p","q"]})");
  EXPECT_EQ(*page->render(*values),
            "<h1>&lt;&amp;&quot;&#39;&gt;</h1><li a=\"x&quot;\">1 of &lt;&amp;&quot;&#39;&gt;</li>"
            "<li a=\"y\">2.5 of &lt;&amp;&quot;&#39;&gt;</li><b>truep,q,");
  EXPECT_EQ(*page->render(*json::parse(R"({"items":[]})")), "<h1></h1>none");
  for (const char* bad : {"{{a", "{{#a}}", "{{/a}}", "{{#a}}{{/b}}", "{{}}", "{{{a}}"})
    EXPECT_FALSE(web::Template::parse(bad).has_value()) << bad;
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "{{#a}}";
  EXPECT_TRUE(web::Template::parse(deep).error().is(Errc::LimitExceeded));
}

Response plain(Request& request) {
  const auto* id = request.attachment<web::RequestId>();
  return Response::text(200, "plain " + (id != nullptr ? id->text : ""));
}
Response large(Request&) { return Response::text(200, std::string(5000, 'x')); }
Task<Response> slow(Request& request) {
  (void)co_await future::sleep(seconds(10), request.cancel);
  co_return Response(200);
}

TEST(OpenApi, DescribesTheRoutes) {
  Router router;
  router.get("/users/:id/files/*path", plain)
      .summary("A \"file\"")
      .tag("files")
      .parameter({"depth", "query", "How deep", false, R"({"type":"integer"})"})
      .response({200, "The file", R"({"type":"string"})"});
  router.post("/users/:id/files/*path", plain)
      .request_schema(R"({"$ref":"#/components/schemas/F"})");
  router.get("/hidden", plain).hidden();
  router.add("*", "/any", plain);
  const std::string text =
      web::openapi_json(router, {.title = "T", .bearer_auth = true, .schemas = {{"F", "{}"}}});
  const auto parsed = json::parse(text);
  ASSERT_TRUE(parsed.has_value()) << text;
  EXPECT_EQ(parsed->find("openapi")->as_string(), "3.1.0");
  const json::Value* paths = parsed->find("paths");
  ASSERT_EQ(paths->size(), 1U) << text;
  const json::Value* path = paths->find("/users/{id}/files/{path}");
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(path->find("get")->find("summary")->as_string(), "A \"file\"");
  EXPECT_EQ(path->find("get")->find("parameters")->size(), 3U);
  EXPECT_NE(path->find("post")->find("requestBody"), nullptr);
}

TEST(OpenApi, PatternsThatDifferInNamesAreOnePath) {
  Router router;
  router.get("/users/:id", plain);
  router.put("/users/:user", plain).parameter({"user", "path", "whose"});
  const auto document = json::parse(web::openapi_json(router));
  ASSERT_TRUE(document.has_value());
  const json::Value* paths = document->find("paths");
  ASSERT_EQ(paths->size(), 1U);
  const json::Value* put = paths->find("/users/{id}")->find("put");
  ASSERT_NE(put, nullptr);
  const auto& parameters = *put->find("parameters")->get_array();
  ASSERT_EQ(parameters.size(), 1U);
  EXPECT_EQ(parameters[0].find("name")->get_string(), "id");
  EXPECT_EQ(parameters[0].find("description")->get_string(), "whose");
}

class Site : public ::testing::Test {
 protected:
  Response ask(Method method, std::string_view target,
               std::vector<std::pair<std::string_view, std::string_view>> fields = {}) {
    Request request(method, target);
    request.host = "site.example";
    for (const auto& [name, value] : fields) request.fields.add(name, value);
    Response now;
    if (router_.handle_now(request, now)) return now;
    return runtime_.block_on(router_.handle(request));
  }
  std::string text(const Response& response) {
    if (response.body.kind() != http::Body::Kind::Stream) return std::string(response.body.text());
    struct Collect final : http::BodyWriter {
      Task<Result<void>> write(ByteSpan bytes) override {
        all += as_text(bytes);
        return done();
      }
      Task<Result<void>> flush() override { return done(); }
      http::Headers& trailers() noexcept override { return trailers_; }
      future::CancelToken cancel_token() const noexcept override { return {}; }
      static Task<Result<void>> done() { co_return Result<void>(); }
      std::string all;
      http::Headers trailers_;
    } collect;
    EXPECT_TRUE(runtime_.block_on(response.body.source()->write_to(collect)).has_value());
    return collect.all;
  }

  async::Runtime runtime_{{.threads = 2}};
  Router router_;
};

TEST_F(Site, RequestIdsAreTakenOrMade) {
  router_.use(web::request_id());
  router_.get("/", plain);
  EXPECT_EQ(text(ask(Method::Get, "/", {{"X-Request-Id", "abc-1"}})), "plain abc-1");
  const Response made = ask(Method::Get, "/", {{"X-Request-Id", "no\"quotes"}});
  EXPECT_EQ(made.headers.find("X-Request-Id")->size(), 32U);
}

TEST_F(Site, LogsWhatItAnswered) {
  std::vector<std::string> lines;
  router_.use(web::access_log([&](const web::AccessRecord& record) {
    lines.push_back(std::string(record.method) + " " + std::string(record.route) + " " +
                    std::to_string(record.status));
  }));
  router_.get("/a/:b", plain);
  ask(Method::Get, "/a/1");
  ask(Method::Get, "/none");
  EXPECT_EQ(lines, (std::vector<std::string>{"GET /a/:b 200", "GET  404"}));
}

TEST_F(Site, AnswersCrossOriginRequests) {
  router_.use(web::cors({.origins = {"https://app.example"}, .credentials = true}));
  router_.get("/", plain);
  const Response preflight =
      ask(Method::Options, "/",
          {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "PUT"}});
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers.find("access-control-allow-origin"), "https://app.example");
  EXPECT_EQ(preflight.headers.find("access-control-allow-credentials"), "true");
  const Response other = ask(Method::Get, "/", {{"Origin", "https://evil.example"}});
  EXPECT_FALSE(other.headers.contains("access-control-allow-origin"));
  EXPECT_EQ(other.headers.find("vary"), "Origin") << "a cache may not show this to the app";
  EXPECT_EQ(ask(Method::Get, "/").headers.find("vary"), "Origin");
}

Task<std::optional<Response>> check(Request& request) {
  if (web::bearer_token(request) == "secret") co_return std::nullopt;
  std::optional<Response> refused(
      web::error_response(Error(Errc::Unauthenticated, "who are you?")));
  co_return refused;
}

TEST_F(Site, AuthenticatesAndGuardsAgainstForgery) {
  router_.use(web::authenticate(check));
  router_.use(web::csrf_guard({"https://trusted.example"}));
  router_.get("/", plain);
  router_.post("/", plain);
  EXPECT_EQ(ask(Method::Get, "/").status, 401);
  const std::pair<std::string_view, std::string_view> auth{"Authorization", "bearer secret"};
  EXPECT_EQ(ask(Method::Get, "/", {auth}).status, 200);
  EXPECT_EQ(ask(Method::Post, "/", {auth}).status, 200);
  EXPECT_EQ(ask(Method::Post, "/", {auth, {"Origin", "https://site.example"}}).status, 200);
  EXPECT_EQ(ask(Method::Post, "/", {auth, {"Origin", "https://evil.example"}}).status, 403);
  EXPECT_EQ(ask(Method::Post, "/", {auth, {"Origin", "https://trusted.example"}}).status, 200);
  EXPECT_EQ(ask(Method::Post, "/", {auth, {"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(ask(Method::Post, "/", {auth, {"Origin", "null"}}).status, 403);
}

TEST_F(Site, CutsSlowHandlers) {
  router_.use(web::timeout(milliseconds(20)));
  router_.get("/slow", slow);
  EXPECT_EQ(ask(Method::Get, "/slow").status, 503);
}

TEST_F(Site, TagsWholeResponses) {
  router_.use(web::etag());
  router_.get("/large", large);
  const Response whole = ask(Method::Get, "/large");
  const std::string tag(*whole.headers.find("etag"));
  const Response again = ask(Method::Get, "/large", {{"If-None-Match", tag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body.bytes().size(), 0U);
}

class Files : public Site {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files_.create_directories("/www/sub").has_value());
    put("/www/index.html", "<p>home</p>");
    put("/www/a.txt", "0123456789");
    put("/www/app.js", "plain script");
    put("/www/app.js.gz", "zipped");
    put("/www/app.js.zst", "standard");
    put("/www/sub/<b>.txt", "odd");
    put("/www/sub/.hidden", "no");
    put("/www/.secret", "hidden");
    put("/secret.txt", "outside");
    std::string big;
    for (int i = 0; i < 100'000; ++i) big += std::to_string(i % 10);
    put("/www/big.bin", big);
    web::StaticFilesOptions options;
    options.cached_file_bytes = 1000;
    router_.add("GET", "/s/*path",
                std::make_unique<web::StaticFiles>(runtime_, files_, "/www", options));
  }
  void put(const std::string& path, std::string_view content) {
    ASSERT_TRUE(files_.write_atomically(path, as_bytes(content)).has_value()) << path;
  }
  os::MemoryFileSystem files_;
};

TEST_F(Files, ServesWhatIsThere) {
  for (int round = 0; round < 2; ++round) {  // from the disk, then from the cache
    const Response file = ask(Method::Get, "/s/a.txt");
    EXPECT_EQ(file.status, 200);
    EXPECT_EQ(text(file), "0123456789");
    EXPECT_EQ(file.headers.find("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(text(ask(Method::Get, "/s/")), "<p>home</p>");
  }
  EXPECT_EQ(text(ask(Method::Get, "/s/big.bin")).size(), 100'000U);
  const Response moved = ask(Method::Get, "/s/sub?x");
  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(moved.headers.find("location"), "/s/sub/?x");
  router_.add("GET", "/:host/*path", std::make_unique<web::StaticFiles>(runtime_, files_, "/www"));
  EXPECT_EQ(ask(Method::Get, "/\\evil.example/sub").headers.find("location"),
            "/%5Cevil.example/sub/")
      << "browsers take a backslash for a slash, and two of those for another host";
  EXPECT_EQ(ask(Method::Get, "/s/none").status, 404);
  EXPECT_EQ(ask(Method::Get, "/s/sub/").status, 404);
}

TEST_F(Files, NeverLeavesItsFolder) {
  for (const char* path :
       {"/s/../secret.txt", "/s/%2e%2e/secret.txt", "/s/..%2fsecret.txt", "/s/sub/../../secret.txt",
        "/s/.secret", "/s/..\\secret.txt", "/s//../secret.txt", "/s/a.txt%00.html", "/s/C:/x",
        "/s/%5c..%5csecret.txt"}) {
    const Response response = ask(Method::Get, path);
    EXPECT_TRUE(response.status == 404 || response.status == 400) << path << response.status;
    EXPECT_EQ(text(response).find("outside"), std::string::npos);
  }
}

TEST_F(Files, AnswersConditionsAndRanges) {
  const Response first = ask(Method::Get, "/s/a.txt");
  const std::string tag(*first.headers.find("etag"));
  EXPECT_EQ(ask(Method::Get, "/s/a.txt", {{"If-None-Match", tag}}).status, 304);
  EXPECT_EQ(ask(Method::Get, "/s/a.txt", {{"If-Match", "\"x\""}}).status, 412);
  for (const char* path : {"/s/a.txt", "/s/big.bin"}) {
    const Response part = ask(Method::Get, path, {{"Range", "bytes=2-4"}});
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(text(part), "234");
    const Response parts = ask(Method::Get, path, {{"Range", "bytes=0-0,5-6"}});
    EXPECT_EQ(parts.status, 206);
    const std::string body = text(parts);
    EXPECT_EQ(parts.body.length(), body.size());
    EXPECT_NE(body.find("\r\n\r\n0\r\n--avila-range"), std::string::npos) << body;
    EXPECT_NE(body.find("\r\n\r\n56\r\n--avila-range"), std::string::npos);
    EXPECT_EQ(ask(Method::Get, path, {{"Range", "bytes=2-4"}, {"If-Range", "\"x\""}}).status, 200);
  }
  const Response none = ask(Method::Get, "/s/a.txt", {{"Range", "bytes=10-"}});
  EXPECT_EQ(none.status, 416);
  EXPECT_EQ(none.headers.find("content-range"), "bytes */10");
}

TEST_F(Files, PrefersPrecompressedVariants) {
  const Response zipped = ask(Method::Get, "/s/app.js", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(zipped.headers.find("content-encoding"), "gzip");
  EXPECT_EQ(zipped.headers.find("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(text(zipped), "zipped");
  const Response standard = ask(Method::Get, "/s/app.js", {{"Accept-Encoding", "gzip, zstd"}});
  EXPECT_EQ(standard.headers.find("content-encoding"), "zstd");
  EXPECT_EQ(text(standard), "standard");
  const Response whole = ask(Method::Get, "/s/app.js");
  EXPECT_EQ(text(whole), "plain script");
  EXPECT_EQ(whole.headers.find("vary"), "Accept-Encoding");
  EXPECT_NE(whole.headers.find("etag"), zipped.headers.find("etag"));
}

TEST_F(Files, AFileThatIsGoneStaysGone) {
  web::StaticFilesOptions options;
  options.cache_fresh = milliseconds(300);
  router_.add("GET", "/f/*path",
              std::make_unique<web::StaticFiles>(runtime_, files_, "/www", options));
  ASSERT_EQ(ask(Method::Get, "/f/a.txt").status, 200);
  ASSERT_TRUE(files_.remove("/www/a.txt").has_value());
  int tries = 0;
  for (; ask(Method::Get, "/f/a.txt").status == 200 && tries < 2000; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_LT(tries, 2000);
  EXPECT_EQ(ask(Method::Get, "/f/a.txt").status, 404) << "not from the cache again";
}

std::filesystem::path scratch_folder() {
  const auto folder =
      std::filesystem::temp_directory_path() / ("avila-web-scratch-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  return folder;
}

TEST_F(Files, VariantsOfOneSizeAndTimeHaveTagsOfTheirOwn) {
  const auto folder = scratch_folder();
  for (const char* name : {"v.js", "v.js.br", "v.js.gz"}) {
    std::ofstream(folder / name) << std::string(name).substr(0, 4);
    std::filesystem::last_write_time(folder / name, {});
  }
  router_.add(
      "GET", "/v/*path",
      std::make_unique<web::StaticFiles>(runtime_, os::real_file_system(), folder.string()));
  const auto tag = [&](std::string_view coding) {
    const Response response = ask(Method::Get, "/v/v.js", {{"Accept-Encoding", coding}});
    return std::string(*response.headers.find("etag"));
  };
  EXPECT_NE(tag("br"), tag("gzip"));
  EXPECT_NE(tag("br"), tag("identity"));
  std::filesystem::remove_all(folder);
}

TEST_F(Files, AnEncodedSlashNamesNoFile) {
  put("/www/sub/c d.txt", "there");
  EXPECT_EQ(ask(Method::Get, "/s/sub/c%20d.txt").status, 200);
  EXPECT_EQ(ask(Method::Get, "/s/sub%2Fc%20d.txt").status, 404);
  EXPECT_EQ(ask(Method::Get, "/s/sub%2f").status, 404);
  router_.add("GET", "/t/:tenant/*path",
              std::make_unique<web::StaticFiles>(runtime_, files_, "/www"));
  EXPECT_EQ(ask(Method::Get, "/t/a%2Fb/sub/c%20d.txt").status, 200);
  EXPECT_EQ(ask(Method::Get, "/t/a/sub%2Fc%20d.txt").status, 404);
}

// What the machine says of a path is not for whoever asks for it.
TEST_F(Files, ErrorsTellNothingOfTheMachine) {
  const auto folder = scratch_folder();
  std::ofstream(folder / "a.txt") << "there";
  router_.add(
      "GET", "/x/*path",
      std::make_unique<web::StaticFiles>(runtime_, os::real_file_system(), folder.string()));
  EXPECT_EQ(ask(Method::Get, "/x/a.txt").status, 200);
  for (const std::string& path : {std::string("/x/a.txt/"), "/x/" + std::string(300, 'n')}) {
    const Response response = ask(Method::Get, path);
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(text(response).find("scratch"), std::string::npos) << text(response);
  }
  std::filesystem::remove_all(folder);
  web::StaticFilesOptions options;
  options.index = "";
  router_.add("GET", "/n/*path",
              std::make_unique<web::StaticFiles>(runtime_, files_, "/www", options));
  EXPECT_EQ(ask(Method::Get, "/n/a.txt").status, 200);
  EXPECT_EQ(ask(Method::Get, "/n/a.txt/").status, 404);
}

TEST_F(Files, ListsFoldersWhenTold) {
  EXPECT_EQ(ask(Method::Get, "/s/sub/").status, 404);
  web::StaticFilesOptions options;
  options.listing = true;
  router_.add("GET", "/l/*path",
              std::make_unique<web::StaticFiles>(runtime_, files_, "/www", options));
  const Response listing = ask(Method::Get, "/l/sub/");
  EXPECT_EQ(listing.status, 200);
  const std::string page = text(listing);
  EXPECT_NE(page.find("href=\"./%3Cb%3E.txt\">&lt;b&gt;.txt</a>"), std::string::npos) << page;
  EXPECT_NE(page.find("href=\"../\""), std::string::npos);
  EXPECT_EQ(page.find("hidden"), std::string::npos);
  EXPECT_EQ(ask(Method::Get, "/l/sub").status, 301);
  EXPECT_EQ(text(ask(Method::Get, "/l/")), "<p>home</p>");  // an index goes first
  EXPECT_EQ(ask(Method::Get, "/l/none/").status, 404);
}

}  // namespace
