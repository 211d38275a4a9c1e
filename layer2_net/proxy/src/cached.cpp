// Requests that the cache may answer (RFC 9111).
#include <algorithm>
#include <avila/os/clock.hpp>

#include "fields.hpp"
#include "flow.hpp"
#include "respond.hpp"

namespace avila::proxy::detail {

namespace {

constexpr int kCollapseRounds = 2;  // then it asks for itself

/// The parts of a cached exchange that go from step to step.
struct CacheAsk {
  std::string key;
  CacheControl control;
  bool pragma_no_cache = false;
  StoredPointer stored;
  WallTime asked_at;
};

WallTime now_of(const Table& table) {
  os::Clock* const clock = table.options.clock;
  return (clock != nullptr ? *clock : os::real_clock()).wall();
}

/// RFC 9211.
void tell(http::Response& response, const Flow& flow, std::string_view what) {
  const CacheOptions& options = flow.state->cache.options();
  if (options.cache_status)
    response.headers.add("Cache-Status", options.name + "; " + std::string(what));
}

http::Response answer(Flow& flow, const CacheAsk& ask, std::string_view record,
                      std::string_view status) {
  http::Response response = answer_from(ask.stored, flow.request, now_of(*flow.table));
  tell(response, flow, status);
  flow.record.cache = record;
  flow.record.status = response.status;
  flow.record.response_bytes = response.body.length().value_or(0);
  return response;
}

bool is_error_status(int status) noexcept {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

/// RFC 9111 §4.4: what a request that changes things has made old.
void invalidate_after(HttpCache& cache, const http::Request& request, std::string_view scope,
                      std::string_view target, const http::Response& response) {
  if (response.status < 200 || response.status >= 400) return;
  const std::string_view scheme = request.scheme, host = request.host;
  cache.invalidate(HttpCache::key_of(scheme, host, target, scope));
  const std::string origin = HttpCache::key_of(scheme, host, "/");
  for (const std::string_view name : {"location", "content-location"}) {
    const auto value = response.headers.find(name);
    if (!value.has_value()) continue;
    if (value->starts_with('/') && !value->starts_with("//")) {
      cache.invalidate(HttpCache::key_of(scheme, host, *value, scope));
    } else if (value->starts_with(origin)) {
      cache.invalidate(std::string(scope) + std::string(*value));  // of the same origin only
    }
  }
}

/// The endpoint is asked whether what is stored still holds; the client's own conditions are judged
/// by us afterwards.
void make_conditional(Flow& flow, const CacheAsk& ask) {
  http::Headers& headers = flow.head.headers;
  for (const std::string_view name : {"if-none-match", "if-modified-since", "if-match",
                                      "if-unmodified-since", "if-range", "range"})
    headers.remove(name);
  if (ask.stored == nullptr) return;
  if (const auto etag = ask.stored->headers.find("etag")) headers.add("If-None-Match", *etag);
  if (const auto modified = ask.stored->headers.find("last-modified"))
    headers.add("If-Modified-Since", *modified);
}

/// Whether a 304 with these fields can be about the stored response. Weakly compared: a server that
/// compresses makes the tag of its 200 weak, and not that of its 304.
bool is_told_of(const StoredResponse& stored, const http::Headers& headers) {
  const auto opaque = [](std::string_view tag) {
    return tag.starts_with("W/") ? tag.substr(2) : tag;
  };
  const auto told = headers.find("etag");
  return !told.has_value() || opaque(*told) == opaque(stored.headers.find("etag").value_or(""));
}

/// Up to `limit` bytes of the body into `to`. True: that was all.
Task<Result<bool>> collect(Exchange& exchange, std::size_t limit, std::string& to) {
  while (true) {
    auto piece = co_await exchange.receive();
    AVILA_CO_TRY(const ByteSpan bytes, std::move(piece));
    if (bytes.empty()) co_return true;
    to += as_text(bytes);
    if (to.size() > limit) co_return false;
  }
}

/// Asks the endpoint, and keeps what it answers.
Task<http::Response> ask_endpoint(std::shared_ptr<ReverseState> state, std::unique_ptr<Flow> flow,
                                  CacheAsk ask) {
  HttpCache& cache = state->cache;
  HttpCache::State& counts = cache.state();
  make_conditional(*flow, ask);
  ask.asked_at = now_of(*flow->table);
  auto ran = co_await flow->run();
  const WallTime now = now_of(*flow->table);
  const bool failed = !ran.has_value() || is_error_status(flow->exchange->status());
  if (failed && ask.stored != nullptr && may_serve_on_error(*ask.stored, ask.control, now)) {
    flow->end(false);
    counts.stale.fetch_add(1, std::memory_order_relaxed);
    co_return answer(*flow, ask, "stale", "hit; detail=stale-if-error");
  }
  if (!ran.has_value()) co_return flow->gateway_response(ran.error());
  http::Response head;
  flow->fill_head(head);
  if (head.status == 304 && ask.stored != nullptr && !is_told_of(*ask.stored, head.headers)) {
    // §4.3.4: it says nothing of what we have; so the whole is asked for.
    cache.invalidate(ask.key);
    ask.stored = nullptr;
    (void)flow->exchange->whole_body(0);
    flow->end(true);
    auto whole = co_await ask_endpoint(std::move(state), std::move(flow), std::move(ask));
    co_return whole;
  }
  if (head.status == 304 && ask.stored != nullptr) {
    ask.stored = freshen(*ask.stored, head.headers, ask.asked_at, now, cache.options());
    const StoredResponse& fresh = *ask.stored;
    if (may_store({true, false, ask.control}, fresh.status, fresh.headers, fresh.control)) {
      cache.store(ask.key, ask.stored);
    } else {
      cache.invalidate(ask.key);  // this answer may have it still
    }
    (void)flow->exchange->whole_body(0);
    flow->end(true);
    counts.revalidated.fetch_add(1, std::memory_order_relaxed);
    co_return answer(*flow, ask, "revalidated", "hit; fwd=stale; fwd-status=304");
  }
  counts.misses.fetch_add(1, std::memory_order_relaxed);
  flow->record.cache = "miss";
  const RequestFacts facts{true, flow->request.header("authorization").has_value(), ask.control};
  const CacheControl control = parse_cache_control(head.headers.combined("cache-control"));
  const std::uint64_t limit = cache.options().object_bytes;
  // §4.1: what we tell of a client ourselves is in no request that another could be compared with.
  const std::string vary = head.headers.combined("vary");
  const bool of_one_client =
      http::list_contains(vary, "x-forwarded-for") || http::list_contains(vary, "forwarded");
  const bool keep = !of_one_client && may_store(facts, head.status, head.headers, control) &&
                    flow->set_cookie.empty() && flow->exchange->length().value_or(0) <= limit;
  if (!keep) {
    flow->leadership.end();
    http::Response response = Flow::respond(std::move(flow));
    co_return response;
  }
  std::string body;
  auto collected = co_await collect(*flow->exchange, static_cast<std::size_t>(limit), body);
  if (!collected.has_value()) co_return flow->gateway_response(collected.error());
  if (!*collected) {  // larger than it said: what was read goes first
    flow->leadership.end();
    http::Response response;
    flow->fill_head(response);
    tell(response, *flow, "fwd=miss");
    response.body = http::Body::stream(make_flow_source(std::move(flow), std::move(body)));
    co_return response;
  }
  flow->record.response_bytes = body.size();
  const bool has_trailers = !flow->exchange->trailers().empty();
  flow->end(true);
  ask.stored = make_stored(facts, flow->request.fields, head.status, head.headers, body,
                           ask.asked_at, now, cache.options());
  if (ask.stored == nullptr || has_trailers) {
    flow->leadership.end();
    tell(head, *flow, "fwd=miss");
    head.body = http::Body(std::move(body));
    co_return head;
  }
  cache.store(ask.key, ask.stored);
  flow->leadership.end();
  co_return answer(*flow, ask, "miss", "fwd=miss; stored");
}

Task<void> revalidate(std::shared_ptr<ReverseState> state, std::unique_ptr<Flow> flow,
                      CacheAsk ask) {
  auto ignored = co_await ask_endpoint(std::move(state), std::move(flow), std::move(ask));
  (void)ignored;
}

/// A copy of the request asks in the background; one at a time for a key.
void revalidate_behind(const std::shared_ptr<ReverseState>& state, Flow& flow,
                       const CacheAsk& ask) {
  Leadership leadership(state->cache.state(), ask.key);
  if (!leadership.leads()) return;
  auto copy = std::make_unique<OwnRequest>(flow.request, std::string());
  auto behind = std::make_unique<Flow>(state, flow.table, flow.route, copy->request);
  behind->own = std::move(copy);
  behind->leadership = std::move(leadership);
  if (!behind->prepare()) return;
  state->spawn_background(revalidate(state, std::move(behind), ask));
}

}  // namespace

Task<http::Response> ReverseState::handle_cached(std::unique_ptr<Flow> flow) {
  const std::shared_ptr<ReverseState> self = shared_from_this();
  http::Request& request = flow->request;
  const bool get = request.method == http::Method::Get;
  const bool head = request.method == http::Method::Head;
  if (!get && !head) {
    const std::string target(flow->head.target), scope = flow->route->cache_scope;
    auto response = co_await forward(std::move(flow));
    if (!http::is_safe(request.method)) invalidate_after(cache, request, scope, target, response);
    co_return response;
  }
  CacheAsk ask;
  ask.key =
      HttpCache::key_of(request.scheme, request.host, flow->head.target, flow->route->cache_scope);
  ask.control = parse_cache_control(request.fields.combined("cache-control"));
  ask.pragma_no_cache = request.fields.contains_token("pragma", "no-cache");
  HttpCache::State& counts = cache.state();
  // §4.3.2: whether the resource has changed meanwhile is the origin's to say.
  const bool conditions_of_origin =
      request.header("if-match").has_value() || request.header("if-unmodified-since").has_value();
  for (int round = 0;
       !ask.control.no_store && !request.facts.expect_continue &&
       request.facts.framing.kind == http::Framing::Kind::None && !conditions_of_origin;
       ++round) {
    ask.stored = cache.find(ask.key, request.fields);
    const WallTime now = now_of(*flow->table);
    if (ask.stored != nullptr) {
      switch (judge(*ask.stored, ask.control, ask.pragma_no_cache, now)) {
        case CacheVerdict::Serve:
          counts.hits.fetch_add(1, std::memory_order_relaxed);
          co_return answer(*flow, ask, "hit", "hit");
        case CacheVerdict::ServeAndRevalidate:
          counts.stale.fetch_add(1, std::memory_order_relaxed);
          revalidate_behind(self, *flow, ask);
          co_return answer(*flow, ask, "stale", "hit; detail=stale-while-revalidate");
        case CacheVerdict::Revalidate: break;
      }
    }
    if (ask.control.only_if_cached) {
      flow->record.status = 504;
      co_return http::Response::problem(504, "it is not in the cache");
    }
    // Part of something, or something on a condition, is not what we could keep.
    const bool whole =
        get && (ask.stored != nullptr || (!request.header("range").has_value() &&
                                          !request.header("if-none-match").has_value() &&
                                          !request.header("if-modified-since").has_value()));
    if (!whole) break;
    flow->leadership = Leadership(counts, ask.key);
    if (flow->leadership.leads() || round == kCollapseRounds) {
      auto response = co_await ask_endpoint(self, std::move(flow), std::move(ask));
      co_return response;
    }
    counts.collapsed.fetch_add(1, std::memory_order_relaxed);
    const std::shared_ptr<future::Event> event = flow->leadership.waiting();
    const future::Deadline deadline(cache.options().collapse_wait, request.cancel);
    auto waited = co_await event->wait(deadline.token());
    if (!waited.has_value()) round = kCollapseRounds - 1;  // long enough
  }
  flow->record.cache = "pass";
  auto response = co_await forward(std::move(flow));
  co_return response;
}

}  // namespace avila::proxy::detail
