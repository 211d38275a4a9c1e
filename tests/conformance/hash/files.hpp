// Just enough of a reader for the files of the hash suites. This library lies below json.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hash_files {

inline std::vector<std::byte> from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(digit(text[i]) * 16 + digit(text[i + 1])));
  return bytes;
}

template <class Array>
std::vector<std::byte> to_vector(const Array& bytes) {
  return {bytes.begin(), bytes.end()};
}

inline std::uint64_t big_endian(const std::vector<std::byte>& bytes) {
  std::uint64_t value = 0;
  for (const std::byte b : bytes) value = value << 8 | static_cast<std::uint64_t>(b);
  return value;
}
inline std::uint64_t byteswap64(std::uint64_t x) { return __builtin_bswap64(x); }

/// The strings of a JSON text, in order, each marked when it is a key.
class JsonScanner {
 public:
  struct Token {
    std::string text;
    bool is_key = false;
    std::size_t end = 0;  // where the text goes on
  };
  explicit JsonScanner(std::string_view text) : text_(text) {}
  bool next(Token& token) {
    const std::size_t open = text_.find('"', at_);
    if (open == std::string_view::npos) return false;
    token.text.clear();
    std::size_t i = open + 1;
    for (; i < text_.size() && text_[i] != '"'; ++i) {
      if (text_[i] != '\\') {
        token.text += text_[i];
        continue;
      }
      ++i;
      if (text_[i] == 'u') {  // these files hold none above U+00FF in what is compared
        token.text += static_cast<char>(
            std::strtoul(std::string(text_.substr(i + 1, 4)).c_str(), nullptr, 16));
        i += 4;
      } else {
        token.text += text_[i] == 'n' ? '\n' : text_[i] == 't' ? '\t' : text_[i];
      }
    }
    if (i >= text_.size()) return false;
    at_ = token.end = i + 1;
    std::size_t after = at_;
    while (after < text_.size() && (text_[after] == ' ' || text_[after] == '\n')) ++after;
    token.is_key = after < text_.size() && text_[after] == ':';
    return true;
  }
  /// The number after the key just read.
  std::int64_t number() const {
    const std::size_t colon = text_.find(':', at_);
    return std::strtoll(std::string(text_.substr(colon + 1, 24)).c_str(), nullptr, 10);
  }
  /// The string after the key just read.
  std::string string_of_next() {
    Token token;
    return next(token) ? token.text : std::string();
  }
  /// Reads on to key `name`: its value, a string.
  std::string string_of(std::string_view name) {
    for (Token token; next(token);)
      if (token.is_key && token.text == name && next(token)) return token.text;
    return {};
  }
  std::uint64_t hex_of(std::string_view name) {
    return std::strtoull(string_of(name).c_str(), nullptr, 16);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// One case of a .vec file: `Key = value` lines under a `[group]`, cases parted by empty lines.
struct Stanza {
  std::string group;
  std::map<std::string, std::string> values;
  std::string get(const std::string& key) const {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  }
};

inline std::vector<Stanza> read_stanzas(std::string_view text) {
  std::vector<Stanza> stanzas;
  Stanza now;
  const auto flush = [&] {
    if (!now.values.empty()) stanzas.push_back(now);
    now.values.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') {
      if (line.empty()) flush();
      continue;
    }
    if (line[0] == '[') {
      flush();
      now.group = line.substr(1, line.find(']') - 1);
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view key = line.substr(0, equals), value = line.substr(equals + 1);
    while (!key.empty() && key.back() == ' ') key.remove_suffix(1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    now.values[std::string(key)] = value;
  }
  flush();
  return stanzas;
}

}  // namespace hash_files
