#include "config_reader.hpp"

#include <algorithm>
#include <avila/chassis/config.hpp>
#include <avila/cli/command.hpp>

namespace avila::cli {

using serde::toml::Kind;
using Value = serde::toml::Value;

void ConfigErrors::add(std::uint32_t line, const std::string& what) {
  if (++count_ > kTold) return;
  told_.emplace_back(line, what);
}

Result<void> ConfigErrors::result() {
  if (count_ == 0) return {};
  std::stable_sort(told_.begin(), told_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string all;
  for (const auto& [line, what] : told_)
    all += (all.empty() ? "" : "\n") + path_ + ':' + std::to_string(line) + ": " + what;
  if (count_ > kTold) all += "\nand " + std::to_string(count_ - kTold) + " more";
  return Error(Errc::InvalidArgument, all);
}

std::uint32_t TableReader::line(std::string_view key) const noexcept {
  const Value* const value = table_.find(key);
  return value == nullptr ? table_.line() : value->line();
}

void TableReader::fail(std::string_view key, const std::string& what) {
  errors_.add(line(key), std::string(key) + ": " + what);
}

const Value* TableReader::take(std::string_view key) {
  known_.emplace_back(key);
  return table_.find(key);
}

const Value* TableReader::take(std::string_view key, Kind kind, std::string_view wanted) {
  const Value* const value = take(key);
  if (value == nullptr || value->is(kind)) return value;
  fail(key, "expected " + std::string(wanted) + ", not " + std::string(to_string(value->kind())));
  return nullptr;
}

void TableReader::read(std::string_view key, std::string& to) {
  if (const Value* value = take(key, Kind::String, "a text in quotes")) to = value->as_text();
}

void TableReader::read(std::string_view key, bool& to) {
  if (const Value* value = take(key, Kind::Boolean, "true or false")) to = value->as_boolean();
}

void TableReader::read(std::string_view key, double& to, double least, double most) {
  const Value* const value = take(key);
  if (value == nullptr) return;
  if (!value->is(Kind::Integer) && !value->is(Kind::Float)) return fail(key, "expected a number");
  const double given = value->as_float();
  if (!(given >= least && given <= most))
    return fail(key,
                "expected a number from " + std::to_string(least) + " to " + std::to_string(most));
  to = given;
}

std::optional<std::int64_t> TableReader::number(std::string_view key, std::int64_t least,
                                                std::int64_t most) {
  const Value* const value = take(key, Kind::Integer, "a whole number");
  if (value == nullptr) return std::nullopt;
  const std::int64_t given = value->as_integer();
  if (given >= least && given <= most) return given;
  fail(key, "expected a number from " + std::to_string(least) + " to " + std::to_string(most) +
                ", not " + std::to_string(given));
  return std::nullopt;
}

void TableReader::read(std::string_view key, Duration& to, Duration least) {
  const Value* const value = take(key, Kind::String, "a time such as \"250ms\", \"30s\" or \"5m\"");
  if (value == nullptr) return;
  const auto parsed = chassis::parse_duration(value->as_text());
  if (!parsed.has_value()) return fail(key, parsed.error().to_string());
  if (*parsed < least) return fail(key, "the time is too short");
  to = *parsed;
}

void TableReader::read_bytes(std::string_view key, std::uint64_t& to) {
  const Value* const value = take(key);
  if (value == nullptr) return;
  std::string text;
  if (value->is(Kind::Integer)) text = std::to_string(value->as_integer());
  if (value->is(Kind::String)) text = value->as_text();
  const auto parsed = chassis::parse_bytes(text);
  if (!parsed.has_value()) return fail(key, parsed.error().to_string());
  to = static_cast<std::uint64_t>(*parsed);
}

void TableReader::read(std::string_view key, std::vector<std::string>& to) {
  const Value* const value = take(key);
  if (value == nullptr) return;
  if (value->is(Kind::String)) {
    to = {value->as_text()};
    return;
  }
  const bool texts = value->is(Kind::Array) &&
                     std::all_of(value->items().begin(), value->items().end(),
                                 [](const Value& each) { return each.is(Kind::String); });
  if (!texts) return fail(key, "expected a text or an array of texts");
  to.clear();
  for (const Value& each : value->items()) to.push_back(each.as_text());
}

void TableReader::read(std::string_view key, std::vector<std::pair<std::string, std::string>>& to) {
  const Value* const value = take(key, Kind::Table, "a table of texts");
  if (value == nullptr) return;
  for (const auto& [name, each] : value->members()) {
    if (!each.is(Kind::String)) {
      errors_.add(each.line(), std::string(key) + '.' + name + ": expected a text in quotes");
    } else {
      to.emplace_back(name, each.as_text());
    }
  }
}

std::optional<std::size_t> TableReader::choice(std::string_view key,
                                               std::initializer_list<std::string_view> words) {
  const Value* const value = take(key, Kind::String, "a text in quotes");
  if (value == nullptr) return std::nullopt;
  std::string all;
  std::size_t at = 0;
  for (const std::string_view word : words) {
    if (word == value->as_text()) return at;
    ++at;
    all += (all.empty() ? "" : ", ") + std::string(word);
  }
  fail(key, "expected one of " + all + ", not '" + value->as_text() + '\'');
  return std::nullopt;
}

std::optional<TableReader> TableReader::table(std::string_view key) {
  const Value* const value = take(key, Kind::Table, "a table");
  if (value == nullptr) return std::nullopt;
  return TableReader(errors_, *value);
}

std::vector<TableReader> TableReader::tables(std::string_view key) {
  std::vector<TableReader> out;
  const Value* const value = take(key);
  if (value == nullptr) return out;
  if (value->is(Kind::Table)) {
    out.emplace_back(errors_, *value);
    return out;
  }
  const bool good =
      value->is(Kind::Array) && std::all_of(value->items().begin(), value->items().end(),
                                            [](const Value& each) { return each.is(Kind::Table); });
  if (!good) {
    fail(key, "expected [[" + std::string(key) + "]], a table");
    return out;
  }
  for (const Value& each : value->items()) out.emplace_back(errors_, each);
  return out;
}

void TableReader::finish() {
  for (const auto& [key, value] : table_.members()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string near = nearest(key, known_);
    std::string what = "unknown key '" + key + '\'';
    if (!near.empty()) what += "; did you mean '" + near + "'?";
    errors_.add(value.line(), what);
  }
}

}  // namespace avila::cli
