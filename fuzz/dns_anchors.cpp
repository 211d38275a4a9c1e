// The file of trust anchors: what is read is written and read again as it was.
#include <avila/dns/anchors.hpp>
#include <avila/error/assert.hpp>
#include <avila/hash/crc32c.hpp>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  if (size > 64 * 1024) return 0;
  const std::string_view lines = as_text(std::as_bytes(std::span(data, size)));
  (void)dns::parse_trust_points(lines);
  // The checksum is added here: else no input would come further.
  std::string text = "avila trust anchors 1\n" + std::string(lines);
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::uint32_t crc = hash::crc32c(as_bytes(text));
  text += "sum ";
  for (int shift = 28; shift >= 0; shift -= 4) text.push_back(kDigits[crc >> shift & 15]);
  text += '\n';
  const auto points = dns::parse_trust_points(text);
  if (!points.has_value()) return 0;
  AVILA_ASSERT(points->size() <= dns::ManagedAnchors::kPointsMax);
  const auto again = dns::parse_trust_points(dns::trust_points_to_text(*points));
  AVILA_ASSERT(again.has_value() && *again == *points);
  for (dns::TrustPoint point : *points) {
    AVILA_ASSERT(point.anchors.size() <= dns::TrustPoint::kAnchorsMax);
    // A set of its own keys without signatures changes nothing.
    std::vector<dns::Record> keys;
    for (const dns::Anchor& anchor : point.anchors) keys.push_back(anchor.record);
    const dns::TrustPoint before = point;
    const auto refreshed = dns::refresh_trust_point(point, keys, {}, WallTime{}, {});
    AVILA_ASSERT(!refreshed.verified && !refreshed.changed && point == before);
  }
  return 0;
}
