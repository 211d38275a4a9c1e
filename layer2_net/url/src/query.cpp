#include <algorithm>
#include <avila/url/percent.hpp>
#include <avila/url/query.hpp>

#include "ascii.hpp"

namespace avila::url {

namespace {

std::string decode(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  if (spaced.find('%') != std::string::npos) spaced = percent_decode(spaced);
  return detail::is_ascii(spaced) ? spaced : detail::to_valid_utf8(spaced);
}

void append_form_encoded(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  // A space becomes '+', so it passes the encoder as it is.
  static constexpr PercentSet kWithoutSpace = [] {
    PercentSet set = kFormSet;
    set[' '] = false;
    return set;
  }();
  append_percent_encoded(out, text, kWithoutSpace);
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), ' ', '+');
}

/// Order of UTF-16 code units: surrogates (U+10000 and up) come before U+E000…U+FFFF.
bool utf16_less(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    char32_t x = detail::next_code_point(a, i);
    char32_t y = detail::next_code_point(b, j);
    if (x == y) continue;
    if (x >= 0x10000 && y < 0x10000) x = 0xd800 + ((x - 0x10000) >> 10);
    if (y >= 0x10000 && x < 0x10000) y = 0xd800 + ((y - 0x10000) >> 10);
    return x < y;
  }
  return j < b.size();
}

}  // namespace

QueryParams QueryParams::parse(std::string_view query) {
  QueryLimits unlimited;
  unlimited.bytes = unlimited.parameters = SIZE_MAX;
  auto all = parse_limited(query, unlimited);
  return std::move(all).value();
}

Result<QueryParams> QueryParams::parse_limited(std::string_view query, const QueryLimits& limits) {
  if (query.size() > limits.bytes)
    return Error(Errc::LimitExceeded, "the query string is too long");
  if (query.starts_with('?')) query.remove_prefix(1);
  QueryParams params;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    if (params.pairs_.size() == limits.parameters)
      return Error(Errc::LimitExceeded, "the query string has too many parameters");
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    params.pairs_.emplace_back(decode(pair.substr(0, equals)), decode(value));
  }
  return params;
}

std::string QueryParams::to_string() const {
  std::string out;
  for (const auto& [name, value] : pairs_) {
    if (!out.empty()) out += '&';
    append_form_encoded(out, name);
    out += '=';
    append_form_encoded(out, value);
  }
  return out;
}

std::optional<std::string_view> QueryParams::get(std::string_view name) const noexcept {
  for (const auto& pair : pairs_) {
    if (pair.first == name) return pair.second;
  }
  return std::nullopt;
}

std::vector<std::string_view> QueryParams::get_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& pair : pairs_) {
    if (pair.first == name) values.push_back(pair.second);
  }
  return values;
}

void QueryParams::append(std::string_view name, std::string_view value) {
  pairs_.emplace_back(std::string(name), std::string(value));
}

void QueryParams::set(std::string_view name, std::string_view value) {
  const auto first = std::find_if(pairs_.begin(), pairs_.end(),
                                  [&](const auto& pair) { return pair.first == name; });
  if (first == pairs_.end()) return append(name, value);
  first->second = value;
  pairs_.erase(
      std::remove_if(first + 1, pairs_.end(), [&](const auto& pair) { return pair.first == name; }),
      pairs_.end());
}

void QueryParams::erase(std::string_view name) {
  pairs_.erase(std::remove_if(pairs_.begin(), pairs_.end(),
                              [&](const auto& pair) { return pair.first == name; }),
               pairs_.end());
}

void QueryParams::sort() {
  std::stable_sort(pairs_.begin(), pairs_.end(),
                   [](const auto& a, const auto& b) { return utf16_less(a.first, b.first); });
}

}  // namespace avila::url
