#include <algorithm>
#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/chassis/credentials.hpp>
#include <avila/chassis/host.hpp>
#include <avila/chassis/platform.hpp>
#include <avila/chassis/server_tls.hpp>
#include <avila/metrics/registry.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/os/process.hpp>
#include <avila/os/signals.hpp>
#include <avila/web/router.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

namespace avila::chassis {
namespace {

constexpr Duration kDrain = seconds(10);
constexpr Duration kTick = seconds(5);

constexpr Setting kSharedSettings[] = {
    {"threads", SettingKind::Integer, "0", "worker threads; 0: one for each core", 0, 1'024},
    {"public_metrics", SettingKind::Boolean, "false", "answer /metrics without an API key"},
    {"compress_from", SettingKind::Bytes, "1KiB",
     "answers of text and JSON are compressed from this size on, where clients ask; 0: never", 0,
     1 << 30},
    {"tls.enabled", SettingKind::Boolean, "false", "serve HTTPS, with HTTP/2 by ALPN"},
    {"tls.names", SettingKind::Text, "",
     "more names and addresses for the certificate, with commas"},
    {"tls.validity", SettingKind::Duration, "2160h",
     "of a certificate from DATA/ca; a new one is made when a third of it is left",
     INT64_C(3'000'000'000), INT64_C(315'360'000'000'000'000)},
    {"tls.certificate", SettingKind::Text, "",
     "a PEM file of your own, instead of DATA/ca; read again when it changes"},
    {"tls.key", SettingKind::Text, "", "its key"},
    {"limits.header_bytes", SettingKind::Bytes, "64KiB", "all header fields of a request", 1 << 10,
     1 << 24},
    {"limits.headers", SettingKind::Integer, "128", "header fields of a request", 8, 10'000},
    {"limits.body_bytes", SettingKind::Bytes, "20MiB", "body of a request", 1 << 10,
     INT64_C(1) << 32},
    {"limits.connections", SettingKind::Integer, "10000", "connections to one service", 1,
     1'000'000},
    {"limits.requests_in_flight", SettingKind::Integer, "1024", "requests of one service at once",
     1, 1'000'000},
    {"limits.header_time", SettingKind::Duration, "10s", "for a request's head to arrive",
     1'000'000, INT64_MAX},
    {"limits.idle_time", SettingKind::Duration, "60s", "for a connection without a request",
     1'000'000, INT64_MAX},
};

struct Running {
  const ServiceFactory* factory = nullptr;
  std::unique_ptr<HostedService> service;
  std::unique_ptr<Host> host;
};

class Platform {
 public:
  Platform(const PlatformOptions& options, std::span<const ServiceFactory> services)
      : options_(options), factories_(services) {}

  Result<int> run() {
    const Instant started = os::real_clock().now();
    AVILA_TRY_VOID(choose());
    data_ = options_.data;
    if (!data_.starts_with("/")) {
      AVILA_TRY(const std::string folder, os::current_folder());
      data_ = os::join(folder, data_);
    }
    AVILA_TRY_VOID(load_config());
    if (options_.print_config) return std::fputs(config_->to_toml().c_str(), stdout), 0;
    AVILA_TRY_VOID(files_.create_directories(data_).context("data folder"));
    AVILA_TRY_VOID(lock_data());
    AVILA_TRY_VOID(load_keys());
    AVILA_TRY_VOID(load_tls());

    AVILA_TRY(std::optional<os::SignalSet> signals, os::SignalSet::create({SIGINT, SIGTERM}));
    os::ignore_broken_pipes();
    async::Runtime runtime({.threads = static_cast<std::size_t>(config_->integer("threads"))});
    auto opened = open_services(runtime);
    if (opened.has_value()) {
      print_where(started);
      auto upkeep = runtime.spawn(tick_loop(runtime));
      AVILA_TRY_VOID(signals->wait(Duration::max()));
      std::printf("stopping (a second signal ends it at once)\n");
      std::fflush(stdout);
      signals.reset();  // from here on the system's default: the next one ends the process
      for (Running& running : running_) runtime.block_on(running.host->stop(kDrain));
      stopping_.cancel();
      (void)upkeep.wait();
    }
    runtime.shutdown(kDrain);
    for (Running& running : running_) {
      auto closed = running.service->close();
      if (!closed.has_value() && opened.has_value()) opened = std::move(closed);
    }
    if (!opened.has_value()) return std::move(opened).error();
    std::printf("stopped\n");
    return 0;
  }

 private:
  Result<void> choose() {
    std::string known;
    for (const ServiceFactory& factory : factories_)
      known += (known.empty() ? "" : ", ") + std::string(factory.name);
    for (const std::string& name : options_.only) {
      const auto same = [&](const ServiceFactory& factory) { return factory.name == name; };
      if (std::none_of(factories_.begin(), factories_.end(), same))
        return Error(Errc::InvalidArgument, "no service '" + name + "'; there are: " + known);
    }
    for (const ServiceFactory& factory : factories_) {
      const auto& only = options_.only;
      if (only.empty() || std::find(only.begin(), only.end(), factory.name) != only.end())
        running_.push_back({&factory, nullptr, nullptr});
    }
    return {};
  }

  Result<void> load_config() {
    std::vector<Setting> settings(std::begin(kSharedSettings), std::end(kSharedSettings));
    for (const ServiceFactory& factory : factories_)
      settings.insert(settings.end(), factory.settings.begin(), factory.settings.end());
    std::string path = options_.config_path;
    if (path.empty() && files_.exists(os::join(data_, "avila.toml")))
      path = os::join(data_, "avila.toml");
    AVILA_TRY(Config config,
              Config::load(settings, files_, path, os::environment, options_.overrides));
    config_ = std::make_unique<Config>(std::move(config));
    return {};
  }

  Result<void> lock_data() {
    auto lock = files_.lock(os::join(data_, "avila.lock"));
    if (!lock.has_value() && lock.error().is(Errc::Busy)) {
      return Error(Errc::Busy, data_ + " is in use by another process",
                   {.hint = "stop it, or choose another folder with --data"});
    }
    AVILA_TRY(lock_, std::move(lock));
    return {};
  }

  Result<void> load_keys() {
    auto keys = KeyStore::load(files_, data_);
    if (!keys.has_value() && keys.error().is(Errc::NotFound)) {
      AVILA_TRY(credentials_, create_credentials(files_, os::system_entropy(), data_));
      first_start_ = true;
      keys = KeyStore::load(files_, data_);
    }
    AVILA_TRY(keys_, std::move(keys));
    return {};
  }

  Result<void> load_tls() {
    if (!config_->boolean("tls.enabled")) return {};
    ServerTlsOptions options;
    options.data_folder = data_;
    options.validity = config_->duration("tls.validity");
    options.certificate_path = config_->text("tls.certificate");
    options.key_path = config_->text("tls.key");
    options.hosts = {"localhost", "127.0.0.1", "::1"};
    const auto add = [&](std::string host) {
      const auto& known = options.hosts;
      if (!host.empty() && std::find(known.begin(), known.end(), host) == known.end())
        options.hosts.push_back(std::move(host));
    };
    std::string listen = options_.listen;
    if (listen.starts_with('[')) listen = listen.substr(1, listen.size() - 2);
    if (listen == "0.0.0.0" || listen == "::") {
      add(os::host_name().value_or(""));
    } else {
      add(std::move(listen));
    }
    std::string names = config_->text("tls.names");
    while (!names.empty()) {
      const auto comma = names.find(',');
      add(names.substr(0, comma));
      names.erase(0, comma == std::string::npos ? names.size() : comma + 1);
    }
    const ServerTlsWorld world{files_, os::real_clock(), os::system_entropy()};
    AVILA_TRY(tls_, ServerTls::open(world, std::move(options)).context("TLS"));
    return {};
  }

  HostOptions host_options(const ServiceFactory& factory) const {
    HostOptions options;
    options.service = factory.name;
    options.version = options_.version;
    const bool v6 =
        options_.listen.find(':') != std::string::npos && !options_.listen.starts_with("[");
    const int port = options_.port_base == 0 ? 0 : options_.port_base + factory.port_offset;
    options.listen =
        (v6 ? '[' + options_.listen + ']' : options_.listen) + ':' + std::to_string(port);
    options.requests_in_flight =
        static_cast<std::size_t>(config_->integer("limits.requests_in_flight"));
    options.public_metrics = config_->boolean("public_metrics");
    options.compress_from_bytes = config_->bytes("compress_from");
    options.security = tls_ != nullptr ? &tls_->security() : nullptr;
    options.http.limits.header_bytes =
        static_cast<std::uint32_t>(config_->bytes("limits.header_bytes"));
    options.http.limits.header_count =
        static_cast<std::uint32_t>(config_->integer("limits.headers"));
    options.http.limits.body_bytes = config_->bytes("limits.body_bytes");
    options.http.connections = static_cast<std::uint32_t>(config_->integer("limits.connections"));
    options.http.header_timeout = config_->duration("limits.header_time");
    options.http.idle_timeout = config_->duration("limits.idle_time");
    return options;
  }

  Result<void> open_services(async::Runtime& runtime) {
    for (Running& running : running_) {
      const std::string name(running.factory->name);
      const std::string folder = os::join(data_, name);
      AVILA_TRY_VOID(files_.create_directories(folder));
      running.service = running.factory->make();
      AVILA_TRY_VOID(running.service->open(*config_, folder).context(name));
      running.host = std::make_unique<Host>(runtime, keys_, host_options(*running.factory));
      running.service->add_routes(running.host->router());
      add_metrics(running);
      if (first_start_ && options_.demo) {
        AVILA_TRY(std::string command, running.service->load_demo().context(name + ": demo"));
        if (!command.empty()) try_.push_back(std::move(command));
      }
      AVILA_TRY_VOID(running.host->start());
    }
    if (!first_start_) {
      AVILA_TRY(credentials_, read_credentials(files_, data_));
    }
    credentials_.endpoints.clear();
    for (const Running& running : running_)
      credentials_.endpoints.emplace_back(running.factory->name, running.host->url());
    return write_credentials(files_, data_, credentials_);
  }

  static void add_metrics(Running& running) {
    HostedService* service = running.service.get();
    Host* host = running.host.get();
    host->on_scrape([service, host] { service->export_metrics(host->registry()); });
  }

  void print_where(Instant started) const {
    std::printf("Avila %s\n\n", options_.version.c_str());
    for (const Running& running : running_)
      std::printf("  %-14s %s\n", std::string(running.factory->name).c_str(),
                  running.host->url().c_str());
    std::printf("  %-14s %s\n", "data", data_.c_str());
    if (tls_ != nullptr && config_->text("tls.certificate").empty())
      std::printf("  %-14s %s\n", "authority",
                  os::join(os::join(data_, kAuthorityFolder), "ca.crt").c_str());
    if (first_start_)
      std::printf("  %-14s %s  (shown only now)\n", "API key", credentials_.api_key.c_str());
    std::printf("  %-14s %s\n", "credentials", os::join(data_, "credentials.toml").c_str());
    for (const std::string& command : try_)
      std::printf("\n  try            %s --data %s\n", command.c_str(), options_.data.c_str());
    std::printf("\nready in %.2f s; Ctrl-C stops\n", (os::real_clock().now() - started).seconds());
    std::fflush(stdout);
  }

  /// Trouble is told once, and looked at again at the next tick: the old certificate serves on.
  void refresh_tls() {
    if (tls_ == nullptr) return;
    const auto refreshed = tls_->refresh();
    if (!refreshed.has_value() && !tls_trouble_)
      std::fprintf(stderr, "TLS: %s\n", refreshed.error().to_string().c_str());
    tls_trouble_ = !refreshed.has_value();
  }

  future::Task<void> tick_loop(async::Runtime& runtime) {
    while (true) {
      auto slept = co_await runtime.sleep(kTick, stopping_.token());
      if (!slept.has_value()) co_return;
      auto work = [this] {
        for (Running& running : running_) running.service->tick();
        refresh_tls();
      };
      co_await runtime.spawn_blocking(work);
    }
  }

  const PlatformOptions& options_;
  std::span<const ServiceFactory> factories_;
  os::FileSystem& files_ = os::real_file_system();
  std::string data_;
  std::unique_ptr<Config> config_;
  std::unique_ptr<os::FileLock> lock_;
  std::unique_ptr<ServerTls> tls_;
  bool tls_trouble_ = false;
  KeyStore keys_;
  Credentials credentials_;
  bool first_start_ = false;
  std::vector<Running> running_;
  std::vector<std::string> try_;
  future::CancelSource stopping_;
};

}  // namespace

Result<int> run_platform(const PlatformOptions& options, std::span<const ServiceFactory> services) {
  return Platform(options, services).run();
}

}  // namespace avila::chassis
