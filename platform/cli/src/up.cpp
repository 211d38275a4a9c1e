// `avl up`: the platform in one process.
#include <avila/aviladb/hosted.hpp>
#include <avila/chassis/platform.hpp>
#include <avila/text/number.hpp>

#include "commands.hpp"

namespace avila::cli {

Result<int> up(const Arguments& arguments) {
  chassis::PlatformOptions options;
  options.version = AVILA_VERSION;
  options.data = arguments.get("--data", options.data);
  options.listen = arguments.get("--listen", options.listen);
  options.config_path = arguments.get("--config");
  options.demo = !arguments.has("--no-demo");
  options.print_config = arguments.has("--print-config");
  if (arguments.has("--port-base")) {
    AVILA_TRY(const std::uint64_t base,
              text::parse_uint(arguments.get("--port-base")).context("--port-base"));
    if (base > 65'000) return Error(Errc::OutOfRange, "--port-base: at most 65000");
    options.port_base = static_cast<std::uint16_t>(base);
  }
  std::string only = arguments.get("--only");
  while (!only.empty()) {
    const auto comma = only.find(',');
    options.only.push_back(only.substr(0, comma));
    only.erase(0, comma == std::string::npos ? only.size() : comma + 1);
  }
  for (const std::string& pair : arguments.all("--set")) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos)
      return Error(Errc::InvalidArgument, "--set takes SETTING=VALUE, not '" + pair + '\'');
    options.overrides[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  if (arguments.has("--tls")) options.overrides["tls.enabled"] = "true";
  const chassis::ServiceFactory services[] = {aviladb::factory()};
  return chassis::run_platform(options, services);
}

}  // namespace avila::cli
