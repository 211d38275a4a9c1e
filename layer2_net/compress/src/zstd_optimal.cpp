// The cheapest parse of a piece, over all matches that binary trees find: levels 13 and up.
#include <algorithm>
#include <cmath>

#include "zstd_search.hpp"

namespace avila::compress::detail::zstd {
namespace {

constexpr std::uint32_t kTail = 8;  // no match begins where fewer bytes follow
constexpr unsigned kNearLog = 17;
constexpr std::uint32_t kNear = 1U << 18;  // three bytes from further back cost more than literals

struct Candidate {
  std::uint32_t length, distance;
};

// What symbols cost, in 1/256 bits, by how often they were taken.
class Prices {
 public:
  Prices() {
    for (unsigned c = 0; c < kLitLengthCodes; ++c) counts_[0][c] = 64 >> std::min(c / 3, 6U);
    for (unsigned c = 0; c < kOffsetCodes; ++c) counts_[1][c] = c == 0 ? 24 : 8;
    for (unsigned c = 0; c < kMatchLengthCodes; ++c) counts_[2][c] = 64 >> std::min(c / 4, 6U);
  }
  void count_literals(ByteSpan content) {
    literal_counts_ = {};
    for (const std::byte b : content) ++literal_counts_[static_cast<std::uint8_t>(b)];
    for (auto& n : literal_counts_) n = n / 4;  // most of them are in matches
  }
  /// What was learnt before counts half.
  void learn(ByteSpan content, std::span<const Sequence> sequences) {
    for (auto& kind : counts_)
      for (auto& n : kind) n /= 2;
    literal_counts_ = {};
    const std::byte* at = content.data();
    const auto literals = [&](std::size_t n) {
      for (; n != 0; --n) ++literal_counts_[static_cast<std::uint8_t>(*at++)];
    };
    for (const Sequence& sequence : sequences) {
      const auto symbols = symbols_of(sequence);
      for (unsigned k = 0; k < 3; ++k) counts_[k][symbols[k]] += 2;
      literals(sequence.literals);
      at += sequence.length;
    }
    literals(static_cast<std::size_t>(content.data() + content.size() - at));
  }
  void set() {
    price(literal_counts_, literal_);
    for (unsigned k = 0; k < 3; ++k) price(counts_[k], codes_[k]);
    for (std::uint32_t n = 0; n < kShort; ++n) {
      const auto symbols = symbols_of({n, std::max(n, kMinMatch), 1});
      lengths_[0][n] = codes_[0][symbols[0]] + 256U * kLitLengthExtra[symbols[0]];
      lengths_[1][n] = codes_[2][symbols[2]] + 256U * kMatchLengthExtra[symbols[2]];
    }
  }
  std::uint32_t literal(std::byte b) const { return literal_[static_cast<std::uint8_t>(b)]; }
  std::uint32_t literals(std::uint32_t n) const { return length_price(0, n); }
  std::uint32_t match(std::uint32_t n) const { return length_price(1, n); }
  std::uint32_t offset(std::uint32_t value) const {
    const auto code = static_cast<unsigned>(std::bit_width(value)) - 1;
    return codes_[1][code] + 256 * code;
  }

 private:
  static constexpr std::uint32_t kShort = 256;

  template <std::size_t n>
  static void price(const std::array<std::uint32_t, n>& counts, std::array<std::uint32_t, n>& out) {
    double total = 0;
    for (const std::uint32_t count : counts) total += count + 1.0;
    for (std::size_t i = 0; i < n; ++i)
      out[i] = static_cast<std::uint32_t>(256 * std::log2(total / (counts[i] + 1.0)));
  }
  std::uint32_t length_price(unsigned kind, std::uint32_t n) const {
    if (n < kShort) return lengths_[kind][n];
    const auto symbols = symbols_of({n, n, 1});
    return kind == 0 ? codes_[0][symbols[0]] + 256U * kLitLengthExtra[symbols[0]]
                     : codes_[2][symbols[2]] + 256U * kMatchLengthExtra[symbols[2]];
  }

