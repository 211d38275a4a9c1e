// The parser's state, shared by parser.cpp (structure) and parser_class.cpp (escapes, classes).
#pragma once
#include <algorithm>
#include <optional>

#include "syntax.hpp"

namespace avila::regex::detail {

class Parser {
 public:
  Parser(std::string_view pattern, const Options& options)
      : text_(pattern), options_(options), flags_{options} {}
  Result<Pattern> parse();

 private:
  // A class item or an escape: one character, a whole set, or an assertion.
  struct Item {
    enum class Kind : std::uint8_t { Char, Byte, Set, Look };
    Kind kind = Kind::Char;
    char32_t code = 0;
    CharSet set;
    Look look = Look::Start;
  };

  // parser.cpp
  Result<Node> alternation(std::size_t depth);
  Result<Node> concatenation(std::size_t depth);
  Result<Node> atom(std::size_t depth);
  Result<Node> group(std::size_t depth);
  Result<std::string> group_name(std::size_t open);
  Result<void> flags(std::size_t open);
  Result<Node> quantified(Node node);
  Result<std::pair<std::uint32_t, std::uint32_t>> counts();
  Result<std::uint32_t> count(std::size_t open);
  Result<void> quote(std::vector<Node>& parts);
  Result<Node> literal(char32_t code, std::size_t at);
  Result<Node> raw_byte(std::uint8_t byte, std::size_t at);
  Result<Node> set_node(CharSet set, std::size_t at);
  Node look_node(Look look) const;
  CharSet dot() const;

  // parser_class.cpp
  Result<Item> escape();
  Result<char32_t> hex(char letter, std::size_t start);
  Result<Look> braced_boundary(std::size_t start);
  Result<CharSet> property(bool negated, std::size_t start);
  CharSet perl_class(char letter) const;
  Result<CharSet> bracket(std::size_t depth);
  Result<Item> bracket_item();
  std::optional<CharSet> posix_class();
  void fold(CharSet& set) const;
  char32_t limit() const noexcept { return flags_.unicode ? 0x10FFFF : 0xFF; }

  bool done() const noexcept { return at_ >= text_.size(); }
  char peek() const noexcept { return done() ? '\0' : text_[at_]; }
  bool looking_at(std::string_view token) const noexcept {
    return text_.substr(at_).starts_with(token);
  }
  bool take(std::string_view token) noexcept {
    if (!looking_at(token)) return false;
    at_ += token.size();
    return true;
  }
  char32_t next_char() noexcept;
  void skip_space() noexcept;  // and comments, where x says so
  static Error error(std::string_view what, std::size_t at, const char* hint = nullptr) {
    return Error(Errc::Malformed, std::string("regex: ").append(what),
                 {.offset = at, .hint = hint});
  }

  std::string_view text_;
  const Options& options_;
  struct Flags {
    explicit Flags(const Options& o)
        : i(o.case_insensitive),
          m(o.multi_line),
          s(o.dot_matches_newline),
          x(o.ignore_whitespace),
          r(o.crlf),
          swap(o.swap_greed),
          unicode(o.unicode) {}
    bool i, m, s, x, r, swap, unicode;
  } flags_;
  std::size_t at_ = 0;
  bool flags_only_ = false;  // the last atom was (?i)
  std::vector<std::string> names_{std::string()};
};

}  // namespace avila::regex::detail
