// A client of ACME (RFC 8555, ARI of RFC 9773) over a transport that a higher layer gives.
#pragma once
#include <avila/pki/acme.hpp>
#include <avila/pki/csr.hpp>
#include <avila/pki/http_transport.hpp>
#include <avila/primitives/duration.hpp>
#include <functional>
#include <memory>

namespace avila::os {
class Clock;
}

namespace avila::pki {

struct AcmeDirectory {
  std::string new_nonce, new_account, new_order, revoke_certificate, key_change;
  std::string renewal_info;      ///< empty where the server has none
  std::string terms_of_service;  ///< an address for people; may be empty
  bool external_account_required = false;
};

struct AcmeAccountOptions {
  std::vector<std::string> contacts;  ///< "mailto:ops@example.com"
  bool terms_agreed = false;          ///< the operator's word
  bool only_existing = false;         ///< NotFound rather than a new account
  /// External account binding (section 7.3.4): what the CA gave the customer.
  std::string external_key_id;
  ByteSpan external_mac_key;  ///< HMAC-SHA-256
};

struct AcmeAccount {
  std::string url;
  AcmeStatus status = AcmeStatus::Valid;
  std::vector<std::string> contacts;
};

/// RFC 9773 section 4.2: when to renew.
struct AcmeRenewalInfo {
  WallTime start, end;         ///< draw a time between them
  std::string explanation;     ///< an address; may be empty
  Duration ask_again_after{};  ///< Retry-After; zero where it was not given
};

enum class AcmeRevocationReason : std::uint8_t {
  Unspecified = 0,
  KeyCompromise = 1,
  AffiliationChanged = 3,
  Superseded = 4,
  CessationOfOperation = 5,
};

struct AcmeClientOptions {
  HttpTransport& transport;
  os::Clock& clock;
  os::Entropy& entropy;
  std::string directory_url;
  std::string user_agent = "avila-acme/1";
  bool allow_http = false;           ///< addresses that are not https: for tests
  Duration poll_for = minutes(2);    ///< the most that one wait takes
  Duration poll_every = seconds(1);  ///< where the server does not say
  /// How to wait between polls; sleeps where it is empty. An error ends the wait.
  std::function<Result<void>(Duration)> wait = {};
};

/// Puts up and takes down what a challenge wants.
class AcmeSolver {
 public:
  virtual ~AcmeSolver() = default;
  /// Which of the authorization's challenges it does: the first that it takes.
  virtual bool takes(const AcmeAuthorization& authorization, std::string_view type) const = 0;
  virtual Result<void> present(const AcmeAuthorization& authorization,
                               const AcmeChallenge& challenge,
                               std::string_view key_authorization) = 0;
  /// Also after failures.
  virtual void clean_up(const AcmeAuthorization& authorization, const AcmeChallenge& challenge) = 0;
};

/// One account with one server. Errors of the server carry its problem's type and words; their
/// codes: Unauthenticated (unauthorized, malformed signatures), PermissionDenied
/// (userActionRequired, rejectedIdentifier, caa), Busy (rateLimited, with its Retry-After),
/// Malformed (what the server sent is not ACME), InvalidArgument (badCSR, …), Unavailable
/// (serverInternal, other statuses). Not synchronised.
class AcmeClient {
 public:
  /// Reads the directory. The key is P-256, P-384, P-521, Ed25519 or RSA. Errors: InvalidArgument
  /// (key, address), and as above.
  static Result<AcmeClient> connect(const AcmeClientOptions& options, crypto::PrivateKey key);
  AcmeClient(AcmeClient&&) noexcept;
  AcmeClient& operator=(AcmeClient&&) noexcept;
  ~AcmeClient();

  const AcmeDirectory& directory() const noexcept;
  const crypto::PrivateKey& account_key() const noexcept;
  /// The problem of the last reply that was one.
  const std::optional<AcmeProblem>& last_problem() const noexcept;

  /// Finds the key's account, or makes it. Everything below needs it. Errors: NotFound
  /// (only_existing), PermissionDenied (terms, external account).
  Result<AcmeAccount> register_account(const AcmeAccountOptions& options);
  Result<AcmeAccount> update_contacts(const std::vector<std::string>& contacts);
  /// For good.
  Result<void> deactivate_account();
  /// Key rollover (section 7.3.5). Keep the new key before: where the reply is lost, either may
  /// be the account's.
  Result<void> change_key(crypto::PrivateKey new_key);

  /// `replaces`: acme_certificate_id() of the certificate that this one renews; may be empty.
  Result<AcmeOrder> new_order(const std::vector<AcmeIdentifier>& identifiers,
                              std::string_view replaces = {});
  Result<AcmeOrder> order(const std::string& url);
  Result<AcmeAuthorization> authorization(const std::string& url);
  Result<void> deactivate_authorization(const std::string& url);
  std::string key_authorization(const AcmeChallenge& challenge) const;
  /// Tells the server that what the challenge wants is there.
  Result<void> respond(const AcmeChallenge& challenge);
  /// Polls, as Retry-After says, until it is not pending. Errors: Unauthenticated (invalid, with
  /// why), TimedOut.
  Result<AcmeAuthorization> wait_for_authorization(const std::string& url);
  /// Polls until the order is ready, valid or invalid. Errors: as above.
  Result<AcmeOrder> wait_for_order(const std::string& url);
  /// Sends the request and waits until the order is valid.
  Result<AcmeOrder> finalize(const AcmeOrder& order, const Csr& csr);
  /// The chain, the certificate first; that its key is the request's is checked. `alternate`: the
  /// n-th other chain that the server offers (Link, "alternate"); 0 is its first choice.
  Result<std::vector<Certificate>> download(const AcmeOrder& order, const Csr& csr,
                                            std::size_t alternate = 0);

  /// All of it: order, challenges, request, chain.
  Result<std::vector<Certificate>> obtain(const std::vector<AcmeIdentifier>& identifiers,
                                          const Csr& csr, AcmeSolver& solver,
                                          std::string_view replaces = {});

  /// By the account, or by the certificate's own key where it is given.
  Result<void> revoke(const Certificate& certificate, AcmeRevocationReason reason,
                      const crypto::PrivateKey* certificate_key = nullptr);
  /// Errors: Unsupported (the server has none).
  Result<AcmeRenewalInfo> renewal_info(const Certificate& certificate);

 private:
  struct Impl;
  explicit AcmeClient(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace avila::pki
