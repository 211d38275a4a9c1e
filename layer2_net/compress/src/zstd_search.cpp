#include "zstd_search.hpp"

#include <algorithm>

#include "match_tree.hpp"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace avila::compress::detail::zstd {
namespace {

constexpr std::uint32_t kTail = 8;        // no match begins where fewer bytes follow
constexpr std::uint32_t kPatience = 256;  // bytes without a match that make a step longer

constexpr std::uint32_t kDull = 8;  // steps so long leave out what is between

struct Best {
  std::uint32_t length = 0, distance = 0;
};

}  // namespace

Effort effort_of(int level, std::uint64_t size) {
  static constexpr Effort kEfforts[] = {
      {19, 0, 14, 1, 7, 0, Strategy::Fast},        {20, 0, 16, 1, 6, 0, Strategy::Fast},
      {21, 16, 17, 1, 5, 0, Strategy::DoubleFast}, {21, 18, 18, 1, 5, 0, Strategy::DoubleFast},
      {21, 0, 18, 8, 5, 32, Strategy::Greedy},     {21, 0, 18, 8, 5, 32, Strategy::Lazy},
      {21, 0, 19, 12, 5, 48, Strategy::Lazy},      {21, 0, 19, 12, 5, 64, Strategy::Lazy2},
      {22, 0, 19, 16, 5, 64, Strategy::Lazy2},     {22, 0, 20, 24, 5, 96, Strategy::Lazy2},
      {22, 0, 21, 48, 5, 128, Strategy::Lazy2},    {22, 0, 21, 48, 4, 192, Strategy::Lazy2},
      {22, 22, 20, 6, 4, 64, Strategy::Optimal},   {22, 22, 20, 8, 4, 96, Strategy::Optimal},
      {22, 22, 20, 12, 4, 128, Strategy::Optimal}, {22, 22, 20, 32, 4, 128, Strategy::Optimal},
      {23, 22, 20, 64, 4, 160, Strategy::Optimal}, {23, 22, 20, 96, 3, 192, Strategy::Optimal},
      {23, 23, 20, 128, 3, 256, Strategy::Optimal}};
  // Less content affords more effort, and has fewer of the long matches.
  const bool small = size <= 256U << 10;
  Effort effort = kEfforts[std::clamp(level, 1, 19) - 1];
  if (small && level == 4) effort = {18, 0, 16, 3, 5, 32, Strategy::Greedy};
  if (size <= 128U << 10 && level == 4) effort = kEfforts[2];
  if (small && (level == 11 || level == 12)) {
    effort.chain_log = 18;
    effort.attempts = level == 11 ? 64 : 96;
    effort.min_match = 5;
  }
  if (small && level >= 15) effort.min_match = 3;
  return fitted(effort, size);
}

Effort fitted(Effort effort, std::uint64_t size) {
  const auto log = static_cast<unsigned>(std::bit_width(std::max<std::uint64_t>(size, 1024) - 1));
  effort.window_log = std::min(effort.window_log, log);
  effort.hash_log = std::min(effort.hash_log, log);
  effort.chain_log = std::min(effort.chain_log, log);
  return effort;
}

void Search::forget() {
  std::fill(hashes_.begin(), hashes_.end(), 0);
  std::fill(chain_.begin(), chain_.end(), 0);
  std::fill(tags_.begin(), tags_.end(), std::byte{0});
  next_ = 0;
  if (optimal_ != nullptr) tree().forget();
}

template <unsigned kMin>
void Search::enter_until(const std::byte* base, std::uint32_t end) {
  const std::uint32_t mask = static_cast<std::uint32_t>(chain_.size()) - 1;
  for (; next_ < end; ++next_) {
    std::uint32_t& head = hashes_[hash_bytes<kMin>(load_le64(base + next_), effort_.hash_log)];
    chain_[next_ & mask] = head;
    head = next_;
  }
}

// Rows of 15 positions a hash, each with a byte of more hash beside it, and the place of the newest
// in the row's first byte: one look says which of them are worth another.
template <unsigned kMin>
class Search::Rows {
 public:
  Rows(Search& search, const Piece& piece)
      : search_(search),
        base_(piece.base),
        limit_(piece.base + piece.end),
        low_(piece.low),
        last_hashed_(piece.end - kTail),
        bits_(search.effort_.hash_log + 4),
        skip_(search.effort_.strategy == Strategy::Greedy ? 64 : 384),
        kept_(search.effort_.strategy == Strategy::Greedy ? 16 : 64) {
    search_.next_ = std::max(search_.next_, piece.low);
  }

