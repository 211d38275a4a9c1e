// A shared HTTP cache in memory (RFC 9111): what is kept, under which key, and who may have it.
#pragma once
#include <avila/http/message.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/proxy/cache_control.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::proxy {

struct CacheOptions {
  std::uint64_t bytes = 64 * 1024 * 1024;    ///< of all stored responses, their heads included
  std::uint64_t object_bytes = 1024 * 1024;  ///< of one body; larger ones are not stored
  std::uint32_t variants = 32;               ///< of one URI, by Vary
  Duration collapse_wait = seconds(5);       ///< for another's answer to the same request
  FreshnessOptions freshness;
  bool cache_status = true;    ///< send Cache-Status (RFC 9211)
  std::string name = "avila";  ///< in Cache-Status
};

struct CacheMetrics {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t stale = 0;        ///< served stale
  std::uint64_t revalidated = 0;  ///< by 304
  std::uint64_t collapsed = 0;    ///< waited for another's request
  std::uint64_t evicted = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

/// A stored response; does not change.
struct StoredResponse {
  int status = 200;
  http::Headers headers;
  std::shared_ptr<const std::string> body;  // shared with responses that are being sent
  CacheControl control;
  ResponseTimes times;
  std::int64_t lifetime_s = 0;
  /// Names of Vary in lower case, and the values of the request it answers.
  std::vector<std::pair<std::string, std::string>> vary;

  std::int64_t age(WallTime now) const noexcept { return current_age(times, now); }
  std::uint64_t cost_bytes() const noexcept;
};
using StoredPointer = std::shared_ptr<const StoredResponse>;  // shared by the cache and requests

/// Thread-safe. Least recently used goes first.
class HttpCache {
 public:
  explicit HttpCache(CacheOptions options);
  ~HttpCache();

  /// "scheme://host/path?query", host in lower case; behind `scope`, which keeps apart what answers
  /// the same URI in different ways.
  static std::string key_of(std::string_view scheme, std::string_view host, std::string_view target,
                            std::string_view scope = {});
  /// The variant that answers a request with these fields (RFC 9111 §4.1), fresh or not.
  StoredPointer find(const std::string& key, const http::FieldViews& request);
  /// Replaces the variant of the same request.
  void store(const std::string& key, StoredPointer response);
  /// RFC 9111 §4.4.
  void invalidate(const std::string& key);
  void clear();

  const CacheOptions& options() const noexcept;
  CacheMetrics metrics() const;
  struct State;
  State& state() noexcept { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// What a cache may do with what it has (RFC 9111 §4, RFC 5861).
enum class CacheVerdict : std::uint8_t {
  Serve,               ///< fresh, or stale within what the client takes
  ServeAndRevalidate,  ///< stale-while-revalidate
  Revalidate,          ///< ask, with validators
};
CacheVerdict judge(const StoredResponse& stored, const CacheControl& request, bool pragma_no_cache,
                   WallTime now) noexcept;
/// Whether it may be served because asking failed (stale-if-error).
bool may_serve_on_error(const StoredResponse& stored, const CacheControl& request,
                        WallTime now) noexcept;

/// Makes a stored response of what came; null where it may not be stored.
StoredPointer make_stored(const RequestFacts& facts, const http::FieldViews& request, int status,
                          const http::Headers& headers, std::string body, WallTime request_time,
                          WallTime response_time, const CacheOptions& options);
/// A stored response with the fields of a 304 (RFC 9111 §4.3.4).
StoredPointer freshen(const StoredResponse& stored, const http::Headers& headers,
                      WallTime request_time, WallTime response_time, const CacheOptions& options);
/// The answer to a request from a stored response: 304 to conditions that hold, 206 to ranges.
http::Response answer_from(const StoredPointer& stored, const http::Request& request, WallTime now);

}  // namespace avila::proxy
