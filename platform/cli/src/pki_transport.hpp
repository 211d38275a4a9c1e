// The HTTP that pki asks for (OCSP, CRLs, ACME) by the client of http.
#pragma once
#include <avila/async/runtime.hpp>
#include <avila/http/client.hpp>
#include <avila/pki/http_transport.hpp>

namespace avila::cli {

/// https by `security`. Both outlive it; send() must not be called from one of the runtime's
/// workers, for it blocks.
class PkiTransport final : public pki::HttpTransport {
 public:
  PkiTransport(async::Runtime& runtime, async::Security& security);
  Result<pki::HttpReply> send(const pki::HttpRequest& request) override;

 private:
  async::Runtime& runtime_;
  http::Client client_;
};

}  // namespace avila::cli
