#include <algorithm>
#include <avila/json/writer.hpp>
#include <avila/web/openapi.hpp>

namespace avila::web {

namespace {

constexpr std::string_view kOperations[] = {"get",     "put",  "post",  "delete",
                                            "options", "head", "patch", "trace"};

std::string shown(const std::string& name) { return name.empty() ? "rest" : name; }

/// "/users/:id/*rest" is "/users/{id}/{rest}" there; "/users/{}/{}" where the names do not matter.
std::string path_template(const Route& route, bool with_names) {
  std::string out;
  std::size_t name = 0;
  for (std::size_t i = 0; i < route.pattern.size(); ++i) {
    const char c = route.pattern[i];
    const bool special = (c == ':' || c == '*') && i > 0 && route.pattern[i - 1] == '/';
    if (!special) {
      out += c;
      continue;
    }
    const std::string text = shown(route.names[name++]);
    out.append("{").append(with_names ? text : "").append("}");
    i = std::min(route.pattern.find('/', i), route.pattern.size()) - 1;
  }
  return out;
}

std::string to_lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

void write_parameter(json::Writer& out, const ParameterDoc& doc) {
  out.begin_object();
  out.key("name");
  out.string(doc.name);
  out.key("in");
  out.string(doc.in);
  if (!doc.description.empty()) {
    out.key("description");
    out.string(doc.description);
  }
  out.key("required");
  out.boolean(doc.required || doc.in == "path");
  out.key("schema");
  out.raw(doc.schema);
  out.end_object();
}

void write_content(json::Writer& out, std::string_view media_type, std::string_view schema) {
  out.key("content");
  out.begin_object();
  out.key(media_type);
  out.begin_object();
  out.key("schema");
  out.raw(schema);
  out.end_object();
  out.end_object();
}

/// `names`: what the path calls the parameters; the route may have names of its own.
void write_operation(json::Writer& out, const Route& route, const std::vector<std::string>& names) {
  const Route::Docs& docs = route.docs;
  out.begin_object();
  const auto text = [&](std::string_view key, const std::string& value) {
    if (value.empty()) return;
    out.key(key);
    out.string(value);
  };
  text("summary", docs.summary);
  text("description", docs.description);
  text("operationId", docs.operation_id);
  if (!docs.tags.empty()) {
    out.key("tags");
    out.begin_array();
    for (const std::string& tag : docs.tags) out.string(tag);
    out.end_array();
  }
  std::vector<ParameterDoc> parameters = docs.parameters;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto doc =
        std::find_if(docs.parameters.begin(), docs.parameters.end(), [&](const ParameterDoc& each) {
          return each.in == "path" && each.name == shown(route.names[i]);
        });
    if (doc == docs.parameters.end())
      parameters.push_back({shown(names[i]), "path", "", true});
    else
      parameters[static_cast<std::size_t>(doc - docs.parameters.begin())].name = shown(names[i]);
  }
  if (!parameters.empty()) {
    out.key("parameters");
    out.begin_array();
    for (const ParameterDoc& doc : parameters) write_parameter(out, doc);
    out.end_array();
  }
  if (!docs.request_schema.empty()) {
    out.key("requestBody");
    out.begin_object();
    out.key("required");
    out.boolean(true);
    write_content(out, docs.request_media_type, docs.request_schema);
    out.end_object();
  }
  out.key("responses");
  out.begin_object();
  for (const ResponseDoc& doc : docs.responses) {
    out.key(std::to_string(doc.status));
    out.begin_object();
    out.key("description");
    out.string(doc.description);
    if (!doc.schema.empty()) write_content(out, doc.media_type, doc.schema);
    out.end_object();
  }
  if (docs.responses.empty()) {
    out.key("default");
    out.begin_object();
    out.key("description");
    out.string("The answer, or a problem document (RFC 9457).");
    out.end_object();
  }
  out.end_object();
  out.end_object();
}

}  // namespace

std::string openapi_json(const Router& router, const OpenApiInfo& info) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  out.key("openapi");
  out.string("3.1.0");
  out.key("info");
  out.begin_object();
  out.key("title");
  out.string(info.title);
  out.key("version");
  out.string(info.version);
  if (!info.description.empty()) {
    out.key("description");
    out.string(info.description);
  }
  out.end_object();
  if (!info.servers.empty()) {
    out.key("servers");
    out.begin_array();
    for (const std::string& server : info.servers) {
      out.begin_object();
      out.key("url");
      out.string(server);
      out.end_object();
    }
    out.end_array();
  }
  // Patterns that differ in names only are one path: OpenAPI forbids two of the same hierarchy.
  // Paths in the order in which they were first added, each with all its methods.
  std::vector<std::pair<std::string, std::vector<const Route*>>> paths;
  for (const Route* route : router.routes()) {
    const std::string method = to_lower(route->method);
    const bool known =
        std::find(std::begin(kOperations), std::end(kOperations), method) != std::end(kOperations);
    if (route->docs.hidden || !known) continue;
    const std::string path = path_template(*route, false);
    auto at = std::find_if(paths.begin(), paths.end(),
                           [&](const auto& each) { return each.first == path; });
    if (at == paths.end()) at = paths.insert(paths.end(), {path, {}});
    at->second.push_back(route);
  }
  out.key("paths");
  out.begin_object();
  for (const auto& [shape, routes] : paths) {
    out.key(path_template(*routes.front(), true));
    out.begin_object();
    for (const Route* route : routes) {
      out.key(to_lower(route->method));
      write_operation(out, *route, routes.front()->names);
    }
    out.end_object();
  }
  out.end_object();
  if (!info.schemas.empty() || info.bearer_auth) {
    out.key("components");
    out.begin_object();
    if (!info.schemas.empty()) {
      out.key("schemas");
      out.begin_object();
      for (const auto& [name, schema] : info.schemas) {
        out.key(name);
        out.raw(schema);
      }
      out.end_object();
    }
    if (info.bearer_auth) {
      out.key("securitySchemes");
      out.raw(R"({"bearer":{"type":"http","scheme":"bearer"}})");
    }
    out.end_object();
  }
  if (info.bearer_auth) {
    out.key("security");
    out.raw(R"([{"bearer":[]}])");
  }
  out.end_object();
  return text;
}

}  // namespace avila::web
