// Any path is looked up without harm, what a route takes are pieces of the path, and no spelling of
// a path leads past the middleware of its prefix.
#include <avila/error/assert.hpp>
#include <avila/future/sync_wait.hpp>
#include <avila/web/router.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace {

bool guarded = false;

avila::future::Task<avila::http::Response> guard(avila::http::Request& request,
                                                 avila::web::Next next) {
  guarded = true;
  return next(request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  static web::Router* const router = [] {
    auto* made = new web::Router;
    for (const char* pattern :
         {"/", "/a", "/a/b", "/a/:x", "/a/:x/c", "/a/:x/:y", "/a/:x/*rest", "/ab/:n/z", "/*all"})
      made->get(pattern, [](http::Request&) { return http::Response(200); });
    return made;
  }();
  const std::string_view path(reinterpret_cast<const char*>(data), size);
  std::vector<http::PathParameter> parameters;
  const auto found = router->find(http::Method::Get, "GET", path, parameters);
  AVILA_ASSERT((found.route != nullptr) == path.starts_with('/'));
  for (const auto& each : parameters) {
    AVILA_ASSERT(each.value.data() >= path.data() &&
                 each.value.data() + each.value.size() <= path.data() + path.size());
  }
  const std::string target = "/" + std::string(path);
  http::Request request(http::Method::Get, target);
  http::Response response;
  AVILA_ASSERT(router->handle_now(request, response));

  static web::Router* const prefixed = [] {
    auto* made = new web::Router;
    made->use_for("/a", std::make_unique<web::FunctionMiddleware<decltype(&guard)>>(guard));
    for (const char* pattern : {"/*all", "/:x/c", "/a/c"})
      made->get(pattern, [](http::Request&) { return http::Response(200); });
    return made;
  }();
  guarded = false;
  response = future::sync_wait(prefixed->handle(request));
  for (const char* spelling : {"/a/", "//a/", "/./a/", "/a%2F", "/%61/"})
    if (target.starts_with(spelling)) AVILA_ASSERT(guarded || response.status == 400);
  return 0;
}
