#include <avila/grpc/service.hpp>

namespace avila::grpc {

namespace {

Task<Status> run_unary(const UnaryMethod& function, ServerCall& call) {
  auto request = co_await call.read_only();
  if (!request.has_value()) co_return Status::from_error(request.error());
  auto response = co_await function(call, std::move(*request));
  if (!response.has_value()) co_return Status::from_error(response.error());
  auto written = co_await call.write_last(as_bytes(*response));
  if (!written.has_value()) co_return Status::from_error(written.error());
  co_return Status();
}

Task<Status> run_server_streaming(const ServerStreamingMethod& function, ServerCall& call) {
  auto request = co_await call.read_only();
  if (!request.has_value()) co_return Status::from_error(request.error());
  auto done = co_await function(call, std::move(*request));
  if (!done.has_value()) co_return Status::from_error(done.error());
  co_return Status();
}

Task<Status> run_client_streaming(const ClientStreamingMethod& function, ServerCall& call) {
  auto response = co_await function(call);
  if (!response.has_value()) co_return Status::from_error(response.error());
  auto written = co_await call.write_last(as_bytes(*response));
  if (!written.has_value()) co_return Status::from_error(written.error());
  co_return Status();
}

Task<Status> run_bidirectional(const BidirectionalMethod& function, ServerCall& call) {
  auto done = co_await function(call);
  if (!done.has_value()) co_return Status::from_error(done.error());
  co_return Status();
}

}  // namespace

Service& Service::method(std::string name, Method run) {
  if (const std::size_t slash = name.rfind('/'); slash != std::string::npos)
    name.erase(0, slash + 1);
  methods_.push_back({std::move(name), std::move(run)});
  return *this;
}

Service& Service::unary(std::string name, UnaryMethod function) {
  return method(std::move(name),
                [f = std::move(function)](ServerCall& call) { return run_unary(f, call); });
}

Service& Service::server_streaming(std::string name, ServerStreamingMethod function) {
  return method(std::move(name), [f = std::move(function)](ServerCall& call) {
    return run_server_streaming(f, call);
  });
}

Service& Service::client_streaming(std::string name, ClientStreamingMethod function) {
  return method(std::move(name), [f = std::move(function)](ServerCall& call) {
    return run_client_streaming(f, call);
  });
}

Service& Service::bidirectional(std::string name, BidirectionalMethod function) {
  return method(std::move(name),
                [f = std::move(function)](ServerCall& call) { return run_bidirectional(f, call); });
}

}  // namespace avila::grpc
