// The cheapest parse of a piece, over all matches that binary trees find: levels 13 and up.
#include <algorithm>

#include "match_tree.hpp"
#include "zstd_search.hpp"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace avila::compress::detail::zstd {
namespace {

constexpr std::uint32_t kTail = MatchTree::kTail;
constexpr std::uint32_t kLesson = 2048;   // bytes after which the prices are set anew
constexpr std::uint32_t kPatience = 512;  // bytes more until a way is gone that is in doubt
constexpr std::uint32_t kDull = 4096;     // bytes without matches, after which fewer are sought
constexpr unsigned kThorough = 96;        // attempts of those that never leave positions out
constexpr std::uint32_t kLanes = 4;
constexpr std::uint32_t kOneBit = 256;  // the least that a literal's code takes

// 256 log2(n), n not 0, by its highest ten bits.
std::uint32_t log2_of(std::uint32_t n) noexcept {
  static const auto fractions = [] {
    std::array<std::uint16_t, 512> table{};
    for (unsigned i = 0; i < table.size(); ++i)
      table[i] = static_cast<std::uint16_t>(256.0 * std::log2(1.0 + i / 512.0) + 0.5);
    return table;
  }();
  const auto whole = static_cast<unsigned>(std::bit_width(n)) - 1;
  return 256 * whole + fractions[(n << (31 - whole)) >> 22 & 511];
}

// What symbols cost, in 1/256 bits, by how often they were taken.
class Prices {
 public:
  Prices() {
    for (unsigned c = 0; c < kLitLengthCodes; ++c) counts_[0][c] = 64 >> std::min(c / 3, 6U);
    for (unsigned c = 0; c < kOffsetCodes; ++c) counts_[1][c] = c == 0 ? 24 : 8;
    for (unsigned c = 0; c < kMatchLengthCodes; ++c) counts_[2][c] = 64 >> std::min(c / 4, 6U);
    for (std::uint32_t n = 0; n < kShort; ++n) {
      const auto symbols = symbols_of({n, std::max(n, kMinMatch), 1});
      run_codes_[n] = symbols[0];
      match_codes_[n] = symbols[2];
    }
  }
  /// Of content that no parse is known of.
  void guess_literals(ByteSpan content) {
    for (const std::byte b : content) add(b);
    for (auto& n : literal_counts_) n /= 4;  // most of them are in matches
  }
  void forget_literals() { literal_counts_ = {}; }
  void add(std::byte literal) { ++literal_counts_[static_cast<std::uint8_t>(literal)]; }
  void add(const Sequence& sequence) {
    const auto symbols = symbols_of(sequence);
    for (unsigned k = 0; k < 3; ++k) counts_[k][symbols[k]] += 2;
  }
  /// So that what comes next counts more.
  void fade() {
    for (auto& n : literal_counts_) n /= 4;
    for (auto& kind : counts_)
      for (auto& n : kind) n /= 4;
  }
  void set() {
    set(literal_counts_, literal_);
    for (auto& price : literal_) price = std::max(price, kOneBit);
    for (unsigned k = 0; k < 3; ++k) set(counts_[k], codes_[k]);
    for (std::uint32_t n = 0; n < kShort; ++n) {
      runs_[n] = run_code(run_codes_[n]);
      matches_[n] = match_code(match_codes_[n]);
    }
    // Of the longer ones each width has a code; the last serves a run of a whole block, too.
    for (unsigned w = 0; w < kWidths; ++w) {
      const std::uint32_t n = kShort / 2 << std::min(w, kWidths - 2);
      const auto symbols = symbols_of({n, n + kMinMatch, 1});
      long_runs_[w] = run_code(symbols[0]);
      long_matches_[w] = match_code(symbols[2]);
    }
  }
  std::uint32_t literal(std::byte b) const { return literal_[static_cast<std::uint8_t>(b)]; }
  std::uint32_t literals(std::uint32_t n) const {
    return n < kShort ? runs_[n] : long_runs_[width(n)];
  }
  std::uint32_t match(std::uint32_t n) const {
    return n < kShort ? matches_[n] : long_matches_[width(n - kMinMatch)];
  }
  /// Of matches shorter than kShort; kLanes more may be read.
  const std::uint32_t* matches() const { return matches_.data(); }
  std::uint32_t offset(std::uint32_t value) const {
    const auto code = static_cast<unsigned>(std::bit_width(value)) - 1;
    return codes_[1][code] + 256 * code;
  }

  static constexpr std::uint32_t kShort = 256;

 private:
  static constexpr unsigned kWidths = 11;  // of 8 to 18 bits

  template <std::size_t n>
  static void set(const std::array<std::uint32_t, n>& counts,
                  std::array<std::uint32_t, n>& prices) {
    std::uint32_t total = n;  // each counts one more than it says, so that none is impossible
    for (const std::uint32_t count : counts) total += count;
    const std::uint32_t all = log2_of(total);
    for (std::size_t i = 0; i < n; ++i) prices[i] = all - log2_of(counts[i] + 1);
  }
  static unsigned width(std::uint32_t n) { return static_cast<unsigned>(std::bit_width(n)) - 8; }
  std::uint32_t run_code(unsigned c) const { return codes_[0][c] + 256U * kLitLengthExtra[c]; }
  std::uint32_t match_code(unsigned c) const { return codes_[2][c] + 256U * kMatchLengthExtra[c]; }