  std::array<std::uint32_t, 256> literal_counts_{}, literal_{};
  std::array<std::uint32_t, 64> counts_[3] = {}, codes_[3] = {};  // by SequenceKind
  std::array<std::uint32_t, kShort> lengths_[2] = {};
};

// The cheapest way to a position: its last step, and what holds after it.
struct Node {
  std::uint32_t price;
  std::uint32_t length;  // of a match; 0: a literal
  std::uint32_t distance;
  std::uint32_t literals;  // since the last match
  RecentOffsets recent;
};

}  // namespace

class Search::Optimal {
 public:
  explicit Optimal(Search& search)
      : search_(search),
        mask_((1U << search.effort_.chain_log) - 1),
        tree_(std::make_unique_for_overwrite<std::uint32_t[]>(std::size_t{2} * (mask_ + 1))),
        near_(search.effort_.min_match == 3 ? std::size_t{1} << kNearLog : 0) {}

  void run(const Piece& piece, Found& found) {
    find_all(piece);
    if (!learnt_) prices_.count_literals(piece.content());
    const Found before = found;
    for (int pass = learnt_ ? 1 : 0; pass < 2; ++pass) {
      found = before;
      prices_.set();
      parse(piece, found);
      emit(piece, found);
      prices_.learn(piece.content(), {search_.sequences_.get(), found.end()});
    }
    learnt_ = true;
  }
  /// Enters positions and leaves their matches alone.
  void enter(const Piece& piece, std::uint32_t from, std::uint32_t end) {
    for (; from < end; ++from) find(piece, from), candidates_.clear();
  }

