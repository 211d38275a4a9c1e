// A call as the server's methods and interceptors see it.
#pragma once
#include <avila/future/sleep.hpp>
#include <avila/grpc/metadata.hpp>
#include <avila/grpc/status.hpp>
#include <avila/grpc/web.hpp>
#include <avila/grpc/wire.hpp>
#include <avila/http/message.hpp>
#include <functional>
#include <memory>
#include <optional>

namespace avila::grpc {

using future::CancelToken;
using future::Task;

class ServerInterceptor;

namespace detail {
class CallSource;
}

/// One task reads, one writes; they may be two.
class ServerCall {
 public:
  ServerCall(const ServerCall&) = delete;
  ServerCall& operator=(const ServerCall&) = delete;

  std::string_view method() const noexcept { return request_.path; }  ///< "/pkg.Service/Method"
  std::string_view authority() const noexcept { return request_.host; }
  std::string_view peer() const noexcept { return request_.peer; }  ///< "127.0.0.1:4711"
  bool secure() const noexcept { return request_.scheme == "https"; }
  const Metadata& metadata() const noexcept { return metadata_; }  ///< the client's
  /// Cancelled when the client has gone or cancelled, the deadline has passed, or the server stops.
  CancelToken cancel() const noexcept { return cancel_; }
  /// Until the client's deadline; nothing where it has none.
  std::optional<Duration> time_left() const noexcept;
  /// The HTTP request, where interceptors leave values for methods (attach()).
  http::Request& request() noexcept { return request_; }

  /// Leaves with the first message, or before (send_initial_metadata()); changes after that do
  /// nothing.
  Metadata& initial_metadata() noexcept { return initial_; }
  Metadata& trailing_metadata() noexcept { return trailing_; }
  /// Bytes of a google.rpc.Status that go with a status that is not Ok, and has none of its own.
  void set_details(std::string details) { details_ = std::move(details); }
  /// For the messages to come, before the first of them. False: the client does not take it.
  bool set_encoding(Encoding encoding) noexcept;

  /// The next message; nothing when the client has sent all. Errors: Code::Internal,
  /// ResourceExhausted (wire.hpp), Cancelled, DeadlineExceeded.
  Task<Result<std::optional<std::string>>> read();
  /// The only message. Errors: as read(), and Code::Unimplemented where there are none or more.
  Task<Result<std::string>> read_only();
  /// Sends a message, which lives until this is done; waits while the client is slow. Errors:
  /// Closed, Cancelled, Code::ResourceExhausted.
  Task<Result<void>> write(ByteSpan message);
  Task<Result<void>> write(std::string_view message) { return write(as_bytes(message)); }
  /// The same for the last message: it leaves with the status.
  Task<Result<void>> write_last(ByteSpan message);
  Task<Result<void>> send_initial_metadata();

 private:
  friend class detail::CallSource;
  struct Limits {
    std::uint64_t receive_bytes;
    std::uint64_t send_bytes;
  };
  ServerCall(http::Request& request, WebKind web, Limits limits);
  Task<Result<void>> put(ByteSpan message);
  void fill_head();
  Error broken(const Error& error) const;

  http::Request& request_;
  http::BodyReader* body_;
  http::BodyWriter* writer_ = nullptr;
  const WebKind web_;
  const Limits limits_;
  Metadata metadata_, initial_, trailing_;
  CancelToken cancel_;
  Instant deadline_ = Instant::max();
  Encoding request_encoding_ = Encoding::Identity, response_encoding_ = Encoding::Identity;
  std::string_view accept_encoding_;
  std::string details_;
  MessageReader messages_;
  WebTextDecoder web_text_;
  std::string decoded_;  // of gRPC-Web's text form
  ByteSpan rest_;        // of the piece that was read last
  bool body_ended_ = false;
  bool head_filled_ = false;
  std::string out_;
  const std::vector<std::shared_ptr<ServerInterceptor>>* interceptors_ = nullptr;
};

/// Does the whole call and says how it ended.
using Method = std::function<Task<Status>(ServerCall& call)>;

/// What comes behind an interceptor: the next one, or the method.
class Next {
 public:
  Next(const std::vector<std::shared_ptr<ServerInterceptor>>& interceptors, std::size_t index,
       const Method& method) noexcept
      : interceptors_(&interceptors), index_(index), method_(&method) {}
  Task<Status> operator()(ServerCall& call) const;

 private:
  const std::vector<std::shared_ptr<ServerInterceptor>>* interceptors_;
  std::size_t index_;
  const Method* method_;
};

/// Stands around calls: authentication, logs, metrics. Called by many calls at once.
class ServerInterceptor {
 public:
  virtual ~ServerInterceptor() = default;
  /// Calls next(call) once and hands its status on, or refuses with a status of its own.
  virtual Task<Status> intercept(ServerCall& call, Next next) { return next(call); }
  /// Sees, and may change or refuse, each message of the client's, and each of ours.
  virtual Result<void> received(ServerCall& call, std::string& message) {
    (void)call, (void)message;
    return {};
  }
  virtual Result<void> sending(ServerCall& call, std::string& message) {
    (void)call, (void)message;
    return {};
  }
  /// Whether it wants sending() and received().
  virtual bool sees_messages() const noexcept { return false; }
};

}  // namespace avila::grpc
