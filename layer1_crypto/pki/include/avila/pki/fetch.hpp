// Asking responders and distribution points, over the caller's transport.
#pragma once
#include <avila/pki/http_transport.hpp>
#include <avila/pki/ocsp.hpp>

namespace avila::pki {

/// The http addresses of responders, of issuers' certificates, of revocation lists.
std::vector<std::string> ocsp_urls(const Certificate& certificate);
std::vector<std::string> issuer_urls(const Certificate& certificate);
std::vector<std::string> crl_urls(const Certificate& certificate);

/// Asks one responder, with a nonce, which the answer need not repeat (RFC 5019 has them
/// prepared). The answer is parsed and not yet believed: give it to verify_chain, or ask
/// status_of. Errors: those of the transport, Unavailable (a status other
/// than 200), Malformed, Unauthenticated (the nonce of another request).
Result<OcspResponse> fetch_ocsp(HttpTransport& transport, const std::string& url,
                                const Certificate& certificate, const Certificate& issuer,
                                os::Entropy& entropy);
/// A list, DER or PEM. Errors: as above.
Result<Crl> fetch_crl(HttpTransport& transport, const std::string& url);
/// The issuer's certificate (RFC 5280 section 4.2.2.1), DER or PEM. Errors: as above.
Result<Certificate> fetch_issuer(HttpTransport& transport, const std::string& url);

}  // namespace avila::pki
