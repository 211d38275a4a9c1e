#include <avila/text/grapheme.hpp>
#include <avila/text/utf8.hpp>

#include "unicode_tables.hpp"

namespace avila::text {
namespace {

using detail::Gcb;

bool is_control(Gcb gcb) noexcept {
  return gcb == Gcb::Control || gcb == Gcb::Cr || gcb == Gcb::Lf;
}

/// What GB11 to GB13 need to know of the cluster so far.
struct Cluster {
  bool pictographic = false;  // Extended_Pictographic Extend*
  bool joined = false;        // … and then a ZWJ
  unsigned regional = 0;      // regional indicators in a row
  void add(Gcb gcb) noexcept {
    joined = gcb == Gcb::Zwj && pictographic;
    if (gcb == Gcb::ExtendedPictographic) {
      pictographic = true;
    } else if (gcb != Gcb::Extend) {
      pictographic = false;
    }
    regional = gcb == Gcb::RegionalIndicator ? regional + 1 : 0;
  }
};

/// UAX #29, section 3.1.1: no boundary between two code points of the cluster?
bool stay_together(Gcb before, Gcb after, const Cluster& cluster) noexcept {
  if (before == Gcb::Cr && after == Gcb::Lf) return true;     // GB3
  if (is_control(before) || is_control(after)) return false;  // GB4, GB5
  if (before == Gcb::L)                                       // GB6
    if (after == Gcb::L || after == Gcb::V || after == Gcb::Lv || after == Gcb::Lvt) return true;
  if (before == Gcb::Lv || before == Gcb::V)  // GB7
    if (after == Gcb::V || after == Gcb::T) return true;
  if (before == Gcb::Lvt || before == Gcb::T)  // GB8
    if (after == Gcb::T) return true;
  if (after == Gcb::Extend || after == Gcb::Zwj) return true;             // GB9
  if (after == Gcb::SpacingMark || before == Gcb::Prepend) return true;   // GB9a, GB9b
  if (cluster.joined && after == Gcb::ExtendedPictographic) return true;  // GB11
  return after == Gcb::RegionalIndicator && cluster.regional % 2 == 1;    // GB12, GB13
}

}  // namespace

std::size_t next_grapheme(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) return text.size();
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  // Two printable ASCII characters never join.
  if (at + 1 < text.size() && byte(at) >= 0x20 && byte(at) < 0x7F && byte(at + 1) < 0x7F)
    return at + 1;
  DecodedUtf8 now = decode_utf8(text, at);
  Gcb before = detail::grapheme_break_of(now.code_point);
  Cluster cluster;
  cluster.add(before);
  at += now.length;
  while (at < text.size()) {
    now = decode_utf8(text, at);
    const Gcb after = detail::grapheme_break_of(now.code_point);
    if (!stay_together(before, after, cluster)) break;
    cluster.add(after);
    before = after;
    at += now.length;
  }
  return at;
}

std::size_t count_graphemes(std::string_view text) noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at = next_grapheme(text, at)) ++count;
  return count;
}

}  // namespace avila::text
