#include <avila/proxy/cache.hpp>

#include <algorithm>
#include <atomic>
#include <avila/http/conditional.hpp>
#include <avila/http/parser.hpp>
#include <avila/os/clock.hpp>
#include <avila/text/number.hpp>
#include <avila/time/format.hpp>
#include <list>

#include "cache_state.hpp"

namespace avila::proxy {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

/// RFC 9111 §4.1: fields compare after their lists are joined and white space is made even.
std::string normalized(std::string_view list) {
  std::string out;
  while (const auto element = http::next_list_element(list)) {
    if (!out.empty()) out += ',';
    out += *element;
  }
  return out;
}

bool answers(const StoredResponse& stored, const http::FieldViews& request) {
  return std::all_of(stored.vary.begin(), stored.vary.end(), [&](const auto& each) {
    return normalized(request.combined(each.first)) == each.second;
  });
}

WallTime date_of(const http::Headers& headers, WallTime otherwise) {
  if (const auto text = headers.find("date"); text.has_value()) {
    auto parsed = time::parse_http_date(*text);
    if (parsed.has_value()) return *parsed;
  }
  return otherwise;
}

std::uint32_t age_of(const http::Headers& headers) {
  const auto text = headers.find("age");
  if (!text.has_value()) return 0;
  const auto value = text::parse_uint(*text);
  return value.has_value() ? static_cast<std::uint32_t>(std::min<std::uint64_t>(*value, 1U << 31))
                           : 0;
}

/// Times, Cache-Control and what follows from them.
void date_response(StoredResponse& out, WallTime request_time, WallTime response_time,
                   const CacheOptions& options) {
  out.control = parse_cache_control(out.headers.combined("cache-control"));
  out.times = {date_of(out.headers, response_time), request_time, response_time,
               age_of(out.headers)};
  out.lifetime_s =
      freshness_lifetime(out.status, out.control, out.headers, out.times.date, options.freshness);
  out.headers.remove("age");
}

}  // namespace

std::uint64_t StoredResponse::cost_bytes() const noexcept {
  std::uint64_t sum = 512 + headers.wire().size() + (body == nullptr ? 0 : body->size());
  for (const auto& [name, value] : vary) sum += 64 + name.size() + value.size();
  return sum;
}

HttpCache::HttpCache(CacheOptions options) : state_(new State(std::move(options))) {}
HttpCache::~HttpCache() = default;
const CacheOptions& HttpCache::options() const noexcept { return state_->options; }

std::string HttpCache::key_of(std::string_view scheme, std::string_view host,
                              std::string_view target, std::string_view scope) {
  std::string key(scope);
  key += scheme;
  key.append("://").append(lower(host)).append(target);
  return key;
}

StoredPointer HttpCache::find(const std::string& key, const http::FieldViews& request) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->entries.find(key);
  if (found == state_->entries.end()) return nullptr;
  for (const StoredPointer& variant : found->second.variants) {
    if (!answers(*variant, request)) continue;
    state_->order.splice(state_->order.end(), state_->order, found->second.place);
    return variant;
  }
  return nullptr;
}

void HttpCache::store(const std::string& key, StoredPointer response) {
  std::vector<StoredPointer> dead;  // destroyed outside of the lock
  const std::lock_guard lock(state_->mutex);
  State& s = *state_;
  const auto [at, is_new] = s.entries.try_emplace(key);
  State::Entry& entry = at->second;
  if (is_new) {
    s.order.push_back(key);
    entry.place = std::prev(s.order.end());
    s.bytes += 2 * key.size();
  } else {
    s.order.splice(s.order.end(), s.order, entry.place);
  }
  auto& variants = entry.variants;
  const auto same = std::find_if(variants.begin(), variants.end(), [&](const StoredPointer& each) {
    return each->vary == response->vary;
  });
  const auto drop = [&](auto which) {
    s.bytes -= (*which)->cost_bytes();
    dead.push_back(std::move(*which));
    variants.erase(which);
  };
  if (same != variants.end()) drop(same);
  if (variants.size() >= s.options.variants) drop(variants.begin());
  s.bytes += response->cost_bytes();
  // The newest first: where several variants would do, §4.1 wants it.
  variants.insert(variants.begin(), std::move(response));
  while (s.bytes > s.options.bytes && !s.order.empty()) {
    const std::string oldest = s.order.front();
    s.erase(oldest, dead);
    s.evicted.fetch_add(1, std::memory_order_relaxed);
  }
}

