#include <atomic>
#include <avila/future/sleep.hpp>
#include <avila/http/client.hpp>
#include <avila/http/content_coding.hpp>
#include <avila/http/cookies.hpp>
#include <avila/os/clock.hpp>
#include <avila/text/encoding.hpp>
#include <avila/url/percent.hpp>
#include <avila/url/url.hpp>

#include <memory>
#include "client_connection.hpp"
#include "client_proxy.hpp"

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

/// Where a request goes, and how.
struct Place {
  url::Url target;
  std::optional<url::Url> proxy;
  std::string key;           // of the pool
  bool plain_proxy = false;  // which is given the request itself
  bool may_share = false;    // HTTP/2 may be spoken there
};

bool is_secure(const url::Url& target) noexcept { return target.scheme() == "https"; }

Result<Place> place_of(const ClientOptions& options, url::Url target, std::string_view method) {
  if (!is_secure(target) && target.scheme() != "http")
    return Error(Errc::Unsupported, "the URL's scheme is neither http nor https");
  Place place;
  AVILA_TRY(place.proxy, detail::choose_proxy(options, target));
  place.plain_proxy = place.proxy && !is_secure(target);
  place.key = place.plain_proxy ? "proxy " + place.proxy->host() : target.origin();
  place.may_share = options.http2 != nullptr && !place.plain_proxy && method != "CONNECT" &&
                    (is_secure(target) || options.http2_prior_knowledge);
  place.target = std::move(target);
  return place;
}

WallTime wall(const ClientOptions& options) {
  return (options.clock != nullptr ? *options.clock : os::real_clock()).wall();
}

std::string cookies_for(Client::State& state, const url::Url& target) {
  if (state.options.cookies == nullptr) return {};
  const std::lock_guard lock(state.cookie_mutex);
  return state.options.cookies->header(target.peer_host(), target.pathname(), is_secure(target),
                                       wall(state.options));
}

void keep_cookies(Client::State& state, const url::Url& target, const Headers& headers) {
  if (state.options.cookies == nullptr) return;
  const std::lock_guard lock(state.cookie_mutex);
  for (const Field& field : headers) {
    if (equal_ignoring_case(field.name, "set-cookie"))
      (void)state.options.cookies->store(field.value, target.peer_host(), target.pathname(),
                                         is_secure(target), wall(state.options));
  }
}

/// The request with all the fields that it goes with, but those of framing.
std::shared_ptr<const ClientRequest> complete(const ClientRequest& request, const Place& place,
                                              Client::State& state) {
  const ClientOptions& options = state.options;
  auto whole = std::make_shared<ClientRequest>();
  whole->method = request.method;
  whole->url = place.target.href();
  whole->body = request.body;
  whole->body_reader = request.body_reader;
  whole->body_length = request.body_length;
  whole->expect_continue = request.expect_continue;
  whole->on_interim = request.on_interim;
  whole->timeout = request.timeout;
  Headers& headers = whole->headers;
  for (const Field& field : request.headers)
    if (!is_client_field(field.name)) headers.add(field.name, field.value);
  if (!headers.contains("user-agent") && !options.user_agent.empty())
    headers.add("User-Agent", options.user_agent);
  if (!headers.contains("accept")) headers.add("Accept", "*/*");
  if (decodes(request, options)) headers.add("Accept-Encoding", kAcceptEncoding);
  const url::Url& target = place.target;
  if (!target.username().empty() && !headers.contains("authorization"))
    headers.add("Authorization", basic_credentials(target.username(), target.password()));
  if (place.plain_proxy && !place.proxy->username().empty())
    headers.add("Proxy-Authorization",
                basic_credentials(place.proxy->username(), place.proxy->password()));
  const std::string cookies = cookies_for(state, target);
  if (!cookies.empty() && !headers.contains("cookie")) headers.add("Cookie", cookies);
  return whole;
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
  for (int interim = 0; interim <= detail::kInterimMax; ++interim) {
    auto head_bytes = co_await detail::read_head(connection, limits, cancel);
    AVILA_CO_TRY(const std::size_t length, std::move(head_bytes));
    ResponseHead head;
    AVILA_CO_TRY_VOID(parse_response_head(std::string_view(connection.received).substr(0, length),
                                          limits, Method::Connect, head));
    const int status = head.status;
    connection.received.erase(0, length);
    if (status / 100 == 1 && status != 101) continue;
    if (status / 100 != 2)
      co_return Error(Errc::ConnectionRefused,
                      "the proxy answered CONNECT with " + std::to_string(status));
    // The server waits for our hello. Whatever is there came in the clear, and would be read as if
    // it had come over TLS.
    if (!connection.received.empty())
      co_return Error(Errc::Malformed, "bytes follow the proxy's answer to CONNECT");
    co_return Result<void>();
  }
  co_return Error(Errc::LimitExceeded, "too many interim responses");
}

