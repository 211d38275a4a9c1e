// The formats of the x509 suite.
#pragma once
#include <avila/asn1/pem.hpp>
#include <avila/json/value.hpp>
#include <avila/pki/verify.hpp>
#include <avila/text/encoding.hpp>
#include <avila/time/civil.hpp>
#include <avila_test/conformance.hpp>
#include <map>
#include <optional>

namespace x509_files {

using namespace avila;

inline std::filesystem::path suite(const std::string& name) {
  return avila_test::suite_path("x509/" + name);
}

inline json::Value read_json(const std::filesystem::path& path) {
  auto parsed = json::parse(avila_test::read_file(path));
  EXPECT_TRUE(parsed.has_value()) << path;
  return parsed.has_value() ? *std::move(parsed) : json::Value();
}
inline std::string text_of(const json::Value& object, std::string_view key) {
  const auto* const value = object.find(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}
inline std::vector<std::string> texts_of(const json::Value& object, std::string_view key) {
  std::vector<std::string> texts;
  const auto* const value = object.find(key);
  if (value == nullptr) return texts;
  if (value->is_string()) return {std::string(value->as_string())};
  if (value->is_array())
    for (const auto& one : value->array())
      if (one.is_string()) texts.emplace_back(one.as_string());
  return texts;
}

/// The bytes of base64; nothing where it is none.
inline std::optional<std::string> from_base64(std::string_view text) {
  auto bytes = text::base64_decode(text);
  if (!bytes.has_value()) return std::nullopt;
  return *std::move(bytes);
}

/// A certificate, PEM or DER.
inline Result<pki::Certificate> certificate_of(std::string_view bytes) {
  if (bytes.find("-----BEGIN") != bytes.npos) return pki::Certificate::from_pem(bytes);
  return pki::Certificate::parse(as_bytes(bytes));
}
inline Result<pki::Crl> crl_of(std::string_view bytes) {
  if (bytes.find("-----BEGIN") != bytes.npos) return pki::Crl::from_pem(bytes);
  return pki::Crl::parse(as_bytes(bytes));
}
inline Result<pki::Certificate> read_certificate(const std::filesystem::path& path) {
  return certificate_of(avila_test::read_file(path));
}

inline WallTime at(int year, unsigned month, unsigned day) {
  return *time::from_civil(
      {.date = {year, static_cast<std::uint8_t>(month), static_cast<std::uint8_t>(day)},
       .hour = 12});
}

/// "file:verdict" lines.
inline std::map<std::string, bool> read_expected(const std::filesystem::path& path) {
  std::map<std::string, bool> expected;
  const std::string text = avila_test::read_file(path);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string line = text.substr(from, end - from);
    from = end + 1;
    const std::size_t colon = line.find(':');
    if (colon != line.npos && !line.starts_with('#'))
      expected[line.substr(0, colon)] = line.substr(colon + 1).starts_with("Verified");
  }
  return expected;
}

/// Why a key or signature of a kind that the row of `crypto` does not name is in the way; empty
/// where none is. Such a case says nothing of paths: an expected success cannot be had.
inline std::string unsupported(const pki::Certificate& certificate) {
  const auto key = certificate.public_key();
  if (!key.has_value() && key.error().is(Errc::Unsupported)) return "key";
  const auto algorithm = certificate.signature_algorithm();
  if (!algorithm.has_value() && algorithm.error().is(Errc::Unsupported)) return "signature";
  return "";
}

}  // namespace x509_files
