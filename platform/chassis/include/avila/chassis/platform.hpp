// Running services: data folder, configuration, credentials, signals. A daemon runs one service,
// `avl up` all of them in one process, by the same code.
#pragma once
#include <avila/chassis/config.hpp>
#include <avila/error/result.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace avila::web {
class Router;
}
namespace avila::metrics {
class Registry;
}

namespace avila::chassis {

/// One service, as the platform runs it. open() and tick() may block.
class HostedService {
 public:
  virtual ~HostedService() = default;
  /// `folder`: its own, below the data folder; made already.
  virtual Result<void> open(const Config& config, const std::string& folder) = 0;
  virtual void add_routes(web::Router& router) = 0;
  /// Called before each answer of /metrics.
  virtual void export_metrics(metrics::Registry& registry) = 0;
  /// The first start of a data folder: something to look at. The command to try.
  virtual Result<std::string> load_demo() = 0;
  /// Upkeep, every few seconds.
  virtual void tick() = 0;
  virtual Result<void> close() = 0;
};

struct ServiceFactory {
  std::string_view name;
  std::uint16_t port_offset;  ///< from the port base
  std::span<const Setting> settings;
  std::unique_ptr<HostedService> (*make)();
};

struct PlatformOptions {
  std::string data = "avl-data";
  std::string listen = "127.0.0.1";
  std::uint16_t port_base = 7'700;  ///< 0: every service on any free port
  std::vector<std::string> only;    ///< names; empty: all
  std::string config_path;          ///< empty: DATA/avila.toml when it is there
  Overrides overrides;
  bool demo = true;
  bool print_config = false;  ///< print the configuration and end
  std::string version;
};

/// Starts, prints where everything is and a line that begins with "ready", waits for SIGINT or
/// SIGTERM, stops cleanly; a second signal ends the process at once. The exit status.
Result<int> run_platform(const PlatformOptions& options, std::span<const ServiceFactory> services);

}  // namespace avila::chassis
