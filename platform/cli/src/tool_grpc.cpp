// `avl tool grpc list` and `call`: gRPC with JSON, by the server's reflection or .proto files.
#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/grpc/channel.hpp>
#include <avila/grpc/reflection.hpp>
#include <avila/os/file_system.hpp>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila/text/encoding.hpp>
#include <cstdio>

#include "client_tls.hpp"
#include "standard_input.hpp"
#include "tool.hpp"
#include "tool_net.hpp"

namespace avila::cli {
namespace {

using future::Task;
using protobuf::DescriptorPool;
using protobuf::MethodDescriptor;
using protobuf::ServiceDescriptor;

constexpr std::size_t kLineMax = 16 * 1024 * 1024;
constexpr std::uint64_t kMostSeconds = 1'000'000;
constexpr std::uint64_t kMessageMax = 256 * 1024 * 1024;

/// A call that did not end with Ok, as an error of ours: "NOT_FOUND: no such user".
Error failure(const grpc::Status& status) { return Error(status.code, status.to_string()); }

Result<grpc::CallOptions> call_options(const Arguments& arguments) {
  grpc::CallOptions options;
  for (const std::string& line : arguments.all("-H")) {
    const std::size_t colon = line.find(':', 1);
    if (colon == std::string::npos)
      return Error(Errc::InvalidArgument, "-H takes 'name: value', not '" + line + '\'');
    const std::string name = line.substr(0, colon);
    std::string value(http::trim_ows(std::string_view(line).substr(colon + 1)));
    if (name.ends_with("-bin")) {
      AVILA_TRY(value, text::base64_decode(value, text::Padding::Optional));
    }
    AVILA_TRY_VOID(options.metadata.try_add(name, value));
  }
  if (arguments.has("--gzip")) options.encoding = grpc::Encoding::Gzip;
  options.receive_bytes = kMessageMax;
  AVILA_TRY(const std::uint64_t most, number_option(arguments, "--deadline", 300, 1, kMostSeconds));
  options.timeout = seconds(static_cast<std::int64_t>(most));
  return options;
}

/// The connection, and what secures it.
class Client {
 public:
  static Result<std::unique_ptr<Client>> make(const Arguments& arguments) {
    auto client = std::make_unique<Client>();
    std::string address = arguments.operand(0);
    bool secure = arguments.has("--tls") || arguments.has("--cacert") || arguments.has("-k");
    if (address.starts_with("http://")) address.erase(0, 7);
    if (address.starts_with("https://")) {
      address.erase(0, 8);
      secure = true;
    }
    grpc::ChannelOptions options;
    if (secure) {
      const ClientTls trust{arguments.get("--cacert"), arguments.has("-k")};
      AVILA_TRY(client->security_, client_security(trust));
      options.security = client->security_.get();
    }
    options.user_agent = "avl grpc-avila/1";
    AVILA_TRY(grpc::Channel channel,
              grpc::Channel::make(client->runtime, address, std::move(options)));
    client->channel_ = std::make_unique<grpc::Channel>(std::move(channel));
    return client;
  }
  ~Client() {
    if (channel_ != nullptr) runtime.block_on(channel_->close(Duration::zero()));
    channel_.reset();
    runtime.shutdown(seconds(1));
  }
  grpc::Channel& channel() noexcept { return *channel_; }
  async::Runtime runtime{{.threads = 1}};

