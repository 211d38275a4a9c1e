#include "api.hpp"

#include <avila/async/runtime.hpp>
#include <avila/http/client.hpp>
#include <avila/http2/client_protocol.hpp>
#include <memory>

#include "client_tls.hpp"

namespace avila::cli {
namespace {

constexpr Duration kTimeout = minutes(10);  // a query over much data, an index that is filled

}  // namespace

struct Api::State {
  State(Target target_in, std::unique_ptr<tls::Security> security_in)
      : target(std::move(target_in)), security(std::move(security_in)) {
    http::ClientOptions options;
    options.timeout = kTimeout;
    options.user_agent = "avl";
    options.security = security.get();
    options.http2 = &http2;
    client = std::make_unique<http::Client>(runtime, std::move(options));
  }
  ~State() {
    client.reset();
    runtime.shutdown(seconds(1));
  }

  Target target;
  std::unique_ptr<tls::Security> security;
  http2::ClientProtocol http2;
  async::Runtime runtime{{.threads = 1}};
  std::unique_ptr<http::Client> client;
};

Result<Api> Api::open(const Arguments& arguments, std::string_view service) {
  AVILA_TRY(Target target, find_target(arguments, service));
  std::unique_ptr<tls::Security> security;
  if (target.endpoint.starts_with("https:")) {
    AVILA_TRY(security, client_security({target.ca_path, false}));
  }
  return Api(std::make_unique<State>(std::move(target), std::move(security)));
}

Api::Api(std::unique_ptr<State> state) : state_(std::move(state)) {}
async::Security* Api::security() const noexcept { return state_->security.get(); }
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
