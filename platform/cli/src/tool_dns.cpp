// `avl tool dns` and `avl tool resolver`.
#include <avila/async/runtime.hpp>
#include <avila/dns/doh.hpp>
#include <avila/dns/resolver.hpp>
#include <avila/dns/stub.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/json/writer.hpp>
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
};

Result<DnsCall> dns_call(const Arguments& arguments) {
  DnsCall call;
  call.port = arguments.has("--https") ? kHttpsPort : arguments.has("--tls") ? kTlsPort : kPort;
  bool named = false, typed = false;
  for (std::size_t i = 0; i < arguments.operand_count(); ++i) {
    std::string word = arguments.operand(i);
    if (word.starts_with('@')) {
      word.erase(0, 1);
      const bool bracketed = word.starts_with('[');
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

dns::Task<Result<dns::Message>> ask_tool(DnsRun run, const Arguments& arguments, DnsCall call,
                                         tcp::SocketAddress* used) {
  if (call.host.empty()) {
    const auto options = dns::StubOptions::from_system(os::real_file_system());
    *used = options.conf.servers.front();
    if (call.port != kPort) *used = used->with_port(call.port);
    call.host = used->ip().to_string();
  } else {
    auto found = co_await tcp::resolve(run.runtime, call.host, call.port);
    AVILA_CO_TRY(const auto addresses, std::move(found));
    if (addresses.empty()) co_return Error(Errc::NotFound, call.host + " has no address");
    *used = addresses.front();
  }
  dns::Message query = dns::Message::query(call.name, call.type, !arguments.has("--no-recurse"));
  query.edns.emplace();
  query.edns->dnssec_ok = arguments.has("--dnssec");
  query.authentic_data = true;
  query.checking_disabled = arguments.has("--cd");
  dns::ExchangeOptions options;
  AVILA_CO_TRY(const std::uint64_t timeout, number_option(arguments, "--timeout", 5, 1, 300));
  options.timeout = seconds(static_cast<std::int64_t>(timeout));
  options.tcp_only = arguments.has("--tcp");
  if (arguments.has("--https")) {
    dns::DohServer server{*used, call.host};
    server.path = arguments.get("--path", "/dns-query");
    auto answer = co_await dns::exchange_https(run.runtime, run.network, *run.security, server,
                                               std::move(query), options);
    co_return std::move(answer);
  }
  if (arguments.has("--tls")) {
    auto answer = co_await dns::exchange_tls(run.network, *run.security, *used, call.host,
                                             std::move(query), options);
    co_return std::move(answer);
  }
  auto answer = co_await dns::exchange(run.network, *used, std::move(query), options);
  co_return std::move(answer);
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
  tcp::SocketAddress used;
  AVILA_TRY(const dns::Message answer, runtime.block_on(ask_tool({runtime, network, security.get()},
                                                                 arguments, *call, &used)));
  if (output == "json") {
    AVILA_TRY_VOID(print(json_of(answer, used.to_string())));
  } else if (arguments.has("--short")) {
    std::string lines;
    for (const dns::Record& record : answer.answers)
      lines += dns::rdata_to_text(record.type, record.rdata) + '\n';
    AVILA_TRY_VOID(print(lines));
  } else {
    AVILA_TRY_VOID(print(answer.to_string() + "\n;; SERVER: " + used.to_string() + '\n'));
  }
  return kDone;
}

Result<int> tool_resolver(const Arguments& arguments) {
  dns::ResolverOptions options;
  AVILA_TRY(const std::uint64_t port, number_option(arguments, "--port", 5353, 0, 65535));
  AVILA_TRY(const std::uint64_t upstream,
            number_option(arguments, "--upstream-port", 53, 1, 65535));
  options.port = static_cast<std::uint16_t>(upstream);
  options.minimise = !arguments.has("--no-minimise");
  if (!arguments.has("--root-hints"))
    return wrong_usage(Error(Errc::InvalidArgument, "--root-hints is missing"));
  AVILA_TRY(const std::string hints, read_input(arguments.get("--root-hints")));
  AVILA_TRY(auto root, dns::parse_root_hints(hints).context(arguments.get("--root-hints")));
  options.zones.push_back(std::move(root));
  if (arguments.has("--trust-anchor")) {
    AVILA_TRY(const std::string anchors, read_input(arguments.get("--trust-anchor")));
    AVILA_TRY(options.trust_anchors,
              dns::parse_trust_anchors(anchors).context(arguments.get("--trust-anchor")));
  }
  AVILA_TRY(const std::uint64_t stale, number_option(arguments, "--serve-stale", 0, 0, 604'800));
  options.cache.stale_max = seconds(static_cast<std::int64_t>(stale));
  AVILA_TRY(const auto ip, tcp::IpAddress::parse(arguments.get("--listen", "127.0.0.1")));

  AVILA_TRY(auto signals, os::SignalSet::create({SIGINT, SIGTERM}));
  os::ignore_broken_pipes();
  async::Runtime runtime;
  dns::SystemNetwork network(runtime);
  dns::Resolver resolver(network, std::move(options));
  dns::Server server(runtime, resolver);
  AVILA_TRY(const auto address, server.listen({ip, static_cast<std::uint16_t>(port)}));
  std::string ready = "ready " + address.to_string();

  std::unique_ptr<tls::ServerConfigSlot> dot_slot, doh_slot;
  std::unique_ptr<tls::Security> dot, doh;
  dns::DohHandler doh_handler(resolver);
  http2::Server http2;
  http::ServerOptions http_options;
  std::unique_ptr<http::Server> https;
  if (arguments.has("--tls-port") || arguments.has("--https-port")) {
    if (!arguments.has("--cert") || !arguments.has("--key"))
      return wrong_usage(Error(Errc::InvalidArgument, "--cert and --key are missing"));
    AVILA_TRY(const std::string chain, read_input(arguments.get("--cert")));
    AVILA_TRY(const std::string key, read_input(arguments.get("--key")));
    AVILA_TRY(const auto credential, tls::Credential::from_pem(chain, key));
    const auto slot_for = [&](std::vector<std::string> alpn) {
      auto config = std::make_shared<tls::ServerConfig>();
      config->credentials = {credential};
      config->alpn = std::move(alpn);
      return std::make_unique<tls::ServerConfigSlot>(std::move(config));
    };
    AVILA_TRY(const std::uint64_t tls_port, number_option(arguments, "--tls-port", 0, 0, 65535));
    AVILA_TRY(const std::uint64_t https_port,
              number_option(arguments, "--https-port", 0, 0, 65535));
    if (arguments.has("--tls-port")) {
      dot_slot = slot_for({"dot"});
      dot = std::make_unique<tls::Security>(dot_slot.get());
      AVILA_TRY(const auto bound,
                server.listen_tls({ip, static_cast<std::uint16_t>(tls_port)}, *dot));
      ready += " tls " + bound.to_string();
    }
    if (arguments.has("--https-port")) {
      doh_slot = slot_for({"h2", "http/1.1"});
      doh = std::make_unique<tls::Security>(doh_slot.get());
      http_options.security = doh.get();
      http_options.http2 = &http2;
      https = std::make_unique<http::Server>(runtime, doh_handler, http_options);
      AVILA_TRY_VOID(https->listen(
          tcp::SocketAddress(ip, static_cast<std::uint16_t>(https_port)).to_string()));
      ready += " https " + https->local_address();
    }
  }
  AVILA_TRY_VOID(print(ready + '\n'));
  for (;;) {
    AVILA_TRY(const auto caught, signals.wait(seconds(3600)));
    if (caught.has_value()) break;
  }
  if (https != nullptr) runtime.block_on(https->shutdown(milliseconds(500)));
  runtime.block_on(server.shutdown());
  (void)runtime.shutdown(seconds(1));
  return kDone;
}

}  // namespace avila::cli
