// The inside of AcmeClient.
#pragma once
#include <avila/os/clock.hpp>
#include <avila/pki/acme_client.hpp>

#include "acme_jws.hpp"

namespace avila::pki {

struct AcmeClient::Impl {
  Impl(const AcmeClientOptions& given, crypto::PrivateKey account_key)
      : options(given), key(std::move(account_key)) {}

  AcmeClientOptions options;
  crypto::PrivateKey key;
  AcmeDirectory directory;
  std::string account_url;
  std::vector<std::string> nonces;  // not yet used
  std::optional<AcmeProblem> problem;

  enum class By : std::uint8_t { Jwk, Account };  // who the signature says it is by

  Result<void> check_url(std::string_view url) const;
  Result<HttpReply> send(HttpRequest request);
  Result<std::string> nonce();
  Result<HttpReply> get(const std::string& url);
  /// Signed, with a nonce; once more for badNonce. An empty payload is POST-as-GET. Errors: the
  /// server's problem.
  Result<HttpReply> post(const std::string& url, std::string_view payload, By by = By::Account,
                         std::string_view accept = "application/json",
                         const crypto::PrivateKey* other_key = nullptr);
  /// The reply's JSON object.
  Result<json::Value> post_json(const std::string& url, std::string_view payload);
  Result<void> need_account() const;
  Result<void> wait(Duration time) const;
  /// Retry-After, or poll_every; no more than an hour.
  Duration pause_of(const HttpReply& reply) const;
};

namespace detail {

std::optional<Duration> retry_after(const HttpReply& reply, WallTime now);
AcmeProblem parse_problem(const json::Value& object, int status);
/// Errors: Malformed.
Result<AcmeOrder> parse_order(const json::Value& object, std::string url);
Result<AcmeAuthorization> parse_authorization(const json::Value& object, std::string url);
json::Value identifier_json(const AcmeIdentifier& identifier);
json::Value contacts_json(const std::vector<std::string>& contacts);

}  // namespace detail
}  // namespace avila::pki
