// `avl configure`: profiles in ~/.config/avl/config.toml, mode 0600.
#include <avila/cli/terminal.hpp>
#include <avila/os/file_system.hpp>
#include <avila/serde/toml.hpp>
#include <cstdio>

#include "api.hpp"
#include "commands.hpp"

namespace avila::cli {
namespace {

using serde::toml::Kind;
using serde::toml::Value;

/// Shows what is there, without the secret, and takes a new text; an empty line keeps the old.
std::string ask(const char* what, const std::string& old, bool secret) {
  const std::string shown =
      old.empty() ? "none"
      : secret    ? "…" + old.substr(old.size() - std::min<std::size_t>(4, old.size()))
                  : old;
  std::fprintf(stderr, "%s [%s]: ", what, shown.c_str());
  std::string line;
  for (int c = std::fgetc(stdin); c != EOF && c != '\n'; c = std::fgetc(stdin))
    line += static_cast<char>(c);
  return line.empty() ? old : line;
}

}  // namespace

Result<int> configure(const Arguments& arguments) {
  const std::string name = arguments.get("--profile", "default");
  AVILA_TRY(const std::string path, profile_path());
  os::FileSystem& files = os::real_file_system();
  Value document = Value::table();
  if (files.exists(path)) {
    AVILA_TRY(const std::string text, files.read_text(path));
    AVILA_TRY(document, serde::toml::parse(text).context(path));
  }
  Value* profiles = document.find("profile");
  if (profiles == nullptr) profiles = &document.set("profile", Value::table());
  if (!profiles->is(Kind::Table)) return Error(Errc::Malformed, path + ": profile is not a table");
  Value* profile = profiles->find(name);
  if (profile == nullptr) profile = &profiles->set(name, Value::table());
  const auto old = [&](std::string_view key) {
    const Value* value = profile->find(key);
    return value != nullptr && value->is(Kind::String) ? value->as_text() : std::string();
  };
  std::string endpoint = arguments.get("--endpoint", old("endpoint"));
  std::string api_key = arguments.get("--api-key", old("api_key"));
  const bool given = arguments.has("--endpoint") || arguments.has("--api-key");
  if (!given) {
    if (!is_terminal(stdin))
      return Error(Errc::InvalidArgument, "nothing to set",
                   {.hint = "give --endpoint and --api-key"});
    endpoint = ask("Endpoint, such as http://127.0.0.1:7701", endpoint, false);
    api_key = ask("API key", api_key, true);
  }
  if (!endpoint.starts_with("http://") && !endpoint.starts_with("https://"))
    return Error(Errc::InvalidArgument, "an endpoint begins with http:// or https://");
  profile->set("endpoint", endpoint);
  profile->set("api_key", api_key);
  if (arguments.has("--cacert")) profile->set("ca", arguments.get("--cacert"));
  AVILA_TRY_VOID(files.create_directories(os::parent(path)));
  AVILA_TRY_VOID(files.write_atomically(path, as_bytes(serde::toml::to_toml(document)), 0600));
  std::printf("profile %s written to %s\n", name.c_str(), path.c_str());
  return kDone;
}

}  // namespace avila::cli
