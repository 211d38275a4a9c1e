// House rule: only the co_await forms that g++ 12 compiles right (it miscompiles the others without
// a word), and no lambda coroutine with captures. One co_await a statement, in one of the forms
//   [declaration] name = co_await f(named or simple arguments);   co_await f(…);
//   co_return co_await f(…);
// never in a condition, a macro argument, braces, or beside ?:, and no braced temporary and no
// capturing lambda among its arguments.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Finding {
  std::size_t line;
  std::string what;
};

/// Comments, strings and character literals become blanks; lines stay where they are.
std::string blank_out(std::string_view text) {
  std::string out(text);
  const auto blank = [&out](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to && i < out.size(); ++i)
      if (out[i] != '\n') out[i] = ' ';
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    std::size_t end = i + 1;
    if (rest.starts_with("//")) {
      end = std::min(text.find('\n', i), text.size());
      blank(i, end);
    } else if (rest.starts_with("/*")) {
      const std::size_t close = text.find("*/", i + 2);
      end = close == std::string_view::npos ? text.size() : close + 2;
      blank(i, end);
    } else if (rest.starts_with("R\"") &&
               (i == 0 ||
                !(std::isalnum(static_cast<unsigned char>(text[i - 1])) || text[i - 1] == '_'))) {
      const std::size_t open = std::min(text.find('(', i), text.size());
      const std::string tail = ")" + std::string(text.substr(i + 2, open - i - 2)) + "\"";
      const std::size_t close = text.find(tail, open);
      end = close == std::string_view::npos ? text.size() : close + tail.size();
      blank(i, end);
    } else if (text[i] == '"' ||
               (text[i] == '\'' &&
                !(i > 0 && std::isalnum(static_cast<unsigned char>(text[i - 1]))))) {
      const char quote = text[i];
      while (end < text.size() && text[end] != quote && text[end] != '\n')
        end += text[end] == '\\' ? 2 : 1;
      blank(i, ++end);
    }
    i = end;
  }
  // Preprocessor lines: conditions and messages of other compilers are not our statements.
  bool directive = false;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = std::min(out.find('\n', at), out.size());
    const std::size_t first = out.find_first_not_of(" \t", at);
    if (directive || (first < end && out[first] == '#')) {
      directive = end > at && out[end - 1] == '\\';
      blank(at, end);
    }
    at = end + 1;
  }
  return out;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::size_t line_of(std::string_view text, std::size_t at) {
  return 1 + static_cast<std::size_t>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

/// The next whole word `word` at or after `from`.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
  for (std::size_t at = text.find(word, from); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !is_word(text[at - 1]);
    const std::size_t end = at + word.size();
    if (starts && (end == text.size() || !is_word(text[end]))) return at;
  }
  return std::string_view::npos;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}
std::size_t back_over_blanks(std::string_view text, std::size_t at) {  // just behind the last token
  while (at > 0 && std::isspace(static_cast<unsigned char>(text[at - 1]))) --at;
  return at;
}

/// Where the bracket that opens at `at` closes, or the end of the text.
std::size_t closing(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '(' || text[at] == '[' || text[at] == '{') ++depth;
    if (text[at] == ')' || text[at] == ']' || text[at] == '}')
      if (--depth == 0) return at;
  }
  return text.size();
}

/// Where the statement that holds `at` begins: behind the last ; { } at its level. An open ( on the
/// way means that the co_await is inside it: `inside` is its position.
std::size_t statement_start(std::string_view text, std::size_t at, std::size_t& inside) {
  inside = std::string_view::npos;
  int depth = 0;
  while (at > 0) {
    const char c = text[at - 1];
    if (c == ')' || c == ']') {
      ++depth;
    } else if (c == '(' || c == '[') {
      if (depth == 0) {
        inside = at - 1;
        return at;
      }
      --depth;
    } else if (depth == 0 && (c == ';' || c == '{' || c == '}')) {
      return at;
    }
    --at;
  }
  return 0;
}

std::size_t statement_end(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}')
      if (--depth < 0) return at;
    if (c == ';' && depth == 0) return at;
  }
  return text.size();
}

