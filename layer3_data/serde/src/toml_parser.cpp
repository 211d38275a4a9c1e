#include <avila/serde/toml.hpp>
#include <avila/text/utf8.hpp>
#include <unordered_map>

#include "toml_scalar.hpp"

namespace avila::serde::toml {
namespace {

/// How a table came to be, which decides what may still be added to it (TOML 1.0, "Table").
enum class Origin : std::uint8_t {
  Implicit,  // on the way to a [header]: may get its own header once
  Header,    // [header] or an element of [[header]]
  Dotted,    // by a dotted key: more dotted keys may extend it, a header may not
  Inline,    // { … }: closed
};

/// The document while it is being read. Nodes live in one vector, so that paths stay indices.
struct Node {
  Kind kind = Kind::Table;
  Origin origin = Origin::Implicit;
  bool array_of_tables = false;
  std::uint32_t line = 0;
  Value scalar{false};
  std::vector<std::pair<std::string, std::size_t>> members;  // Table
  std::unordered_map<std::string, std::size_t> index;        // Table: key → position in members
  std::vector<std::size_t> items;                            // Array
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Value> run() {
    if (text_.size() > kMaxDocumentBytes)
      return Error(Errc::LimitExceeded,
                   "TOML document over " + std::to_string(kMaxDocumentBytes) + " bytes");
    if (const auto valid = text::valid_utf8_prefix(text_); valid != text_.size())
      return Error(Errc::Malformed, "TOML document is not UTF-8", {.offset = valid});
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    make(Kind::Table, Origin::Header);
    while (true) {
      skip_blank();
      if (at_ == text_.size()) break;
      if (peek() == '#' || peek() == '\n' || peek() == '\r') {
        AVILA_TRY_VOID(end_of_line());
        continue;
      }
      if (peek() == '[') {
        AVILA_TRY_VOID(header());
      } else {
        AVILA_TRY_VOID(key_value(current_, 0));
      }
      AVILA_TRY_VOID(end_of_line());
    }
    return value_of(0);
  }

 private:
  // ---- characters
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool starts_with(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  void skip_blank() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  /// Of where we are.
  std::uint32_t line() {
    for (; counted_ < at_; ++counted_) line_ += text_[counted_] == '\n' ? 1 : 0;
    return line_;
  }
  Error failure(std::string_view what, std::size_t at) const {
    std::size_t line = 1;
    std::size_t start = 0;
    for (std::size_t i = 0; i < at && i < text_.size(); ++i) {
      if (text_[i] != '\n') continue;
      ++line;
      start = i + 1;
    }
    const std::string place =
        "line " + std::to_string(line) + ", column " + std::to_string(at - start + 1) + ": ";
    return Error(Errc::Malformed, place + std::string(what), {.offset = at});
  }
  Error failure(std::string_view what) const { return failure(what, at_); }

  static bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  }

  Result<> newline() {
    if (peek() == '\n' && at_ < text_.size()) {
      ++at_;
    } else if (starts_with("\r\n")) {
      at_ += 2;
    } else {
      return failure("expected the end of the line");
    }
    return {};
  }

  Result<> comment() {
    while (at_ < text_.size() && peek() != '\n' && !starts_with("\r\n")) {
      if (is_control(peek())) return failure("control character in a comment");
      ++at_;
    }
    return {};
  }

  Result<> end_of_line() {
    skip_blank();
    if (peek() == '#') AVILA_TRY_VOID(comment());
    if (at_ == text_.size()) return {};
    return newline();
  }

  /// Blanks, comments and newlines, as arrays allow them.
  Result<> skip_lines() {
    while (true) {
      skip_blank();
      if (peek() == '#') {
        AVILA_TRY_VOID(comment());
      } else if (at_ < text_.size() && (peek() == '\n' || peek() == '\r')) {
        AVILA_TRY_VOID(newline());
      } else {
        return {};
      }
    }
  }