void HttpCache::invalidate(const std::string& key) {
  std::vector<StoredPointer> dead;
  const std::lock_guard lock(state_->mutex);
  state_->erase(key, dead);
}

void HttpCache::clear() {
  std::vector<StoredPointer> dead;
  const std::lock_guard lock(state_->mutex);
  while (!state_->order.empty()) {
    const std::string first = state_->order.front();
    state_->erase(first, dead);
  }
}

void HttpCache::State::erase(const std::string& key, std::vector<StoredPointer>& dead) {
  const auto found = entries.find(key);
  if (found == entries.end()) return;
  for (StoredPointer& variant : found->second.variants) {
    bytes -= variant->cost_bytes();
    dead.push_back(std::move(variant));
  }
  bytes -= 2 * key.size();
  order.erase(found->second.place);
  entries.erase(found);
}

CacheMetrics HttpCache::metrics() const {
  const State& s = *state_;
  CacheMetrics out;
  out.hits = s.hits.load(std::memory_order_relaxed);
  out.misses = s.misses.load(std::memory_order_relaxed);
  out.stale = s.stale.load(std::memory_order_relaxed);
  out.revalidated = s.revalidated.load(std::memory_order_relaxed);
  out.collapsed = s.collapsed.load(std::memory_order_relaxed);
  out.evicted = s.evicted.load(std::memory_order_relaxed);
  const std::lock_guard lock(s.mutex);
  out.entries = s.entries.size();
  out.bytes = s.bytes;
  return out;
}

CacheVerdict judge(const StoredResponse& stored, const CacheControl& request, bool pragma_no_cache,
                   WallTime now) noexcept {
  const bool asked_anew = request.no_cache || (pragma_no_cache && !request.max_age.has_value());
  if (asked_anew || stored.control.no_cache) return CacheVerdict::Revalidate;
  const std::int64_t age = stored.age(now);
  if (request.max_age.has_value() && age > std::int64_t{*request.max_age} &&
      !(stored.control.immutable && stored.lifetime_s > age && *request.max_age == 0))
    return CacheVerdict::Revalidate;
  const std::int64_t left = stored.lifetime_s - age;
  if (left > 0 && left >= std::int64_t{request.min_fresh.value_or(0)}) return CacheVerdict::Serve;
  if (left > 0) return CacheVerdict::Revalidate;
  // Stale. §4.2.4: not where the response forbids it.
  const CacheControl& c = stored.control;
  if (c.must_revalidate || c.proxy_revalidate || c.s_maxage.has_value())
    return CacheVerdict::Revalidate;
  if (request.min_fresh.has_value()) return CacheVerdict::Revalidate;
  if (request.has_max_stale && (!request.max_stale || -left <= std::int64_t{*request.max_stale}))
    return CacheVerdict::Serve;
  if (!request.max_age.has_value() && -left <= std::int64_t{c.stale_while_revalidate.value_or(0)} &&
      c.stale_while_revalidate.has_value())
    return CacheVerdict::ServeAndRevalidate;
  return CacheVerdict::Revalidate;
}

bool may_serve_on_error(const StoredResponse& stored, const CacheControl& request,
                        WallTime now) noexcept {
  const CacheControl& c = stored.control;
  if (c.no_cache || c.must_revalidate || c.proxy_revalidate || c.s_maxage.has_value() ||
      request.no_cache)
    return false;
  std::optional<std::uint32_t> allowed = c.stale_if_error;
  if (!allowed.has_value()) allowed = request.stale_if_error;
  const std::int64_t stale = stored.age(now) - stored.lifetime_s;
  return allowed.has_value() && stale <= std::int64_t{*allowed};
}

