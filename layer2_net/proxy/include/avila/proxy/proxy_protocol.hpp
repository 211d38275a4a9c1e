// The PROXY protocol of those who connect to us: load balancers that say for whom they speak.
#pragma once
#include <avila/http/server.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/proxy/address_range.hpp>
#include <string>
#include <utility>

namespace avila::proxy {

/// For http::ServerOptions::preamble. Connections from trusted addresses must begin with a header
/// of version 1 or 2, and are closed where they do not; those from elsewhere are left as they are,
/// and what looks like a header is a bad request there. Headers that name nobody (LOCAL, UNKNOWN)
/// leave the peer's own address.
class ProxyProtocol final : public http::Preamble {
 public:
  explicit ProxyProtocol(AddressSet trusted, Duration timeout = seconds(5))
      : trusted_(std::move(trusted)), timeout_(timeout) {}
  http::Task<Result<std::string>> read(async::Transport& transport, std::string peer,
                                       http::CancelToken cancel) override;

 private:
  const AddressSet trusted_;
  const Duration timeout_;
};

namespace detail {
/// How many bytes are missing at least of a header that begins with these: never too many, for what
/// follows it is the next reader's.
std::size_t proxy_header_missing(std::string_view begun) noexcept;
}  // namespace detail

}  // namespace avila::proxy
