// The client: pooled connections, redirects, retries, time-outs, cookies, proxies. HTTP/1.1, and
// HTTP/2 where http2::ClientProtocol stands behind it.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/async/security.hpp>
#include <avila/async/transport.hpp>
#include <avila/error/result.hpp>
#include <avila/http/message.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::os {
class Clock;
}

namespace avila::http {

/// Makes transports: the seam for TLS, Unix sockets and tests.
class Connector {
 public:
  using Connected = Result<std::unique_ptr<async::Transport>>;
  virtual ~Connector() = default;
  virtual Task<Connected> connect(std::string host, std::uint16_t port, CancelToken cancel) = 0;
  /// TLS over a transport that is connected; Errc::Unsupported where there is none.
  virtual Task<Connected> secure(std::unique_ptr<async::Transport> transport, std::string host,
                                 CancelToken cancel);
  /// The same, offering `protocols` by ALPN; offers nothing unless it is overridden.
  virtual Task<Connected> secure_for(std::vector<std::string> protocols,
                                     std::unique_ptr<async::Transport> transport, std::string host,
                                     CancelToken cancel) {
    (void)protocols;
    return secure(std::move(transport), std::move(host), std::move(cancel));
  }
};

/// TCP, and TLS by `security` (null: without). Both outlive it.
std::unique_ptr<Connector> make_connector(async::Executor& executor,
                                          async::Security* security = nullptr);

class CookieJar;
class Http2Protocol;

struct ClientOptions {
  /// Of responses; `body_bytes` of those that are read whole.
  ParseLimits limits = {.request_line_bytes = 8 * 1024,
                        .header_bytes = 64 * 1024,
                        .header_count = 200,
                        .body_bytes = 256 * 1024 * 1024};
  Duration timeout = seconds(30);     ///< of an exchange, connecting included; also per read of
                                      ///< a streamed body
  Duration pool_idle = seconds(55);   ///< unused connections live this long
  std::uint32_t pool_per_origin = 8;  ///< idle connections kept
  std::uint32_t pool_total = 256;
  std::uint32_t redirects = 10;
  std::uint32_t retries = 2;  ///< of idempotent requests whose connection broke
  std::string user_agent = "avila";
  /// Asks for content codings and decodes what comes, unless a request has an Accept-Encoding of
  /// its own. A decoded response has neither Content-Encoding nor Content-Length.
  bool decompress = true;
  /// Of a decoded body that is streamed; `limits.body_bytes` holds for those that are read whole.
  std::uint64_t decompressed_bytes = std::uint64_t{16} << 30;
  std::string proxy;        ///< "http://user:password@host:port"; empty: none
  std::string https_proxy;  ///< for https, instead of that one
  /// Hosts without a proxy: "localhost, .example.com, 10.0.0.7:8080"; a name stands for what is
  /// below it, too; "*" for all.
  std::string no_proxy;
  CookieJar* cookies = nullptr;    ///< sent and stored; the client's alone while it has requests
  os::Clock* clock = nullptr;      ///< of the cookies; null: the machine's
  Http2Protocol* http2 = nullptr;  ///< for https, by ALPN; null: HTTP/1.1 only; outlives the client
  bool http2_prior_knowledge = false;   ///< plain http, too, is HTTP/2 without asking
  Connector* connector = nullptr;       ///< null: TCP; outlives the client
  async::Security* security = nullptr;  ///< of that TCP, for https; outlives the client
};

/// Fills in the three proxies from http_proxy, https_proxy, all_proxy and no_proxy, as others read
/// them: HTTP_PROXY is left alone, since a CGI program's clients can set it.
void use_environment_proxies(ClientOptions& options);

struct ClientRequest {
  std::string method = "GET";
  std::string url;  ///< absolute; credentials in it become Basic authorization
  Headers headers;  ///< without Host and the framing fields, which are the client's
  std::string body;
  /// In place of `body`: read as it is sent, in a task beside the wait for the answer; shared with
  /// the exchange. Without a length it goes in chunks over HTTP/1.1, its trailers behind it. What
  /// was read from cannot be sent again: no retries then, and a 307 or 308 is handed out. An answer
  /// of 300 and above stops it (interrupt()); others are handed out when all of it has gone.
  std::shared_ptr<BodyReader> body_reader;
  std::optional<std::uint64_t> body_length;  ///< of what it gives
  /// Asks with Expect: 100-continue, and waits so long before it reads the body. Zero: does not.
  Duration expect_continue = Duration::zero();
  /// Called for each 1xx response (103 Early Hints), 100 and 101 among them.
  std::function<void(int status, const Headers& headers)> on_interim;
  bool follow_redirects = true;
  /// Zero: the client's. With a body_reader: of each step, however long its reads take.
  Duration timeout = Duration::zero();

  /// What Content-Length says; nothing: there is no such field.
  std::optional<std::uint64_t> announced_length() const noexcept;
  bool asks_to_continue() const noexcept;
};

struct ClientResponse {
  int status = 0;
  std::uint8_t major_version = 1;  ///< of HTTP
  Headers headers;
  std::string body;
  Headers trailers;
  std::string url;  ///< after redirects
};

/// A response whose body comes as it is read. Reading to the end gives the connection back; letting
/// it go before closes the connection.
struct StreamedResponse {
  int status = 0;
  std::uint8_t major_version = 1;  ///< of HTTP
  Headers headers;
  std::string url;
  std::unique_ptr<BodyReader> body;
};

/// A connection that carries many exchanges at once. Thread-safe.
class SharedConnection {
 public:
  virtual ~SharedConnection() = default;
  virtual bool usable() const noexcept = 0;  ///< whether more exchanges can begin
  /// Up to the response's head; the body keeps the connection. `request` has all its fields but
  /// those of framing. Errors: Unavailable (the server has not begun: anything may be sent again),
  /// Closed, Unsupported (the server wants HTTP/1.1 for this).
  virtual Task<Result<StreamedResponse>> open(std::shared_ptr<const ClientRequest> request,
                                              Duration read_timeout, CancelToken cancel,
                                              CancelToken body_cancel) = 0;
};

/// Makes shared connections of transports that speak HTTP/2: http2::ClientProtocol.
class Http2Protocol {
 public:
  virtual ~Http2Protocol() = default;
  virtual std::shared_ptr<SharedConnection> start(async::Executor& executor,
                                                  std::unique_ptr<async::Transport> transport) = 0;
};

/// Thread-safe. The executor outlives it; it outlives its requests.
class Client {
 public:
  explicit Client(async::Executor& executor, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Task<Result<ClientResponse>> send(ClientRequest request, CancelToken cancel = {});
  Task<Result<ClientResponse>> get(std::string url, CancelToken cancel = {});
  Task<Result<ClientResponse>> post(std::string url, std::string content_type, std::string body,
                                    CancelToken cancel = {});
  Task<Result<StreamedResponse>> open(ClientRequest request, CancelToken cancel = {});

  std::size_t idle_connections() const;
  struct State;

 private:
  std::shared_ptr<State> state_;  // shared with bodies that are being read
};

}  // namespace avila::http
