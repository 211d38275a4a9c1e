#include <algorithm>
#include <avila/tls/limits.hpp>
#include <avila/tls/messages.hpp>
#include <avila/tls/wire.hpp>

namespace avila::tls {

namespace {

Error decode_error(std::string_view what) {
  return Error(Alert::DecodeError, std::string(what) + " cannot be read");
}
Error illegal(std::string_view what) { return Error(Alert::IllegalParameter, what); }

template <std::size_t N>
constexpr std::array<std::byte, N> to_bytes(const unsigned char (&values)[N]) {
  std::array<std::byte, N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = static_cast<std::byte>(values[i]);
  return out;
}

/// Labels of letters, digits, hyphens and underscores; a dot at the end is tolerated nowhere.
bool is_dns_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    if (c == '.' ? label == 0 : !plain) return false;
    label = c == '.' ? 0 : label + 1;
    if (label > 63) return false;
  }
  return label != 0;
}

}  // namespace

const std::array<std::byte, 32> kRetryRandom =
    to_bytes({0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
              0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
              0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c});
const std::array<std::byte, 8> kDowngradeTls12 =
    to_bytes({0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x01});
const std::array<std::byte, 8> kDowngradeTls11 =
    to_bytes({0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x00});

std::string_view name(HandshakeType type) noexcept {
  switch (type) {
    case HandshakeType::HelloRequest: return "HelloRequest";
    case HandshakeType::ClientHello: return "ClientHello";
    case HandshakeType::ServerHello: return "ServerHello";
    case HandshakeType::NewSessionTicket: return "NewSessionTicket";
    case HandshakeType::EndOfEarlyData: return "EndOfEarlyData";
    case HandshakeType::EncryptedExtensions: return "EncryptedExtensions";
    case HandshakeType::Certificate: return "Certificate";
    case HandshakeType::ServerKeyExchange: return "ServerKeyExchange";
    case HandshakeType::CertificateRequest: return "CertificateRequest";
    case HandshakeType::ServerHelloDone: return "ServerHelloDone";
    case HandshakeType::CertificateVerify: return "CertificateVerify";
    case HandshakeType::ClientKeyExchange: return "ClientKeyExchange";
    case HandshakeType::Finished: return "Finished";
    case HandshakeType::CertificateStatus: return "CertificateStatus";
    case HandshakeType::KeyUpdate: return "KeyUpdate";
    case HandshakeType::MessageHash: return "message_hash";
  }
  return "a message of unknown type";
}

Result<std::vector<Extension>> parse_extensions(ByteSpan block) {
  std::vector<Extension> extensions;
  WireReader reader(block);
  while (reader.ok() && !reader.empty()) {
    const std::uint16_t type = reader.u16();
    const ByteSpan body = reader.vector16();
    if (!reader.ok()) break;
    // RFC 8446 section 4.2: no extension twice in a block.
    if (std::ranges::find(extensions, type, &Extension::type) != extensions.end())
      return illegal("an extension stands there twice");
    if (extensions.size() == kExtensionsMax) return illegal("too many extensions");
    extensions.push_back({type, body});
  }
  if (!reader.done()) return decode_error("the block of extensions");
  return extensions;
}

std::optional<ByteSpan> find(const std::vector<Extension>& extensions,
                             ExtensionType type) noexcept {
  const auto found =
      std::ranges::find(extensions, static_cast<std::uint16_t>(type), &Extension::type);
  if (found == extensions.end()) return std::nullopt;
  return found->body;
}

Result<std::vector<std::uint16_t>> parse_numbers(ByteSpan body, std::string_view what) {
  WireReader reader(body);
  auto numbers = reader.numbers16();
  if (!reader.done()) return decode_error(what);
  return numbers;
}

Result<std::vector<KeyShareEntry>> parse_client_key_shares(ByteSpan body) {
  WireReader outer(body);
  WireReader reader(outer.vector16());
  std::vector<KeyShareEntry> entries;
  while (reader.ok() && !reader.empty()) {
    const std::uint16_t group = reader.u16();
    const ByteSpan key = reader.vector16();
    if (key.empty()) reader.fail();
    // Each is held against each: a hello full of them would be a lot of work.
    if (entries.size() == kKeySharesMax) return illegal("too many key shares");
    if (std::ranges::find(entries, group, &KeyShareEntry::group) != entries.end())
      return illegal("two key shares of one group");
    entries.push_back({group, key});
  }
  if (!outer.done() || !reader.ok()) return decode_error("key_share");
  return entries;
}

