// The syntax is that of RE2 and of Rust's regex: what either accepts means the same here.
#include "parser.hpp"

#include <avila/text/property.hpp>
#include <avila/text/utf8.hpp>

#include <tuple>
#include <utility>

namespace avila::regex::detail {
namespace {

Node make(Node::Kind kind) {
  Node node;
  node.kind = kind;
  return node;
}

bool is_space(char32_t c) noexcept {  // Unicode's Pattern_White_Space
  return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0x200E || c == 0x200F ||
         c == 0x2028 || c == 0x2029;
}

// Literals side by side become one; what holds a single part becomes that part.
Node joined(Node::Kind kind, std::vector<Node> parts) {
  if (kind == Node::Kind::Concat) {
    std::vector<Node> merged;
    for (Node& part : parts) {
      if (part.kind == Node::Kind::Empty) continue;
      if (part.kind == Node::Kind::Literal && !merged.empty() &&
          merged.back().kind == Node::Kind::Literal) {
        merged.back().literal += part.literal;
      } else {
        merged.push_back(std::move(part));
      }
    }
    parts = std::move(merged);
  }
  if (parts.empty()) return {};
  if (parts.size() == 1) return std::move(parts.front());
  Node node = make(kind);
  for (const Node& part : parts) node.height = std::max(node.height, part.height + 1);
  node.parts = std::move(parts);
  return node;
}

}  // namespace

bool can_be_empty(const Node& node) noexcept {
  const auto empty = [](const Node& part) { return can_be_empty(part); };
  switch (node.kind) {
    case Node::Kind::Literal:
    case Node::Kind::Set: return false;
    case Node::Kind::Repeat: return node.min == 0 || empty(node.parts[0]);
    case Node::Kind::Group:
    case Node::Kind::Concat: return std::all_of(node.parts.begin(), node.parts.end(), empty);
    case Node::Kind::Alternate: return std::any_of(node.parts.begin(), node.parts.end(), empty);
    default: return true;
  }
}

Result<Pattern> parse(std::string_view pattern, const Options& options) {
  return Parser(pattern, options).parse();
}

Result<Pattern> Parser::parse() {
  if (text_.size() > options_.max_pattern_size)
    return Error(Errc::LimitExceeded, "regex: the pattern is longer than max_pattern_size",
                 {.offset = options_.max_pattern_size});
  if (const std::size_t valid = text::valid_utf8_prefix(text_); valid != text_.size())
    return error("the pattern is not UTF-8", valid, "write bytes as (?-u:\\xFF)");
  AVILA_TRY(Node root, alternation(0));
  if (!done()) return error("unopened group: nothing to close with ')'", at_);
  return Pattern{std::move(root), std::move(names_)};
}

char32_t Parser::next_char() noexcept {
  const auto decoded = text::decode_utf8(text_, at_);
  at_ += decoded.length;
  return decoded.code_point;
}

void Parser::skip_space() noexcept {
  if (!flags_.x) return;
  while (!done()) {
    const auto decoded = text::decode_utf8(text_, at_);
    if (is_space(decoded.code_point)) {
      at_ += decoded.length;
    } else if (decoded.code_point == '#') {
      while (!done() && text_[at_] != '\n') ++at_;
    } else {
      return;
    }
  }
}

Result<Node> Parser::alternation(std::size_t depth) {
  std::vector<Node> parts;
  do {
    AVILA_TRY(Node part, concatenation(depth));
    parts.push_back(std::move(part));
  } while (take("|"));
  return joined(Node::Kind::Alternate, std::move(parts));
}

Result<Node> Parser::concatenation(std::size_t depth) {
  std::vector<Node> parts;
  for (;;) {
    skip_space();
    if (done() || peek() == '|' || peek() == ')') break;
    if (take("\\Q")) {
      AVILA_TRY_VOID(quote(parts));
      if (done() || parts.empty()) continue;
    } else {
      AVILA_TRY(Node node, atom(depth));
      if (std::exchange(flags_only_, false)) continue;
      parts.push_back(std::move(node));
    }
    AVILA_TRY(parts.back(), quantified(std::move(parts.back())));
  }
  return joined(Node::Kind::Concat, std::move(parts));
}

// \Q…\E: what lies between is literal.
Result<void> Parser::quote(std::vector<Node>& parts) {
  while (!done() && !take("\\E")) {
    const std::size_t at = at_;
    AVILA_TRY(Node node, literal(next_char(), at));
    parts.push_back(std::move(node));
  }
  return {};
}

Result<Node> Parser::atom(std::size_t depth) {
  const std::size_t start = at_;
  switch (peek()) {
    case '(': return group(depth);
    case '*':
    case '+':
    case '?':
    case '{':
      return error("nothing to repeat before the quantifier", start,
                   "write \\* or \\{ for the character itself");
    case '^':
      ++at_;
      return look_node(!flags_.m ? Look::Start : flags_.r ? Look::StartCrlf : Look::StartLf);
    case '$':
      ++at_;
      return look_node(!flags_.m ? Look::End : flags_.r ? Look::EndCrlf : Look::EndLf);
    case '.': ++at_; return set_node(dot(), start);
    case '[': {
      ++at_;
      AVILA_TRY(CharSet set, bracket(depth + 1));
      return set_node(std::move(set), start);
    }
    case '\\': {
      AVILA_TRY(Item item, escape());
      if (item.kind == Item::Kind::Look) return look_node(item.look);
      if (item.kind == Item::Kind::Set) return set_node(std::move(item.set), start);
      if (item.kind == Item::Kind::Byte)
        return raw_byte(static_cast<std::uint8_t>(item.code), start);
      return literal(item.code, start);
    }
    default: return literal(next_char(), start);
  }
}

Result<Node> Parser::group(std::size_t depth) {
  const std::size_t open = at_++;
  if (depth >= std::min<std::size_t>(options_.max_nesting, 1'000))
    return Error(Errc::LimitExceeded, "regex: groups nest deeper than max_nesting",
                 {.offset = open});
  const Flags saved = flags_;
  Node node = make(Node::Kind::Group);
  bool captures = true;
  if (looking_at("?P<") || (looking_at("?<") && !looking_at("?<=") && !looking_at("?<!"))) {
    at_ += looking_at("?P<") ? 3 : 2;
    AVILA_TRY(std::string name, group_name(open));
    names_.push_back(std::move(name));
  } else if (looking_at("?=") || looking_at("?!") || looking_at("?<=") || looking_at("?<!")) {
    return error("look-around is not supported", open,
                 "it has no linear-time algorithm here; use captures instead");
  } else if (take("?")) {
    captures = false;
    AVILA_TRY_VOID(flags(open));
    if (take(")")) {  // (?i) holds to the end of the group around it
      flags_only_ = true;
      return Node{};
    }
    ++at_;  // the colon
  } else {
    names_.emplace_back();
  }
  if (names_.size() > Options::kMaxGroups + 1)
    return Error(Errc::LimitExceeded, "regex: more than kMaxGroups groups", {.offset = open});
  node.min = captures ? static_cast<std::uint32_t>(names_.size() - 1) : 0;
  AVILA_TRY(Node inside, alternation(depth + 1));
  if (!take(")")) return error("unclosed group", open);
  flags_ = saved;
  if (!captures) return inside;
  node.height = inside.height + 1;
  node.parts.push_back(std::move(inside));
  return node;
}

// A letter or _, then letters, digits and _ . [ ] of Unicode.
Result<std::string> Parser::group_name(std::size_t open) {
  const std::size_t start = at_;
  while (!done() && peek() != '>') {
    const std::size_t at = at_;
    const char32_t c = next_char();
    const bool digit = c >= '0' && c <= '9';
    const bool punctuation = c == '.' || c == '[' || c == ']';
    if ((!text::is_word(c) && !punctuation) || (at == start && (digit || punctuation)))
      return error("bad character in a group name", at);
  }
  std::string name(text_.substr(start, at_ - start));
  if (!take(">")) return error("unclosed group name", open);
  if (name.empty()) return error("empty group name", start);
  if (std::find(names_.begin(), names_.end(), name) != names_.end())
    return error("duplicate group name", start);
  return name;
}

// After "(?": flags up to ':' or ')', which stays.
Result<void> Parser::flags(std::size_t open) {
  bool on = true;
  bool any = false;
  std::string seen;
  for (; !done() && peek() != ':' && peek() != ')'; ++at_) {
    const char c = peek();
    if (seen.find(c) != std::string::npos) return error("repeated flag", at_);
    seen += c;
    any = c != '-';
    switch (c) {
      case '-': on = false; break;
      case 'i': flags_.i = on; break;
      case 'm': flags_.m = on; break;
      case 's': flags_.s = on; break;
      case 'x': flags_.x = on; break;
      case 'R': flags_.r = on; break;
      case 'U': flags_.swap = on; break;
      case 'u': flags_.unicode = on; break;
      default: return error("unknown flag", at_, "the flags are i m s x R U u");
    }
  }
  if (done()) return error("unclosed group", open);
  if (!any && (!seen.empty() || peek() == ')')) return error("missing flag", at_);
  return {};
}

Result<Node> Parser::quantified(Node node) {
  for (;;) {
    skip_space();
    std::uint32_t min = 0;
    std::uint32_t max = Node::kNoLimit;
    if (take("*")) {
    } else if (take("+")) {
      min = 1;
    } else if (take("?")) {
      max = 1;
    } else if (peek() == '{') {
      AVILA_TRY(const auto range, counts());
      std::tie(min, max) = range;
    } else {
      return node;
    }
    const bool lazy = take("?");
    if (max == 0) node = Node{};
    if (node.kind == Node::Kind::Empty) continue;
    Node repeat = make(Node::Kind::Repeat);
    repeat.min = min;
    repeat.max = max;
    repeat.greedy = lazy == flags_.swap;
    repeat.height = node.height + 1;
    if (repeat.height > 4 * std::min<std::size_t>(options_.max_nesting, 1'000))
      return Error(Errc::LimitExceeded, "regex: repetitions nest deeper than max_nesting allows",
                   {.offset = at_});
    repeat.parts.push_back(std::move(node));
    node = std::move(repeat);
  }
}

// {n}, {n,}, {,m} and {n,m}.
Result<std::pair<std::uint32_t, std::uint32_t>> Parser::counts() {
  const std::size_t open = at_++;
  std::uint32_t min = 0;
  std::uint32_t max = Node::kNoLimit;
  skip_space();
  const bool from_zero = peek() == ',';
  if (!from_zero) {
    AVILA_TRY(min, count(open));
  }
  skip_space();
  if (take(",")) {
    skip_space();
    if (from_zero || peek() != '}') {
      AVILA_TRY(max, count(open));
    }
    skip_space();
  } else {
    max = min;
  }
  if (!take("}")) return error("unclosed repetition count", open, "write \\{ for the character");
  if (min > max) return error("the least count is above the greatest", open);
  return std::pair(min, max);
}

Result<std::uint32_t> Parser::count(std::size_t open) {
  constexpr std::uint32_t kMaxCount = 1'000'000;  // max_program_size stops sooner
  std::uint32_t number = 0;
  const std::size_t start = at_;
  for (; peek() >= '0' && peek() <= '9'; ++at_) {
    number = number * 10 + static_cast<std::uint32_t>(peek() - '0');
    if (number > kMaxCount)
      return Error(Errc::LimitExceeded, "regex: a count above 1000000", {.offset = start});
  }
  if (at_ == start)
    return error("a repetition count must be a number", open, "write \\{ for the character");
  return number;
}

Result<Node> Parser::literal(char32_t code, std::size_t at) {
  if (flags_.i) {
    CharSet set;
    set.add(code, code);
    fold(set);
    if (set.count(2) > 1) return set_node(std::move(set), at);
  }
  Node node = make(Node::Kind::Literal);
  text::append_utf8(node.literal, code);
  return node;
}

Result<Node> Parser::raw_byte(std::uint8_t byte, std::size_t at) {
  CharSet set;
  set.add(byte, byte);
  fold(set);
  return set_node(std::move(set), at);
}

Result<Node> Parser::set_node(CharSet set, std::size_t at) {
  if (!flags_.unicode && options_.utf8 && set.max() > 0x7F)
    return error("this can match what is not UTF-8", at,
                 "clear Options::utf8 to search bytes, or use (?u)");
  const bool single = set.count(2) == 1;
  if (single && (flags_.unicode ? text::is_scalar_value(set.max()) : true)) {
    Node node = make(Node::Kind::Literal);
    if (flags_.unicode) {
      text::append_utf8(node.literal, set.max());
    } else {
      node.literal = static_cast<char>(set.max());
    }
    return node;
  }
  Node node = make(Node::Kind::Set);
  node.bytes = !flags_.unicode;
  node.set = std::move(set);
  return node;
}

Node Parser::look_node(Look look) const {
  Node node = make(Node::Kind::Look);
  node.look = look;
  return node;
}

CharSet Parser::dot() const {
  CharSet set;
  if (!flags_.s && flags_.r) {
    set.add('\r', '\r');
    set.add('\n', '\n');
  } else if (!flags_.s && (!flags_.unicode || options_.line_terminator < 0x80)) {
    set.add(options_.line_terminator, options_.line_terminator);
  }
  set.normalize();
  set.negate(limit());
  return set;
}

}  // namespace avila::regex::detail
