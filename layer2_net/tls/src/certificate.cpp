#include <algorithm>
#include <avila/asn1/pem.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/pki/host_name.hpp>
#include <avila/tls/certificate.hpp>

namespace avila::tls {

Result<crypto::PublicKey> public_key_of(ByteSpan certificate_der) {
  AVILA_TRY(const pki::Certificate certificate, pki::Certificate::parse(certificate_der));
  return certificate.public_key();
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
  return names.empty() || std::ranges::any_of(names, [&](const auto& name) {
           return pki::dns_name_matches(name, host);
         });
}

void PinnedVerifier::add(ByteSpan der) { pins_.push_back(hash::sha256(der)); }

Result<void> PinnedVerifier::verify(const PeerIdentity& peer) const {
  if (!peer.chain.empty() &&
      std::ranges::find(pins_, hash::sha256(peer.chain.front())) != pins_.end())
    return {};
  return Error(Alert::UnknownCa, "the certificate is not one of those pinned");
}

}  // namespace avila::tls
