// The file of `avl tool proxy`: what it listens on, where requests go, and by which rules.
#pragma once
#include <avila/error/result.hpp>
#include <avila/http/server.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/proxy/forward.hpp>
#include <avila/proxy/reverse.hpp>
#include <avila/proxy/socks5.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client_tls.hpp"

namespace avila::cli {

struct ProxyListener {
  enum class Mode : std::uint8_t { Reverse, Forward, Socks5 } mode = Mode::Reverse;
  std::string address;  ///< "127.0.0.1:8080", "unix:/run/p.sock"
  bool tls = false;
  std::string certificate, key;           ///< PEM files; empty: a certificate is made
  std::vector<std::string> hosts;         ///< that it is made for
  std::string save_certificate;           ///< where it is written
  proxy::AddressSet proxy_protocol_from;  ///< who sends PROXY headers
};

struct ProxyUpstream {
  proxy::UpstreamOptions options;
  std::optional<ClientTls> tls;
  std::uint32_t line = 0;
};

struct ProxyConfig {
  std::size_t threads = 0;  ///< 0: one for each core
  Duration drain = seconds(10);
  std::string access_log;  ///< empty: none; "-": standard error; else a file
  std::vector<ProxyListener> listeners;
  std::vector<ProxyUpstream> upstreams;
  proxy::ReverseOptions reverse;           ///< without upstreams
  std::vector<std::uint32_t> route_lines;  ///< where each route stands
  proxy::ForwardOptions forward;
  proxy::SocksOptions socks;
  http::ServerOptions clients;  ///< time-outs and limits

  /// Errors: InvalidArgument, a line for each thing that is wrong, "PATH:LINE: what".
  static Result<ProxyConfig> parse(const std::string& path, std::string_view text);
};

}  // namespace avila::cli
