#include <gtest/gtest.h>
#include <avila/regex/regex.hpp>

namespace avila::regex {
namespace {

Regex make(std::string_view pattern, const Options& options = {}) {
  auto re = Regex::compile(pattern, options);
  if (!re.has_value()) ADD_FAILURE() << explain(re.error(), pattern);
  return std::move(re).value();
}

std::string found(const Regex& re, const Input& input) {
  std::string out;
  for (const Match& m : re.find_all(input)) out.append(m.text) += '|';
  return out;
}
std::string found(std::string_view pattern, const Input& input, const Options& options = {}) {
  return found(make(pattern, options), input);
}

TEST(Regex, FindsGroupsByIndexAndName) {
  const Regex re = make(R"((?<n>\d+)-(\w+)(x)?)");
  const auto match = re.find("see 42-abc.");
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->start, 4U);
  EXPECT_EQ(match->text, "42-abc");
  const auto groups = re.captures("see 42-abc.");
  ASSERT_TRUE(groups.has_value());
  EXPECT_EQ((*groups)[0], "42-abc");
  EXPECT_EQ((*groups)["n"], "42");
  EXPECT_EQ((*groups)[2], "abc");
  EXPECT_EQ(groups->get(2)->start, 7U);
  EXPECT_FALSE(groups->get(3).has_value());
  EXPECT_FALSE(groups->get(9).has_value());
  EXPECT_FALSE(groups->get("m").has_value());
  EXPECT_EQ(re.group_count(), 4U);
  EXPECT_EQ(re.group_name(1), "n");
  EXPECT_EQ(re.group_index("n"), 1U);
  EXPECT_FALSE(re.find("nothing").has_value());
  EXPECT_TRUE(re.is_match("1-a"));
}

TEST(Regex, IsMatchAgreesWithFind) {
  for (const char* pattern :
       {"b", "ab|cd", "(?i)AB", "^b", "b$", "x*", R"(\bé\b)", R"(\B)", "[^a]c"}) {
    const Regex re = make(pattern);
    for (const char* text : {"", "a", "b", "ab", "cd", "acd", "é", "aé", "é é"}) {
      for (const std::size_t start : {0U, 1U})
        for (const bool anchored : {false, true}) {
          const Input input(text, start, std::string_view::npos, anchored);
          EXPECT_EQ(re.is_match(input), re.find(input).has_value()) << pattern << " " << text;
        }
    }
  }
}

TEST(Regex, EmptyMatchesDoNotTouchTheMatchBefore) {
  EXPECT_EQ(found("a*", "baac"), "|aa||");
  EXPECT_EQ(found("", "é"), "||");
  EXPECT_EQ(make("x*").count("abc"), 4U);
  EXPECT_EQ(make("x*").replace_all("abc", "-"), "-a-b-c-");
  EXPECT_EQ(make("b*").replace_all("abc", "-"), "-a-c-");
}

TEST(Regex, ReplacesWithGroups) {
  const Regex re = make(R"((?<first>\w+) (\w+))");
  EXPECT_EQ(re.replace("a b c d", "$2 $first"), "b a c d");
  EXPECT_EQ(re.replace_all("a b c d", "<${2}x$first>"), "<bxa> <dxc>");
  EXPECT_EQ(re.replace_all("a b", "$2x"), "");  // the name is as long as it can be
  EXPECT_EQ(re.replace_all("a b", "$$1 $ ${"), "$1 $ ${");
  EXPECT_EQ(re.replace_all("a b", "$9$none"), "");
  const auto upper = [](const Captures& c, std::string& out) { out += c[1] == "a" ? "A" : "?"; };
  EXPECT_EQ(re.replace_all("a b, c d", upper), "A, ?");
}

TEST(Regex, Splits) {
  using Pieces = std::vector<std::string_view>;
  EXPECT_EQ(make("[ ,]+").split("a, b,c"), (Pieces{"a", "b", "c"}));
  EXPECT_EQ(make(",").split(",a,"), (Pieces{"", "a", ""}));
  EXPECT_EQ(make(",").split("a,b,c", 2), (Pieces{"a", "b,c"}));
  EXPECT_EQ(make(",").split(""), (Pieces{""}));
}

TEST(Regex, KindsOfMatch) {
  EXPECT_EQ(found("a|ab|abc", "abc"), "a|");
  EXPECT_EQ(found("a|ab|abc", "abcab", {.match_kind = MatchKind::LeftmostLongest}), "abc|ab|");
  const Regex groups = make("(a|ab)(c|bcd)?(d*)", {.match_kind = MatchKind::LeftmostLongest});
  const auto captures = groups.captures("abcd");
  ASSERT_TRUE(captures.has_value());
  EXPECT_EQ((*captures)[0], "abcd");
  EXPECT_EQ((*captures)[1], "a");
  EXPECT_EQ((*captures)[2], "bcd");
  const Input earliest("aaa", 0, std::string_view::npos, false, true);
  EXPECT_EQ(found("a+", earliest), "a|a|a|");
  EXPECT_EQ(found("b", Input("bab", 0, 3, true)), "b|");
}

TEST(Regex, ManyPatternsAndSets) {
  const std::string_view patterns[] = {"[a-z]+", "[0-9]+", "(?<x>!)"};
  const auto re = Regex::compile_many(patterns);
  ASSERT_TRUE(re.has_value());
  std::string out;
  for (const Captures& c : re->captures_all("ab 12!"))
    out += std::to_string(c.pattern()) + std::string(c[0]) + (c["x"].empty() ? ";" : "*");
  EXPECT_EQ(out, "0ab;112;2!*");
  const std::string_view set_of[] = {"foo", R"(\d+$)", "^f", "é\\b", ""};
  const auto set = RegexSet::compile(set_of);
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->matches("a foo 1"), (std::vector<std::uint32_t>{0, 1, 4}));
  EXPECT_EQ(set->matches("fé"), (std::vector<std::uint32_t>{2, 3, 4}));
  EXPECT_FALSE(Regex::compile_many({}).value().is_match("a"));
}

