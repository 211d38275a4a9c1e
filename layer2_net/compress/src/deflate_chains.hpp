// Where DEFLATE matches are found: hash chains over the last 32 KiB.
#pragma once
#include <algorithm>
#include <array>

#include "core.hpp"
#include "deflate_format.hpp"
#include "match.hpp"

namespace avila::compress::detail {

struct Match {
  std::uint32_t length = 0;
  std::uint32_t distance = 0;
};

/// Every position by the hash of its first four bytes, and the last one of each three.
class DeflateChains {
 public:
  void reset() noexcept { head3_.fill(0), head4_.fill(0); }
  /// Enters `position`; 5 bytes must be readable there.
  void enter(const std::byte* base, std::uint32_t position) noexcept {
    const std::uint32_t first = load_le32(base + position);
    head3_[hash3(first, kLog3)] = position;
    std::uint32_t& head = head4_[hash32(first, kLog4)];
    step_[position & kMask] = static_cast<std::uint16_t>(std::min(position - head, kDeflateWindow));
    head = position;
  }
  /// Enters `position` and gives the longest match of more than `best.length` bytes there, else
  /// `best`; one of `nice` bytes or more ends the search.
  Match find(const std::byte* base, std::uint32_t low, std::uint32_t position,
             const std::byte* limit, Match best, std::uint32_t nice, unsigned attempts) noexcept {
    const std::byte* const at = base + position;
    const std::uint32_t first = load_le32(at);
    std::uint32_t& head3 = head3_[hash3(first, kLog3)];
    std::uint32_t& head = head4_[hash32(first, kLog4)];
    const std::uint32_t candidate3 = head3;
    std::uint32_t candidate = head;
    head3 = head = position;
    step_[position & kMask] =
        static_cast<std::uint16_t>(std::min(position - candidate, kDeflateWindow));
    const std::uint32_t next = load_le32(at + 1);
    prefetch(&head3_[hash3(next, kLog3)]);
    prefetch(&head4_[hash32(next, kLog4)]);
    const std::uint32_t farthest =
        std::max(low, position >= kDeflateWindow ? position - (kDeflateWindow - 1) : 0);
    const auto room =
        static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(limit - at, kDeflateMaxMatch));
    if (room <= best.length || room < 4) return best;
    if (best.length < 3 && candidate3 >= farthest &&
        ((load_le32(base + candidate3) ^ first) << 8) == 0)
      best = {3, position - candidate3};
    std::uint32_t longest = std::max(best.length, 3U);
    if (room <= longest) return best;
    nice = std::min(nice, room);
    for (; attempts != 0 && candidate >= farthest; --attempts) {
      const std::byte* const match = base + candidate;
      if (load_le32(match + longest - 3) == load_le32(at + longest - 3) &&
          load_le32(match) == first) {
        const std::uint32_t length = 4 + common_length(at + 4, match + 4, at + room);
        if (length > longest) {
          longest = length;
          best = {length, position - candidate};
          if (length >= nice) break;
        }
      }
      const std::uint32_t step = step_[candidate & kMask];
      if (step >= kDeflateWindow || step > candidate) break;
      candidate -= step;
    }
    return best;
  }

 private:
  static constexpr unsigned kLog3 = 14, kLog4 = 16;
  static constexpr std::uint32_t kMask = kDeflateWindow - 1;
  std::array<std::uint32_t, 1U << kLog3> head3_;
  std::array<std::uint32_t, 1U << kLog4> head4_;
  std::array<std::uint16_t, kDeflateWindow> step_;
};

}  // namespace avila::compress::detail