  std::array<std::uint32_t, 256> literal_counts_{}, literal_{};
  std::array<std::uint32_t, 64> counts_[3] = {}, codes_[3] = {};  // by SequenceKind
  std::array<std::uint8_t, kShort> run_codes_{}, match_codes_{};
  std::array<std::uint32_t, kShort> runs_{};
  std::array<std::uint32_t, kShort + kLanes> matches_{};
  std::array<std::uint32_t, kWidths> long_runs_{}, long_matches_{};
};

// What holds at a position, from which steps lead on.
struct State {
  std::uint32_t literals;  // since the last match
  RecentOffsets recent;
};

// The cheapest ways to the positions of a part of a piece, counted from its start.
class Ways {
 public:
  static constexpr std::uint32_t kMost = kLesson + kPatience + Prices::kShort;

  void begin(const State& state, std::uint32_t price) {
    prices_[0] = price;
    lengths_[0] = 0;
    states_[0] = state;
    reached_ = 0;
  }
  std::uint32_t reached() const { return reached_; }
  std::uint32_t price(std::uint32_t i) const { return prices_[i]; }
  // The last step to a position.
  std::uint32_t length(std::uint32_t i) const { return lengths_[i]; }  // of a match; 0: a literal
  std::uint32_t distance(std::uint32_t i) const { return distances_[i]; }

  /// What holds at i, not 0, once the steps to it are known; `state` was that before it.
  AVILA_ALWAYS_INLINE void enter(std::uint32_t i, State& state) {
    const std::uint32_t length = lengths_[i];
    if (length == 0) {
      ++state.literals;
    } else {
      state = states_[i - length];
      state.recent.take(distances_[i], state.literals);
      state.literals = 0;
    }
    states_[i] = state;
  }
  AVILA_ALWAYS_INLINE void literal(std::uint32_t i, std::uint32_t price) {
    reach(i + 1);
    if (price < prices_[i + 1]) prices_[i + 1] = price, lengths_[i + 1] = 0;
  }
  /// Matches of lengths [from, to], of which each adds its own price.
  AVILA_ALWAYS_INLINE void matches(std::uint32_t i, std::uint32_t from, std::uint32_t to,
                                   std::uint32_t distance, std::uint32_t price,
                                   const std::uint32_t* more) {
    reach(i + to);
#if defined(__SSE2__)
    const auto blend = [](__m128i a, __m128i b, __m128i take_b) {
      return _mm_or_si128(_mm_andnot_si128(take_b, a), _mm_and_si128(take_b, b));
    };
    const auto all = [](std::uint32_t v) { return _mm_set1_epi32(static_cast<int>(v)); };
    const auto load = [](const std::uint32_t* p) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    };
    const auto store = [](std::uint32_t* p, __m128i v) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v);
    };
    const __m128i end = all(to + 1), prices = all(price), distances = all(distance);
    __m128i lengths = _mm_add_epi32(all(from), _mm_setr_epi32(0, 1, 2, 3));
    for (std::uint32_t l = from; l <= to; l += 4) {
      const __m128i whole = _mm_add_epi32(prices, load(more + l)), old = load(&prices_[i + l]);
      const __m128i better =
          _mm_and_si128(_mm_cmpgt_epi32(old, whole), _mm_cmpgt_epi32(end, lengths));
      store(&prices_[i + l], blend(old, whole, better));
      store(&lengths_[i + l], blend(load(&lengths_[i + l]), lengths, better));
      store(&distances_[i + l], blend(load(&distances_[i + l]), distances, better));
      lengths = _mm_add_epi32(lengths, _mm_set1_epi32(4));
    }
#else
    for (std::uint32_t l = from; l <= to; ++l) {
      const std::uint32_t whole = price + more[l];
      if (whole >= prices_[i + l]) continue;
      prices_[i + l] = whole, lengths_[i + l] = l, distances_[i + l] = distance;
    }
#endif
  }

 private:
  static constexpr std::uint32_t kUnknown = 0x7FFFFFFF;  // signed numbers are compared

  AVILA_ALWAYS_INLINE void reach(std::uint32_t end) {
    while (reached_ < end) prices_[++reached_] = kUnknown;
  }

  std::array<std::uint32_t, kMost + kLanes> prices_{}, lengths_{}, distances_{};
  std::array<State, kMost> states_{};
  std::uint32_t reached_ = 0;  // prices up to here are set
};

}  // namespace

class Search::Optimal {
 public:
  explicit Optimal(Search& search)
      : search_(search),
        tree_({search.effort_.chain_log, search.effort_.hash_log, search.effort_.attempts,
               search.effort_.min_match, search.effort_.nice,
               search.effort_.attempts < kThorough ? kDull : ~0U}) {}

