// The CLI's way to a service: where it is, the key, and one request at a time.
#pragma once
#include <avila/cli/command.hpp>
#include <avila/json/value.hpp>
#include <memory>

namespace avila::async {
class Security;
}

namespace avila::cli {

struct Target {
  std::string endpoint;  ///< "http://127.0.0.1:7701"
  std::string api_key;
  std::string ca_path;  ///< trusted for https; empty: what the machine trusts
};

/// The certificates come from the same places: --cacert, DIR/ca/ca.crt, the profile's `ca`,
/// AVL_CACERT. --endpoint and --api-key; then --data DIR; then the profile of `avl configure`; then
/// AVL_ENDPOINT and AVL_API_KEY; then ./avl-data. `service` names the endpoint in credentials.toml.
Result<Target> find_target(const Arguments& arguments, std::string_view service);
/// ~/.config/avl/config.toml, or $XDG_CONFIG_HOME/avl/config.toml.
Result<std::string> profile_path();
/// A file of the user's cache folder: ~/.cache/avl/NAME, the folder made when it is absent.
Result<std::string> cache_path(const std::string& name);

struct Reply {
  int status = 0;
  std::string body;
  std::string etag;
};

class Api {
 public:
  static Result<Api> open(const Arguments& arguments, std::string_view service = "aviladb");
  Api(Api&&) noexcept;
  ~Api();

  /// Any answer is a Reply; an error is a connection that failed.
  Result<Reply> send(std::string_view method, const std::string& path, std::string_view body = {},
                     std::string_view content_type = "application/json");
  /// A status of 400 or more becomes an Error with the problem document's detail.
  Result<Reply> call(std::string_view method, const std::string& path, std::string_view body = {},
                     std::string_view content_type = "application/json");
  Result<json::Value> call_json(std::string_view method, const std::string& path,
                                std::string_view body = {});
  const Target& target() const noexcept;
  /// For https; else null. Lives as long as this.
  async::Security* security() const noexcept;

 private:
  struct State;
  explicit Api(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// "DB.COLL" → the two names; the part behind the first dot is the collection.
struct CollectionName {
  std::string database, collection;
  std::string path() const;  ///< "/v1/databases/DB/collections/COLL"
};
Result<CollectionName> parse_collection(const std::string& text);
std::string database_path(std::string_view database);

/// `k=v` of --param: v as JSON where it is JSON, else as text.
Result<json::Value> parse_parameters(const std::vector<std::string>& pairs);

}  // namespace avila::cli
