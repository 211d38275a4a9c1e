// The HTTP that this layer needs (OCSP, CRLs, missing issuers, ACME) and a higher layer gives.
#pragma once
#include <avila/error/result.hpp>
#include <avila/primitives/duration.hpp>
#include <string>
#include <utility>
#include <vector>

namespace avila::pki {

struct HttpMessage {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first header of that name, without regard to case; empty where there is none.
  std::string_view header(std::string_view name) const noexcept;
};
struct HttpRequest : HttpMessage {
  std::string method = "GET", url;
  Duration timeout = seconds(30);
  std::size_t reply_bytes_max = 1 << 20;  ///< the transport refuses longer ones: LimitExceeded
};
struct HttpReply : HttpMessage {
  int status = 0;
};

/// Blocks until the reply is whole. Errors are of the connection; any status is a reply. Redirects
/// are not followed. Implementations may be called from several threads.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual Result<HttpReply> send(const HttpRequest& request) = 0;
};

}  // namespace avila::pki