Result<KeyShareEntry> parse_server_key_share(ByteSpan body) {
  WireReader reader(body);
  KeyShareEntry entry;
  entry.group = reader.u16();
  entry.key = reader.vector16();
  if (!reader.done() || entry.key.empty()) return decode_error("key_share");
  return entry;
}

Result<std::uint16_t> parse_retry_key_share(ByteSpan body) {
  WireReader reader(body);
  const std::uint16_t group = reader.u16();
  if (!reader.done()) return decode_error("key_share");
  return group;
}

Result<std::vector<std::string_view>> parse_alpn(ByteSpan body) {
  WireReader outer(body);
  WireReader reader(outer.vector16());
  std::vector<std::string_view> names;
  while (reader.ok() && !reader.empty()) {
    names.push_back(as_text(reader.vector8()));
    if (names.back().empty()) reader.fail();
  }
  if (!outer.done() || !reader.ok() || names.empty())
    return decode_error("application_layer_protocol_negotiation");
  return names;
}

Result<PskOffer> parse_psk_offer(ByteSpan body) {
  PskOffer offer;
  WireReader outer(body);
  WireReader identities(outer.vector16());
  while (identities.ok() && !identities.empty()) {
    const ByteSpan identity = identities.vector16();
    const std::uint32_t age = identities.u32();
    if (identity.empty()) identities.fail();
    offer.identities.push_back({identity, age});
  }
  offer.binders_bytes = outer.rest().size();
  WireReader binders(outer.vector16());
  while (binders.ok() && !binders.empty()) {
    offer.binders.push_back(binders.vector8());
    if (offer.binders.back().size() < 32) binders.fail();
  }
  if (!outer.done() || !identities.ok() || !binders.ok() || offer.identities.empty())
    return decode_error("pre_shared_key");
  if (offer.identities.size() != offer.binders.size())
    return illegal("pre_shared_key: identities and binders differ in number");
  return offer;
}

Result<std::string_view> parse_server_name(ByteSpan body) {
  WireReader outer(body);
  WireReader reader(outer.vector16());
  std::string_view host;
  bool seen = false;
  if (reader.empty()) reader.fail();
  while (reader.ok() && !reader.empty()) {
    const bool is_host = reader.u8() == 0;
    const std::string_view name = as_text(reader.vector16());
    if (!is_host) continue;
    if (seen) return illegal("server_name: two host names");
    seen = true;
    host = name;
  }
  if (!outer.done() || !reader.ok()) return decode_error("server_name");
  if (seen && !is_dns_name(host)) return illegal("server_name: not the name of a host");
  return host;
}

bool ClientHello::offers(std::uint16_t suite) const noexcept {
  return std::ranges::find(suites, suite) != suites.end();
}

