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

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    words.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return words;
}

Result<crypto::PrivateKey> make_key(const std::string& kind) {
  using crypto::KeyType;
  os::Entropy& entropy = os::system_entropy();
  if (kind == "p256" || kind.empty()) return crypto::PrivateKey::generate(KeyType::P256, entropy);
  if (kind == "p384") return crypto::PrivateKey::generate(KeyType::P384, entropy);
  if (kind == "ed25519") return crypto::PrivateKey::generate(KeyType::Ed25519, entropy);
  if (kind.starts_with("rsa:")) {
    AVILA_TRY(const std::uint64_t bits, text::parse_uint(kind.substr(4)));
    return crypto::PrivateKey::generate(KeyType::Rsa, entropy, {.rsa_bits = bits});
  }
  return Error(Errc::InvalidArgument, "no kind of key: '" + kind + '\'',
               {.hint = "p256, p384, ed25519, rsa:2048, rsa:3072, rsa:4096"});
}

Result<void> write_file(const std::string& path, ByteSpan bytes, std::uint32_t mode) {
  return os::real_file_system().write_atomically(path, bytes, mode).context(path);
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
  const std::string kind = arguments.get("--key", "p256");
  using crypto::KeyType;
  if (kind.starts_with("rsa:")) {
    options.key = KeyType::Rsa;
    AVILA_TRY(options.rsa_bits, text::parse_uint(kind.substr(4)));
  } else if (kind == "p384") {
    options.key = KeyType::P384;
  } else if (kind == "ed25519") {
    options.key = KeyType::Ed25519;
  } else if (kind != "p256") {
    return wrong_usage(Error(Errc::InvalidArgument, "no kind of key: '" + kind + '\''));
  }
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
  AVILA_TRY(const crypto::PrivateKey key, make_key(arguments.get("--key")));
  AVILA_TRY(pki::Authority authority, open(arguments));
  // The key is on disk before the certificate exists: one without the other is of no use.
  const SecretBytes pem = key.to_pem();
  AVILA_TRY_VOID(write_file(out + ".key", pem.span(), 0600));
  const auto issue = [&] {
    if (arguments.has("--server"))
      return authority.issue_server(key.public_key(), split(arguments.get("--server")), options);
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
  static const Option kKey{"--key", "KIND", "p256 (the default), p384, ed25519, rsa:BITS"};
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