/// `protocols` are offered by ALPN.
Task<Result<ConnectionPointer>> connect_to(StatePointer state, url::Url target,
                                           std::optional<url::Url> proxy, std::string key,
                                           std::vector<std::string> protocols, CancelToken cancel) {
  const url::Url& first = proxy ? *proxy : target;
  auto connected = co_await state->connector->connect(std::string(first.peer_host()),
                                                      first.effective_port(), cancel);
  AVILA_CO_TRY(auto transport, std::move(connected).context("connect to " + first.host()));
  auto connection = std::make_unique<detail::ClientConnection>();
  connection->transport = std::move(transport);
  connection->key = std::move(key);
  if (is_secure(target)) {
    if (proxy) {
      auto tunnel =
          co_await open_tunnel(*connection, target, *proxy, state->options.limits, cancel);
      AVILA_CO_TRY_VOID(std::move(tunnel));
    }
    std::string host(target.peer_host());
    auto secured = co_await state->connector->secure_for(
        std::move(protocols), std::move(connection->transport), std::move(host), cancel);
    AVILA_CO_TRY(auto secure_transport, std::move(secured));
    connection->transport = std::move(secure_transport);
  }
  co_return Result<ConnectionPointer>(std::move(connection));
}

/// What a request goes over: one of the two.
struct Way {
  ConnectionPointer own;
  std::shared_ptr<SharedConnection> shared;  // with other exchanges
};

/// Tells those who wait, however the attempt ends.
class Attempt {
 public:
  Attempt(StatePointer state, std::string key) : state_(std::move(state)), key_(std::move(key)) {}
  ~Attempt() {
    if (state_ != nullptr) state_->connected(key_, nullptr, false);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  void done(std::shared_ptr<SharedConnection> connection, bool http1_only) {
    StatePointer(std::move(state_))->connected(key_, std::move(connection), http1_only);
  }

 private:
  StatePointer state_;
  std::string key_;
};

/// A connection of the pool, or a new one. Of those who want a first connection to an origin one
/// makes it, and the others wait whether it can be shared.
Task<Result<Way>> find_way(StatePointer state, Place place, CancelToken cancel) {
  Way way;
  const std::vector<std::string> http1 = {"http/1.1"};
  while (place.may_share) {
    const Client::State::Origin origin = state->look_up(place.key);
    if (origin.http1_only) break;
    way.shared = origin.connection;
    if (way.shared != nullptr) co_return Result<Way>(std::move(way));
    if (origin.connecting != nullptr) {
      auto waited = co_await origin.connecting->wait(cancel);
      AVILA_CO_TRY_VOID(std::move(waited));
      continue;
    }
    Attempt attempt(state, place.key);
    std::vector<std::string> both = {"h2", "http/1.1"};
    auto connected =
        co_await connect_to(state, place.target, place.proxy, place.key, std::move(both), cancel);
    AVILA_CO_TRY(way.own, std::move(connected));
    const bool http2 =
        !is_secure(place.target) || way.own->transport->application_protocol() == "h2";
    if (http2) {
      way.shared = state->options.http2->start(state->executor, std::move(way.own->transport));
      way.own.reset();
    }
    attempt.done(way.shared, !http2);
    co_return Result<Way>(std::move(way));
  }
  way.own = state->take(place.key);
  if (way.own == nullptr) {
    std::vector<std::string> protocols;
    if (place.may_share) protocols = http1;
    auto connected = co_await connect_to(state, place.target, place.proxy, place.key,
                                         std::move(protocols), cancel);
    AVILA_CO_TRY(way.own, std::move(connected));
  }
  co_return Result<Way>(std::move(way));
}

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// RFC 9110 §15.4.
bool becomes_get(const std::string& method, int status) noexcept {
  if (status == 303) return method != "HEAD";
  return (status == 301 || status == 302) && method == "POST";
}

/// What the next request is.
Result<url::Url> follow(ClientRequest& request, const url::Url& from, int status,
                        std::string_view location) {
  AVILA_TRY(url::Url to, url::Url::parse(location, &from).context("Location"));
  if (to.scheme() != "http" && to.scheme() != "https")
    return Error(Errc::Unsupported, "a redirect to another scheme than http");
  if (becomes_get(request.method, status)) {
    request.method = "GET";
    request.body.clear();
    request.body_reader.reset();
    for (const char* name :  // RFC 9110 §15.4: what told of the body goes with it
         {"content-type", "content-encoding", "content-language", "content-location", "digest",
          "content-digest", "repr-digest", "last-modified"})
      request.headers.remove(name);
  }
  if (to.origin() != from.origin()) {  // secrets stay with the origin they were for
    request.headers.remove("authorization");
    request.headers.remove("cookie");
  }
  return to;
}

/// A short body, so that the connection can be used again; else it is closed. `cancel` counts
/// between pieces: the body may be of a request that was opened, whose own time has no end.
Task<void> read_away(BodyReader& body, CancelToken cancel) {
  constexpr std::size_t kBytesMax = 64 * 1024;
  for (std::size_t bytes = 0; bytes < kBytesMax && !cancel.cancelled();) {
    auto piece = co_await body.read();
    if (!piece.has_value() || piece->empty()) co_return;
    bytes += piece->size();
  }
}

/// Of the whole exchange; where a body is streamed each step has a time-out instead.
Duration time_of(const ClientRequest& request, const ClientOptions& options) noexcept {
  if (request.body_reader != nullptr) return days(3650);
  return request.timeout > Duration::zero() ? request.timeout : options.timeout;
}

/// A streamed body that knows whether anything was read: then it cannot be sent again. Else it can,
/// though an exchange that was over had it interrupted.
class OnceReader final : public BodyReader {
 public:
  explicit OnceReader(std::shared_ptr<BodyReader> from) noexcept : from_(std::move(from)) {}
  Task<Result<ByteSpan>> read() override {
    begun_.store(true);
    if (interrupted_.load()) return cancelled();
    return from_->read();
  }
  const Headers& trailers() const noexcept override { return from_->trailers(); }
  void interrupt() noexcept override {
    interrupted_.store(true);
    if (begun_.load()) from_->interrupt();
  }
  bool begun() const noexcept { return begun_.load(); }
  void renew() noexcept { interrupted_.store(false); }

