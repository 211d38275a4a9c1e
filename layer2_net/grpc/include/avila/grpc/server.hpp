// The server: services behind HTTP/2, and gRPC-Web behind HTTP/1.1 and HTTP/2.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/async/security.hpp>
#include <avila/grpc/service.hpp>
#include <map>

namespace avila::grpc {

/// Origins of web pages, "https://shop.example"; "*": all.
struct WebOptions {
  bool enabled = true;                       ///< gRPC-Web as such: pages of the same origin
  std::vector<std::string> allowed_origins;  ///< CORS: others that may call
  Duration preflight_age = hours(1);         ///< browsers remember the answer this long
  Duration body_timeout = seconds(30);       ///< over HTTP/1.1: until all messages are there
};

struct DispatcherOptions {
  std::uint64_t receive_bytes = kReceiveBytesMax;  ///< of a message, before and after decompression
  std::uint64_t send_bytes = 0xffff'ffff;          ///< of a message
  std::uint32_t metadata_bytes = 16 * 1024;        ///< of a call, as HTTP/2 counts
  /// Of responses to clients that accept it.
  Encoding encoding = Encoding::Identity;
  WebOptions web;
};

/// Finds the method of a request and runs it. Everything is added before the first request.
class Dispatcher final : public http::Handler {
 public:
  explicit Dispatcher(DispatcherOptions options = {}) : options_(std::move(options)) {}

  /// Errors: AlreadyExists, for a service, or a method of it, that is there already.
  Result<void> add(Service service);
  /// The first one added stands outermost.
  void intercept(std::shared_ptr<ServerInterceptor> interceptor);
  /// Methods that no service has; without it: Code::Unimplemented.
  void otherwise(Method method) { otherwise_ = std::move(method); }
  /// Requests that are not gRPC, on the same port; without it: 415. Outlives the dispatcher.
  void fall_back(http::Handler& handler) { fallback_ = &handler; }

  http::BodyPlan plan_body(http::Request& head) override;
  bool handle_now(http::Request& request, http::Response& response) override;
  Task<http::Response> handle(http::Request& request) override;

 private:
  bool allows(std::string_view origin) const noexcept;
  bool preflight(http::Request& request, http::Response& response) const;

  const DispatcherOptions options_;
  std::map<std::string, Method, std::less<>> methods_;            // "/pkg.Service/Method"
  std::vector<std::shared_ptr<ServerInterceptor>> interceptors_;  // shared with who adds them
  Method otherwise_;
  http::Handler* fallback_ = nullptr;
};

struct ServerOptions {
  async::Security* security = nullptr;     ///< null: without TLS (h2c); its ALPN has "h2"
  std::uint32_t concurrent_streams = 128;  ///< of a connection
  std::uint32_t connections = 10'000;
  std::uint32_t stream_window_bytes = 256 * 1024;
  std::uint32_t connection_window_bytes = 4 * 1024 * 1024;
  Duration idle_timeout = minutes(30);   ///< without a call, then GOAWAY
  Duration write_timeout = minutes(10);  ///< without a byte taken, by the connection or a call
};

/// Thread-safe. Executor and dispatcher outlive it.
class Server {
 public:
  Server(async::Executor& executor, Dispatcher& dispatcher, ServerOptions options = {});
  /// What still runs must have ended: call shutdown() first.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "127.0.0.1:50051"; port 0: any free one. May be called for several addresses.
  Result<void> listen(std::string_view address);
  std::string local_address() const;
  std::uint16_t port() const noexcept;
  /// Serves one connection until it ends.
  Task<void> serve(std::unique_ptr<async::Transport> transport, std::string peer);
  /// GOAWAY, no new calls; those that run end within `drain`, or are cancelled.
  Task<void> shutdown(Duration drain = seconds(10));

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace avila::grpc
