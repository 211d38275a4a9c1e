// A static file server to put under load: bench_serve DIR [--port N] [--threads N]
// [--cert F --key F: HTTPS on a second port]. Files are kept in memory at first use; prints its URL
// and process id, serves until it is ended by a signal.
#include <signal.h>
#include <unistd.h>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/os/file_system.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tls/stream.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

namespace {

using namespace avila;

constexpr std::size_t kInMemoryBytes = 64 * 1024;  // larger files are sent by the kernel

struct File {
  std::string content;
  std::unique_ptr<os::File> large;
  std::uint64_t size = 0;
};

class FileSource final : public http::BodySource {
 public:
  explicit FileSource(std::shared_ptr<const File> file) : file_(std::move(file)) {}
  future::Task<Result<void>> write_to(http::BodyWriter& writer) override {
    return writer.send_file(*file_->large, 0, file_->size);
  }

 private:
  std::shared_ptr<const File> file_;
};

class Files final : public http::Handler {
 public:
  explicit Files(std::string folder) : folder_(std::move(folder)) {}

  bool handle_now(http::Request& request, http::Response& response) override {
    const auto file = find(request.path);
    if (file == nullptr) {
      response = http::Response::text(404, "not found\n");
      return true;
    }
    http::Body body;
    if (file->large != nullptr) {
      body = http::Body::stream(std::make_unique<FileSource>(file), file->size);
    } else {
      body = http::Body::shared(file, as_bytes(file->content));
    }
    response = http::Response(200, "application/octet-stream", std::move(body));
    return true;
  }
  future::Task<http::Response> handle(http::Request&) override { co_return http::Response(500); }

 private:
  std::shared_ptr<const File> find(std::string_view path) {
    {
      const std::shared_lock lock(mutex_);
      const auto known = files_.find(path);
      if (known != files_.end()) return known->second;
    }
    if (path.find("..") != std::string_view::npos) return nullptr;
    const std::string name = folder_ + std::string(path);
    std::ifstream in(name, std::ios::binary);
    if (!in) return nullptr;
    auto file = std::make_shared<File>();
    file->content.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    file->size = file->content.size();
    if (file->size > kInMemoryBytes) {
      auto opened = os::real_file_system().open(name);
      if (!opened.has_value()) return nullptr;
      file->large = std::move(*opened);  // open until the end
      file->content = std::string();
    }
    const std::unique_lock lock(mutex_);
    return files_.emplace(std::string(path), std::move(file)).first->second;
  }

  std::string folder_;
  std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<const File>, std::less<>> files_;
};

future::Task<void> serve_tls(http::Server* server, tcp::Stream socket,
                             std::shared_ptr<const tls::ServerConfig> config) {
  auto transport = std::make_unique<tcp::Stream>(std::move(socket));
  auto accepted = co_await tls::accept(std::move(transport), config);
  if (accepted.has_value()) co_await server->serve(std::move(*accepted), "peer");
}

future::Task<void> accept_tls(async::Executor* executor, http::Server* server,
                              tcp::Listener* listener,
                              std::shared_ptr<const tls::ServerConfig> config) {
  for (;;) {
    auto accepted = co_await listener->accept();
    if (!accepted.has_value()) co_return;
    (void)executor->spawn(serve_tls(server, std::move(*accepted), config));
  }
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder, port = "0", certificate, key;
  std::size_t threads = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--port" && i + 1 < argc) {
      port = argv[++i];
    } else if (arg == "--threads" && i + 1 < argc) {
      threads = static_cast<std::size_t>(std::atoi(argv[++i]));
    } else if (arg == "--cert" && i + 1 < argc) {
      certificate = argv[++i];
    } else if (arg == "--key" && i + 1 < argc) {
      key = argv[++i];
    } else if (!arg.starts_with("-") && folder.empty()) {
      folder = arg;
    } else {
      folder.clear();
      break;
    }
  }
  if (folder.empty()) {
    std::fprintf(stderr, "usage: %s DIR [--port N] [--threads N] [--cert F --key F]\n", argv[0]);
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  async::RuntimeOptions options;
  options.threads = threads;
  async::Runtime runtime(options);
  Files files(folder);
  http::ServerOptions server_options;
  server_options.requests_per_connection = 1'000'000'000;
  http::Server server(runtime, files, server_options);
  const auto listening = server.listen("127.0.0.1:" + port);
  if (!listening.has_value()) {
    std::fprintf(stderr, "bench_serve: %s\n", listening.error().to_string().c_str());
    return 1;
  }
  tcp::Listener secure;
  if (!certificate.empty()) {
    auto credential = tls::Credential::from_pem(read_text(certificate), read_text(key));
    auto bound = tcp::Listener::bind(runtime, tcp::SocketAddress::loopback(0));
    if (!credential.has_value() || !bound.has_value()) {
      std::fprintf(stderr, "bench_serve: no certificate, or no port\n");
      return 1;
    }
    tls::ServerConfig config;
    config.credentials = {*credential};
    config.alpn = {"http/1.1"};
    secure = std::move(*bound);
    (void)runtime.spawn(
        accept_tls(&runtime, &server, &secure, std::make_shared<const tls::ServerConfig>(config)));
    std::printf("https://%s ", secure.local_address().to_string().c_str());
  }
  std::printf("http://%s %d\n", server.local_address().c_str(), static_cast<int>(::getpid()));
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  secure.close();
  runtime.block_on(server.shutdown(milliseconds(500)));
  return 0;
}