  void enter_until(std::uint32_t end) {
    for (; search_.next_ < end; ++search_.next_) enter(search_.next_);
  }
  /// What is before `at` is not entered.
  void pass_over(std::uint32_t at) { search_.next_ = std::max(search_.next_, at); }

  Best find(std::uint32_t at) {
    if (at > search_.next_ + skip_) {  // of a long match the ends suffice
      enter_until(search_.next_ + kept_);
      search_.next_ = at - kept_;
    }
    enter_until(at);
    const std::uint32_t hash = hash_of(at);
    std::byte* const tags = search_.tags_.data() + row_of(hash);
    std::uint32_t* const places = search_.hashes_.data() + row_of(hash);
    const auto newest = static_cast<unsigned>(tags[0]);
    // Bit i: the i-th newest has the same tag.
    std::uint32_t same = equal_tags(tags, static_cast<std::uint8_t>(hash)) & ~1U;
    same = (same >> newest | same << (kRow - newest)) & 0xFFFF;
    Best best{3, 0};
    const auto room = static_cast<std::uint32_t>(limit_ - (base_ + at));
    for (unsigned left = search_.effort_.attempts; same != 0 && left != 0; --left) {
      const auto place = (static_cast<unsigned>(std::countr_zero(same)) + newest) & (kRow - 1);
      same &= same - 1;
      const std::uint32_t candidate = places[place];
      if (candidate < low_) continue;
      const std::byte* const match = base_ + candidate;
      if (load_le32(match + best.length - 3) != load_le32(base_ + at + best.length - 3)) continue;
      const std::uint32_t length = common_length(base_ + at, match, limit_);
      if (length <= best.length) continue;
      best = {length, at - candidate};
      if (length >= search_.effort_.nice || length == room) break;
    }
    put(hash, at);
    search_.next_ = at + 1;
    return best;
  }

 private:
  static constexpr unsigned kRow = 16;
  static constexpr std::uint32_t kAhead = 8;

  std::uint32_t hash_of(std::uint32_t at) const noexcept {
    return hash_bytes<kMin>(load_le64(base_ + at), bits_);
  }
  static std::size_t row_of(std::uint32_t hash) noexcept {
    return static_cast<std::size_t>(hash >> 8) * kRow;
  }
  void enter(std::uint32_t at) {
    if (at + kAhead < last_hashed_) {
      const std::size_t row = row_of(hash_of(at + kAhead));
      prefetch(search_.tags_.data() + row);
      prefetch(search_.hashes_.data() + row);
    }
    put(hash_of(at), at);
  }
  void put(std::uint32_t hash, std::uint32_t at) {
    std::byte* const tags = search_.tags_.data() + row_of(hash);
    unsigned newest = (static_cast<unsigned>(tags[0]) - 1) & (kRow - 1);
    if (newest == 0) newest = kRow - 1;
    tags[0] = static_cast<std::byte>(newest);
    tags[newest] = static_cast<std::byte>(hash & 0xFF);
    search_.hashes_[row_of(hash) + newest] = at;
  }
  static std::uint32_t equal_tags(const std::byte* tags, std::uint8_t tag) noexcept {
#if defined(__SSE2__)
    const __m128i row = _mm_loadu_si128(reinterpret_cast<const __m128i*>(tags));
    return static_cast<std::uint32_t>(
        _mm_movemask_epi8(_mm_cmpeq_epi8(row, _mm_set1_epi8(static_cast<char>(tag)))));
#else
    std::uint32_t mask = 0;
    for (unsigned i = 0; i < kRow; ++i)
      mask |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(tags[i]) == tag) << i;
    return mask;
#endif
  }

  Search& search_;
  const std::byte* base_;
  const std::byte* limit_;
  std::uint32_t low_, last_hashed_;
  unsigned bits_;  // of the row and the tag
  std::uint32_t skip_, kept_;
};

