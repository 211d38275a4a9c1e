// What must parse, or must not, of Botan and pyca/cryptography: names in text, networks, and files.
#include <algorithm>
#include <avila/asn1/pem.hpp>
#include <avila/json/value.hpp>
#include <avila/pki/csr.hpp>
#include <avila/pki/ocsp.hpp>
#include <avila/text/encoding.hpp>
#include <avila/time/civil.hpp>

#include "files.hpp"

namespace {

using namespace x509_files;

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  const std::string text = avila_test::read_file(path);
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

std::string after(const std::string& line, std::string_view key) {
  if (!line.starts_with(key)) return "";
  return line.substr(std::min(line.size(), key.size() + (line.size() > key.size() ? 1 : 0)));
}

TEST(VectorConformance, NamesInText) {
  AVILA_REQUIRE_SUITE("x509");
  avila_test::SuiteReport report("x509/x509_dn_valid");
  std::string input;
  for (const std::string& line : lines_of(suite("x509_dn_valid.vec"))) {
    if (line.starts_with("Input =")) input = after(line, "Input =");
    if (!line.starts_with("DER =")) continue;
    const auto name = pki::Name::from_string(input, pki::NameOrder::Encoded);
    const std::string der = after(line, "DER =");
    bool good = name.has_value() && text::base16_encode(name->der()) == der;
    // What we print is read as the same bytes.
    if (good) {
      const auto again = pki::Name::from_string(name->to_string());
      good = again.has_value() && std::ranges::equal(again->der(), name->der());
    }
    report.check(good,
                 "'" + input + "': " +
                     (name.has_value() ? text::base16_encode(name->der()) + " " + name->to_string()
                                       : name.error().to_string()));
  }
  report.finish();
}

TEST(VectorConformance, NoNamesInText) {
  AVILA_REQUIRE_SUITE("x509");
  avila_test::SuiteReport report("x509/x509_dn_invalid");
  for (const std::string& line : lines_of(suite("x509_dn_invalid.vec")))
    if (line.starts_with("Input ="))
      report.check(!pki::Name::from_string(after(line, "Input =")).has_value(), line);
  report.finish();
}

TEST(VectorConformance, Networks) {
  AVILA_REQUIRE_SUITE("x509");
  avila_test::SuiteReport report("x509/general_name_ip");
  bool valid = true;
  std::string address;
  for (const std::string& line : lines_of(suite("general_name_ip.vec"))) {
    if (line.starts_with('[')) valid = line == "[Valid]";
    if (line.starts_with("Address =")) address = after(line, "Address =");
    if (!line.starts_with("Netmask =")) continue;
    const auto bytes = text::hex_decode(address + after(line, "Netmask ="));
    ASSERT_TRUE(bytes.has_value()) << line;
    asn1::Writer writer;
    writer.primitive(asn1::context_primitive(7), as_bytes(*bytes));
    asn1::Reader reader(writer.bytes());
    report.check(pki::parse_general_name(reader, true).has_value() == valid, address + " " + line);
  }
  report.finish();
}

/// What a file holds, parsed; nothing where it is of another kind.
std::optional<std::string> parse_any(const std::string& bytes) {
  const auto verdict = [](const auto& parsed) {
    return parsed.has_value() ? std::string() : parsed.error().to_string();
  };
  if (bytes.find("-----BEGIN") == bytes.npos) {
    if (pki::Certificate::parse(as_bytes(bytes)).has_value() ||
        pki::Csr::parse(as_bytes(bytes)).has_value() ||
        pki::Crl::parse(as_bytes(bytes)).has_value() ||
        pki::OcspRequest::parse(as_bytes(bytes)).has_value() ||
        pki::OcspResponse::parse(as_bytes(bytes)).has_value())
      return "";
    return "none of all; as a certificate: " +
           pki::Certificate::parse(as_bytes(bytes)).error().to_string();
  }
  const auto blocks = asn1::parse_pem(bytes);
  if (!blocks.has_value()) return blocks.error().to_string();
  std::optional<std::string> why;
  for (const asn1::PemBlock& block : *blocks) {
    if (block.label == "CERTIFICATE") why = verdict(pki::Certificate::parse(block.bytes));
    if (block.label == "X509 CRL") why = verdict(pki::Crl::parse(block.bytes));
    if (block.label.ends_with("CERTIFICATE REQUEST")) why = verdict(pki::Csr::parse(block.bytes));
    if (why.has_value() && !why->empty()) break;
  }
  return why;
}

/// Odd files that a standard refuses.
struct Refused {
  std::string_view name, rule;
};
constexpr Refused kRefused[] = {
    {"badasn1time.pem", "RFC 5280 §4.1.2.5.1: a UTCTime is YYMMDDHHMMSSZ"},
    {"invalid_version.pem", "RFC 5280 §4.1.2.1: the versions are 1 to 3"},
    {"two_basic_constraints.pem", "RFC 5280 §4.2: an extension stands once"},
    {"invalid_utf8_common_name.pem", "RFC 5280 §4.1.2.4: a UTF8String is UTF-8"},
    {"nc_ip_invalid_length.pem", "RFC 5280 §4.2.1.10: 8 or 32 bytes"},
    {"nc_invalid_ip4_netmask.der", "RFC 5280 §4.2.1.10, RFC 4632: ones before zeros"},
    {"crl_dup_entry_ext.pem", "RFC 5280 §5.3: an extension stands once"},
    {"crl_inval_cert_issuer_entry_ext.pem", "RFC 5280 §5.3.3: certificateIssuer holds names"},
    {"crl_invalid_time.der", "RFC 5280 §5.1.2.4: a UTCTime is YYMMDDHHMMSSZ"},
    {"crl_unsupported_reason.pem", "RFC 5280 §5.3.1: there is no such reason"},
    {"bad-version.pem", "RFC 2986 §4.1: the version is 1"},
    {"challenge-invalid.der", "RFC 2985 §5.4.1: a challenge password is a string"},
    {"req-duplicate-ext.der", "RFC 5280 §4.2: an extension stands once"},
    {"req-invalid-hash-alg.der", "RFC 6960 §4.1.1: a hash function that nobody has"},
    {"resp-successful-no-response-bytes.der", "RFC 6960 §4.2.1: a success has an answer"},
    {"resp-unknown-response-status.der", "RFC 6960 §4.2.1: there is no such status"},
    {"cert_seq.der", "two certificates in one SEQUENCE are none"},
    {"link_SHA256.cer", "a byte behind the certificate"},
    {"root2_SHA256.cer", "a byte behind the certificate"},
};

bool is_odd(const std::string& name) {
  constexpr const char* kWords[] = {"bad",         "inval",     "malformed",
                                    "dup",         "two_basic", "unknown",
                                    "unsupported", "empty",     "no-response-bytes"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](const char* word) { return name.find(word) != name.npos; });
}

