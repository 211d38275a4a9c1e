// Types in front of bytes: methods and calls whose messages are values of the program's.
#pragma once
#include <avila/grpc/channel.hpp>
#include <avila/grpc/service.hpp>
#include <concepts>
#include <optional>
#include <string>
#include <utility>

namespace avila::grpc {

/// How a T becomes a message, and back: by `t.serialize()`, a string or a Result of one, and
/// `T::parse(ByteSpan)`, a Result<T>, as generated messages have them. Specialised for others.
template <class T>
struct Serializer {
  static Result<std::string> serialize(const T& value) { return value.serialize(); }
  static Result<T> parse(ByteSpan bytes) { return T::parse(bytes); }
};
/// Messages as they are.
template <>
struct Serializer<std::string> {
  static Result<std::string> serialize(const std::string& value) { return std::string(value); }
  static Result<std::string> parse(ByteSpan bytes) { return std::string(as_text(bytes)); }
};

template <class T>
concept Serializable = requires(const T& value, ByteSpan bytes) {
  { Serializer<T>::serialize(value) } -> std::same_as<Result<std::string>>;
  { Serializer<T>::parse(bytes) } -> std::same_as<Result<T>>;
};

namespace detail {

/// What could not be parsed is the sender's fault: `code` says whose that is.
template <class T>
Result<T> parse_as(ByteSpan bytes, Code code) {
  auto value = Serializer<T>::parse(bytes);
  if (!value.has_value()) return Error(code, "the message: " + value.error().to_string());
  return value;
}
template <class T>
Result<std::optional<T>> parse_next(const std::optional<std::string>& bytes, Code code) {
  if (!bytes.has_value()) return std::optional<T>();
  AVILA_TRY(T value, parse_as<T>(as_bytes(*bytes), code));
  return std::optional<T>(std::move(value));
}

}  // namespace detail

/// Reads requests and writes responses within a method that streams; as ServerCall's.
template <Serializable Request, Serializable Response>
class ServerStream {
 public:
  explicit ServerStream(ServerCall& call) noexcept : call_(&call) {}
  ServerCall& call() const noexcept { return *call_; }

  /// Errors: also Code::InvalidArgument, for a message that is none of Request.
  Task<Result<std::optional<Request>>> read() const {
    auto read = co_await call_->read();
    AVILA_CO_TRY(const std::optional<std::string> bytes, std::move(read));
    co_return detail::parse_next<Request>(bytes, Code::InvalidArgument);
  }
  Task<Result<void>> write(Response response) const {
    AVILA_CO_TRY(const std::string bytes, Serializer<Response>::serialize(response));
    auto written = co_await call_->write(as_bytes(bytes));
    co_return std::move(written);
  }

