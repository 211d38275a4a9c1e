#include "lz4_hc.hpp"

#include <algorithm>
#include <avila/compress/lz4.hpp>
#include <memory>
#include <new>
#include <vector>

namespace avila::compress::lz4 {
namespace detail {

void HashChains::reset(std::uint32_t start) noexcept {
  head_.fill(0);
  step_.fill(0);
  next_ = start;
}

void HashChains::enter(const std::byte* base, std::uint32_t low, std::uint32_t end) noexcept {
  for (next_ = std::max(next_, low); next_ < end; ++next_) {
    std::uint32_t& head = head_[hash(base + next_)];
    const std::uint32_t step = next_ - head;
    step_[next_ & 0xFFFF] = static_cast<std::uint16_t>(step <= kMaxDistance ? step : 0);
    head = next_;
  }
}

HashChains::Match HashChains::find(const Window& window, std::uint32_t position,
                                   const std::byte* limit, std::uint32_t least,
                                   unsigned attempts) noexcept {
  enter(window.base, window.low, position);
  const std::byte* const at = window.base + position;
  const std::uint32_t first = load_le32(at);
  Match best;
  std::uint32_t longest = std::max<std::uint32_t>(least, kMinMatch - 1);
  const auto room = static_cast<std::uint32_t>(limit - at);
  if (room <= longest) return best;
  std::uint32_t candidate = head_[hash(at)];
  for (; attempts != 0 && candidate >= window.low && position - candidate <= kMaxDistance;
       --attempts) {
    const std::byte* const match = window.base + candidate;
    // Only one that also fits at the end of the longest so far can be longer.
    if (load_le32(match + longest - 3) == load_le32(at + longest - 3) &&
        load_le32(match) == first) {
      const auto length = static_cast<std::uint32_t>(
          kMinMatch + common_length(at + kMinMatch, match + kMinMatch, limit));
      if (length > longest) {
        longest = length;
        best = {length, position - candidate};
        if (length >= room) break;
      }
    }
    const std::uint32_t step = step_[candidate & 0xFFFF];
    if (step == 0 || step > candidate) break;
    candidate -= step;
  }
  return best;
}

namespace {

// Writes sequences, refusing what does not fit.
class Sink {
 public:
  Sink(std::byte* out, std::size_t size) : start_(out), op_(out), end_(out + size) {}
  bool put(const std::byte* literals, std::size_t count, std::uint32_t length,
           std::uint32_t distance) noexcept {
    const std::size_t code = length - kMinMatch;
    const std::size_t needed = 1 + count + count / 255 + 1 + 2 + code / 255 + 1;
    // The last literals of the block come after any match.
    if (needed + 1 + kLastLiterals > static_cast<std::size_t>(end_ - op_)) return false;
    std::byte& token = *op_++;
    token = static_cast<std::byte>(std::min<std::size_t>(count, kRunMask) << 4 |
                                   std::min<std::size_t>(code, kRunMask));
    if (count >= kRunMask) op_ = put_length(op_, count - kRunMask);
    if (count != 0) std::memcpy(op_, literals, count);
    op_ += count;
    store_le16(op_, static_cast<std::uint16_t>(distance));
    op_ += 2;
    if (code >= kRunMask) op_ = put_length(op_, code - kRunMask);
    return true;
  }
  std::size_t finish(const std::byte* literals, std::size_t count) noexcept {
    std::byte* const done = put_last_literals(op_, end_, literals, count);
    return done == nullptr ? 0 : static_cast<std::size_t>(done - start_);
  }

