// Route look-ups among 1,000 routes.
#include <avila/web/router.hpp>

#include "bench.hpp"

int main(int argc, char** argv) {
  using namespace avila;
  bench::init(argc, argv);
  web::Router router;
  std::vector<std::string> paths;
  for (int i = 0; i < 1000; ++i) {
    const std::string base = "/api/v" + std::to_string(i % 4) + "/group" + std::to_string(i % 25) +
                             "/thing" + std::to_string(i);
    router.get(base + "/:id/parts/:part", [](http::Request&) { return http::Response(200); });
    paths.push_back(base + "/12345/parts/wheel");
  }
  std::vector<http::PathParameter> parameters;
  bench::ops("web.route.1000", 1000, [&] {
    for (const std::string& path : paths) {
      const auto found = router.find(http::Method::Get, "GET", path, parameters);
      bench::need(found.route != nullptr, "route");
      bench::keep(parameters);
    }
  });
}