 private:
  // Puts `at` at the root of the tree of its hash, and notes ever longer matches on the way.
  void find(const Piece& piece, std::uint32_t at) {
    const Effort& effort = search_.effort_;
    const std::byte* const base = piece.base;
    const std::uint32_t limit = std::min(piece.end - at, effort.nice);
    const std::uint32_t oldest = std::max(piece.low, at > mask_ ? at - mask_ : 0);
    std::uint32_t& head = search_.hashes_[hash_bytes<4>(load_le64(base + at), effort.hash_log)];
    std::uint32_t node = head;
    head = at;
    std::uint32_t* smaller = &tree_[std::size_t{2} * (at & mask_)];
    std::uint32_t* larger = smaller + 1;
    std::uint32_t smaller_length = 0, larger_length = 0, best = 3;
    if (!near_.empty()) {
      std::uint32_t& near = near_[hash3(load_le32(base + at), kNearLog)];
      if (near >= oldest && near < at && at - near < kNear) {
        const std::uint32_t length = common_length(base + at, base + near, base + at + limit);
        if (length >= 3) candidates_.push_back({length, at - near}), best = length;
      }
      near = at;
    }
    for (unsigned left = effort.attempts; left != 0 && node >= oldest && node < at; --left) {
      std::uint32_t* const pair = &tree_[std::size_t{2} * (node & mask_)];
      std::uint32_t length = std::min(smaller_length, larger_length);
      length += common_length(base + at + length, base + node + length, base + at + limit);
      if (length > best) {
        // Pieces end within matches, so that the order of a tree is no proof.
        length = common_length(base + at, base + node, base + at + limit);
        if (length > best) candidates_.push_back({length, at - node}), best = length;
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

  void find_all(const Piece& piece) {
    candidates_.clear();
    const std::uint32_t size = piece.end - piece.start;
    first_.assign(size + 1, 0);
    const std::uint32_t safe = size > kTail ? size - kTail : 0;
    std::uint32_t skip_to = 0;
    for (std::uint32_t i = 0; i < size; ++i) {
      first_[i] = static_cast<std::uint32_t>(candidates_.size());
      if (i >= safe || i < skip_to) continue;
      find(piece, piece.start + i);
      if (candidates_.size() == first_[i] || candidates_.back().length < search_.effort_.nice)
        continue;
      Candidate& last = candidates_.back();  // long enough: taken whole
      const std::byte* const at = piece.base + piece.start + i;
      last.length = common_length(at, at - last.distance, piece.base + piece.end);
      skip_to = i + last.length;
    }
    first_[size] = static_cast<std::uint32_t>(candidates_.size());
  }

  // A match of `nice` bytes is taken whole, and none begins within it: else the repeats of
  // content that repeats itself would be measured to its end at every byte.
  void parse(const Piece& piece, const Found& found) {
    const std::uint32_t size = piece.end - piece.start, nice = search_.effort_.nice;
    const std::uint32_t shortest = search_.effort_.min_match;
    const std::uint32_t compared = shortest == 3 ? 0xFFFFFF : 0xFFFFFFFF;
    nodes_.resize(size + 1);
    for (Node& node : nodes_) node.price = ~0U;
    nodes_[0] = {prices_.literals(0), 0, 0, 0, {found.offsets}};
    const std::byte* const content = piece.base + piece.start;
    std::uint32_t step = 1;
    for (std::uint32_t i = 0; i < size; i += step) {
      const Node now = nodes_[i];
      step = 1;
      const auto reach = [&](std::uint32_t length, std::uint32_t price, std::uint32_t distance) {
        Node& to = nodes_[i + length];
        if (price >= to.price) return;
        to = {price, length, distance, 0, now.recent};
        to.recent.take(distance, now.literals);
      };
      // A literal makes the run longer, which costs what the longer run costs more.
      const std::uint32_t with_literal = now.price + prices_.literal(content[i]) -
                                         prices_.literals(now.literals) +
                                         prices_.literals(now.literals + 1);
      if (with_literal < nodes_[i + 1].price)
        nodes_[i + 1] = {with_literal, 0, 0, now.literals + 1, now.recent};
      if (size - i <= kTail) continue;
      const std::uint32_t after = now.price + prices_.literals(0);
      const std::array<std::uint32_t, 4> repeats = {now.recent.of[0], now.recent.of[1],
                                                    now.recent.of[2], now.recent.of[0] - 1};
      const unsigned first = now.literals == 0 ? 1 : 0;
      for (unsigned r = first; r < first + 3; ++r) {
        const std::uint32_t distance = repeats[r];
        if (distance == 0 || distance > piece.start + i - piece.low ||
            ((load_le32(content + i) ^ load_le32(content + i - distance)) & compared) != 0)
          continue;
        const std::uint32_t length =
            common_length(content + i, content + i - distance, piece.base + piece.end);
        const std::uint32_t offset = after + prices_.offset(r - first + 1);
        if (length >= nice) step = std::max(step, length);
        const std::uint32_t from = length >= nice ? length : shortest;
        for (std::uint32_t l = from; l <= length; ++l)
          reach(l, offset + prices_.match(l), distance);
      }
      std::uint32_t from = shortest;
      for (std::uint32_t c = first_[i]; c < first_[i + 1]; ++c) {
        const auto [length, distance] = candidates_[c];
        const std::uint32_t offset = after + prices_.offset(distance + 3);
        if (length >= nice) from = length, step = std::max(step, length);
        for (; from <= length; ++from) reach(from, offset + prices_.match(from), distance);
      }
    }
  }

  void emit(const Piece& piece, Found& found) {
    steps_.clear();
    for (std::uint32_t i = piece.end - piece.start; i != 0;) {
      const Node& node = nodes_[i];
      if (node.length != 0) steps_.push_back({i - node.length, node.length, node.distance});
      i -= std::max(node.length, 1U);
    }
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
      found.match(piece.start + step->at, step->length, step->distance);
  }

  struct Step {
    std::uint32_t at, length, distance;
  };
  Search& search_;
  std::uint32_t mask_;
  // The next smaller and the next larger of each position: written before they are reached.
  std::unique_ptr<std::uint32_t[]> tree_;
  std::vector<std::uint32_t> near_;    // the last position of each three bytes
  std::vector<Candidate> candidates_;  // of all positions of the piece
  std::vector<std::uint32_t> first_;   // of each
  std::vector<Node> nodes_;
  std::vector<Step> steps_;
  Prices prices_;
  bool learnt_ = false;
};

// Here, where Optimal is known.
Search::Search(const Effort& effort) : effort_(effort) {
  hashes_.resize(std::size_t{1} << effort.hash_log);
  if (rows()) {
    tags_.resize(hashes_.size());
    return;
  }
  if (effort.strategy == Strategy::Optimal) return;
  if (effort.chain_log != 0) chain_.resize(std::size_t{1} << effort.chain_log);
}

Search::~Search() = default;

void Search::optimal(const Piece& piece, Found& found) {
  if (optimal_ == nullptr) optimal_ = std::make_unique<Optimal>(*this);
  optimal_->run(piece, found);
}

void Search::prime_optimal(const Piece& piece, std::uint32_t end) {
  if (optimal_ == nullptr) optimal_ = std::make_unique<Optimal>(*this);
  optimal_->enter({piece.base, piece.low, piece.low, piece.start}, piece.low, end);
}

}  // namespace avila::compress::detail::zstd
