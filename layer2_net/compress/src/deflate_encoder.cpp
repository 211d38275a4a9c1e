#include "deflate_encoder.hpp"

#include <avila/hash/adler32.hpp>
#include <avila/hash/crc32.hpp>
#include <bit>
#include <optional>

namespace avila::compress::detail {
namespace {

// By level: candidates compared at a position, and the length of a match that is taken at once.
struct Effort {
  unsigned attempts;
  std::uint32_t nice;
};
constexpr Effort kEfforts[] = {{0, 0},   {0, 0},   {6, 10},    {12, 14},   {14, 30},
                               {16, 30}, {35, 65}, {100, 130}, {300, 258}, {600, 258}};

// Gathers the sequences of a block, and says when another block should begin: when what came
// lately is distributed otherwise than what came before.
class Splitter {
 public:
  Splitter(BitWriter& writer, Sink& out, const Piece& piece, bool last,
           std::vector<DeflateSequence>& sequences)
      : writer_(writer),
        out_(out),
        piece_(piece),
        last_(last),
        sequences_(sequences),
        block_(piece.start),
        at_(piece.start) {
    sequences_.clear();
  }

  /// A match at `position`, before which all since the last one are literals.
  void match(std::uint32_t position, Match match) {
    sequences_.push_back({position - at_, static_cast<std::uint16_t>(match.length),
                          static_cast<std::uint16_t>(match.distance)});
    at_ = position + match.length;
    ++recent_[match.length < 9 ? 8 : 9];
    ++recent_count_;
  }
  void literal(std::byte byte) {
    const auto value = static_cast<unsigned>(byte);
    ++recent_[((value >> 5) & 6) | (value & 1)];
    ++recent_count_;
  }
  /// To be asked between sequences; `position` is where the next one begins.
  void maybe_end(std::uint32_t position) {
    if (recent_count_ < kCheckEvery) return;
    if (position - block_ < kLeastBlock || piece_.end - position < kLeastBlock) {
      if (position - block_ < kLeastBlock) merge();
      return;
    }
    if (differs(position - block_))
      end(position, false);
    else
      merge();
  }
  void finish() { end(piece_.end, true); }

 private:
  static constexpr std::uint32_t kCheckEvery = 512, kLeastBlock = 5000;

  bool differs(std::uint32_t length) const {
    if (count_ == 0) return false;
    std::uint64_t delta = 0;
    for (unsigned i = 0; i < before_.size(); ++i) {
      const std::uint64_t a = std::uint64_t{before_[i]} * recent_count_;
      const std::uint64_t b = std::uint64_t{recent_[i]} * count_;
      delta += a > b ? a - b : b - a;
    }
    // The longer the block, the less it takes.
    const std::uint64_t whole = std::uint64_t{count_} * recent_count_;
    return delta + whole * (length / 4096) / 256 >= whole * 200 / 512;
  }
  void merge() {
    for (unsigned i = 0; i < before_.size(); ++i) before_[i] += recent_[i];
    count_ += recent_count_;
    recent_ = {};
    recent_count_ = 0;
  }
  void end(std::uint32_t position, bool piece_ends) {
    if (position == block_ && !(piece_ends && last_)) return;
    sequences_.push_back({position - at_, 0, 0});
    write_deflate_block(writer_, out_, {piece_.base + block_, position - block_}, sequences_,
                        piece_ends && last_);
    sequences_.clear();
    block_ = at_ = position;
    before_ = recent_ = {};
    count_ = recent_count_ = 0;
  }