Result<ClientHello> ClientHello::parse(ByteSpan body) {
  ClientHello hello;
  WireReader reader(body);
  hello.legacy_version = reader.u16();
  hello.random = reader.bytes(32);
  hello.session_id = reader.vector8();
  hello.suites = reader.numbers16();
  const ByteSpan compression = reader.vector8();
  ByteSpan block;
  if (!reader.empty()) block = reader.vector16();
  if (!reader.done() || hello.session_id.size() > 32 || compression.empty())
    return decode_error("ClientHello");
  if (std::ranges::find(compression, std::byte{0}) == compression.end())
    return illegal("ClientHello without the null compression");
  AVILA_TRY(hello.extensions, parse_extensions(block));

  for (const Extension& extension : hello.extensions) {
    WireReader at(extension.body);
    switch (static_cast<ExtensionType>(extension.type)) {
      case ExtensionType::ServerName: {
        AVILA_TRY(hello.server_name, parse_server_name(extension.body));
        break;
      }
      case ExtensionType::SupportedVersions: {
        const ByteSpan list = at.vector8();
        if (!at.done() || list.empty() || list.size() % 2 != 0)
          return decode_error("supported_versions");
        for (std::size_t i = 0; i < list.size(); i += 2)
          hello.versions.push_back(load_be16(&list[i]));
        break;
      }
      case ExtensionType::SupportedGroups: {
        AVILA_TRY(hello.groups, parse_numbers(extension.body, "supported_groups"));
        break;
      }
      case ExtensionType::SignatureAlgorithms: {
        AVILA_TRY(hello.signatures, parse_numbers(extension.body, "signature_algorithms"));
        break;
      }
      case ExtensionType::SignatureAlgorithmsCert: {
        AVILA_TRY_VOID(parse_numbers(extension.body, "signature_algorithms_cert"));
        break;
      }
      case ExtensionType::KeyShare: {
        AVILA_TRY(hello.key_shares, parse_client_key_shares(extension.body));
        break;
      }
      case ExtensionType::Alpn: {
        AVILA_TRY(hello.alpn, parse_alpn(extension.body));
        break;
      }
      case ExtensionType::PreSharedKey: {
        // RFC 8446 section 4.2.11: it is the last one, or the binders would cover nothing.
        if (&extension != &hello.extensions.back())
          return illegal("pre_shared_key is not the last extension");
        AVILA_TRY(hello.psk, parse_psk_offer(extension.body));
        break;
      }
      case ExtensionType::PskKeyExchangeModes:
        hello.psk_modes = at.vector8();
        if (!at.done() || hello.psk_modes.empty()) return decode_error("psk_key_exchange_modes");
        break;
      case ExtensionType::Cookie:
        hello.cookie = at.vector16();
        if (!at.done() || hello.cookie->empty()) return decode_error("cookie");
        break;
      case ExtensionType::RenegotiationInfo:
        hello.renegotiation_info = at.vector8();
        if (!at.done()) return decode_error("renegotiation_info");
        break;
      case ExtensionType::StatusRequest:
        // RFC 6066 section 8: ocsp (1) with responders and extensions; other types are passed over.
        if (at.u8() == 1) {
          (void)at.vector16();
          (void)at.vector16();
          hello.status_request = true;
          if (!at.done()) return decode_error("status_request");
        }
        break;
      case ExtensionType::EcPointFormats: {
        const ByteSpan formats = at.vector8();
        if (!at.done() || formats.empty()) return decode_error("ec_point_formats");
        if (std::ranges::find(formats, std::byte{0}) == formats.end())
          return illegal("ec_point_formats without the uncompressed one");
        break;
      }
      case ExtensionType::SessionTicket: hello.session_ticket = extension.body; break;
      case ExtensionType::EarlyData:
      case ExtensionType::ExtendedMasterSecret:
        if (!at.done()) return decode_error("an extension that is empty");
        (extension.type == static_cast<std::uint16_t>(ExtensionType::EarlyData)
             ? hello.early_data
             : hello.extended_master_secret) = true;
        break;
      case ExtensionType::QuicTransportParameters: hello.quic_parameters = extension.body; break;
      default: break;
    }
  }
  // RFC 8446 section 4.1.2: what a client of TLS 1.3 says in the fields that are there for others.
  if (std::ranges::find(hello.versions, 0x0304) != hello.versions.end() &&
      (hello.legacy_version != 0x0303 || compression.size() != 1))
    return illegal("ClientHello of TLS 1.3 with another legacy_version, or with compression");
  return hello;
}

bool ServerHello::is_retry() const noexcept { return std::ranges::equal(random, kRetryRandom); }

Result<std::uint16_t> ServerHello::version() const {
  const auto body = find(extensions, ExtensionType::SupportedVersions);
  if (!body.has_value()) return legacy_version;
  WireReader reader(*body);
  const std::uint16_t version = reader.u16();
  if (!reader.done()) return decode_error("supported_versions");
  return version;
}

Result<ServerHello> ServerHello::parse(ByteSpan body) {
  ServerHello hello;
  WireReader reader(body);
  hello.legacy_version = reader.u16();
  hello.random = reader.bytes(32);
  hello.session_id = reader.vector8();
  hello.suite = reader.u16();
  const std::uint8_t compression = reader.u8();
  ByteSpan block;
  if (!reader.empty()) block = reader.vector16();
  if (!reader.done() || hello.session_id.size() > 32) return decode_error("ServerHello");
  if (compression != 0) return illegal("ServerHello with compression");
  AVILA_TRY(hello.extensions, parse_extensions(block));
  return hello;
}

namespace {

Result<CertificateMessage> parse_chain(CertificateMessage message, WireReader reader, bool is13,
                                       std::size_t certificates_max) {
  while (reader.ok() && !reader.empty()) {
    CertificateEntry entry;
    entry.der = reader.vector24();
    if (entry.der.empty()) reader.fail();
    const ByteSpan block = is13 ? reader.vector16() : ByteSpan();
    if (!reader.ok()) break;
    if (message.entries.size() == certificates_max)
      return Error(Alert::BadCertificate, "a chain of too many certificates");
    AVILA_TRY(entry.extensions, parse_extensions(block));
    message.entries.push_back(std::move(entry));
  }
  if (!reader.ok()) return decode_error("Certificate");
  return message;
}

}  // namespace

