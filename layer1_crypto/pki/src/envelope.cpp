#include "envelope.hpp"

#include <avila/asn1/pem.hpp>

namespace avila::pki::detail {

using asn1::Reader;

Result<Envelope> parse_envelope(ByteSpan der) {
  Reader outer(der);
  AVILA_TRY(Reader inside, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  Reader content = inside;  // keeps the offsets of the whole
  AVILA_TRY(const asn1::Element element, inside.next(asn1::tags::kSequence));
  AVILA_TRY(content, content.sequence());
  Envelope envelope{content, {}};
  envelope.data.signed_bytes = element.encoded;
  AVILA_TRY(envelope.data.algorithm, parse_any_algorithm(inside).context("signatureAlgorithm"));
  AVILA_TRY(envelope.data.signature, inside.bit_string_bytes());
  AVILA_TRY_VOID(inside.finish());
  return envelope;
}

Result<AlgorithmIdentifier> parse_any_algorithm(Reader& reader) {
  Reader ahead = reader;
  auto identifier = parse_algorithm(reader);
  if (identifier.has_value()) return identifier;
  AVILA_TRY(const asn1::Element element, ahead.next(asn1::tags::kSequence));
  reader = ahead;
  return AlgorithmIdentifier{{}, {}, element.encoded};
}

Result<WallTime> parse_time(Reader& reader) {
  Reader ahead = reader;
  auto time = reader.time();
  if (time.has_value() || !time.error().is(Errc::OutOfRange)) return time;
  AVILA_TRY(const asn1::Element element, ahead.next());  // a GeneralizedTime, its year first
  reader = ahead;
  return WallTime{as_text(element.content) < "1900" ? INT64_MIN : INT64_MAX};
}

bool at_time(const Reader& reader) {
  return reader.at(asn1::tags::kUtcTime) || reader.at(asn1::tags::kGeneralizedTime);
}

Result<KeyInfo> parse_key_info(Reader& reader) {
  AVILA_TRY(const asn1::Element element, reader.next(asn1::tags::kSequence));
  Reader inside(element.content);
  AVILA_TRY_VOID(parse_algorithm(inside));
  AVILA_TRY(const asn1::BitString bits, inside.bit_string());
  AVILA_TRY_VOID(inside.finish());
  return KeyInfo{element.encoded, bits.bytes};
}

Result<std::vector<std::byte>> pem_block(std::string_view pem,
                                         std::span<const std::string_view> labels) {
  AVILA_TRY(std::vector<asn1::PemBlock> blocks, asn1::parse_pem(pem));
  for (asn1::PemBlock& block : blocks)
    for (const std::string_view label : labels)
      if (block.label == label) return std::move(block.bytes);
  return Error(Errc::NotFound, "no PEM block \"" + std::string(labels[0]) + '"');
}

}  // namespace avila::pki::detail
