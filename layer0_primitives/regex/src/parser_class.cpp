#include <avila/text/utf8.hpp>

#include "parser.hpp"

namespace avila::regex::detail {
namespace {

struct Posix {
  const char* name;
  const char* ranges;  // pairs of first and last
};
constexpr Posix kPosix[] = {{"alnum", "09AZaz"}, {"alpha", "AZaz"},     {"blank", "\t\t  "},
                            {"digit", "09"},     {"graph", "!~"},       {"lower", "az"},
                            {"print", " ~"},     {"punct", "!/:@[`{~"}, {"space", "\t\r  "},
                            {"upper", "AZ"},     {"word", "09AZ__az"},  {"xdigit", "09AFaf"},
                            {"ascii", nullptr},  {"cntrl", nullptr}};

CharSet of_pairs(const char* pairs) {
  CharSet set;
  for (; *pairs != '\0'; pairs += 2)
    set.add(static_cast<unsigned char>(pairs[0]), static_cast<unsigned char>(pairs[1]));
  set.normalize();
  return set;
}

bool is_ascii_alnum(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

void Parser::fold(CharSet& set) const {
  set.normalize();
  if (!flags_.i) return;
  flags_.unicode ? set.fold_unicode() : set.fold_ascii();
}

Result<Parser::Item> Parser::escape() {
  const std::size_t start = at_++;
  if (done()) return error("nothing after the backslash", start);
  const char c = peek();
  Item item;
  if (!is_ascii_alnum(c) && c != '<' && c != '>') {
    item.code = next_char();
    if (item.code > 0x7F) return error("unknown escape", start);
    return item;
  }
  ++at_;
  const bool u = flags_.unicode;
  const auto look = [&item](Look value) {
    item.kind = Item::Kind::Look;
    item.look = value;
  };
  switch (c) {
    case 'a': item.code = 7; return item;
    case 'f': item.code = 12; return item;
    case 't': item.code = 9; return item;
    case 'n': item.code = 10; return item;
    case 'r': item.code = 13; return item;
    case 'v': item.code = 11; return item;
    case 'x':
    case 'u':
    case 'U': {
      AVILA_TRY(item.code, hex(c, start));
      if (!u && c == 'x' && item.code <= 0xFF) item.kind = Item::Kind::Byte;
      return item;
    }
    case 'd':
    case 's':
    case 'w':
    case 'D':
    case 'S':
    case 'W':
      item.kind = Item::Kind::Set;
      item.set = perl_class(c);
      return item;
    case 'p':
    case 'P': {
      item.kind = Item::Kind::Set;
      AVILA_TRY(item.set, property(c == 'P', start));
      return item;
    }
    case 'A': look(Look::Start); return item;
    case 'z': look(Look::End); return item;
    case 'B': look(u ? Look::NotWordUnicode : Look::NotWordAscii); return item;
    case '<': look(u ? Look::WordStartUnicode : Look::WordStartAscii); return item;
    case '>': look(u ? Look::WordEndUnicode : Look::WordEndAscii); return item;
    case 'b': {
      look(u ? Look::WordUnicode : Look::WordAscii);
      if (peek() == '{' && at_ + 1 < text_.size() &&
          ((text_[at_ + 1] >= 'a' && text_[at_ + 1] <= 'z') || text_[at_ + 1] == '-')) {
        AVILA_TRY(item.look, braced_boundary(start));
      }
      return item;
    }
    default: break;
  }
  if (c >= '0' && c <= '9')
    return error("back-references and octal escapes are not supported", start,
                 "a back-reference has no linear-time algorithm; write a byte as \\x00");
  return error("unknown escape", start);
}

// \b{start}, \b{end}, \b{start-half}, \b{end-half}.
Result<Look> Parser::braced_boundary(std::size_t start) {
  struct Name {
    std::string_view name;
    Look ascii, unicode;
  };
  constexpr Name kNames[] = {{"{start}", Look::WordStartAscii, Look::WordStartUnicode},
                             {"{end}", Look::WordEndAscii, Look::WordEndUnicode},
                             {"{start-half}", Look::WordStartHalfAscii, Look::WordStartHalfUnicode},
                             {"{end-half}", Look::WordEndHalfAscii, Look::WordEndHalfUnicode}};
  for (const Name& name : kNames)
    if (take(name.name)) return flags_.unicode ? name.unicode : name.ascii;
  return error("unknown word boundary", start,
               "they are \\b{start}, \\b{end}, \\b{start-half} and \\b{end-half}");
}

// \xHH, \uHHHH, \UHHHHHHHH, or any with {H…}.
Result<char32_t> Parser::hex(char letter, std::size_t start) {
  const bool braced = take("{");
  const std::size_t wanted = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
  std::uint32_t code = 0;
  std::size_t digits = 0;
  for (; braced ? !done() && peek() != '}' : digits < wanted; ++at_, ++digits) {
    const char c = peek();
    const int value = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (value < 0) return error("expected a hexadecimal digit", at_);
    code = code * 16 + static_cast<std::uint32_t>(value);
    if (code > 0x10FFFF) return error("no such code point", start);
  }
  if (braced && (digits == 0 || !take("}"))) return error("unclosed or empty escape", start);
  if (!text::is_scalar_value(code)) return error("a surrogate is no character", start);
  return static_cast<char32_t>(code);
}

// \pL, \p{Greek}, \p{script=Greek}, \p{sc!=Greek}, \p{^Greek}.
Result<CharSet> Parser::property(bool negated, std::size_t start) {
  if (!flags_.unicode) return error("\\p needs Unicode, which (?-u) turned off", start);
  std::string_view name;
  if (take("{")) {
    const std::size_t close = text_.find('}', at_);
    if (close == std::string_view::npos) return error("unclosed property name", start);
    name = text_.substr(at_, close - at_);
    at_ = close + 1;
    if (name.starts_with('^')) {
      negated = !negated;
      name.remove_prefix(1);
    }
  } else {
    const std::size_t from = at_;
    if (done()) return error("missing property name", start);
    next_char();
    name = text_.substr(from, at_ - from);
  }
  std::string_view value;
  if (const std::size_t equals = name.find_first_of("=:"); equals != std::string_view::npos) {
    value = name.substr(equals + 1);
    name = name.substr(0, equals);
    if (name.ends_with('!')) {
      negated = !negated;
      name.remove_suffix(1);
    }
    if (value.empty()) return error("missing property value", start);
  }
  auto ranges = text::property_ranges(name, value);
  if (!ranges) return error("unknown Unicode property", start);
  CharSet set(std::move(*ranges));
  fold(set);
  if (negated) set.negate(limit());
  return set;
}

CharSet Parser::perl_class(char letter) const {
  CharSet set;
  switch (letter) {
    case 'd':
    case 'D':
      set = flags_.unicode ? CharSet(*text::property_ranges("gc", "Nd")) : of_pairs("09");
      break;
    case 's':
    case 'S':
      set = flags_.unicode ? CharSet(*text::property_ranges("White_Space")) : of_pairs("\t\r  ");
      break;
    default: set = flags_.unicode ? CharSet(*text::property_ranges("word")) : of_pairs("09AZ__az");
  }
  if (letter <= 'Z') set.negate(limit());
  return set;
}

// After '[', up to and with its ']'. The operators && -- ~~ bind alike, from left to right; what
// lies between two of them is a union.
Result<CharSet> Parser::bracket(std::size_t depth) {
  const std::size_t open = at_ - 1;
  if (depth >= std::min<std::size_t>(options_.max_nesting, 1'000))
    return Error(Errc::LimitExceeded, "regex: classes nest deeper than max_nesting",
                 {.offset = open});
  skip_space();
  const bool negated = take("^");
  CharSet left;
  CharSet items;
  char operation = '\0';
  const auto combine = [&] {
    fold(items);
    switch (operation) {
      case '&': left.intersect(items); break;
      case '-': left.subtract(items, limit()); break;
      case '~': left.symmetric_difference(items, limit()); break;
      default: left = std::move(items);
    }
    items = CharSet();
  };
  for (bool first = true;; first = false) {
    skip_space();
    if (done()) return error("unclosed character class", open);
    if (!first) {  // at the beginning these stand for themselves
      if (take("]")) break;
      if (looking_at("&&") || looking_at("--") || looking_at("~~")) {
        combine();
        operation = peek();
        at_ += 2;
        continue;
      }
    }
    if (peek() == '[') {
      if (auto posix = posix_class()) {
        items.add(*posix);
        continue;
      }
      ++at_;
      AVILA_TRY(const CharSet nested, bracket(depth + 1));
      items.add(nested);
      continue;
    }
    const std::size_t start = at_;
    AVILA_TRY(Item item, bracket_item());
    skip_space();
    const bool range = peek() == '-' && !looking_at("--") && !looking_at("-]");
    if (!range) {
      if (item.kind == Item::Kind::Set) {
        items.add(item.set);
      } else {
        items.add(item.code, item.code);
      }
      continue;
    }
    ++at_;
    skip_space();
    if (done()) return error("unclosed character class", open);
    AVILA_TRY(const Item last, bracket_item());
    if (item.kind == Item::Kind::Set || last.kind == Item::Kind::Set)
      return error("a class cannot be the end of a range", start);
    if (item.code > last.code) return error("the range is backwards", start);
    items.add(item.code, last.code);
  }
  combine();
  if (negated) left.negate(limit());
  return left;
}

Result<Parser::Item> Parser::bracket_item() {
  const std::size_t start = at_;
  Item item;
  if (peek() == '\\') {
    if (looking_at("\\b") && !looking_at("\\b{")) return error("\\b means nothing in a class", at_);
    AVILA_TRY(item, escape());
    if (item.kind == Item::Kind::Look) return error("an assertion cannot be in a class", start);
  } else {
    item.code = next_char();
  }
  if (item.kind != Item::Kind::Set && item.code > limit())
    return error("(?-u) leaves only bytes for a class", start);
  if (item.kind == Item::Kind::Char && !flags_.unicode && item.code > 0x7F)
    return error("(?-u) leaves only bytes for a class", start, "write the byte as \\xFF");
  return item;
}

// [:alpha:] and [:^alpha:]; nothing, and no progress, where it is something else.
std::optional<CharSet> Parser::posix_class() {
  if (!looking_at("[:")) return std::nullopt;
  constexpr std::size_t kLongest = 12;  // [:^xdigit:]
  const std::size_t length = text_.substr(at_, kLongest).find(":]", 2);
  if (length == std::string_view::npos) return std::nullopt;
  const std::size_t close = at_ + length;
  std::string_view name = text_.substr(at_ + 2, close - at_ - 2);
  const bool negated = name.starts_with('^');
  if (negated) name.remove_prefix(1);
  for (const Posix& posix : kPosix) {
    if (name != posix.name) continue;
    CharSet set;
    if (posix.ranges != nullptr) {
      set = of_pairs(posix.ranges);
    } else if (name == "ascii") {
      set.add(0, 0x7F);
    } else {
      set.add(0, 0x1F);
      set.add(0x7F, 0x7F);
    }
    fold(set);
    if (negated) set.negate(limit());
    at_ = close + 2;
    return set;
  }
  return std::nullopt;
}

}  // namespace avila::regex::detail
