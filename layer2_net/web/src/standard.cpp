#include <algorithm>
#include <avila/future/scheduler.hpp>
#include <avila/future/sleep.hpp>
#include <avila/hash/xxh3.hpp>
#include <avila/http/conditional.hpp>
#include <avila/random/chacha.hpp>
#include <avila/text/encoding.hpp>
#include <avila/web/problem.hpp>
#include <avila/web/standard.hpp>
#include <memory>

namespace avila::web {

namespace {

Task<Response> ready(Response response) { co_return response; }

bool has_whole_body(const Response& response) noexcept {
  return response.body.kind() == http::Body::Kind::Text ||
         response.body.kind() == http::Body::Kind::Shared;
}

class AccessLog final : public Middleware {
 public:
  explicit AccessLog(std::function<void(const AccessRecord&)> write) : write_(std::move(write)) {}
  Task<Response> handle(Request& request, Next next) override {
    future::Scheduler& scheduler = future::Scheduler::require();
    const Instant began = scheduler.now();
    auto response = co_await next(request);
    const auto* id = request.attachment<RequestId>();
    const std::string_view id_text = id != nullptr ? std::string_view(id->text) : "";
    write_({request.method_text, request.target, request.route, request.peer, id_text,
            response.status, response.body.length(), scheduler.now() - began});
    co_return response;
  }

 private:
  std::function<void(const AccessRecord&)> write_;
};

class AssignRequestId final : public Middleware {
 public:
  explicit AssignRequestId(std::string header) : header_(std::move(header)) {}
  Task<Response> handle(Request& request, Next next) override {
    std::string id(request.header(header_).value_or(""));
    const auto odd = [](char c) { return c <= ' ' || c >= 0x7f || c == '"' || c == '\\'; };
    if (id.empty() || id.size() > 128 || std::any_of(id.begin(), id.end(), odd)) {
      std::byte bytes[16];
      random::secure_random().fill(bytes);
      id = text::hex_encode(bytes);
    }
    request.attach(RequestId{id});
    auto response = co_await next(request);
    response.headers.set(header_, id);
    co_return response;
  }

