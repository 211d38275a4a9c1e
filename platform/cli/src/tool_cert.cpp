// `avl tool cert …`: certificates, requests and revocation lists for people.
#include <avila/asn1/pem.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/file_system.hpp>
#include <avila/pki/csr.hpp>
#include <avila/pki/verify.hpp>
#include <avila/text/encoding.hpp>
#include <avila/time/format.hpp>

#include "commands.hpp"
#include "tool.hpp"

namespace avila::cli {
namespace {

std::string line(std::string_view name, std::string_view value) {
  std::string text(name);
  text.resize(std::max<std::size_t>(text.size(), 20), ' ');
  return text + std::string(value) + '\n';
}

std::string key_text(const Result<crypto::PublicKey>& key) {
  if (!key.has_value()) return "(" + std::string(key.error().message()) + ")";
  std::string text(crypto::name(key->type()));
  if (const auto* const rsa = key->as<crypto::RsaPublicKey>())
    text += ' ' + std::to_string(rsa->bits()) + " bits";
  return text;
}

template <class List, class Print>
std::string joined(const List& list, Print print_one) {
  std::string text;
  for (const auto& one : list) text += (text.empty() ? "" : ", ") + print_one(one);
  return text;
}

std::string usage_text(pki::KeyUsage usage) {
  static constexpr std::string_view kNames[] = {
      "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
      "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly"};
  std::string text;
  for (unsigned i = 0; i < std::size(kNames); ++i)
    if (pki::has(usage, static_cast<pki::KeyUsage>(1U << i)))
      text += (text.empty() ? "" : ", ") + std::string(kNames[i]);
  return text;
}

std::string purpose_text(const asn1::Oid& oid) {
  if (oid == pki::oids::kServerAuth) return "serverAuth";
  if (oid == pki::oids::kClientAuth) return "clientAuth";
  if (oid == pki::oids::kCodeSigning) return "codeSigning";
  if (oid == pki::oids::kEmailProtection) return "emailProtection";
  if (oid == pki::oids::kTimeStamping) return "timeStamping";
  if (oid == pki::oids::kOcspSigning) return "OCSPSigning";
  if (oid == pki::oids::kAnyExtendedKeyUsage) return "any";
  return oid.to_string();
}

std::string extensions_text(const pki::Extensions& extensions) {
  std::string text;
  if (extensions.basic_constraints.has_value()) {
    const pki::BasicConstraints& constraints = *extensions.basic_constraints;
    std::string value = constraints.ca ? "CA" : "no CA";
    if (constraints.path_length.has_value())
      value += ", path length " + std::to_string(*constraints.path_length);
    text += line("basic constraints", value);
  }
  if (extensions.key_usage.has_value())
    text += line("key usage", usage_text(*extensions.key_usage));
  if (extensions.extended_key_usage.has_value())
    text += line("purposes", joined(*extensions.extended_key_usage, purpose_text));
  if (extensions.subject_alt_name.has_value())
    text += line("names", joined(*extensions.subject_alt_name,
                                 [](const pki::GeneralName& name) { return name.to_string(); }));
  if (extensions.subject_key_identifier.has_value())
    text += line("key identifier", text::hex_encode(*extensions.subject_key_identifier));
  if (extensions.authority_key_identifier.has_value() &&
      extensions.authority_key_identifier->key_identifier.has_value())
    text += line("issuer's key",
                 text::hex_encode(*extensions.authority_key_identifier->key_identifier));
  for (const pki::Extension& extension : extensions.all)
    if (!pki::is_known_extension(extension.oid))
      text +=
          line("extension", extension.oid.to_string() + (extension.critical ? " (critical)" : ""));
  return text;
}

std::string certificate_text(const pki::Certificate& certificate) {
  const auto algorithm = certificate.signature_algorithm();
  return line("certificate", "version " + std::to_string(certificate.version())) +
         line("subject", certificate.subject().to_string()) +
         line("issuer", certificate.issuer().to_string()) +
         line("serial", certificate.serial_hex()) +
         line("not before", time::format_rfc3339(certificate.not_before(), 0)) +
         line("not after", time::format_rfc3339(certificate.not_after(), 0)) +
         line("key", key_text(certificate.public_key())) +
         line("signature", algorithm.has_value()
                               ? std::string(crypto::name(*algorithm))
                               : "(" + std::string(algorithm.error().message()) + ")") +
         extensions_text(certificate.extensions()) +
         line("sha256", text::hex_encode(certificate.fingerprint()));
}

std::string csr_text(const pki::Csr& request) {
  return line("request", request.check_signature().has_value() ? "signed by its key"
                                                               : "NOT signed by its key") +
         line("subject", request.subject().to_string()) +
         line("key", key_text(request.public_key())) + extensions_text(request.extensions());
}

std::string crl_text(const pki::Crl& crl) {
  std::string text = line("revocation list", "version " + std::to_string(crl.version())) +
                     line("issuer", crl.issuer().to_string()) +
                     line("this update", time::format_rfc3339(crl.this_update(), 0));
  if (crl.next_update().has_value())
    text += line("next update", time::format_rfc3339(*crl.next_update(), 0));
  if (crl.number().has_value()) text += line("number", text::hex_encode(*crl.number()));
  for (const pki::RevokedCertificate& entry : crl.entries())
    text +=
        line("revoked", text::hex_encode(entry.serial) + ' ' + time::format_rfc3339(entry.date, 0) +
                            ' ' + std::string(pki::name(entry.reason)));
  return text;
}

Result<std::string> block_text(std::string_view label, ByteSpan bytes) {
  if (label == "X509 CRL") return pki::Crl::parse(bytes).map(crl_text);
  if (label.ends_with("CERTIFICATE REQUEST")) return pki::Csr::parse(bytes).map(csr_text);
  return pki::Certificate::parse(bytes).map(certificate_text);
}

Result<std::string> read_pem(const std::string& path) {
  AVILA_TRY(std::string text, read_input(path));
  if (text.find("-----BEGIN") != text.npos) return text;
  return asn1::to_pem("CERTIFICATE", as_bytes(text));
}

}  // namespace

Result<int> tool_cert_show(const Arguments& arguments) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, arguments.operand_count()); ++i) {
    AVILA_TRY(const std::string text, read_input(arguments.operand(i)));
    std::vector<asn1::PemBlock> blocks;
    if (text.find("-----BEGIN") != text.npos) {
      AVILA_TRY(blocks, asn1::parse_pem(text));
    } else {  // DER: whichever it is
      const ByteSpan bytes = as_bytes(text);
      const bool crl = pki::Crl::parse(bytes).has_value(), csr = pki::Csr::parse(bytes).has_value();
      blocks.push_back({crl   ? "X509 CRL"
                        : csr ? "CERTIFICATE REQUEST"
                              : "CERTIFICATE",
                        {},
                        {bytes.begin(), bytes.end()}});
    }
    bool first = true;
    for (const asn1::PemBlock& block : blocks) {
      if (block.label.find("KEY") != block.label.npos) continue;
      AVILA_TRY(const std::string shown, block_text(block.label, block.bytes));
      AVILA_TRY_VOID(print((first ? "" : "\n") + shown));
      first = false;
    }
    if (first) return Error(Errc::NotFound, "no certificate, request or revocation list in it");
  }
  return kDone;
}

