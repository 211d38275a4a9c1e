#include <avila/proxy/proxy_protocol.hpp>

#include <avila/async/transport.hpp>
#include <avila/error/assert.hpp>
#include <avila/future/sleep.hpp>
#include <avila/tcp/proxy_protocol.hpp>

namespace avila::proxy {

/// Source: "The PROXY protocol" (HAProxy, doc/proxy-protocol.txt) §2.1, §2.2.
std::size_t detail::proxy_header_missing(std::string_view begun) noexcept {
  constexpr std::size_t kV1Least = 15;  // "PROXY UNKNOWN" and CRLF
  constexpr std::size_t kV2Head = 16;   // its last two bytes: the length of what follows
  const std::size_t size = begun.size();
  if (begun.starts_with('\r')) {
    if (size < kV2Head) return kV2Head - size;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(begun[i]); };
    return kV2Head + (std::size_t{byte(14)} << 8 | byte(15)) - size;
  }
  if (size < kV1Least) return kV1Least - size;
  return begun.ends_with('\r') ? 1 : 2;
}

http::Task<Result<std::string>> ProxyProtocol::read(async::Transport& transport, std::string peer,
                                                    http::CancelToken cancel) {
  const auto address = address_of_peer(peer);
  if (!address.has_value() || !trusted_.contains(*address)) co_return peer;
  const future::Deadline deadline(timeout_, std::move(cancel));
  std::string got;
  while (true) {
    AVILA_CO_TRY(const auto parsed, tcp::parse_proxy_header(as_bytes(got)));
    if (parsed.has_value()) {
      AVILA_DEBUG_ASSERT(parsed->size_bytes == got.size());
      if (parsed->header.has_addresses) peer = parsed->header.source.to_string();
      co_return peer;
    }
    const std::size_t before = got.size();
    got.resize(before + detail::proxy_header_missing(got));
    const MutableByteSpan space(reinterpret_cast<std::byte*>(got.data()) + before,
                                got.size() - before);
    auto came = co_await transport.read(space, deadline.token());
    if (!came.has_value()) co_return deadline.translate(std::move(came).error(), "a PROXY header");
    if (*came == 0) co_return Error(Errc::Closed, "the peer closed within a PROXY header");
    got.resize(before + *came);
  }
}

}  // namespace avila::proxy
