#include "i_regexp.hpp"

#include <avila/text/utf8.hpp>

namespace avila::json::detail {
namespace {

constexpr std::size_t kMaxProgramSize = 50'000;

// Checks the grammar of RFC 9485 section 4 and writes the same in the syntax of avila::regex, which
// gives ^, $ and others a meaning that they do not have here.
class Translator {
 public:
  explicit Translator(std::string_view pattern) : text_(pattern) {}

  bool run(std::string& out) {
    const bool good = text::validate_utf8(text_) && branches(out, 0) && at_ == text_.size();
    return good;
  }

 private:
  static constexpr std::size_t kMaxNesting = 100;

  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool done() const noexcept { return at_ >= text_.size(); }
  bool take(char c) noexcept {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  static void character(char32_t c, std::string& out) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c > 0x7F;
    if (plain) {
      text::append_utf8(out, c);
    } else {
      out.append("\\x").append({kDigits[c >> 4], kDigits[c & 15]});
    }
  }

  bool branches(std::string& out, std::size_t depth) {
    if (depth > kMaxNesting) return false;
    for (;;) {
      while (!done() && peek() != '|' && peek() != ')')
        if (!piece(out, depth)) return false;
      if (!take('|')) return true;
      out += '|';
    }
  }

  bool piece(std::string& out, std::size_t depth) {
    if (take('(')) {
      out += "(?:";
      if (!branches(out, depth + 1) || !take(')')) return false;
      out += ')';
    } else if (take('.')) {
      out += "[^\\n\\r]";
    } else if (take('[')) {
      if (!bracket(out)) return false;
    } else if (peek() == '\\') {
      if (!category(out)) {
        char32_t c = 0;
        if (!escaped(c)) return false;
        character(c, out);
      }
    } else if (std::string_view("*+?{}]").find(peek()) != std::string_view::npos) {
      return false;
    } else {
      const auto decoded = text::decode_utf8(text_, at_);
      at_ += decoded.length;
      character(decoded.code_point, out);
    }
    return quantifier(out);
  }

  bool quantifier(std::string& out) {
    if (peek() == '*' || peek() == '+' || peek() == '?') {
      out += text_[at_++];
    } else if (take('{')) {
      out += '{';
      if (!digits(out)) return false;
      if (take(',')) {
        out += ',';
        if (peek() != '}' && !digits(out)) return false;
      }
      if (!take('}')) return false;
      out += '}';
    }
    return true;
  }
  bool digits(std::string& out) {
    const std::size_t from = at_;
    while (peek() >= '0' && peek() <= '9') out += text_[at_++];
    return at_ > from;
  }

  // SingleCharEsc.
  bool escaped(char32_t& c) {
    if (!take('\\') || done()) return false;
    const char letter = text_[at_++];
    switch (letter) {
      case 'n': c = '\n'; return true;
      case 'r': c = '\r'; return true;
      case 't': c = '\t'; return true;
      default:
        c = static_cast<unsigned char>(letter);
        return std::string_view("()*+-.?[\\]^{|}").find(letter) != std::string_view::npos;
    }
  }

  // \p{Lu} and \P{Lu}; nothing is read where it is something else.
  bool category(std::string& out) {
    constexpr std::string_view kGroups[] = {"Llmotu", "Mcen",  "Ndlo", "Pcdefiops",
                                            "Zlps",   "Sckmo", "Ccfno"};
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with("\\p{") && !rest.starts_with("\\P{")) return false;
    const std::size_t close = rest.find('}');
    if (close != 4 && close != 5) return false;
    for (const std::string_view group : kGroups)
      if (group[0] == rest[3] && (close == 4 || group.find(rest[4], 1) != std::string_view::npos)) {
        out.append(rest.substr(0, close + 1));
        at_ += close + 1;
        return true;
      }
    return false;
  }

  bool bracket(std::string& out) {
    out += '[';
    if (take('^')) out += '^';
    bool any = false;
    if (take('-')) {
      any = true;
      character('-', out);
    }
    for (;; any = true) {
      if (done()) return false;
      if (take(']')) break;
      if (peek() == '-') {  // the last one, before the bracket
        ++at_;
        if (!take(']')) return false;
        character('-', out);
        any = true;
        break;
      }
      if (category(out)) continue;
      char32_t first = 0;
      if (!bracket_char(first)) return false;
      character(first, out);
      if (peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        char32_t last = 0;
        if (!bracket_char(last) || last < first) return false;
        out += '-';
        character(last, out);
      }
    }
    out += ']';
    return any;
  }
  bool bracket_char(char32_t& c) {
    if (peek() == '\\') return escaped(c);
    if (done() || peek() == '[' || peek() == ']' || peek() == '-') return false;
    const auto decoded = text::decode_utf8(text_, at_);
    at_ += decoded.length;
    c = decoded.code_point;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<regex::Regex> compile_i_regexp(std::string_view pattern, bool whole) {
  std::string translated = whole ? "\\A(?:" : "(?:";
  if (!Translator(pattern).run(translated)) return std::nullopt;
  translated += whole ? ")\\z" : ")";
  auto compiled = regex::Regex::compile(translated, {.max_program_size = kMaxProgramSize});
  if (!compiled.has_value()) return std::nullopt;
  return std::move(*compiled);
}

}  // namespace avila::json::detail
