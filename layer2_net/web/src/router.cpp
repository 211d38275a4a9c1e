#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/web/problem.hpp>
#include <avila/web/router.hpp>
#include <cstring>
#include <memory>

namespace avila::web {

using http::Method;
using http::PathParameter;

namespace {

constexpr std::size_t kMethodCount = static_cast<std::size_t>(Method::Other);

/// The routes of one pattern.
struct MethodTable {
  Route* known[kMethodCount] = {};
  std::vector<Route*> others;
  Route* any = nullptr;

  const Route* find(Method method, std::string_view text) const noexcept {
    if (method != Method::Other) {
      const Route* route = known[static_cast<std::size_t>(method)];
      // RFC 9110 §9.3.2: HEAD is GET without the content; the server leaves that away.
      if (route == nullptr && method == Method::Head)
        route = known[static_cast<std::size_t>(Method::Get)];
      return route != nullptr ? route : any;
    }
    for (const Route* route : others) {
      if (route->method == text) return route;
    }
    return any;
  }
};

/// A node of the radix tree: some fixed text, then children by their first byte, a parameter, a
/// wildcard.
struct Node {
  std::string prefix;
  std::string first_bytes;  // of the children, in their order
  std::vector<std::unique_ptr<Node>> children;
  std::unique_ptr<Node> parameter;
  std::unique_ptr<MethodTable> wildcard;  // apart: most nodes have neither
  std::unique_ptr<MethodTable> here;
};

Node& insert_fixed(Node& from, std::string_view text) {
  Node* node = &from;
  while (!text.empty()) {
    const std::size_t at = node->first_bytes.find(text.front());
    if (at == std::string::npos) {
      auto child = std::make_unique<Node>();
      child->prefix = text;
      node->first_bytes.push_back(text.front());
      node->children.push_back(std::move(child));
      return *node->children.back();
    }
    Node& child = *node->children[at];
    std::size_t shared = 0;
    while (shared < text.size() && shared < child.prefix.size() &&
           text[shared] == child.prefix[shared]) {
      ++shared;
    }
    if (shared < child.prefix.size()) {  // split the child where the texts part
      auto upper = std::make_unique<Node>();
      upper->prefix = child.prefix.substr(0, shared);
      child.prefix.erase(0, shared);
      upper->first_bytes.push_back(child.prefix.front());
      upper->children.push_back(std::move(node->children[at]));
      node->children[at] = std::move(upper);
    }
    node = node->children[at].get();
    text.remove_prefix(shared);
  }
  return *node;
}

struct Search {
  std::string_view values[kMaxParameters];
  std::size_t count = 0;

  /// The table that takes `rest` below `node`. Each node is entered at most once a search: the
  /// way to it fixes how many segments came before. So a hostile path costs no more than the tree.
  const MethodTable* descend(const Node& node, std::string_view rest) {
    if (rest.empty() && node.here != nullptr) return node.here.get();
    if (!rest.empty()) {
      const void* found =
          std::memchr(node.first_bytes.data(), rest.front(), node.first_bytes.size());
      if (found != nullptr) {
        const Node& child = *node.children[static_cast<std::size_t>(
            static_cast<const char*>(found) - node.first_bytes.data())];
        if (rest.starts_with(child.prefix)) {
          if (const auto* table = descend(child, rest.substr(child.prefix.size()))) return table;
        }
      }
      if (node.parameter != nullptr && rest.front() != '/') {
        const void* slash = std::memchr(rest.data(), '/', rest.size());
        const std::size_t length =
            slash == nullptr
                ? rest.size()
                : static_cast<std::size_t>(static_cast<const char*>(slash) - rest.data());
        const std::size_t before = count;
        values[count++] = rest.substr(0, length);
        if (const auto* table = descend(*node.parameter, rest.substr(length))) return table;
        count = before;
      }
    }
    if (node.wildcard != nullptr) {
      values[count++] = rest;
      return node.wildcard.get();
    }
    return nullptr;
  }
};

/// Percent-decodes a path. An encoded slash becomes NUL, so that it separates nothing while the
/// tree is searched; an encoded NUL has no place in a path: false.
bool decode_path(std::string_view path, std::string& out) {
  const auto hex = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%' && i + 2 < path.size() && hex(path[i + 1]) >= 0 && hex(path[i + 2]) >= 0) {
      const char c = static_cast<char>(hex(path[i + 1]) * 16 + hex(path[i + 2]));
      if (c == '\0') return false;
      out.push_back(c == '/' ? '\0' : c);
      i += 2;
    } else {
      out.push_back(path[i]);
    }
  }
  return true;
}

