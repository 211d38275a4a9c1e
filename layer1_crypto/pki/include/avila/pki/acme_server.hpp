// A server of ACME (RFC 8555, ARI of RFC 9773) behind whatever HTTP server a higher layer has. Its
// state is in memory: what it issued is the issuer's to keep.
#pragma once
#include <avila/pki/acme_client.hpp>

namespace avila::pki {

/// Looks whether an applicant holds a name; has the network that this needs. May block.
class AcmeValidator {
 public:
  virtual ~AcmeValidator() = default;
  /// "http-01", "dns-01", "tls-alpn-01". At first all, where the RFCs allow them.
  virtual bool takes(std::string_view type) const { return (void)type, true; }
  /// Errors: their kind and words become the challenge's problem: Unauthenticated (unauthorized),
  /// NotFound (dns), TimedOut and Connection… (connection), others incorrectResponse.
  virtual Result<void> validate(const AcmeIdentifier& identifier, std::string_view type,
                                std::string_view token, std::string_view key_authorization) = 0;
};

/// The CA. May block.
class AcmeIssuer {
 public:
  virtual ~AcmeIssuer() = default;
  /// Whether it would sign for that name. Errors: the words are told (rejectedIdentifier).
  virtual Result<void> accepts(const AcmeIdentifier& identifier) {
    return (void)identifier, Result<void>();
  }
  /// The chain, the certificate first. The request's signature and names were checked.
  virtual Result<std::vector<Certificate>> issue(
      const Csr& csr, const std::vector<AcmeIdentifier>& identifiers) = 0;
  virtual Result<void> revoke(const Certificate& certificate, AcmeRevocationReason reason) = 0;
};

struct AcmeServerOptions {
  AcmeValidator& validator;
  AcmeIssuer& issuer;
  os::Clock& clock;
  os::Entropy& entropy;
  std::string base_url;  ///< "https://ca.example.com/acme": the directory is at /directory below
  std::string terms_of_service;  ///< an address; where it is given, accounts must agree
  /// External account binding: the MAC key of a key id, empty for none. Required where it is set.
  std::function<std::vector<std::byte>(std::string_view key_id)> external_mac_key = {};
  Duration order_lifetime = days(7);
  Duration retry_after = seconds(3);
  std::size_t nonces_max = 10'000;  ///< the oldest are forgotten: badNonce, and the client repeats
  std::size_t accounts_max = 100'000;
  std::size_t open_orders_max = 300;   ///< of an account
  std::size_t orders_max = 1'000'000;  ///< in all, and certificates; what expired is forgotten
};

/// Threads may share it; work() is for one of them, or for several.
class AcmeServer final : public HttpTransport {
 public:
  /// Errors: InvalidArgument (an address that is not http or https, or ends with '/').
  static Result<std::unique_ptr<AcmeServer>> create(const AcmeServerOptions& options);
  ~AcmeServer() override;

  /// Answers one request; `url` is the whole address, as the client wrote it. Never an error: what
  /// is wrong is a problem document. A GET, HEAD or POST of an address that is not ours is 404.
  HttpReply answer(const HttpRequest& request);
  Result<HttpReply> send(const HttpRequest& request) override { return answer(request); }

  /// Does what waits: one validation or one issuance. False where nothing waits. Call it from a
  /// thread of the service, again and again: answer() never blocks on the network.
  bool work();

  std::size_t account_count() const;
  std::size_t order_count() const;

 private:
  struct Impl;
  explicit AcmeServer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace avila::pki