/// The word that ends just before `at` (blanks between are skipped).
std::string_view word_before(std::string_view text, std::size_t at) {
  const std::size_t end = back_over_blanks(text, at);
  std::size_t begin = end;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

/// If [ at `at` opens a lambda: the position behind its captures, else npos.
std::size_t lambda_captures_end(std::string_view text, std::size_t at) {
  const std::size_t before = back_over_blanks(text, at);
  if (before > 0) {  // a subscript or an attribute follows a value or another [
    const char c = text[before - 1];
    if (c == ')' || c == ']' || c == '[') return std::string_view::npos;
    if (is_word(c)) {
      const std::string_view word = word_before(text, at);
      if (word != "return" && word != "co_return" && word != "co_await" && word != "co_yield")
        return std::string_view::npos;
    }
  }
  if (at + 1 < text.size() && text[at + 1] == '[') return std::string_view::npos;
  const std::size_t end = closing(text, at);
  const std::size_t next = skip_blanks(text, end + 1);
  if (end >= text.size() || next >= text.size()) return std::string_view::npos;
  const bool body = text[next] == '(' || text[next] == '{' || text[next] == '<' ||
                    text.substr(next).starts_with("mutable") ||
                    text.substr(next).starts_with("->") ||
                    text.substr(next).starts_with("noexcept");
  return body ? end + 1 : std::string_view::npos;
}

/// What is wrong with the operand of a co_await, [begin, end).
std::string judge_operand(std::string_view text, std::size_t begin, std::size_t end) {
  const std::string_view operand = text.substr(begin, end - begin);
  if (find_word(operand, "co_await", 0) != std::string_view::npos)
    return "two co_await in one statement: give each its own";
  int parentheses = 0;
  for (std::size_t i = begin; i < end; ++i) {
    if (text[i] == '(') ++parentheses;
    if (text[i] == ')') --parentheses;
    if (text[i] == '[') {
      const std::size_t after = lambda_captures_end(text, i);
      if (after != std::string_view::npos) {
        if (skip_blanks(text, i + 1) + 1 < after)
          return "a capturing lambda as a temporary: name it first";
        // A captureless lambda: its body is another function.
        const std::size_t body = text.find('{', after);
        if (body < end) i = closing(text, body);
      }
    } else if (text[i] == '{') {
      return "a braced temporary in the operand: name it first";
    } else if (text[i] == '?') {
      return "?: in the operand: use if";
    }
  }
  if (parentheses != 0) return "unbalanced parentheses: is it inside a macro?";
  // Only a postfix expression: nothing may be computed with the result.
  int depth = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const char c = text[i];
    if (c == '(' || c == '[' || c == '<') ++depth;
    if (c == ')' || c == ']' || (c == '>' && depth > 0 && text[i - 1] != '-')) --depth;
    if (depth == 0 && (c == '+' || c == '/' || c == '%' || c == '|' || c == '^' || c == '='))
      return "an expression around co_await: give it a statement of its own";
    if (depth == 0 && c == '&' && i > begin)
      return "an expression around co_await: name the result";
  }
  return {};
}

