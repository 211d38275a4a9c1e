#include <algorithm>
#include <avila/proxy/reverse.hpp>

#include "fields.hpp"
#include "flow.hpp"

namespace avila::proxy {
namespace detail {

namespace {

bool matches(const RouteMatch& match, const http::Request& request, std::string_view path) {
  if (!match.path.empty() && path != match.path) return false;
  if (!has_path_prefix(path, match.path_prefix)) return false;
  if (!match.hosts.empty()) {
    const std::string_view host = host_of(request.host);
    if (std::none_of(match.hosts.begin(), match.hosts.end(),
                     [&](const std::string& each) { return host_matches(each, host); }))
      return false;
  }
  if (!match.methods.empty() && std::find(match.methods.begin(), match.methods.end(),
                                          request.method_text) == match.methods.end())
    return false;
  return std::all_of(match.headers.begin(), match.headers.end(), [&](const auto& wanted) {
    return std::any_of(request.fields.begin(), request.fields.end(), [&](const http::Field& field) {
      return http::equal_ignoring_case(field.name, wanted.first) &&
             (wanted.second.empty() || field.value == wanted.second);
    });
  });
}

Result<std::shared_ptr<Upstream>> find_upstream(const ReverseOptions& options,
                                                const std::string& name) {
  for (const auto& upstream : options.upstreams)
    if (upstream->options().name == name) return upstream;
  return Error(Errc::InvalidArgument, "there is no upstream '" + name + "'");
}

Result<void> check_edits(const HeaderEdits& edits) {
  http::Headers scratch;
  for (const auto* list : {&edits.set, &edits.add})
    for (const auto& [name, value] : *list)
      if (!scratch.try_add(name, value))
        return Error(Errc::InvalidArgument, "'" + name + "' is no header field");
  for (const std::string& name : edits.remove)
    if (!http::is_token(name))
      return Error(Errc::InvalidArgument, "'" + name + "' is no name of a header field");
  return {};
}

/// The same for the same rules, so that what is stored outlives a reconfiguration.
std::string cache_scope_of(const RouteOptions& route) {
  std::string rules = route.upstream + '\n' + route.rewrite.host + '\n';
  for (const HeaderEdits* edits : {&route.rewrite.request, &route.rewrite.response}) {
    for (const std::string& name : edits->remove) rules += '-' + name + '\n';
    for (const auto& [name, value] : edits->set) rules += '=' + name + ':' + value + '\n';
    for (const auto& [name, value] : edits->add) rules += '+' + name + ':' + value + '\n';
    rules += '\n';
  }
  return std::to_string(hash_text(rules)) + ' ';
}

/// As requests' paths are, which it is compared with.
Result<void> normalize(std::string& path) {
  if (path.empty() || path == "*") return {};
  if (!path.starts_with('/')) return Error(Errc::InvalidArgument, "a path begins with '/'");
  std::string_view normal = path;
  std::string storage;
  if (!normalize_path(normal, storage))
    return Error(Errc::InvalidArgument,
                 "'" + path + "' is no path: its percent-encoding is wrong, or its dots lead out");
  path = std::string(normal);
  return {};
}

Result<std::unique_ptr<CompiledRoute>> compile(const ReverseOptions& options,
                                               const RouteOptions& route) {
  auto out = std::make_unique<CompiledRoute>();
  out->options = route;
  out->cache_scope = cache_scope_of(route);
  if (route.direct.status == 0) {
    AVILA_TRY(out->upstream, find_upstream(options, route.upstream));
  } else if (route.direct.status < 200 || route.direct.status > 599) {
    return Error(Errc::InvalidArgument, "the status of an answer is from 200 to 599");
  }
  if (!route.mirror.upstream.empty()) {
    AVILA_TRY(out->mirror, find_upstream(options, route.mirror.upstream));
  }
  AVILA_TRY_VOID(check_edits(route.rewrite.request));
  AVILA_TRY_VOID(check_edits(route.rewrite.response));
  if (!route.rewrite.host.empty() && route.rewrite.host != "$upstream" &&
      !http::is_host(route.rewrite.host))
    return Error(Errc::InvalidArgument, "'" + route.rewrite.host + "' is no host");
  for (std::string* path : {&out->options.match.path_prefix, &out->options.match.path,
                            &out->options.rewrite.strip_prefix})
    AVILA_TRY_VOID(normalize(*path));
  if (!route.rewrite.add_prefix.empty() && !route.rewrite.add_prefix.starts_with('/'))
    return Error(Errc::InvalidArgument, "a path begins with '/'");
  return out;
}

}  // namespace

const CompiledRoute* Table::match(const http::Request& request) const {
  std::string_view path = request.path;
  std::string storage;
  if (!normalize_path(path, storage)) return nullptr;
  for (const auto& route : routes)
    if (matches(route->options.match, request, path)) return route.get();
  return nullptr;
}

Result<void> ReverseState::configure(ReverseOptions options) {
  if (options.routes.size() > kRoutesMax)
    return Error(Errc::LimitExceeded, "there are 10000 routes at most");
  if (!options.via.empty() && !http::is_token(options.via))
    return Error(Errc::InvalidArgument, "via is one word");
  auto made = std::make_shared<Table>();
  for (const RouteOptions& route : options.routes) {
    auto compiled = compile(options, route);
    if (!compiled.has_value())
      return std::move(compiled).error().context(
          "route " + (route.name.empty() ? route.match.path_prefix : route.name));
    made->routes.push_back(std::move(*compiled));
  }
  made->via = "1.1 " + options.via;
  made->options = std::move(options);
  const std::lock_guard lock(mutex);
  table = std::move(made);
  return {};
}

void ReverseState::spawn_background(Task<void> task) {
  struct Run {
    static Task<void> run(std::shared_ptr<ReverseState> state, Task<void> inner) {
      co_await inner;
      inner = Task<void>();
      state->background.fetch_sub(1);
    }
  };
  background.fetch_add(1);
  executor.spawn(Run::run(shared_from_this(), std::move(task))).detach();
}

Task<http::Response> ReverseState::forward(std::unique_ptr<Flow> flow) {
  auto ran = co_await flow->run();
  if (!ran.has_value()) co_return flow->gateway_response(ran.error());
  flow->mirror();
  http::Response response = Flow::respond(std::move(flow));
  co_return response;
}

}  // namespace detail

namespace {
Task<http::Response> answer(http::Response response) { co_return response; }
}  // namespace

ReverseProxy::ReverseProxy(std::shared_ptr<detail::ReverseState> state)
    : state_(std::move(state)) {}
ReverseProxy::~ReverseProxy() = default;

Result<std::unique_ptr<ReverseProxy>> ReverseProxy::create(async::Executor& executor,
                                                           ReverseOptions options) {
  auto state = std::make_shared<detail::ReverseState>(executor, options.cache);
  AVILA_TRY_VOID(state->configure(std::move(options)));
  return std::unique_ptr<ReverseProxy>(new ReverseProxy(std::move(state)));
}

Result<void> ReverseProxy::reconfigure(ReverseOptions options) {
  AVILA_TRY_VOID(state_->configure(std::move(options)));
  if (state_->started) start();
  return {};
}

void ReverseProxy::start() {
  state_->started = true;
  for (const auto& upstream : state_->current()->options.upstreams) upstream->start();
}

Task<void> ReverseProxy::stop() {
  const std::shared_ptr<detail::ReverseState> state = state_;
  const detail::TablePointer table = state->current();
  for (const auto& upstream : table->options.upstreams) co_await upstream->stop();
  while (state->background.load() > 0) co_await future::sleep(milliseconds(2));
}

http::BodyPlan ReverseProxy::plan_body(http::Request& head) {
  http::BodyPlan plan{.stream = true};
  if (head.facts.framing.kind == http::Framing::Kind::None) return plan;
  const detail::TablePointer table = state_->current();
  if (const auto* route = table->match(head); route != nullptr)
    plan.limit_bytes = route->options.body_bytes;
  return plan;
}

bool ReverseProxy::handle_now(http::Request&, http::Response&) { return false; }

/// No coroutine of its own: it gives the one that does the work.
Task<http::Response> ReverseProxy::handle(http::Request& request) {
  state_->requests.fetch_add(1, std::memory_order_relaxed);
  detail::TablePointer table = state_->current();
  const detail::CompiledRoute* const route = table->match(request);
  if (route == nullptr) {
    std::string_view path = request.path;
    std::string storage;
    const bool bad = !detail::normalize_path(path, storage);
    if (!bad) state_->no_route.fetch_add(1, std::memory_order_relaxed);
    if (Observer* const observer = table->options.observer; observer != nullptr) {
      RequestRecord record;
      record.client = detail::client_address(request, table->options.trusted);
      detail::describe(request, record);
      record.status = bad ? 400 : 404;
      observer->on_request(record);
    }
    if (bad) return answer(http::Response::problem(400, detail::kBadPath));
    return answer(http::Response::problem(404, "no route leads there"));
  }
  auto flow = std::make_unique<detail::Flow>(state_, std::move(table), route, request);
  const DirectResponse& direct = route->options.direct;
  if (direct.status != 0) {
    flow->record.status = direct.status;
    flow->end(true);
    http::Response response = http::Response::text(direct.status, direct.body);
    if (!direct.location.empty()) {
      std::string location = direct.location;
      const std::size_t at = location.find("$path");
      if (at != std::string::npos) {
        std::string path(request.path);
        if (!request.query.empty()) path.append("?").append(request.query);
        location.replace(at, 5, path);
      }
      response.headers.add("Location", location);
    }
    return answer(std::move(response));
  }
  if (!flow->prepare()) {
    flow->record.status = flow->refusal.status;
    flow->end(true);
    return answer(std::move(flow->refusal));
  }
  if (route->options.cache && flow->head.upgrade.empty())
    return state_->handle_cached(std::move(flow));
  return state_->forward(std::move(flow));
}

ReverseMetrics ReverseProxy::metrics() const {
  const detail::ReverseState& s = *state_;
  ReverseMetrics out;
  out.requests = s.requests.load(std::memory_order_relaxed);
  out.in_flight = s.in_flight.load(std::memory_order_relaxed);
  out.no_route = s.no_route.load(std::memory_order_relaxed);
  out.gateway_errors = s.gateway_errors.load(std::memory_order_relaxed);
  out.cut_off = s.cut_off.load(std::memory_order_relaxed);
  out.tunnels = s.tunnels.load(std::memory_order_relaxed);
  out.mirrored = s.mirrored.load(std::memory_order_relaxed);
  out.mirrors_dropped = s.mirrors_dropped.load(std::memory_order_relaxed);
  out.cache = s.cache.metrics();
  return out;
}

HttpCache& ReverseProxy::cache() noexcept { return state_->cache; }

}  // namespace avila::proxy
