// A reverse proxy to put under load: bench_proxy BACKEND[,BACKEND…] [--port N] [--threads N]
// [--cert F --key F: HTTPS on a second port] [--http2: to the backends]. Prints its URLs and
// process id, serves until it is ended by a signal.
#include <signal.h>
#include <unistd.h>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/proxy/reverse.hpp>
#include <avila/tls/security.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

namespace {

using namespace avila;

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

int fail(const Error& error) {
  std::fprintf(stderr, "bench_proxy: %s\n", error.to_string().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string backends, port = "0", certificate, key;
  std::size_t threads = 1;
  proxy::UpstreamOptions upstream;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    const bool more = i + 1 < argc;
    if (arg == "--port" && more) {
      port = argv[++i];
    } else if (arg == "--threads" && more) {
      threads = static_cast<std::size_t>(std::atoi(argv[++i]));
    } else if (arg == "--cert" && more) {
      certificate = argv[++i];
    } else if (arg == "--key" && more) {
      key = argv[++i];
    } else if (arg == "--http2") {
      upstream.protocol = proxy::Protocol::Http2;
    } else {
      backends = arg;
    }
  }
  if (backends.empty()) {
    std::fprintf(
        stderr,
        "usage: %s HOST:PORT[,HOST:PORT…] [--port N] [--threads N] [--cert F --key F] [--http2]\n",
        argv[0]);
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  async::RuntimeOptions runtime_options;
  runtime_options.threads = threads;
  async::Runtime runtime(runtime_options);
  upstream.name = "back";
  while (!backends.empty()) {
    const std::size_t comma = backends.find(',');
    upstream.endpoints.push_back({.address = backends.substr(0, comma)});
    backends.erase(0, comma == std::string::npos ? comma : comma + 1);
  }
  auto made = proxy::Upstream::create(runtime, upstream);
  if (!made.has_value()) return fail(made.error());
  proxy::ReverseOptions options;
  options.upstreams = {*made};
  options.routes.push_back({.upstream = "back"});
  auto reverse = proxy::ReverseProxy::create(runtime, std::move(options));
  if (!reverse.has_value()) return fail(reverse.error());
  http2::Server http2;
  http::ServerOptions server_options;
  server_options.requests_per_connection = 1'000'000'000;
  server_options.cancel_on_hang_up = true;
  server_options.http2 = &http2;
  http::Server server(runtime, **reverse, server_options);
  if (auto on = server.listen("127.0.0.1:" + port); !on.has_value()) return fail(on.error());
  std::optional<tls::ServerConfigSlot> slot;
  std::unique_ptr<tls::Security> security;
  std::unique_ptr<http::Server> secure;
  if (!certificate.empty()) {
    auto credential = tls::Credential::from_pem(read_text(certificate), read_text(key));
    if (!credential.has_value()) return fail(credential.error());
    tls::ServerConfig config;
    config.credentials = {*credential};
    config.alpn = {"h2", "http/1.1"};
    slot.emplace(std::make_shared<const tls::ServerConfig>(std::move(config)));
    security = std::make_unique<tls::Security>(&*slot);
    server_options.security = security.get();
    secure = std::make_unique<http::Server>(runtime, **reverse, server_options);
    if (auto on = secure->listen("127.0.0.1:0"); !on.has_value()) return fail(on.error());
    std::printf("https://%s ", secure->local_address().c_str());
  }
  std::printf("http://%s %d\n", server.local_address().c_str(), static_cast<int>(::getpid()));
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  if (secure != nullptr) runtime.block_on(secure->shutdown(milliseconds(500)));
  runtime.block_on(server.shutdown(milliseconds(500)));
  runtime.block_on((*reverse)->stop());
  return 0;
}
