// The HTTP/1.1 client: pooled connections, redirects, retries, time-outs, proxies.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/async/security.hpp>
#include <avila/async/transport.hpp>
#include <avila/error/result.hpp>
#include <avila/http/message.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

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
};

/// TCP, and TLS by `security` (null: without). Both outlive it.
std::unique_ptr<Connector> make_connector(async::Executor& executor,
                                          async::Security* security = nullptr);

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
  std::string proxy;                    ///< "http://user:password@host:port"; empty: none
  Connector* connector = nullptr;       ///< null: TCP; outlives the client
  async::Security* security = nullptr;  ///< of that TCP, for https; outlives the client
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;  ///< absolute; credentials in it become Basic authorization
  Headers headers;  ///< without Host and the framing fields, which are the client's
  std::string body;
  bool follow_redirects = true;
  Duration timeout = Duration::zero();  ///< zero: the client's
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
  Headers trailers;
  std::string url;  ///< after redirects
};

/// A response whose body comes as it is read. Reading to the end gives the connection back; letting
/// it go before closes the connection.
struct StreamedResponse {
  int status = 0;
  Headers headers;
  std::string url;
  std::unique_ptr<BodyReader> body;
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
