#include <avila/error/assert.hpp>
#include <avila/http/headers.hpp>
#include <cstring>

#include "chars.hpp"

namespace avila::http {

using detail::kTokenChar;

bool is_token(std::string_view text) noexcept {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!kTokenChar[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

bool is_field_value(std::string_view text) noexcept {
  return detail::value_bytes(text) == text.size();
}

/// Anything that could be read as two hosts is refused (RFC 9112 §3.2).
bool is_host(std::string_view text) noexcept {
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u >= 0x7f) return false;
    if (std::strchr("/\\?#@<>\"^`{|},", c) != nullptr) return false;
  }
  return true;
}

bool detail::equal_folded(const char* a, const char* b, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view trim_ows(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> next_list_element(std::string_view& list) noexcept {
  while (!list.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < list.size(); ++end) {
      const char c = list[end];
      if (quoted && c == '\\' && end + 1 < list.size()) {
        ++end;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        break;
      }
    }
    const std::string_view element = trim_ows(list.substr(0, end));
    list.remove_prefix(end < list.size() ? end + 1 : end);
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

bool list_contains(std::string_view list, std::string_view token) noexcept {
  while (const auto element = next_list_element(list)) {
    if (equal_ignoring_case(*element, token)) return true;
  }
  return false;
}

std::optional<std::string> parameter(std::string_view value, std::string_view name) {
  std::size_t at = value.find(';');
  while (at != std::string_view::npos && at < value.size()) {
    ++at;
    while (at < value.size() && (value[at] == ' ' || value[at] == '\t')) ++at;
    const std::size_t key_start = at;
    while (at < value.size() && value[at] != '=' && value[at] != ';') ++at;
    const std::string_view key = trim_ows(value.substr(key_start, at - key_start));
    std::string text;
    if (at < value.size() && value[at] == '=') {
      ++at;
      if (at < value.size() && value[at] == '"') {
        for (++at; at < value.size() && value[at] != '"'; ++at) {
          if (value[at] == '\\' && at + 1 < value.size()) ++at;
          text.push_back(value[at]);
        }
        at = value.find(';', at);
      } else {
        const std::size_t start = at;
        at = value.find(';', at);
        text = trim_ows(value.substr(start, at == std::string_view::npos ? at : at - start));
      }
    }
    if (equal_ignoring_case(key, name)) return text;
  }
  return std::nullopt;
}

std::optional<std::string_view> FieldViews::find(std::string_view name) const noexcept {
  for (const Field& field : fields_) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t FieldViews::count(std::string_view name) const noexcept {
  std::size_t n = 0;
  for (const Field& field : fields_) n += equal_ignoring_case(field.name, name) ? 1 : 0;
  return n;
}

namespace {

template <class Fields>
std::string combine(const Fields& fields, std::string_view name) {
  std::string all;
  for (const Field& field : fields) {
    if (!equal_ignoring_case(field.name, name)) continue;
    if (!all.empty()) all += ", ";
    all += field.value;
  }
  return all;
}

template <class Fields>
bool any_lists(const Fields& fields, std::string_view name, std::string_view token) noexcept {
  for (const Field& field : fields) {
    if (equal_ignoring_case(field.name, name) && list_contains(field.value, token)) return true;
  }
  return false;
}

}  // namespace

std::string FieldViews::combined(std::string_view name) const { return combine(*this, name); }

bool FieldViews::contains_token(std::string_view name, std::string_view token) const noexcept {
  return any_lists(*this, name, token);
}

Headers& Headers::add(std::string_view name, std::string_view value) {
  AVILA_ASSERT(is_token(name));
  const std::size_t start = wire_.size();
  wire_.reserve(start + name.size() + value.size() + 4);
  wire_.append(name).append(": ").append(value);
  for (std::size_t i = start + name.size() + 2;; wire_[i] = ' ') {
    i += detail::value_bytes(std::string_view(wire_).substr(i));
    if (i == wire_.size()) break;
  }
  wire_.append("\r\n");
  ++count_;
  name_sizes_ |= std::uint32_t{1} << std::min<std::size_t>(name.size(), 31);
  return *this;
}

Headers& Headers::set(std::string_view name, std::string_view value) {
  if (contains(name)) {
    const std::string copy(value);  // the value may be a view of a field that goes
    remove(name);
    return add(name, copy);
  }
  return add(name, value);
}

namespace {
std::string_view decimal(std::uint64_t value, char (&to)[20]) noexcept {
  char* at = to + sizeof to;
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return {at, static_cast<std::size_t>(to + sizeof to - at)};
}
}  // namespace

Headers& Headers::add(std::string_view name, std::uint64_t value) {
  char digits[20];
  return add(name, decimal(value, digits));
}

Headers& Headers::set(std::string_view name, std::uint64_t value) {
  char digits[20];
  return set(name, decimal(value, digits));
}

bool Headers::try_add(std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value)) return false;
  add(name, value);
  return true;
}

std::size_t Headers::remove(std::string_view name) {
  std::size_t removed = 0;
  for (std::size_t at = 0; at < wire_.size();) {
    const std::size_t end = wire_.find('\n', at) + 1;
    const std::size_t colon = wire_.find(':', at);
    if (equal_ignoring_case(std::string_view(wire_).substr(at, colon - at), name)) {
      wire_.erase(at, end - at);
      ++removed;
    } else {
      at = end;
    }
  }
  count_ -= static_cast<std::uint32_t>(removed);
  return removed;
}

void Headers::clear() noexcept {
  wire_.clear();
  count_ = 0;
  name_sizes_ = 0;
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  if (!may_hold(name.size())) return std::nullopt;
  for (const Field& field : *this) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string Headers::combined(std::string_view name) const { return combine(*this, name); }

bool Headers::contains_token(std::string_view name, std::string_view token) const noexcept {
  return any_lists(*this, name, token);
}

Headers::Iterator& Headers::Iterator::operator++() noexcept {
  rest_.remove_prefix(rest_.find('\n') + 1);
  load();
  return *this;
}

void Headers::Iterator::load() noexcept {
  if (rest_.empty()) return;
  const std::size_t colon = rest_.find(':');
  const std::size_t end = rest_.find('\r', colon);
  field_ = {rest_.substr(0, colon), trim_ows(rest_.substr(colon + 1, end - colon - 1))};
}

}  // namespace avila::http
