#include <avila/asn1/oid.hpp>
#include <avila/primitives/wide.hpp>

#include <cstring>

namespace avila::asn1 {
namespace {

/// Groups of seven bits, highest first.
bool append(std::string& to, u128 arc) {
  int groups = 1;
  while (groups < 19 && arc >> (7 * groups) != 0) ++groups;
  for (int i = groups - 1; i >= 0; --i)
    to += static_cast<char>(static_cast<unsigned>(arc >> (7 * i) & 0x7F) | (i != 0 ? 0x80U : 0U));
  return to.size() <= Oid::kMaxBytes;
}

}  // namespace

Result<Oid> Oid::parse(std::string_view dotted) {
  std::string content;
  u128 first = 0;
  std::size_t at = 0, index = 0;
  for (;; ++index) {
    const std::size_t end = std::min(dotted.find('.', at), dotted.size());
    const std::string_view digits = dotted.substr(at, end - at);
    const auto arc = parse_u128(digits);
    if (!arc.has_value() || (digits.size() > 1 && digits[0] == '0') || digits[0] < '0' ||
        digits[0] > '9')
      return Error(Errc::Malformed, "an object identifier is numbers with dots", {.offset = at});
    if (index == 0) {
      if (*arc > 2) return Error(Errc::Malformed, "the first arc is 0, 1 or 2");
      first = *arc;
    } else {
      if (index == 1 && first < 2 && *arc > 39)
        return Error(Errc::Malformed, "below 0 and 1 the second arc is at most 39", {.offset = at});
      if (index == 1 && *arc > ~u128{0} - 80)
        return Error(Errc::LimitExceeded, "the second arc is too large", {.offset = at});
      if (!append(content, index == 1 ? first * 40 + *arc : *arc))
        return Error(Errc::LimitExceeded, "the object identifier is longer than 63 bytes");
    }
    if (end == dotted.size()) break;
    at = end + 1;
  }
  if (index == 0) return Error(Errc::Malformed, "an object identifier has two arcs at least");
  return from_der(as_bytes(content));
}

Result<Oid> Oid::from_der(ByteSpan content) {
  if (content.empty()) return Error(Errc::Malformed, "an empty object identifier");
  if (content.size() > kMaxBytes)
    return Error(Errc::LimitExceeded, "the object identifier is longer than 63 bytes");
  bool at_start = true;
  std::size_t arc_bytes = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    const auto byte = static_cast<unsigned>(content[i]);
    if (at_start && byte == 0x80)
      return Error(Errc::Malformed, "an arc with zeros before", {.offset = i});
    arc_bytes = at_start ? 1 : arc_bytes + 1;
    if (arc_bytes > 19 || (arc_bytes == 19 && static_cast<unsigned>(content[i - 18]) > 0x83))
      return Error(Errc::LimitExceeded, "an arc of more than 128 bits", {.offset = i});
    at_start = (byte & 0x80) == 0;
  }
  if (!at_start) return Error(Errc::Malformed, "the last arc is cut");
  Oid oid;
  std::memcpy(oid.bytes_.data(), content.data(), content.size());
  oid.size_ = static_cast<std::uint8_t>(content.size());
  return oid;
}

std::string Oid::to_string() const {
  std::string text;
  u128 arc = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    arc = arc << 7 | (bytes_[i] & 0x7FU);
    if ((bytes_[i] & 0x80) != 0) continue;
    if (text.empty()) {
      const unsigned first = arc < 40 ? 0 : arc < 80 ? 1 : 2;
      text = std::to_string(first) + '.' + avila::to_string(arc - 40 * first);
    } else {
      text += '.' + avila::to_string(arc);
    }
    arc = 0;
  }
  return text;
}

}  // namespace avila::asn1