StoredPointer make_stored(const RequestFacts& facts, const http::FieldViews& request, int status,
                          const http::Headers& headers, std::string body, WallTime request_time,
                          WallTime response_time, const CacheOptions& options) {
  if (body.size() > options.object_bytes) return nullptr;
  const CacheControl control = parse_cache_control(headers.combined("cache-control"));
  if (!may_store(facts, status, headers, control)) return nullptr;
  auto out = std::make_shared<StoredResponse>();
  out->status = status;
  out->headers = headers;
  for (const std::string& name : control.not_shared_fields) out->headers.remove(name);
  date_response(*out, request_time, response_time, options);
  // What can neither be served nor revalidated is of no use.
  const bool validator = headers.contains("etag") || headers.contains("last-modified");
  if (out->lifetime_s == 0 && !validator && !control.stale_while_revalidate &&
      !control.stale_if_error)
    return nullptr;
  const std::string vary = headers.combined("vary");
  std::string_view list = vary;
  while (const auto name = http::next_list_element(list)) {
    if (out->vary.size() == 16) return nullptr;  // a key of so many parts is not asked for twice
    std::string key = lower(*name);
    std::string value = normalized(request.combined(key));
    out->vary.emplace_back(std::move(key), std::move(value));
  }
  std::sort(out->vary.begin(), out->vary.end());
  out->body = std::make_shared<const std::string>(std::move(body));
  return out;
}

StoredPointer freshen(const StoredResponse& stored, const http::Headers& headers,
                      WallTime request_time, WallTime response_time, const CacheOptions& options) {
  auto out = std::make_shared<StoredResponse>(stored);
  // §3.2: fields replace those of their name; those about the bytes stay as they are.
  const auto replaces = [](std::string_view name) {
    static constexpr std::string_view kKept[] = {"content-length", "content-encoding",
                                                 "content-type", "content-range", "set-cookie"};
    return std::none_of(std::begin(kKept), std::end(kKept), [&](std::string_view kept) {
      return http::equal_ignoring_case(name, kept);
    });
  };
  for (const http::Field& field : headers)
    if (replaces(field.name)) out->headers.remove(field.name);
  for (const http::Field& field : headers)
    if (replaces(field.name)) out->headers.add(field.name, field.value);
  const CacheControl control = parse_cache_control(headers.combined("cache-control"));
  for (const std::string& name : control.not_shared_fields) out->headers.remove(name);
  if (!headers.contains("date")) out->headers.remove("date");
  date_response(*out, request_time, response_time, options);
  return out;
}

http::Response answer_from(const StoredPointer& stored, const http::Request& request,
                           WallTime now) {
  const auto age = static_cast<std::uint64_t>(stored->age(now));
  http::Response response(stored->status);
  response.headers = stored->headers;
  response.headers.set("Age", age);
  if (stored->status != 200) {
    response.body = http::Body::shared(stored->body, as_bytes(*stored->body));
    return response;
  }
  http::Validators validators;
  validators.etag = std::string(stored->headers.find("etag").value_or(""));
  if (const auto modified = stored->headers.find("last-modified"); modified.has_value()) {
    auto parsed = time::parse_http_date(*modified);
    if (parsed.has_value()) validators.last_modified = *parsed;
  }
  switch (http::evaluate_preconditions(request, validators)) {
    case http::Precondition::NotModified:
      response.status = 304;
      response.headers.remove("content-type");
      return response;
    case http::Precondition::Failed: return http::Response(412);
    case http::Precondition::Go: break;
  }
  const ByteSpan whole = as_bytes(*stored->body);
  // One range; of several the whole is as good an answer (RFC 9110 §14.2).
  const http::RangeRequest ranges = http::select_range(request, validators, whole.size());
  if (ranges.kind == http::RangeRequest::Kind::Unsatisfiable) {
    response = http::Response(416);
    response.headers.add("Content-Range", http::unsatisfied_range(whole.size()));
    return response;
  }
  if (ranges.kind == http::RangeRequest::Kind::Partial && ranges.ranges.size() == 1) {
    const http::ByteRange range = ranges.ranges.front();
    response.status = 206;
    response.headers.set("Content-Range", http::content_range(range, whole.size()));
    response.body =
        http::Body::shared(stored->body, whole.subspan(static_cast<std::size_t>(range.first),
                                                       static_cast<std::size_t>(range.length)));
    return response;
  }
  response.body = http::Body::shared(stored->body, whole);
  return response;
}

}  // namespace avila::proxy
