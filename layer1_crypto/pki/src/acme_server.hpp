// The inside of AcmeServer.
#pragma once
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/pki/acme_server.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "acme_jws.hpp"

namespace avila::pki {

namespace acme {

struct Account {
  std::string id;
  crypto::PublicKey key;
  AcmeStatus status = AcmeStatus::Valid;
  std::vector<std::string> contacts;
  std::vector<std::string> orders;  // ids
};

struct Challenge {
  std::string type, token;
  AcmeStatus status = AcmeStatus::Pending;
  json::Value error;  // null: none
  WallTime validated{};
};

struct Authorization {
  std::string id, account, order;
  AcmeIdentifier identifier;
  bool wildcard = false;
  AcmeStatus status = AcmeStatus::Pending;
  std::vector<Challenge> challenges;
};

struct Order {
  std::string id, account;
  AcmeStatus status = AcmeStatus::Pending;
  WallTime expires{};
  std::vector<AcmeIdentifier> identifiers;
  std::vector<std::string> authorizations;  // ids
  std::string replaces;
  std::string certificate;  // id
  json::Value error;
};

struct Issued {
  std::string account;
  std::vector<Certificate> chain;
  bool revoked = false;
};

/// A validation, or an issuance, that work() does.
struct Job {
  std::string authorization;
  std::size_t challenge = 0;
  std::string order;
  std::optional<Csr> csr;
};

/// A request that was signed as it must be.
struct Signed {
  detail::Jws jws;
  json::Value payload;  // an object, or null for POST-as-GET
  std::string account;  // id; empty: signed by `key`
  std::optional<crypto::PublicKey> key;
};

HttpReply problem(int status, std::string_view type, std::string_view detail);
json::Value problem_json(int status, std::string_view type, std::string_view detail);
HttpReply reply_json(int status, const json::Value& body);

}  // namespace acme

struct AcmeServer::Impl {
  explicit Impl(const AcmeServerOptions& given) : options(given) {}
  AcmeServerOptions options;
  mutable std::mutex mutex;  // of all below
  std::set<std::string, std::less<>> nonces;
  std::deque<std::string> nonce_order;  // the oldest first; some are used already
  std::map<std::string, acme::Account, std::less<>> accounts;
  std::map<std::string, std::string, std::less<>> account_of_key;  // thumbprint → id
  std::map<std::string, acme::Order, std::less<>> orders;
  std::map<std::string, acme::Authorization, std::less<>> authorizations;
  std::map<std::string, acme::Issued, std::less<>> certificates;
  std::map<std::string, std::string, std::less<>> certificate_of;  // ARI's name → id
  std::deque<acme::Job> jobs;

  std::string url(std::string_view path) const { return options.base_url + std::string(path); }
  Result<std::string> new_id();
  Result<std::string> new_nonce();

  // With the mutex held:
  HttpReply route(const HttpRequest& request, std::string_view path);
  HttpReply directory() const;
  /// What the request is signed by, or the problem to answer with.
  std::optional<HttpReply> check(const HttpRequest& request, bool key_allowed, acme::Signed& out);
  HttpReply post(const HttpRequest& request, std::string_view path);

  HttpReply new_account(const acme::Signed& request);
  std::optional<HttpReply> check_external(const acme::Signed& request);
  HttpReply account(const acme::Signed& request, std::string_view id);
  HttpReply account_orders(const acme::Signed& request, std::string_view id);
  HttpReply key_change(const acme::Signed& request);
  json::Value account_json(const acme::Account& account) const;

  HttpReply new_order(const acme::Signed& request);
  HttpReply order(const acme::Signed& request, std::string_view id);
  HttpReply finalize(const acme::Signed& request, std::string_view id);
  HttpReply authorization(const acme::Signed& request, std::string_view id);
  HttpReply challenge(const acme::Signed& request, std::string_view id, std::string_view index);
  HttpReply certificate(const acme::Signed& request, std::string_view id);
  HttpReply revoke(const acme::Signed& request);
  HttpReply renewal_info(std::string_view id) const;
  json::Value order_json(const acme::Order& order) const;
  json::Value authorization_json(const acme::Authorization& authorization) const;
  json::Value challenge_json(const acme::Authorization& authorization, std::size_t index) const;
  void settle(acme::Order& order);  ///< pending → ready or invalid, by its authorizations
  void expire(acme::Order& order) const;
  void forget_expired();

  bool work(std::unique_lock<std::mutex>& lock);
};

}  // namespace avila::pki