  BitWriter& writer_;
  Sink& out_;
  const Piece& piece_;
  bool last_;
  std::vector<DeflateSequence>& sequences_;
  std::uint32_t block_;  // where the block begins
  std::uint32_t at_;     // where the literals since the last match begin
  std::array<std::uint32_t, 10> before_{}, recent_{};
  std::uint32_t count_ = 0, recent_count_ = 0;
};

// Short matches cost more than literals where few bytes occur, as in text.
std::uint32_t least_match(ByteSpan content, unsigned attempts) {
  std::array<bool, 256> seen{};
  for (const std::byte b : content.first(std::min<std::size_t>(content.size(), 4096)))
    seen[static_cast<std::uint8_t>(b)] = true;
  const auto used = std::count(seen.begin(), seen.end(), true);
  std::uint32_t least = used < 6    ? 9
                        : used < 10 ? 7
                        : used < 16 ? 6
                        : used < 45 ? 5
                        : used < 80 ? 4
                                    : 3;
  if (attempts < 5)
    least = std::min(least, 4U);
  else if (attempts < 10)
    least = std::min(least, 5U);
  return least;
}

// No match begins where fewer bytes follow than are hashed ahead.
constexpr std::uint32_t kTail = 8;
// Where no match was found for a while, as in what is compressed already, not every position is
// looked at: literals from `at` on, of which the last match ended at `since`.
std::uint32_t literals_at_once(std::uint32_t at, std::uint32_t since) noexcept {
  return 1 + std::min((at - since) >> 10, 7U);
}

// Of a long match that many positions are entered at either end: what is alike between them was
// alike before.
constexpr std::uint32_t kEnds = 32;

}  // namespace

DeflateCore::DeflateCore(Wrapper wrapper, int level, ByteSpan dictionary)
    : wrapper_(wrapper),
      level_(level),
      has_dictionary_(!dictionary.empty()),
      check_(wrapper == Wrapper::Zlib ? 1 : 0) {
  if (has_dictionary_ && wrapper == Wrapper::Zlib) dictionary_id_ = hash::adler32(dictionary);
  if (level_ == 1) fast_ = std::make_unique<DeflateFast>();
  if (level_ > 1) chains_ = std::make_unique<DeflateChains>();
  forget();
}

void DeflateCore::forget() {
  if (fast_ != nullptr) fast_->reset();
  if (chains_ != nullptr) chains_->reset();
}

void DeflateCore::begin(Sink& out) {
  const auto put = [&](unsigned byte) { out.push_back(static_cast<std::byte>(byte)); };
  if (wrapper_ == Wrapper::Zlib) {
    const unsigned effort = level_ <= 1 ? 0 : level_ < 6 ? 1 : level_ == 6 ? 2 : 3;
    unsigned header = 0x7800 | effort << 6 | (has_dictionary_ ? 0x20U : 0U);
    header += 31 - header % 31;
    put(header >> 8), put(header & 0xFF);
    if (has_dictionary_)
      for (int shift = 24; shift >= 0; shift -= 8) put(dictionary_id_ >> shift & 0xFF);
  } else if (wrapper_ == Wrapper::Gzip) {
    // No name, no time: the same input gives the same bytes. 255: unknown system.
    const unsigned effort = level_ == 9 ? 2 : level_ == 1 ? 4 : 0;
    for (const unsigned byte : {0x1FU, 0x8BU, 8U, 0U, 0U, 0U, 0U, 0U, effort, 255U}) put(byte);
  }
}

void DeflateCore::prime(const Piece& dictionary) {
  if (dictionary.start - dictionary.low < kTail) return;
  const std::uint32_t end = dictionary.start - kTail + 1;
  if (fast_ != nullptr) fast_->enter(dictionary.base, dictionary.low, end);
  if (chains_ != nullptr)
    for (std::uint32_t at = dictionary.low; at < end; ++at) chains_->enter(dictionary.base, at);
}

void DeflateCore::encode(const Piece& piece, bool last, Sink& out) {
  const ByteSpan content = piece.content();
  if (wrapper_ == Wrapper::Zlib) check_ = hash::adler32(content, check_);
  if (wrapper_ == Wrapper::Gzip) check_ = hash::crc32(content, check_);
  size_ += static_cast<std::uint32_t>(content.size());
  if (level_ <= 0)
    write_stored_blocks(writer_, out, content, last);
  else if (level_ == 1)
    parse_fast(piece, last, out);
  else if (level_ <= 4)
    parse_greedy(piece, last, out);
  else if (level_ <= 7)
    parse_lazy<false>(piece, last, out);
  else
    parse_lazy<true>(piece, last, out);
  if (!last) return;
  if (writer_.count != 0) {
    writer_.open(out, 8);
    writer_.align();
    writer_.close(out);
  }
  finish_wrapper(out);
}

void DeflateCore::finish_wrapper(Sink& out) {
  std::byte trailer[8];
  if (wrapper_ == Wrapper::Zlib) {
    store_be32(trailer, check_);
    append(out, {trailer, 4});
  } else if (wrapper_ == Wrapper::Gzip) {
    store_le32(trailer, check_);
    store_le32(trailer + 4, size_);
    append(out, trailer);
  }
}

// In parts, which become one block where that costs next to nothing: a block's codes take time to
// be made, and to be read.
void DeflateCore::parse_fast(const Piece& piece, bool last, Sink& out) {
  constexpr std::uint32_t kPart = 16U << 10, kMostBlock = 128U << 10;
  constexpr std::uint64_t kNextToNothing = 256;  // bits
  if (piece.start == piece.end && !last) return;
  sequences_.clear();
  sequences_.reserve(std::min<std::size_t>(piece.content().size(), kPart));
  std::optional<DeflateBlock> block;
  std::size_t in_block = 0;           // sequences of it
  std::uint32_t start = piece.start;  // of the block
  const auto write = [&](std::uint32_t end, bool ends) {
    const auto sequences = std::span<const DeflateSequence>(sequences_).first(in_block);
    block->write(writer_, out, {piece.base + start, end - start}, sequences, ends);
  };
  for (std::uint32_t at = piece.start, end = at;; at = end) {
    const std::uint32_t target = piece.end - at <= kPart + kPart / 2 ? piece.end : at + kPart;
    end = fast_->find({piece.base, piece.low, at, piece.end}, target, sequences_);
    const DeflateBlock part({piece.base + at, end - at},
                            std::span<const DeflateSequence>(sequences_).subspan(in_block));
    if (block.has_value()) {
      const DeflateBlock both(*block, part);
      if (end - start <= kMostBlock &&
          both.bits() <= block->bits() + part.bits() + kNextToNothing) {
        block = both;
      } else {
        write(at, false);
        sequences_.erase(sequences_.begin(),
                         sequences_.begin() + static_cast<std::ptrdiff_t>(in_block));
        start = at;
        block = part;
      }
    } else {
      block = part;
    }
    in_block = sequences_.size();
    if (end == piece.end) break;
  }
  write(piece.end, last);
}

void DeflateCore::parse_greedy(const Piece& piece, bool last, Sink& out) {
  Splitter splitter(writer_, out, piece, last, sequences_);
  const Effort effort = kEfforts[level_];
  const std::byte* const limit = piece.base + piece.end;
  const std::uint32_t least = least_match(piece.content(), effort.attempts);
  std::uint32_t at = piece.start, since = at;
  while (at + kTail <= piece.end) {
    const Match match = chains_->find(piece.base, piece.low, at, limit, {least - 1, 0}, effort.nice,
                                      effort.attempts);
    if (match.distance == 0 || (match.length == 3 && match.distance > 4096)) {
      const std::uint32_t end = std::min(at + literals_at_once(at, since), piece.end);
      while (at < end) splitter.literal(piece.base[at++]);
      continue;
    }
    splitter.match(at, match);
    const std::uint32_t next = at + match.length;
    const std::uint32_t enter_end = std::min(next, piece.end - kTail);
    const std::uint32_t front = std::min(at + kEnds, enter_end);
    const std::uint32_t back = next - std::min(match.length, kEnds);
    for (++at; at < front; ++at) chains_->enter(piece.base, at);
    for (at = std::max(at, back); at < enter_end; ++at) chains_->enter(piece.base, at);
    since = at = next;
    splitter.maybe_end(at);
  }
  splitter.finish();
}

// A match waits for a better one at the next position (kTwice: or the one after it).
template <bool kTwice>
void DeflateCore::parse_lazy(const Piece& piece, bool last, Sink& out) {
  Splitter splitter(writer_, out, piece, last, sequences_);
  const Effort effort = kEfforts[level_];
  const std::byte* const base = piece.base;
  const std::byte* const limit = base + piece.end;
  const std::uint32_t least = least_match(piece.content(), effort.attempts);
  const std::uint32_t safe = piece.end - std::min(piece.end - piece.start, kTail);
  const auto find = [&](std::uint32_t at, std::uint32_t more_than, unsigned attempts) {
    return chains_->find(base, piece.low, at, limit, {more_than, 0}, effort.nice, attempts);
  };
  const auto log = [](std::uint32_t n) { return static_cast<int>(std::bit_width(n)); };
  // Four literals' bits a byte longer, against those of a farther distance.
  const auto gain = [&](const Match& now, const Match& next) {
    return 4 * (static_cast<int>(next.length) - static_cast<int>(now.length)) + log(now.distance) -
           log(next.distance);
  };
  std::uint32_t at = piece.start, since = at;
  while (at < safe) {
    Match now = find(at, least - 1, effort.attempts);
    if (now.distance == 0 || (now.length == 3 && now.distance > 8192)) {
      const std::uint32_t end = std::min(at + literals_at_once(at, since), piece.end);
      while (at < end) splitter.literal(base[at++]);
      continue;
    }
    std::uint32_t entered = at + 1;  // positions below are in the chains
    while (now.length < effort.nice && entered < safe) {
      const Match next = find(at + 1, now.length - 1, effort.attempts / 2);
      entered = at + 2;
      if (next.distance != 0 && gain(now, next) > 2) {
        splitter.literal(base[at]);
        ++at;
        now = next;
        continue;
      }
      if constexpr (kTwice) {
        if (entered >= safe) break;
        const Match after = find(at + 2, now.length - 1, effort.attempts / 4);
        entered = at + 3;
        if (after.distance != 0 && gain(now, after) > 6) {
          splitter.literal(base[at]);
          splitter.literal(base[at + 1]);
          at += 2;
          now = after;
          continue;
        }
      }
      break;
    }
    splitter.match(at, now);
    since = at += now.length;
    for (const std::uint32_t end = std::min(at, safe); entered < end; ++entered)
      chains_->enter(base, entered);
    splitter.maybe_end(at);
  }
  splitter.finish();
}

}  // namespace avila::compress::detail