/// Answers what no route takes: runs inside of the middleware, like a handler.
class MissEndpoint final : public Endpoint {
 public:
  explicit MissEndpoint(Router& router) : router_(router) {}
  Task<Response> call(Request& request) override { return detail::ready(answer(request)); }
  bool call_now(Request& request, Response& response) override {
    response = answer(request);
    return true;
  }

 private:
  Response answer(Request& request) {
    if (request.method == Method::Options && request.target == "*") return Response(204);
    std::string decoded;
    if (!decode_path(request.path, decoded))
      return problem(400, "the path holds an encoded NUL byte");
    const std::string allow = router_.allowed(decoded);
    if (allow.empty()) return problem(404, "no route takes this path");
    if (request.method == Method::Options) {
      Response response(204);
      response.headers.add("Allow", allow);
      return response;
    }
    Response response = problem(405, "the resource exists, but not with this method; use " + allow);
    response.headers.add("Allow", allow);  // RFC 9110 §15.5.6
    return response;
  }
  Router& router_;
};

bool prefix_covers(std::string_view prefix, std::string_view path) noexcept {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    segments.push_back(path.substr(at + 1, end - at - 1));
    at = end;
  }
  return segments;
}

bool begins_with(const std::vector<std::string_view>& segments,
                 const std::vector<std::string_view>& prefix) {
  return segments.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), segments.begin(),
                    [](std::string_view wanted, std::string_view segment) {
                      return wanted.starts_with(':') || wanted == segment;
                    });
}

/// Whether some path of the pattern begins with the prefix, though the pattern's text does not.
bool may_cover(std::string_view prefix, std::string_view pattern) {
  const auto wanted = split(prefix), segments = split(pattern);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i == segments.size()) return false;
    if (segments[i].starts_with('*')) return true;
    const bool open = segments[i].starts_with(':') || wanted[i].starts_with(':');
    if (!open && segments[i] != wanted[i]) return false;
  }
  return true;
}

/// A middleware of a prefix round a route that has paths within it and outside.
class WithinPrefix final : public Middleware {
 public:
  WithinPrefix(std::string prefix, Middleware& inner) : prefix_(std::move(prefix)), inner_(inner) {}
  Task<Response> handle(Request& request, Next next) override {
    return covers(request.path) ? inner_.handle(request, next) : next(request);
  }

 private:
  /// Handlers of a wildcard may pass over empty and dot segments, or take "%2F" for a slash: no
  /// such spelling leads past a guard.
  bool covers(std::string_view path) const {
    std::string decoded;
    if (!decode_path(path, decoded)) return false;  // refused whatever it is
    std::replace(decoded.begin(), decoded.end(), '\0', '/');
    std::vector<std::string_view> written, meant;
    for (const std::string_view segment : split(decoded)) {
      if (segment.empty() || segment == ".") continue;
      written.push_back(segment);
      if (segment != "..") {
        meant.push_back(segment);
      } else if (!meant.empty()) {
        meant.pop_back();
      }
    }
    const auto wanted = split(prefix_);
    return begins_with(written, wanted) || begins_with(meant, wanted);
  }
  const std::string prefix_;
  Middleware& inner_;
};

}  // namespace

