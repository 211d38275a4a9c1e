#include "brotli_optimal.hpp"

#include <algorithm>

#include "brotli_codes.hpp"
#include "brotli_words.hpp"
#include "match.hpp"
#include "match_tree.hpp"

namespace avila::compress::detail::brotli {
namespace {

constexpr unsigned kLengthCodes = 24;
constexpr std::uint32_t kShort = 256;   // lengths whose codes are looked up
constexpr std::uint32_t kOneBit = 256;  // the least that a code of several literals takes

// What symbols cost, in 1/256 bits, by how often they were taken.
class Prices {
 public:
  Prices() {
    for (std::uint32_t n = 0; n < kShort; ++n) {
      insert_codes_[n] = static_cast<std::uint8_t>(brotli::insert_code(n));
      copy_codes_[n] = static_cast<std::uint8_t>(n < 2 ? 0 : brotli::copy_code(n));
    }
    // Before anything is known: short lengths and near distances.
    for (unsigned i = 0; i < kLengthCodes; ++i)
      for (unsigned c = 0; c < kLengthCodes; ++c) {
        const std::uint32_t count = 64U >> std::min((i + c) / 3, 6U);
        commands_[command_symbol(i, c, false)] += count;
        commands_[command_symbol(i, c, true)] += count / 2;
      }
    for (unsigned d = 0; d < kDistanceCodes; ++d) distances_[d] = d == 0 ? 24 : 8;
  }

  /// Of the literals of a piece that no parse is known of.
  void guess_literals(ByteSpan content) {
    counts_.assign(1, {});
    for (const std::byte b : content) ++counts_[0][static_cast<std::uint8_t>(b)];
  }
  /// What was learnt of commands before counts half.
  void learn(const Piece& piece, std::span<const Optimal::Copy> copies, Ring ring) {
    for (auto& n : commands_) n /= 2;
    for (auto& n : distances_) n /= 2;
    using LiteralCounts = std::vector<std::array<std::uint32_t, 256>>;
    LiteralCounts as_text(64), as_numbers(64);
    std::uint32_t at = piece.start;
    const auto literals = [&](std::uint32_t n) {
      for (; n != 0; --n, ++at) {
        const auto byte = static_cast<std::uint8_t>(piece.base[at]);
        ++as_text[literal_context(LiteralMode::Utf8, piece, at)][byte];
        ++as_numbers[literal_context(LiteralMode::Signed, piece, at)][byte];
      }
    };
    for (const Optimal::Copy& copy : copies) {
      std::uint32_t extra;
      const unsigned symbol = copy.word ? far_distance_symbol(copy.distance, extra)
                                        : distance_symbol(ring, copy.distance, extra);
      const unsigned command =
          command_symbol(insert_code(copy.insert), copy_code(copy.length), symbol == 0);
      commands_[command] += 2;
      if (command >= kImplicitCommands) distances_[symbol] += 2;
      literals(copy.insert);
      at += copy.size;
    }
    literals(piece.end - at);
    std::vector<std::uint8_t> map_of_numbers;
    const std::int64_t text_cost = cluster_contexts(as_text, map_, {false, 0});
    const std::int64_t number_cost = cluster_contexts(as_numbers, map_of_numbers, {false, 0});
    mode_ = text_cost <= number_cost ? LiteralMode::Utf8 : LiteralMode::Signed;
    counts_ = std::move(mode_ == LiteralMode::Utf8 ? as_text : as_numbers);
    if (mode_ == LiteralMode::Signed) map_ = std::move(map_of_numbers);
  }
  LiteralMode mode() const noexcept { return mode_; }
  /// Prices by the counts: those of literals for each place of the piece.
  void set(const Piece& piece) {
    std::vector<std::array<std::uint32_t, 256>> literal(counts_.size());
    for (std::size_t t = 0; t < counts_.size(); ++t) {
      set_prices(counts_[t], 0.5, literal[t]);
      const auto unused = std::count(counts_[t].begin(), counts_[t].end(), 0U);
      if (unused < 255)
        for (auto& price : literal[t]) price = std::max(price, kOneBit);
    }
    literals_.resize(piece.end - piece.start);
    for (std::uint32_t at = piece.start; at < piece.end; ++at) {
      const unsigned tree = counts_.size() == 1 ? 0 : map_[literal_context(mode_, piece, at)];
      literals_[at - piece.start] = literal[tree][static_cast<std::uint8_t>(piece.base[at])];
    }
    std::array<std::uint32_t, kCommands> symbols;
    set_prices(commands_, 0.5, symbols);
    set_prices(distances_, 0.5, distance_prices_);
    std::array<std::uint32_t, kLengthCodes> inserts{};
    for (unsigned s = 0; s < kCommands; ++s)
      inserts[kCellInsert[s >> 6] + (s >> 3 & 7)] += commands_[s];
    set_prices(inserts, 0.5, insert_prices_);
    for (unsigned i = 0; i < kLengthCodes; ++i) {
      insert_prices_[i] += 256U * kInsertCodes[i].extra;
      for (unsigned c = 0; c < kLengthCodes; ++c) {
        const std::uint32_t extra = 256U * (kInsertCodes[i].extra + kCopyCodes[c].extra);
        command_prices_[0][i][c] = symbols[command_symbol(i, c, false)] + extra;
        const unsigned last = command_symbol(i, c, true);
        command_prices_[1][i][c] =
            symbols[last] + extra + (last < kImplicitCommands ? 0 : distance_prices_[0]);
      }
    }
  }