TEST(Regex, OverlappingMatches) {
  std::string out;
  for (const Match& m : make("a+", {.match_kind = MatchKind::All}).find_overlapping("aa"))
    out.append(m.text) += '|';
  EXPECT_EQ(out, "a|a|aa|");
}

TEST(Syntax, ClassesAndTheirOperators) {
  EXPECT_EQ(found("[a-z&&[^aeiou]]+", "abcde"), "bcd|");
  EXPECT_EQ(found("[a-z--c-d]+", "abcde"), "ab|e|");
  EXPECT_EQ(found("[a-d~~c-f]+", "abcdef"), "ab|ef|");
  EXPECT_EQ(found("[]a]+", "]a["), "]a|");
  EXPECT_EQ(found("[^]a]+", "]ab["), "b[|");
  EXPECT_EQ(found("[a-]+", "-a-b"), "-a-|");
  EXPECT_EQ(found("[-a]+", "-a-b"), "-a-|");
  EXPECT_EQ(found("[[:alpha:]_]+", "ab_1"), "ab_|");
  EXPECT_EQ(found("[[:^alpha:]]+", "ab_1"), "_1|");
  EXPECT_EQ(found("[\\w--\\d]+", "a1é_2"), "a|é_|");
  EXPECT_EQ(found("[\\x{e0}-ü]+", "aéz"), "é|");
  EXPECT_EQ(found("[^\\x00-\\x{10FFFF}]", "a"), "");
}

TEST(Syntax, UnicodeProperties) {
  EXPECT_EQ(found(R"(\p{Greek}+)", "abγδc"), "γδ|");
  EXPECT_EQ(found(R"(\p{sc=Cyrillic}+|\p{gc=Nd}+)", "да 12"), "да|12|");
  EXPECT_EQ(found(R"(\P{L}+)", "ab1é"), "1|");
  EXPECT_EQ(found(R"(\p{^L}+)", "ab1é"), "1|");
  EXPECT_EQ(found(R"(\p{gc!=Lu}+)", "ABcD"), "c|");
  EXPECT_EQ(found(R"(\pN+)", "aⅫ1"), "Ⅻ1|");
  EXPECT_EQ(found(R"((?i)\p{Lu}+)", "aB1"), "aB|");
  EXPECT_EQ(found(R"(\p{scx=Deva}+)", "a।"), "।|");
  EXPECT_EQ(found(R"(\p{Age=1.1}+)", "a€"), "a|");  // the euro sign came with 2.1
}

TEST(Syntax, CaseInsensitive) {
  EXPECT_EQ(found("(?i)straSSe", "STRASSE"), "STRASSE|");
  EXPECT_EQ(found("(?i)k", "kK\u212A"), "k|K|\u212A|");  // the Kelvin sign
  EXPECT_EQ(found("(?i)σ", "σςΣ"), "σ|ς|Σ|");
  EXPECT_EQ(found("(?i)[^x]", "xX"), "");
  EXPECT_EQ(found("(?i-u)k", "kK\u212A"), "k|K|");
  EXPECT_EQ(found("a(?i)b|c", "aBCc"), "aB|C|c|");
}

TEST(Syntax, FlagsAndVerboseMode) {
  EXPECT_EQ(found("(?x) a b # both\n | c\\ d [ e f ]", "ab c de"), "ab|c de|");
  EXPECT_EQ(found("(?m)^.$", "a\nb"), "a|b|");
  EXPECT_EQ(found("(?s)a.b", "a\nb"), "a\nb|");
  EXPECT_EQ(found("(?mR)^.*$", "a\r\nb"), "a|b|");
  EXPECT_EQ(found("(?U)a+", "aa"), "a|a|");
  EXPECT_EQ(found(R"(\Qa+b\E+)", "a+bb"), "a+bb|");
  EXPECT_EQ(found("a{,2}", "aaa"), "aa|a|");
  EXPECT_EQ(found("(?m)^x$", std::string_view("a\0x\0b", 5), {.line_terminator = 0}), "x|");
}

