#include <algorithm>
#include <avila/asn1/pem.hpp>
#include <avila/asn1/reader.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/tls/certificate.hpp>

namespace avila::tls {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

// RFC 9525 section 6.3: an asterisk is the whole leftmost label, and stands for one.
bool matches(std::string_view pattern, std::string_view host) noexcept {
  if (!pattern.starts_with("*.")) return same_name(pattern, host);
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot != 0 &&
         same_name(pattern.substr(1), host.substr(dot));
}

}  // namespace

Result<crypto::PublicKey> public_key_of(ByteSpan certificate_der) {
  // RFC 5280 section 4.1: Certificate { tbsCertificate { [0] version, serialNumber, signature,
  // issuer, validity, subject, subjectPublicKeyInfo, … }, … }
  asn1::Reader outer(certificate_der);
  AVILA_TRY(asn1::Reader certificate, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  AVILA_TRY(asn1::Reader body, certificate.sequence());
  AVILA_TRY_VOID(body.optional(asn1::context(0)));
  AVILA_TRY_VOID(body.next(asn1::tags::kInteger));
  for (int i = 0; i < 4; ++i) AVILA_TRY_VOID(body.next(asn1::tags::kSequence));
  AVILA_TRY(const asn1::Element spki, body.next(asn1::tags::kSequence));
  return crypto::PublicKey::from_spki(spki.encoded);
}

Result<std::shared_ptr<const Credential>> Credential::from_pem(std::string_view certificates,
                                                               std::string_view key) {
  AVILA_TRY(auto blocks, asn1::parse_pem(certificates));
  CertificateChain chain;
  for (auto& block : blocks)
    if (block.label == "CERTIFICATE") chain.push_back(std::move(block.bytes));
  if (chain.empty()) return Error(Errc::NotFound, "no CERTIFICATE in the PEM text");
  AVILA_TRY(auto private_key, crypto::PrivateKey::from_pem(key));
  AVILA_TRY(const auto public_key, public_key_of(chain.front()));
  if (!(private_key.public_key() == public_key))
    return Error(Errc::InvalidArgument, "the private key is not that of the first certificate");
  return std::make_shared<const Credential>(
      Credential{std::move(chain), std::move(private_key), {}, {}});
}

bool Credential::serves(std::string_view host) const noexcept {
  return names.empty() ||
         std::ranges::any_of(names, [&](const auto& name) { return matches(name, host); });
}

void PinnedVerifier::add(ByteSpan der) { pins_.push_back(hash::sha256(der)); }

Result<void> PinnedVerifier::verify(const PeerIdentity& peer) const {
  if (!peer.chain.empty() &&
      std::ranges::find(pins_, hash::sha256(peer.chain.front())) != pins_.end())
    return {};
  return Error(Alert::UnknownCa, "the certificate is not one of those pinned");
}

}  // namespace avila::tls