/// What is wrong with what stands before a co_await in its statement.
std::string judge_prefix(std::string_view prefix) {
  std::size_t end = back_over_blanks(prefix, prefix.size());
  std::size_t begin = skip_blanks(prefix, 0);
  if (begin >= end) return {};  // co_await f();
  std::string_view text = prefix.substr(begin, end - begin);
  // Labels and the condition of an un-braced body are not part of it.
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view keyword : {"if constexpr", "if", "for", "while", "switch"}) {
      if (!text.starts_with(keyword)) continue;
      const std::size_t open = skip_blanks(text, keyword.size());
      if (open >= text.size() || text[open] != '(') continue;
      const std::size_t close = closing(text, open);
      if (close >= text.size()) return "co_await in a condition";
      text = text.substr(skip_blanks(text, close + 1));
      again = true;
      break;
    }
    for (const std::string_view keyword : {"else", "do", "default:", "default :"}) {
      if (!text.starts_with(keyword) || (is_word(keyword.back()) && text.size() > keyword.size() &&
                                         is_word(text[keyword.size()])))
        continue;
      text = text.substr(skip_blanks(text, keyword.size()));
      again = true;
    }
    if (text.starts_with("case ")) {
      std::size_t colon = text.find(':');
      while (colon + 1 < text.size() && text[colon + 1] == ':') colon = text.find(':', colon + 2);
      if (colon == std::string_view::npos) break;
      text = text.substr(skip_blanks(text, colon + 1));
      again = true;
    }
  }
  if (text.empty() || text == "co_return" || text == "(void)") return {};
  if (text.back() != '=') return "co_await may follow only `=`, `co_return`, or nothing";
  text.remove_suffix(1);
  if (!text.empty() && std::string_view("=!<>+-*/%&|^").find(text.back()) != std::string_view::npos)
    return "co_await behind an operator: `name = co_await …` first";
  if (text.find('?') != std::string_view::npos) return "?: in a statement with co_await: use if";
  if (text.find('{') != std::string_view::npos) return "co_await inside braces";
  return {};
}

/// Captures of lambdas that are coroutines.
void find_lambda_coroutines(std::string_view text, std::vector<Finding>& findings) {
  for (std::size_t at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1)) {
    const std::size_t after = lambda_captures_end(text, at);
    if (after == std::string_view::npos || skip_blanks(text, at + 1) + 1 >= after) continue;
    std::size_t body = skip_blanks(text, after);
    if (body < text.size() && text[body] == '(') body = closing(text, body) + 1;
    body = text.find('{', std::min(body, text.size()));
    const std::size_t semicolon = text.find(';', after);
    if (body == std::string_view::npos || body > semicolon) continue;
    // Bodies of lambdas inside are functions of their own; a captureless coroutine among them is
    // rare enough to be refused with its parent.
    const std::string_view inside = text.substr(body, closing(text, body) - body);
    for (const std::string_view word : {"co_await", "co_return", "co_yield"}) {
      if (find_word(inside, word, 0) == std::string_view::npos) continue;
      findings.push_back({line_of(text, at),
                          "a lambda coroutine with captures: its frame refers to the lambda, which "
                          "is gone after the first wait; write a named function"});
      break;
    }
  }
}

std::vector<Finding> check(std::string_view source) {
  const std::string blanked = blank_out(source);
  const std::string_view text = blanked;
  std::vector<Finding> findings;
  for (std::size_t at = find_word(text, "co_await", 0); at != std::string_view::npos;
       at = find_word(text, "co_await", at + 1)) {
    if (word_before(text, at) == "operator") continue;
    std::size_t inside = 0;
    const std::size_t begin = statement_start(text, at, inside);
    std::string wrong;
    if (inside != std::string_view::npos) {
      wrong =
          "co_await inside (…) or […]: a condition, a macro, an argument; await first, then use "
          "the result";
    } else {
      wrong = judge_prefix(text.substr(begin, at - begin));
      const std::size_t end = statement_end(text, at);
      if (wrong.empty() && (end >= text.size() || text[end] != ';'))
        wrong = "co_await inside braces: an initializer list or aggregate";
      if (wrong.empty()) wrong = judge_operand(text, at + 8, end);
    }
    if (!wrong.empty()) findings.push_back({line_of(text, at), wrong});
  }
  find_lambda_coroutines(text, findings);
  return findings;
}

std::string in_function(std::string_view body) {
  return "Task<int> f(int x) {\n  int local = 0;\n  " + std::string(body) + "\n}\n";
}

