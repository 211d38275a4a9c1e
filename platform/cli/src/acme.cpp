// `avl ca acme`: a certificate from a CA that speaks ACME (RFC 8555), by http-01.
#include <avila/http/server.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/pki/acme_client.hpp>
#include <avila/primitives/wipe.hpp>
#include <map>
#include <mutex>

#include "acme.hpp"
#include "certificate_files.hpp"
#include "client_tls.hpp"
#include "pki_transport.hpp"
#include "tool.hpp"

namespace avila::cli {
namespace {

/// Answers by files below the folder of a web server that runs already.
class WebrootSolver final : public pki::AcmeSolver {
 public:
  explicit WebrootSolver(std::string root) : root_(std::move(root)) {}
  bool takes(const pki::AcmeAuthorization&, std::string_view type) const override {
    return type == "http-01";
  }
  Result<void> present(const pki::AcmeAuthorization&, const pki::AcmeChallenge& challenge,
                       std::string_view key_authorization) override {
    const std::string path = path_of(challenge);
    AVILA_TRY_VOID(os::real_file_system().create_directories(os::parent(path)).context(path));
    return write_file(path, as_bytes(key_authorization), 0644);
  }
  void clean_up(const pki::AcmeAuthorization&, const pki::AcmeChallenge& challenge) override {
    (void)os::real_file_system().remove(path_of(challenge));  // it says nothing that is secret
  }

 private:
  /// A token is base64url: the client refuses others.
  std::string path_of(const pki::AcmeChallenge& challenge) const {
    return root_ + pki::acme_http_path(challenge.token);
  }
  std::string root_;
};

/// Answers by a server of its own, which knows these answers and nothing else.
class ServerSolver final : public pki::AcmeSolver, public http::Handler {
 public:
  explicit ServerSolver(async::Runtime& runtime) : runtime_(runtime), server_(runtime, *this) {}
  ~ServerSolver() override { runtime_.block_on(server_.shutdown(seconds(1))); }
  Result<void> listen(const std::string& address) { return server_.listen(address); }

  bool takes(const pki::AcmeAuthorization&, std::string_view type) const override {
    return type == "http-01";
  }
  Result<void> present(const pki::AcmeAuthorization&, const pki::AcmeChallenge& challenge,
                       std::string_view key_authorization) override {
    const std::lock_guard lock(mutex_);
    answers_[pki::acme_http_path(challenge.token)] = key_authorization;
    return {};
  }
  void clean_up(const pki::AcmeAuthorization&, const pki::AcmeChallenge& challenge) override {
    const std::lock_guard lock(mutex_);
    answers_.erase(pki::acme_http_path(challenge.token));
  }

  future::Task<http::Response> handle(http::Request& request) override {
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find(request.path);
    if (found == answers_.end()) co_return http::Response::text(404, "not found\n");
    co_return http::Response(200, "application/octet-stream", found->second);
  }

 private:
  async::Runtime& runtime_;
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> answers_;  // by path
  http::Server server_;
};

/// The account's key: read where the file exists, else made and kept before it is used.
Result<crypto::PrivateKey> account_key(const std::string& path) {
  os::FileSystem& files = os::real_file_system();
  if (files.exists(path)) {
    AVILA_TRY(std::string pem, files.read_text(path, 1 << 16).context(path));
    auto key = crypto::PrivateKey::from_pem(pem);
    wipe_memory(pem.data(), pem.size());
    return std::move(key).context(path);
  }
  AVILA_TRY(auto key, KeyChoice{}.generate());
  const SecretBytes pem = key.to_pem();
  AVILA_TRY_VOID(write_file(path, pem.span(), 0600));
  return key;
}

Result<int> issue(const Arguments& arguments, const KeyChoice& choice,
                  const std::vector<std::string>& domains) {
  const std::string out = arguments.get("--out");
  AVILA_TRY(const auto security, client_security({.ca_path = arguments.get("--cacert")}));
  AVILA_TRY(auto account, account_key(arguments.get("--account", out + ".account.key")));
  AVILA_TRY(const crypto::PrivateKey key, choice.generate());
  pki::CsrBuilder builder;
  std::vector<pki::AcmeIdentifier> identifiers;
  for (const std::string& domain : domains) {
    auto address = pki::GeneralName::ip(domain);
    identifiers.push_back(address.has_value() ? pki::AcmeIdentifier::ip(domain)
                                              : pki::AcmeIdentifier::dns(domain));
    builder.subject_alt_names.push_back(address.has_value() ? *std::move(address)
                                                            : pki::GeneralName::dns(domain));
  }
  AVILA_TRY(const pki::Csr csr, builder.sign(key, os::system_entropy()));

  async::Runtime runtime({.threads = 2});
  PkiTransport transport(runtime, *security);
  AVILA_TRY(pki::AcmeClient client,
            pki::AcmeClient::connect({.transport = transport,
                                      .clock = os::real_clock(),
                                      .entropy = os::system_entropy(),
                                      .directory_url = arguments.get("--directory")},
                                     std::move(account)));
  const std::string terms = client.directory().terms_of_service;
  const bool agreed = arguments.has("--agree-terms");
  if (!terms.empty() && !agreed)
    return Error(Errc::PermissionDenied, "the CA has terms of service: " + terms,
                 {.hint = "read them, then give --agree-terms"});
  pki::AcmeAccountOptions options{.terms_agreed = agreed};
  for (const std::string& mail : arguments.all("--contact"))
    options.contacts.push_back("mailto:" + mail);
  AVILA_TRY_VOID(client.register_account(options));

  std::unique_ptr<pki::AcmeSolver> solver;
  if (arguments.has("--webroot")) {
    solver = std::make_unique<WebrootSolver>(arguments.get("--webroot"));
  } else {
    auto server = std::make_unique<ServerSolver>(runtime);
    AVILA_TRY_VOID(
        server->listen(arguments.get("--listen", "0.0.0.0") + ':' + arguments.get("--http-port")));
    solver = std::move(server);
  }
  AVILA_TRY(const auto chain, client.obtain(identifiers, csr, *solver));
  std::string pem;
  for (const pki::Certificate& certificate : chain) pem += certificate.to_pem();
  const SecretBytes key_pem = key.to_pem();
  // Only now: what stood there before served until here.
  AVILA_TRY_VOID(write_file(out + ".key", key_pem.span(), 0600));
  AVILA_TRY_VOID(write_file(out + ".crt", as_bytes(pem), 0644));
  AVILA_TRY_VOID(print(chain.front().serial_hex() + '\n'));
  return kDone;
}

}  // namespace

Result<int> ca_acme(const Arguments& arguments) {
  std::vector<std::string> domains;
  for (const std::string& list : arguments.all("--domain"))
    for (std::string& domain : split_list(list)) domains.push_back(std::move(domain));
  if (arguments.get("--directory").empty() || arguments.get("--out").empty() || domains.empty())
    return wrong_usage(Error(Errc::InvalidArgument, "acme takes --directory, --domain and --out"));
  if (arguments.has("--webroot") == arguments.has("--http-port"))
    return wrong_usage(Error(Errc::InvalidArgument, "acme takes one of --http-port and --webroot"));
  const auto port = number_option(arguments, "--http-port", 80, 1, 65'535);
  if (!port.has_value()) return wrong_usage(port.error());
  const auto choice = key_choice(arguments.get("--key", "p256"));
  if (!choice.has_value()) return wrong_usage(choice.error());
  return issue(arguments, *choice, domains);
}

}  // namespace avila::cli
