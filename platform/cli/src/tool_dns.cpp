// `avl tool dns` and `avl tool resolver`.
#include <avila/async/runtime.hpp>
#include <avila/dns/doh.hpp>
#include <avila/dns/resolver.hpp>
#include <avila/dns/stub.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/json/writer.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/file_system.hpp>
#include <avila/os/signals.hpp>
#include <avila/text/number.hpp>
#include <avila/tls/security.hpp>
#include <csignal>

#include "client_tls.hpp"
#include "tool.hpp"

namespace avila::cli {
namespace {

constexpr std::uint16_t kPort = 53, kTlsPort = 853, kHttpsPort = 443;

struct DnsCall {
  dns::Name name;
  dns::Type type = dns::Type::A;
  std::string host;  ///< of the server; empty: the system's
  std::uint16_t port = kPort;
  Duration timeout;
};

Result<DnsCall> dns_call(const Arguments& arguments) {
  DnsCall call;
  if (arguments.has("--tls") && arguments.has("--https"))
    return Error(Errc::InvalidArgument, "--tls and --https together");
  AVILA_TRY(const std::uint64_t timeout, number_option(arguments, "--timeout", 5, 1, 300));
  call.timeout = seconds(static_cast<std::int64_t>(timeout));
  call.port = arguments.has("--https") ? kHttpsPort : arguments.has("--tls") ? kTlsPort : kPort;
  bool named = false, typed = false;
  for (std::size_t i = 0; i < arguments.operand_count(); ++i) {
    std::string word = arguments.operand(i);
    if (word.starts_with('@')) {
      word.erase(0, 1);
      const bool bracketed = word.starts_with('[');
      if (bracketed && word.find(']') == std::string::npos)
        return Error(Errc::InvalidArgument, "no ']' in '@" + word + '\'');
      const std::size_t colon = bracketed                           ? word.find("]:") + 1
                                : word.find(':') == word.rfind(':') ? word.find(':')
                                                                    : std::string::npos;
      if (colon != std::string::npos && colon != 0) {
        const auto port = text::parse_uint(std::string_view(word).substr(colon + 1));
        if (!port.has_value() || *port == 0 || *port > 65535)
          return Error(Errc::InvalidArgument, "no port in '@" + word + '\'');
        call.port = static_cast<std::uint16_t>(*port);
        word.resize(colon);
      }
      if (bracketed) word = word.substr(1, word.find(']') - 1);
      if (word.empty()) return Error(Errc::InvalidArgument, "no server behind '@'");
      call.host = word;
    } else if (!named) {
      named = true;
      if (arguments.has("-x")) {
        AVILA_TRY(const auto address, tcp::IpAddress::parse(word));
        call.name = dns::reverse_name(address);
        call.type = dns::Type::PTR;
        continue;
      }
      AVILA_TRY(call.name, dns::Name::parse(word));
    } else if (!typed) {
      typed = true;
      AVILA_TRY(call.type, dns::parse_type(word));
    } else {
      return Error(Errc::InvalidArgument, "too many words: '" + word + '\'');
    }
  }
  if (!named) return Error(Errc::InvalidArgument, "NAME is missing");
  if (call.type == dns::Type::AXFR || call.type == dns::Type::IXFR)
    return Error(Errc::Unsupported, "zone transfers are not asked for");
  return call;
}

void write_records(json::Writer& out, std::string_view key,
                   const std::vector<dns::Record>& records) {
  out.key(key).begin_array();
  for (const dns::Record& record : records) {
    out.begin_object();
    out.key("name").string(record.owner.to_string());
    out.key("ttl").uint64(record.ttl);
    out.key("class").string(dns::to_string(record.record_class));
    out.key("type").string(dns::to_string(record.type));
    out.key("data").string(dns::rdata_to_text(record.type, record.rdata));
    out.end_object();
  }
  out.end_array();
}

std::string json_of(const dns::Message& message, const std::string& server) {
  std::string text;
  json::Writer out(text, {.indent = 2});
  out.begin_object();
  out.key("server").string(server);
  out.key("id").uint64(message.id);
  out.key("status").string(dns::to_string(message.rcode));
  out.key("flags").begin_array();
  const std::pair<bool, const char*> flags[] = {{message.response, "qr"},
                                                {message.authoritative, "aa"},
                                                {message.truncated, "tc"},
                                                {message.recursion_desired, "rd"},
                                                {message.recursion_available, "ra"},
                                                {message.authentic_data, "ad"},
                                                {message.checking_disabled, "cd"}};
  for (const auto& [on, name] : flags)
    if (on) out.string(name);
  out.end_array();
  if (const dns::Question* question = message.question(); question != nullptr) {
    out.key("question").begin_object();
    out.key("name").string(question->name.to_string());
    out.key("class").string(dns::to_string(question->question_class));
    out.key("type").string(dns::to_string(question->type));
    out.end_object();
  }
  write_records(out, "answer", message.answers);
  write_records(out, "authority", message.authorities);
  write_records(out, "additional", message.additionals);
  if (message.edns.has_value())
    if (const auto ede = message.edns->extended_error(); ede.has_value()) {
      out.key("extended_error").begin_object();
      out.key("code").uint64(static_cast<std::uint64_t>(*ede));
      out.key("name").string(dns::to_string(*ede));
      const auto& data = message.edns->find(dns::OptionCode::ExtendedError)->data;
      if (data.size() > 2) out.key("text").string(data.substr(2));
      out.end_object();
    }
  out.end_object();
  text.push_back('\n');
  return text;
}

struct DnsRun {
  async::Runtime& runtime;
  dns::SystemNetwork& network;
  tls::Security* security;
};

struct DnsReply {
  dns::Message message;
  tcp::SocketAddress server;
  Duration took;
};

dns::Task<Result<dns::Message>> ask_server(DnsRun run, const Arguments& arguments, DnsCall call,
                                           tcp::SocketAddress server) {
  dns::Message query = dns::Message::query(call.name, call.type, !arguments.has("--no-recurse"));
  query.edns.emplace();
  query.edns->dnssec_ok = arguments.has("--dnssec");
  query.authentic_data = true;
  query.checking_disabled = arguments.has("--cd");
  dns::ExchangeOptions options;
  options.timeout = call.timeout;
  options.tcp_only = arguments.has("--tcp");
  const std::string host = call.host.empty() ? server.ip().to_string() : call.host;
  if (arguments.has("--https")) {
    dns::DohServer doh{server, host};
    doh.path = arguments.get("--path", "/dns-query");
    auto answer = co_await dns::exchange_https(run.runtime, run.network, *run.security, doh,
                                               std::move(query), options);
    co_return std::move(answer);
  }
  if (arguments.has("--tls")) {
    auto answer = co_await dns::exchange_tls(run.network, *run.security, server, host,
                                             std::move(query), options);
    co_return std::move(answer);
  }
  auto answer = co_await dns::exchange(run.network, server, std::move(query), options);
  co_return std::move(answer);
}

/// The servers of the system, or the addresses of the one that is named, in turn until one answers.
dns::Task<Result<DnsReply>> ask_tool(DnsRun run, const Arguments& arguments, DnsCall call) {
  std::vector<tcp::SocketAddress> servers;
  if (call.host.empty()) {
    for (const auto& server : dns::StubOptions::from_system(os::real_file_system()).conf.servers)
      servers.push_back(call.port == kPort ? server : server.with_port(call.port));
  } else {
    auto found = co_await tcp::resolve(run.runtime, call.host, call.port);
    AVILA_CO_TRY(servers, std::move(found));
  }
  Error last(Errc::NotFound, call.host + " has no address");
  for (const tcp::SocketAddress& server : servers) {
    const Instant start = os::real_clock().now();
    auto answer = co_await ask_server(run, arguments, call, server);
    if (answer.has_value())
      co_return DnsReply{std::move(*answer), server, os::real_clock().now() - start};
    last = std::move(answer).error().context(server.to_string());
  }
  co_return std::move(last);
}

}  // namespace

Result<int> tool_dns(const Arguments& arguments) {
  const auto call = dns_call(arguments);
  if (!call.has_value()) return wrong_usage(call.error());
  const std::string output = arguments.get("--output", "text");
  if (output != "text" && output != "json")
    return wrong_usage(Error(Errc::InvalidArgument, "--output is text or json"));
  std::unique_ptr<tls::Security> security;
  if (arguments.has("--tls") || arguments.has("--https")) {
    const ClientTls trust{arguments.get("--cacert"), arguments.has("-k")};
    AVILA_TRY(security, client_security(trust));
  }
  async::Runtime runtime({.threads = 1});
  dns::SystemNetwork network(runtime);
  const DnsRun run{runtime, network, security.get()};
  AVILA_TRY(const DnsReply reply, runtime.block_on(ask_tool(run, arguments, *call)));
  const dns::Message& answer = reply.message;
  if (output == "json") {
    AVILA_TRY_VOID(print(json_of(answer, reply.server.to_string())));
  } else if (arguments.has("--short")) {
    std::string lines;
    for (const dns::Record& record : answer.answers)
      lines += dns::rdata_to_text(record.type, record.rdata) + '\n';
    AVILA_TRY_VOID(print(lines));
  } else {
    AVILA_TRY_VOID(print(answer.to_string() +
                         "\n;; Query time: " + std::to_string(reply.took.milliseconds()) +
                         " msec\n;; SERVER: " + reply.server.to_string() + '\n'));
  }
  return kDone;
}

namespace {

struct ResolverCall {
  tcp::IpAddress ip;
  std::uint16_t port, upstream, tls_port, https_port;
  Duration stale;
  std::optional<dns::RateLimitOptions> rate_limit;
};

Result<ResolverCall> resolver_call(const Arguments& arguments) {
  ResolverCall call{};
  AVILA_TRY(call.ip, tcp::IpAddress::parse(arguments.get("--listen", "127.0.0.1")));
  struct Port {
    const char* option;
    std::uint16_t fallback, least;
    std::uint16_t* to;
  };
  for (const Port& port :
       {Port{"--port", 5353, 0, &call.port}, Port{"--upstream-port", kPort, 1, &call.upstream},
        Port{"--tls-port", 0, 0, &call.tls_port}, Port{"--https-port", 0, 0, &call.https_port}}) {
    AVILA_TRY(const std::uint64_t value,
              number_option(arguments, port.option, port.fallback, port.least, 65535));
    *port.to = static_cast<std::uint16_t>(value);
  }
  AVILA_TRY(const std::uint64_t stale, number_option(arguments, "--serve-stale", 0, 0, 604'800));
  call.stale = seconds(static_cast<std::int64_t>(stale));
  if (arguments.has("--rate-limit")) {
    AVILA_TRY(const std::uint64_t value, number_option(arguments, "--rate-limit", 0, 1,
                                                       dns::RateLimitOptions::kPerSecondMax));
    const auto rate = static_cast<std::uint32_t>(value);
    call.rate_limit = dns::RateLimitOptions{.responses_per_second = rate,
                                            .referrals_per_second = rate,
                                            .nodata_per_second = rate,
                                            .nxdomains_per_second = rate,
                                            .errors_per_second = rate};
  }
  if (!arguments.has("--root-hints"))
    return Error(Errc::InvalidArgument, "--root-hints is missing");
  if (arguments.has("--anchor-state") && !arguments.has("--trust-anchor"))
    return Error(Errc::InvalidArgument, "--anchor-state needs --trust-anchor");
  if ((arguments.has("--tls-port") || arguments.has("--https-port")) &&
      !(arguments.has("--cert") && arguments.has("--key")))
    return Error(Errc::InvalidArgument, "--cert and --key are missing");
  return call;
}

}  // namespace

Result<int> tool_resolver(const Arguments& arguments) {
  const auto call = resolver_call(arguments);
  if (!call.has_value()) return wrong_usage(call.error());
  const tcp::IpAddress& ip = call->ip;
  dns::ResolverOptions options;
  options.port = call->upstream;
  options.minimise = !arguments.has("--no-minimise");
  options.cache.stale_max = call->stale;
  AVILA_TRY(const std::string hints, read_input(arguments.get("--root-hints")));
  AVILA_TRY(auto root, dns::parse_root_hints(hints).context(arguments.get("--root-hints")));
  options.zones.push_back(std::move(root));
  if (arguments.has("--trust-anchor")) {
    AVILA_TRY(const std::string anchors, read_input(arguments.get("--trust-anchor")));
    AVILA_TRY(options.trust_anchors,
              dns::parse_trust_anchors(anchors).context(arguments.get("--trust-anchor")));
  }
  std::unique_ptr<dns::ManagedAnchors> managed;
  if (arguments.has("--anchor-state")) {
    const std::string path = arguments.get("--anchor-state");
    AVILA_TRY(managed,
              dns::ManagedAnchors::open(os::real_file_system(), path, options.trust_anchors)
                  .context(path));
    options.managed_anchors = managed.get();
    options.trust_anchors.clear();
  }

  AVILA_TRY(auto signals, os::SignalSet::create({SIGINT, SIGTERM}));
  os::ignore_broken_pipes();
  async::Runtime runtime;
  dns::SystemNetwork network(runtime);
  dns::Resolver resolver(network, std::move(options));
  dns::Server server(runtime, resolver, {.rate_limit = call->rate_limit});
  AVILA_TRY(const auto address, server.listen({ip, call->port}));
  std::string ready = "ready " + address.to_string();

  std::unique_ptr<tls::ServerConfigSlot> dot_slot, doh_slot;
  std::unique_ptr<tls::Security> dot, doh;
  dns::DohHandler doh_handler(resolver);
  http2::Server http2;
  http::ServerOptions http_options;
  std::unique_ptr<http::Server> https;
  if (arguments.has("--tls-port") || arguments.has("--https-port")) {
    AVILA_TRY(const std::string chain, read_input(arguments.get("--cert")));
    AVILA_TRY(const std::string key, read_input(arguments.get("--key")));
    AVILA_TRY(const auto credential, tls::Credential::from_pem(chain, key));
    const auto slot_for = [&](std::vector<std::string> alpn) {
      auto config = std::make_shared<tls::ServerConfig>();
      config->credentials = {credential};
      config->alpn = std::move(alpn);
      return std::make_unique<tls::ServerConfigSlot>(std::move(config));
    };
    if (arguments.has("--tls-port")) {
      dot_slot = slot_for({"dot"});
      dot = std::make_unique<tls::Security>(dot_slot.get());
      AVILA_TRY(const auto bound, server.listen_tls({ip, call->tls_port}, *dot));
      ready += " tls " + bound.to_string();
    }
    if (arguments.has("--https-port")) {
      doh_slot = slot_for({"h2", "http/1.1"});
      doh = std::make_unique<tls::Security>(doh_slot.get());
      http_options.security = doh.get();
      http_options.http2 = &http2;
      https = std::make_unique<http::Server>(runtime, doh_handler, http_options);
      AVILA_TRY_VOID(https->listen(tcp::SocketAddress(ip, call->https_port).to_string()));
      ready += " https " + https->local_address();
    }
  }
  AVILA_TRY_VOID(print(ready + '\n'));
  future::CancelSource stop;
  async::JoinHandle<void> following = runtime.spawn(resolver.follow_anchors(stop.token()));
  for (;;) {
    AVILA_TRY(const auto caught, signals.wait(seconds(3600)));
    if (caught.has_value()) break;
  }
  stop.cancel();
  following.wait();
  resolver.stop();
  if (https != nullptr) runtime.block_on(https->shutdown(milliseconds(500)));
  runtime.block_on(server.shutdown());
  (void)runtime.shutdown(seconds(1));
  return kDone;
}

}  // namespace avila::cli