struct Router::State {
  Node root;
  std::vector<std::unique_ptr<Route>> routes;
  std::vector<std::unique_ptr<Middleware>> owned;
  std::vector<Middleware*> global;
  struct OfPrefix {
    std::string prefix;
    Middleware* always;
    std::unique_ptr<WithinPrefix> as_path_says;
  };
  std::vector<OfPrefix> by_prefix;
  Route miss;     // no route has the path
  Route refused;  // none with that method, or the path is none

  void refresh_chains() {
    for (const auto& route : routes) {
      route->chain = global;
      for (const OfPrefix& each : by_prefix) {
        if (prefix_covers(each.prefix, route->pattern))
          route->chain.push_back(each.always);
        else if (may_cover(each.prefix, route->pattern))
          route->chain.push_back(each.as_path_says.get());
      }
    }
    miss.chain = global;
    for (const OfPrefix& each : by_prefix) miss.chain.push_back(each.as_path_says.get());
    refused.chain = miss.chain;
  }
};

Router::Router() : state_(std::make_unique<State>()) {
  state_->miss.endpoint = std::make_unique<MissEndpoint>(*this);
  state_->refused.endpoint = std::make_unique<MissEndpoint>(*this);
}

Router::~Router() = default;

Route& Router::add(std::string_view method, std::string_view pattern,
                   std::unique_ptr<Endpoint> endpoint) {
  AVILA_ASSERT(pattern.starts_with('/'));
  AVILA_ASSERT(pattern.size() <= kMaxPatternBytes);
  AVILA_ASSERT(http::is_token(method));
  auto route = std::make_unique<Route>();
  route->pattern = pattern;
  route->method = method;
  route->endpoint = std::move(endpoint);
  Node* node = &state_->root;
  std::unique_ptr<MethodTable>* place = nullptr;
  for (std::size_t at = 0; at < pattern.size();) {
    // A parameter begins a segment; ':' and '*' elsewhere are themselves ("/v1/items:batch").
    std::size_t special = at;
    while (special < pattern.size() && !((pattern[special] == ':' || pattern[special] == '*') &&
                                         special > 0 && pattern[special - 1] == '/')) {
      ++special;
    }
    node = &insert_fixed(*node, pattern.substr(at, special - at));
    if (special == pattern.size()) break;
    const std::size_t end = std::min(pattern.find('/', special), pattern.size());
    route->names.emplace_back(pattern.substr(special + 1, end - special - 1));
    AVILA_ASSERT(route->names.size() <= kMaxParameters);
    if (pattern[special] == '*') {
      AVILA_ASSERT(end == pattern.size() && "a wildcard comes last");
      place = &node->wildcard;
      break;
    }
    if (node->parameter == nullptr) node->parameter = std::make_unique<Node>();
    node = node->parameter.get();
    at = end;
  }
  if (place == nullptr) place = &node->here;
  if (*place == nullptr) *place = std::make_unique<MethodTable>();
  MethodTable* const table = place->get();
  if (method == "*") {
    AVILA_ASSERT(table->any == nullptr && "the route is there already");
    table->any = route.get();
  } else if (const Method known = http::parse_method(method); known != Method::Other) {
    AVILA_ASSERT(table->known[static_cast<std::size_t>(known)] == nullptr &&
                 "the route is there already");
    table->known[static_cast<std::size_t>(known)] = route.get();
  } else {
    AVILA_ASSERT(table->find(known, method) == table->any && "the route is there already");
    table->others.push_back(route.get());
  }
  state_->routes.push_back(std::move(route));
  state_->refresh_chains();
  return *state_->routes.back();
}

void Router::use(std::unique_ptr<Middleware> middleware) {
  state_->global.push_back(middleware.get());
  state_->owned.push_back(std::move(middleware));
  state_->refresh_chains();
}

