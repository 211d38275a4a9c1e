// One route: what it calls, how its body is taken, what OpenAPI says of it.
#pragma once
#include <avila/error/result.hpp>
#include <avila/http/message.hpp>
#include <avila/web/middleware.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace avila::web {

/// Limits of a route table; past them add() is an assertion failure: routes are the program's own.
inline constexpr std::size_t kMaxParameters = 16;
inline constexpr std::size_t kMaxPatternBytes = 512;

/// The response to an error of a handler: a problem document (RFC 9457) whose status follows from
/// the error's code (NotFound 404, InvalidArgument 400, Conflict 409, …). Messages of errors that
/// are the server's own fault (5xx) are not sent.
Response error_response(const Error& error);
int status_of(Errc code) noexcept;

/// What a route calls.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual Task<Response> call(Request& request) = 0;
  /// True, and the response filled in, where the handler is no coroutine.
  virtual bool call_now(Request& request, Response& response) {
    (void)request, (void)response;
    return false;
  }
};

namespace detail {
Task<Response> flatten(Task<Result<Response>> task);
Task<Response> ready(Response response);
Response flatten(Result<Response> result);
inline Response flatten(Response response) { return response; }

template <class F>
class FunctionEndpoint final : public Endpoint {
  using Given = std::invoke_result_t<F&, Request&>;

 public:
  explicit FunctionEndpoint(F function) : function_(std::move(function)) {}
  Task<Response> call(Request& request) override {
    if constexpr (std::is_same_v<Given, Task<Response>>) {
      return function_(request);
    } else if constexpr (std::is_same_v<Given, Task<Result<Response>>>) {
      return flatten(function_(request));
    } else {
      return ready(flatten(function_(request)));
    }
  }
  bool call_now(Request& request, Response& response) override {
    if constexpr (std::is_same_v<Given, Response> || std::is_same_v<Given, Result<Response>>) {
      response = flatten(function_(request));
      return true;
    } else {
      return (void)request, (void)response, false;
    }
  }

 private:
  F function_;
};
}  // namespace detail

/// What OpenAPI says of one input or answer. Schemas are JSON Schema texts.
struct ParameterDoc {
  std::string name;
  std::string in;  ///< "path", "query" or "header"
  std::string description;
  bool required = false;
  std::string schema = R"({"type":"string"})";
};
struct ResponseDoc {
  int status;
  std::string description;
  std::string schema;  ///< empty: no body described
  std::string media_type = "application/json";
};

/// One method of one pattern. The setters chain: router.get(…).summary("…").stream_body();
class Route {
 public:
  Route& summary(std::string text) { return docs.summary = std::move(text), *this; }
  Route& description(std::string text) { return docs.description = std::move(text), *this; }
  Route& tag(std::string name) { return docs.tags.push_back(std::move(name)), *this; }
  Route& operation_id(std::string id) { return docs.operation_id = std::move(id), *this; }
  Route& parameter(ParameterDoc doc) { return docs.parameters.push_back(std::move(doc)), *this; }
  Route& response(ResponseDoc doc) { return docs.responses.push_back(std::move(doc)), *this; }
  Route& request_schema(std::string schema, std::string media_type = "application/json") {
    docs.request_schema = std::move(schema);
    docs.request_media_type = std::move(media_type);
    return *this;
  }
  /// Left out of the OpenAPI document.
  Route& hidden() { return docs.hidden = true, *this; }
  /// The handler reads Request::stream itself; Request::body stays empty.
  Route& stream_body() { return plan.stream = true, *this; }
  Route& max_body(std::uint64_t bytes) { return plan.limit_bytes = bytes, *this; }

  std::string pattern;
  std::string method;
  std::vector<std::string> names;  ///< of the parameters, in order
  std::unique_ptr<Endpoint> endpoint;
  std::vector<Middleware*> chain;
  http::BodyPlan plan;
  struct Docs {
    std::string summary, description, operation_id, request_schema, request_media_type;
    std::vector<std::string> tags;
    std::vector<ParameterDoc> parameters;
    std::vector<ResponseDoc> responses;
    bool hidden = false;
  } docs;
};

}  // namespace avila::web
