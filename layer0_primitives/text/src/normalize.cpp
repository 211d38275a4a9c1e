#include <avila/text/normalize.hpp>
#include <avila/text/utf8.hpp>

#include <algorithm>
#include <optional>
#include <vector>

#include "unicode_tables.hpp"

namespace avila::text {
namespace {

using detail::NormalKind;

// The generator's flags; those of the compatibility forms are three bits higher.
constexpr unsigned kBoundary = 1, kComposedYes = 2, kDecomposedYes = 4, kCompatibleShift = 3;

// Unicode 15.0, section 3.12: conjoining jamo.
constexpr char32_t kSBase = 0xAC00, kLBase = 0x1100, kVBase = 0x1161, kTBase = 0x11A7;
constexpr char32_t kLCount = 19, kVCount = 21, kTCount = 28, kSCount = kLCount * kVCount * kTCount;

struct Rules {
  bool composed, compatible;
  unsigned flags(NormalKind kind) const noexcept {
    return static_cast<unsigned>(kind.flags) >> (compatible ? kCompatibleShift : 0U);
  }
  bool yes(NormalKind kind) const noexcept {
    return (flags(kind) & (composed ? kComposedYes : kDecomposedYes)) != 0;
  }
};
Rules rules_of(Form form) noexcept {
  return {.composed = form == Form::Nfc || form == Form::Nfkc,
          .compatible = form == Form::Nfkc || form == Form::Nfkd};
}

struct Mark {
  char32_t c;
  std::uint8_t ccc;
  std::size_t place = 0;  // within its run, while that is sorted
};

void push(std::vector<Mark>& out, char32_t c) {
  out.push_back({c, detail::normal_kind_of(c).ccc, 0});
}

void decompose(std::vector<Mark>& out, char32_t c, bool compatible) {
  if (c >= kSBase && c < kSBase + kSCount) {
    const char32_t s = c - kSBase;
    push(out, kLBase + s / (kVCount * kTCount));
    push(out, kVBase + s % (kVCount * kTCount) / kTCount);
    if (s % kTCount != 0) push(out, kTBase + s % kTCount);
    return;
  }
  auto mapping = compatible ? detail::compatible_of(c) : std::span<const char32_t>();
  if (mapping.empty()) mapping = detail::canonical_of(c);
  if (mapping.empty()) {
    push(out, c);
  } else {
    for (const char32_t part : mapping) push(out, part);
  }
}

/// Canonical ordering: every run of marks by class, then by place; O(n log n) on hostile runs too.
void reorder(std::vector<Mark>& marks) {
  for (std::size_t i = 0; i < marks.size();) {
    if (marks[i].ccc == 0) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < marks.size() && marks[end].ccc != 0) ++end;
    const auto first = marks.begin() + static_cast<std::ptrdiff_t>(i);
    const auto last = marks.begin() + static_cast<std::ptrdiff_t>(end);
    for (std::size_t k = i; k < end; ++k) marks[k].place = k;
    std::sort(first, last, [](const Mark& a, const Mark& b) {
      return a.ccc != b.ccc ? a.ccc < b.ccc : a.place < b.place;
    });
    i = end;
  }
}

std::optional<char32_t> compose_pair(char32_t a, char32_t b) noexcept {
  if (a >= kLBase && a < kLBase + kLCount && b >= kVBase && b < kVBase + kVCount)
    return kSBase + ((a - kLBase) * kVCount + (b - kVBase)) * kTCount;
  if (a >= kSBase && a < kSBase + kSCount && (a - kSBase) % kTCount == 0 && b > kTBase &&
      b < kTBase + kTCount)
    return a + (b - kTBase);
  const detail::Pair* end = detail::kPairs + detail::kPairCount;
  const detail::Pair* found = std::lower_bound(
      detail::kPairs, end, detail::Pair{a, b, 0}, [](const auto& x, const auto& y) {
        return x.first != y.first ? x.first < y.first : x.second < y.second;
      });
  if (found == end || found->first != a || found->second != b) return std::nullopt;
  return found->composite;
}

/// Canonical composition (definition D117): each mark joins the last starter unless a mark of the
/// same or a higher class stands between them.
void compose(std::vector<Mark>& marks) {
  std::size_t out = 0;
  std::optional<std::size_t> starter;
  std::uint8_t last_ccc = 0;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const Mark mark = marks[i];
    if (starter.has_value()) {
      const bool adjacent = *starter + 1 == out;
      if (adjacent || last_ccc < mark.ccc) {
        if (const auto composite = compose_pair(marks[*starter].c, mark.c)) {
          marks[*starter].c = *composite;
          continue;
        }
      }
    }
    if (mark.ccc == 0) starter = out;
    last_ccc = mark.ccc;
    marks[out++] = mark;
  }
  marks.resize(out);
}

