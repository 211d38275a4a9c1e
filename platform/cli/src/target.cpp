#include <avila/chassis/credentials.hpp>
#include <avila/os/file_system.hpp>
#include <avila/os/process.hpp>
#include <avila/serde/toml.hpp>
#include <avila/text/encoding.hpp>

#include "api.hpp"

namespace avila::cli {
namespace {

Result<void> take_credentials(Target& target, const std::string& folder, std::string_view service) {
  AVILA_TRY(const auto credentials, chassis::read_credentials(os::real_file_system(), folder));
  if (target.api_key.empty()) target.api_key = credentials.api_key;
  for (const auto& [name, url] : credentials.endpoints)
    if (name == service && target.endpoint.empty()) target.endpoint = url;
  const std::string root = os::join(os::join(folder, "ca"), "ca.crt");
  if (target.ca_path.empty() && os::real_file_system().exists(root)) target.ca_path = root;
  return {};
}

Result<void> take_profile(Target& target, const std::string& name, bool required) {
  AVILA_TRY(const std::string path, profile_path());
  if (!os::real_file_system().exists(path)) {
    if (!required) return {};
    return Error(Errc::NotFound, "no profile '" + name + '\'')
        .with_hint("make it with avl configure --profile " + name);
  }
  AVILA_TRY(const std::string text, os::real_file_system().read_text(path));
  AVILA_TRY(const serde::toml::Value document, serde::toml::parse(text).context(path));
  const serde::toml::Value* profiles = document.find("profile");
  const serde::toml::Value* profile = profiles != nullptr ? profiles->find(name) : nullptr;
  if (profile == nullptr) {
    if (!required) return {};
    return Error(Errc::NotFound, path + ": no profile '" + name + '\'');
  }
  const auto take = [&](std::string_view key, std::string& into) {
    const serde::toml::Value* value = profile->find(key);
    if (value != nullptr && value->is(serde::toml::Kind::String) && into.empty())
      into = value->as_text();
  };
  take("endpoint", target.endpoint);
  take("api_key", target.api_key);
  take("ca", target.ca_path);
  return {};
}

}  // namespace

Result<std::string> profile_path() {
  AVILA_TRY(const std::string folder, os::config_folder());
  return folder + "/avl/config.toml";
}

Result<std::string> cache_path(const std::string& name) {
  AVILA_TRY(const std::string base, os::cache_folder());
  const std::string folder = base + "/avl";
  AVILA_TRY_VOID(os::real_file_system().create_directories(folder));
  return folder + '/' + name;
}

Result<Target> find_target(const Arguments& arguments, std::string_view service) {
  Target target{arguments.get("--endpoint"), arguments.get("--api-key"), arguments.get("--cacert")};
  const auto whole = [&] { return !target.endpoint.empty() && !target.api_key.empty(); };
  if (!whole() && arguments.has("--data"))
    AVILA_TRY_VOID(take_credentials(target, arguments.get("--data"), service));
  if (!whole())
    AVILA_TRY_VOID(
        take_profile(target, arguments.get("--profile", "default"), arguments.has("--profile")));
  if (target.endpoint.empty()) target.endpoint = os::environment("AVL_ENDPOINT").value_or("");
  if (target.api_key.empty()) target.api_key = os::environment("AVL_API_KEY").value_or("");
  if (target.ca_path.empty()) target.ca_path = os::environment("AVL_CACERT").value_or("");
  if (!whole() && os::real_file_system().exists("avl-data/credentials.toml"))
    AVILA_TRY_VOID(take_credentials(target, "avl-data", service));
  if (!whole()) {
    return Error(Errc::NotFound, target.endpoint.empty() ? "no address of a server" : "no API key",
                 {.hint = "start one with avl up, or give --data DIR, or run avl configure"});
  }
  while (target.endpoint.ends_with('/')) target.endpoint.pop_back();
  return target;
}

std::string database_path(std::string_view database) {
  return "/v1/databases/" + text::percent_encode(database);
}

std::string CollectionName::path() const {
  return database_path(database) + "/collections/" + text::percent_encode(collection);
}

Result<CollectionName> parse_collection(const std::string& text) {
  const auto dot = text.find('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == text.size())
    return Error(Errc::InvalidArgument, "expected DB.COLL, not '" + text + '\'');
  return CollectionName{text.substr(0, dot), text.substr(dot + 1)};
}

Result<json::Value> parse_parameters(const std::vector<std::string>& pairs) {
  json::Value parameters = json::Value::make_object();
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return Error(Errc::InvalidArgument, "--param takes k=v, not '" + pair + '\'');
    const std::string text = pair.substr(equals + 1);
    auto value = json::parse(text);
    parameters.set(pair.substr(0, equals),
                   value.has_value() ? std::move(*value) : json::Value(text));
  }
  return parameters;
}

}  // namespace avila::cli
