#include "ocsp_id.hpp"

namespace avila::pki {
namespace {

using asn1::Writer;

void write_entry(Writer& list, const OcspCertId& id, const RevocationStatus& status, WallTime now,
                 WallTime until) {
  list.sequence([&](Writer& one) {
    detail::write_cert_id(one, id);
    if (status.status == CertificateStatus::Revoked) {
      one.constructed(asn1::context(1), [&](Writer& revoked) {
        revoked.generalized_time(status.revoked_at);
        if (status.reason != CrlReason::Unspecified)
          revoked.constructed(asn1::context(0), [&](Writer& reason) {
            reason.enumerated(static_cast<std::int64_t>(status.reason));
          });
      });
    } else {
      one.null(asn1::context_primitive(status.status == CertificateStatus::Good ? 0 : 2));
    }
    one.generalized_time(now);
    one.constructed(asn1::context(0), [&](Writer& next) { next.generalized_time(until); });
  });
}

}  // namespace

std::vector<std::byte> ocsp_error(OcspResponseStatus status) {
  Writer writer;
  writer.sequence(
      [&](Writer& response) { response.enumerated(static_cast<std::int64_t>(status)); });
  return writer.take();
}

Result<std::vector<std::byte>> OcspResponder::respond(ByteSpan bytes, WallTime now, LookUp look_up,
                                                      os::Entropy& entropy) const {
  const auto request = OcspRequest::parse(bytes);
  if (!request.has_value() || request->certificates.empty())
    return ocsp_error(OcspResponseStatus::MalformedRequest);
  Writer data;
  data.sequence([&](Writer& content) {
    content.constructed(asn1::context(1), [&](Writer& name) { name.raw(signer_.subject().der()); });
    content.generalized_time(now);
    content.sequence([&](Writer& list) {
      for (const OcspCertId& id : request->certificates) {
        RevocationStatus status;
        const OcspCertId ours = OcspCertId::of_issuer(issuer_, id.serial, id.hash);
        if (ours == id) status = look_up(as_bytes(id.serial));
        write_entry(list, id, status, now, now + validity);
      }
    });
    if (request->nonce.empty()) return;
    content.constructed(asn1::context(1), [&](Writer& extensions) {
      extensions.sequence([&](Writer& list) {
        list.sequence([&](Writer& extension) {
          extension.oid(detail::kOcspNonce);
          extension.octet_string_around(
              [&](Writer& w) { w.octet_string(as_bytes(request->nonce)); });
        });
      });
    });
  });
  const crypto::SignatureAlgorithm algorithm = crypto::default_algorithm(key_.type());
  AVILA_TRY(const std::vector<std::byte> signature, key_.sign(algorithm, data.bytes(), entropy));
  Writer writer;
  writer.sequence([&](Writer& response) {
    response.enumerated(static_cast<std::int64_t>(OcspResponseStatus::Successful));
    response.constructed(asn1::context(0), [&](Writer& field) {
      field.sequence([&](Writer& typed) {
        typed.oid(detail::kOcspBasic);
        typed.octet_string_around([&](Writer& around) {
          around.sequence([&](Writer& basic) {
            basic.raw(data.bytes());
            write_algorithm(basic, algorithm);
            basic.bit_string(signature);
            if (signer_ == issuer_) return;
            basic.constructed(asn1::context(0), [&](Writer& certificates) {
              certificates.sequence([&](Writer& list) { list.raw(signer_.der()); });
            });
          });
        });
      });
    });
  });
  return writer.take();
}

}  // namespace avila::pki