 private:
  std::unique_ptr<tls::Security> security_;
  std::unique_ptr<grpc::Channel> channel_;
};

Result<void> load_protos(DescriptorPool& pool, const Arguments& arguments) {
  std::vector<std::string> folders = arguments.all("-I");
  if (folders.empty()) folders.emplace_back(".");
  const auto read = [&folders](std::string_view name) -> Result<std::string> {
    for (const std::string& folder : folders) {
      const std::string path = folder + "/" + std::string(name);
      if (os::real_file_system().exists(path)) return read_input(path);
    }
    if (os::real_file_system().exists(std::string(name))) return read_input(std::string(name));
    return Error(Errc::NotFound, "no file " + std::string(name));
  };
  for (const std::string& name : arguments.all("--proto"))
    AVILA_TRY_VOID(pool.import(name, read).map([](const auto*) { return 0; }));
  return {};
}

Result<void> load_service(DescriptorPool& pool, Client& client, const Arguments& arguments,
                          const std::string& service) {
  if (arguments.has("--proto")) return load_protos(pool, arguments);
  AVILA_TRY(grpc::CallOptions options, call_options(arguments));
  options.encoding.reset();
  grpc::ReflectionClient reflection(client.channel(), std::move(options));
  auto files = client.runtime.block_on(reflection.files_of(service));
  if (!files.has_value()) {
    Error error = std::move(files).error().context("reflection");
    if (error.is(grpc::Code::Unimplemented))
      return std::move(error).with_hint("--proto FILE names the schema");
    return error;
  }
  for (const std::string& file : *files)
    AVILA_TRY_VOID(pool.add_serialized(as_bytes(file)).map([](const auto*) { return 0; }));
  return {};
}

Result<const ServiceDescriptor*> find_service(const DescriptorPool& pool, const std::string& name) {
  const ServiceDescriptor* service = pool.find_service(name);
  if (service != nullptr) return service;
  return Error(Errc::NotFound, "the schema has no service " + name);
}

std::string line_of(const MethodDescriptor& method) {
  return method.service->full_name + "/" + method.name + "(" +
         (method.client_streaming ? "stream " : "") + method.input->full_name + ") returns (" +
         (method.server_streaming ? "stream " : "") + method.output->full_name + ")\n";
}

// --- call ---

struct Plan {
  const MethodDescriptor* method = nullptr;
  std::string path;
  protobuf::JsonPrintOptions print;
  grpc::CallOptions options;
  std::string input;      // the messages, where they are known
  bool standard = false;  // or they are read from standard input, line by line
  bool verbose = false;
};

Result<std::string> message_of(const Plan& plan, std::string_view json) {
  AVILA_TRY(const protobuf::DynamicMessage message,
            protobuf::from_json(*plan.method->input, json).context("the message"));
  return message.serialize();
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Task<Result<void>> send_line(grpc::Call& call, const Plan& plan, std::string_view line) {
  if (is_blank(line)) co_return Result<void>();
  AVILA_CO_TRY(const std::string message, message_of(plan, line));
  auto written = co_await call.write(as_bytes(message));
  co_return written;
}

/// Every line a message. What is wrong with a line ends the call.
Task<Result<void>> send_lines(async::Runtime& runtime, grpc::Call& call, const Plan& plan,
                              const std::atomic<bool>& stop) {
  std::string pending = plan.input;
  bool end = !plan.standard;
  while (true) {
    if (end && !pending.empty() && !pending.ends_with('\n')) pending += '\n';
    std::size_t begin = 0;
    for (std::size_t at = pending.find('\n'); at != std::string::npos;
         at = pending.find('\n', begin)) {
      const std::string line = pending.substr(begin, at - begin);
      begin = at + 1;
      auto sent = co_await send_line(call, plan, line);
      AVILA_CO_TRY_VOID(std::move(sent));
    }
    pending.erase(0, begin);
    if (pending.size() > kLineMax)
      co_return Error(Errc::LimitExceeded, "a line is longer than 16 MiB");
    if (end) break;
    auto look = [&stop] { return next_input(stop); };
    auto read = co_await runtime.spawn_blocking(std::move(look));
    AVILA_CO_TRY(const std::string more, std::move(read));
    if (stop.load()) co_return Result<void>();
    end = more.empty();
    pending += more;
  }
  auto done = co_await call.writes_done();
  co_return done;
}

Task<Result<void>> send_one(grpc::Call& call, const Plan& plan) {
  AVILA_CO_TRY(const std::string message, message_of(plan, plan.input));
  auto written = co_await call.write_last(as_bytes(message));
  co_return written;
}

/// Sends, and ends the call where that cannot be done.
Task<Result<void>> send_all(async::Runtime& runtime, grpc::Call& call, const Plan& plan,
                            const std::atomic<bool>& stop) {
  Result<void> sent;
  if (plan.method->client_streaming) {
    sent = co_await send_lines(runtime, call, plan, stop);
  } else {
    sent = co_await send_one(call, plan);
  }
  if (!sent.has_value() && !sent.error().is(Errc::Closed)) call.cancel();
  co_return sent;
}

void show(const char* title, const grpc::Metadata& metadata) {
  for (const auto& [key, value] : metadata) {
    const std::string text = key.ends_with("-bin") ? text::base64_encode(value) : value;
    std::fprintf(stderr, "%s %s: %s\n", title, key.c_str(), text.c_str());
  }
}

Task<Result<int>> converse(async::Runtime& runtime, grpc::Channel& channel, const Plan& plan) {
  grpc::CallOptions options = plan.options;
  auto call = co_await channel.call(plan.path, std::move(options));
  std::atomic<bool> stop{false};
  auto sending = runtime.spawn(send_all(runtime, call, plan, stop));
  Result<void> outcome;
  if (plan.verbose) {
    auto head = co_await call.initial_metadata();
    if (head.has_value()) show("<", **head);
  }
  while (outcome.has_value()) {
    auto read = co_await call.read();
    if (!read.has_value() || !read->has_value()) break;
    auto message = protobuf::DynamicMessage::parse(*plan.method->output, as_bytes(**read));
    if (!message.has_value()) {
      outcome = std::move(message).error().context("the response");
      break;
    }
    auto json = protobuf::to_json(*message, plan.print);
    if (!json.has_value()) {
      outcome = std::move(json).error().context("the response");
      break;
    }
    *json += '\n';
    outcome = print(*json);
  }
  if (!outcome.has_value()) call.cancel();
  auto status = co_await call.finish();
  stop.store(true);
  auto sent = co_await std::move(sending);
  AVILA_CO_TRY_VOID(std::move(outcome));
  if (!sent.has_value() && !sent.error().is(Errc::Closed) && !sent.error().is(Errc::TimedOut) &&
      status.code == grpc::Code::Cancelled)
    co_return std::move(sent).error();
  if (plan.verbose) {
    show("<", call.trailing_metadata());
    std::fprintf(stderr, "< %s\n", status.to_string().c_str());
  }
  if (!status.ok()) co_return failure(status);
  co_return kDone;
}

Result<void> find_input(Plan& plan, const Arguments& arguments) {
  const bool streams = plan.method->client_streaming;
  const std::string given = arguments.get("-d", streams ? "-" : "{}");
  if (given == "-" && streams) {
    plan.standard = true;
  } else if (given == "-" || given.starts_with('@')) {
    AVILA_TRY(plan.input, read_input(given == "-" ? given : given.substr(1)));
  } else {
    plan.input = given;
  }
  return {};
}

}  // namespace

Result<int> tool_grpc_list(const Arguments& arguments) {
  auto options = call_options(arguments);
  if (!options.has_value()) return wrong_usage(options.error());
  const std::string name = arguments.operand(1);
  AVILA_TRY(const std::unique_ptr<Client> client, Client::make(arguments));
  DescriptorPool pool;
  std::string text;
  if (!name.empty()) {
    AVILA_TRY_VOID(load_service(pool, *client, arguments, name));
    AVILA_TRY(const ServiceDescriptor* service, find_service(pool, name));
    for (const MethodDescriptor& method : service->methods) text += line_of(method);
  } else if (arguments.has("--proto")) {
    AVILA_TRY_VOID(load_protos(pool, arguments));
    for (const protobuf::FileDescriptor* file : pool.files())
      for (const ServiceDescriptor& service : file->services) text += service.full_name + "\n";
  } else {
    options->encoding.reset();
    grpc::ReflectionClient reflection(client->channel(), std::move(*options));
    auto names = client->runtime.block_on(reflection.services());
    if (!names.has_value()) return std::move(names).error().context("reflection");
    for (const std::string& each : *names) text += each + "\n";
  }
  AVILA_TRY_VOID(print(text));
  return kDone;
}

Result<int> tool_grpc_call(const Arguments& arguments) {
  const std::string path = arguments.operand(1);
  const std::size_t slash = path.rfind('/');
  const std::size_t begin = path.starts_with('/') ? 1 : 0;
  if (slash == std::string::npos || slash <= begin || slash + 1 == path.size())
    return wrong_usage(
        Error(Errc::InvalidArgument, "a method is pkg.Service/Method, not '" + path + '\''));
  const std::string service_name = path.substr(begin, slash - begin);
  Plan plan;
  auto options = call_options(arguments);
  if (!options.has_value()) return wrong_usage(options.error());
  plan.options = std::move(*options);
  plan.path = "/" + path.substr(begin);
  plan.verbose = arguments.has("-v");
  plan.print.original_names = arguments.has("--original-names");
  plan.print.print_zeroes = arguments.has("--zeroes");
  AVILA_TRY(const std::unique_ptr<Client> client, Client::make(arguments));
  DescriptorPool pool;
  AVILA_TRY_VOID(load_service(pool, *client, arguments, service_name));
  AVILA_TRY(const ServiceDescriptor* service, find_service(pool, service_name));
  plan.method = service->find_method(path.substr(slash + 1));
  if (plan.method == nullptr)
    return Error(Errc::NotFound, service_name + " has no method " + path.substr(slash + 1));
  AVILA_TRY_VOID(find_input(plan, arguments));
  return client->runtime.block_on(converse(client->runtime, client->channel(), plan));
}

}  // namespace avila::cli
