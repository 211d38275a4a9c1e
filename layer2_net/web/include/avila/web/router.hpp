// Router: finds the handler of a path in a radix tree, runs middleware round it, answers what has
// no handler (404, 405 with Allow, OPTIONS), and describes its routes (OpenAPI).
#pragma once
#include <avila/http/message.hpp>
#include <avila/web/middleware.hpp>
#include <avila/web/route.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace avila::web {

/// Patterns: "/users/:id/files/*path". A `:name` takes one segment that is not empty, a `*name`
/// (last) takes the rest, which may be empty. Fixed text wins over `:name`, which wins over `*`.
/// Two patterns that differ in names only are the same one; the same method twice is an assertion
/// failure. Paths compare percent-decoded, but "%2F" never separates segments.
///
/// Handlers are callables of `Request&` that give Response, Result<Response>, Task<Response> or
/// Task<Result<Response>>; errors become problem documents. A handler may be a lambda that calls
/// a coroutine, but not a coroutine lambda with captures. Add all routes before the first request:
/// lookups take no lock. Thread-safe afterwards.
class Router final : public http::Handler {
 public:
  Router();
  ~Router() override;
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// Methods by their names; "*" takes every method that has no handler of its own.
  Route& add(std::string_view method, std::string_view pattern, std::unique_ptr<Endpoint> endpoint);
  template <class F>
    requires std::is_invocable_v<F&, Request&>
  Route& add(std::string_view method, std::string_view pattern, F handler) {
    return add(method, pattern,
               std::unique_ptr<Endpoint>(new detail::FunctionEndpoint<F>(std::move(handler))));
  }
  template <class F>
  Route& get(std::string_view pattern, F handler) {
    return add("GET", pattern, std::move(handler));
  }
  template <class F>
  Route& post(std::string_view pattern, F handler) {
    return add("POST", pattern, std::move(handler));
  }
  template <class F>
  Route& put(std::string_view pattern, F handler) {
    return add("PUT", pattern, std::move(handler));
  }
  template <class F>
  Route& patch(std::string_view pattern, F handler) {
    return add("PATCH", pattern, std::move(handler));
  }
  template <class F>
  Route& erase(std::string_view pattern, F handler) {
    return add("DELETE", pattern, std::move(handler));
  }

  /// A WebSocket: `session` is Task<void>(websocket::Connection&, CancelToken), one copy of it for
  /// each connection; `options` are websocket::AcceptOptions. Wants <avila/web/websocket.hpp>.
  template <class F>
  Route& websocket(std::string_view pattern, F session);
  template <class F, class Options>
  Route& websocket(std::string_view pattern, F session, Options options);

  /// Runs round every request, also those that no route takes; first added is outermost.
  void use(std::unique_ptr<Middleware> middleware);
  template <class F>
    requires std::is_invocable_r_v<Task<Response>, F&, Request&, Next>
  void use(F function) {
    use(std::unique_ptr<Middleware>(new FunctionMiddleware<F>(std::move(function))));
  }
  /// Runs inside of those, round the requests whose path begins with `prefix` (whole segments; a
  /// `:name` in it is any one): those of wildcards and parameters, preflights and misses too.
  void use_for(std::string_view prefix, std::unique_ptr<Middleware> middleware);

  /// Answers what no route takes, instead of the 404 problem document; 405 and OPTIONS stay.
  void fallback(std::unique_ptr<Endpoint> endpoint);

  struct Match {
    const Route* route = nullptr;  ///< null: nothing, or not with that method
    bool path_known = false;       ///< some method has it: 405
  };
  /// Looks up a path that is decoded already. Fills `parameters` in; their memory is used again.
  Match find(http::Method method, std::string_view method_text, std::string_view path,
             std::vector<http::PathParameter>& parameters) const;
  /// "GET, HEAD, OPTIONS" for the pattern that takes the path; "" for none.
  std::string allowed(std::string_view path) const;

  std::vector<const Route*> routes() const;  ///< in the order they were added

  http::BodyPlan plan_body(Request& head) override;
  bool handle_now(Request& request, Response& response) override;
  Task<Response> handle(Request& request) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace avila::web