  // ---- nodes
  std::size_t make(Kind kind, Origin origin) {
    nodes_.emplace_back();
    nodes_.back().kind = kind;
    nodes_.back().origin = origin;
    nodes_.back().line = line();
    return nodes_.size() - 1;
  }
  static constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t member(std::size_t table, const std::string& key) const {
    const auto found = nodes_[table].index.find(key);
    return found == nodes_[table].index.end() ? kNone : nodes_[table].members[found->second].second;
  }
  void add(std::size_t table, std::string key, std::size_t node) {
    nodes_[table].index.emplace(key, nodes_[table].members.size());
    nodes_[table].members.emplace_back(std::move(key), node);
  }

  Value value_of(std::size_t index) {
    Node& node = nodes_[index];
    Value value = std::move(node.scalar);
    if (node.kind == Kind::Array) {
      value = Value::array();
      for (const std::size_t item : node.items) value.items().push_back(value_of(item));
    }
    if (node.kind == Kind::Table) {
      value = Value::table();
      for (const auto& [key, child] : node.members) value.append(key, value_of(child));
    }
    value.set_line(node.line);
    return value;
  }

  // ---- keys
  static bool is_bare(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  }

  Result<std::string> simple_key() {
    if (peek() == '"' || peek() == '\'') {
      if (starts_with("\"\"\"") || starts_with("'''"))
        return failure("a key cannot be a multi-line string");
      return peek() == '"' ? basic_string() : literal_string();
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && is_bare(text_[at_])) ++at_;
    if (at_ == start)
      return failure("expected a key (letters, digits, _ and -, or a quoted string)");
    return std::string(text_.substr(start, at_ - start));
  }

  Result<std::vector<std::string>> key() {
    std::vector<std::string> parts;
    while (true) {
      skip_blank();
      AVILA_TRY(std::string part, simple_key());
      parts.push_back(std::move(part));
      if (parts.size() > static_cast<std::size_t>(kMaxDepth))
        return failure("key of more than " + std::to_string(kMaxDepth) + " parts");
      skip_blank();
      if (peek() != '.') return parts;
      ++at_;
    }
  }

  // ---- statements
  Result<> header() {
    const std::size_t start = at_;
    const bool is_array = starts_with("[[");
    at_ += is_array ? 2 : 1;
    AVILA_TRY(const std::vector<std::string> path, key());
    if (!starts_with(is_array ? "]]" : "]"))
      return failure(is_array ? "expected ]]" : "expected ]");
    at_ += is_array ? 2 : 1;

    std::size_t table = 0;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      std::size_t next = member(table, path[i]);
      if (next == kNone) {
        next = make(Kind::Table, Origin::Implicit);
        add(table, path[i], next);
      } else if (nodes_[next].array_of_tables) {
        next = nodes_[next].items.back();
      } else if (nodes_[next].kind != Kind::Table || nodes_[next].origin == Origin::Inline) {
        return failure('\'' + path[i] + "' is a value, not a table", start);
      }
      table = next;
    }
    const std::string& last = path.back();
    const std::size_t found = member(table, last);
    if (is_array) {
      std::size_t array = found;
      if (found == kNone) {
        array = make(Kind::Array, Origin::Header);
        nodes_[array].array_of_tables = true;
        add(table, last, array);
      } else if (!nodes_[found].array_of_tables) {
        return failure('\'' + last + "' is defined already, and not as an array of tables", start);
      }
      current_ = make(Kind::Table, Origin::Header);
      nodes_[array].items.push_back(current_);
      return {};
    }
    if (found == kNone) {
      current_ = make(Kind::Table, Origin::Header);
      add(table, last, current_);
    } else if (nodes_[found].kind == Kind::Table && nodes_[found].origin == Origin::Implicit) {
      nodes_[found].origin = Origin::Header;
      current_ = found;
    } else {
      return failure('\'' + last + "' is defined already", start);
    }
    return {};
  }

