// Services and their methods.
#pragma once
#include <avila/grpc/server_call.hpp>
#include <string>
#include <vector>

namespace avila::grpc {

/// Functions of methods. They are called by many calls at once; an error becomes the status
/// (Status::from_error).
using UnaryMethod = std::function<Task<Result<std::string>>(ServerCall& call, std::string request)>;
using ServerStreamingMethod =
    std::function<Task<Result<void>>(ServerCall& call, std::string request)>;
using ClientStreamingMethod = std::function<Task<Result<std::string>>(ServerCall& call)>;
using BidirectionalMethod = std::function<Task<Result<void>>(ServerCall& call)>;

/// A service, "helloworld.Greeter", and what its methods do with messages as bytes; typed.hpp puts
/// types in front.
class Service {
 public:
  struct Entry {
    std::string name;
    Method run;
  };

  explicit Service(std::string name) : name_(std::move(name)) {}

  // `name`: "Greet", or the path "/demo.Greeter/Greet" that generated code has.
  Service& unary(std::string name, UnaryMethod method);
  Service& server_streaming(std::string name, ServerStreamingMethod method);
  Service& client_streaming(std::string name, ClientStreamingMethod method);
  Service& bidirectional(std::string name, BidirectionalMethod method);
  /// Any kind, with the call in hand and the status to give.
  Service& method(std::string name, Method run);

  const std::string& name() const noexcept { return name_; }
  std::vector<Entry>& methods() noexcept { return methods_; }

 private:
  std::string name_;
  std::vector<Entry> methods_;
};

}  // namespace avila::grpc
