// Ready-made middleware. Each is added with Router::use() or use_for(); the order is the order of
// adding, outermost first: log, request id, CORS, auth, CSRF, time-out, compression
// (compression.hpp), ETag.
#pragma once
#include <avila/primitives/duration.hpp>
#include <avila/web/middleware.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::web {

struct AccessRecord {
  std::string_view method, target, route, peer, request_id;
  int status;
  std::optional<std::uint64_t> body_bytes;  ///< of the response, where known
  Duration took;                            ///< until the response's head was there
};
/// Calls `write` after each request.
std::unique_ptr<Middleware> access_log(std::function<void(const AccessRecord&)> write);

/// The id of a request, attached by request_id().
struct RequestId {
  std::string text;
};
/// Takes X-Request-Id where it is 1 to 128 visible characters without quotes, else makes one;
/// answers with it.
std::unique_ptr<Middleware> request_id(std::string header = "X-Request-Id");

struct CorsOptions {
  std::vector<std::string>
      origins;  ///< "https://a.example"; "*" alone means any, without credentials
  std::vector<std::string> methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  std::vector<std::string> headers = {"Content-Type", "Authorization"};
  std::vector<std::string> exposed;
  bool credentials = false;
  Duration max_age = seconds(600);
};
/// Cross-origin requests (Fetch Standard §3.2); answers preflights.
std::unique_ptr<Middleware> cors(CorsOptions options);

/// `check` attaches who it is to the request and gives nothing, or gives the response that refuses.
std::unique_ptr<Middleware> authenticate(
    std::function<Task<std::optional<Response>>(Request&)> check);
/// The token of "Authorization: Bearer …"; "" where there is none.
std::string_view bearer_token(const Request& request) noexcept;

/// Refuses unsafe methods that another site's page sends: by Sec-Fetch-Site, else by Origin against
/// Host (and `trusted_origins`). Requests without both come from no browser, and pass.
std::unique_ptr<Middleware> csrf_guard(std::vector<std::string> trusted_origins = {});

/// Answers 503 when the handler takes longer; the request's CancelToken is cancelled, and the
/// handler is awaited.
std::unique_ptr<Middleware> timeout(Duration limit);

/// Gives whole 200 responses to GET an ETag of their bytes, and 304 where the client has them.
std::unique_ptr<Middleware> etag();

/// X-Content-Type-Options, Referrer-Policy, X-Frame-Options and, where given, a
/// Content-Security-Policy, unless the handler set them.
std::unique_ptr<Middleware> security_headers(std::string content_security_policy = {});

}  // namespace avila::web