  Result<> key_value(std::size_t table, int depth) {
    const std::size_t start = at_;
    AVILA_TRY(std::vector<std::string> path, key());
    if (peek() != '=') return failure("expected = behind the key");
    ++at_;
    skip_blank();
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      std::size_t next = member(table, path[i]);
      if (next == kNone) {
        next = make(Kind::Table, Origin::Dotted);
        add(table, path[i], next);
      } else if (nodes_[next].kind != Kind::Table || nodes_[next].origin != Origin::Dotted) {
        return failure('\'' + path[i] + "' is defined already; a dotted key cannot extend it",
                       start);
      }
      table = next;
    }
    if (member(table, path.back()) != kNone)
      return failure("duplicate key '" + path.back() + '\'', start);
    AVILA_TRY(const std::size_t node, value(depth + static_cast<int>(path.size())));
    // The value may have added nodes, never members of this table.
    add(table, std::move(path.back()), node);
    return {};
  }

  // ---- values
  Result<std::size_t> value(int depth) {
    if (depth > kMaxDepth) return failure("nested deeper than " + std::to_string(kMaxDepth));
    switch (peek()) {
      case '"':
      case '\'': {
        const std::uint32_t began = line();
        AVILA_TRY(std::string text, any_string());
        const std::size_t node = scalar(Value(std::move(text)));
        nodes_[node].line = began;
        return node;
      }
      case '[': return array(depth);
      case '{': return inline_table(depth);
      default: return word();
    }
  }

  std::size_t scalar(Value value) {
    const std::size_t node = make(value.kind(), Origin::Inline);
    nodes_[node].scalar = std::move(value);
    return node;
  }

  Result<std::size_t> word() {
    const std::size_t start = at_;
    const auto in_word = [](char c) { return is_bare(c) || c == '+' || c == '.' || c == ':'; };
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    // A date and a time may have one space between them.
    if (at_ - start == 10 && peek() == ' ' && peek(1) >= '0' && peek(1) <= '9' &&
        text_[start + 4] == '-') {
      ++at_;
      while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    }
    const std::string_view token = text_.substr(start, at_ - start);
    if (token == "true" || token == "false") return scalar(Value(token == "true"));
    if (token.empty()) return failure("expected a value");
    auto parsed = detail::parse_scalar(token);
    if (!parsed) return failure("not a number, date, time or boolean; text needs quotes", start);
    return scalar(std::move(*parsed));
  }

  Result<std::size_t> array(int depth) {
    ++at_;
    const std::size_t node = make(Kind::Array, Origin::Inline);
    while (true) {
      AVILA_TRY_VOID(skip_lines());
      if (peek() == ']') break;
      AVILA_TRY(const std::size_t item, value(depth + 1));
      nodes_[node].items.push_back(item);
      AVILA_TRY_VOID(skip_lines());
      if (peek() == ',') {
        ++at_;
      } else if (peek() != ']') {
        return failure("expected , or ] in an array");
      }
    }
    ++at_;
    return node;
  }

  Result<std::size_t> inline_table(int depth) {
    ++at_;
    const std::size_t node = make(Kind::Table, Origin::Dotted);
    skip_blank();
    while (peek() != '}') {
      AVILA_TRY_VOID(key_value(node, depth + 1));
      skip_blank();
      if (peek() == '}') break;
      if (peek() != ',') return failure("expected , or } in an inline table");
      ++at_;
      skip_blank();
      if (peek() == '}') return failure("no comma before the } of an inline table");
    }
    ++at_;
    close(node);
    return node;
  }

  /// An inline table and what dotted keys made within it are closed for ever.
  void close(std::size_t table) {
    nodes_[table].origin = Origin::Inline;
    for (const auto& [key, child] : nodes_[table].members)
      if (nodes_[child].kind == Kind::Table && nodes_[child].origin == Origin::Dotted) close(child);
  }

  // ---- strings
  Result<std::string> any_string() {
    if (starts_with("\"\"\"")) return multi_line('"');
    if (starts_with("'''")) return multi_line('\'');
    return peek() == '"' ? basic_string() : literal_string();
  }