/// Where a text stops being obviously normalised.
struct QuickCheck {
  std::size_t good;  ///< up to here, a boundary, it is normalised
  std::size_t end;   ///< and from here on, the next boundary; == good at the end of the text
};
QuickCheck quick_check(std::string_view text, std::size_t at, Rules rules) noexcept {
  std::size_t good = at;
  std::uint8_t last_ccc = 0;
  bool fine = true;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      if (!fine) return {good, at};
      good = at++;
      last_ccc = 0;
      continue;
    }
    const DecodedUtf8 next = decode_utf8(text, at);
    const NormalKind kind = detail::normal_kind_of(next.code_point);
    if ((rules.flags(kind) & kBoundary) != 0 && kind.ccc == 0) {
      if (!fine) return {good, at};
      good = at;
      last_ccc = 0;
    }
    if (!next.valid || !rules.yes(kind) || (kind.ccc != 0 && kind.ccc < last_ccc)) fine = false;
    last_ccc = kind.ccc;
    at += next.length;
  }
  if (fine) return {text.size(), text.size()};
  return {good, text.size()};
}

template <class Emit>
bool equal_folded(std::string_view a, std::string_view b, Emit fold) noexcept {
  std::span<const char32_t> left, right;
  char32_t one_left = 0, one_right = 0;
  std::size_t at_left = 0, at_right = 0;
  while (true) {
    if (left.empty() && at_left < a.size()) left = fold(a, at_left, one_left);
    if (right.empty() && at_right < b.size()) right = fold(b, at_right, one_right);
    if (left.empty() || right.empty()) return left.empty() && right.empty();
    if (left.front() != right.front()) return false;
    left = left.subspan(1);
    right = right.subspan(1);
  }
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::string normalize(std::string_view text, Form form) {
  const Rules rules = rules_of(form);
  std::string out;
  out.reserve(text.size());
  std::vector<Mark> marks;
  for (std::size_t at = 0; at < text.size();) {
    const QuickCheck check = quick_check(text, at, rules);
    out.append(text.substr(at, check.good - at));
    marks.clear();
    for (const char32_t c : code_points(text.substr(check.good, check.end - check.good)))
      decompose(marks, c, rules.compatible);
    reorder(marks);
    if (rules.composed) compose(marks);
    for (const Mark mark : marks) append_utf8(out, mark.c);
    at = check.end;
  }
  return out;
}

bool is_normalized(std::string_view text, Form form) {
  const QuickCheck check = quick_check(text, 0, rules_of(form));
  if (check.good == text.size()) return true;
  const std::string_view rest = text.substr(check.good);
  return normalize(rest, form) == rest;
}

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      out += lower(text[at++]);
      continue;
    }
    const DecodedUtf8 next = decode_utf8(text, at);
    at += next.length;
    const auto mapping = detail::fold_of(next.code_point);
    if (mapping.empty()) {
      append_utf8(out, next.code_point);
    } else {
      for (const char32_t c : mapping) append_utf8(out, c);
    }
  }
  return out;
}

char32_t simple_fold(char32_t c) noexcept {
  const std::int32_t step = detail::trie_at<5, std::int32_t>(
      detail::kSimpleFold1, detail::kSimpleFoldBlocks, detail::kSimpleFold2, c, 0);
  return static_cast<char32_t>(static_cast<std::int32_t>(c) + step);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return equal_folded(a, b, [](std::string_view text, std::size_t& at, char32_t& one) {
    const DecodedUtf8 next = decode_utf8(text, at);
    at += next.length;
    one = next.code_point;
    const auto mapping = detail::fold_of(one);
    return mapping.empty() ? std::span<const char32_t>(&one, 1) : mapping;
  });
}

std::string caseless_key(std::string_view text) { return nfd(fold_case(nfd(text))); }

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

std::string ascii_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

bool equal_ignoring_ascii_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace avila::text