void Search::prime(const Piece& piece) {
  if (piece.start - piece.low < kTail) return;
  const std::uint32_t end = piece.start - kTail;
  if (effort_.strategy == Strategy::Fast) {
    for (std::uint32_t at = piece.low; at < end; at += 2)
      hashes_[effort_.min_match == 7
                  ? hash_bytes<7>(load_le64(piece.base + at), effort_.hash_log)
                  : hash_bytes<6>(load_le64(piece.base + at), effort_.hash_log)] = at;
  } else if (effort_.strategy == Strategy::DoubleFast) {
    for (std::uint32_t at = piece.low; at < end; ++at) {
      const std::uint64_t word = load_le64(piece.base + at);
      hashes_[hash_bytes<8>(word, effort_.hash_log)] = at;
      chain_[hash_bytes<5>(word, effort_.chain_log)] = at;
    }
  } else if (effort_.strategy == Strategy::Optimal) {
    tree().enter({piece.base, piece.low, piece.low, piece.start}, piece.low, end);
  } else {
    next_ = std::max(next_, piece.low);
    const bool four = effort_.min_match == 4;
    if (rows()) {
      const Piece whole{piece.base, piece.low, piece.low, piece.start};
      four ? Rows<4>(*this, whole).enter_until(end) : Rows<5>(*this, whole).enter_until(end);
    } else {
      four ? enter_until<4>(piece.base, end) : enter_until<5>(piece.base, end);
    }
  }
}

std::span<const Sequence> Search::run(const Piece& piece, RecentOffsets& recent) {
  const std::size_t most = (piece.end - piece.start) / kMinMatch + 1;
  if (room_ < most) {
    sequences_ = std::make_unique_for_overwrite<Sequence[]>(most);
    room_ = most;
  }
  Found found(sequences_.get(), recent, piece);
  if (piece.end - piece.start > kTail) {
    const bool four = effort_.min_match == 4;
    switch (effort_.strategy) {
      case Strategy::Fast:
        effort_.min_match == 7 ? fast<7>(piece, found) : fast<6>(piece, found);
        break;
      case Strategy::DoubleFast: double_fast<5>(piece, found); break;
      case Strategy::Optimal: optimal(piece, found); break;
      default:
        if (rows())
          four ? lazy_rows<4>(piece, found) : lazy_rows<5>(piece, found);
        else
          four ? lazy<4>(piece, found) : lazy<5>(piece, found);
    }
  }
  recent.of = found.offsets;
  return {sequences_.get(), found.end()};
}

// One probe a position and one of the last offset a pair of them: where nothing is found, the pairs
// lie ever further apart.
template <unsigned kMin>
void Search::fast(const Piece& piece, Found& result) {
  Found found = result;  // a copy of its own stays in registers
  const std::byte* const base = piece.base;
  const std::byte* const limit = base + piece.end;
  const unsigned log = effort_.hash_log;
  std::uint32_t* const table = hashes_.data();
  const std::uint32_t last = piece.end - kTail, low = piece.low;
  const auto entry_of = [&](std::uint64_t word) -> std::uint32_t& {
    return table[hash_bytes<kMin>(word, log)];
  };
  std::uint32_t at = piece.start + (piece.start == low ? 1 : 0);
  while (at + 2 < last) {
    const std::uint32_t rep = found.offsets[0] <= at - low ? found.offsets[0] : 0;
    std::uint32_t position, distance, step = 2, patience = at + kPatience;
    bool repeats = false;
    while (true) {
      const std::uint64_t first = load_le64(base + at), second = load_le64(base + at + 1);
      std::uint32_t& first_entry = entry_of(first);
      const std::uint32_t candidate = first_entry;
      first_entry = at;
      if (load_le32(base + at + 2 - rep) == static_cast<std::uint32_t>(first >> 16) && rep != 0) {
        position = at + 2, distance = rep, repeats = true;
        break;
      }
      if (candidate >= low && load_le32(base + candidate) == static_cast<std::uint32_t>(first)) {
        position = at, distance = at - candidate;
        break;
      }
      std::uint32_t& second_entry = entry_of(second);
      const std::uint32_t other = second_entry;
      second_entry = at + 1;
      if (other >= low && load_le32(base + other) == static_cast<std::uint32_t>(second)) {
        position = at + 1, distance = position - other;
        break;
      }
      at += step;
      if (at + 2 >= last) return result = found, void();
      if (at >= patience) ++step, patience += kPatience;
    }
    std::uint32_t length =
        4 + common_length(base + position + 4, base + position + 4 - distance, limit);
    if (repeats) {
      if (base[position - 1] == base[position - 1 - distance]) --position, ++length;
      found.repeat_match(position, length);
    } else {
      while (position > found.anchor && position - distance > low &&
             base[position - 1] == base[position - 1 - distance])
        --position, ++length;
      found.fresh_match(position, length, distance);
    }
    const std::uint32_t began = at;
    at = position + length;
    if (at >= last) break;
    entry_of(load_le64(base + began + 2)) = began + 2;
    entry_of(load_le64(base + at - 2)) = at - 2;
    // The offset before the last often goes on at once.
    while (at < last) {
      const std::uint32_t before = found.offsets[1];
      if (before > at - low || load_le32(base + at) != load_le32(base + at - before)) break;
      const std::uint32_t n = 4 + common_length(base + at + 4, base + at + 4 - before, limit);
      entry_of(load_le64(base + at)) = at;
      found.second_match(n);
      at += n;
    }
  }
  result = found;
}