TEST(Syntax, BytesWithoutUtf8) {
  EXPECT_EQ(found(R"((?-u)\xFF+)", "a\xFF\xFF", {.utf8 = false}), "\xFF\xFF|");
  EXPECT_EQ(found("(?-u).", "é", {.utf8 = false}), "\xC3|\xA9|");
  EXPECT_EQ(found(".",
                  "\xFF"
                  "a",
                  {.utf8 = false}),
            "a|");
}

TEST(Syntax, ErrorsSayWhere) {
  struct Case {
    const char* pattern;
    std::size_t offset;
    const char* words;
  };
  const Case cases[] = {
      {"a(b", 1, "unclosed group"},        {"ab)", 2, "unopened group"},
      {"*a", 0, "nothing to repeat"},      {"a|*", 2, "nothing to repeat"},
      {"(?i)*", 4, "nothing to repeat"},   {"a{2,1}", 1, "least count"},
      {"a{x}", 1, "must be a number"},     {"a{2", 1, "unclosed repetition"},
      {"[a", 0, "unclosed character"},     {"[z-a]", 1, "backwards"},
      {"[\\d-z]", 1, "end of a range"},    {"[a\\b]", 2, "means nothing"},
      {"[\\z]", 1, "assertion"},           {"\\", 0, "after the backslash"},
      {"\\q", 0, "unknown escape"},        {"a\\1", 1, "back-references"},
      {"(?=a)", 0, "look-around"},         {"(?<!a)", 0, "look-around"},
      {"(?z)", 2, "unknown flag"},         {"(?ii)", 3, "repeated flag"},
      {"(?i-)", 4, "missing flag"},        {"(?)", 2, "missing flag"},
      {"(?<1>a)", 3, "bad character"},     {"(?<>a)", 3, "empty group name"},
      {"(?<a", 0, "unclosed group name"},  {"(?<a>.)(?<a>.)", 10, "duplicate"},
      {"\\p{Nope}", 0, "unknown Unicode"}, {"\\p{Lu", 0, "unclosed property"},
      {"\\p", 0, "missing property"},      {"\\p{gc=}", 0, "missing property value"},
      {"\\xG0", 2, "hexadecimal"},         {"\\x{}", 0, "empty escape"},
      {"\\x{110000}", 0, "no such code"},  {"\\x{D800}", 0, "surrogate"},
      {"\\b{x}", 0, "word boundary"},      {"(?-u)\\pL", 5, "needs Unicode"},
      {"(?-u)\\xFF", 5, "not UTF-8"},      {"(?-u).", 5, "not UTF-8"},
      {"(?-u)[é]", 6, "only bytes"},       {"a\xFF", 1, "not UTF-8"},
      {"(?i", 0, "unclosed group"},        {"a{9999999}", 2, "above 1000000"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.pattern);
    const auto re = Regex::compile(c.pattern);
    ASSERT_FALSE(re.has_value());
    EXPECT_EQ(re.error().offset(), c.offset);
    EXPECT_NE(re.error().to_string().find(c.words), std::string::npos) << re.error().to_string();
  }
  const auto error = Regex::compile("é(b").error().clone();
  EXPECT_NE(explain(error, "é(b").find("\n    é(b\n     ^"), std::string::npos);
}

TEST(Syntax, LimitsHold) {
  const auto code = [](std::string_view pattern, const Options& options = {}) {
    const auto re = Regex::compile(pattern, options);
    return re.has_value() ? Errc::Unknown : re.error().code();
  };
  EXPECT_EQ(code("aaaa", {.max_pattern_size = 3}), Errc::LimitExceeded);
  EXPECT_EQ(code(std::string(300, '(') + std::string(300, ')')), Errc::LimitExceeded);
  EXPECT_EQ(code(std::string(300, '[')), Errc::LimitExceeded);
  EXPECT_EQ(code("((a{1000}){1000}){1000}"), Errc::LimitExceeded);
  EXPECT_EQ(code("(((\\w{100}){100}){100}){100}"), Errc::LimitExceeded);
  EXPECT_EQ(code("((?:){1000000}){1000000}"), Errc::LimitExceeded);
  EXPECT_EQ(code("(?:(?:(?:x{0}){1000000}){1000000}){1000000}"), Errc::Unknown);
  EXPECT_EQ(code("a" + std::string(100'000, '*')), Errc::LimitExceeded);
  std::string groups;
  for (std::size_t i = 0; i < Options::kMaxGroups; ++i) groups += "(a)";
  EXPECT_EQ(code(groups), Errc::Unknown);
  EXPECT_EQ(code(groups + "()"), Errc::LimitExceeded);
  EXPECT_EQ(code("a{100}", {.max_program_size = 50}), Errc::LimitExceeded);
}

TEST(Regex, EscapesText) {
  const std::string text = "a.b*c[d]{e}(f)|g^h$i\\j+k?l-m#n&o~é";
  EXPECT_EQ(found(escape(text), text), text + "|");
  EXPECT_EQ(found("(?x)" + escape("a#b"), "a#b"), "a#b|");
}

}  // namespace
}  // namespace avila::regex