 private:
  std::byte* start_;
  std::byte* op_;
  std::byte* end_;
};

struct Block {
  HashChains& chains;
  const Window& window;
  const std::byte* match_limit;  // no match goes beyond
  std::uint32_t last_start;      // no match begins after
  unsigned attempts;
};

// Bytes that a run of literals or a match adds to the block.
inline std::uint32_t literal_cost(std::uint32_t count) noexcept {
  return count + (count >= kRunMask ? 1 + (count - kRunMask) / 255 : 0);
}
inline std::uint32_t match_cost(std::uint32_t length) noexcept {
  const auto code = length - static_cast<std::uint32_t>(kMinMatch);
  return 3 + (code >= kRunMask ? 1 + (code - kRunMask) / 255 : 0);  // token, offset, length bytes
}

// Within a stretch of positions: the cheapest way to reach each from the first.
class CheapestParse {
 public:
  static constexpr std::uint32_t kStretch = 4096;

  bool resize() noexcept {
    try {
      nodes_.resize(kStretch + 1);
      steps_.reserve(kStretch / kMinMatch + 1);
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }

  std::size_t encode(const Block& block, Sink& sink, std::uint32_t sufficient) noexcept {
    const std::byte* const base = block.window.base;
    std::uint32_t anchor = block.window.start;
    std::uint32_t at = anchor;
    while (at <= block.last_start) {
      const HashChains::Match first =
          block.chains.find(block.window, at, block.match_limit, 0, block.attempts);
      if (first.length == 0) {
        ++at;
        continue;
      }
      if (first.length >= sufficient) {
        if (!sink.put(base + anchor, at - anchor, first.length, first.distance)) return 0;
        at = anchor = at + first.length;
        continue;
      }
      const std::uint32_t reached = parse(block, at, at - anchor, first, sufficient);
      for (const Step& step : steps_) {
        if (!sink.put(base + anchor, step.start - anchor, step.length, step.distance)) return 0;
        anchor = step.start + step.length;
      }
      at = reached;
    }
    return sink.finish(base + anchor, block.window.end - anchor);
  }

 private:
  struct Node {
    std::uint32_t price;
    std::uint32_t literals;  // that end here
    std::uint32_t length;    // of the match that ends here; 0: a literal does
    std::uint32_t distance;
  };
  struct Step {
    std::uint32_t start, length, distance;
  };

  void offer(std::uint32_t from, const HashChains::Match& match, std::uint32_t& farthest) {
    const std::uint32_t room = kStretch - from;
    const std::uint32_t longest = std::min(match.length, room);
    for (std::uint32_t length = kMinMatch; length <= longest; ++length) {
      Node& node = nodes_[from + length];
      const std::uint32_t price = nodes_[from].price + match_cost(length);
      if (from + length > farthest) {
        for (std::uint32_t i = farthest + 1; i <= from + length; ++i) nodes_[i].price = ~0U;
        farthest = from + length;
      }
      if (price <= node.price) node = {price, 0, length, match.distance};
    }
  }

  // Fills steps_ with the matches of the cheapest way from `start`; where it ends.
  std::uint32_t parse(const Block& block, std::uint32_t start, std::uint32_t literals,
                      const HashChains::Match& first, std::uint32_t sufficient) noexcept {
    nodes_[0] = {literal_cost(literals), literals, 0, 0};
    std::uint32_t farthest = 0;
    offer(0, first, farthest);
    std::uint32_t at = 1;
    HashChains::Match last;  // a match long enough to end the search
    for (; at < farthest; ++at) {
      // From the position before by a literal.
      const Node& before = nodes_[at - 1];
      const std::uint32_t price =
          before.price - literal_cost(before.literals) + literal_cost(before.literals + 1);
      if (price < nodes_[at].price) nodes_[at] = {price, before.literals + 1, 0, 0};
      if (start + at > block.last_start || at + kMinMatch > kStretch) continue;
      // Where the way on from here is no cheaper than being further already, nothing is gained.
      if (nodes_[at + 1].price <= nodes_[at].price) continue;
      const HashChains::Match match =
          block.chains.find(block.window, start + at, block.match_limit, 0, block.attempts);
      if (match.length == 0) continue;
      if (match.length >= sufficient) {
        last = match;
        break;
      }
      offer(at, match, farthest);
    }
    steps_.clear();
    std::uint32_t end = start + at;
    if (last.length != 0) {
      steps_.push_back({start + at, last.length, last.distance});
      end += last.length;
    }
    // The end is the farthest a match reaches, so unless `last` cut the way short it is a match's.
    for (std::uint32_t i = at; i > 0;) {
      const Node& node = nodes_[i];
      if (node.length == 0) {
        --i;
        continue;
      }
      i -= node.length;
      steps_.push_back({start + i, node.length, node.distance});
    }
    std::reverse(steps_.begin(), steps_.end());
    return end;
  }

  std::vector<Node> nodes_;
  std::vector<Step> steps_;
};

}  // namespace

std::size_t encode_hc(HashChains& chains, const Window& window, std::byte* out,
                      std::size_t out_size, int level) noexcept {
  Sink sink(out, out_size);
  const std::uint32_t size = window.end - window.start;
  if (size <= kMatchMargin) return sink.finish(window.base + window.start, size);
  // How many candidates are compared at each position, and the length of a match that is taken
  // without looking further.
  struct Effort {
    unsigned attempts;
    std::uint32_t sufficient;
  };
  static constexpr Effort kEfforts[] = {
      {16, 24}, {20, 32},  {24, 40},  {32, 48},   {48, 64},
      {80, 64}, {160, 80}, {256, 96}, {512, 128}, {16384, CheapestParse::kStretch}};
  static_assert(std::size(kEfforts) == kMaxHcLevel - kMinHcLevel + 1);
  const Effort& effort = kEfforts[std::clamp(level, kMinHcLevel, kMaxHcLevel) - kMinHcLevel];
  const Block block{chains, window, window.base + window.end - kLastLiterals,
                    window.end - static_cast<std::uint32_t>(kMatchMargin), effort.attempts};
  CheapestParse parse;
  if (!parse.resize()) return 0;
  return parse.encode(block, sink, effort.sufficient);
}

}  // namespace detail

std::size_t compress_hc(ByteSpan in, MutableByteSpan out, int level) noexcept {
  using namespace detail;
  if (in.size() > kMaxInputSize) return 0;
  const std::unique_ptr<HashChains> chains(new (std::nothrow) HashChains);
  if (chains == nullptr) return 0;
  // Positions begin where an empty table entry, 0, is out of reach.
  constexpr std::uint32_t kStart = kMaxDistance + 1;
  chains->reset(kStart);
  const std::byte nothing{};
  const std::byte* const start = in.empty() ? &nothing : in.data();
  const Window window{start - kStart, kStart, kStart,
                      kStart + static_cast<std::uint32_t>(in.size())};
  return encode_hc(*chains, window, out.data(), out.size(),
                   std::clamp(level, kMinHcLevel, kMaxHcLevel));
}

std::size_t compress_with_dictionary(ByteSpan in, MutableByteSpan out, ByteSpan dictionary,
                                     int level) {
  using namespace detail;
  if (in.size() > kMaxInputSize) return 0;
  if (dictionary.size() > kMaxDistance)
    dictionary = dictionary.subspan(dictionary.size() - kMaxDistance);
  std::vector<std::byte> both(dictionary.begin(), dictionary.end());
  both.insert(both.end(), in.begin(), in.end());
  constexpr std::uint32_t kLow = kMaxDistance + 1;
  const auto start = static_cast<std::uint32_t>(kLow + dictionary.size());
  const Window window{both.data() - kLow, kLow, start,
                      start + static_cast<std::uint32_t>(in.size())};
  if (level < kMinHcLevel) {
    PositionTable table{};
    enter_history(table, window);
    return encode_fast(table, window, out.data(), out.size(), 1);
  }
  const auto chains = std::make_unique<HashChains>();
  chains->reset(kLow);
  return encode_hc(*chains, window, out.data(), out.size(), std::min(level, kMaxHcLevel));
}

}  // namespace avila::compress::lz4