Result<int> tool_cert_verify(const Arguments& arguments) {
  AVILA_TRY(const std::string pem, read_pem(arguments.operand(0)));
  AVILA_TRY(const std::vector<pki::Certificate> chain, pki::parse_certificates(pem));
  std::vector<pki::Certificate> intermediates(chain.begin() + 1, chain.end());
  for (const std::string& path : arguments.all("--untrusted")) {
    AVILA_TRY(const std::string text, read_pem(path));
    AVILA_TRY(std::vector<pki::Certificate> more, pki::parse_certificates(text));
    intermediates.insert(intermediates.end(), more.begin(), more.end());
  }
  pki::TrustStore store;
  for (const std::string& path : arguments.all("--ca")) {
    AVILA_TRY(const std::string text, read_pem(path));
    AVILA_TRY_VOID(store.add_pem(text).context(path));
  }
  if (store.empty()) {
    AVILA_TRY(store, pki::TrustStore::system(os::real_file_system()));
  }
  std::vector<pki::Crl> crls;
  for (const std::string& path : arguments.all("--crl")) {
    AVILA_TRY(const std::string text, read_input(path));
    AVILA_TRY(pki::Crl crl, text.starts_with("-----BEGIN") ? pki::Crl::from_pem(text)
                                                           : pki::Crl::parse(as_bytes(text)));
    crls.push_back(std::move(crl));
  }
  pki::VerifyOptions options{.time = os::real_clock().wall()};
  if (arguments.has("--at")) {
    AVILA_TRY(options.time, time::parse_rfc3339(arguments.get("--at")));
  }
  const std::string purpose = arguments.get("--purpose", "server");
  if (purpose == "client") {
    options.purpose = pki::Purpose::ClientAuth;
  } else if (purpose == "any") {
    options.purpose = pki::Purpose::Any;
  } else if (purpose != "server") {
    return wrong_usage(Error(Errc::InvalidArgument, "--purpose is server, client or any"));
  }
  const std::string host = arguments.get("--host");
  options.host = host;
  options.crls = crls;
  if (!crls.empty()) options.revocation = pki::RevocationMode::Hard;
  AVILA_TRY(const pki::VerifiedChain verified,
            pki::verify_chain(chain[0], intermediates, store, options));
  for (const pki::Certificate& certificate : verified.certificates)
    AVILA_TRY_VOID(print(certificate.subject().to_string() + '\n'));
  return kDone;
}

}  // namespace avila::cli
