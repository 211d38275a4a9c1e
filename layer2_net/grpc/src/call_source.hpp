// What runs a call: the body of its response.
#pragma once
#include <avila/grpc/server.hpp>

namespace avila::grpc::detail {

class CallSource final : public http::BodySource {
 public:
  CallSource(http::Request& request, WebKind web, const DispatcherOptions& options,
             const std::vector<std::shared_ptr<ServerInterceptor>>& interceptors)
      : call_(request, web, {options.receive_bytes, options.send_bytes}),
        interceptors_(interceptors),
        options_(options) {
    call_.interceptors_ = &interceptors;
  }
  /// Reads the request's head. Errors: with the Code of the refusal.
  Result<void> prepare();
  /// What to run; must outlive the call.
  void set_method(const Method& method) noexcept { method_ = &method; }
  void refuse(const Error& error) { refusal_ = Status::from_error(error); }

  Task<Result<void>> write_to(http::BodyWriter& writer) override;

 private:
  Task<Status> run();
  Task<Result<void>> finish(Status status);

  ServerCall call_;
  const std::vector<std::shared_ptr<ServerInterceptor>>& interceptors_;
  const DispatcherOptions& options_;
  const Method* method_ = nullptr;
  std::optional<Duration> timeout_;
  std::optional<Status> refusal_;
};

}  // namespace avila::grpc::detail
