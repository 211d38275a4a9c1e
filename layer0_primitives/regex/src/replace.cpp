#include <avila/regex/regex.hpp>

#include <algorithm>

namespace avila::regex {
namespace {

bool is_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view group_of(const Captures& captures, std::string_view name) {
  if (name.size() <= 9 &&
      std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    std::size_t index = 0;
    for (const char c : name) index = index * 10 + static_cast<std::size_t>(c - '0');
    return captures[index];
  }
  return captures[name];
}

}  // namespace

void Captures::expand(std::string_view with, std::string& out) const {
  for (;;) {
    const std::size_t dollar = with.find('$');
    out.append(with.substr(0, dollar));
    if (dollar == std::string_view::npos) return;
    with.remove_prefix(dollar + 1);
    if (with.starts_with('$')) {
      out += '$';
      with.remove_prefix(1);
    } else if (with.starts_with('{') && with.find('}') != std::string_view::npos) {
      const std::size_t close = with.find('}');
      out.append(group_of(*this, with.substr(1, close - 1)));
      with.remove_prefix(close + 1);
    } else {
      std::size_t length = 0;
      while (length < with.size() && is_name(with[length])) ++length;
      if (length == 0) {
        out += '$';
      } else {
        out.append(group_of(*this, with.substr(0, length)));
      }
      with.remove_prefix(length);
    }
  }
}

std::string Regex::replace(std::string_view text, std::string_view with) const {
  const auto found = captures(text);
  if (!found) return std::string(text);
  const Match match = found->match();
  std::string out(text.substr(0, match.start));
  found->expand(with, out);
  out.append(text.substr(match.end));
  return out;
}

std::string Regex::replace_all(std::string_view text, std::string_view with) const {
  std::string out;
  std::size_t at = 0;
  if (with.find('$') == std::string_view::npos) {  // no group to look for
    for (const Match& match : find_all(text)) {
      out.append(text.substr(at, match.start - at)).append(with);
      at = match.end;
    }
    return out.append(text.substr(at));
  }
  return replace_all(
      text, [with](const Captures& captures, std::string& to) { captures.expand(with, to); });
}

std::string Regex::replace_all(std::string_view text,
                               FunctionRef<void(const Captures&, std::string&)> append) const {
  std::string out;
  std::size_t at = 0;
  for (const Captures& captures : captures_all(text)) {
    const Match match = captures.match();
    out.append(text.substr(at, match.start - at));
    append(captures, out);
    at = match.end;
  }
  return out.append(text.substr(at));
}

std::vector<std::string_view> Regex::split(std::string_view text, std::size_t limit) const {
  std::vector<std::string_view> pieces;
  std::size_t at = 0;
  Matches matches = find_all(text);
  while (limit == 0 || pieces.size() + 1 < limit) {
    const auto match = matches.next();
    if (!match) break;
    pieces.push_back(text.substr(at, match->start - at));
    at = match->end;
  }
  pieces.push_back(text.substr(at));
  return pieces;
}

std::string escape(std::string_view text) {
  constexpr std::string_view kSpecial = "\\.+*?()|[]{}^$#&-~";
  std::string out;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string explain(const Error& error, std::string_view pattern) {
  std::string out = error.to_string();
  if (error.offset() > pattern.size()) return out;
  const auto at = static_cast<std::size_t>(error.offset());
  const std::size_t before = pattern.substr(0, at).rfind('\n');
  const std::size_t from = before == std::string_view::npos ? 0 : before + 1;
  const std::string_view line = pattern.substr(from, pattern.find('\n', at) - from);
  out.append("\n    ").append(line).append("\n    ");
  for (const char c : pattern.substr(from, at - from))
    if ((c & 0xC0) != 0x80) out += c == '\t' ? '\t' : ' ';  // one column a code point
  return out += '^';
}

}  // namespace avila::regex
