// Lines of an authority's index, without their ends:
//   issued <serial> <certificate, base64>
//   revoked <serial> <seconds since 1970> <reason's number>
//   crl <number>
// each followed by a space and the CRC-32C of what stands before, eight hexadecimal digits.
#pragma once
#include <avila/pki/crl.hpp>

namespace avila::pki::detail {

struct IndexLine {
  enum class Kind : std::uint8_t { Issued, Revoked, Crl } kind = Kind::Issued;
  std::string serial;  ///< bytes
  std::vector<std::byte> certificate;
  WallTime time;
  CrlReason reason = CrlReason::Unspecified;
  std::uint64_t number = 0;
};

std::string issued_line(const Certificate& certificate);
std::string revoked_line(ByteSpan serial, WallTime time, CrlReason reason);
std::string crl_line(std::uint64_t number);

/// With checksum and line end.
std::string seal_line(std::string_view line);
/// Without them; nothing where the checksum is wrong.
std::optional<std::string_view> unseal_line(std::string_view line);
/// Errors: Corrupted.
Result<IndexLine> parse_line(std::string_view line);

/// The content of an INTEGER.
std::string number_bytes(std::uint64_t number);

}  // namespace avila::pki::detail