 private:
  static Task<Result<ByteSpan>> cancelled() { co_return future::cancelled_error("read the body"); }
  const std::shared_ptr<BodyReader> from_;  // the caller's, and the request's
  std::atomic<bool> begun_{false}, interrupted_{false};
};

bool can_send_again(const ClientRequest& request) noexcept {
  auto* const once = static_cast<OnceReader*>(request.body_reader.get());
  if (once == nullptr) return true;
  once->renew();
  return !once->begun();
}

/// One hop: sent, and again where that is allowed.
Task<Result<StreamedResponse>> send_once(StatePointer state, Place place,
                                         std::shared_ptr<const ClientRequest> request,
                                         CancelToken cancel, CancelToken body_cancel) {
  const ClientOptions& options = state->options;
  const Method method = parse_method(request->method);
  std::uint32_t allowed = options.retries;
  for (std::uint32_t attempt = 0;; ++attempt) {
    std::optional<future::Deadline> connecting;
    if (request->body_reader != nullptr) connecting.emplace(request->timeout, cancel);
    const CancelToken finding = connecting ? connecting->token() : cancel;
    auto found = co_await find_way(state, place, finding);
    if (!found.has_value() && connecting)
      co_return connecting->translate(std::move(found).error(), "the connection");
    AVILA_CO_TRY(Way way, std::move(found));
    const bool shared = way.shared != nullptr;
    const bool reused = !shared && way.own->reused;
    std::optional<Result<StreamedResponse>> got;
    if (shared) {
      auto opened = co_await way.shared->open(request, options.timeout, cancel, body_cancel);
      got.emplace(std::move(opened));
    } else {
      auto opened = co_await detail::exchange(state, std::move(way.own), request, place.target,
                                              place.plain_proxy, cancel, body_cancel);
      got.emplace(std::move(opened));
    }
    if (got->has_value()) co_return std::move(*got);
    const Error& error = got->error();
    const bool again_allowed = can_send_again(*request) && !cancel.cancelled();
    if (shared && again_allowed && error.is(Errc::Unsupported)) {  // RFC 9113 §7, HTTP_1_1_REQUIRED
      state->connected(place.key, nullptr, true);
      continue;
    }
    // RFC 9110 §9.2.2: what is idempotent may be sent again when the connection broke, and anything
    // that the server did not begin (RFC 9113 §8.7). An idle connection that the server was just
    // closing costs no attempt of those that were asked for.
    if (reused) ++allowed;
    const bool broke = error.is(Errc::Closed) || error.is(Errc::ConnectionReset);
    const bool unseen = shared && error.is(Errc::Unavailable);
    const bool again =
        again_allowed && attempt < allowed && (unseen || (broke && is_idempotent(method)));
    if (!again)
      co_return std::move(*got).error().context(request->method + " " + place.target.host());
  }
}

Task<Result<StreamedResponse>> open_request(StatePointer state, ClientRequest request,
                                            CancelToken cancel, CancelToken body_cancel) {
  const ClientOptions& options = state->options;
  AVILA_CO_TRY(url::Url target, url::Url::parse(request.url).context("request URL"));
  if (!is_token(request.method)) co_return Error(Errc::InvalidArgument, "the method is no token");
  if (request.body_reader != nullptr && !request.body.empty())
    co_return Error(Errc::InvalidArgument, "a request has one body: text, or a reader");
  if (request.timeout <= Duration::zero()) request.timeout = options.timeout;
  if (request.body_reader != nullptr)
    request.body_reader = std::make_shared<OnceReader>(std::move(request.body_reader));
  for (std::uint32_t redirects = 0;; ++redirects) {
    AVILA_CO_TRY(Place place, place_of(options, target, request.method));
    std::shared_ptr<const ClientRequest> whole = complete(request, place, *state);
    auto sent = co_await send_once(state, std::move(place), std::move(whole), cancel, body_cancel);
    AVILA_CO_TRY(StreamedResponse response, std::move(sent));
    response.url = target.href();
    keep_cookies(*state, target, response.headers);
    if (decodes(request, options) && request.method != "HEAD") decode(response, options);
    if (response.status == 417 && request.asks_to_continue() && can_send_again(request)) {
      request.expect_continue = Duration::zero();  // RFC 9110 §15.5.18
      continue;
    }
    const auto location = response.headers.find("location");
    if (is_redirect(response.status) && !becomes_get(request.method, response.status) &&
        !can_send_again(request))
      co_return Result<StreamedResponse>(std::move(response));
    if (!request.follow_redirects || !is_redirect(response.status) || !location)
      co_return Result<StreamedResponse>(std::move(response));
    if (redirects == options.redirects)
      co_return Error(Errc::LimitExceeded, "too many redirects",
                      {.hint = "see ClientOptions::redirects"});
    AVILA_CO_TRY(url::Url next, follow(request, target, response.status, *location));
    co_await read_away(*response.body, cancel);
    target = std::move(next);
  }
}

}  // namespace

