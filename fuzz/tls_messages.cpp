// Whatever comes as a handshake message: what is read lies inside the message.
#include <avila/error/assert.hpp>
#include <avila/tls/certificate.hpp>
#include <avila/tls/messages.hpp>

namespace {

using namespace avila;
using namespace avila::tls;

void check_inside(ByteSpan part, ByteSpan whole) {
  if (part.empty()) return;
  AVILA_ASSERT(part.data() >= whole.data());
  AVILA_ASSERT(part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan body = std::as_bytes(std::span(data + 1, size - 1));
  switch (data[0] % 12) {
    case 0:
      if (const auto hello = ClientHello::parse(body); hello.has_value()) {
        for (const auto& extension : hello->extensions) check_inside(extension.body, body);
        if (hello->psk.has_value()) AVILA_ASSERT(hello->psk->binders_bytes <= body.size());
        if (hello->server_name.has_value()) check_inside(as_bytes(*hello->server_name), body);
      }
      break;
    case 1:
      if (const auto hello = ServerHello::parse(body); hello.has_value()) (void)hello->version();
      break;
    case 2:
      if (const auto chain = CertificateMessage::parse13(body, 10); chain.has_value()) {
        AVILA_ASSERT(chain->entries.size() <= 10);
        for (const auto& entry : chain->entries) check_inside(entry.der, body);
      }
      break;
    case 3: (void)CertificateMessage::parse12(body, 10); break;
    case 4: (void)CertificateRequest::parse13(body); break;
    case 5: (void)CertificateRequest::parse12(body); break;
    case 6: (void)CertificateVerify::parse(body); break;
    case 7: (void)NewSessionTicket::parse13(body); break;
    case 8: (void)NewSessionTicket::parse12(body); break;
    case 9: (void)ServerKeyExchange::parse(body); break;
    case 10: (void)parse_certificate_status(body); break;
    default: (void)public_key_of(body); break;
  }
  return 0;
}
