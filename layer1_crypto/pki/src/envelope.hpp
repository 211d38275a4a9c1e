// What certificates, requests and revocation lists have in common: {content, algorithm, signature},
// and times that reach further than WallTime.
#pragma once
#include <avila/pki/algorithm.hpp>

namespace avila::pki::detail {

struct Envelope {
  asn1::Reader content;  ///< of what is signed
  SignedData data;
};
/// Nothing may follow.
Result<Envelope> parse_envelope(ByteSpan der);

/// An algorithm, or any other SEQUENCE: then its identifier is empty, and it fits nothing.
Result<AlgorithmIdentifier> parse_any_algorithm(asn1::Reader& reader);

/// As Reader::time, but what WallTime cannot hold is its first or last instant.
Result<WallTime> parse_time(asn1::Reader& reader);

/// Whether the next element is a time.
bool at_time(const asn1::Reader& reader);

/// SubjectPublicKeyInfo: the element, and the bits of the key.
struct KeyInfo {
  ByteSpan spki, bits;
};
Result<KeyInfo> parse_key_info(asn1::Reader& reader);

/// The block of one of these labels.
Result<std::vector<std::byte>> pem_block(std::string_view pem,
                                         std::span<const std::string_view> labels);

}  // namespace avila::pki::detail
