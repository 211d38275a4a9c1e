// Cache-Control (RFC 9111 §5.2, RFC 5861, RFC 8246) and what follows from it: may a response be
// stored, and how long is it fresh. No store, no I/O: cache.hpp has those.
#pragma once
#include <avila/http/headers.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::proxy {

/// Seconds are capped at 2^31, as RFC 9111 §1.2.2 advises; what is no number counts as 0, so that a
/// broken directive makes a response stale, not fresh.
struct CacheControl {
  bool no_store = false;
  bool no_cache = false;    ///< without field names
  bool is_private = false;  ///< without field names
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool no_transform = false;
  bool only_if_cached = false;
  bool must_understand = false;
  bool immutable = false;
  bool has_max_stale = false;  ///< of requests; without a value: any staleness
  std::optional<std::uint32_t> max_age;
  std::optional<std::uint32_t> s_maxage;
  std::optional<std::uint32_t> max_stale;
  std::optional<std::uint32_t> min_fresh;
  std::optional<std::uint32_t> stale_while_revalidate;
  std::optional<std::uint32_t> stale_if_error;
  std::vector<std::string> not_shared_fields;  ///< of no-cache="…" and private="…", lower case
};

/// Of all Cache-Control fields joined by ", ". The first of a directive that is repeated counts,
/// but the most restrictive of no-store, no-cache and private.
CacheControl parse_cache_control(std::string_view value);

/// The facts of a stored response that its age follows from (RFC 9111 §4.2.3).
struct ResponseTimes {
  WallTime date;  ///< of Date, else when it was received
  WallTime request_time;
  WallTime response_time;
  std::uint32_t age_value = 0;  ///< of the Age field
};
/// Seconds; never negative.
std::int64_t current_age(const ResponseTimes& times, WallTime now) noexcept;

struct FreshnessOptions {
  /// Of the time since Last-Modified, where nothing else says how long (§4.2.2).
  double heuristic_fraction = 0.1;
  std::int64_t heuristic_max_s = 24 * 3600;
  /// Where not even that is known: 0, never fresh without a validator.
  std::int64_t default_s = 0;
};
/// Seconds of freshness for a shared cache (§4.2.1): s-maxage, max-age, Expires less Date, or a
/// heuristic.
std::int64_t freshness_lifetime(int status, const CacheControl& control,
                                const http::Headers& headers, WallTime date,
                                const FreshnessOptions& options = {});

struct RequestFacts {
  bool get = true;  ///< GET; nothing else is stored
  bool has_authorization = false;
  CacheControl control;
};
/// RFC 9111 §3 and §3.5, for a shared cache. Set-Cookie keeps a response out unless the response
/// says by no-cache="set-cookie" that it may be kept without.
bool may_store(const RequestFacts& request, int status, const http::Headers& headers,
               const CacheControl& control);
/// RFC 9110 §15.1.
bool is_heuristically_cacheable(int status) noexcept;

}  // namespace avila::proxy
