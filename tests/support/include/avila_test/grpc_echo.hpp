// A service with all four kinds of method, for tests.
#pragma once
#include <avila/future/sleep.hpp>
#include <avila/grpc/channel.hpp>
#include <avila/grpc/server.hpp>
#include <string>

namespace avila_test {

using namespace avila;
using future::Task;

/// Gives the message back. "fail:NAME" ends with that code, details and trailing metadata; "big:N"
/// gives N bytes; "wait" waits until it is cancelled; metadata "x-ask" comes back before and
/// behind.
inline Task<Result<std::string>> echo(grpc::ServerCall& call, std::string request) {
  for (const char* key : {"x-ask", "x-ask-bin"}) {
    if (const auto value = call.metadata().find(key)) {
      call.initial_metadata().add(key, *value);
      call.trailing_metadata().add(key, *value);
    }
  }
  if (request.starts_with("fail:")) {
    call.set_details("details\xff");
    co_return Error(grpc::parse_code(request.substr(5)).value(), "é failed as told: 100%");
  }
  if (request.starts_with("big:")) co_return std::string(std::stoul(request.substr(4)), 'b');
  if (request == "wait") {
    auto slept = co_await future::sleep(seconds(30), call.cancel());
    co_return Error(grpc::Code::Aborted, slept.has_value() ? "slept" : "cancelled");
  }
  if (request == "time") {
    const auto left = call.time_left();
    co_return left.has_value() ? std::to_string(left->milliseconds()) : "none";
  }
  co_return request;
}

/// "3" gives "0", "1", "2".
inline Task<Result<void>> count(grpc::ServerCall& call, std::string request) {
  const unsigned long n = std::stoul(request);
  for (unsigned long i = 0; i < n; ++i) {
    const std::string text = std::to_string(i);
    auto written = co_await call.write(text);
    AVILA_CO_TRY_VOID(std::move(written));
  }
  co_return Result<void>();
}

inline Task<Result<std::string>> join(grpc::ServerCall& call) {
  std::string all;
  while (true) {
    auto read = co_await call.read();
    AVILA_CO_TRY(std::optional<std::string> message, std::move(read));
    if (!message.has_value()) co_return all;
    all += *message + ";";
  }
}

inline Task<Result<void>> chat(grpc::ServerCall& call) {
  while (true) {
    auto read = co_await call.read();
    AVILA_CO_TRY(std::optional<std::string> message, std::move(read));
    if (!message.has_value()) co_return Result<void>();
    if (*message == "stop") co_return Error(grpc::Code::Aborted, "stopped");
    const std::string answer = "re:" + *message;
    auto written = co_await call.write(answer);
    AVILA_CO_TRY_VOID(std::move(written));
  }
}

inline grpc::Service echo_service() {
  grpc::Service service("test.Echo");
  service.unary("Echo", echo)
      .server_streaming("Count", count)
      .client_streaming("Join", join)
      .bidirectional("Chat", chat);
  return service;
}

}  // namespace avila_test