void Router::use_for(std::string_view prefix, std::unique_ptr<Middleware> middleware) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  AVILA_ASSERT(prefix.empty() || prefix.starts_with('/'));
  state_->by_prefix.push_back({std::string(prefix), middleware.get(),
                               std::make_unique<WithinPrefix>(std::string(prefix), *middleware)});
  state_->owned.push_back(std::move(middleware));
  state_->refresh_chains();
}

void Router::fallback(std::unique_ptr<Endpoint> endpoint) {
  AVILA_ASSERT(endpoint != nullptr);
  state_->miss.endpoint = std::move(endpoint);
}

Router::Match Router::find(Method method, std::string_view method_text, std::string_view path,
                           std::vector<PathParameter>& parameters) const {
  parameters.clear();
  Search search;
  const MethodTable* table = search.descend(state_->root, path);
  if (table == nullptr) return {};
  Match found{table->find(method, method_text), true};
  if (found.route != nullptr) {
    for (std::size_t i = 0; i < search.count; ++i)
      parameters.push_back({found.route->names[i], search.values[i]});
  }
  return found;
}

std::string Router::allowed(std::string_view path) const {
  Search search;
  const MethodTable* table = search.descend(state_->root, path);
  if (table == nullptr) return {};
  std::string list;
  const auto list_method = [&](std::string_view method) {
    if (!list.empty()) list += ", ";
    list += method;
  };
  for (std::size_t i = 0; i < kMethodCount; ++i) {
    const auto method = static_cast<Method>(i);
    if (method != Method::Options && table->find(method, {}) != nullptr)
      list_method(http::to_string(method));
  }
  for (const Route* route : table->others) list_method(route->method);
  list_method("OPTIONS");
  return list;
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> all;
  for (const auto& route : state_->routes) all.push_back(route.get());
  return all;
}

namespace {

const Route& match_request(const Router& router, const Route& miss, const Route& refused,
                           Request& request) {
  if (request.matched_by == &router) return *static_cast<const Route*>(request.match);
  std::string_view path = request.path;
  bool valid = true;
  if (path.find('%') != std::string_view::npos) {
    std::string decoded;
    valid = decode_path(path, decoded);
    path = request.keep(std::move(decoded));
  }
  const Route* route = &refused;
  if (valid && path != "*") {
    const auto found = router.find(request.method, request.method_text, path, request.parameters);
    route = found.route != nullptr ? found.route : found.path_known ? &refused : &miss;
  }
  for (PathParameter& parameter : request.parameters) {
    if (parameter.value.find('\0') == std::string_view::npos) continue;
    std::string value(parameter.value);
    for (char& c : value) c = c == '\0' ? '/' : c;
    parameter.value = request.keep(std::move(value));
  }
  request.route = route->pattern;
  request.matched_by = &router;
  request.match = route;
  return *route;
}

}  // namespace

http::BodyPlan Router::plan_body(Request& head) {
  return match_request(*this, state_->miss, state_->refused, head).plan;
}

bool Router::handle_now(Request& request, Response& response) {
  const Route& route = match_request(*this, state_->miss, state_->refused, request);
  return route.chain.empty() && route.endpoint->call_now(request, response);
}

Task<Response> Router::handle(Request& request) {
  const Route& route = match_request(*this, state_->miss, state_->refused, request);
  return Next(route.chain, 0, *route.endpoint)(request);
}

Task<Response> Next::operator()(Request& request) const {
  if (index_ == chain_->size()) return endpoint_->call(request);
  return (*chain_)[index_]->handle(request, Next(*chain_, index_ + 1, *endpoint_));
}

namespace detail {

Task<Response> flatten(Task<Result<Response>> task) {
  auto result = co_await std::move(task);
  if (result.has_value()) co_return std::move(result).value();
  co_return error_response(result.error());
}

Response flatten(Result<Response> result) {
  return result.has_value() ? std::move(result).value() : error_response(result.error());
}

Task<Response> ready(Response response) { co_return response; }

}  // namespace detail

}  // namespace avila::web