// The suites say what is odd about a file by its name, and not what a parser has to make of it.
// Files that are not odd parse; odd ones end in a value or an error. Those that a standard refuses,
// and that stand above, must be refused.
void parse_folder(const std::string& folder) {
  AVILA_REQUIRE_SUITE("x509");
  if (!std::filesystem::exists(suite(folder))) GTEST_SKIP() << folder << " is not there";
  avila_test::SuiteReport report("x509/" + folder);
  for (const auto& path : avila_test::files_below(suite(folder))) {
    const std::string name = path.filename().string();
    if (!name.ends_with(".pem") && !name.ends_with(".der") && !name.ends_with(".crt") &&
        !name.ends_with(".cer") && !name.ends_with(".crl"))
      continue;
    const auto why = parse_any(avila_test::read_file(path));
    if (!why.has_value()) continue;
    const auto* const refused = std::ranges::find(kRefused, name, &Refused::name);
    if (refused != std::end(kRefused)) {
      report.check(!why->empty(), name + ": " + std::string(refused->rule));
    } else if (is_odd(name) && !why->empty()) {
      report.exclude();
    } else {
      report.check(why->empty(), name + ": " + *why);
    }
  }
  report.finish();
}

// Chains and answers of OCSP signed by ML-DSA and SLH-DSA.
TEST(VectorConformance, BotanPostQuantum) {
  AVILA_REQUIRE_SUITE("x509/botan_ocsp");
  avila_test::SuiteReport report("x509/botan_ocsp, post-quantum");
  for (const std::string kind : {"mldsa", "slhdsa"}) {
    const auto root = read_certificate(suite("botan_ocsp") / (kind + "_root.pem"));
    const auto leaf = read_certificate(suite("botan_ocsp") / (kind + "_ee.pem"));
    if (!root.has_value() || !leaf.has_value()) {
      report.fail(kind + ": does not parse");
      continue;
    }
    pki::TrustStore store;
    store.add(*root);
    const auto chain = pki::verify_chain(
        *leaf, {}, store, {.time = leaf->not_before() + days(1), .purpose = pki::Purpose::Any});
    report.check(chain.has_value(), kind + ": chain");
    const std::string der = avila_test::read_file(suite("botan_ocsp") / (kind + "_ocsp.der"));
    const auto response = pki::OcspResponse::parse(as_bytes(der));
    const auto status = response->status_of(
        *leaf, *root, {.time = response->produced_at() + hours(1), .age_max = days(365)});
    report.check(status.has_value() && status->status == pki::CertificateStatus::Good,
                 kind + ": " + (status.has_value() ? "status" : status.error().to_string()));
  }
  report.finish();
}

TEST(VectorConformance, PycaParses) { parse_folder("pyca"); }
TEST(VectorConformance, BotanMiscParses) { parse_folder("botan_misc"); }
TEST(VectorConformance, BotanOcspParses) { parse_folder("botan_ocsp"); }
TEST(VectorConformance, BotanEccParses) { parse_folder("botan_ecc"); }
TEST(VectorConformance, BotanCrlParses) { parse_folder("botan_crl"); }

}  // namespace