  std::uint32_t literal(std::uint32_t i) const { return literals_[i]; }
  unsigned insert_code(std::uint32_t n) const {
    return n < kShort ? insert_codes_[n] : brotli::insert_code(n);
  }
  unsigned copy_code(std::uint32_t n) const {
    return n < kShort ? copy_codes_[n] : brotli::copy_code(n);
  }
  /// Of so many literals before a copy, whatever the copy.
  std::uint32_t insert(std::uint32_t n) const { return insert_prices_[insert_code(n)]; }
  /// Of a command without its distance, by the code of the length of the copy. `last`: its
  /// distance is the last one, and in the price.
  const std::uint32_t* commands(std::uint32_t literals, bool last) const {
    return command_prices_[last ? 1 : 0][insert_code(literals)].data();
  }
  std::uint32_t near_distance(unsigned symbol) const { return distance_prices_[symbol]; }
  std::uint32_t distance(std::uint32_t distance) const {
    std::uint32_t extra;
    const unsigned symbol = far_distance_symbol(distance, extra);
    return distance_prices_[symbol] + 256 * distance_extra_bits(symbol);
  }

 private:
  std::array<std::uint8_t, kShort> insert_codes_, copy_codes_;
  std::vector<std::array<std::uint32_t, 256>> counts_;  // of literals, one table a code
  LiteralMode mode_ = LiteralMode::Utf8;
  std::vector<std::uint8_t> map_;  // which code a context has
  std::array<std::uint32_t, kCommands> commands_{};
  std::array<std::uint32_t, kDistanceCodes> distances_{}, distance_prices_{};
  std::vector<std::uint32_t> literals_;
  std::array<std::uint32_t, kLengthCodes> insert_prices_{};
  std::array<std::array<std::uint32_t, kLengthCodes>, kLengthCodes> command_prices_[2];
};

// The cheapest way to a position: its last step, and what holds after it.
struct Node {
  std::uint32_t price;
  std::uint32_t size;  // of what a copy gives; 0: a literal
  std::uint32_t distance;
  std::uint32_t word;      // the length of a word; 0: none
  std::uint32_t literals;  // since the last copy
  Ring ring;
};

// No larger than the content has positions.
MatchTree::Effort tree_of(const Optimal::Effort& effort, std::uint64_t size) {
  const auto log = static_cast<unsigned>(std::bit_width(std::max<std::uint64_t>(size, 1024) - 1));
  return {std::min(kWindowBits, log), std::min(18U, log), effort.attempts, 3, effort.nice};
}

}  // namespace

class Optimal::Parser {
 public:
  Parser(const Effort& effort, std::uint64_t size) : effort_(effort), tree(tree_of(effort, size)) {}

  std::span<const Copy> run(const Piece& piece, const Ring& ring) {
    tree.find_all(piece);
    const unsigned passes = effort_.passes + (learnt_ ? 0 : 1);
    if (!learnt_) prices_.guess_literals(piece.content());
    for (unsigned pass = 0; pass < passes; ++pass) {
      prices_.set(piece);
      parse(piece, ring);
      collect(piece);
      prices_.learn(piece, copies_, ring);
    }
    learnt_ = true;
    before_ += piece.end - piece.start;
    return copies_;
  }
  LiteralMode literal_mode() const noexcept { return prices_.mode(); }