  Result<std::string> literal_string() {
    const std::size_t start = ++at_;
    while (at_ < text_.size() && peek() != '\'') {
      if (is_control(peek())) return failure("control character or line end in a string");
      ++at_;
    }
    if (at_ == text_.size()) return failure("string without its closing '", start - 1);
    return std::string(text_.substr(start, at_++ - start));
  }

  Result<std::string> basic_string() {
    const std::size_t start = at_++;
    std::string out;
    while (at_ < text_.size() && peek() != '"') {
      if (is_control(peek())) return failure("control character or line end in a string");
      if (peek() == '\\') {
        AVILA_TRY_VOID(escape(out));
      } else {
        out += text_[at_++];
      }
    }
    if (at_ == text_.size()) return failure("string without its closing \"", start);
    ++at_;
    return out;
  }

  Result<std::string> multi_line(char quote) {
    const std::size_t start = at_;
    at_ += 3;
    if (peek() == '\n')
      ++at_;
    else if (starts_with("\r\n"))
      at_ += 2;
    std::string out;
    while (at_ < text_.size()) {
      if (peek() == quote && peek(1) == quote && peek(2) == quote) {
        // Up to two more quotes belong to the text.
        std::size_t extra = 0;
        while (extra < 2 && peek(3 + extra) == quote) ++extra;
        out.append(extra, quote);
        at_ += 3 + extra;
        return out;
      }
      if (quote == '"' && peek() == '\\') {
        AVILA_TRY(const bool joined, line_ending_backslash());
        if (!joined) AVILA_TRY_VOID(escape(out));
      } else if (starts_with("\r\n")) {
        out += "\r\n";
        at_ += 2;
      } else if (is_control(peek()) && peek() != '\n') {
        return failure("control character in a string");
      } else {
        out += text_[at_++];
      }
    }
    return failure("multi-line string without its closing quotes", start);
  }

  /// A backslash, blanks and a line end join the next text; false when this backslash is another.
  Result<bool> line_ending_backslash() {
    std::size_t i = at_ + 1;
    while (i < text_.size() && (text_[i] == ' ' || text_[i] == '\t')) ++i;
    const bool ends_line = text_.substr(i).starts_with("\n") || text_.substr(i).starts_with("\r\n");
    if (!ends_line) return false;
    at_ = i;
    while (at_ < text_.size()) {
      if (peek() == ' ' || peek() == '\t' || peek() == '\n')
        ++at_;
      else if (starts_with("\r\n"))
        at_ += 2;
      else
        break;
    }
    return true;
  }

  Result<> escape(std::string& out) {
    const char letter = peek(1);
    constexpr std::string_view kLetters = "btnfr\"\\";
    constexpr std::string_view kMeanings = "\b\t\n\f\r\"\\";
    if (const auto found = kLetters.find(letter);
        letter != '\0' && found != std::string_view::npos) {
      out += kMeanings[found];
      at_ += 2;
      return {};
    }
    if (letter != 'u' && letter != 'U')
      return failure("unknown escape; a backslash itself is \\\\");
    const std::size_t digits = letter == 'u' ? 4 : 8;
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = peek(2 + i);
      int value = 0;
      if (c >= '0' && c <= '9')
        value = c - '0';
      else if (c >= 'a' && c <= 'f')
        value = c - 'a' + 10;
      else if (c >= 'A' && c <= 'F')
        value = c - 'A' + 10;
      else
        return failure("expected " + std::to_string(digits) + " hex digits");
      code = code * 16 + static_cast<std::uint32_t>(value);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
      return failure("escape of something that is no Unicode scalar value");
    text::append_utf8(out, static_cast<char32_t>(code));
    at_ += 2 + digits;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t current_ = 0;
  std::size_t counted_ = 0;  // up to here line_ is right
  std::uint32_t line_ = 1;
  std::vector<Node> nodes_;
};

}  // namespace

Result<Value> parse(std::string_view text) { return Parser(text).run(); }

}  // namespace avila::serde::toml
