#include "proxy_config.hpp"

#include <avila/serde/toml.hpp>
#include <avila/tcp/address.hpp>
#include <avila/text/number.hpp>

#include "config_reader.hpp"

namespace avila::cli {
namespace {

using proxy::UpstreamOptions;
using serde::toml::Kind;
using Value = serde::toml::Value;
constexpr std::int64_t kMany = UINT32_MAX;

void read_addresses(TableReader& from, std::string_view key, proxy::AddressSet& to) {
  std::vector<std::string> texts;
  from.read(key, texts);
  auto parsed = proxy::AddressSet::parse(texts);
  if (parsed.has_value()) {
    to = std::move(*parsed);
  } else {
    from.fail(key, parsed.error().to_string());
  }
}

void read_listener(TableReader& from, ProxyListener& to) {
  from.read("address", to.address);
  if (to.address.starts_with(':')) to.address.insert(0, "0.0.0.0");
  if (to.address.empty()) {
    from.fail("address", "is missing");
  } else if (auto parsed = tcp::SocketAddress::parse(to.address); !parsed.has_value()) {
    from.fail("address", "expected ADDRESS:PORT, :PORT or unix:PATH, not '" + to.address + '\'');
  }
  if (const auto mode = from.choice("mode", {"reverse", "forward", "socks5"}))
    to.mode = static_cast<ProxyListener::Mode>(*mode);
  from.read("cert", to.certificate);
  from.read("key", to.key);
  to.tls = !to.certificate.empty();
  from.read("tls", to.tls);
  from.read("hosts", to.hosts);
  from.read("save_cert", to.save_certificate);
  read_addresses(from, "proxy_protocol_from", to.proxy_protocol_from);
  if (to.certificate.empty() != to.key.empty())
    from.fail(to.certificate.empty() ? "key" : "cert", "cert and key go together");
  if (!to.tls && (from.has("cert") || from.has("hosts") || from.has("save_cert")))
    from.fail("tls", "a certificate without tls");
  if (to.mode == ProxyListener::Mode::Socks5 && (to.tls || !to.proxy_protocol_from.empty()))
    from.fail("mode", "socks5 goes without tls and proxy_protocol_from");
  from.finish();
}

void read_endpoint(TableReader& upstream, const Value& value, UpstreamOptions& to) {
  if (value.is(Kind::String)) {
    to.endpoints.push_back({value.as_text()});
    return;
  }
  if (!value.is(Kind::Table)) {
    upstream.errors().add(value.line(), "endpoints: expected \"HOST:PORT\" or { address = … }");
    return;
  }
  TableReader from(upstream.errors(), value);
  proxy::EndpointOptions endpoint;
  from.read("address", endpoint.address);
  from.read("weight", endpoint.weight, 0, proxy::kWeightMax);
  from.read("priority", endpoint.priority, 0, kMany);
  if (bool backup = false; from.has("backup")) {
    from.read("backup", backup);
    if (backup) endpoint.priority = 1;
  }
  from.finish();
  to.endpoints.push_back(std::move(endpoint));
}

void read_endpoints(TableReader& from, std::string_view key, UpstreamOptions& to) {
  const Value* const list = from.take(key);
  if (list == nullptr) {
    from.fail(key, "is missing");
  } else if (list->is(Kind::Array)) {
    for (const Value& each : list->items()) read_endpoint(from, each, to);
  } else {
    read_endpoint(from, *list, to);
  }
}

void read_balance(TableReader& from, UpstreamOptions& to) {
  if (const auto policy =
          from.choice("balance", {"round-robin", "least-requests", "ring", "maglev"}))
    to.balance.policy = static_cast<proxy::Balance>(*policy);
  std::string on;
  from.read("hash", on);
  const std::size_t colon = on.find(':');
  const std::string kind = on.substr(0, colon);
  if (colon != std::string::npos) to.balance.hash_name = on.substr(colon + 1);
  if (kind == "header" || kind == "cookie") {
    to.balance.hash_on = kind == "header" ? proxy::HashOn::Header : proxy::HashOn::Cookie;
  } else if (on == "path") {
    to.balance.hash_on = proxy::HashOn::Path;
  } else if (!on.empty() && on != "client") {
    from.fail("hash", "expected client, path, header:NAME or cookie:NAME");
  }
  from.read("sticky_cookie", to.balance.sticky_cookie);
}

void read_health(TableReader& upstream, proxy::HealthCheckOptions& to) {
  const Value* const value = upstream.take("health");
  if (value == nullptr) return;
  using Check = proxy::HealthCheckOptions::Kind;
  to.kind = Check::Http;
  if (value->is(Kind::String)) {  // "/path", or "tcp"
    if (value->as_text() == "tcp") {
      to.kind = Check::Tcp;
    } else {
      to.path = value->as_text();
    }
  } else if (value->is(Kind::Table)) {
    TableReader from(upstream.errors(), *value);
    if (const auto kind = from.choice("kind", {"http", "tcp"}); kind == std::size_t{1})
      to.kind = Check::Tcp;
    from.read("path", to.path);
    from.read("host", to.host);
    from.read("status_min", to.status_min, 200, 599);
    from.read("status_max", to.status_max, 200, 599);
    from.read("interval", to.interval, milliseconds(1));
    from.read("timeout", to.timeout, milliseconds(1));
    from.read("rise", to.rise, 1, 1000);
    from.read("fall", to.fall, 1, 1000);
    from.finish();
  } else {
    upstream.fail("health", "expected \"/path\", \"tcp\" or a table");
  }
  if (to.kind == Check::Http && !to.path.starts_with('/'))
    upstream.fail("health", "a path begins with '/'");
}

void read_statuses(TableReader& from, std::string_view key, std::vector<int>& to) {
  const Value* const value = from.take(key);
  if (value == nullptr) return;
  to.clear();
  if (!value->is(Kind::Array)) return from.fail(key, "expected an array of statuses");
  for (const Value& each : value->items()) {
    const bool good =
        each.is(Kind::Integer) && each.as_integer() >= 200 && each.as_integer() <= 599;
    if (!good) return from.fail(key, "expected statuses from 200 to 599");
    to.push_back(static_cast<int>(each.as_integer()));
  }
}

void read_rules(TableReader& upstream, UpstreamOptions& to) {
  if (auto from = upstream.table("outlier")) {
    from->read("gateway_errors", to.outlier.gateway_errors, 0, kMany);
    from->read("server_errors", to.outlier.errors_5xx, 0, kMany);
    from->read("ejection", to.outlier.base_ejection, milliseconds(1));
    from->read("ejection_max", to.outlier.max_ejection, milliseconds(1));
    from->read("percent_max", to.outlier.max_ejected_percent, 0, 100);
    from->finish();
  }
  if (auto from = upstream.table("limits")) {
    from->read("connections", to.circuit.connections, 1, kMany);
    from->read("pending", to.circuit.pending, 0, kMany);
    from->read("requests", to.circuit.requests, 1, kMany);
    from->read("retries", to.circuit.retries, 0, kMany);
    from->finish();
  }
  if (auto from = upstream.table("retry")) {
    from->read("attempts", to.retry.attempts, 1, 100);
    from->read("budget", to.retry.budget_ratio, 0, 100);
    from->read("per_second", to.retry.budget_per_second, 0, 1e9);
    from->read("burst", to.retry.budget_burst, 0, 1e9);
    from->read("backoff", to.retry.backoff);
    from->read("backoff_max", to.retry.backoff_max);
    read_statuses(*from, "statuses", to.retry.statuses);
    std::uint64_t replay = to.retry.replay_bytes;
    from->read_bytes("body", replay);
    if (replay > std::uint64_t{1} << 30) from->fail("body", "at most 1GiB");
    to.retry.replay_bytes = static_cast<std::uint32_t>(replay);
    from->finish();
  }
  if (auto from = upstream.table("timeouts")) {
    from->read("connect", to.timeouts.connect, milliseconds(1));
    from->read("first_byte", to.timeouts.first_byte, milliseconds(1));
    from->read("idle", to.timeouts.idle, milliseconds(1));
    from->read("total", to.timeouts.total);
    from->read("tunnel_idle", to.timeouts.tunnel_idle, milliseconds(1));
    from->finish();
  }
}

void read_upstream_tls(TableReader& upstream, ProxyUpstream& to) {
  const Value* const value = upstream.take("tls");
  if (value == nullptr) return;
  if (value->is(Kind::Boolean)) {
    if (value->as_boolean()) to.tls.emplace();
  } else if (value->is(Kind::Table)) {
    TableReader from(upstream.errors(), *value);
    to.tls.emplace();
    from.read("ca", to.tls->ca_path);
    from.read("insecure", to.tls->insecure);
    from.read("server_name", to.options.server_name);
    from.finish();
  } else {
    upstream.fail("tls", "expected true, false or { ca, insecure, server_name }");
  }
}

ProxyUpstream read_upstream(TableReader& from, const std::string& name) {
  ProxyUpstream to;
  to.line = from.line();
  to.options.name = name;
  read_endpoints(from, "endpoints", to.options);
  read_balance(from, to.options);
  if (const auto protocol = from.choice("protocol", {"http1", "http2"}))
    to.options.protocol = static_cast<proxy::Protocol>(*protocol);
  read_upstream_tls(from, to);
  if (to.tls.has_value()) {
    const bool http2 = to.options.protocol == proxy::Protocol::Http2;
    to.tls->alpn = {http2 ? "h2" : "http/1.1"};
  }
  if (const auto send = from.choice("send_proxy", {"none", "v1", "v2"}))
    to.options.send_proxy_header = static_cast<proxy::SendProxyHeader>(*send);
  from.read("pool", to.options.pool_per_endpoint, 0, kMany);
  from.read("pool_idle", to.options.pool_idle);
  read_health(from, to.options.health);
  read_rules(from, to.options);
  from.finish();
  return to;
}

void read_edits(TableReader& route, std::string_view key, proxy::HeaderEdits& to) {
  auto from = route.table(key);
  if (!from.has_value()) return;
  from->read("set", to.set);
  from->read("add", to.add);
  from->read("remove", to.remove);
  from->finish();
}

void read_direct(TableReader& from, proxy::DirectResponse& to) {
  from.read("redirect", to.location);
  if (!to.location.empty()) to.status = 302;
  from.read("body", to.body);
  if (from.has("body")) to.status = 200;
  from.read("status", to.status, 200, 599);
}

void read_mirror(TableReader& route, proxy::MirrorOptions& to) {
  const Value* const value = route.take("mirror");
  if (value == nullptr) return;
  if (value->is(Kind::String)) {
    to.upstream = value->as_text();
  } else if (value->is(Kind::Table)) {
    TableReader from(route.errors(), *value);
    from.read("upstream", to.upstream);
    from.read("percent", to.percent, 0, 100);
    from.read("in_flight", to.in_flight, 0, kMany);
    from.finish();
  } else {
    route.fail("mirror", "expected an upstream or { upstream, percent, in_flight }");
  }
}

void read_route(TableReader& from, ProxyConfig& config) {
  proxy::RouteOptions to;
  to.name = "line " + std::to_string(from.line());
  from.read("name", to.name);
  from.read("host", to.match.hosts);
  from.read("path", to.match.path);
  from.read("prefix", to.match.path_prefix);
  from.read("methods", to.match.methods);
  from.read("headers", to.match.headers);
  from.read("upstream", to.upstream);
  if (from.has("to")) {  // endpoints of its own
    ProxyUpstream own;
    own.line = from.line("to");
    own.options.name = to.upstream = "of " + to.name + ", line " + std::to_string(from.line());
    read_endpoints(from, "to", own.options);
    config.upstreams.push_back(std::move(own));
  }
  read_direct(from, to.direct);
  const int goals =
      (from.has("upstream") ? 1 : 0) + (from.has("to") ? 1 : 0) + (to.direct.status != 0 ? 1 : 0);
  if (goals != 1)
    from.errors().add(from.line(), "a route has one of upstream, to, redirect, and status or body");
  from.read("strip_prefix", to.rewrite.strip_prefix);
  from.read("add_prefix", to.rewrite.add_prefix);
  from.read("send_host", to.rewrite.host);
  read_edits(from, "request_headers", to.rewrite.request);
  read_edits(from, "response_headers", to.rewrite.response);
  read_mirror(from, to.mirror);
  from.read("cache", to.cache);
  from.read("upgrades", to.upgrades);
  from.read_bytes("body_max", to.body_bytes);
  from.finish();
  config.route_lines.push_back(from.line());
  config.reverse.routes.push_back(std::move(to));
}

void read_cache(TableReader& root, proxy::CacheOptions& to) {
  auto from = root.table("cache");
  if (!from.has_value()) return;
  from->read_bytes("size", to.bytes);
  from->read_bytes("object", to.object_bytes);
  from->read("variants", to.variants, 1, 10'000);
  from->read("wait", to.collapse_wait);
  from->read("status_field", to.cache_status);
  Duration fresh = seconds(to.freshness.default_s);
  from->read("default_fresh", fresh);
  to.freshness.default_s = fresh.ns / seconds(1).ns;
  from->finish();
}

void read_ports(TableReader& from, std::string_view key, std::vector<std::uint16_t>& to) {
  const Value* const value = from.take(key);
  if (value == nullptr) return;
  if (!value->is(Kind::Array)) return from.fail(key, "expected an array of ports; [] is any");
  to.clear();
  for (const Value& each : value->items()) {
    const bool good =
        each.is(Kind::Integer) && each.as_integer() >= 1 && each.as_integer() <= 65'535;
    if (!good) return from.fail(key, "expected ports from 1 to 65535");
    to.push_back(static_cast<std::uint16_t>(each.as_integer()));
  }
}

/// Who forwards for anybody who can reach it must have said so.
void check_open(TableReader& from, const ProxyConfig& config, bool open) {
  if (open || !config.forward.users.empty()) return;
  for (const ProxyListener& each : config.listeners) {
    if (each.mode == ProxyListener::Mode::Reverse) continue;
    const auto address = tcp::SocketAddress::parse(each.address);
    if (address.has_value() && !address->is_unix() && !address->ip().is_loopback())
      from.fail("users", "forwarding on " + each.address +
                             " is for anybody: name users, or say open = true");
  }
}

void read_forward(TableReader& root, ProxyConfig& config) {
  static const Value kNothing = Value::table();
  auto given = root.table("forward");
  TableReader from = given.has_value() ? *given : TableReader(root.errors(), kNothing);
  proxy::ForwardOptions& to = config.forward;
  proxy::DestinationPolicy& policy = to.destinations;
  read_ports(from, "ports", policy.ports);
  read_ports(from, "plain_ports", policy.plain_ports);
  from.read("hosts", policy.hosts);
  from.read("denied_hosts", policy.denied_hosts);
  bool internal = !policy.deny_internal, open = false;
  from.read("internal", internal);
  policy.deny_internal = !internal;
  read_addresses(from, "allowed", policy.allowed);
  read_addresses(from, "denied", policy.denied);
  from.read("users", to.users);
  from.read("open", open);
  from.read("connect", to.connect, milliseconds(1));
  from.read("idle", to.idle, milliseconds(1));
  from.read("tunnels", to.tunnels, 1, kMany);
  proxy::SocksOptions& socks = config.socks;
  from.read("udp_associations", socks.associations, 0, kMany);
  from.read("udp_idle", socks.association_idle, milliseconds(1));
  from.read("binds", socks.binds, 0, kMany);
  from.read("bind_wait", socks.bind_wait, milliseconds(1));
  from.finish();
  check_open(from, config, open);
}

void read_clients(TableReader& root, http::ServerOptions& to) {
  auto from = root.table("clients");
  if (!from.has_value()) return;
  from->read("connections", to.connections, 1, kMany);
  from->read("header_timeout", to.header_timeout, milliseconds(1));
  from->read("idle_timeout", to.idle_timeout, milliseconds(1));
  from->read("write_timeout", to.write_timeout, milliseconds(1));
  from->finish();
}

void read_upstreams(TableReader& root, ProxyConfig& config) {
  const auto all = root.table("upstream");
  if (!all.has_value()) return;
  for (const auto& [name, value] : all->value().members()) {
    if (!value.is(Kind::Table)) {
      root.errors().add(value.line(), "upstream." + name + ": expected a table, [upstream.NAME]");
      continue;
    }
    TableReader from(root.errors(), value);
    config.upstreams.push_back(read_upstream(from, name));
  }
}

}  // namespace

Result<ProxyConfig> ProxyConfig::parse(const std::string& path, std::string_view text) {
  AVILA_TRY(const Value document, serde::toml::parse(text).context(path));
  ConfigErrors errors(path);
  TableReader root(errors, document);
  ProxyConfig config;
  root.read("threads", config.threads, 0, 1024);
  root.read("drain", config.drain);
  root.read("access_log", config.access_log);
  read_addresses(root, "trusted", config.reverse.trusted);
  root.read("via", config.reverse.via);
  root.read("x_forwarded", config.reverse.x_forwarded);
  root.read("forwarded", config.reverse.forwarded);
  for (TableReader& each : root.tables("listen"))
    read_listener(each, config.listeners.emplace_back());
  if (config.listeners.empty()) errors.add(1, "there is no [[listen]]");
  read_upstreams(root, config);
  for (TableReader& each : root.tables("route")) read_route(each, config);
  read_cache(root, config.reverse.cache);
  read_forward(root, config);
  read_clients(root, config.clients);
  config.forward.via = config.reverse.via;
  root.finish();
  AVILA_TRY_VOID(errors.result());
  return config;
}

}  // namespace avila::cli
