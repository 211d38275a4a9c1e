// `avl ca …`: a certificate authority in a folder (library pki, Authority).
#include <algorithm>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/pki/authority.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/number.hpp>
#include <avila/time/format.hpp>
#include <ctime>

#include "acme.hpp"
#include "certificate_files.hpp"
#include "commands.hpp"
#include "tool.hpp"

namespace avila::cli {
namespace {

/// How long a command waits for another one that has the folder open.
constexpr Duration kLockPatience = seconds(10);
constexpr std::uint64_t kMostDays = 36'500;

pki::AuthorityWorld world() {
  return {os::real_file_system(), os::real_clock(), os::system_entropy()};
}

Result<pki::Authority> open(const Arguments& arguments) {
  const std::string folder = arguments.get("--dir");
  if (folder.empty()) return Error(Errc::InvalidArgument, "--dir says where the authority is");
  const Instant end = os::real_clock().now() + kLockPatience;
  for (;;) {
    auto authority = pki::Authority::open(world(), folder);
    if (authority.has_value() || !authority.error().is(Errc::Busy) || os::real_clock().now() > end)
      return authority;
    const timespec pause{.tv_sec = 0, .tv_nsec = 5'000'000};
    (void)nanosleep(&pause, nullptr);
  }
}

Result<pki::Authority::IssueOptions> issue_options(const Arguments& arguments) {
  AVILA_TRY(const std::uint64_t validity, number_option(arguments, "--days", 397, 1, kMostDays));
  return pki::Authority::IssueOptions{.validity = days(static_cast<std::int64_t>(validity)),
                                      .crl_urls = arguments.all("--crl-url"),
                                      .ocsp_urls = arguments.all("--ocsp-url")};
}

Result<int> ca_init(const Arguments& arguments) {
  const std::string folder = arguments.get("--dir"), name = arguments.get("--name");
  if (folder.empty() || name.empty())
    return wrong_usage(Error(Errc::InvalidArgument, "init takes --dir and --name"));
  pki::Authority::RootOptions options;
  AVILA_TRY(const std::uint64_t validity, number_option(arguments, "--days", 3650, 1, kMostDays));
  options.validity = days(static_cast<std::int64_t>(validity));
  const auto key = key_choice(arguments.get("--key", "p256"));
  if (!key.has_value()) return wrong_usage(key.error());
  options.key = key->type;
  options.rsa_bits = key->rsa_bits;
  AVILA_TRY(const pki::Authority authority, pki::Authority::create(world(), folder, name, options));
  AVILA_TRY_VOID(print(os::join(folder, "ca.crt") + '\n'));
  return kDone;
}

Result<int> ca_issue(const Arguments& arguments) {
  const std::string out = arguments.get("--out");
  if (out.empty() || arguments.has("--server") == arguments.has("--client"))
    return wrong_usage(
        Error(Errc::InvalidArgument, "issue takes --out and one of --server and --client"));
  AVILA_TRY(const pki::Authority::IssueOptions options, issue_options(arguments));
  const auto choice = key_choice(arguments.get("--key", "p256"));
  if (!choice.has_value()) return wrong_usage(choice.error());
  AVILA_TRY(const crypto::PrivateKey key, choice->generate());
  AVILA_TRY(pki::Authority authority, open(arguments));
  // The key is on disk before the certificate exists: one without the other is of no use.
  const SecretBytes pem = key.to_pem();
  AVILA_TRY_VOID(write_file(out + ".key", pem.span(), 0600));
  const auto issue = [&] {
    if (arguments.has("--server"))
      return authority.issue_server(key.public_key(), split_list(arguments.get("--server")),
                                    options);
    return authority.issue_client(key.public_key(), arguments.get("--client"), options);
  };
  AVILA_TRY(const pki::Certificate certificate, issue());
  AVILA_TRY_VOID(write_file(out + ".crt", as_bytes(certificate.to_pem()), 0644));
  AVILA_TRY_VOID(print(certificate.serial_hex() + '\n'));
  return kDone;
}

Result<int> ca_sign_csr(const Arguments& arguments) {
  const std::string out = arguments.get("--out");
  if (out.empty()) return wrong_usage(Error(Errc::InvalidArgument, "sign-csr takes --out"));
  AVILA_TRY(const pki::Authority::IssueOptions options, issue_options(arguments));
  AVILA_TRY(const std::string text, read_input(arguments.operand(0)));
  AVILA_TRY(const pki::Csr request, text.find("-----BEGIN") != text.npos
                                        ? pki::Csr::from_pem(text)
                                        : pki::Csr::parse(as_bytes(text)));
  AVILA_TRY(pki::Authority authority, open(arguments));
  AVILA_TRY(const pki::Certificate certificate, authority.sign(request, options));
  AVILA_TRY_VOID(write_file(out, as_bytes(certificate.to_pem()), 0644));
  AVILA_TRY_VOID(print(certificate.serial_hex() + '\n'));
  return kDone;
}

Result<pki::CrlReason> reason_of(const std::string& word) {
  for (const int code : {0, 1, 2, 3, 4, 5, 6, 8, 9, 10})
    if (pki::name(static_cast<pki::CrlReason>(code)) == word)
      return static_cast<pki::CrlReason>(code);
  return Error(Errc::InvalidArgument, "no reason: '" + word + '\'',
               {.hint = "keyCompromise, superseded, cessationOfOperation, affiliationChanged, …"});
}

Result<int> ca_revoke(const Arguments& arguments) {
  const std::string which = arguments.operand(0);
  AVILA_TRY(const pki::CrlReason reason, reason_of(arguments.get("--reason", "unspecified")));
  std::string serial;
  if (os::real_file_system().exists(which)) {
    AVILA_TRY(const std::string pem, read_input(which));
    AVILA_TRY(const pki::Certificate certificate, pki::Certificate::from_pem(pem));
    serial = as_text(certificate.serial());
  } else {
    auto bytes = text::hex_decode(which);
    if (!bytes.has_value())
      return wrong_usage(
          Error(Errc::InvalidArgument, "'" + which + "' is neither a file nor a serial number"));
    serial = *std::move(bytes);
  }
  AVILA_TRY(pki::Authority authority, open(arguments));
  AVILA_TRY_VOID(authority.revoke(as_bytes(serial), reason));
  return kDone;
}

Result<int> ca_crl(const Arguments& arguments) {
  AVILA_TRY(const std::uint64_t validity, number_option(arguments, "--days", 7, 1, kMostDays));
  AVILA_TRY(pki::Authority authority, open(arguments));
  AVILA_TRY(const pki::Crl crl, authority.make_crl(days(static_cast<std::int64_t>(validity))));
  const std::string out = arguments.get("--out", os::join(arguments.get("--dir"), "ca.crl"));
  if (out == "-") {
    AVILA_TRY_VOID(print(crl.to_pem()));
  } else {
    AVILA_TRY_VOID(write_file(out, as_bytes(crl.to_pem()), 0644));
  }
  return kDone;
}

Result<int> ca_list(const Arguments& arguments) {
  AVILA_TRY(const pki::Authority authority, open(arguments));
  for (const auto& [serial, record] : authority.records()) {
    AVILA_TRY(const pki::Certificate certificate, pki::Certificate::parse(record.certificate));
    std::string line =
        certificate.serial_hex() + "  " + time::format_rfc3339(certificate.not_after(), 0) + "  ";
    line += record.revoked_at.has_value() ? "revoked  " : "valid    ";
    line += certificate.subject().empty()
                ? certificate.extensions().subject_alt_name->front().to_string()
                : certificate.subject().to_string();
    AVILA_TRY_VOID(print(line + '\n'));
  }
  return kDone;
}

}  // namespace

std::span<const Command> ca_commands() {
  static const Option kDir{"--dir", "D", "the authority's folder"};
  static const Option kKey{"--key", "KIND", kKeyKinds};
  static const Option kCrlUrl{"--crl-url", "URL", "where the revocation list will be", true};
  static const Option kOcspUrl{"--ocsp-url", "URL", "where an OCSP responder will be", true};
  static const std::vector<Command> commands = {
      {"ca init",
       "make a certificate authority",
       {},
       {kDir, {"--name", "N", "its name"}, kKey, {"--days", "N", "of the root (default: 3650)"}},
       ca_init,
       "The root's certificate is D/ca.crt, its key D/ca.key: keep that one to yourself.",
       false},
      {"ca issue",
       "issue a certificate with a new key",
       {},
       {kDir,
        {"--server", "HOST[,HOST…]", "for a server of these names and addresses"},
        {"--client", "NAME", "for a client"},
        {"--out", "PREFIX", "write PREFIX.crt and PREFIX.key"},
        kKey,
        {"--days", "N", "it is valid so long (default: 397)"},
        kCrlUrl,
        kOcspUrl},
       ca_issue,
       "Prints the serial number.",
       false},
      {"ca sign-csr",
       "issue a certificate for somebody else's key",
       {{"FILE"}},
       {kDir,
        {"--out", "F", "the certificate"},
        {"--days", "N", "it is valid so long (default: 397)"},
        kCrlUrl,
        kOcspUrl},
       ca_sign_csr,
       "Takes the subject, the alternative names and the TLS purposes of the request.",
       false},
      {"ca acme",
       "ask a CA that speaks ACME for a certificate with a new key",
       {},
       {{"--directory", "URL", "the CA's directory"},
        {"--domain", "NAME[,NAME…]", "what it is for", true},
        {"--out", "PREFIX", "write PREFIX.crt (the chain) and PREFIX.key"},
        {"--http-port", "N", "answer the CA's challenges on this port"},
        {"--listen", "ADDRESS", "of that port (default: 0.0.0.0, for the CA comes from outside)"},
        {"--webroot", "DIR", "answer by files below DIR, which a web server shows"},
        {"--cacert", "F", "whom to trust for the CA's own https (default: the system's list)"},
        {"--account", "FILE", "the account's key, made where it is absent (PREFIX.account.key)"},
        {"--contact", "MAIL", "of the account", true},
        {"--agree-terms", "", "I agree to the CA's terms of service"},
        kKey},
       ca_acme,
       "Challenges are http-01: the CA fetches http://NAME/.well-known/acme-challenge/… on port "
       "80.\n"
       "Prints the serial number. Run it again to renew: files are replaced when all is done.",
       false},
      {"ca revoke",
       "revoke a certificate",
       {{"SERIAL|FILE"}},
       {kDir, {"--reason", "R", "keyCompromise, superseded, cessationOfOperation, …"}},
       ca_revoke,
       "Publish a new list afterwards: avl ca crl.",
       false},
      {"ca crl",
       "write the revocation list",
       {},
       {kDir,
        {"--out", "F", "default: D/ca.crl; - is standard output"},
        {"--days", "N", "the next one is due then (default: 7)"}},
       ca_crl,
       "",
       false},
      {"tool cert show",
       "print certificates, requests and revocation lists",
       {{"FILE…", false}},
       {},
       tool_cert_show,
       "PEM or DER, from files or standard input.",
       false},
      {"tool cert verify",
       "check a certificate and the chain above it",
       {{"FILE"}},
       {{"--ca", "F", "trusted certificates (default: the machine's)", true},
        {"--untrusted", "F", "more certificates to build the chain of", true},
        {"--crl", "F", "revocation lists; each certificate must be on one's watch then", true},
        {"--host", "HOST", "the name or address it must be for"},
        {"--purpose", "P", "server (the default), client, any"},
        {"--at", "TIME", "RFC 3339; default: now"}},
       tool_cert_verify,
       "FILE holds the certificate first. Prints the chain, or why there is none.",
       false},
      {"ca list", "list what was issued", {}, {kDir}, ca_list, "", false},
  };
  return commands;
}

}  // namespace avila::cli
