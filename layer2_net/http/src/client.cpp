#include <avila/future/sleep.hpp>
#include <avila/http/client.hpp>
#include <avila/http/content_coding.hpp>
#include <avila/text/encoding.hpp>
#include <avila/url/percent.hpp>
#include <avila/url/url.hpp>

#include <memory>
#include "client_connection.hpp"

namespace avila::http {

namespace {

using ConnectionPointer = std::unique_ptr<detail::ClientConnection>;
using StatePointer = std::shared_ptr<Client::State>;

std::string basic_credentials(std::string_view username, std::string_view password) {
  const std::string pair = url::percent_decode(username) + ":" + url::percent_decode(password);
  return "Basic " + text::base64_encode(as_bytes(pair));
}

bool is_client_field(std::string_view name) noexcept {
  for (const std::string_view each :
       {"host", "connection", "content-length", "transfer-encoding", "expect"}) {
    if (equal_ignoring_case(name, each)) return true;
  }
  return false;
}

/// Whoever names codings takes what they get as it is. Ranges are of the coded bytes.
bool decodes(const ClientRequest& request, const ClientOptions& options) noexcept {
  return options.decompress && !request.headers.contains("accept-encoding") &&
         !request.headers.contains("range");
}

/// Decodes what can be; a coding that is not known is handed on as it came.
void decode(StreamedResponse& response, const ClientOptions& options) {
  const DecodeLimits limits{.body_bytes = options.decompressed_bytes};
  const std::string value = response.headers.combined("content-encoding");
  const auto codings = parse_content_encoding(value, limits);
  if (!codings.has_value() || codings->empty()) return;
  response.headers.remove("content-encoding");
  response.headers.remove("content-length");
  response.body = decode_body(std::move(response.body), *codings, limits);
}

/// The request as it goes on the wire, body included.
std::string serialize(const ClientRequest& request, const url::Url& target,
                      const ClientOptions& options, const url::Url* plain_proxy) {
  std::string out = request.method + " ";
  if (plain_proxy != nullptr) {
    out += target.scheme();  // RFC 9112 §3.2.2: a proxy wants the absolute form
    out.append("://").append(target.host());
  }
  out += target.request_target();
  out += " HTTP/1.1\r\nHost: ";
  out += target.host();
  out += "\r\n";
  for (const Field& field : request.headers) {
    if (!is_client_field(field.name))
      out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  Headers more;
  if (!request.headers.contains("user-agent") && !options.user_agent.empty())
    more.add("User-Agent", options.user_agent);
  if (!request.headers.contains("accept")) more.add("Accept", "*/*");
  if (decodes(request, options)) more.add("Accept-Encoding", kAcceptEncoding);
  if (!target.username().empty() && !request.headers.contains("authorization"))
    more.add("Authorization", basic_credentials(target.username(), target.password()));
  if (plain_proxy != nullptr && !plain_proxy->username().empty())
    more.add("Proxy-Authorization",
             basic_credentials(plain_proxy->username(), plain_proxy->password()));
  const Method method = parse_method(request.method);
  const bool expects_body =
      method == Method::Post || method == Method::Put || method == Method::Patch;
  if (!request.body.empty() || expects_body)  // RFC 9110 §8.6
    more.add("Content-Length", std::uint64_t{request.body.size()});
  out += more.wire();
  out += "\r\n";
  out += request.body;
  return out;
}

/// CONNECT through a proxy (RFC 9110 §9.3.6).
Task<Result<void>> open_tunnel(detail::ClientConnection& connection, const url::Url& target,
                               const url::Url& proxy, ParseLimits limits, CancelToken cancel) {
  const std::string authority =
      std::string(target.hostname()) + ":" + std::to_string(target.effective_port());
  std::string request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!proxy.username().empty())
    request +=
        "Proxy-Authorization: " + basic_credentials(proxy.username(), proxy.password()) + "\r\n";
  request += "\r\n";
  auto written = co_await connection.transport->write_all(as_bytes(request), cancel);
  AVILA_CO_TRY_VOID(std::move(written));
  auto head_bytes = co_await detail::read_head(connection, limits, cancel);
  AVILA_CO_TRY(const std::size_t length, std::move(head_bytes));
  ResponseHead head;
  AVILA_CO_TRY_VOID(parse_response_head(std::string_view(connection.received).substr(0, length),
                                        limits, Method::Connect, head));
  if (head.status / 100 != 2)
    co_return Error(Errc::ConnectionRefused,
                    "the proxy answered CONNECT with " + std::to_string(head.status));
  connection.received.erase(0, length);
  co_return Result<void>();
}

Task<Result<ConnectionPointer>> connect_to(StatePointer state, url::Url target,
                                           std::optional<url::Url> proxy, std::string key,
                                           CancelToken cancel) {
  const url::Url& first = proxy ? *proxy : target;
  auto connected = co_await state->connector->connect(std::string(first.peer_host()),
                                                      first.effective_port(), cancel);
  AVILA_CO_TRY(auto transport, std::move(connected).context("connect to " + first.host()));
  auto connection = std::make_unique<detail::ClientConnection>();
  connection->transport = std::move(transport);
  connection->key = std::move(key);
  if (target.scheme() == "https") {
    if (proxy) {
      auto tunnel =
          co_await open_tunnel(*connection, target, *proxy, state->options.limits, cancel);
      AVILA_CO_TRY_VOID(std::move(tunnel));
    }
    auto secured = co_await state->connector->secure(std::move(connection->transport),
                                                     std::string(target.peer_host()), cancel);
    AVILA_CO_TRY(auto secure_transport, std::move(secured));
    connection->transport = std::move(secure_transport);
  }
  co_return Result<ConnectionPointer>(std::move(connection));
}

/// One request over one connection, up to the head of the final response.
Task<Result<StreamedResponse>> exchange(StatePointer state, ConnectionPointer connection,
                                        std::string wire, Method method, ParseLimits limits,
                                        CancelToken cancel, CancelToken body_cancel) {
  auto written = co_await connection->transport->write_all(as_bytes(wire), cancel);
  // A server may answer and close before it has read everything: its answer counts.
  if (!written.has_value() && cancel.cancelled()) co_return std::move(written).error();
  ResponseHead head;
  while (true) {
    auto read = co_await detail::read_head(*connection, limits, cancel);
    AVILA_CO_TRY(const std::size_t length, std::move(read));
    const std::string_view text = std::string_view(connection->received).substr(0, length);
    AVILA_CO_TRY_VOID(parse_response_head(text, limits, method, head));
    if (head.status / 100 == 1 && head.status != 101) {  // RFC 9110 §15.2: interim
      connection->received.erase(0, length);
      continue;
    }
    StreamedResponse response;
    response.status = head.status;
    for (const Field& field : head.fields) response.headers.add(field.name, field.value);
    const bool keep = head.facts.keep_alive && written.has_value();
    const Framing framing = head.facts.framing;
    connection->received.erase(0, length);
    response.body = std::make_unique<detail::ClientBody>(
        std::move(state), std::move(connection), framing, limits, keep, std::move(body_cancel));
    co_return Result<StreamedResponse>(std::move(response));
  }
}

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// RFC 9110 §15.4: what the next request is.
Result<url::Url> follow(ClientRequest& request, const url::Url& from, int status,
                        std::string_view location) {
  AVILA_TRY(url::Url to, url::Url::parse(location, &from).context("Location"));
  if (to.scheme() != "http" && to.scheme() != "https")
    return Error(Errc::Unsupported, "a redirect to another scheme than http");
  const bool becomes_get = status == 303
                               ? request.method != "HEAD"
                               : (status == 301 || status == 302) && request.method == "POST";
  if (becomes_get) {
    request.method = "GET";
    request.body.clear();
    request.headers.remove("content-type");
  }
  if (to.origin() != from.origin()) {  // secrets stay with the origin they were for
    request.headers.remove("authorization");
    request.headers.remove("cookie");
  }
  return to;
}

Task<Result<StreamedResponse>> open_request(StatePointer state, ClientRequest request,
                                            CancelToken cancel, CancelToken body_cancel) {
  const ClientOptions& options = state->options;
  AVILA_CO_TRY(url::Url target, url::Url::parse(request.url).context("request URL"));
  if (target.scheme() != "http" && target.scheme() != "https")
    co_return Error(Errc::Unsupported, "the URL's scheme is neither http nor https");
  if (!is_token(request.method)) co_return Error(Errc::InvalidArgument, "the method is no token");
  std::optional<url::Url> proxy;
  if (!options.proxy.empty()) {
    AVILA_CO_TRY(proxy, url::Url::parse(options.proxy).context("proxy URL"));
  }
  ParseLimits limits = options.limits;
  limits.body_bytes = kUnlimited;  // send() has its own limit, streams have none
  for (std::uint32_t redirects = 0;; ++redirects) {
    const bool plain_proxy = proxy && target.scheme() == "http";
    const std::string key = (plain_proxy ? "proxy " + proxy->host() : target.origin());
    const Method method = parse_method(request.method);
    const std::string wire = serialize(request, target, options, plain_proxy ? &*proxy : nullptr);
    std::optional<StreamedResponse> response;
    for (std::uint32_t attempt = 0; !response; ++attempt) {
      ConnectionPointer connection = state->take(key);
      if (connection == nullptr) {
        auto connected = co_await connect_to(state, target, proxy, key, cancel);
        AVILA_CO_TRY(connection, std::move(connected));
      }
      const bool reused = connection->reused;
      auto got = co_await exchange(state, std::move(connection), wire, method, limits, cancel,
                                   body_cancel);
      if (got.has_value()) {
        response.emplace(std::move(*got));
        break;
      }
      // RFC 9110 §9.2.2: what is idempotent may be sent again when the connection broke; an idle
      // one that the server was just closing costs no attempt of those that were asked for.
      const Error& error = got.error();
      const bool broke = error.is(Errc::Closed) || error.is(Errc::ConnectionReset);
      const bool again = broke && is_idempotent(method) && !cancel.cancelled() &&
                         attempt < options.retries + (reused ? 1 : 0);
      if (!again) co_return std::move(got).error().context(request.method + " " + target.host());
    }
    response->url = target.href();
    if (decodes(request, options) && method != Method::Head) decode(*response, options);
    const auto location = response->headers.find("location");
    if (!request.follow_redirects || !is_redirect(response->status) || !location) {
      co_return Result<StreamedResponse>(std::move(*response));
    }
    if (redirects == options.redirects)
      co_return Error(Errc::LimitExceeded, "too many redirects",
                      {.hint = "see ClientOptions::redirects"});
    AVILA_CO_TRY(url::Url next, follow(request, target, response->status, *location));
    // A short body is read away, so that the connection can be used again.
    auto ignored = co_await response->body->read_all(64 * 1024);
    (void)ignored;  // the connection is closed then, nothing else depends on it
    target = std::move(next);
  }
}

}  // namespace

Client::Client(async::Executor& executor, ClientOptions options)
    : state_(std::make_shared<State>(executor, std::move(options))) {}

Client::~Client() = default;

Task<Result<ClientResponse>> Client::send(ClientRequest request, CancelToken cancel) {
  const StatePointer state = state_;
  const Duration limit =
      request.timeout > Duration::zero() ? request.timeout : state->options.timeout;
  future::Deadline deadline(limit, cancel);
  auto opened =
      co_await open_request(state, std::move(request), deadline.token(), deadline.token());
  if (!opened.has_value()) co_return deadline.translate(std::move(opened).error(), "the request");
  ClientResponse response;
  auto body = co_await opened->body->read_all(state->options.limits.body_bytes);
  if (!body.has_value()) co_return deadline.translate(std::move(body).error(), "the response");
  response.status = opened->status;
  response.headers = std::move(opened->headers);
  response.trailers = opened->body->trailers();
  response.url = std::move(opened->url);
  response.body = std::move(*body);
  co_return Result<ClientResponse>(std::move(response));
}

Task<Result<ClientResponse>> Client::get(std::string url, CancelToken cancel) {
  ClientRequest request;
  request.url = std::move(url);
  return send(std::move(request), std::move(cancel));
}

Task<Result<ClientResponse>> Client::post(std::string url, std::string content_type,
                                          std::string body, CancelToken cancel) {
  ClientRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.add("Content-Type", content_type);
  request.body = std::move(body);
  return send(std::move(request), std::move(cancel));
}

Task<Result<StreamedResponse>> Client::open(ClientRequest request, CancelToken cancel) {
  const StatePointer state = state_;
  const Duration limit =
      request.timeout > Duration::zero() ? request.timeout : state->options.timeout;
  future::Deadline deadline(limit, cancel);
  auto opened = co_await open_request(state, std::move(request), deadline.token(), cancel);
  if (!opened.has_value()) co_return deadline.translate(std::move(opened).error(), "the request");
  co_return opened;
}

std::size_t Client::idle_connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->idle_count;
}

}  // namespace avila::http