std::optional<std::uint64_t> ClientRequest::announced_length() const noexcept {
  if (body_reader != nullptr) return body_length;
  const Method known = parse_method(method);
  const bool expects_body = known == Method::Post || known == Method::Put || known == Method::Patch;
  if (body.empty() && !expects_body) return std::nullopt;  // RFC 9110 §8.6
  return body.size();
}

bool ClientRequest::asks_to_continue() const noexcept {
  return body_reader != nullptr && expect_continue > Duration::zero();
}

Client::Client(async::Executor& executor, ClientOptions options)
    : state_(std::make_shared<State>(executor, std::move(options))) {}

Client::~Client() = default;

Task<Result<ClientResponse>> Client::send(ClientRequest request, CancelToken cancel) {
  const StatePointer state = state_;
  future::Deadline deadline(time_of(request, state->options), cancel);
  auto opened =
      co_await open_request(state, std::move(request), deadline.token(), deadline.token());
  if (!opened.has_value()) co_return deadline.translate(std::move(opened).error(), "the request");
  ClientResponse response;
  auto body = co_await opened->body->read_all(state->options.limits.body_bytes);
  if (!body.has_value()) co_return deadline.translate(std::move(body).error(), "the response");
  response.status = opened->status;
  response.major_version = opened->major_version;
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
  future::Deadline deadline(time_of(request, state->options), cancel);
  auto opened = co_await open_request(state, std::move(request), deadline.token(), cancel);
  if (!opened.has_value()) co_return deadline.translate(std::move(opened).error(), "the request");
  co_return opened;
}

std::size_t Client::idle_connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->idle_count;
}

}  // namespace avila::http
