#include <gtest/gtest.h>
#include <avila/future/sync_wait.hpp>
#include <avila/http/message.hpp>
#include <avila/web/router.hpp>
#include <memory>

namespace {

using avila::Errc;
using avila::Error;
using avila::Result;
using avila::future::Task;
using avila::http::Method;
using avila::http::Request;
using avila::http::Response;
using avila::web::Next;
using avila::web::Router;

Response answer(Router& router, Method method, std::string_view target) {
  Request request(method, target);
  return avila::future::sync_wait(router.handle(request));
}

auto named(std::string name) {
  return [name](Request& request) {
    std::string text = name;
    for (const auto& each : request.parameters) {
      text += '|';
      text.append(each.name).append("=").append(each.value);
    }
    return Response::text(200, text);
  };
}

TEST(Router, FixedTextWinsOverParameterWinsOverWildcard) {
  Router router;
  router.get("/users/new", named("new"));
  router.get("/users/:id", named("user"));
  router.get("/users/:id/files/*path", named("file"));
  router.get("/users/*rest", named("rest"));
  router.get("/", named("root"));
  const auto text = [&](std::string_view path) {
    return std::string(answer(router, Method::Get, path).body.text());
  };
  EXPECT_EQ(text("/"), "root");
  EXPECT_EQ(text("/users/new"), "new");
  EXPECT_EQ(text("/users/ne"), "user|id=ne");
  EXPECT_EQ(text("/users/newer?x=1"), "user|id=newer");
  EXPECT_EQ(text("/users/7/files/a/b.txt"), "file|id=7|path=a/b.txt");
  EXPECT_EQ(text("/users/7/files/"), "file|id=7|path=");
  EXPECT_EQ(text("/users/new/x"), "rest|rest=new/x");
  EXPECT_EQ(text("/users/"), "rest|rest=");
  EXPECT_EQ(answer(router, Method::Get, "/nothing").status, 404);
}

TEST(Router, DecodesParametersButNeverSplitsAtAnEncodedSlash) {
  Router router;
  router.get("/files/:name", named("file"));
  EXPECT_EQ(answer(router, Method::Get, "/files/a%2Fb%20c%zz").body.text(), "file|name=a/b c%zz");
  EXPECT_EQ(answer(router, Method::Get, "/fil%65s/x").body.text(), "file|name=x");
  EXPECT_EQ(answer(router, Method::Get, "/files/a%00b").status, 400);
}

TEST(Router, AnswersMethodsThatHaveNoHandler) {
  Router router;
  router.get("/a", named("a"));
  router.add("PURGE", "/a", named("purge"));
  router.add("*", "/all", named("all"));
  const Response refused = answer(router, Method::Put, "/a");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.find("Allow"), "GET, HEAD, PURGE, OPTIONS");
  EXPECT_EQ(refused.headers.find("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer(router, Method::Head, "/a").status, 200);
  const Response options = answer(router, Method::Options, "/a");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.find("allow"), "GET, HEAD, PURGE, OPTIONS");
  EXPECT_EQ(answer(router, Method::Options, "*").status, 204);
  EXPECT_EQ(answer(router, Method::Patch, "/all").body.text(), "all");
}

Task<Result<Response>> missing(Request&) { co_return Error(Errc::NotFound, "no such thing"); }
Task<Response> slow(Request& request) { co_return Response::text(200, std::string(request.path)); }
Result<Response> broken(Request&) { return Error(Errc::Io, "disk 7 failed"); }

TEST(Router, ErrorsBecomeProblemDocuments) {
  Router router;
  router.get("/missing", missing);
  router.get("/slow", slow);
  router.get("/broken", broken);
  const Response response = answer(router, Method::Get, "/missing");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body.text(),
            R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no such thing"})");
  EXPECT_EQ(answer(router, Method::Get, "/slow").body.text(), "/slow");
  const Response internal = answer(router, Method::Get, "/broken");
  EXPECT_EQ(internal.status, 500);
  EXPECT_EQ(internal.body.text().find("disk"), std::string_view::npos);
}

Result<Response> down(Request&) { return Error(Errc::Unavailable, "connect 10.0.0.5:5432"); }
Result<Response> unknown(Request& request) {
  return Error(Errc::NotFound, "no item " + std::string(request.parameter("id")));
}

