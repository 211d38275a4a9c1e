// The cheapest parse of a piece, over all matches that binary trees find: levels 13 and up.
#include <algorithm>

#include "match_tree.hpp"
#include "zstd_search.hpp"

namespace avila::compress::detail::zstd {
namespace {

constexpr std::uint32_t kTail = MatchTree::kTail;

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
    set_prices(literal_counts_, 1.0, literal_);
    for (unsigned k = 0; k < 3; ++k) set_prices(counts_[k], 1.0, codes_[k]);
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
        tree_({search.effort_.chain_log, search.effort_.hash_log, search.effort_.attempts,
               search.effort_.min_match, search.effort_.nice}) {}

  void run(const Piece& piece, Found& found) {
    tree_.find_all(piece);
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
  MatchTree& tree() noexcept { return tree_; }

 private:
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
      for (const auto [length, distance] : tree_.at(i)) {
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
  MatchTree tree_;
  std::vector<Node> nodes_;
  std::vector<Step> steps_;
  Prices prices_;
  bool learnt_ = false;
};

// Here, where Optimal is known.
Search::Search(const Effort& effort) : effort_(effort) {
  if (effort.strategy == Strategy::Optimal) {
    optimal_ = std::make_unique<Optimal>(*this);
    return;
  }
  hashes_.resize(std::size_t{1} << effort.hash_log);
  if (rows()) {
    tags_.resize(hashes_.size());
    return;
  }
  if (effort.chain_log != 0) chain_.resize(std::size_t{1} << effort.chain_log);
}

Search::~Search() = default;

void Search::optimal(const Piece& piece, Found& found) { optimal_->run(piece, found); }

MatchTree& Search::tree() { return optimal_->tree(); }

}  // namespace avila::compress::detail::zstd
