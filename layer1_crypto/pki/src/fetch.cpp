#include <avila/pki/fetch.hpp>

namespace avila::pki {
namespace {

constexpr std::size_t kMaxFetchedCrl = std::size_t{1} << 26;

std::vector<std::string> access_urls(const Certificate& certificate, const asn1::Oid& method) {
  std::vector<std::string> urls;
  const auto& access = certificate.extensions().authority_info_access;
  if (!access.has_value()) return urls;
  for (const AccessDescription& description : *access)
    if (description.method == method && description.location.type == GeneralNameType::Uri &&
        description.location.value.starts_with("http"))
      urls.push_back(description.location.value);
  return urls;
}

Result<std::string> body_of(HttpTransport& transport, const HttpRequest& request) {
  AVILA_TRY(HttpReply reply, transport.send(request).context(request.url));
  if (reply.status != 200)
    return Error(Errc::Unavailable,
                 request.url + " answered with the status " + std::to_string(reply.status));
  return std::move(reply.body);
}

bool is_pem(std::string_view bytes) noexcept { return bytes.starts_with("-----BEGIN"); }

}  // namespace

std::vector<std::string> ocsp_urls(const Certificate& certificate) {
  return access_urls(certificate, oids::kOcsp);
}

std::vector<std::string> issuer_urls(const Certificate& certificate) {
  return access_urls(certificate, oids::kCaIssuers);
}

std::vector<std::string> crl_urls(const Certificate& certificate) {
  std::vector<std::string> urls;
  const auto& points = certificate.extensions().crl_distribution_points;
  if (!points.has_value()) return urls;
  for (const DistributionPoint& point : *points) {
    if (!point.name.has_value()) continue;
    for (const GeneralName& name : point.name->full_name)
      if (name.type == GeneralNameType::Uri && name.value.starts_with("http"))
        urls.push_back(name.value);
  }
  return urls;
}

Result<OcspResponse> fetch_ocsp(HttpTransport& transport, const std::string& url,
                                const Certificate& certificate, const Certificate& issuer,
                                os::Entropy& entropy) {
  OcspRequest question;
  question.certificates = {OcspCertId::of(certificate, issuer)};
  AVILA_TRY_VOID(question.make_nonce(entropy));
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", "application/ocsp-request"},
                     {"Accept", "application/ocsp-response"}};
  request.body = as_text(question.to_der());
  request.reply_bytes_max = kMaxOcspBytes;
  AVILA_TRY(const std::string body, body_of(transport, request));
  AVILA_TRY(OcspResponse response, OcspResponse::parse(as_bytes(body)).context(url));
  // One that has a nonce has ours: another's would be an old answer sent again.
  if (!response.nonce().empty() && response.nonce() != question.nonce)
    return Error(Errc::Unauthenticated, "the OCSP response has the nonce of another request");
  return response;
}

Result<Crl> fetch_crl(HttpTransport& transport, const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.reply_bytes_max = kMaxFetchedCrl;
  AVILA_TRY(const std::string body, body_of(transport, request));
  return (is_pem(body) ? Crl::from_pem(body) : Crl::parse(as_bytes(body))).context(url);
}

Result<Certificate> fetch_issuer(HttpTransport& transport, const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.reply_bytes_max = kMaxCertificateBytes;
  AVILA_TRY(const std::string body, body_of(transport, request));
  return (is_pem(body) ? Certificate::from_pem(body) : Certificate::parse(as_bytes(body)))
      .context(url);
}

}  // namespace avila::pki
