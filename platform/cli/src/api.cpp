#include "api.hpp"

#include <avila/async/runtime.hpp>
#include <avila/http/client.hpp>
#include <memory>

namespace avila::cli {
namespace {

constexpr Duration kTimeout = minutes(10);  // a query over much data, an index that is filled

}  // namespace

struct Api::State {
  explicit State(Target target_in) : target(std::move(target_in)) {}
  ~State() {
    client.reset();
    runtime.shutdown(seconds(1));
  }

  Target target;
  async::Runtime runtime{{.threads = 1}};
  std::unique_ptr<http::Client> client = std::make_unique<http::Client>(
      runtime, http::ClientOptions{.timeout = kTimeout, .user_agent = "avl"});
};

Result<Api> Api::open(const Arguments& arguments, std::string_view service) {
  AVILA_TRY(Target target, find_target(arguments, service));
  return Api(std::move(target));
}

Api::Api(Target target) : state_(std::make_unique<State>(std::move(target))) {}
Api::Api(Api&&) noexcept = default;
Api::~Api() = default;
const Target& Api::target() const noexcept { return state_->target; }

Result<Reply> Api::send(std::string_view method, const std::string& path, std::string_view body,
                        std::string_view content_type) {
  http::ClientRequest request;
  request.method = method;
  request.url = state_->target.endpoint + path;
  request.body = body;
  request.headers.add("Authorization", "Bearer " + state_->target.api_key);
  if (!body.empty()) request.headers.add("Content-Type", content_type);
  auto response = state_->runtime.block_on(state_->client->send(std::move(request)));
  if (!response.has_value()) {
    const bool refused = response.error().is(Errc::ConnectionRefused);
    Error error = std::move(response).error().context(state_->target.endpoint);
    if (refused) error = std::move(error).with_hint("is the server running? start it with avl up");
    return error;
  }
  const auto etag = response->headers.find("ETag");
  return Reply{response->status, std::move(response->body),
               etag ? std::string(*etag) : std::string()};
}

Result<Reply> Api::call(std::string_view method, const std::string& path, std::string_view body,
                        std::string_view content_type) {
  AVILA_TRY(Reply reply, send(method, path, body, content_type));
  if (reply.status < 400) return reply;
  const auto problem = json::parse(reply.body);
  const json::Value* detail = problem.has_value() ? problem->find("detail") : nullptr;
  const std::string message = detail != nullptr && detail->is_string()
                                  ? std::string(detail->as_string())
                                  : "the server answered " + std::to_string(reply.status);
  const Errc code = reply.status == 401   ? Errc::Unauthenticated
                    : reply.status == 404 ? Errc::NotFound
                    : reply.status == 409 ? Errc::AlreadyExists
                    : reply.status < 500  ? Errc::InvalidArgument
                                          : Errc::Unavailable;
  return Error(code, message);
}

Result<json::Value> Api::call_json(std::string_view method, const std::string& path,
                                   std::string_view body) {
  AVILA_TRY(const Reply reply, call(method, path, body));
  if (reply.body.empty()) return json::Value::make_object();
  return json::parse(reply.body).context("answer of the server");
}

}  // namespace avila::cli