// Two probes: eight bytes first, else kMin.
template <unsigned kMin>
void Search::double_fast(const Piece& piece, Found& result) {
  Found found = result;  // a copy of its own stays in registers
  const std::byte* const base = piece.base;
  const std::byte* const limit = base + piece.end;
  const unsigned long_log = effort_.hash_log, short_log = effort_.chain_log;
  std::uint32_t* const longs = hashes_.data();
  std::uint32_t* const shorts = chain_.data();
  const std::uint32_t last = piece.end - kTail, low = piece.low;
  std::uint32_t at = piece.start + (piece.start == low ? 1 : 0);
  while (at < last) {
    const std::uint32_t rep = found.offsets[0];
    const std::uint64_t word = load_le64(base + at);
    std::uint32_t& long_entry = longs[hash_bytes<8>(word, long_log)];
    std::uint32_t& short_entry = shorts[hash_bytes<kMin>(word, short_log)];
    const std::uint32_t far = long_entry, near = short_entry;
    long_entry = short_entry = at;
    std::uint32_t position, length, distance;
    if (rep <= at + 1 - low &&
        static_cast<std::uint32_t>(word >> 8) == load_le32(base + at + 1 - rep)) {
      position = at + 1;
      distance = rep;
      length = 4 + common_length(base + position + 4, base + position + 4 - rep, limit);
    } else {
      std::uint32_t candidate;
      position = at;
      if (far >= low && load_le64(base + far) == word) {
        candidate = far;
      } else if (near >= low && load_le32(base + near) == static_cast<std::uint32_t>(word)) {
        candidate = near;
        // Perhaps the next position has a long one.
        const std::uint64_t next = load_le64(base + at + 1);
        std::uint32_t& next_entry = longs[hash_bytes<8>(next, long_log)];
        const std::uint32_t other = next_entry;
        next_entry = at + 1;
        if (other >= low && load_le64(base + other) == next) {
          candidate = other;
          position = at + 1;
        }
      } else {
        at += 1 + ((at - found.anchor) >> 8);
        continue;
      }
      distance = position - candidate;
      length = 4 + common_length(base + position + 4, base + candidate + 4, limit);
      while (position > found.anchor && position - distance > low &&
             base[position - 1] == base[position - 1 - distance])
        --position, ++length;
    }
    found.match(position, length, distance);
    const std::uint32_t began = at;
    at = position + length;
    if (at >= last) break;
    for (const std::uint32_t place : {began + 2, at - 2}) {
      const std::uint64_t bytes = load_le64(base + place);
      longs[hash_bytes<8>(bytes, long_log)] = place;
      shorts[hash_bytes<kMin>(bytes, short_log)] = place;
    }
    while (at < last) {
      const std::uint32_t second = found.offsets[1];
      if (second > at - low || load_le32(base + at) != load_le32(base + at - second)) break;
      const std::uint32_t n = 4 + common_length(base + at + 4, base + at + 4 - second, limit);
      const std::uint64_t bytes = load_le64(base + at);
      longs[hash_bytes<8>(bytes, long_log)] = shorts[hash_bytes<kMin>(bytes, short_log)] = at;
      found.match(at, n, second);
      at += n;
    }
  }
  result = found;
}

