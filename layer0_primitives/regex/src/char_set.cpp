#include "char_set.hpp"

#include <avila/text/normalize.hpp>

#include <algorithm>

namespace avila::regex::detail {
namespace {

struct Folded {
  char32_t code, folded;
};

// Every code point with case variants, by code and by what it folds to.
struct FoldTables {
  std::vector<Folded> by_code, by_folded;
};
constexpr char32_t kFoldEnd = 0x1E944;  // past the last code point of CaseFolding.txt 15.0

const FoldTables& fold_tables() {
  static const FoldTables tables = [] {
    FoldTables out;
    for (char32_t c = 0; c < kFoldEnd; ++c)
      if (const char32_t folded = text::simple_fold(c); folded != c) {
        out.by_code.push_back({c, folded});
        out.by_code.push_back({folded, folded});
      }
    const auto by_code = [](const Folded& a, const Folded& b) { return a.code < b.code; };
    std::sort(out.by_code.begin(), out.by_code.end(), by_code);
    out.by_code.erase(
        std::unique(out.by_code.begin(), out.by_code.end(),
                    [](const Folded& a, const Folded& b) { return a.code == b.code; }),
        out.by_code.end());
    out.by_folded = out.by_code;
    std::sort(out.by_folded.begin(), out.by_folded.end(), [](const Folded& a, const Folded& b) {
      return a.folded != b.folded ? a.folded < b.folded : a.code < b.code;
    });
    return out;
  }();
  return tables;
}

template <class F>
void for_each_variant(char32_t folded, F&& f) {
  const auto& table = fold_tables().by_folded;
  auto at = std::lower_bound(table.begin(), table.end(), folded,
                             [](const Folded& e, char32_t c) { return e.folded < c; });
  for (; at != table.end() && at->folded == folded; ++at) f(at->code);
}

}  // namespace

bool CharSet::contains(char32_t c) const noexcept {
  const auto above = std::upper_bound(ranges_.begin(), ranges_.end(), c,
                                      [](char32_t code, const Range& r) { return code < r.first; });
  return above != ranges_.begin() && c <= (above - 1)->last;
}

std::size_t CharSet::count(std::size_t enough) const noexcept {
  std::size_t out = 0;
  for (const Range& range : ranges_) {
    out += range.last - range.first + 1;
    if (out >= enough) return enough;
  }
  return out;
}

void CharSet::add(const CharSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
}

void CharSet::normalize() {
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  std::size_t kept = 0;
  for (const Range& range : ranges_) {
    if (kept > 0 && range.first <= ranges_[kept - 1].last + 1) {
      ranges_[kept - 1].last = std::max(ranges_[kept - 1].last, range.last);
    } else {
      ranges_[kept++] = range;
    }
  }
  ranges_.resize(kept);
}

void CharSet::negate(char32_t limit) {
  std::vector<Range> out;
  char32_t next = 0;
  for (const Range& range : ranges_) {
    if (range.first > next) out.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= limit) out.push_back({next, limit});
  ranges_ = std::move(out);
}

void CharSet::intersect(const CharSet& other) {
  std::vector<Range> out;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < ranges_.size() && j < other.ranges_.size()) {
    const Range& a = ranges_[i];
    const Range& b = other.ranges_[j];
    const char32_t first = std::max(a.first, b.first);
    const char32_t last = std::min(a.last, b.last);
    if (first <= last) out.push_back({first, last});
    a.last < b.last ? ++i : ++j;
  }
  ranges_ = std::move(out);
}

void CharSet::subtract(const CharSet& other, char32_t limit) {
  CharSet outside = other;
  outside.negate(limit);
  intersect(outside);
}

void CharSet::symmetric_difference(const CharSet& other, char32_t limit) {
  CharSet both = *this;
  both.intersect(other);
  add(other);
  normalize();
  subtract(both, limit);
}

void CharSet::fold_unicode() {
  const auto& table = fold_tables().by_code;
  CharSet extra;
  for (const Range& range : ranges_) {
    auto at = std::lower_bound(table.begin(), table.end(), range.first,
                               [](const Folded& e, char32_t c) { return e.code < c; });
    for (; at != table.end() && at->code <= range.last; ++at)
      for_each_variant(at->folded, [&extra](char32_t c) { extra.add(c, c); });
  }
  add(extra);
  normalize();
}

void CharSet::fold_ascii() {
  CharSet extra;
  for (const Range& range : ranges_)
    for (const auto& [first, other] : {std::pair{U'a', U'A'}, std::pair{U'A', U'a'}}) {
      const char32_t from = std::max(range.first, first);
      const char32_t to = std::min<char32_t>(range.last, first + 25);
      if (from <= to) extra.add(from - first + other, to - first + other);
    }
  add(extra);
  normalize();
}

std::vector<char32_t> case_variants(char32_t c) {
  std::vector<char32_t> out;
  for_each_variant(text::simple_fold(c), [&out](char32_t variant) { out.push_back(variant); });
  if (out.empty()) out.push_back(c);
  return out;
}

}  // namespace avila::regex::detail
