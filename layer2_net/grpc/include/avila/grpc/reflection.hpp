// Server reflection: grpc.reflection.v1 and v1alpha, by which tools learn what a server offers.
#pragma once
#include <avila/grpc/channel.hpp>
#include <avila/grpc/service.hpp>
#include <map>
#include <memory>
#include <set>

namespace avila::protobuf {
struct FileDescriptor;
struct ServiceDescriptor;
}  // namespace avila::protobuf

namespace avila::grpc {

/// The schemas that a server shows: files as FileDescriptorProto messages, with what they import.
/// Filled before the server starts.
class Reflection {
 public:
  /// Knows the schemas of health checking and of itself already.
  Reflection();
  /// A file of a DescriptorPool and all that it imports. Errors: Malformed.
  Result<void> add(const protobuf::FileDescriptor& file);
  /// A serialised FileDescriptorProto. A file of that name that is there already stays. Errors:
  /// Malformed.
  Result<void> add_file(std::string file_descriptor_proto);
  /// A service that is offered: its name is listed.
  void add_service(std::string name);
  /// The same, and its file: `reflection.add(demo::Greeter::descriptor())`.
  Result<void> add(const protobuf::ServiceDescriptor& service);

  /// For Dispatcher::add(): both versions.
  Service service_v1() const;
  Service service_v1alpha() const;

  struct Index;

 private:
  std::shared_ptr<Index> index_;  // shared with the services
};

/// The client's side, over one stream. Versions are tried: v1, then v1alpha.
class ReflectionClient {
 public:
  explicit ReflectionClient(Channel& channel, CallOptions options = {})
      : channel_(channel), options_(std::move(options)) {}

  /// Names of services. Errors: of a Code.
  Task<Result<std::vector<std::string>>> services(CancelToken cancel = {});
  /// The file that declares a symbol, "pkg.Service" or "pkg.Message", and all that it imports, each
  /// behind its imports. Errors: of a Code; LimitExceeded.
  Task<Result<std::vector<std::string>>> files_of(std::string symbol, CancelToken cancel = {});

  static constexpr std::size_t kFilesMax = 2000;                   ///< of one symbol
  static constexpr std::size_t kBytesMax = std::size_t{64} << 20;  ///< of those files

 private:
  Task<Result<std::string>> ask(std::string request, CancelToken cancel);
  Task<Result<std::vector<std::string>>> ask_files(std::uint32_t field, std::string name,
                                                   CancelToken cancel);
  Channel& channel_;
  CallOptions options_;
  bool alpha_ = false;
};

}  // namespace avila::grpc
