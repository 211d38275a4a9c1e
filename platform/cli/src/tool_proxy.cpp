// `avl tool proxy`: a reverse and forward proxy by a file.
#include <avila/async/runtime.hpp>
#include <avila/chassis/server_tls.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/log/log.hpp>
#include <avila/log/sinks.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/os/signals.hpp>
#include <avila/pki/certificate.hpp>
#include <avila/proxy/proxy_protocol.hpp>
#include <avila/proxy/socks5.hpp>
#include <avila/text/encoding.hpp>
#include <csignal>
#include <cstdio>

#include "proxy_config.hpp"
#include "proxy_example.hpp"
#include "tool.hpp"
#include "tool_net.hpp"

namespace avila::cli {
namespace {

constexpr Duration kRefresh = seconds(60);  // of certificates
using Mode = ProxyListener::Mode;

/// A line for each request.
class AccessLog final : public proxy::Observer {
 public:
  static Result<std::unique_ptr<AccessLog>> open(const std::string& where) {
    auto made = std::make_unique<AccessLog>();
    log::LoggerOptions options;
    if (where == "-") {
      options.sinks = {std::make_shared<log::StreamSink>(2, log::Format::Json)};
    } else if (!where.empty()) {
      AVILA_TRY(made->file_, log::FileSink::open(os::real_file_system(), where));
      options.sinks = {made->file_};
    }
    made->logger_ = log::Logger(std::move(options));
    return made;
  }
  Result<void> reopen() { return file_ == nullptr ? Result<void>() : file_->reopen(); }
  void on_request(const proxy::RequestRecord& record) override {
    AVILA_LOG_TO(logger_, Info, "request", {"client", record.client}, {"method", record.method},
                 {"host", record.host}, {"target", record.target}, {"http", record.http_major},
                 {"status", record.status}, {"route", record.route}, {"upstream", record.upstream},
                 {"endpoint", record.endpoint}, {"attempts", record.attempts},
                 {"request_bytes", record.request_bytes}, {"response_bytes", record.response_bytes},
                 {"first_byte", record.first_byte}, {"total", record.total},
                 {"cache", record.cache}, {"complete", record.complete});
  }