 private:
  // A match of `nice` bytes is taken whole, and none begins within it: else the repeats of
  // content that repeats itself would be measured to its end at every byte.
  void parse(const Piece& piece, const Ring& ring) {
    const std::uint32_t size = piece.end - piece.start;
    nodes_.resize(size + 1);
    for (Node& node : nodes_) node.price = ~0U;
    nodes_[0] = {prices_.insert(0), 0, 0, 0, 0, ring};
    const std::byte* const content = piece.base + piece.start;
    std::uint32_t step = 1;
    for (std::uint32_t i = 0; i < size; i += step) {
      const Node now = nodes_[i];
      step = 1;
      const std::uint32_t run = prices_.insert(now.literals);
      // A literal makes the run longer, which costs what the longer run costs more.
      const std::uint32_t with_literal =
          now.price + prices_.literal(i) - run + prices_.insert(now.literals + 1);
      if (with_literal < nodes_[i + 1].price)
        nodes_[i + 1] = {with_literal, 0, 0, 0, now.literals + 1, now.ring};
      if (size - i <= MatchTree::kTail) continue;
      const std::uint32_t before = now.price - run + prices_.insert(0);
      const auto copies = [&](std::uint32_t from, std::uint32_t length, std::uint32_t distance,
                              std::uint32_t price, const std::uint32_t* commands) {
        for (std::uint32_t l = from; l <= length; ++l) {
          Node& to = nodes_[i + l];
          const std::uint32_t whole = price + commands[prices_.copy_code(l)];
          if (whole >= to.price) continue;
          to = {whole, l, distance, 0, 0, now.ring};
          if (distance != now.ring[0]) to.ring = {distance, now.ring[0], now.ring[1], now.ring[2]};
        }
      };
      const std::uint32_t* const commands = prices_.commands(now.literals, false);
      for (unsigned symbol = 0; symbol < effort_.near; ++symbol) {
        const std::uint32_t distance =
            now.ring[kRecentWhich[symbol]] + static_cast<std::uint32_t>(kRecentPlus[symbol]);
        if (distance == 0 || distance > piece.start + i - piece.low ||
            load_le16(content + i) != load_le16(content + i - distance))
          continue;
        const std::uint32_t length =
            common_length(content + i, content + i - distance, piece.base + piece.end);
        if (length >= effort_.nice) step = std::max(step, length);
        const std::uint32_t from = length >= effort_.nice ? length : 2;
        if (symbol == 0)
          copies(from, length, distance, before, prices_.commands(now.literals, true));
        else
          copies(from, length, distance, before + prices_.near_distance(symbol), commands);
      }
      std::uint32_t from = 3;
      for (const auto [length, distance] : tree.at(i)) {
        if (length >= effort_.nice) from = length, step = std::max(step, length);
        copies(from, length, distance, before + prices_.distance(distance), commands);
        from = length + 1;
      }
      if (step != 1) continue;
      words_.clear();
      Words::all().find(content + i, size - i, words_);
      const auto farthest =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(before_ + i, kWindow));
      for (const Words::Match& word : words_) {
        Node& to = nodes_[i + word.size];
        const std::uint32_t distance = farthest + 1 + word.id;
        const std::uint32_t whole =
            before + prices_.distance(distance) + commands[prices_.copy_code(word.length)];
        if (whole < to.price) to = {whole, word.size, distance, word.length, 0, now.ring};
      }
    }
  }

  void collect(const Piece& piece) {
    copies_.clear();
    std::uint32_t literals = 0;
    // From the end on: what is counted are the literals after a copy.
    for (std::uint32_t i = piece.end - piece.start; i != 0;) {
      const Node& node = nodes_[i];
      if (node.size == 0) {
        ++literals, --i;
        continue;
      }
      if (!copies_.empty()) copies_.back().insert = literals;
      literals = 0;
      copies_.push_back(
          {0, node.size, node.word != 0 ? node.word : node.size, node.distance, node.word != 0});
      i -= node.size;
    }
    if (!copies_.empty()) copies_.back().insert = literals;
    std::reverse(copies_.begin(), copies_.end());
  }

  Effort effort_;
  Prices prices_;
  std::vector<Node> nodes_;
  std::vector<Copy> copies_;
  std::vector<Words::Match> words_;
  std::uint64_t before_ = 0;  // bytes of content before the piece
  bool learnt_ = false;

 public:
  MatchTree tree;
};

Optimal::Optimal(const Effort& effort, std::uint64_t size)
    : parser_(std::make_unique<Parser>(effort, size)) {}
Optimal::~Optimal() = default;
void Optimal::forget() { parser_->tree.forget(); }
void Optimal::prime(const Piece& piece) {
  if (piece.start - piece.low >= MatchTree::kTail)
    parser_->tree.enter({piece.base, piece.low, piece.low, piece.start}, piece.low,
                        piece.start - MatchTree::kTail);
}
LiteralMode Optimal::literal_mode() const noexcept { return parser_->literal_mode(); }
std::span<const Optimal::Copy> Optimal::run(const Piece& piece, const Ring& ring) {
  return parser_->run(piece, ring);
}

}  // namespace avila::compress::detail::brotli
