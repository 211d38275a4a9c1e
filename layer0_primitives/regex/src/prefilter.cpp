#include "prefilter.hpp"

#include <avila/simd/memory.hpp>

#include <algorithm>
#include <cstring>

namespace avila::regex::detail {
namespace {

// How often a byte is met in text, roughly: 0 (hardly) … 255.
unsigned frequency(std::uint8_t b) noexcept {
  constexpr std::string_view kOften = " etaoinsrhldcumfpgwybv";
  if (const std::size_t at = kOften.find(static_cast<char>(b)); at != std::string_view::npos)
    return 255 - static_cast<unsigned>(at) * 5;
  if (b >= 'a' && b <= 'z') return 90;
  if (b >= '0' && b <= '9') return 120;
  if (b == '\n' || b == '"' || b == ',' || b == '.') return 140;
  if (b >= 0x80) return b < 0xC0 ? 110 : 130;
  if (b >= 'A' && b <= 'Z') return 70;
  return b < ' ' ? 20 : 80;
}

// How many of a thousand bytes of text are this one, roughly.
double share(std::uint8_t b) noexcept {
  constexpr std::string_view kOften = " etaoinsrhldcumfpgwybv";
  constexpr double kShares[] = {130, 90, 65, 60, 55, 52, 50, 48, 46, 40, 32,
                                30,  22, 22, 18, 16, 16, 15, 15, 14, 12, 9};
  if (const std::size_t at = kOften.find(static_cast<char>(b)); at != std::string_view::npos)
    return kShares[at];
  if (b == '\n' || b == '"' || b == ',' || b == '.') return 15;
  if (b >= 0x80) return b < 0xC0 ? 3 : 2;
  if (b >= '0' && b <= '9') return 6;
  if (b >= 'A' && b <= 'Z') return 1.5;
  return b < ' ' ? 0.2 : 3;
}

bool lies_at(std::string_view literal, const char* at, std::size_t left) noexcept {
  return literal.size() <= left && std::memcmp(literal.data(), at, literal.size()) == 0;
}

}  // namespace

std::unique_ptr<Prefilter> Prefilter::make(std::vector<std::string> literals) {
  if (literals.empty() || literals.size() > kMaxLiterals) return nullptr;
  for (const std::string& literal : literals)
    if (literal.empty()) return nullptr;
  return std::unique_ptr<Prefilter>(new Prefilter(std::move(literals)));
}

Prefilter::Prefilter(std::vector<std::string> literals) : literals_(std::move(literals)) {
  shortest_ = literals_[0].size();
  std::size_t longest = 0;
  for (const std::string& literal : literals_) {
    shortest_ = std::min(shortest_, literal.size());
    longest = std::max(longest, literal.size());
  }
  if (longest == 1 && literals_.size() <= 3) {
    kind_ = Kind::Bytes;
  } else if (literals_.size() == 1) {
    kind_ = Kind::Pair;  // of the two rarest bytes
    const std::string& needle = literals_[0];
    std::vector<std::size_t> order(needle.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&needle](std::size_t a, std::size_t b) {
      const auto rank = [&needle](std::size_t i) {
        return frequency(static_cast<std::uint8_t>(needle[i]));
      };
      return rank(a) != rank(b) ? rank(a) < rank(b) : a < b;
    });
    for (int i = 0; i < 2; ++i) {
      pair_.offset[i] = order[static_cast<std::size_t>(i)];
      pair_.byte[i] = static_cast<std::uint8_t>(needle[pair_.offset[i]]);
    }
  }
  if (kind_ != Kind::Groups) return;
  tables_.positions = static_cast<unsigned>(std::min<std::size_t>(shortest_, 3));
  // Literals that begin alike share a group, so that each group says little.
  std::vector<std::uint32_t> order(literals_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [this](std::uint32_t a, std::uint32_t b) { return literals_[a] < literals_[b]; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t group = i * 8 / order.size();
    groups_[group].push_back(order[i]);
    for (unsigned k = 0; k < tables_.positions; ++k) {
      const auto b = static_cast<std::uint8_t>(literals_[order[i]][k]);
      tables_.low[k][b & 15U] |= static_cast<std::uint8_t>(1U << group);
      tables_.high[k][b >> 4U] |= static_cast<std::uint8_t>(1U << group);
    }
  }
  for (auto& group : groups_) std::sort(group.begin(), group.end());
}

std::unique_ptr<Prefilter> Prefilter::make(const std::vector<std::bitset<256>>& sets) {
  constexpr double kTooCommon = 1.0 / 12;
  double likely = 1;
  std::unique_ptr<Prefilter> out(new Prefilter);
  out->kind_ = Kind::Sets;
  out->shortest_ = out->tables_.positions = static_cast<unsigned>(sets.size());
  for (std::size_t k = 0; k < sets.size(); ++k) {
    double share_of_set = 0;
    for (unsigned b = 0; b < 256; ++b)
      if (sets[k][b]) share_of_set += share(static_cast<std::uint8_t>(b)) / 1000;
    likely *= share_of_set;
    // High halves with the same low halves share a bit; beyond eight, bits are used again, and
    // the answer is yes too often.
    std::vector<std::uint16_t> known;
    for (unsigned high = 0; high < 16; ++high) {
      std::uint16_t lows = 0;
      for (unsigned low = 0; low < 16; ++low)
        if (sets[k][high * 16 + low]) lows |= static_cast<std::uint16_t>(1U << low);
      if (lows == 0) continue;
      const auto at = std::find(known.begin(), known.end(), lows);
      const auto index = static_cast<unsigned>(at - known.begin());
      if (at == known.end()) known.push_back(lows);
      const auto mark = static_cast<std::uint8_t>(1U << (index % 8));
      out->tables_.high[k][high] = mark;
      for (unsigned low = 0; low < 16; ++low)
        if ((lows >> low & 1) != 0) out->tables_.low[k][low] |= mark;
    }
  }
  if (sets.empty() || likely > kTooCommon) return nullptr;
  return out;
}

Prefilter::Hit Prefilter::find_literal(std::string_view text, std::size_t at,
                                       std::size_t end) const noexcept {
  if (end - at < shortest_) return {};
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  if (kind_ == Kind::Bytes) {
    const auto byte = [this](std::size_t i) {
      return static_cast<std::byte>(literals_[std::min(i, literals_.size() - 1)][0]);
    };
    const ByteSpan rest = as_bytes(text.substr(at, end - at));
    const std::size_t found = literals_.size() == 1
                                  ? simd::find_byte(rest, byte(0))
                                  : simd::find_either(rest, byte(0), byte(1), byte(2));
    if (found == simd::kNotFound) return {};
    return {at + found, 1};
  }
  const std::size_t stop = end - shortest_ + 1;  // no literal begins here or later
  if (kind_ == Kind::Sets) {
    static const FindSetsFn find_sets = best_find_sets();
    at += find_sets(bytes + at, stop - at, tables_);
    return at >= stop ? Hit{} : Hit{at, 0};
  }
  if (kind_ == Kind::Pair) {
    static const FindPairFn find_pair = best_find_pair();
    const std::string& needle = literals_[0];
    for (;; ++at) {
      at += find_pair(bytes + at, stop - at, pair_);
      if (at >= stop) return {};
      if (std::memcmp(bytes + at, needle.data(), needle.size()) == 0) return {at, needle.size()};
    }
  }
  static const FindGroupFn find_group = best_find_group();
  for (;; ++at) {
    const GroupHit hit = find_group(bytes + at, stop - at, tables_);
    at += hit.at;
    if (at >= stop) return {};
    std::uint32_t best = ~0U;
    for (unsigned groups = hit.groups; groups != 0; groups &= groups - 1)
      for (const std::uint32_t i : groups_[__builtin_ctz(groups)])
        if (i < best && lies_at(literals_[i], text.data() + at, end - at)) {
          best = i;
          break;
        }
    if (best != ~0U) return {at, literals_[best].size()};
  }
}

}  // namespace avila::regex::detail
