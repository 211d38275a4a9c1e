#include <avila/chassis/daemon.hpp>
#include <avila/text/number.hpp>
#include <cstdio>

namespace avila::chassis {
namespace {

constexpr const char* kUsage =
    "usage: %s --data DIR [--listen ADDR] [--port N] [--config FILE] [--set SETTING=VALUE]… "
    "[--print-config]\n";

/// False on wrong usage.
bool parse(int argc, char** argv, const ServiceFactory& service, PlatformOptions& options) {
  options.demo = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--print-config") {
      options.print_config = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const std::string value = argv[++i];
    if (name == "--data") {
      options.data = value;
    } else if (name == "--listen") {
      options.listen = value;
    } else if (name == "--config") {
      options.config_path = value;
    } else if (name == "--port") {
      const auto port = text::parse_uint(value);
      if (!port.has_value() || *port > 65'535) return false;
      options.port_base = static_cast<std::uint16_t>(*port == 0 ? 0 : *port - service.port_offset);
    } else if (name == "--set") {
      const auto equals = value.find('=');
      if (equals == std::string::npos) return false;
      options.overrides[value.substr(0, equals)] = value.substr(equals + 1);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int daemon_main(int argc, char** argv, const ServiceFactory& service) {
  PlatformOptions options;
  options.version = AVILA_VERSION;
  if (!parse(argc, argv, service, options)) {
    std::fprintf(stderr, kUsage, argv[0]);
    return 2;
  }
  const auto status = run_platform(options, {&service, 1});
  if (status.has_value()) return *status;
  std::fprintf(stderr, "%s: %s\n", argv[0], status.error().to_string().c_str());
  return 1;
}

}  // namespace avila::chassis