 private:
  std::string header_;
};

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out.append(out.empty() ? "" : ", ").append(part);
  return out;
}

class Cors final : public Middleware {
 public:
  explicit Cors(CorsOptions options) : options_(std::move(options)) {
    any_ = options_.origins.size() == 1 && options_.origins[0] == "*";
  }
  Task<Response> handle(Request& request, Next next) override {
    const auto origin = request.header("origin");
    const std::string origin_text(origin.value_or(""));
    const bool allowed =
        origin && (any_ || std::find(options_.origins.begin(), options_.origins.end(),
                                     origin_text) != options_.origins.end());
    if (origin && request.method == http::Method::Options &&
        request.header("access-control-request-method")) {
      Response response(204);
      vary(response);
      if (allowed) {
        allow(origin_text, response);
        response.headers.add("Access-Control-Allow-Methods", join(options_.methods));
        response.headers.add("Access-Control-Allow-Headers", join(options_.headers));
        response.headers.add("Access-Control-Max-Age",
                             static_cast<std::uint64_t>(options_.max_age.ns / 1'000'000'000));
      }
      co_return response;
    }
    auto response = co_await next(request);
    vary(response);
    if (allowed) {
      allow(origin_text, response);
      if (!options_.exposed.empty())
        response.headers.add("Access-Control-Expose-Headers", join(options_.exposed));
    }
    co_return response;
  }

 private:
  // Refusals too: a cache must not show what one origin may see, or may not, to another one.
  void vary(Response& response) const {
    if (!any_) response.headers.add("Vary", "Origin");
  }
  void allow(const std::string& origin, Response& response) const {
    response.headers.set("Access-Control-Allow-Origin", any_ ? "*" : std::string_view(origin));
    if (!any_ && options_.credentials)
      response.headers.set("Access-Control-Allow-Credentials", "true");
  }
  CorsOptions options_;
  bool any_;
};

class Authenticate final : public Middleware {
 public:
  explicit Authenticate(std::function<Task<std::optional<Response>>(Request&)> check)
      : check_(std::move(check)) {}
  Task<Response> handle(Request& request, Next next) override {
    auto refused = co_await check_(request);
    if (refused.has_value()) co_return std::move(*refused);
    auto response = co_await next(request);
    co_return response;
  }

 private:
  std::function<Task<std::optional<Response>>(Request&)> check_;
};

class CsrfGuard final : public Middleware {
 public:
  explicit CsrfGuard(std::vector<std::string> trusted) : trusted_(std::move(trusted)) {}
  Task<Response> handle(Request& request, Next next) override {
    if (http::is_safe(request.method) || same_site(request)) return next(request);
    return ready(problem(403, "the request comes from another site's page"));
  }

 private:
  bool same_site(const Request& request) const {
    const auto origin = request.header("origin");
    if (origin && std::find(trusted_.begin(), trusted_.end(), *origin) != trusted_.end())
      return true;
    if (const auto site = request.header("sec-fetch-site"))
      return *site == "same-origin" || *site == "none";
    if (!origin) return true;
    const std::size_t scheme = origin->find("://");
    return scheme != std::string_view::npos && origin->substr(scheme + 3) == request.host;
  }
  std::vector<std::string> trusted_;
};

class Timeout final : public Middleware {
 public:
  explicit Timeout(Duration limit) : limit_(limit) {}
  Task<Response> handle(Request& request, Next next) override {
    const future::CancelToken outer = request.cancel;
    future::Deadline deadline(limit_, outer);
    request.cancel = deadline.token();
    auto response = co_await next(request);
    request.cancel = outer;
    if (deadline.expired()) co_return problem(503, "the request took too long");
    co_return response;
  }

 private:
  Duration limit_;
};

class AddEtag final : public Middleware {
 public:
  Task<Response> handle(Request& request, Next next) override {
    auto response = co_await next(request);
    const bool reads = request.method == http::Method::Get || request.method == http::Method::Head;
    if (!reads || response.status != 200 || !has_whole_body(response)) co_return response;
    std::string tag(response.headers.find("etag").value_or(""));
    if (tag.empty()) {
      const std::uint64_t digest = hash::xxh3_64(response.body.bytes());
      std::byte bytes[8];
      for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(digest >> (56 - 8 * i));
      tag = http::make_etag(text::hex_encode(bytes), true);
      response.headers.add("ETag", tag);
    }
    http::Validators validators;
    validators.etag = tag;
    if (http::evaluate_preconditions(request, validators) == http::Precondition::NotModified) {
      response.status = 304;
      response.body = http::Body();
      response.headers.remove("Content-Type");
    }
    co_return response;
  }
};

class SecurityHeaders final : public Middleware {
 public:
  explicit SecurityHeaders(std::string policy) : policy_(std::move(policy)) {}
  Task<Response> handle(Request& request, Next next) override {
    auto response = co_await next(request);
    const auto add = [&](std::string_view name, std::string_view value) {
      if (!value.empty() && !response.headers.contains(name)) response.headers.add(name, value);
    };
    add("X-Content-Type-Options", "nosniff");
    add("Referrer-Policy", "strict-origin-when-cross-origin");
    add("X-Frame-Options", "DENY");
    add("Content-Security-Policy", policy_);
    co_return response;
  }

 private:
  std::string policy_;
};

}  // namespace

std::unique_ptr<Middleware> access_log(std::function<void(const AccessRecord&)> write) {
  return std::make_unique<AccessLog>(std::move(write));
}
std::unique_ptr<Middleware> request_id(std::string header) {
  return std::make_unique<AssignRequestId>(std::move(header));
}
std::unique_ptr<Middleware> cors(CorsOptions options) {
  return std::make_unique<Cors>(std::move(options));
}
std::unique_ptr<Middleware> authenticate(
    std::function<Task<std::optional<Response>>(Request&)> check) {
  return std::make_unique<Authenticate>(std::move(check));
}
std::unique_ptr<Middleware> csrf_guard(std::vector<std::string> trusted_origins) {
  return std::make_unique<CsrfGuard>(std::move(trusted_origins));
}
std::unique_ptr<Middleware> timeout(Duration limit) { return std::make_unique<Timeout>(limit); }
std::unique_ptr<Middleware> etag() { return std::make_unique<AddEtag>(); }
std::unique_ptr<Middleware> security_headers(std::string content_security_policy) {
  return std::make_unique<SecurityHeaders>(std::move(content_security_policy));
}

std::string_view bearer_token(const Request& request) noexcept {
  const std::string_view value = request.header("authorization").value_or("");
  if (value.size() < 8 || !http::equal_ignoring_case(value.substr(0, 7), "bearer ")) return {};
  return http::trim_ows(value.substr(7));
}

}  // namespace avila::web
