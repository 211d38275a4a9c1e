#include <algorithm>

#include "call_source.hpp"

namespace avila::grpc {

Result<void> Dispatcher::add(Service service) {
  const std::string prefix = "/" + service.name() + "/";
  const auto first = methods_.lower_bound(prefix);
  if (first != methods_.end() && first->first.starts_with(prefix))
    return Error(Errc::AlreadyExists, "there is a service " + service.name() + " already");
  for (Service::Entry& entry : service.methods())
    if (!methods_.emplace(prefix + entry.name, std::move(entry.run)).second)
      return Error(Errc::AlreadyExists, "there is a method " + prefix + entry.name + " already");
  return {};
}

void Dispatcher::intercept(std::shared_ptr<ServerInterceptor> interceptor) {
  interceptors_.push_back(std::move(interceptor));
}

namespace {

std::optional<ContentType> grpc_type(const http::Request& request) noexcept {
  const auto value = request.header("content-type");
  return value.has_value() ? parse_content_type(*value) : std::nullopt;
}

Task<http::Response> refuse_type() { co_return http::Response(415); }

}  // namespace

http::BodyPlan Dispatcher::plan_body(http::Request& head) {
  // Messages have a limit; a stream of them has none.
  if (grpc_type(head).has_value()) return {true, http::BodyPlan::kServerLimit - 1};
  return fallback_ != nullptr ? fallback_->plan_body(head) : http::BodyPlan{};
}

bool Dispatcher::allows(std::string_view origin) const noexcept {
  const auto& origins = options_.web.allowed_origins;
  return std::any_of(origins.begin(), origins.end(), [origin](const std::string& allowed) {
    return allowed == "*" || allowed == origin;
  });
}

/// A browser asks whether a page of another origin may call (Fetch standard, "CORS-preflight").
bool Dispatcher::preflight(http::Request& request, http::Response& response) const {
  const auto origin = request.header("origin");
  if (request.method != http::Method::Options || !options_.web.enabled || !origin.has_value() ||
      request.header("access-control-request-method") != "POST" ||
      methods_.find(request.path) == methods_.end() || !allows(*origin))
    return false;
  response = http::Response(204);
  response.headers.add("access-control-allow-origin", *origin)
      .add("access-control-allow-methods", "POST")
      .add("access-control-max-age",
           static_cast<std::uint64_t>(options_.web.preflight_age.milliseconds() / 1000))
      .add("vary", "origin");
  if (const auto asked = request.header("access-control-request-headers"))
    response.headers.add("access-control-allow-headers", *asked);
  return true;
}

bool Dispatcher::handle_now(http::Request& request, http::Response& response) {
  const auto type = grpc_type(request);
  if (!type.has_value() && preflight(request, response)) return true;
  if (!type.has_value() || (type->web != WebKind::None && !options_.web.enabled)) {
    if (fallback_ != nullptr) return fallback_->handle_now(request, response);
    response = http::Response::text(415, "application/grpc is spoken here\n");
    return true;
  }
  if (request.method != http::Method::Post) {
    response = http::Response::text(405, "calls are made with POST\n").header("allow", "POST");
    return true;
  }
  if (type->web == WebKind::None && request.major_version < 2) {
    response = http::Response::text(505, "gRPC needs HTTP/2\n");
    return true;
  }
  auto source = std::make_unique<detail::CallSource>(request, type->web, options_, interceptors_);
  const auto method = methods_.find(request.path);
  if (auto prepared = source->prepare(); !prepared.has_value()) {
    source->refuse(prepared.error());
  } else if (method != methods_.end()) {
    source->set_method(method->second);
  } else if (otherwise_) {
    source->set_method(otherwise_);
  } else {
    source->refuse(Error(Code::Unimplemented, "there is no method " + std::string(request.path)));
  }
  response =
      http::Response(200, *request.header("content-type"), http::Body::stream(std::move(source)));
  response.late_head = true;
  response.duplex = true;
  response.headers.add("grpc-accept-encoding", kAcceptEncoding);
  const auto origin = request.header("origin");
  if (type->web != WebKind::None && origin.has_value() && allows(*origin)) {
    response.headers.add("access-control-allow-origin", *origin)
        .add("access-control-expose-headers", "*")
        .add("vary", "origin");
  }
  return true;
}

Task<http::Response> Dispatcher::handle(http::Request& request) {
  return fallback_ != nullptr ? fallback_->handle(request) : refuse_type();
}

}  // namespace avila::grpc