TEST(Router, FaultsOfTheServerStayItsOwnAndProblemsAreUtf8) {
  Router router;
  router.get("/down", down);
  router.get("/items/:id", unknown);
  const Response away = answer(router, Method::Get, "/down");
  EXPECT_EQ(away.status, 503);
  EXPECT_EQ(away.body.text().find("10.0.0.5"), std::string_view::npos) << away.body.text();
  EXPECT_EQ(answer(router, Method::Get, "/items/%ff").body.text(),
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
            "\"detail\":\"no item \xEF\xBF\xBD\"}");
}

Task<Response> outer(Request& request, Next next) {
  auto response = co_await next(request);
  response.headers.add("X-Order", "outer");
  co_return response;
}
Task<Response> inner(Request& request, Next next) {
  auto response = co_await next(request);
  response.headers.add("X-Order", "inner");
  co_return response;
}

TEST(Router, RunsMiddlewareFromTheOutsideIn) {
  Router router;
  router.use(outer);
  router.get("/a", named("a"));
  router.get("/admin/b", named("b"));
  router.use_for("/admin",
                 std::make_unique<avila::web::FunctionMiddleware<decltype(&inner)>>(inner));
  EXPECT_EQ(answer(router, Method::Get, "/a").headers.combined("x-order"), "outer");
  EXPECT_EQ(answer(router, Method::Get, "/admin/b").headers.combined("x-order"), "inner, outer");
  EXPECT_EQ(answer(router, Method::Get, "/none").headers.combined("x-order"), "outer");
  EXPECT_EQ(answer(router, Method::Get, "/none").status, 404);
}

auto only_inner() {
  return std::make_unique<avila::web::FunctionMiddleware<decltype(&inner)>>(inner);
}

// A guard of /private that a wildcard, a parameter or a fallback walks round guards nothing.
TEST(Router, AMiddlewareOfAPrefixRunsWhateverRouteTakesThePath) {
  Router router;
  router.use_for("/private", only_inner());
  router.get("/:section/list", named("list"));
  router.get("/*path", named("file"));
  router.post("/private/new", named("new"));
  const auto guarded = [&](Method method, std::string_view path) {
    return answer(router, method, path).headers.contains("x-order");
  };
  for (const char* path : {"/private", "/private/", "/private/a", "/private/list", "/priv%61te/a",
                           "/private%2Fa", "//private/a", "/./private/a", "/a/../private/b"})
    EXPECT_TRUE(guarded(Method::Get, path)) << path;
  for (const char* path : {"/", "/privately", "/public/list", "/public/private"})
    EXPECT_FALSE(guarded(Method::Get, path)) << path;
  EXPECT_TRUE(guarded(Method::Post, "/private/new"));
  EXPECT_TRUE(guarded(Method::Options, "/private/new")) << "preflights";
  EXPECT_TRUE(guarded(Method::Put, "/private/new")) << "405";
  Router shops;
  shops.use_for("/shops/:shop", only_inner());
  shops.get("/shops/:id/items", named("items"));
  shops.get("/shops", named("shops"));
  EXPECT_TRUE(answer(shops, Method::Get, "/shops/7/items").headers.contains("x-order"));
  EXPECT_TRUE(answer(shops, Method::Get, "/shops/7/none").headers.contains("x-order"));
  EXPECT_FALSE(answer(shops, Method::Get, "/shops").headers.contains("x-order"));
}

TEST(Router, TheFallbackTakesUnknownPathsAndNoUnknownMethods) {
  Router router;
  router.get("/a", named("a"));
  const auto page = named("page");
  router.fallback(
      std::unique_ptr<avila::web::Endpoint>(new avila::web::detail::FunctionEndpoint(page)));
  EXPECT_EQ(answer(router, Method::Get, "/none").body.text(), "page");
  const Response refused = answer(router, Method::Put, "/a");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.find("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(answer(router, Method::Options, "/a").status, 204);
  EXPECT_EQ(answer(router, Method::Get, "/%00").status, 400);
}

TEST(Router, FindsAmongAThousandRoutes) {
  Router router;
  for (int i = 0; i < 1000; ++i) {
    const std::string base = "/api/v" + std::to_string(i % 10) + "/thing" + std::to_string(i);
    router.get(base + "/:id/part", named(base));
  }
  for (int i = 0; i < 1000; ++i) {
    const std::string base = "/api/v" + std::to_string(i % 10) + "/thing" + std::to_string(i);
    EXPECT_EQ(answer(router, Method::Get, base + "/42/part").body.text(), base + "|id=42");
    EXPECT_EQ(answer(router, Method::Get, base + "/42/par").status, 404);
  }
}

}  // namespace
