#include "authority_index.hpp"

#include <avila/hash/crc32c.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/number.hpp>
#include <avila/time/civil.hpp>

namespace avila::pki::detail {
namespace {

constexpr std::size_t kSealBytes = 9;  // a space and eight digits

std::string checksum(std::string_view line) {
  const std::uint32_t crc = hash::crc32c(as_bytes(line));
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(crc >> shift & 0xFFU);
  return text::hex_encode(bytes);
}

/// The next word, and the space behind it, are taken off.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

}  // namespace

std::string issued_line(const Certificate& certificate) {
  return "issued " + certificate.serial_hex() + ' ' + text::base64_encode(certificate.der());
}

std::string revoked_line(ByteSpan serial, WallTime time, CrlReason reason) {
  return "revoked " + text::hex_encode(serial) + ' ' + std::to_string(time::unix_seconds(time)) +
         ' ' + std::to_string(static_cast<int>(reason));
}

std::string crl_line(std::uint64_t number) { return "crl " + std::to_string(number); }

std::string seal_line(std::string_view line) {
  return std::string(line) + ' ' + checksum(line) + '\n';
}

std::optional<std::string_view> unseal_line(std::string_view line) {
  if (line.size() < kSealBytes) return std::nullopt;
  const std::string_view text = line.substr(0, line.size() - kSealBytes);
  if (line.substr(text.size()) != ' ' + checksum(text)) return std::nullopt;
  return text;
}

Result<IndexLine> parse_line(std::string_view text) {
  const auto corrupted = [] { return Error(Errc::Corrupted, "a line of the index is no record"); };
  IndexLine line;
  const std::string_view word = take_word(text);
  if (word == "crl") {
    line.kind = IndexLine::Kind::Crl;
    const auto number = text::parse_uint(text);
    if (!number.has_value()) return corrupted();
    line.number = *number;
    return line;
  }
  auto serial = text::hex_decode(take_word(text));
  if (!serial.has_value() || serial->empty()) return corrupted();
  line.serial = *std::move(serial);
  if (word == "issued") {
    const auto der = text::base64_decode(text);
    if (!der.has_value()) return corrupted();
    const ByteSpan bytes = as_bytes(*der);
    line.certificate.assign(bytes.begin(), bytes.end());
    return line;
  }
  line.kind = IndexLine::Kind::Revoked;
  const auto seconds = text::parse_int(take_word(text));
  const auto reason = text::parse_uint(text);
  if (word != "revoked" || !seconds.has_value() || !reason.has_value() || *reason > 10 ||
      *reason == 7)
    return corrupted();
  const auto when = time::wall_time(*seconds);
  if (!when.has_value()) return corrupted();
  line.time = *when;
  line.reason = static_cast<CrlReason>(*reason);
  return line;
}

std::string number_bytes(std::uint64_t number) {
  std::string bytes;
  for (; number != 0; number >>= 8) bytes.insert(bytes.begin(), static_cast<char>(number & 0xFF));
  if (bytes.empty() || static_cast<unsigned char>(bytes[0]) >= 0x80)
    bytes.insert(bytes.begin(), '\0');
  return bytes;
}

}  // namespace avila::pki::detail
