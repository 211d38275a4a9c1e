#include <avila/text/property.hpp>
#include <avila/text/utf8.hpp>

#include <algorithm>

#include "core.hpp"

namespace avila::regex {

using detail::Borrowed;
using detail::Core;

Result<Regex> Regex::compile(std::string_view pattern, const Options& options) {
  return compile_many({&pattern, 1}, options);
}

Result<Regex> Regex::compile_many(std::span<const std::string_view> patterns,
                                  const Options& options) {
  AVILA_TRY(Core* const core, Core::make(patterns, options));
  return Regex(core);
}

Regex::Regex(const Regex& other) noexcept : core_(other.core_) {
  if (core_ != nullptr) core_->references.fetch_add(1, std::memory_order_relaxed);
}
Regex::Regex(Regex&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
Regex& Regex::operator=(Regex other) noexcept {
  std::swap(core_, other.core_);
  return *this;
}
Regex::~Regex() {
  if (core_ != nullptr && core_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete core_;
}

bool Regex::is_match(const Input& input) const {
  const auto span = detail::span_of(input);
  if (!span) return false;
  const Borrowed cache(*core_);
  return core_->is_match(*span, *cache);
}

std::optional<Match> Regex::find(const Input& input) const {
  const auto span = detail::span_of(input);
  if (!span) return std::nullopt;
  const Borrowed cache(*core_);
  return core_->find(*span, *cache);
}

std::optional<Captures> Regex::captures(const Input& input) const {
  const auto span = detail::span_of(input);
  if (!span) return std::nullopt;
  const Borrowed cache(*core_);
  return core_->captures(*span, *cache);
}

Matches Regex::find_all(const Input& input) const { return Matches(*this, input); }
CapturesAll Regex::captures_all(const Input& input) const { return CapturesAll(*this, input); }

namespace detail {
namespace {

std::pair<std::size_t, std::size_t> ends_of(const Match& match) { return {match.start, match.end}; }
std::pair<std::size_t, std::size_t> ends_of(const Captures& c) { return ends_of(c.match()); }

// The next match that counts: an empty one may not touch the end of the one before it.
template <class Search>
auto advance(Input& input, std::size_t& last_end, Search&& search) {
  for (;;) {
    const auto span = span_of(input);
    auto found = span ? search(*span) : decltype(search(*span))();
    if (!found) {
      input.start = std::string_view::npos;
      return found;
    }
    const auto [start, end] = ends_of(*found);
    if (start == end && end == last_end) {
      ++input.start;
      last_end = std::string_view::npos;
      continue;
    }
    input.start = last_end = end;
    return found;
  }
}

}  // namespace

Cursor::~Cursor() {
  if (cache_ != nullptr) regex_.core().give_back(cache_);
}

std::optional<Match> Cursor::next() {
  if (cache_ == nullptr) cache_ = regex_.core().borrow();
  return advance(input_, last_end_,
                 [this](const Span& span) { return regex_.core().find(span, *cache_); });
}

std::optional<Captures> Cursor::next_captures() {
  if (cache_ == nullptr) cache_ = regex_.core().borrow();
  return advance(input_, last_end_,
                 [this](const Span& span) { return regex_.core().captures(span, *cache_); });
}

}  // namespace detail

std::size_t Regex::count(const Input& input) const {
  std::size_t out = 0;
  Matches matches = find_all(input);
  while (matches.next()) ++out;
  return out;
}

std::vector<Match> Regex::find_overlapping(const Input& input) const {
  std::vector<Match> out;
  const auto span = detail::span_of(input);
  if (!span) return out;
  struct End {
    std::size_t at;
    std::uint32_t pattern;
  };
  std::vector<End> ends;
  const Borrowed cache(*core_);
  detail::pike_overlapping(*core_->program, (*cache).pike, *span, core_->options.match_kind,
                           [&ends](std::size_t at, std::uint32_t pattern) {
                             ends.push_back({at, pattern});
                             return true;
                           });
  const detail::Program* reverse = core_->reverse_program();
  if (reverse == nullptr) return out;
  for (const End& end : ends)
    detail::pike_starts(
        *reverse, (*cache).pike, *span, end.at, end.pattern, [&](std::size_t start) {
          if (span->anchored && start != span->start) return;
          if (start == end.at && core_->may_split && !core_->is_boundary(span->text, start)) return;
          out.push_back({span->text.substr(start, end.at - start), start, end.at, end.pattern});
        });
  return out;
}

std::vector<std::uint32_t> Regex::matching_patterns(const Input& input) const {
  std::vector<std::uint32_t> out;
  const auto span = detail::span_of(input);
  if (!span) return out;
  std::vector<bool> seen(pattern_count());
  std::size_t left = seen.size();
  const Borrowed cache(*core_);
  const auto found = [&](std::uint32_t pattern) {
    if (!seen[pattern]) --left;
    seen[pattern] = true;
    return left > 0;
  };
  if (core_->may_split || !core_->all->patterns((*cache).all, *span, found, (*cache).steps)) {
    std::fill(seen.begin(), seen.end(), false);
    left = seen.size();
    detail::pike_overlapping(
        *core_->program, (*cache).pike, *span, MatchKind::All,
        [&](std::size_t at, std::uint32_t pattern) {
          // Inside a code point there can be no end but of an empty match, which does not count.
          return core_->may_split && !core_->is_boundary(span->text, at) ? true : found(pattern);
        });
  }
  for (std::uint32_t i = 0; i < seen.size(); ++i)
    if (seen[i]) out.push_back(i);
  return out;
}

std::string_view Regex::pattern(std::size_t index) const noexcept { return core_->texts[index]; }
std::size_t Regex::pattern_count() const noexcept { return core_->texts.size(); }
std::size_t Regex::group_count(std::size_t pattern_index) const noexcept {
  return core_->patterns[pattern_index].group_names.size();
}
std::string_view Regex::group_name(std::size_t group, std::size_t pattern_index) const noexcept {
  const auto& names = core_->patterns[pattern_index].group_names;
  return group < names.size() ? std::string_view(names[group]) : std::string_view();
}
std::optional<std::size_t> Regex::group_index(std::string_view name,
                                              std::size_t pattern_index) const noexcept {
  return core_->group_index(name, pattern_index);
}

std::optional<Match> Captures::get(std::size_t group) const noexcept {
  if (group >= size()) return std::nullopt;
  const std::size_t start = spans()[2 * group];
  const std::size_t end = spans()[2 * group + 1];
  if (start == detail::kNoSlot || end == detail::kNoSlot) return std::nullopt;
  return Match{text_.substr(start, end - start), start, end, pattern_};
}
std::optional<Match> Captures::get(std::string_view name) const noexcept {
  const auto index = core_->group_index(name, pattern_);
  return index ? get(*index) : std::nullopt;
}
std::string_view Captures::operator[](std::size_t group) const noexcept {
  const auto match = get(group);
  return match ? match->text : std::string_view();
}
std::string_view Captures::operator[](std::string_view name) const noexcept {
  const auto match = get(name);
  return match ? match->text : std::string_view();
}

Result<RegexSet> RegexSet::compile(std::span<const std::string_view> patterns, Options options) {
  options.match_kind = MatchKind::All;
  AVILA_TRY(Regex regex, Regex::compile_many(patterns, options));
  return RegexSet(std::move(regex));
}

}  // namespace avila::regex
