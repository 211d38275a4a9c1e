// OpenAPI 3.1 from the routes.
#pragma once
#include <avila/web/router.hpp>
#include <string>
#include <utility>
#include <vector>

namespace avila::web {

struct OpenApiInfo {
  std::string title = "API";
  std::string version = "1.0.0";
  std::string description;
  std::vector<std::string> servers;  ///< URLs
  bool bearer_auth = false;          ///< every operation wants a bearer token
  /// Schemas by name, as JSON texts, for "$ref": "#/components/schemas/NAME".
  std::vector<std::pair<std::string, std::string>> schemas;
};

/// A JSON document of every route that is not hidden. Path parameters that have no description of
/// their own are strings; routes of "*" are left out, OpenAPI has no word for them.
std::string openapi_json(const Router& router, const OpenApiInfo& info = {});

}  // namespace avila::web