 private:
  ServerCall* call_;
};

namespace detail {

template <class Request, class Response, class F>
Task<Result<std::string>> run_typed_unary(const F& function, ServerCall& call, std::string bytes) {
  AVILA_CO_TRY(Request request, parse_as<Request>(as_bytes(bytes), Code::InvalidArgument));
  auto done = co_await function(call, std::move(request));
  AVILA_CO_TRY(const Response response, std::move(done));
  co_return Serializer<Response>::serialize(response);
}
template <class Request, class Response, class F>
Task<Result<void>> run_typed_server_streaming(const F& function, ServerCall& call,
                                              std::string bytes) {
  AVILA_CO_TRY(Request request, parse_as<Request>(as_bytes(bytes), Code::InvalidArgument));
  const ServerStream<Request, Response> stream(call);
  auto done = co_await function(stream, std::move(request));
  co_return std::move(done);
}
template <class Request, class Response, class F>
Task<Result<std::string>> run_typed_client_streaming(const F& function, ServerCall& call) {
  const ServerStream<Request, Response> stream(call);
  auto done = co_await function(stream);
  AVILA_CO_TRY(const Response response, std::move(done));
  co_return Serializer<Response>::serialize(response);
}
template <class Request, class Response, class F>
Task<Result<void>> run_typed_bidirectional(const F& function, ServerCall& call) {
  const ServerStream<Request, Response> stream(call);
  auto done = co_await function(stream);
  co_return std::move(done);
}

}  // namespace detail

/// `function`: Task<Result<Response>>(ServerCall&, Request).
template <Serializable Request, Serializable Response, class F>
void add_unary(Service& service, std::string name, F function) {
  service.unary(std::move(name), [f = std::move(function)](ServerCall& call, std::string bytes) {
    return detail::run_typed_unary<Request, Response>(f, call, std::move(bytes));
  });
}
/// `function`: Task<Result<void>>(ServerStream<Request, Response>, Request).
template <Serializable Request, Serializable Response, class F>
void add_server_streaming(Service& service, std::string name, F function) {
  service.server_streaming(
      std::move(name), [f = std::move(function)](ServerCall& call, std::string bytes) {
        return detail::run_typed_server_streaming<Request, Response>(f, call, std::move(bytes));
      });
}
/// `function`: Task<Result<Response>>(ServerStream<Request, Response>).
template <Serializable Request, Serializable Response, class F>
void add_client_streaming(Service& service, std::string name, F function) {
  service.client_streaming(std::move(name), [f = std::move(function)](ServerCall& call) {
    return detail::run_typed_client_streaming<Request, Response>(f, call);
  });
}
/// `function`: Task<Result<void>>(ServerStream<Request, Response>).
template <Serializable Request, Serializable Response, class F>
void add_bidirectional(Service& service, std::string name, F function) {
  service.bidirectional(std::move(name), [f = std::move(function)](ServerCall& call) {
    return detail::run_typed_bidirectional<Request, Response>(f, call);
  });
}

/// A call under way whose messages have types; as Call's.
template <Serializable Request, Serializable Response>
class TypedCall {
 public:
  explicit TypedCall(Call call) noexcept : call_(std::move(call)) {}
  Call& call() noexcept { return call_; }

  Task<Result<void>> write(Request request) {
    AVILA_CO_TRY(const std::string bytes, Serializer<Request>::serialize(request));
    auto written = co_await call_.write(as_bytes(bytes));
    co_return std::move(written);
  }
  Task<Result<void>> write_last(Request request) {
    AVILA_CO_TRY(const std::string bytes, Serializer<Request>::serialize(request));
    auto written = co_await call_.write_last(as_bytes(bytes));
    co_return std::move(written);
  }
  Task<Result<void>> writes_done() { return call_.writes_done(); }
  /// Errors: also Code::Internal, for a message that is none of Response.
  Task<Result<std::optional<Response>>> read() {
    auto read = co_await call_.read();
    AVILA_CO_TRY(const std::optional<std::string> bytes, std::move(read));
    co_return detail::parse_next<Response>(bytes, Code::Internal);
  }
  Task<Status> finish() { return call_.finish(); }
  /// The only message, or the status as an Error of its Code.
  Task<Result<Response>> reply() {
    auto reply = co_await call_.reply();
    if (!reply.status.ok()) co_return reply.status.to_error();
    co_return detail::parse_as<Response>(as_bytes(reply.message), Code::Internal);
  }

 private:
  Call call_;
};

template <Serializable Request, Serializable Response>
Task<TypedCall<Request, Response>> typed_call(Channel& channel, std::string method,
                                              CallOptions options = {}, CancelToken cancel = {}) {
  auto call = co_await channel.call(std::move(method), std::move(options), std::move(cancel));
  co_return TypedCall<Request, Response>(std::move(call));
}
template <Serializable Request, Serializable Response>
Task<Result<Response>> typed_unary(Channel& channel, std::string method, Request request,
                                   CallOptions options = {}, CancelToken cancel = {}) {
  AVILA_CO_TRY(std::string bytes, Serializer<Request>::serialize(request));
  auto reply = co_await channel.unary(std::move(method), std::move(bytes), std::move(options),
                                      std::move(cancel));
  if (!reply.status.ok()) co_return reply.status.to_error();
  co_return detail::parse_as<Response>(as_bytes(reply.message), Code::Internal);
}

}  // namespace avila::grpc