TEST(CoroutineForms, GoodFormsPass) {
  for (const char* body : {
           "auto r = co_await g(x);",
           "const auto r = co_await g(std::move(x), Url(\"a{b}\"), 3);",
           "const bool ok = co_await source->ready(Direction::Read, cancel);",
           "std::vector<int> v = co_await g(std::vector<int>(3));",
           "const auto [a, b] = co_await both();",
           "r = co_await g(x);",
           "this->member_[3] = co_await g(x);",
           "co_await g(x);",
           "co_await future::yield();",
           "co_return co_await g(x);",
           "if (x > 0) co_await g(x);",
           "if (f(x)) { co_await g(x); } else co_return co_await h();",
           "for (;;) { auto r = co_await g(x); if (!r) break; }",
           "while (more(x)) r = co_await g(x);",
           "switch (x) { case 1: co_await g(x); break; default: co_await h(); }",
           "case A::B: co_await g(x);",
           "auto r = co_await g([](int y) { return y > 0 ? y : 1; });",
           "co_await task;",
           "co_await std::move(task);",
           "auto r = co_await std::move(handles[i]);",
           "// if (co_await g(x)) is bad",
           "/* EXPECT_TRUE(co_await g()); */ auto s = \"if (co_await x)\";",
           "auto s = R\"(while (co_await x) {})\";",
           "const auto work = [&](CancelToken t) { return fetch(x, t); };",
           "char quote = '\"'; auto r = co_await g(quote); char other = '\"';",
           "long n = 1'000'000; co_await g(n);",
       })
    for (const Finding& finding : check(in_function(body)))
      ADD_FAILURE() << "refused: " << body << "\n  " << finding.what;
}

TEST(CoroutineForms, BadFormsAreRefused) {
  for (const char* body : {
           "if (co_await g(x)) return;",
           "while (co_await g(x)) {}",
           "while (!co_await g(x)) {}",
           "switch (co_await g(x)) {}",
           "if (auto v = co_await g(x); v) {}",
           "for (auto v : co_await g(x)) {}",
           "EXPECT_TRUE(co_await g(x));",
           "EXPECT_EQ(3, co_await g(x));",
           "AVILA_CO_TRY(auto v, co_await g(x));",
           "auto r = f(co_await g(x));",
           "co_await f(co_await g(x));",
           "auto r = co_await g(x) + co_await h(x);",
           "auto r = 1 + co_await g(x);",
           "auto r = (co_await g(x)).value();",
           "auto r = co_await g(x) + 1;",
           "auto r = b ? co_await g(x) : 0;",
           "auto r = co_await g(b ? C() : D());",
           "auto r = co_await g({1, 2});",
           "auto r = co_await g(Options{.a = 1});",
           "auto r = co_await g(x, {});",
           "auto r = co_await Object{}.run();",
           "Agg a{co_await g(x), 1};",
           "int a[] = {co_await g(x)};",
           "std::vector<int> v{co_await g(x)};",
           "auto r = co_await g([x] { return x; });",
           "auto r = co_await g([&] { return x; });",
           "co_await [x]() -> Task<int> { co_return x; }();",
           "const auto task = [x]() -> Task<int> { co_return x; };",
           "spawn([this]() -> Task<void> { co_await run(); });",
           "const auto task = [&, y = 1](int z) mutable -> Task<int> { auto r = co_await g(z); "
           "co_return r; };",
           "bool ok = a && co_await g(x);",
           "return co_await g(x);",
           "x += co_await g(x);",
       })
    EXPECT_FALSE(check(in_function(body)).empty()) << "passed: " << body;
}

TEST(CoroutineForms, TheTreeKeepsToThem) {
  namespace fs = std::filesystem;
  const fs::path root = AVILA_SOURCE_DIR;
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(root))
    if (entry.path().filename().string().starts_with("layer")) folders.push_back(entry.path());
  for (const char* name : {"platform", "tests", "fuzz", "bench"})
    if (fs::exists(root / name)) folders.push_back(root / name);
  std::size_t files = 0;
  for (const fs::path& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const fs::path& path = entry.path();
      if (path.extension() != ".cpp" && path.extension() != ".hpp") continue;
      if (path.filename() == "coroutine_forms_test.cpp") continue;
      std::ifstream in(path, std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
      ++files;
      for (const Finding& finding : check(text))
        ADD_FAILURE() << path.string() << ":" << finding.line << ": " << finding.what;
    }
  }
  EXPECT_GT(files, 50U) << "looked in " << root;
}

}  // namespace