// A match waits for a better one at the next positions.
template <class Finder>
void Search::choose(const Piece& piece, Found& result, Finder& finder) {
  Found found = result;
  const std::byte* const base = piece.base;
  const std::byte* const limit = base + piece.end;
  const std::uint32_t last = piece.end - kTail, low = piece.low;
  const unsigned depth = effort_.strategy == Strategy::Greedy ? 0
                         : effort_.strategy == Strategy::Lazy ? 1
                                                              : 2;
  const auto log = [](std::uint32_t n) { return static_cast<int>(std::bit_width(n)); };
  const auto repeats = [&](std::uint32_t at, std::uint32_t rep) -> std::uint32_t {
    if (rep > at - low || load_le32(base + at) != load_le32(base + at - rep)) return 0;
    return 4 + common_length(base + at + 4, base + at + 4 - rep, limit);
  };
  std::uint32_t at = piece.start + (piece.start == low ? 1 : 0);
  while (at < last) {
    const std::uint32_t rep = found.offsets[0];
    std::uint32_t start = at + 1, length = 0, distance = 0;
    if (const std::uint32_t n = repeats(at + 1, rep); n != 0) length = n, distance = rep;
    if (length == 0 || depth > 0) {
      const Best best = finder.find(at);
      if (best.distance != 0 && best.length > length)
        length = best.length, distance = best.distance, start = at;
    }
    if (length < 4) {
      const std::uint32_t more = (at - found.anchor) >> 8;
      at += 1 + more;
      if (more >= kDull) finder.pass_over(at);
      continue;
    }
    // The value of a match in fourths of a byte, less what its offset takes.
    const auto price = [&](std::uint32_t d) { return d == rep ? 1 : log(d + 3); };
    for (unsigned step = 0; step < depth && at + 1 < last && length < effort_.nice;) {
      ++at;
      ++step;
      const int weight = step == 1 ? 3 : 4, bonus = step == 1 ? 4 : 7;
      bool better = false;
      if (const std::uint32_t n = repeats(at, rep);
          n != 0 &&
          static_cast<int>(n) * weight > static_cast<int>(length) * weight - price(distance) + 1) {
        length = n, distance = rep, start = at;
        better = distance != rep;
      }
      const Best best = finder.find(at);
      if (best.distance != 0 && static_cast<int>(best.length) * 4 - price(best.distance) >
                                    static_cast<int>(length) * 4 - price(distance) + bonus) {
        length = best.length, distance = best.distance, start = at;
        better = true;
      }
      if (better) step = 0;
    }
    if (distance != rep)
      while (start > found.anchor && start - distance > low &&
             base[start - 1] == base[start - 1 - distance])
        --start, ++length;
    found.match(start, length, distance);
    at = start + length;
    while (at < last) {
      const std::uint32_t second = found.offsets[1], n = repeats(at, second);
      if (n == 0) break;
      found.match(at, n, second);
      at += n;
    }
  }
  result = found;
}

// Every position, chained by the hash of its first bytes.
template <unsigned kMin>
void Search::lazy(const Piece& piece, Found& found) {
  next_ = std::max(next_, piece.low);
  struct Chains {
    Search& search;
    const std::byte* base;
    const std::byte* limit;
    std::uint32_t low;
    void pass_over(std::uint32_t at) { search.next_ = std::max(search.next_, at); }
    Best find(std::uint32_t at) {
      search.enter_until<kMin>(base, at);
      std::uint32_t* const chain = search.chain_.data();
      const std::uint32_t mask = static_cast<std::uint32_t>(search.chain_.size()) - 1;
      const std::uint64_t word = load_le64(base + at);
      std::uint32_t& head = search.hashes_[hash_bytes<kMin>(word, search.effort_.hash_log)];
      std::uint32_t candidate = head;
      chain[at & mask] = head;
      head = at;
      search.next_ = at + 1;
      Best best{3, 0};
      const auto room = static_cast<std::uint32_t>(limit - (base + at));
      const std::uint32_t oldest = std::max(low, at > mask ? at - mask : 0);
      for (unsigned left = search.effort_.attempts; left != 0 && candidate >= oldest; --left) {
        const std::byte* const match = base + candidate;
        if (load_le32(match + best.length - 3) == load_le32(base + at + best.length - 3)) {
          const std::uint32_t length = common_length(base + at, match, limit);
          if (length > best.length) {
            best = {length, at - candidate};
            if (length >= search.effort_.nice || length == room) break;
          }
        }
        const std::uint32_t before = chain[candidate & mask];
        if (before >= candidate) break;
        candidate = before;
      }
      return best;
    }
  } chains{*this, piece.base, piece.base + piece.end, piece.low};
  choose(piece, found, chains);
}

template <unsigned kMin>
void Search::lazy_rows(const Piece& piece, Found& found) {
  Rows<kMin> rows(*this, piece);
  choose(piece, found, rows);
}

}  // namespace avila::compress::detail::zstd