Result<CertificateMessage> CertificateMessage::parse13(ByteSpan body, std::size_t max) {
  WireReader reader(body);
  CertificateMessage message;
  message.context = reader.vector8();
  const ByteSpan list = reader.vector24();
  if (!reader.done()) return decode_error("Certificate");
  return parse_chain(std::move(message), WireReader(list), true, max);
}

Result<CertificateMessage> CertificateMessage::parse12(ByteSpan body, std::size_t max) {
  WireReader reader(body);
  const ByteSpan list = reader.vector24();
  if (!reader.done()) return decode_error("Certificate");
  return parse_chain({}, WireReader(list), false, max);
}

Result<CertificateRequest> CertificateRequest::parse13(ByteSpan body) {
  WireReader reader(body);
  CertificateRequest request;
  request.context = reader.vector8();
  const ByteSpan block = reader.vector16();
  if (!reader.done()) return decode_error("CertificateRequest");
  AVILA_TRY(const auto extensions, parse_extensions(block));
  const auto signatures = find(extensions, ExtensionType::SignatureAlgorithms);
  if (!signatures.has_value())
    return Error(Alert::MissingExtension, "CertificateRequest without signature_algorithms");
  AVILA_TRY(request.signatures, parse_numbers(*signatures, "signature_algorithms"));
  return request;
}

Result<CertificateRequest> CertificateRequest::parse12(ByteSpan body) {
  WireReader reader(body);
  CertificateRequest request;
  (void)reader.vector8();  // certificate types: the signature schemes say more
  request.signatures = reader.numbers16();
  WireReader authorities(reader.vector16());
  while (authorities.ok() && !authorities.empty()) (void)authorities.vector16();
  if (!reader.done() || !authorities.ok()) return decode_error("CertificateRequest");
  return request;
}

Result<CertificateVerify> CertificateVerify::parse(ByteSpan body) {
  WireReader reader(body);
  CertificateVerify verify;
  verify.scheme = reader.u16();
  verify.signature = reader.vector16();
  if (!reader.done()) return decode_error("CertificateVerify");
  return verify;
}

Result<NewSessionTicket> NewSessionTicket::parse13(ByteSpan body) {
  WireReader reader(body);
  NewSessionTicket ticket;
  ticket.lifetime_s = reader.u32();
  ticket.age_add = reader.u32();
  ticket.nonce = reader.vector8();
  ticket.ticket = reader.vector16();
  const ByteSpan block = reader.vector16();
  if (!reader.done() || ticket.ticket.empty()) return decode_error("NewSessionTicket");
  AVILA_TRY(const auto extensions, parse_extensions(block));
  if (const auto early = find(extensions, ExtensionType::EarlyData)) {
    WireReader at(*early);
    ticket.early_data_bytes = at.u32();
    if (!at.done()) return decode_error("early_data");
  }
  return ticket;
}

Result<NewSessionTicket> NewSessionTicket::parse12(ByteSpan body) {
  WireReader reader(body);
  NewSessionTicket ticket;
  ticket.lifetime_s = reader.u32();
  ticket.ticket = reader.vector16();
  if (!reader.done()) return decode_error("NewSessionTicket");
  return ticket;
}

Result<ServerKeyExchange> ServerKeyExchange::parse(ByteSpan body) {
  WireReader reader(body);
  ServerKeyExchange exchange;
  if (reader.u8() != 3 && reader.ok())  // ECCurveType named_curve
    return illegal("ServerKeyExchange without a named curve");
  exchange.group = reader.u16();
  exchange.key = reader.vector8();
  exchange.params = body.first(body.size() - reader.rest().size());
  exchange.scheme = reader.u16();
  exchange.signature = reader.vector16();
  if (!reader.done() || exchange.key.empty()) return decode_error("ServerKeyExchange");
  return exchange;
}

Result<ByteSpan> parse_certificate_status(ByteSpan body) {
  WireReader reader(body);
  const bool ocsp = reader.u8() == 1;
  const ByteSpan response = reader.vector24();
  if (!reader.done() || response.empty()) return decode_error("CertificateStatus");
  if (!ocsp) return illegal("CertificateStatus of another type than OCSP");
  return response;
}

Result<AlertMessage> AlertMessage::parse(ByteSpan body) {
  if (body.size() != 2) return decode_error("an alert that is not 2 bytes");
  const AlertMessage alert{static_cast<std::uint8_t>(body[0]), static_cast<std::uint8_t>(body[1])};
  if (alert.level != 1 && alert.level != 2) return illegal("an alert that is neither level");
  return alert;
}

}  // namespace avila::tls
