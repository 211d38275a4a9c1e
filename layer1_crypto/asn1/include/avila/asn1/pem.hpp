// PEM: textual encodings (RFC 7468), and the headers of encrypted keys (RFC 1421).
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::asn1 {

struct PemBlock {
  std::string label;                                         ///< "CERTIFICATE"
  std::vector<std::pair<std::string, std::string>> headers;  ///< "Proc-Type", "DEK-Info"
  std::vector<std::byte> bytes;
};

inline constexpr std::size_t kMaxPemBlocks = 100'000;
inline constexpr std::size_t kMaxPemLabel = 64;

/// Every block of the text; what stands around the blocks is passed over. Errors: Malformed with
/// the offset (a block that does not end, labels that differ, bad base64), LimitExceeded.
Result<std::vector<PemBlock>> parse_pem(std::string_view text);
/// The first block with that label; NotFound says which labels are there.
Result<PemBlock> find_pem(std::string_view text, std::string_view label);
/// Lines of 64 characters, "\n" at their ends.
std::string to_pem(std::string_view label, ByteSpan bytes);

}  // namespace avila::asn1