  // Prices are those of what was taken so far. At first that is nothing: a part is parsed twice.
  void run(const Piece& piece, Found& found) {
    const std::uint32_t size = piece.end - piece.start;
    found_to_ = 0;
    std::uint32_t known = 0;
    if (!knows_) {
      known = std::min(size, kLesson);
      prices_.guess_literals(piece.content());
      prices_.set();
      prices_.forget_literals();
      Found first = found;
      parse(piece, first, known, 0);
      knows_ = true;
    }
    prices_.set();
    parse(piece, found, size, known);
    since_fading_ += size;
    if (since_fading_ >= kMaxBlock) prices_.fade(), since_fading_ = 0;
  }
  MatchTree& tree() noexcept { return tree_; }

 private:
  // A match of `nice` bytes is taken whole, and none begins within it: else the repeats of
  // content that repeats itself would be measured to its end at every byte. The prices know what
  // lies before `known`.
  void parse(const Piece& piece, Found& found, std::uint32_t size, std::uint32_t known) {
    const std::uint32_t nice = search_.effort_.nice;
    const std::uint32_t shortest = search_.effort_.min_match;
    const std::uint32_t compared = shortest == 3 ? 0xFFFFFF : 0xFFFFFFFF;
    const std::byte* const content = piece.base + piece.start;
    std::uint32_t start = 0, lesson = known + kLesson;
    State now{0, {found.offsets}};
    ways_.begin(now, prices_.literals(0));
    for (std::uint32_t i = 0; i < size; ++i) {
      std::uint32_t at = i - start;
      if (at != 0) ways_.enter(at, now);
      if (at >= kLesson && (ways_.reached() == at || at >= kLesson + kPatience)) {
        settle(piece, found, start, i, known);
        if (i >= lesson) prices_.set(), lesson = i + kLesson;
        ways_.begin(now, prices_.literals(now.literals));
        start = i, at = 0;
      }
      const std::uint32_t price = ways_.price(at);
      // A literal makes the run longer, which costs what the longer run costs more.
      ways_.literal(at, price + prices_.literal(content[i]) - prices_.literals(now.literals) +
                            prices_.literals(now.literals + 1));
      if (size - i <= kTail) continue;
      const std::uint32_t after = price + prices_.literals(0);
      MatchTree::Match whole{};
      const auto match = [&](std::uint32_t from, std::uint32_t length, std::uint32_t distance,
                             std::uint32_t offset) {
        if (length < nice)
          ways_.matches(at, from, length, distance, after + offset, prices_.matches());
        else if (length > whole.length)
          whole = {length, distance};
      };
      const std::array<std::uint32_t, 4> repeats = {now.recent.of[0], now.recent.of[1],
                                                    now.recent.of[2], now.recent.of[0] - 1};
      const unsigned first = now.literals == 0 ? 1 : 0;
      for (unsigned r = first; r < first + 3; ++r) {
        const std::uint32_t distance = repeats[r];
        if (distance == 0 || distance > piece.start + i - piece.low ||
            ((load_le32(content + i) ^ load_le32(content + i - distance)) & compared) != 0)
          continue;
        match(shortest, common_length(content + i, content + i - distance, content + size),
              distance, prices_.offset(r - first + 1));
      }
      while (found_to_ <= i) {
        const std::uint32_t to = std::min(found_to_ + kLesson, piece.end - piece.start);
        tree_.find_part(piece, found_to_, to);
        found_to_ = to;
      }
      std::uint32_t from = shortest;
      for (const auto [length, distance] : tree_.at(i)) {
        match(from, std::min(length, size - i), distance, prices_.offset(distance + 3));
        from = length + 1;
      }
      if (whole.length == 0) continue;
      settle(piece, found, start, i, known);
      take(piece, found, {i, whole.length, whole.distance}, known);
      i += whole.length - 1;
      if (i >= lesson) prices_.set(), lesson = i + kLesson;
      now = {0, {found.offsets}};
      ways_.begin(now, prices_.literals(0));
      start = i + 1;
    }
    settle(piece, found, start, size, known);
  }

  struct Step {
    std::uint32_t at, length, distance;
  };
  // The cheapest way from `start` to `end` is gone.
  void settle(const Piece& piece, Found& found, std::uint32_t start, std::uint32_t end,
              std::uint32_t known) {
    steps_.clear();
    for (std::uint32_t i = end; i != start;) {
      const std::uint32_t length = ways_.length(i - start);
      if (length != 0) {
        steps_.push_back({i - length, length, ways_.distance(i - start)});
        i -= length;
      } else if (--i >= known) {
        prices_.add(piece.base[piece.start + i]);
      }
    }
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
      take(piece, found, *step, known);
  }
  void take(const Piece& piece, Found& found, const Step& step, std::uint32_t known) {
    found.match(piece.start + step.at, step.length, step.distance);
    if (step.at >= known) prices_.add(found.end()[-1]);
  }

  Search& search_;
  MatchTree tree_;
  std::uint32_t found_to_ = 0;  // bytes of the piece whose matches were sought
  Ways ways_;
  std::vector<Step> steps_;
  Prices prices_;
  bool knows_ = false;  // more than guesses
  std::size_t since_fading_ = 0;
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