 private:
  log::Logger logger_;
  std::shared_ptr<log::FileSink> file_;  // shared with the logger
};

/// A group and the TLS to it, for as long as requests know the group.
Result<std::shared_ptr<proxy::Upstream>> make_upstream(async::Executor& executor,
                                                       const ProxyUpstream& config) {
  struct Held {
    std::unique_ptr<tls::Security> security;
    std::shared_ptr<proxy::Upstream> upstream;
  };
  auto held = std::make_shared<Held>();
  proxy::UpstreamOptions options = config.options;
  if (config.tls.has_value()) {
    AVILA_TRY(held->security, client_security(*config.tls));
    options.security = held->security.get();
  }
  AVILA_TRY(held->upstream, proxy::Upstream::create(executor, std::move(options)));
  proxy::Upstream* const upstream = held->upstream.get();
  return std::shared_ptr<proxy::Upstream>(std::move(held), upstream);
}

/// The file's routes and groups, made; errors say where in the file.
Result<proxy::ReverseOptions> make_routes(async::Executor& executor, const std::string& path,
                                          const ProxyConfig& config) {
  const auto at = [&](std::uint32_t line) { return path + ':' + std::to_string(line); };
  proxy::ReverseOptions all = config.reverse;
  for (const ProxyUpstream& each : config.upstreams) {
    AVILA_TRY(auto made, make_upstream(executor, each).context(at(each.line)));
    all.upstreams.push_back(std::move(made));
  }
  for (std::size_t i = 0; i < config.reverse.routes.size(); ++i) {
    proxy::ReverseOptions one;  // by itself, to know which one is wrong
    one.upstreams = all.upstreams;
    one.routes = {config.reverse.routes[i]};
    auto made = proxy::ReverseProxy::create(executor, std::move(one));
    if (!made.has_value()) return std::move(made).error().context(at(config.route_lines[i]));
  }
  return all;
}

Result<std::unique_ptr<chassis::ServerTls>> make_tls(const ProxyListener& config) {
  const chassis::ServerTlsWorld world{os::real_file_system(), os::real_clock(),
                                      os::system_entropy()};
  chassis::ServerTlsOptions options;
  options.certificate_path = config.certificate;
  options.key_path = config.key;
  options.hosts = config.hosts;
  if (options.hosts.empty()) options.hosts = {"localhost", "127.0.0.1", "::1"};
  return chassis::ServerTls::open(world, std::move(options));
}

class Listener {
 public:
  /// Says where it listens.
  static Result<std::unique_ptr<Listener>> open(async::Executor& executor,
                                                const ProxyListener& config,
                                                const ProxyConfig& all, http::Handler& handler) {
    auto made = std::make_unique<Listener>();
    if (config.mode == Mode::Socks5) {
      made->socks_ = std::make_unique<proxy::SocksServer>(executor, all.forward, all.socks);
      AVILA_TRY_VOID(made->socks_->listen(config.address));
      std::printf("socks5://%s\n", made->socks_->local_address().c_str());
      return made;
    }
    http::ServerOptions options = all.clients;
    options.http2 = &made->http2_;
    options.cancel_on_hang_up = config.mode == Mode::Reverse;
    if (config.tls) {
      AVILA_TRY(made->tls_, make_tls(config));
      options.security = &made->tls_->security();
      AVILA_TRY_VOID(made->tell_certificate(config));
    }
    if (!config.proxy_protocol_from.empty()) {
      made->preamble_ = std::make_unique<proxy::ProxyProtocol>(config.proxy_protocol_from);
      options.preamble = made->preamble_.get();
    }
    made->server_ = std::make_unique<http::Server>(executor, handler, std::move(options));
    AVILA_TRY_VOID(made->server_->listen(config.address));
    std::printf("%s%s://%s/\n", config.mode == Mode::Forward ? "forward: " : "",
                config.tls ? "https" : "http", made->server_->local_address().c_str());
    return made;
  }
  void refresh() {
    if (tls_ == nullptr) return;
    if (const auto refreshed = tls_->refresh(); !refreshed.has_value())
      std::fprintf(stderr, "%s\n", refreshed.error().to_string().c_str());
  }
  future::Task<void> shutdown(Duration drain) {
    return server_ != nullptr ? server_->shutdown(drain) : socks_->shutdown();
  }

 private:
  Result<void> tell_certificate(const ProxyListener& config) const {
    const pki::Certificate& certificate = tls_->certificate();
    if (!config.save_certificate.empty())
      AVILA_TRY_VOID(os::real_file_system().write_atomically(config.save_certificate,
                                                             as_bytes(certificate.to_pem()), 0644));
    if (config.certificate.empty())
      std::printf("certificate, made now, SHA-256 %s\n",
                  text::hex_encode(certificate.fingerprint()).c_str());
    return {};
  }

  http2::Server http2_;
  std::unique_ptr<chassis::ServerTls> tls_;
  std::unique_ptr<proxy::ProxyProtocol> preamble_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<proxy::SocksServer> socks_;
};

/// All that runs.
class Engine {
 public:
  Engine(std::string path, ProxyConfig config)
      : path_(std::move(path)),
        config_(std::move(config)),
        runtime_({.threads = config_.threads}),
        forward_(runtime_, config_.forward) {}

