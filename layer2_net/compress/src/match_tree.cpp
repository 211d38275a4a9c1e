#include "match_tree.hpp"

#include <algorithm>

namespace avila::compress::detail {
namespace {

constexpr unsigned kNearLog = 17;
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
  for (; from < end; ++from) find(piece, from), matches_.clear();
}

void MatchTree::find_all(const Piece& piece) {
  matches_.clear();
  const std::uint32_t size = piece.end - piece.start;
  first_.assign(size + 1, 0);
  const std::uint32_t safe = size > kTail ? size - kTail : 0;
  std::uint32_t skip_to = 0;
  for (std::uint32_t i = 0; i < size; ++i) {
    first_[i] = static_cast<std::uint32_t>(matches_.size());
    if (i >= safe || i < skip_to) continue;
    find(piece, piece.start + i);
    if (matches_.size() == first_[i] || matches_.back().length < effort_.nice) continue;
    Match& last = matches_.back();  // long enough: taken whole
    const std::byte* const at = piece.base + piece.start + i;
    last.length = common_length(at, at - last.distance, piece.base + piece.end);
    skip_to = i + last.length;
  }
  first_[size] = static_cast<std::uint32_t>(matches_.size());
}

// Puts `at` at the root of the tree of its hash, and notes ever longer matches on the way.
void MatchTree::find(const Piece& piece, std::uint32_t at) {
  const std::byte* const base = piece.base;
  const std::uint32_t limit = std::min(piece.end - at, effort_.nice);
  const std::uint32_t oldest = std::max(piece.low, at > mask_ ? at - mask_ : 0);
  std::uint32_t& root = roots_[hash_bytes<4>(load_le64(base + at), effort_.hash_log)];
  std::uint32_t node = root;
  root = at;
  std::uint32_t* smaller = &tree_[std::size_t{2} * (at & mask_)];
  std::uint32_t* larger = smaller + 1;
  std::uint32_t smaller_length = 0, larger_length = 0, best = 3;
  if (!near_.empty()) {
    std::uint32_t& near = near_[hash3(load_le32(base + at), kNearLog)];
    if (near >= oldest && near < at && at - near < kNear) {
      const std::uint32_t length = common_length(base + at, base + near, base + at + limit);
      if (length >= 3) matches_.push_back({length, at - near}), best = length;
    }
    near = at;
  }
  for (unsigned left = effort_.attempts; left != 0 && node >= oldest && node < at; --left) {
    std::uint32_t* const pair = &tree_[std::size_t{2} * (node & mask_)];
    std::uint32_t length = std::min(smaller_length, larger_length);
    length += common_length(base + at + length, base + node + length, base + at + limit);
    if (length > best) {
      // Pieces end within matches, so that the order of a tree is no proof.
      length = common_length(base + at, base + node, base + at + limit);
      if (length > best) matches_.push_back({length, at - node}), best = length;
    }
    if (length >= limit) {
      *smaller = pair[0], *larger = pair[1];
      return;
    }
    if (base[node + length] < base[at + length]) {
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
