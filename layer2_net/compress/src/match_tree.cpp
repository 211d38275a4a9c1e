#include "match_tree.hpp"

#include <algorithm>
#include <avila/error/assert.hpp>

namespace avila::compress::detail {
namespace {

constexpr unsigned kNearLog = 17;
// Positions ahead whose memory is fetched: of their roots, then of what these name.
constexpr std::uint32_t kFar = 12, kSoon = 5, kRing = 16;
constexpr std::uint32_t kNear = 1U << 18;  // three bytes from further back cost more than literals

}  // namespace

MatchTree::MatchTree(const Effort& effort)
    : effort_(effort),
      mask_((1U << effort.tree_log) - 1),
      roots_(std::size_t{1} << effort.hash_log),
      tree_(std::make_unique_for_overwrite<std::uint32_t[]>(std::size_t{2} * (mask_ + 1))),
      near_(effort.min_match == 3 ? std::size_t{1} << kNearLog : 0) {}

void MatchTree::forget() {
  std::fill(roots_.begin(), roots_.end(), 0);
  std::fill(near_.begin(), near_.end(), 0);
}

void MatchTree::enter(const Piece& piece, std::uint32_t from, std::uint32_t end) {
  for (; from < end; ++from) find(piece, from, root_of(piece.base + from)), matches_.clear();
}

void MatchTree::find_part(const Piece& piece, std::uint32_t from, std::uint32_t to) {
  matches_.clear();
  first_.resize(to - from + 1);
  from_ = from;
  if (from == 0) skip_to_ = 0, lively_ = 0;
  const std::uint32_t size = piece.end - piece.start;
  const std::uint32_t safe = size > kTail ? size - kTail : 0;
  const std::byte* const content = piece.base + piece.start;
  std::array<std::uint32_t*, kRing> roots;  // of the next positions
  std::uint32_t ahead = 0;                  // positions before it have theirs
  for (std::uint32_t i = from; i < to; ++i) {
    const auto first = first_[i - from] = static_cast<std::uint32_t>(matches_.size());
    if (i >= safe || i < skip_to_) continue;
    if (i - lively_ >= effort_.patience && i % 4 != 0) continue;
    for (ahead = std::max(ahead, i); ahead <= i + kFar && ahead < safe; ++ahead) {
      roots[ahead % kRing] = &root_of(content + ahead);
      prefetch(roots[ahead % kRing]);
    }
    if (i + kSoon < safe) {
      const std::uint32_t node = *roots[(i + kSoon) % kRing];
      prefetch(&tree_[std::size_t{2} * (node & mask_)]);
      if (node >= piece.low) prefetch(piece.base + node);
    }
    find(piece, piece.start + i, *roots[i % kRing]);
    if (matches_.size() != first && matches_.back().length > 4) lively_ = i;
    if (matches_.size() == first || matches_.back().length < effort_.nice) continue;
    Match& last = matches_.back();  // long enough: taken whole
    last.length = common_length(content + i, content + i - last.distance, piece.base + piece.end);
    skip_to_ = i + last.length;
  }
  first_[to - from] = static_cast<std::uint32_t>(matches_.size());
}

// Puts `at` at the root of the tree of its hash, and notes ever longer matches on the way. What is
// left of a node is smaller than it, within `nice` bytes and before the end of its piece, and what
// is right of it larger: so all between two nodes have the bytes that these share.
void MatchTree::find(const Piece& piece, std::uint32_t at, std::uint32_t& root) {
  const std::byte* const base = piece.base;
  const std::byte* const here = base + at;
  const std::uint32_t limit = std::min(piece.end - at, effort_.nice);
  const std::byte* const end = here + limit;
  const std::uint32_t oldest = std::max(piece.low, at > mask_ ? at - mask_ : 0);
  std::uint32_t node = root;
  root = at;
  std::uint32_t* const tree = tree_.get();
  const std::uint32_t mask = mask_;
  std::uint32_t* smaller = tree + std::size_t{2} * (at & mask);
  std::uint32_t* larger = smaller + 1;
  std::uint32_t smaller_length = 0, larger_length = 0, best = 3;
  if (!near_.empty()) {
    std::uint32_t& near = near_[hash3(load_le32(here), kNearLog)];
    if (near >= oldest && near < at && at - near < kNear) {
      const std::uint32_t length = common_length(here, base + near, end);
      if (length >= 3) matches_.push_back({length, at - near}), best = length;
    }
    near = at;
  }
  for (unsigned left = effort_.attempts; left != 0 && node >= oldest && node < at; --left) {
    std::uint32_t* const pair = tree + std::size_t{2} * (node & mask);
    const std::uint32_t known = std::min(smaller_length, larger_length);
    const std::byte* const there = base + node;
    const std::uint32_t length = known + common_length(here + known, there + known, end);
    if (length > best) {
      AVILA_DEBUG_ASSERT(common_length(here, there, end) == length);
      matches_.push_back({length, at - node});
      best = length;
    }
    if (length >= limit) {
      if (limit != effort_.nice) break;  // which is smaller is unknown
      *smaller = pair[0], *larger = pair[1];
      return;
    }
    if (there[length] < here[length]) {
      *smaller = node;
      smaller = pair + 1;
      smaller_length = length;
      node = *smaller;
    } else {
      *larger = node;
      larger = pair;
      larger_length = length;
      node = *larger;
    }
  }
  *smaller = *larger = 0;
}

}  // namespace avila::compress::detail