  /// Makes everything that the file says; listens on nothing yet.
  Result<void> prepare() {
    AVILA_TRY(access_, AccessLog::open(config_.access_log));
    if (!config_.access_log.empty()) config_.reverse.observer = access_.get();
    AVILA_TRY(proxy::ReverseOptions options, make_routes(runtime_, path_, config_));
    upstreams_ = options.upstreams;
    AVILA_TRY(reverse_, proxy::ReverseProxy::create(runtime_, std::move(options)));
    return {};
  }
  Result<void> listen() {
    reverse_->start();
    for (const ProxyListener& each : config_.listeners) {
      http::Handler& handler =
          each.mode == Mode::Forward ? static_cast<http::Handler&>(forward_) : *reverse_;
      AVILA_TRY(auto made, Listener::open(runtime_, each, config_, handler));
      listeners_.push_back(std::move(made));
    }
    return {};
  }
  void refresh() {
    for (const auto& each : listeners_) each->refresh();
  }
  /// Routes, groups and who is trusted, from the next request on; after an error the old ones stay.
  Result<void> reload() {
    AVILA_TRY_VOID(access_->reopen());
    AVILA_TRY(const std::string text, read_input(path_));
    AVILA_TRY(ProxyConfig config, ProxyConfig::parse(path_, text));
    config.reverse.observer = config_.reverse.observer;
    AVILA_TRY(proxy::ReverseOptions options, make_routes(runtime_, path_, config));
    std::vector<std::shared_ptr<proxy::Upstream>> next = options.upstreams;
    AVILA_TRY_VOID(reverse_->reconfigure(std::move(options)));
    upstreams_.swap(next);
    for (const auto& old : next) runtime_.block_on(old->stop());
    return {};
  }
  void stop() {
    std::vector<async::JoinHandle<void>> ends;
    for (const auto& each : listeners_)
      ends.push_back(runtime_.spawn(each->shutdown(config_.drain)));
    for (auto& end : ends) end.wait();
    if (reverse_ != nullptr) runtime_.block_on(reverse_->stop());
    listeners_.clear();
    runtime_.shutdown(seconds(2));
  }

 private:
  const std::string path_;
  ProxyConfig config_;
  async::Runtime runtime_;
  std::unique_ptr<AccessLog> access_;
  std::vector<std::shared_ptr<proxy::Upstream>> upstreams_;  // shared with requests
  proxy::ForwardProxy forward_;
  std::unique_ptr<proxy::ReverseProxy> reverse_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

Result<int> check(const ProxyConfig& config, Engine& engine) {
  for (const ProxyListener& each : config.listeners) {
    if (!each.certificate.empty()) AVILA_TRY_VOID(make_tls(each));
  }
  engine.stop();
  std::printf("well: %zu listeners, %zu routes, %zu upstreams\n", config.listeners.size(),
              config.reverse.routes.size(), config.upstreams.size());
  return kDone;
}

Result<void> serve(Engine& engine, os::SignalSet& signals) {
  AVILA_TRY_VOID(engine.listen());
  std::printf("ready: Ctrl-C stops, SIGHUP reads the file again\n");
  std::fflush(stdout);
  while (true) {
    AVILA_TRY(const std::optional<int> caught, signals.wait(kRefresh));
    if (caught.has_value() && *caught != SIGHUP) return {};
    engine.refresh();
    if (!caught.has_value()) continue;
    if (const auto reloaded = engine.reload(); reloaded.has_value()) {
      std::printf("reloaded\n");
    } else {
      std::fprintf(stderr, "not reloaded: %s\n", reloaded.error().to_string().c_str());
    }
    std::fflush(stdout);
  }
}

}  // namespace

Result<int> tool_proxy(const Arguments& arguments) {
  if (arguments.has("--example")) {
    AVILA_TRY_VOID(print(kProxyExample));
    return kDone;
  }
  const std::string path = arguments.get("--config");
  if (path.empty())
    return wrong_usage(Error(Errc::InvalidArgument, "--config FILE is missing")
                           .with_hint("avl tool proxy --example prints one"));
  AVILA_TRY(const std::string text, read_input(path));
  auto config = ProxyConfig::parse(path, text);
  if (!config.has_value()) return wrong_usage(config.error());
  os::ignore_broken_pipes();
  AVILA_TRY(os::SignalSet signals, os::SignalSet::create({SIGINT, SIGTERM, SIGHUP}));
  Engine engine(path, *config);
  if (const auto prepared = engine.prepare(); !prepared.has_value()) {
    engine.stop();
    return wrong_usage(prepared.error());
  }
  if (arguments.has("--check")) return check(*config, engine);
  auto served = serve(engine, signals);
  engine.stop();
  AVILA_TRY_VOID(std::move(served));
  return kDone;
}

}  // namespace avila::cli
